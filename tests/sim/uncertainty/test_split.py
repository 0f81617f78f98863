"""Luck, the log and assumptions are told apart, and nothing else is counted as any of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import InputError
from scenarios.load import load, with_values
from sim.study import compare
from sim.uncertainty.split import _within, read_draws, uncertainty

WEEKS = ["run.measured=2 weeks", "run.warmup=1 weeks", "run.drain=4 weeks"]
JOINT = "time.clearance.joint.mean"
FEW = 3


def draws_file(folder: Path, values: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    content = {"schema": "onestop.draws/1", "draws": values}
    (folder / "draws.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("uncertainty") / "out"
    compare([load(name, None, WEEKS) for name in ("separate", "one-stop")], out,
            replications=FEW, workers=1, events="none")
    return out


def test_draws_that_say_what_the_scenario_says_leave_no_ignorance(study: Path, tmp_path: Path
                                                                  ) -> None:
    same = draws_file(tmp_path / "port.calibration", [{"layout.separate.gangs.customs": 14}])
    found = uncertainty(study, same, workers=1)
    entry = found["scenarios"]["one-stop"][JOINT]
    assert entry["ignorance"]["low"] == entry["ignorance"]["high"] == entry["difference"]
    assert entry["noise"]["low"] < entry["difference"] < entry["noise"]["high"]
    assert entry["assumptions"]["low"] < entry["assumptions"]["high"]
    stored = json.loads((study / "summary.json").read_text(encoding="utf-8"))
    assert entry["difference"] == stored["differences"]["one-stop"][JOINT]["difference"]
    assert json.loads((study / "uncertainty.json").read_text(encoding="utf-8")) == found


def test_draws_that_differ_widen_what_the_log_leaves_open(study: Path, tmp_path: Path) -> None:
    longer = [{"agencies.customs.papers": {"distribution": "constant", "value": f"{minutes} min"}}
              for minutes in (30, 90, 300)]
    found = uncertainty(study, draws_file(tmp_path / "p.calibration", longer), workers=1)
    entry = found["scenarios"]["one-stop"][JOINT]
    assert entry["ignorance"]["high"] - entry["ignorance"]["low"] > 0.1
    assert entry["together"]["low"] < entry["ignorance"]["low"]
    assert found["measured"] == ["agencies.customs.papers"]


def test_draws_may_differ_in_inputs_that_are_shown_as_measures(study: Path, tmp_path: Path) -> None:
    areas = [{"layout.separate.sites.customs-yard.area": f"{area} m2"} for area in (11600, 12000)]
    found = uncertainty(study, draws_file(tmp_path / "s.calibration", areas), workers=1)
    assert found["scenarios"]["one-stop"][JOINT]["difference"] is not None


def test_what_cannot_be_varied_alone_is_named(study: Path, tmp_path: Path) -> None:
    same = draws_file(tmp_path / "q.calibration", [{"layout.separate.gangs.customs": 14}])
    found = uncertainty(study, same, replications=2, workers=1)
    assert "recognition.0.accepted" in found["not_varied"]
    assert "joint.extra" in found["assumptions"]
    assert not any(key.startswith("traffic") for key in found["assumptions"])


def test_draws_that_fit_no_regime_are_refused(study: Path, tmp_path: Path) -> None:
    folder = draws_file(tmp_path / "r.calibration", [{"layout.separate.officers.customs": 0}])
    with pytest.raises(InputError, match="no draw of the calibration fits"):
        uncertainty(study, folder, workers=1)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": "onestop.draws/2", "draws": [{}]}',
                                  '{"schema": "onestop.draws/1", "draws": []}'])
def test_a_file_that_holds_no_draws_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "draws.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="holds no draws"):
        read_draws(path)


def test_a_value_of_a_range_keeps_its_kind_and_unit() -> None:
    assert _within((2, 4), 0.999) == 4 and _within((2, 4), 0.0) == 2
    assert _within((0.0, 1.0), 0.25) == 0.25
    assert _within(("1 h", "3 h"), 0.5) == "2 h"
    with pytest.raises(InputError, match="two units"):
        _within(("30 min", "2 h"), 0.5)


def test_values_replace_what_stands_at_a_key() -> None:
    port = load("xiamen-2015")
    other = with_values(port, {"layout.separate.gangs.customs": 9, "recognition.0.check": "30 min",
                               "findings": None, "agencies.customs.papers": "90 min"})
    assert other.layout.separate.gangs["customs"] == 9
    assert other.findings is None and port.findings is not None
    assert other.recognition[0].check.value == 30.0
    assert other.agencies["customs"].papers.value == 90.0
    with pytest.raises(InputError, match="names no place"):
        with_values(port, {"recognition.9.check": "30 min"})
