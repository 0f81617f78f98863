"""Which steps bind each release: clearance time divided over the steps that it was waiting for.

Walked back from the release: what ended last at or before it, then what ended last when that was
asked for, and so on until the clock's start. What runs beside a slower step binds nothing. (The
critical path of a project network, of what happened instead of what was planned.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.distributions import TICK
from sim.eventlog import EventLog
from sim.measures.record import Floats, Measured


@dataclass(frozen=True)
class Binding:
    """Pieces of clearance times: the row of the event log that bound, and its minutes of waiting
    and of work. The pieces of a consignment add up to its clearance time."""

    row: NDArray[np.int64]
    waiting: Floats
    working: Floats


def binding(m: Measured) -> Binding:
    """The pieces of the clearance times of the cohort's consignments that were released.

    Of rows that end at the same time, the one that stands last in the log binds. Time before a row
    was asked for, after what ended before it (until the discharge, say), is its waiting.
    """
    log, released, begin = m.log, m.released, m.traffic.clock_start
    known = m.cohort & ~np.isnan(released)
    rows = np.flatnonzero(known[log.consignment] & (log.end <= released[log.consignment]))
    if not len(rows):
        return Binding(rows, np.empty(0), np.empty(0))
    # One key that sorts by consignment and end. Times are multiples of 2^-10 minutes, so that it
    # is exact for as many consignments as a run can hold.
    span = 2.0 ** np.ceil(np.log2(max(float(log.end[rows].max()), 1.0) + 1.0))
    key = log.consignment[rows] * span + log.end[rows]
    order = _order(log, rows)
    rows, key = rows[order], key[order]
    owner, end = log.consignment[rows], log.end[rows]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    lowest, floor, work = first, begin[owner[first]], m.work
    at = np.append(first[1:], len(rows)) - 1
    until = released[owner[at]]
    pieces: list[tuple[NDArray, Floats, Floats]] = []
    while len(at):
        # What ended last when each row was asked for. A row that takes no time ends when it is
        # asked for: it is not its own predecessor.
        asked = owner[at] * span + log.enabled[rows[at]]
        before = np.minimum(np.searchsorted(key, asked, side="right"), at) - 1
        # Time until the end of the row before, or since the clock's start, is no piece of this.
        since = np.where(before >= lowest, np.maximum(end[before], floor), floor)
        spent = np.maximum(until - since, 0.0)
        worked = np.minimum(work[rows[at]], spent)
        pieces.append((rows[at], spent - worked, worked))
        on = since > floor
        at, until, lowest, floor = before[on], since[on], lowest[on], floor[on]
    return Binding(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def _order(log: EventLog, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order of rows of the log by consignment, end and place in the log.

    All three go into one whole number, which numpy sorts five times as fast as it finds the order
    of numbers by.
    """
    owner = log.consignment[rows].astype(np.int64)
    ticks = (log.end[rows] * TICK).astype(np.int64)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    begin = np.repeat(first, np.diff(first, append=len(rows)))
    place = np.arange(len(rows)) - begin
    low, high = int(place.max()).bit_length(), int(ticks.max()).bit_length()
    if int(owner.max()).bit_length() + high + low > 63:
        return np.lexsort((place, ticks, owner))
    found = np.sort((owner << (high + low)) | (ticks << low) | place)
    return begin + (found & ((1 << low) - 1))
