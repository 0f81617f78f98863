"""The references repeat the past: its rate by hour, its traces, its window rule."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.eventtable import HOUR, EventTable, hour_of_week, nanoseconds
from calibration.references import b0, b1, rates

WEEK = 10080.0


def log_of(weeks: int = 20, busy_from: int = 12) -> EventTable:
    """Two cases at Monday 9:30 and one on Tuesday at 14:30; twice as many from a week on. Each has
    activity a for an hour and, two days later, b for half an hour; resources x and y."""
    starts = []
    for week in range(weeks):
        for day, hour, count in ((0, 9.5, 2), (1, 14.5, 1)):
            count *= 2 if week >= busy_from else 1
            starts += [week * WEEK + day * 1440 + hour * 60] * count
    first = np.array(starts)
    case = np.arange(len(first))
    return EventTable(np.concatenate([case, case]),
                      np.repeat(["a", "b"], len(first)), np.concatenate([first, first + 2880]),
                      np.concatenate([first + 60, first + 2910]),
                      np.repeat(["x", "y"], len(first)))


def axis(minutes: float) -> int:
    return int(nanoseconds(np.array([minutes]))[0])


def test_rates_by_hour_of_the_week():
    rate = rates(log_of().arrivals)
    assert np.flatnonzero(rate).tolist() == [9, 38]
    assert rate[9] == pytest.approx(2 * (12 + 8 * 2) / 20)
    assert rates(log_of().arrivals, 8)[9] == pytest.approx(4.0)


def test_traces_are_whole_and_moved_to_arrivals_at_the_rate():
    since, until = axis(30 * WEEK), axis(230 * WEEK)
    drawn = b0(log_of(), since, until)
    assert np.all((drawn.arrivals >= since) & (drawn.arrivals < until))
    assert np.all(np.diff(drawn.arrivals) >= 0)
    assert sorted(set(hour_of_week(drawn.arrivals).tolist())) == [9, 38]
    expected = 200 * 3 * (12 + 8 * 2) / 20
    assert abs(len(drawn.arrivals) - expected) < 4 * np.sqrt(expected)
    assert np.all(drawn.departures - drawn.arrivals == axis(2910) - axis(0))
    assert np.array_equal(np.bincount(drawn.cases[0]), np.full(len(drawn.arrivals), 2))
    assert drawn.activity[:2].tolist() == ["a", "b"]
    assert drawn.resource[:2].tolist() == ["x", "y"]


def test_b1_is_at_the_last_rate_and_leaves_out_what_is_unfinished():
    since, until = axis(30 * WEEK), axis(32 * WEEK + 2880)
    several = [b1(log_of(), since, until, number=i) for i in range(50)]
    assert all(table.departures.max() <= until for table in several)
    # Of the last Monday's and Tuesday's cases none is through by Wednesday's midnight.
    expected = 50 * 2 * 6
    assert abs(sum(len(t.arrivals) for t in several) - expected) < 4 * np.sqrt(expected)


def test_the_same_seed_gives_the_same_log_and_another_number_another():
    since, until = axis(30 * WEEK), axis(40 * WEEK)
    one, same, other = (b0(log_of(), since, until, number=n) for n in (0, 0, 1))
    assert np.array_equal(one.starts, same.starts)
    assert not np.array_equal(one.arrivals, other.arrivals)


def test_dates_stay_dates():
    log = log_of()
    start = np.datetime64("2015-01-05", "ns") + (log.start * 60e9).astype("timedelta64[ns]")
    dated = EventTable(log.case, log.activity, start, start + np.timedelta64(1, "h"))
    drawn = b0(dated, int(dated.arrivals.max()), int(dated.arrivals.max()) + 500 * HOUR)
    assert drawn.dated and drawn.resource is None


@pytest.mark.parametrize("bad, message", [
    (lambda: b0(log_of(), 5, 5), "window"),
    (lambda: b0(log_of().take(np.arange(0)), 0, 5), "without events")])
def test_messages(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
