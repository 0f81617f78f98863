"""A run as the port's log would show it: which consignments, which stamps, from when to when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from calibration.records import BLANK, Records
from calibration.simulated import events_of, records_of
from scenarios.load import load
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.measures.record import Measured
from sim.ports import PortRun, port_run

SHORT = ("run.warmup=1 weeks", "run.measured=2 weeks", "run.drain=4 weeks",
         "findings=null", "traffic.calls.per_week=8", "traffic.consignments_per_week=30")


@cache
def port(regime: str = "separate", *sets: str) -> tuple[PortRun, EventLog]:
    run = port_run(load("xiamen-2015", regime, [*SHORT, *sets]), 1, 0)
    return run, simulate(run.plan, "reference")


@cache
def whole(regime: str = "separate") -> Records:
    """From the first minute to the run's end: nobody left out but those who came too late."""
    run, log = port(regime)
    return records_of(run, log, step=1, since=0.0, until=log.stopped)


def order(run: PortRun, until: float) -> np.ndarray:
    """The run's consignments that had arrived, in the order of the records."""
    arrival = run.traffic.arrival
    return np.argsort(arrival, kind="stable")[:int((arrival < until).sum())]


def test_stamps_are_those_of_the_event_log_rounded_down():
    run, log = port()
    records = whole()
    rank = order(run, log.stopped)
    assert np.array_equal(records.of_consignments("arrival"),
                          np.floor(run.traffic.arrival[rank] * 60.0) / 60.0)
    assert np.array_equal(records.boxes, run.traffic.containers[rank])
    containers = np.concatenate([np.flatnonzero(run.traffic.owner == i) for i in rank])
    for stage in ("move-in", "devanning", "examination", "restuffing"):
        rows = log.where(stage=stage, agency="customs")
        minutes = np.full(run.plan.containers, np.nan)
        minutes[log.container[rows]] = log.end[rows]
        minutes[minutes > log.stopped] = np.nan
        found = records.minutes(f"end.{stage}.customs")
        assert np.array_equal(found, np.floor(minutes[containers] * 60.0) / 60.0, equal_nan=True)
        assert np.isfinite(found).sum() > 10
    released = Measured(run, log, 1, 0).released[rank]
    assert np.array_equal(records.of_consignments("released"), np.floor(released * 60.0) / 60.0,
                          equal_nan=True)


def test_a_second_look_ends_the_examination():
    run = port_run(load("xiamen-2015", "separate", [s for s in SHORT if s[:8] != "findings"]), 1, 0)
    log = simulate(run.plan, "reference")
    records = records_of(run, log, step=1, since=0.0, until=log.stopped)
    rows = log.where(stage="second-examination")
    ends = np.floor(log.end[rows] * 60.0) / 60.0
    shown = np.concatenate([records.minutes(f"end.examination.{a}") for a in records.agencies])
    assert len(rows) > 0 and np.isin(ends[ends <= log.stopped], shown).all()


def test_what_is_selected_and_how_deep_is_the_traffics():
    run, _ = port()
    records = whole()
    for agency in records.agencies:
        assert np.array_equal(records.depth[agency] >= 0, records.selected[agency] == 1)
        assert not np.isfinite(
            records.minutes(f"start.examination.{agency}")[records.selected[agency] == 0]).any()
    licensed = records.values["licensed"].index("yes")
    share = (records.attribute("licensed") == licensed).mean()
    assert share == pytest.approx((run.traffic.attributes["licensed"] == licensed).mean(), abs=0.1)


def test_a_joint_examination_is_stamped_as_that_of_each_agency():
    records = whole("one-stop")
    begun = [records.minutes(f"start.examination.{agency}") for agency in records.agencies]
    both = np.isfinite(begun[0]) & np.isfinite(begun[1])
    together = both & (begun[0] == begun[1])
    assert together.sum() > 10
    for stage in ("move-in", "devanning", "restuffing"):
        ends = [records.minutes(f"end.{stage}.{agency}")[together] for agency in records.agencies]
        assert np.array_equal(*ends)


def test_one_stay_without_an_agency_is_that_of_all_who_examine_the_box():
    run, log = port("one-appointment")
    records = records_of(run, log, since=0.0, until=log.stopped)
    for agency in records.agencies:
        moved = np.isfinite(records.minutes(f"start.move-in.{agency}"))
        assert np.array_equal(moved, moved & (records.selected[agency] == 1)) and moved.any()


def test_the_window_shows_what_had_happened_by_then_and_not_what_was_over_before():
    run, log = port()
    records = records_of(run, log)
    assert (records.since, records.until) == (run.traffic.warm, run.traffic.horizon)
    assert (records.minutes("arrival") < records.until).all()
    last = np.max(list(records.seconds.values()), axis=0)
    latest = np.full(len(records.boxes), BLANK)
    np.maximum.at(latest, records.consignment, last)
    assert (latest >= 60 * records.since).all() and (last <= 60 * records.until).all()
    assert not all((records.seconds[name] % 60)[records.seconds[name] != BLANK].any()
                   for name in records.seconds)
    through = whole()
    late = through.of_consignments("arrival") < records.until
    gone = through.of_consignments("gate-out") < records.since
    assert len(records.boxes) == int((late & ~gone).sum())


def test_a_system_that_begins_a_row_with_the_papers_shows_who_got_ready_meanwhile():
    run, log = port()
    records = records_of(run, log, rule="ready")
    ready = np.fmax(records.of_consignments("lodged"), records.of_consignments("discharged"))
    assert ready.min() >= records.since - 1.0 and ready.max() < records.until
    assert len(records.boxes) == int(run.traffic.cohort.sum())


def test_a_log_kept_for_less_long_is_the_longer_one_cut_off():
    run, log = port()
    cut = 2.5 * 10080.0
    early = records_of(run, log, until=cut)
    longer = records_of(run, log)
    as_of = longer.take(longer.of_consignments("arrival") < cut, until=cut)
    assert list(early.seconds) == list(as_of.seconds)
    assert all(np.array_equal(early.seconds[k], as_of.seconds[k]) for k in early.seconds)
    assert np.array_equal(early.consignment, as_of.consignment)


def test_minute_nought_is_a_monday():
    run, log = port("separate", "run.start=2015-01-08")
    records = records_of(run, log)
    assert records.start == date(2015, 1, 5)
    assert records.since == run.traffic.warm + 3 * 1440.0
    lodged = records.minutes("lodged")[records.seconds["lodged"] != BLANK] // 1440.0
    days = {(records.start + timedelta(float(day))).weekday() for day in lodged}
    assert days <= {0, 1, 2, 3, 4, 5, 6} and 0 in days


@pytest.mark.parametrize("window", [{"step": 0}, {"since": 50.0, "until": 40.0},
                                    {"until": 1e9}])
def test_a_window_that_cannot_be_is_refused(window):
    with pytest.raises(ValueError, match="allowed"):
        records_of(*port(), **window)


def test_events_are_one_per_stage_that_was_begun():
    records = whole()
    table = events_of(records)
    assert set(table.activity.tolist()) >= {"arrival", "papers.quarantine", "examination.customs",
                                            "released", "gate-out"}
    assert (table.ends >= table.starts).all()
    papers = table.activity == "papers.customs"
    assert papers.sum() == np.isfinite(records.of_consignments("start.papers.customs")).sum()
    devanned = table.activity == "devanning.quarantine"
    assert devanned.sum() == np.isfinite(records.minutes("start.devanning.quarantine")).sum()


def test_containers_as_cases_have_the_events_of_their_consignment():
    records = whole()
    table = events_of(records, "container")
    arrived = table.activity == "arrival"
    assert np.array_equal(np.sort(table.case[arrived]), np.arange(len(records)))


def test_a_stage_with_one_stamp_alone_is_an_instant():
    records = whole()
    seconds = {name: column for name, column in records.seconds.items()
               if name != "start.restuffing.customs"}
    less = replace(records, seconds=seconds)
    table = events_of(less)
    restuffed = table.activity == "restuffing.customs"
    assert restuffed.any() and (table.starts == table.ends)[restuffed].all()
