"""The clock's arithmetic: one formula per quantity, one source text for every engine.

A calendar is a list of open intervals [opens[i], closes[i]) in minutes since the start, in order
and without overlap. The functions are plain loops over lists or arrays of floats, so that a
just-in-time compiler can take this very text. Times are multiples of 2**-10 minutes, so that every
sum and difference here is exact. ``math.inf`` as a result means: not before the calendar ends.

The *working-time axis* counts open minutes alone: ``worked[i]`` is its value where interval i
begins, ``worked[k]`` its length. Under hand-over every interval but the one in which the work began
first spends ``handover`` minutes on taking over, so each adds that much less to the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf


def interval_of(opens: Sequence[float], t: float) -> int:
    """The last interval that begins at or before t; -1 before the first."""
    low, high = 0, len(opens)
    while low < high:
        middle = (low + high) // 2
        if opens[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low - 1


def next_open(opens: Sequence[float], closes: Sequence[float], t: float) -> float:
    """The first open instant at or after t (minutes), inf if there is none."""
    i = interval_of(opens, t)
    if i >= 0 and t < closes[i]:
        return t
    if i + 1 < len(opens):
        return opens[i + 1]
    return inf


def working_axis(
    opens: Sequence[float], closes: Sequence[float], handover: float
) -> list[float]:
    """The working-time axis at the intervals' beginnings and at the end, k + 1 values.

    An interval too short for the hand-over adds nothing: that shift gets no work done.
    """
    worked = [0.0]
    for i in range(len(opens)):
        length = closes[i] - opens[i] - handover
        worked.append(worked[i] + (length if length > 0.0 else 0.0))
    return worked


def end_of_work(
    opens: Sequence[float],
    closes: Sequence[float],
    worked: Sequence[float],
    handover: float,
    start: float,
    work: float,
) -> float:
    """When ``work`` minutes end that begin at the open instant ``start`` and pause at closings.

    The inverse of the working-time axis, by binary search. Work that fits into its first interval
    ends at start + work; work that ends exactly at a closing ends at that closing, not at the next
    opening. inf if the calendar ends before the work does, or if start is inf.
    """
    if start == inf:
        return inf
    i = interval_of(opens, start)
    left = work - (closes[i] - start)
    if left <= 0.0:
        return start + work
    target = worked[i + 1] + left
    low, high = i + 1, len(opens)
    while low < high:
        middle = (low + high) // 2
        if worked[middle + 1] < target:
            low = middle + 1
        else:
            high = middle
    if low == len(opens):
        return inf
    return opens[low] + handover + (target - worked[low])


def open_minutes(
    opens: Sequence[float], closes: Sequence[float], begin: float, end: float
) -> float:
    """Open minutes within [begin, end)."""
    total = 0.0
    i = max(interval_of(opens, begin), 0)
    while i < len(opens) and opens[i] < end:
        total += max(0.0, min(closes[i], end) - max(opens[i], begin))
        i += 1
    return total
