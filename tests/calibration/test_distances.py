"""Distances between logs: worked by hand, with the properties of distances, and as the package
that defines them computes them."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.distances import (
    absolute_events,
    case_arrivals,
    circadian_events,
    circadian_workforce,
    cycle_times,
    distances,
    ngram,
    relative_events,
    wasserstein,
)
from calibration.eventtable import EventTable, hour_of_week, nanoseconds, stamps_at

HOUR = 60.0


def table(*rows: tuple[str, str, float, float]) -> EventTable:
    """Events by case, activity, start and end in hours since Monday 00:00."""
    case, activity, start, end = zip(*rows, strict=True)
    return EventTable(np.array(case), np.array(activity), np.array(start) * HOUR,
                      np.array(end) * HOUR, np.array(["r"] * len(rows)))


ONE = table(("a", "x", 8, 9), ("a", "y", 9, 11), ("b", "x", 32, 33))


def shifted(log: EventTable, hours: float) -> EventTable:
    return EventTable(log.case, log.activity, log.start + hours * HOUR, log.end + hours * HOUR,
                      log.resource)


def made(seed: int, n: int = 300, days: float = 21.0) -> EventTable:
    """A random log with dates; resources for some of its events."""
    g = np.random.Generator(np.random.Philox(key=seed))
    case = g.integers(0, n // 5, n)
    begin = np.sort(g.random(n // 5) * days * 1440.0)[case] + g.random(n) * 3000.0
    end = begin + g.exponential(90.0, n)
    origin = np.datetime64("2015-01-05T00:00", "ns")

    def dates(minutes: np.ndarray) -> np.ndarray:
        return origin + np.rint(minutes * 60e9).astype("timedelta64[ns]")

    return EventTable(case, g.choice(np.array(["x", "y", "z", "u"]), n), dates(begin), dates(end),
                      g.choice(np.array(["p", "q", "s"]), n))


def test_by_hand() -> None:
    other = table(("c", "x", 8, 10), ("c", "x", 10, 11), ("d", "x", 32, 33))
    # Hours of stamps: 8 9 9 11 32 33 against 8 10 10 11 32 33: two of six one hour later.
    assert absolute_events(ONE, other) == pytest.approx(2 / 6)
    # Since the case's start: 0 1 1 3 0 1 against 0 2 2 3 0 1.
    assert relative_events(ONE, other) == pytest.approx(2 / 6)
    # Monday: 8 9 9 11 against 8 10 10 11, Tuesday alike, five days empty.
    assert circadian_events(ONE, other) == pytest.approx((2 / 4) / 7)
    assert case_arrivals(ONE, other) == 0.0
    assert cycle_times(ONE, other) == 0.0
    # Windows of two: _x xy y_ _x x_ against _x xx x_ _x x_: xy, y_, xx and one x_ differ, of 10.
    assert ngram(ONE, other, n=2) == pytest.approx(4 / 10)


def test_cycle_times_in_bins_from_the_shortest() -> None:
    longer = table(("a", "x", 8, 9), ("a", "y", 9, 13), ("b", "x", 32, 33))
    # 3 h and 1 h against 5 h and 1 h, in bins of one hour and of two.
    assert cycle_times(ONE, longer) == pytest.approx(1.0)
    assert cycle_times(ONE, longer, bin_minutes=120.0) == pytest.approx(0.5)


def test_a_weekday_of_one_log_alone_is_as_far_as_can_be() -> None:
    assert circadian_events(ONE, shifted(ONE, 24.0)) == pytest.approx((23 + 0 + 23) / 7, abs=1.0)
    monday, tuesday = table(("a", "x", 8, 9)), table(("a", "x", 32, 33))
    assert circadian_events(monday, tuesday) == pytest.approx(46 / 7)


@pytest.mark.parametrize("hours", [1.0, 5.0, 100.0])
def test_a_shift_moves_absolute_events_and_arrivals_alone(hours: float) -> None:
    log = made(1)
    later = EventTable(log.case, log.activity, log.start + np.timedelta64(int(hours), "h"),
                       log.end + np.timedelta64(int(hours), "h"), log.resource)
    found = distances(log, later)
    assert found["absolute"] == pytest.approx(hours) == found["arrival"]
    assert found["relative"] == found["cycle"] == found["n-gram"] == 0.0


def test_zero_for_itself_and_symmetric() -> None:
    one, other = made(2), made(3)
    assert set(distances(one, one).values()) == {0.0}
    there, back = distances(one, other), distances(other, one)
    assert there == pytest.approx(back) and min(there.values()) > 0.0
    assert set(there) == {"n-gram", "absolute", "relative", "circadian", "arrival", "cycle",
                          "workforce"}


def test_the_order_of_rows_does_not_matter() -> None:
    one, other = made(4), made(5)
    mixed = one.take(np.random.Generator(np.random.Philox(key=9)).permutation(len(one)))
    assert distances(mixed, other) == pytest.approx(distances(one, other))


def test_wasserstein_is_that_of_scipy() -> None:
    from scipy.stats import wasserstein_distance

    g = np.random.Generator(np.random.Philox(key=1))
    for wide in (50, 1 << 30):
        one, other = g.integers(0, wide, 400), g.integers(wide // 5, wide, 300)
        assert wasserstein(one, other) == pytest.approx(wasserstein_distance(one, other))


def test_dates_and_minutes_stand_on_one_axis() -> None:
    minutes = np.array([0.0, 61.0, 3 * 1440.0 + 0.0009765625])
    assert np.array_equal(stamps_at(nanoseconds(minutes), False), minutes)
    assert hour_of_week(nanoseconds(minutes)).tolist() == [0, 1, 72]
    dates = np.array(["1970-01-05T00:00", "2015-01-06T13:30"], dtype="datetime64[ns]")
    assert hour_of_week(nanoseconds(dates)).tolist() == [0, 37]


@pytest.mark.parametrize(("columns", "message"), [
    ({"start": np.array(["NaT"], "M8[ns]"), "end": np.array(["2015"], "M8[ns]")}, "missing"),
    ({"start": np.array([np.nan]), "end": np.array([1.0])}, "not finite"),
    ({"start": np.array([1.0]), "end": np.array(["2015"], "M8[ns]")}, "end is"),
    ({"start": np.array(["a"]), "end": np.array([1.0])}, "expected"),
    ({"start": np.array([1.0, 2.0]), "end": np.array([1.0])}, "shape")])
def test_a_table_that_is_none_is_refused(columns: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EventTable(np.array(["a"]), np.array(["x"]), **columns)


def test_logs_that_cannot_be_compared_are_refused() -> None:
    empty = ONE.take(np.empty(0, dtype=np.int64))
    with pytest.raises(ValueError, match="without events"):
        ngram(ONE, empty)
    with pytest.raises(ValueError, match="dates"):
        absolute_events(ONE, made(1))
    bare = EventTable(ONE.case, ONE.activity, ONE.start, ONE.end)
    with pytest.raises(ValueError, match="no resources"):
        circadian_workforce(ONE, bare)
    with pytest.raises(ValueError, match="bins"):
        cycle_times(ONE, ONE, bin_minutes=0.0)


@pytest.mark.parametrize("seed", range(5))
def test_as_log_distance_measures_has_it(seed: int) -> None:
    """For developers: the package is no part of the test extra."""
    measures = pytest.importorskip("log_distance_measures")
    import log_distance_measures.absolute_event_distribution as absolute
    import log_distance_measures.circadian_event_distribution as circadian
    import log_distance_measures.cycle_time_distribution as cycle
    import log_distance_measures.n_gram_distribution as grams
    import log_distance_measures.relative_event_distribution as relative
    import pandas as pd
    from log_distance_measures.config import DEFAULT_CSV_IDS as ids

    assert measures is not None
    one, other = made(2 * seed), made(2 * seed + 1)
    frames = [pd.DataFrame({
        ids.case: log.case, ids.activity: log.activity, ids.resource: log.resource,
        ids.start_time: pd.to_datetime(log.start, utc=True),
        ids.end_time: pd.to_datetime(log.end, utc=True)}) for log in (one, other)]
    pairs = (frames[0], ids, frames[1], ids)
    expected = {
        "n-gram": grams.n_gram_distribution_distance(*pairs, n=3),
        "absolute": absolute.absolute_event_distribution_distance(*pairs),
        "relative": relative.relative_event_distribution_distance(*pairs),
        "circadian": circadian.circadian_event_distribution_distance(*pairs),
        "cycle": cycle.cycle_time_distribution_distance(*pairs, bin_size=pd.Timedelta(hours=1))}
    found = distances(one, other)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
