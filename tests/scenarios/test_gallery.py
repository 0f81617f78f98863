"""The shipped scenarios and docs/gallery.md: all are shown, all commands there run and hold."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import InputError
from scenarios.load import library, load, under
from scenarios.yamlfile import read_yaml
from sim.cli import main

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery.md"
KIND = {name: read_yaml(path).data["kind"] for name, path in library().items()}
INVENTED = ("small-port", "congested-port", "three-agencies", "reefer-port", "reefer-port-hours")
LADDER = ("parallel-papers", "single-form", "shared-yard", "pooled-gangs", "aligned-hours",
          "matching", "one-appointment", "joint-two-officers")
SHORT = ("--replications", "1", "--workers", "1", "--quiet", "--out", "out", "--overwrite")
LITTLE = ("--set", "run.warmup=0 weeks", "--set", "run.measured=1 week", "--set",
          "run.drain=2 weeks", "--set", "traffic.consignments_per_week=20")


def commands() -> list[str]:
    """Every `onestop` command of the gallery's sh blocks, each once."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GALLERY.read_text(encoding="utf-8"), re.M | re.S)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    assert all(line.startswith("onestop ") for line in lines), lines
    return list(dict.fromkeys(" ".join(line.split()) for line in lines))


def test_every_shipped_scenario_has_a_place_in_the_gallery() -> None:
    shown = re.findall(r"^### `([a-z0-9-]+)`$", GALLERY.read_text(encoding="utf-8"), re.M)
    assert sorted(shown) == sorted(library())


def test_every_port_and_every_overlay_is_run_by_a_command() -> None:
    words = {part for line in commands() for word in shlex.split(line) for part in word.split("+")}
    assert words >= set(library())


@pytest.mark.parametrize("line", commands())
def test_the_commands_of_the_gallery_run(line: str, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)[1:]
    if words[0] in ("run", "compare"):
        # As written, but short; a log brings its own weeks and consignments.
        words += SHORT if "port-log" in words else (*SHORT, *LITTLE)
        words += ["--no-figures"] if words[0] == "compare" else ["--no-area"]
    assert main(words) == 0, capsys.readouterr().err
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", INVENTED)
def test_an_invented_port_says_so_and_calls_nothing_of_its_own_known(name: str) -> None:
    data = read_yaml(library()[name]).data
    assert "teaching case" in data["title"]["en"] and "教学案例" in data["title"]["zh"]
    assert load(name).published == []

    def marks(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["confidence"]] if "confidence" in value else []
            return own + [mark for item in value.values() for mark in marks(item)]
        return [mark for item in value for mark in marks(item)] if isinstance(value, list) else []

    assert set(marks(data)) == {"assumed", "derived"} or name == "reefer-port-hours"
    assert "published" not in marks(data) and "measured" not in marks(data)


@pytest.mark.parametrize("port", ["xiamen-2015", *INVENTED])
def test_the_ladder_fits_every_port_with_a_shared_yard(port: str) -> None:
    base = load(port, "separate")
    for step in LADDER:
        levers = dict(under(base, step).regime)
        named = read_yaml(library()[step]).data["regime"]
        if step == "joint-two-officers":
            assert levers == {**dict(under(base, "one-stop").regime), "officers": 2}
        else:
            # The step moves the levers that it names, and leaves the baseline's others.
            changed = {lever: value for lever, value in levers.items()
                       if value != getattr(base.regime, lever)}
            assert changed == {lever: {"on": "on"}.get(str(value), value)
                               for lever, value in named.items()}


def test_steps_compose_and_what_cannot_be_done_is_refused() -> None:
    base = load("xiamen-2015", "separate")
    both = under(base, "parallel-papers+shared-yard").regime
    assert (both.declaration, both.site, both.examination) == ("parallel", "shared", "serial")
    with pytest.raises(InputError, match="needs site: shared"):
        load("xiamen-2015", "one-appointment", ["regime.site=per-agency"])


# What the gallery says of each port, with replications enough to say it ---------------------


@pytest.fixture
def study(tmp_path: Path) -> Any:
    """(port, regimes...) -> the summary of 8 replications; the first regime is the baseline."""
    from sim.study import compare

    def run(port: str, *regimes: str) -> Any:
        scenarios = [load(port, regime) for regime in regimes]
        summary = compare(scenarios, tmp_path / port, replications=8, workers=1).summary
        assert not any(s["overloaded"] for s in summary["scenarios"].values())
        return summary

    return run


def mean(summary: Any, regime: str, measure: str) -> float:
    return float(summary["scenarios"][regime]["measures"][measure]["mean"])


def gain(summary: Any, regime: str, measure: str = "time.clearance.joint.mean") -> float:
    """By how much a measure is lower than under the baseline."""
    return -float(summary["differences"][regime][measure]["difference"])


def lower(summary: Any, regime: str, *measures: str) -> bool:
    """Whether the whole interval of every change lies below 0."""
    return all(summary["differences"][regime][m]["high"] < 0 for m in measures)


def higher(summary: Any, regime: str, *measures: str) -> bool:
    return all(summary["differences"][regime][m]["low"] > 0 for m in measures)


@pytest.mark.slow
def test_in_a_congested_port_goods_of_customs_alone_lose(study: Any) -> None:
    summary = study("congested-port", "separate", "pooled-gangs", "one-stop")
    assert 0.85 <= mean(summary, "separate", "use.gang.quarantine.offered") <= 0.95
    assert mean(summary, "separate", "use.gang.customs.offered") < 0.7
    customs = "time.clearance.customs.mean"
    for regime in ("pooled-gangs", "one-stop"):
        assert higher(summary, regime, customs)
        assert lower(summary, regime, "time.clearance.quarantine.mean", "time.clearance.all.mean",
                     "cost.trader.all.per_teu")
        measures = summary["scenarios"][regime]["measures"]
        assert measures["time.clearance.customs.slower_share"]["low"] > 0.5
        assert measures["time.clearance.quarantine.slower_share"]["high"] < 0.3
    # More than half of the loss, and of the port's gain, comes with the common queue alone.
    for measure in (customs, "time.clearance.all.mean"):
        assert gain(summary, "pooled-gangs", measure) / gain(summary, "one-stop", measure) > 0.5


@pytest.mark.slow
def test_three_agencies_gain_more_for_they_had_three_visits(study: Any) -> None:
    summary = study("three-agencies", "separate", "one-stop", "one-stop+recognition")
    for regime in ("one-stop", "one-stop+recognition"):
        assert lower(summary, regime, "time.clearance.joint.mean", "time.clearance.all.mean",
                     "cost.reason.handling.joint.per_teu", "cost.trader.joint.per_teu",
                     "labour.officer.joint.per_consignment", "count.moves.joint.per_container")
    assert mean(summary, "separate", "count.moves.joint.per_container") > 2.05
    recognised = "flow.joint.recognised_share"
    assert mean(summary, "one-stop+recognition", recognised) > 0.05 > mean(
        summary, "one-stop", recognised)


@pytest.mark.slow
def test_days_that_do_not_fit_cost_more_than_hours_that_do_not(study: Any) -> None:
    days = study("reefer-port", "separate", "aligned-hours", "one-stop")
    hours = study("reefer-port-hours", "separate", "aligned-hours", "one-stop")
    for summary in (days, hours):
        for regime in ("aligned-hours", "one-stop"):
            assert lower(summary, regime, "time.clearance.joint.mean",
                         "time.clearance.customs.mean", "time.clearance.all.mean")
        assert lower(summary, "one-stop", "cost.trader.joint.per_teu")
        assert gain(summary, "one-stop") > 2 * gain(summary, "aligned-hours")
    assert gain(days, "aligned-hours") > 3 * gain(hours, "aligned-hours")
    customs = "time.clearance.customs.mean"
    assert gain(days, "aligned-hours", customs) > 0.8 * gain(days, "one-stop", customs)


@pytest.mark.slow
def test_the_ladder_at_xiamen_and_the_small_port_without_queues(study: Any) -> None:
    ladder = study("xiamen-2015", "separate", "parallel-papers", "single-form", "shared-yard",
                   "one-appointment", "one-stop", "joint-two-officers")
    moves, devannings = ("count.moves.joint.per_container", "count.devannings.joint.per_container")
    for regime in ("parallel-papers", "single-form", "shared-yard"):
        assert gain(ladder, regime, moves) == gain(ladder, regime, devannings) == 0
    assert gain(ladder, "one-appointment", moves) == 1
    assert gain(ladder, "one-appointment", devannings) == 0
    assert gain(ladder, "one-stop", devannings) > 0.9
    for regime in ("parallel-papers", "one-appointment", "one-stop"):
        assert lower(ladder, regime, "time.clearance.joint.mean")
    officers = "labour.officer.joint.per_consignment"
    assert lower(ladder, "one-stop", officers) and higher(ladder, "joint-two-officers", officers)
    assert gain(ladder, "one-stop") > 1.2 * gain(ladder, "one-appointment")

    small = study("small-port", "separate", "one-stop")
    assert mean(small, "separate", "use.gang.quarantine.offered") < 0.3
    assert lower(small, "one-stop", "time.clearance.joint.mean", "time.clearance.quarantine.mean")

    def half(summary: Any) -> float:
        change = summary["differences"]["one-stop"]["time.clearance.joint.mean"]
        return float(change["high"] - change["low"]) / 2

    assert half(small) > half(ladder)
