"""What is learned from a log of a known process is that process."""

from __future__ import annotations

import numpy as np

from benchmarks.log_driven import imitate, learn
from calibration.distances import distances
from calibration.estimates import generator
from calibration.eventtable import EventTable, nanoseconds

DAY, WEEK = 1440.0, 10080.0


def office(weeks: int) -> EventTable:
    """Twelve cases a working day: 'check', then 'left' and 'right' side by side, each begun in
    office hours, 08:00 to 16:00, and of 30 min (1 of 6 is begun late and goes on next day)."""
    draw = generator(1, "office")
    case, activity, start, end, resource = [], [], [], [], []
    number = 0
    for day in (d for d in range(7 * weeks) if d % 7 < 5):
        for arrived in np.sort(draw.random(12)) * 480.0:
            at = day * DAY + 480.0 + np.floor(arrived)
            steps = (("check", 0.0, "a"), ("left", 30.0, "b"), ("right", 30.0, "c"))
            for name, after, who in steps:
                begun, ended = (_office(day, at - day * DAY - 480.0 + w) for w in (after,
                                                                                  after + 30.0))
                case.append(number)
                activity.append(name)
                start.append(begun)
                end.append(ended)
                resource.append(f"{who}{number % 9}")
            number += 1
    return EventTable(np.array(case), np.array(activity), np.array(start), np.array(end),
                      np.array(resource))


def _office(day: int, worked: float) -> float:
    """The minute at which so much was worked since 08:00 of a day."""
    while worked > 480.0:
        worked -= 480.0
        day += 3 if day % 7 == 4 else 1
    return day * DAY + 480.0 + worked


def test_blocks_hours_and_roles_are_learned() -> None:
    log = office(10)
    process = learn(log, log.arrivals, int(log.departures.max()))
    assert int(process.block.max()) == 1 and int(process.lane.max()) == 1
    assert sorted(process.units) == [9, 9, 9]
    for weekly in process.weekly:
        day = weekly.reshape(7, 96)
        assert not day[5:].any() and day[:5, 33:63].all() and not day[:5, :31].any()
    assert np.median(process.work) == 30.0 and np.median(process.delay) == 0.0


def test_its_imitation_is_near_and_the_same_for_the_same_number() -> None:
    log = office(10)
    process = learn(log, log.arrivals, int(log.departures.max()))
    since, until = (int(nanoseconds(np.array([week * WEEK]))[0]) for week in (10, 12))
    made = imitate(process, since, until, dated=False, number=3)
    again = imitate(process, since, until, dated=False, number=3)
    assert np.array_equal(made.start, again.start)
    held_out = office(12)
    test = held_out.of_cases(held_out.arrivals >= since)
    found = distances(EventTable(test.case, test.activity, test.start, test.end), made)
    # A few weekends more or less move the mean of 120 cases by an hour or two.
    assert found["cycle"] < 2.5 and found["circadian"] < 0.5 and found["n-gram"] < 0.1


def test_long_cases_count_for_those_that_were_not_finished() -> None:
    # Half the cases take an hour, half 30 days; a log of 40 days has few of the long ones.
    arrived = np.arange(0.0, 40 * DAY, 60.0)
    lasting = np.where(np.arange(len(arrived)) % 2 == 0, 60.0, 30 * DAY)
    done = arrived + lasting <= 40 * DAY
    names = np.array(["x"] * int(done.sum()))
    log = EventTable(np.flatnonzero(done), names, arrived[done], (arrived + lasting)[done], names)
    process = learn(log, nanoseconds(arrived), int(nanoseconds(np.array([40 * DAY]))[0]))
    long = process.weight[lasting[done] > 60.0].sum()
    assert 0.4 < long < 0.6 and (lasting[done] > 60.0).mean() < 0.25
