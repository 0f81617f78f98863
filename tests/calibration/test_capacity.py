"""The number of units is recovered from stamps alone, and not claimed where the log cannot tell."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from calibration.capacity import Capacity, Jobs, capacity
from scenarios.load import load
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.ports import port_run
from sim.process.inputs import Calendar
from sim.process.layout import calendars_of

NONE = np.empty(0)


def jobs_of(log: EventLog, ready: tuple[str, str], start: tuple[str, str], end: tuple[str, str],
            agency: str) -> Jobs:
    """Jobs by (stage, stamp) of one agency, stamps cut to the minute as a port's log has them."""

    def column(stage: str, stamp: str) -> np.ndarray:
        values = np.full(log.plan.containers, np.nan)
        rows = log.where(stage=stage, agency=agency)
        values[log.container[rows]] = np.floor(getattr(log, stamp)[rows])
        return values

    return Jobs(*(column(*one) for one in (ready, start, end)))


@cache
def port(*sets: str) -> tuple[EventLog, Calendar]:
    scenario = load("separate", None, ["run.measured=16 weeks", *sets])
    run = port_run(scenario, 1, 0)
    calendar = calendars_of(scenario, run.traffic)[scenario.layout.separate.gang_calendar]
    return simulate(run.plan, "auto"), calendar


def gangs(agency: str, *sets: str) -> tuple[Jobs, Calendar]:
    log, calendar = port(*sets)
    return jobs_of(log, ("move-in", "end"), ("devanning", "start"), ("restuffing", "end"),
                   agency), calendar


def thinned(jobs: Jobs, lost: float, seed: int) -> Jobs:
    """The jobs without some of them, drawn by chance."""
    kept = np.random.Generator(np.random.Philox(key=seed)).random(len(jobs.ready)) >= lost
    return Jobs(jobs.ready[kept], jobs.start[kept], jobs.end[kept])


@pytest.mark.parametrize(("agency", "sets", "number"), [
    ("quarantine", (), 18), ("customs", (), 14),
    ("quarantine", ("layout.separate.gangs={quarantine: 16, customs: 13}",), 16),
    ("customs", ("layout.separate.gangs={quarantine: 16, customs: 13}",), 13)])
def test_gangs_are_counted_by_a_log_without_their_names(agency: str, sets: tuple[str, ...],
                                                        number: int) -> None:
    jobs, calendar = gangs(agency, *sets)
    found = capacity(jobs, calendar.opens, calendar.closes)
    assert (found.likely, found.least, found.interval) == (number, number, (number, number))
    assert found.binds and found.share > 0.95 and str(number) in found.text


@pytest.mark.parametrize("lost", [0.02, 0.05, 0.15])
@pytest.mark.parametrize("agency", ["quarantine", "customs"])
def test_missing_jobs_are_allowed_for(agency: str, lost: float) -> None:
    jobs, calendar = gangs(agency)
    found = capacity(thinned(jobs, lost, 7), calendar.opens, calendar.closes, kept=1.0 - lost)
    number = {"quarantine": 18, "customs": 14}[agency]
    assert found.likely == number and found.binds
    assert found.interval is not None and found.interval[0] <= number <= found.interval[1]


def test_officers_that_bind_are_counted_in_pairs() -> None:
    log, calendar = port("layout.separate.officers.customs=10")
    jobs = jobs_of(log, ("devanning", "end"), ("examination", "start"), ("examination", "end"),
                   "customs")
    found = capacity(jobs, calendar.opens, calendar.closes)
    assert found.likely == 5 and found.binds


def test_what_waits_for_something_else_tells_nothing() -> None:
    """Work waits, and any number from 0 to 9 is at work: nothing stands out."""
    generator = np.random.Generator(np.random.Philox(key=3))
    ready = np.sort(generator.random(3000) * 40 * 1440.0)
    start = ready + 200.0 + 400.0 * generator.random(3000)
    found = capacity(Jobs(ready, start, start + 60.0), np.array([0.0]), np.array([41 * 1440.0]))
    assert not found.binds and "cannot tell" in found.text
    assert found.least >= 3


def test_without_waiting_only_a_lower_bound() -> None:
    start = np.arange(0.0, 5000.0, 10.0)
    found = capacity(Jobs(start, start, start + 25.0), np.array([0.0]), np.array([6000.0]))
    assert found == Capacity(3, None, None, 0.0, 0.0, False, found.minutes)
    assert "at least 3" in found.text


def test_closed_hours_do_not_count() -> None:
    """Two units; at night four jobs lie open at once, which is no work."""
    days = np.arange(20) * 1440.0
    ready = np.repeat(days + 480.0, 6)
    start = (days[:, None] + 480.0 + np.array([0.0, 0, 120, 120, 240, 240])).ravel()
    end = start + 120.0
    end[4::6] += 300.0
    end[5::6] += 300.0
    found = capacity(Jobs(ready, start, end), days + 480.0, days + 840.0)
    assert found.likely == 2 and found.binds and found.least == 2


def test_open_cases_count_until_the_log_ends() -> None:
    ready = np.array([0.0, 0.0, 0.0, np.nan])
    start = np.array([0.0, 0.0, 50.0, np.nan])
    end = np.array([50.0, np.nan, np.nan, np.nan])
    found = capacity(Jobs(ready, start, end), np.array([0.0]), np.array([100.0]))
    assert found.likely == 2


def test_no_jobs_at_all() -> None:
    found = capacity(Jobs(NONE, NONE, NONE), np.array([0.0]), np.array([100.0]))
    assert found.least == 0 and found.likely is None


@pytest.mark.parametrize(("stamps", "message"), [
    (([0.0], [1.0, 2.0], [3.0]), "one of each"), (([5.0], [1.0], [3.0]), "in this order"),
    (([0.0], [4.0], [3.0]), "in this order")])
def test_impossible_jobs_are_refused(stamps: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Jobs(*(np.array(one) for one in stamps))


@pytest.mark.parametrize("kept", [0.0, 1.5, -1.0])
def test_an_impossible_share_is_refused(kept: float) -> None:
    with pytest.raises(ValueError, match="allowed"):
        capacity(Jobs(NONE, NONE, NONE), np.array([0.0]), np.array([1.0]), kept=kept)
