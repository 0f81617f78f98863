"""Working hours, holidays and made-up days are read off a log, with no calendar in it."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.working_time import OPEN, UNKNOWN, WorkingHours, working_hours
from scenarios.load import load
from scenarios.schema.port import parse_days, parse_window
from sim.engines import simulate
from sim.ports import port_run

DAY = 1440.0


def served(windows: list[tuple[float, float]], days: list[int], a_day: float, minutes: float,
           units: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Ready and start of jobs that arrive around the clock, before units that work in windows."""
    g = np.random.Generator(np.random.Philox(key=seed))
    last = max(days) + 1
    ready = np.sort(g.random(int(a_day * last)) * last * DAY)
    opens = sorted((day * DAY + a, day * DAY + b) for day in days for a, b in windows)
    free = [0.0] * units
    start = []
    for at in ready:
        earliest = max(at, free[0])
        window = next(((a, b) for a, b in opens if b > earliest), None)
        if window is None:
            break
        begin = np.floor(max(earliest, window[0]))
        start.append(max(begin, at))
        free = sorted([begin + minutes * (0.3 + 1.4 * g.random()), *free[1:]])
    return ready[:len(start)], np.array(start)


def weekdays(weeks: int, which: range = range(5)) -> list[int]:
    return [7 * week + day for week in range(weeks) for day in which]


OFFICE = [(510.0, 720.0), (810.0, 1050.0)]


def test_office_hours_with_a_break() -> None:
    found = working_hours(*served(OFFICE, weekdays(12), 60.0, 40.0, 8))
    assert found.weekly == {"mon-fri": ["08:30-12:00", "13:30-17:30"]}
    assert not len(found.closed) and not len(found.extra)


def test_stray_stamps_open_nothing() -> None:
    ready, start = served(OFFICE, weekdays(20), 60.0, 40.0, 8)
    g = np.random.Generator(np.random.Philox(key=5))
    wrong = g.random(len(start)) < 0.01
    start = np.where(wrong, ready + g.random(len(start)) * 4000.0, start)
    assert working_hours(ready, start).weekly == {"mon-fri": ["08:30-12:00", "13:30-17:30"]}


def test_saturday_mornings_stand_apart() -> None:
    week = served(OFFICE, weekdays(16), 50.0, 40.0, 8)
    saturday = served([(510.0, 720.0)], weekdays(16, range(5, 6)), 8.0, 40.0, 8, seed=2)
    found = working_hours(*(np.concatenate(pair) for pair in zip(week, saturday, strict=True)))
    assert found.weekly["mon-fri"] == ["08:30-12:00", "13:30-17:30"]
    assert found.weekly["sat"][0].startswith("08:30") and "sun" not in found.weekly


def test_round_the_clock() -> None:
    found = working_hours(*served([(0.0, DAY)], weekdays(8, range(7)), 80.0, 60.0, 3))
    assert set(map(tuple, found.weekly.values())) == {("00:00-24:00",)}
    assert sorted(day for days in found.weekly for day in parse_days(days)) == list(range(7))


def test_a_shift_across_midnight_is_two_windows() -> None:
    found = working_hours(*served([(0.0, 360.0), (1320.0, DAY)], weekdays(10, range(7)), 60.0,
                                  50.0, 6))
    assert found.weekly == {"mon-sun": ["00:00-06:00", "22:00-24:00"]}


def test_holidays_and_made_up_days() -> None:
    days = [d for d in weekdays(12) if d not in (14, 15)] + [19]
    found = working_hours(*served(OFFICE, days, 60.0, 40.0, 8))
    assert (found.closed / DAY).tolist() == [14.0, 15.0]
    assert (found.extra / DAY).tolist() == [19.0]
    assert found.weekly == {"mon-fri": ["08:30-12:00", "13:30-17:30"]}


def test_no_work_is_not_no_staff() -> None:
    """All work of a day is done by ten: of the time after that nothing is known."""
    ready, start = served(OFFICE, weekdays(12), 4.0, 10.0, 8)
    found = working_hours(ready, start)
    afternoon = found.state[0, 60:68]
    assert np.all(afternoon != OPEN) or found.weekly
    assert np.any(found.state[:5, 34:70] == UNKNOWN)


def office(found: WorkingHours) -> None:
    (days, windows), = found.weekly.items()
    assert parse_days(days) == [0, 1, 2, 3, 4]
    assert [parse_window(w) for w in windows] == [(510, 720), (810, 1050)]


def test_the_hours_of_a_simulated_port_with_the_holidays_of_its_year() -> None:
    scenario = load("separate", None, ["run.measured=26 weeks"])
    run = port_run(scenario, 1, 0)
    log = simulate(run.plan, "auto")

    def column(stage: str, stamp: str) -> np.ndarray:
        values = np.full(log.plan.containers, np.nan)
        rows = log.where(stage=stage, agency="quarantine")
        values[log.container[rows]] = np.floor(getattr(log, stamp)[rows])
        return values

    found = working_hours(column("move-in", "end"), column("devanning", "start"))
    office(found)
    closed, extra = (set((days // DAY).astype(int).tolist())
                     for days in (found.closed, found.extra))
    # From 2015-01-05: Spring Festival, Qingming, Labour Day, Dragon Boat; 15 and 28 February.
    assert {44, 45, 46, 49, 50, 91, 116, 168} <= closed and len(closed) <= 10
    assert extra == {41, 54}


@pytest.mark.parametrize(("ready", "start", "message"), [
    ([1.0], [1.0, 2.0], "one of each"), ([1.0] * 5, [2.0] * 5, "20 or more"),
    ([3.0] * 30, [2.0] * 30, "starts before"), ([np.nan] * 30, [2.0] * 30, "20 or more")])
def test_impossible_stamps_are_refused(ready: list[float], start: list[float],
                                       message: str) -> None:
    with pytest.raises(ValueError, match=message):
        working_hours(np.array(ready), np.array(start))


def test_dates_without_a_time_open_no_office_at_midnight() -> None:
    ready, start = jobs_of_an_office(30)
    stray = np.arange(4) * 7 * DAY + DAY
    found = working_hours(np.concatenate([ready, stray - 600.0]), np.concatenate([start, stray]))
    assert found.weekly == {"mon-fri": ["08:30-12:00", "13:30-17:30"]}


def jobs_of_an_office(weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """Twelve an hour, ready as they are begun or since the day before, in office hours."""
    days = [d for d in range(7 * weeks) if d % 7 < 5]
    within = np.concatenate([np.arange(510.0, 720.0, 5.0), np.arange(810.0, 1050.0, 5.0)])
    start = np.concatenate([day * DAY + within for day in days])
    waits = np.where(np.arange(len(start)) % 3 == 0, 1000.0, 1.0)
    return start - waits, start
