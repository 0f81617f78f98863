"""What is done with a container: fits to the log of a known port give its numbers back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.closings import fit_closings
from calibration.estimates import DRAWS, numbers_of
from calibration.hours import fit_hours
from calibration.levers import fit_levers
from calibration.papers import fit_papers
from calibration.process import fit_process
from calibration.records import BLANK, Records
from calibration.yard import fit_yard
from tests.calibration.known_port import base, dirtied, estimates, known, without

NORMAL_90 = 2 * 1.645
SHORT = ("run.measured=6 weeks", "traffic.calls.per_week=30", "traffic.consignments_per_week=90")


def truth(key: str) -> float:
    numbers = dict(numbers_of(known()[1].resolved))
    return numbers[key] if key in numbers else numbers[f"{key}.value"]


def test_intervals_hold_the_known_numbers():
    held, errors = [], {}
    for estimate in estimates().values():
        if not estimate.draws or estimate.key == "move.cutoff":
            continue
        assert len(estimate.draws) == DRAWS and estimate.n > 0 and estimate.how
        for path, (value, low, high) in estimate.intervals().items():
            key = f"{estimate.key}.{path}" if path else estimate.key
            true = truth(key)
            held.append(low - 1e-9 <= true <= high + 1e-9)
            errors[key] = (value - true) / max((high - low) / NORMAL_90, 1e-3 * true, 1e-9)
    assert len(held) >= 30
    assert np.mean(held) >= 0.8, errors
    assert max(abs(z) for z in errors.values()) < 4.0, errors


def test_hours_and_the_cut_off_are_found_to_the_quarter():
    found = estimates()
    office = found["calendars.office"].value
    assert office["weekly"] == {"mon-fri": ["08:00-11:30", "13:30-17:30"]}
    assert office["shift_end"] == "suspend" and "holidays" not in office
    assert "works on holidays" in " ".join(found["calendars.office"].remarks)
    assert found["calendars.evening-in"].value["weekly"]["mon-fri"][0].startswith("18:30-")
    assert found["move.cutoff"].value == "14:15"
    for who in ("agencies.quarantine.calendar", "agencies.customs.calendar",
                "layout.separate.gang_calendar"):
        assert found[who].value == "office"


def test_how_the_agencies_work_together_is_seen():
    found = estimates()
    assert found["order"].value == ["quarantine", "customs"]
    for lever, value in (("declaration", "chained"), ("site", "per-agency"),
                         ("appointment", "per-agency"), ("examination", "serial")):
        assert found[f"regime.{lever}"].value == value
    assert found["findings"].value is None


def test_the_estimates_make_a_scenario_that_runs():
    from scenarios.load import load

    sets = [f"{e.key}={_text(e.value)}" for e in estimates().values()
            if not e.key.startswith("calendars.")]
    port = load("xiamen-2015", "separate", sets)
    assert port.agencies["quarantine"].papers.mean == pytest.approx(90.0, rel=0.05)
    assert port.devanning.full[0].duration.mean == pytest.approx(52.0, rel=0.05)


def _text(value):
    import json

    return json.dumps(value)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_wrong_and_missing_stamps_hardly_move_the_estimates(seed: int):
    records, port = known()
    dirty = dirtied(without(records, "start.clearance-form", "start.release"), seed, 0.02)
    hours = fit_hours(dirty, base())
    assert hours.specs == fit_hours(records, base()).specs
    clerks = {agency: hours.of(agency) for agency in dirty.agencies}
    fits = [*fit_papers(dirty, clerks, 1), *fit_yard(dirty, hours, base(), 1)]
    for estimate in fits:
        for path, (value, low, high) in estimate.intervals().items():
            true = truth(f"{estimate.key}.{path}" if path else estimate.key)
            assert abs(value - true) <= max(0.1 * true, high - low), (estimate.key, path, value)


def test_holidays_that_the_port_keeps_are_the_countrys():
    records, _ = known("calendars.office.holidays=CN", "calendars.evening-in.holidays=CN",
                       "calendars.evening-back.holidays=CN", *SHORT)
    spec = fit_hours(records, base()).specs["office"]
    assert spec["holidays"] == "CN" and "closed" not in spec and "open" not in spec


@pytest.mark.parametrize(("sets", "rule"), [
    (("calendars.office.shift_end=finish",), "finish"),
    (("calendars.office.shift_end=hand-over", "calendars.office.handover=15 min"), "hand-over")])
def test_what_becomes_of_work_in_hand_at_a_closing(sets: tuple[str, ...], rule: str):
    records, _ = known(*sets, *SHORT)
    spec = fit_hours(records, base()).specs["office"]
    assert spec["shift_end"] == rule
    if rule == "hand-over":
        assert float(spec["handover"].split()[0]) == pytest.approx(15.0, abs=5.0)


def test_gangs_with_hours_of_their_own_get_a_calendar_of_their_own():
    records, _ = known("calendars.gangs.weekly.mon-fri=[\"07:00-12:30\", \"13:30-19:00\"]",
                       "calendars.gangs.shift_end=suspend",
                       "layout.separate.gang_calendar=gangs", *SHORT)
    hours = fit_hours(records, base())
    assert hours.names["gangs"] == "office-gangs" and hours.names["customs"] == "office"
    windows = hours.specs["office-gangs"]["weekly"]["mon-fri"]
    assert windows[0].startswith("07:00")


def test_papers_side_by_side_are_told_from_a_chain():
    records, _ = known("regime.declaration=parallel", *SHORT)
    found = {e.key: e.value for e in fit_levers(records)}
    assert found["regime.declaration"] == "parallel"


def test_a_release_that_does_not_wait_for_clerks_is_seen_not_to():
    """Ends are set to the papers' end and half an hour of office time, whatever waits."""
    records, _ = known()
    end = records.seconds["end.papers.customs"]
    morning = (end % 86400 >= 8 * 3600) & (end % 86400 < 11 * 3600) & (
        records.selected_consignments("customs")[records.consignment] == 0)
    released = np.where((end != BLANK) & morning, end + 1800, BLANK).astype(np.int32)
    alone = without(records, "start.release", "end.release")
    alone = replace(alone, seconds={**alone.seconds, "released": released})
    hours = fit_hours(alone, base())
    clerks = {agency: hours.of(agency) for agency in alone.agencies}
    closings = fit_closings(alone, clerks, base(), 1)
    found = {e.key: e for e in closings}["agencies.customs.release"]
    assert found.value == "30 min"
    assert "not to wait" in " ".join(found.remarks)


def test_a_log_that_shows_little_keeps_the_bases_numbers():
    records, _ = known()
    few = records.take(np.arange(len(records.first)) < 4)
    assert {e.key for e in fit_process(few, base())} >= {"findings", "order"}
    bare = replace(records, seconds={name: records.seconds[name]
                                     for name in ("arrival", "discharged", "lodged", "released")})
    keys = {e.key for e in fit_process(bare, base())}
    assert not any("papers" in key or "devanning" in key or "move" in key for key in keys)
    none: Records = records.take(np.zeros(len(records.first), dtype=bool))
    assert [e.key for e in fit_process(none, base())] == ["findings"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_draws():
    again = {e.key: e for e in fit_process(
        without(known()[0], "start.clearance-form", "start.release"), base())}
    assert again == estimates()


@pytest.mark.parametrize(("window", "by_day"), [("office", True), ("evening-back", False)])
def test_boxes_that_are_back_by_day_are_told_from_those_that_wait_for_the_evening(window, by_day):
    """Though the log has no moves back: by when boxes are moved on to the next yard."""
    records, _ = known(f"move.back_window={window}")
    moves = fit_hours(without(records, "start.move-back", "end.move-back"), base()).moves
    assert (moves.by_day is not None) == by_day
    found = {e.key: e.value for e in moves.estimates({})}
    assert found["move.back_window"] == ("day-back" if by_day else "evening-back")
    if moves.by_day:
        assert moves.by_day.begin == 480.0 and moves.by_day.end == moves.into.begin
    else:
        # The base moves boxes back from the opening of its moves in to an hour before their end.
        assert found["calendars.evening-in"]["weekly"] == {"mon-fri": ["18:30-22:00"]}
        assert found["calendars.evening-back"]["weekly"] == {"mon-fri": ["18:30-21:00"]}
