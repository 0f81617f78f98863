"""How far a simulated event log is from a real one, measure by measure.

The measures are those of D. Chapela-Campa, I. Benchekroun, O. Baron, M. Dumas, D. Krass, A.
Senderovich: "A framework for measuring the quality of business process simulation models",
Information Systems 127 (2025), in the exact form of their package log-distance-measures 2.2 with
its defaults, the Wasserstein distance between histograms of whole hours. Every one is 0 for equal
logs and symmetric. Logs are compared as they stand: those of dates in their local time.

Each raises ValueError if a log is empty, or one has dates and the other minutes.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration.eventtable import HOUR, MINUTE, EventTable, Ints, hour_of_week

Which = Literal["both", "start", "end"]
"""Which stamps of an event count: its start, its end, or the two as separate observations."""

APART = 23.0
"""Hours: the distance of a weekday on which only one of the logs has events."""

WIDEST = 1 << 24
"""Bins of a histogram at most, or cells of a table of n-grams; what is wider is sorted."""


def distances(real: EventTable, simulated: EventTable, *, n: int = 3,
              cycle_bin: float = 60.0) -> dict[str, float]:
    """Every measure by name, in the order of the paper; the workforce if both logs have resources.

    n: length of the n-grams. cycle_bin: width of the bins of cycle times, minutes.
    """
    found = {
        "n-gram": ngram(real, simulated, n=n),
        "absolute": absolute_events(real, simulated),
        "relative": relative_events(real, simulated),
        "circadian": circadian_events(real, simulated),
        "arrival": case_arrivals(real, simulated),
        "cycle": cycle_times(real, simulated, bin_minutes=cycle_bin)}
    if real.resource is not None and simulated.resource is not None:
        found["workforce"] = circadian_workforce(real, simulated)
    return found


def ngram(real: EventTable, simulated: EventTable, *, n: int = 3,
          normalize: bool = True) -> float:
    """Difference of the counts of n-grams of activities, from 0 (the same) to 1 (none in common).

    Sum over n-grams of |count in one - count in the other|, divided, if `normalize`, by the sum of
    all counts. A case is read in the order (start, end, row), with n - 1 blanks before and after.
    Counts are not shares: a log twice as long is not the same. Source: n_gram_distribution.py of
    the package. Raises ValueError if n < 1.
    """
    _check(real, simulated)
    if n < 1:
        raise ValueError(f"n-grams of {n} activities")
    names = {name: i for i, name in enumerate(
        dict.fromkeys([*real.activities[1], *simulated.activities[1]]), start=1)}
    sequences = [_sequence(table, names, n - 1) for table in (real, simulated)]
    windows = [len(sequence) - n + 1 for sequence in sequences]
    # One key per window of both logs; keys are made smaller whenever they would not fit a table.
    keys, cells = np.zeros(sum(windows), dtype=np.int64), 1
    for place in range(n):
        if cells * (len(names) + 1) > WIDEST:
            known, keys = np.unique(keys, return_inverse=True)
            cells = len(known)
        codes = [s[place:place + size] for s, size in zip(sequences, windows)]
        keys = keys * (len(names) + 1) + np.concatenate(codes)
        cells *= len(names) + 1
    if cells > WIDEST:
        known, keys = np.unique(keys, return_inverse=True)
        cells = len(known)
    one, other = (np.bincount(part, minlength=cells) for part in np.split(keys, windows[:1]))
    difference = float(np.abs(one - other).sum())
    return difference / sum(windows) if normalize else difference


def absolute_events(real: EventTable, simulated: EventTable, which: Which = "both") -> float:
    """Wasserstein distance of the stamps' hours on the calendar, in hours.

    All events of one log an hour later are at a distance of 1. Source: the package's
    absolute_event_distribution.py.
    """
    _check(real, simulated)
    return wasserstein(*(_instants(table, which) // HOUR for table in (real, simulated)))


def relative_events(real: EventTable, simulated: EventTable, which: Which = "both") -> float:
    """Wasserstein distance of the stamps' whole hours since their case's first start, in hours.

    Source: the package's relative_event_distribution.py.
    """
    _check(real, simulated)
    return wasserstein(*((_instants(table, which) - _instants(table, which, table.arrivals))
                         // HOUR for table in (real, simulated)))


def circadian_events(real: EventTable, simulated: EventTable, which: Which = "both") -> float:
    """Mean over the 7 weekdays of the Wasserstein distance of the stamps' hours of day, in hours.

    A weekday on which neither log has a stamp counts 0, one on which only one has counts 23. The
    distance is along the day, not around it: from 23:00 to 0:00 are 23 hours. Source: the package's
    circadian_event_distribution.py.
    """
    _check(real, simulated)
    one, other = (np.bincount(hour_of_week(_instants(table, which)), minlength=168).reshape(7, 24)
                  for table in (real, simulated))
    return _by_weekday(one, other)


def circadian_workforce(real: EventTable, simulated: EventTable) -> float:
    """As circadian_events, of the resources at work by hour of the week, in hours.

    A resource is at work in an hour of the calendar in which it starts or ends something; counts
    are means over the days with events, cut to hundredths as in the package's
    circadian_workforce_distribution.py. Where that leaves nothing of a weekday (the package fails
    there) they are not cut. Raises ValueError if a log has no resources.
    """
    _check(real, simulated)
    return _by_weekday(_workforce(real), _workforce(simulated))


def case_arrivals(real: EventTable, simulated: EventTable) -> float:
    """Wasserstein distance of the hours of the cases' first starts on the calendar, in hours.

    Source: the package's case_arrival_distribution.py.
    """
    _check(real, simulated)
    return wasserstein(real.arrivals // HOUR, simulated.arrivals // HOUR)


def cycle_times(real: EventTable, simulated: EventTable, *, bin_minutes: float = 60.0) -> float:
    """Wasserstein distance of the cases' times from first start to last end, in bins.

    Bins of `bin_minutes` (the package has no default; an hour is what is usual with it) begin at
    the shortest time of both logs, as in its cycle_time_distribution.py. Raises ValueError for bins
    of less than a nanosecond.
    """
    _check(real, simulated)
    width = round(bin_minutes * MINUTE)
    if width < 1:
        raise ValueError(f"bins of {bin_minutes} minutes")
    one, other = (table.departures - table.arrivals for table in (real, simulated))
    shortest = min(one.min(), other.min())
    return wasserstein((one - shortest) // width, (other - shortest) // width)


def wasserstein(one: Ints, other: Ints) -> float:
    """First Wasserstein distance of two samples of integers: the area between their distribution
    functions. As scipy.stats.wasserstein_distance, by counting where that is narrow enough."""
    if len(one) == 0 or len(other) == 0:
        raise ValueError("a sample is empty")
    low, high = min(one.min(), other.min()), max(one.max(), other.max())
    if high - low < WIDEST:
        counts = [np.bincount(sample - low, minlength=high - low + 1) for sample in (one, other)]
        return _area(counts[0], counts[1])
    values = np.unique(np.concatenate([one, other]))
    below = [np.searchsorted(np.sort(sample), values[:-1], side="right") / len(sample)
             for sample in (one, other)]
    return float(np.abs(below[0] - below[1]) @ np.diff(values).astype(np.float64))


def _area(one: NDArray[np.number], other: NDArray[np.number]) -> float:
    """The distance of two histograms on the same bins, in bins; neither is empty."""
    return float(np.abs(np.cumsum(one) / one.sum() - np.cumsum(other) / other.sum())[:-1].sum())


def _by_weekday(one: NDArray[np.number], other: NDArray[np.number]) -> float:
    """The mean distance of the rows of two tables (7, 24), in hours."""
    total = 0.0
    for mine, theirs in zip(one, other):
        if mine.any() and theirs.any():
            total += _area(mine, theirs)
        elif mine.any() or theirs.any():
            total += APART
    return total / 7.0


def _workforce(table: EventTable) -> NDArray[np.float64]:
    """(7, 24): mean resources at work by weekday and hour, in hundredths and mostly whole."""
    hours = _instants(table, "both") // HOUR
    first = hours.min() // 24 * 24
    names = table.resources[0]
    size = int(names.max()) + 1
    pairs = np.unique((hours - first) * size + np.concatenate([names, names]))
    at_work = np.bincount(hour_of_week((pairs // size + first) * HOUR), minlength=168)
    days = np.bincount(hour_of_week(np.unique(hours // 24) * 24 * HOUR) // 24, minlength=7)
    means = at_work.reshape(7, 24) / np.maximum(days, 1)[:, None]
    cut = np.floor(means * 100)
    return np.where(cut.any(axis=1, keepdims=True), cut, means * 100)


def _instants(table: EventTable, which: Which, by_case: Ints | None = None) -> Ints:
    """Stamps that count, nanoseconds; or, in the same order, what each one's case has in
    `by_case`."""
    if which not in ("both", "start", "end"):
        raise ValueError(f"which is {which!r}, expected 'both', 'start' or 'end'")
    if by_case is not None:
        columns = [by_case[table.cases[0]]] * (2 if which == "both" else 1)
    else:
        columns = [column for name, column in (("start", table.starts), ("end", table.ends))
                   if which in (name, "both")]
    return np.concatenate(columns)


def _sequence(table: EventTable, names: dict, blanks: int) -> Ints:
    """Numbers of the activities (1 and up) case after case, `blanks` zeros before, between and
    after them: every window of blanks + 1 lies in one case."""
    cases = table.cases[0]
    codes = np.array([names[name] for name in table.activities[1]], dtype=np.int64)
    order = np.lexsort((table.ends, table.starts, cases))
    sequence = np.zeros(len(table) + blanks * (len(table.cases[1]) + 1), dtype=np.int64)
    places = np.arange(len(table)) + blanks * (cases[order] + 1)
    sequence[places] = codes[table.activities[0]][order]
    return sequence


def _check(real: EventTable, simulated: EventTable) -> None:
    """Both logs have events, on the same kind of axis."""
    if len(real) == 0 or len(simulated) == 0:
        raise ValueError("a log without events is at no distance")
    if real.dated != simulated.dated:
        raise ValueError("one log has dates, the other minutes")
