"""An event log as columns: what a distance compares and what a reference takes and gives back.

Inside, every stamp is a whole number of nanoseconds (int64) on one axis: for dates since
1970-01-01 00:00, for minutes since a Monday 00:00. Floor divisions into hours, weekdays and bins
are exact on it, also for the clock's ticks of 2**-10 minutes (58,593,750 ns each).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE
TICK = MINUTE // 1024
"""Nanoseconds of a minute, an hour, a tick of the clock."""

_MONDAY = 4 * 24 * HOUR
"""1970-01-05 was the first Monday of the dates' axis: there minute 0 stands."""


@dataclass(frozen=True, eq=False)
class EventTable:
    """n events, in any order; those of one case that start and end together keep theirs.

    case, activity, resource (or None): arrays of n, of numbers, texts or objects that can be
    hashed. A resource that is missing is a resource like any other (None, "" or whatever stands
    for it). start, end: arrays of n, both datetime64 (of any unit, kept as ns; local time
    without a zone) or both float64 minutes since a Monday 00:00.

    Raises ValueError for columns of other lengths or kinds, or a stamp that is NaT or not finite.
    That an event ends before it starts is allowed: real logs have such, and every distance is
    defined for them.
    """

    case: NDArray[Any]
    activity: NDArray[Any]
    start: NDArray[Any]
    end: NDArray[Any]
    resource: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        for name in ("case", "activity", "start", "end", "resource"):
            column = getattr(self, name)
            if column is None and name == "resource":
                continue
            column = np.asarray(column)
            if column.ndim != 1 or len(column) != len(self.case):
                raise ValueError(f"{name}: shape {column.shape}, expected ({len(self.case)},)")
            if name in ("start", "end"):
                column = _stamps(name, column)
            object.__setattr__(self, name, column)
        if self.start.dtype != self.end.dtype:
            raise ValueError(f"start is {self.start.dtype}, end is {self.end.dtype}")

    def __len__(self) -> int:
        return len(self.case)

    @property
    def dated(self) -> bool:
        """Whether the stamps are dates, not minutes."""
        return bool(self.start.dtype.kind == "M")

    @cached_property
    def starts(self) -> Ints:
        """Starts, n nanoseconds."""
        return nanoseconds(self.start)

    @cached_property
    def ends(self) -> Ints:
        """Ends, n nanoseconds."""
        return nanoseconds(self.end)

    @cached_property
    def cases(self) -> tuple[Ints, list[Hashable]]:
        """(number of each event's case (n), the cases in order of their first row)."""
        return numbered(self.case.tolist())

    @cached_property
    def activities(self) -> tuple[Ints, list[Hashable]]:
        """(number of each event's activity (n), the activities in order of their first row)."""
        return numbered(self.activity.tolist())

    @cached_property
    def resources(self) -> tuple[Ints, list[Hashable]]:
        """(number of each event's resource (n), the resources in order of their first row).

        Raises ValueError if the table has none.
        """
        if self.resource is None:
            raise ValueError("the log has no resources")
        return numbered(self.resource.tolist())

    @cached_property
    def arrivals(self) -> Ints:
        """The earliest start of each case, in the order of `cases`, nanoseconds."""
        codes, names = self.cases
        first = np.full(len(names), np.iinfo(np.int64).max)
        np.minimum.at(first, codes, self.starts)
        return first

    @cached_property
    def departures(self) -> Ints:
        """The latest end of each case, in the order of `cases`, nanoseconds."""
        codes, names = self.cases
        last = np.full(len(names), np.iinfo(np.int64).min)
        np.maximum.at(last, codes, self.ends)
        return last

    def take(self, rows: NDArray[Any]) -> EventTable:
        """The events `rows` (numbers, or a mask of n), in that order."""
        return EventTable(self.case[rows], self.activity[rows], self.start[rows], self.end[rows],
                          None if self.resource is None else self.resource[rows])

    def of_cases(self, which: NDArray[np.bool_]) -> EventTable:
        """The events of the cases that the mask `which`, in the order of `cases`, selects."""
        return self.take(which[self.cases[0]])


def nanoseconds(stamps: NDArray[Any]) -> Ints:
    """Dates or minutes, on the axis; exact for dates to the ns and for minutes on the clock."""
    if stamps.dtype.kind == "M":
        return stamps.astype("datetime64[ns]").astype(np.int64)
    whole = np.floor(stamps)
    parts = np.rint((stamps - whole) * MINUTE).astype(np.int64)
    return whole.astype(np.int64) * MINUTE + parts + _MONDAY


def stamps_at(instants: Ints, dated: bool) -> NDArray[Any]:
    """The inverse of `nanoseconds`: datetime64[ns], or float64 minutes if not `dated`."""
    if dated:
        return instants.astype("datetime64[ns]")
    whole, parts = np.divmod(instants - _MONDAY, MINUTE)
    return whole.astype(np.float64) + parts.astype(np.float64) / MINUTE


def hour_of_week(instants: Ints) -> Ints:
    """0 to 167, of which 0 is Monday from 0:00 to 1:00."""
    hours: Ints = (instants - _MONDAY) // HOUR % 168
    return hours


def numbered(values: Iterable[Hashable]) -> tuple[Ints, list[Hashable]]:
    """(each value's number, the distinct values in order): a dict is faster than sorting texts."""
    listed = list(values)
    number = {value: i for i, value in enumerate(dict.fromkeys(listed))}
    codes = np.fromiter(map(number.__getitem__, listed), dtype=np.int64, count=len(listed))
    return codes, list(number)


def _stamps(name: str, column: NDArray[Any]) -> NDArray[Any]:
    """The column as datetime64[ns] or float64; ValueError for another kind or a missing stamp."""
    if column.dtype.kind == "M":
        if np.isnat(column).any():
            raise ValueError(f"{name}: {int(np.isnat(column).sum())} stamps are missing")
        return column.astype("datetime64[ns]")
    if column.dtype.kind not in "fiu":
        raise ValueError(f"{name} is {column.dtype}, expected datetime64 or minutes")
    minutes = column.astype(np.float64)
    if not np.isfinite(minutes).all():
        raise ValueError(f"{name}: {int((~np.isfinite(minutes)).sum())} stamps are not finite")
    return minutes
