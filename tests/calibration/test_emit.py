"""A calibrated port's file says what was measured, how surely, and nothing of the base twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.calibrate import calibrate
from calibration.emit import scenario_text, source_of
from calibration.estimates import Estimate
from calibration.pipeline import Fitted, draws_of, with_shared
from calibration.records import Records
from calibration.shared import shared_layout
from scenarios.errors import InputError
from scenarios.load import load, with_values

PAPERS = Estimate(
    "agencies.customs.papers", {"distribution": "gamma", "mean": "95 min", "cv": 0.6},
    [{"distribution": "gamma", "mean": f"{mean} min", "cv": 0.6} for mean in range(90, 101)],
    n=812, censored=3, how="maximum likelihood in working time")
GANGS = Estimate("layout.separate.gangs.customs", 9, [8, 9, 9, 10], n=200, how="simulation")
WEEKLY = Estimate("calendars.office.weekly", {"mon-sat": ["08:00-12:00", "13:00-17:00"]}, n=300)
BASE = load("xiamen-2015")
SETTINGS = {"run.start": "2015-03-02", "layout.shared": None, "layout.restated": None,
            "findings": None, "title": {"en": "A port", "zh": "某港"}}


def records(joint: float = 0.25) -> Records:
    """100 boxes that quarantine selects, of which customs selects a part, and no stamps."""
    n = 100
    both = (np.arange(n) < joint * n).astype(np.int8)
    return Records(BASE.run.start, 0.0, 1e5, np.arange(n), np.full(n, 20, np.int16), {}, {},  # type: ignore[arg-type]
                   {"customs": both, "quarantine": np.ones(n, np.int8)}, {}, {})


def written(folder: Path, estimates: list[Estimate], stated: list[Estimate] = []) -> Path:  # noqa: B006
    fitted = with_shared(Fitted(BASE, estimates, SETTINGS), stated)
    path = folder / "port.yaml"
    path.write_text(scenario_text("port", "xiamen-2015", BASE, "log.csv", fitted.settings,
                                  [*estimates, *stated]), encoding="utf-8")
    return path


def test_the_file_is_the_scenario_in_memory(tmp_path: Path) -> None:
    estimates = [PAPERS, GANGS, WEEKLY]
    read = load(written(tmp_path, estimates))
    held = Fitted(BASE, estimates, SETTINGS).scenario
    assert read.model_dump(exclude={"name"}) == held.model_dump(exclude={"name"})
    assert read.agencies["customs"].papers.distribution == "gamma"
    assert list(read.calendars["office"].weekly) == ["mon-sat"], "the base's hours are gone"
    assert read.findings is None and read.title.zh == "某港"


def test_every_number_carries_interval_sample_and_source(tmp_path: Path) -> None:
    rows = {row["key"]: row for row in load(written(tmp_path, [PAPERS, GANGS])).assumptions()}
    papers, gangs = rows["agencies.customs.papers"], rows["layout.separate.gangs.customs"]
    assert papers["confidence"] == gangs["confidence"] == "measured"
    assert papers["range"] == ["90.5 min", "99.5 min"] and gangs["range"] == [8, 10]
    assert source_of(PAPERS, "log.csv") == papers["source"]
    for part in ("maximum likelihood", "log.csv", "n = 812, 3 of them in part",
                 "mean 95 [90.5, 99.5]"):
        assert part in papers["source"]


def test_without_a_shared_yard_a_shared_regime_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, [PAPERS])
    with pytest.raises(InputError, match="shared"):
        load(path, "one-stop")


def test_a_shared_yard_is_what_the_port_states(tmp_path: Path) -> None:
    port = Fitted(BASE, [PAPERS, GANGS], SETTINGS).scenario
    stated = shared_layout(port, ["gangs=12"], records(), {"customs": [8, 40]})
    read = load(written(tmp_path, [PAPERS, GANGS], stated), "one-stop+restated")
    assert read.layout.shared and read.layout.restated
    assert list(read.layout.shared.sites) == ["joint-yard"]
    yard = read.layout.shared.sites["joint-yard"]
    assert yard.slots == 27, "the pooled gangs of the separate yards"
    assert yard.area == 26800.0 and yard.fixed == 4050.0 and yard.buffer == 179
    assert read.layout.restated.gangs == 12
    assert read.layout.restated.sites["joint-yard"].slots == 12
    assert read.layout.shared.joint_officers == {"quarantine": 5, "customs": 14}
    rostered = {e.key: e for e in stated}["layout.shared.joint_officers.customs"]
    assert rostered.draws == [6, 38], "no more than leave one team of its own"
    rows = {row["key"]: row for row in read.assumptions()}
    assert "not stated" in rows["layout.shared.sites.joint-yard.buffer"]["source"]
    assert rows["layout.shared.sites.joint-yard.buffer"]["confidence"] == "assumed"


@pytest.mark.parametrize(("text", "said"), [
    ("gang=12", "Did you mean 'gangs'"), ("gangs=no", "whole number"), ("gangs=", "whole number"),
    ("gangs=0", "1 or more"), ("officers.police=3", "says nothing of a shared yard"),
    ("no-such.yaml", "no-such.yaml")])
def test_a_statement_that_is_not_understood_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        shared_layout(BASE, [text], records(), {})


def test_a_file_states_a_whole_yard(tmp_path: Path) -> None:
    path = tmp_path / "yard.yaml"
    path.write_text(
        "shared:\n  sites:\n    big: {agencies: [quarantine, customs], area: 14000 m2, fixed: 900 "
        "m2, slots: 20, buffer: 80, appointments_per_day: 90}\n  joint_officers: {quarantine: 4, "
        "customs: 4}\n  hours: office\n", encoding="utf-8")
    stated = shared_layout(BASE, [str(path)], records(), {})
    read = load(written(tmp_path, [PAPERS], stated), "one-stop")
    assert read.layout.shared and list(read.layout.shared.sites) == ["big"]
    path.write_text("shred: 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="no shared layout; found 'shred'"):
        shared_layout(BASE, [str(path)], records(), {})


def test_draws_of_all_keys_belong_together() -> None:
    fitted = Fitted(BASE, [PAPERS, GANGS, WEEKLY], SETTINGS)
    draws = draws_of(fitted, [])
    assert len(draws) == 200 and set(draws[0]) == {PAPERS.key, GANGS.key}
    assert with_values(BASE, draws[7]).layout.separate.gangs["customs"] == GANGS.draws[7 % 4]
    assert fitted.drawn(7).agencies["customs"].papers.mean == 97.0


@pytest.mark.parametrize(("wish", "said"), [
    ({"shared": ["gang=12"]}, "Did you mean 'gangs'"),
    ({"regime": "one-stop"}, "needs a shared yard"), ({"regime": "no-such"}, "no such")])
def test_what_cannot_be_done_is_said_before_the_log_is_read(wish: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        calibrate(Path("no-such-log.csv"), BASE, "xiamen-2015", **wish)
