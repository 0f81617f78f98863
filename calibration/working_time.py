"""Working hours from a log: when work began, and when it waited and nothing began.

A quarter of an hour in which nothing begins may be closed, or there may have been nothing to do.
So only time in which work waited counts: if in that time next to nothing began although much should
have, it is closed; if too little waited to tell, it is unknown, and takes after its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAY, WEEK, SLOT = 1440.0, 10080.0, 15.0
SLOTS = int(DAY / SLOT)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CLOSED, UNKNOWN, OPEN = -1, 0, 1

STRAY = 2.0
"""Beginnings in a quarter that are never enough to call it open."""

RARE = 0.05
"""Of the beginnings of a usual open quarter: fewer, away from all others, are stray stamps, however
long the log, such as dates without a time that stand at midnight. Just before a closing little is
begun, and that is open all the same."""

FEW_DAYS = 0.1
"""Of the days of a weekday on which work waits all through a quarter: on fewer it is begun for
other reasons than usual hours, such as dates without a time."""

QUIET = 0.1
"""Of the beginnings of a usual day: fewer are stray stamps on a day without work."""

LONG_WAIT = 60.0
"""Minutes for which work must have waited in usual hours before a day without work is a holiday."""

DISAGREE = 4
"""Quarters in which weekdays that stand together may differ, as chance has it."""

EXPECTED = 4.0
"""Beginnings that must have been expected before none of them means closed (e^-4 is 2 %)."""


@dataclass(frozen=True)
class WorkingHours:
    """The week of one kind of work.

    weekly: as a scenario file has it. closed, extra: first minutes of days on which nothing began
    although work waited, and of days on which work began although that weekday is closed
    (holidays, and the working days that make up for them). state: int64[7, 96], CLOSED, UNKNOWN
    or OPEN by weekday and quarter of an hour; begun, waited: float64[7, 96], beginnings, and
    minutes in which work waited.
    """

    weekly: dict[str, list[str]]
    closed: Floats
    extra: Floats
    state: NDArray[np.int64]
    begun: Floats
    waited: Floats


def working_hours(ready: Floats, start: Floats, least: int = 1,
                  apart: Sequence[float] = ()) -> WorkingHours:
    """The weekly hours in which waiting work is begun.

    least: jobs that must wait before the time counts as waiting; more than 1 where stamps may be
    wrong and single jobs seem to wait that do not.
    apart: first minutes of days that say nothing of their weekday, whatever was done on them: those
    that make up for holidays.

    ready, start: float64[n], minutes since a Monday 00:00; NaN where unknown. Only jobs of which
    both are known count, and those that waited tell the most. Raises ValueError for other lengths,
    a start before ready, or fewer than 20 jobs.
    """
    if len(ready) != len(start):
        raise ValueError(f"{len(ready)} ready and {len(start)} start stamps; allowed: one of each")
    both = ~(np.isnan(ready) | np.isnan(start))
    ready, start = ready[both], start[both]
    if len(start) < 20:
        raise ValueError(f"{len(start)} jobs with both stamps; allowed: 20 or more")
    if np.any(start < ready):
        raise ValueError("a job starts before it is ready; allowed: ready at or before the start")
    first = np.floor(ready.min() / DAY) * DAY
    days = int(np.floor((start.max() - first) / DAY)) + 1
    begun = np.bincount(((start - first) // SLOT).astype(np.int64), minlength=days * SLOTS)
    waited = _waited(ready, start, first, days, least)
    table, waits = begun.reshape(days, SLOTS).astype(np.float64), waited.reshape(days, SLOTS)
    weekday = ((first // DAY + np.arange(days)) % 7).astype(np.int64)
    worked = _worked(table.sum(axis=1), weekday)
    usable = ~np.isin(first + DAY * np.arange(days), apart)
    by_day = np.zeros((2, 7, SLOTS))
    for day in range(7):
        # A holiday is no evidence on the hours of its weekday, nor a made-up day on a Saturday's.
        opens = _usual(worked, weekday, day)
        mine = (weekday == day) & (worked == opens) & usable
        on = (table[mine] > 0.0).sum(axis=0)
        # What began on a weekday without work, or on few of those it waited on, are stray stamps.
        common = on > FEW_DAYS * (waits[mine] > 0.9 * SLOT).sum(axis=0)
        by_day[:, day] = table[mine].sum(axis=0) * (opens & common), waits[mine].sum(axis=0)
    state = slot_state(*by_day)
    usual = np.array([_usual(worked, weekday, int(day)) for day in weekday])
    # What waits overnight is no sign that nobody came to work.
    waited_for = (waits * (state[weekday] == OPEN)).sum(axis=1) >= LONG_WAIT
    return WorkingHours(
        _weekly(state, *by_day), first + DAY * np.flatnonzero(usual & ~worked & waited_for),
        first + DAY * np.flatnonzero(~usual & worked), state, *by_day)


def _worked(begun: Floats, weekday: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[days]: days on which work began, more than stray stamps make."""
    busy = np.median(begun[begun > 0.0])
    return begun > max(QUIET * busy, 1.0)


def _usual(worked: NDArray[np.bool_], weekday: NDArray[np.int64], day: int) -> bool:
    """Whether a weekday is usually worked."""
    mine = weekday == day
    return bool(mine.any() and worked[mine].mean() > 0.5)


def _waited(ready: Floats, start: Floats, first: float, days: int, least: int) -> Floats:
    """float64[days * 96]: minutes in which at least so many jobs waited, by quarter of an hour."""
    times = np.concatenate([ready, start])
    change = np.concatenate([np.ones(len(ready)), -np.ones(len(start))])
    moments, at = np.unique(times, return_inverse=True)
    waits = np.cumsum(np.bincount(at, change, len(moments)))[:-1] > least - 0.5
    # Minutes of waiting before each moment; straight in between.
    before = np.concatenate([[0.0], np.cumsum(np.diff(moments) * waits)])
    edges = first + SLOT * np.arange(days * SLOTS + 1)
    return np.diff(np.interp(edges, moments, before))


def slot_state(begun: Floats, waited: Floats) -> NDArray[np.int64]:
    """Open, closed or unknown, by quarter.

    In a week there are closed quarters: the quieter half of those in which work waited shows how
    many stray stamps to expect in one. A quarter is closed if beginnings were expected, at a tenth
    of the usual rate, and there were hardly more than that.
    """
    seen = np.sort(begun[waited > 0.0])
    floor = float(seen[:max(len(seen) // 2, 1)].mean()) if len(seen) else 0.0
    state = np.where(begun > floor + 3.0 * np.sqrt(floor) + STRAY, OPEN, UNKNOWN)
    if (state == OPEN).any():
        usually = (state == OPEN) & (begun >= RARE * float(np.median(begun[state == OPEN])))
        beside = np.zeros_like(usually)
        beside[..., 1:] |= usually[..., :-1]
        beside[..., :-1] |= usually[..., 1:]
        state[(state == OPEN) & ~usually & ~beside] = UNKNOWN
    working = (state == OPEN) & (waited > 0.0)
    if working.any():
        # Bursts at the opening do not move the median.
        usual = float(np.median(begun[working] / np.maximum(waited[working], SLOT)))
        expected = usual * waited
        few = begun <= floor + 0.1 * expected
        state[(state != OPEN) & few & (expected >= EXPECTED)] = CLOSED
    return state


def _weekly(state: NDArray[np.int64], begun: Floats, waited: Floats) -> dict[str, list[str]]:
    """Weekdays that agree stand together; unknown quarters take after the days that do."""
    groups: list[list[int]] = []
    for day in range(7):
        last = groups[-1] if groups else []
        against = state[last].sum(axis=0) * state[day] < 0 if last else np.ones(1, dtype=bool)
        alike = last and (state[day] == OPEN).any() == (state[last] == OPEN).any()
        if alike and against.sum() <= DISAGREE:
            last.append(day)
        else:
            groups.append([day])
    found = {}
    for group in groups:
        together = slot_state(np.vstack([begun[group].sum(axis=0), np.zeros(SLOTS)]),
                          np.vstack([waited[group].sum(axis=0), np.ones(SLOTS)]))[0]
        windows = _windows(together)
        if windows:
            name = DAYS[group[0]] + (f"-{DAYS[group[-1]]}" if len(group) > 1 else "")
            found[name] = windows
    return found


def _windows(state: NDArray[np.int64]) -> list[str]:
    """The open stretches of a day; unknown quarters between open ones are open."""
    known = np.flatnonzero(state != UNKNOWN)
    if not (state == OPEN).any():
        return []
    filled = state.copy()
    for left, right in zip(known[:-1], known[1:], strict=True):
        if state[left] == state[right] == OPEN:
            filled[left:right] = OPEN
    is_open = np.concatenate([[False], filled == OPEN, [False]])
    edges = np.flatnonzero(np.diff(is_open.astype(np.int64)))
    return [f"{_clock(a)}-{_clock(b)}" for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _clock(slot: int) -> str:
    minute = int(slot * SLOT)
    return f"{minute // 60:02d}:{minute % 60:02d}"
