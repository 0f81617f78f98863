"""Durations in working time from rounded stamps.

A clerk who takes papers up at 11:50 and settles them at 13:40 worked 20 minutes if the office is
closed from 12:00 to 13:30. Working time between two stamps is a difference on an axis that grows
while the calendar is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from calibration.durations import Sample
from calibration.records import Flags, Floats
from scenarios.schema.port import CalendarSpec
from sim.calendars import build_calendar
from sim.process.inputs import Calendar

DAY = 1440.0
BEFORE = 8
"""Weeks before the log's first minute from which a calendar is known: papers may have been lodged
before."""


@dataclass(frozen=True, eq=False)
class Hours:
    """A calendar, in minutes since the records' Monday."""

    calendar: Calendar

    @classmethod
    def of(cls, spec: CalendarSpec, start: date, zone: str, until: float) -> Hours:
        """The calendar of a specification, for records that start at that Monday."""
        ahead = BEFORE * 7 * DAY
        built = build_calendar("", spec, start - timedelta(weeks=BEFORE), zone,
                               until + ahead + 28 * DAY)
        return cls(Calendar(built.opens - ahead, built.closes - ahead, built.rule, built.handover))

    @cached_property
    def _axis(self) -> tuple[Floats, Floats]:
        """Edges, and the open minutes before each."""
        opens, closes = self.calendar.opens, self.calendar.closes
        edges = np.stack([opens, closes], axis=1).ravel()
        worked = np.cumsum(closes - opens)
        return edges, np.stack([worked - (closes - opens), worked], axis=1).ravel()

    def before(self, times: Floats) -> Floats:
        """Open minutes before each time, NaN for NaN."""
        return np.interp(times, *self._axis)

    def after(self, work: Floats) -> Floats:
        """The times before which so many minutes are open; at a closing, that closing."""
        edges, worked = self._axis
        return np.interp(work, worked, edges)

    def is_open(self, times: Floats) -> Flags:
        """Whether each time lies in [opening, closing)."""
        i = np.searchsorted(self.calendar.opens, times, side="right") - 1
        return (i >= 0) & (times < self.calendar.closes[np.maximum(i, 0)])

    def crossed(self, start: Floats, end: Floats) -> Floats:
        """Openings after the start and up to the end."""
        opens = self.calendar.opens
        return (np.searchsorted(opens, end, side="right")
                - np.searchsorted(opens, start, side="right")).astype(np.float64)

    def opening(self, times: Floats) -> Flags:
        """Whether each time is an opening."""
        i = np.minimum(np.searchsorted(self.calendar.opens, times), len(self.calendar.opens) - 1)
        return self.calendar.opens[i] == times

    def worked(self, start: Floats, end: Floats) -> Floats:
        """Minutes of work between two times, as the calendar's rule for closings has it."""
        if self.calendar.rule == "finish":
            return end - start
        work = self.before(end) - self.before(start)
        if self.calendar.rule == "hand-over":
            work = np.maximum(work - self.calendar.handover * self.crossed(start, end), 0.0)
        return work

    def meet(self, other: Hours) -> Hours:
        """When both are open; at a closing, the rule of this one."""
        mine, theirs = self.calendar, other.calendar
        if mine.opens is theirs.opens or (np.array_equal(mine.opens, theirs.opens)
                                          and np.array_equal(mine.closes, theirs.closes)):
            return self
        edges = np.unique(np.concatenate([mine.opens, mine.closes, theirs.opens, theirs.closes]))
        both = self.is_open(edges[:-1]) & other.is_open(edges[:-1])
        begins = both & ~np.append(False, both[:-1])
        ends = both & ~np.append(both[1:], False)
        return Hours(Calendar(edges[:-1][begins], edges[1:][ends], mine.rule, mine.handover))


def round_the_clock(minutes: list[float], until: float) -> Hours:
    """Hours without a closing, in which work that waits is begun at these minutes of each day."""
    days = DAY * np.arange(-7.0 * BEFORE, until // DAY + 28.0)
    opens = np.unique(np.concatenate([days, *(days + minute for minute in minutes)]))
    return Hours(Calendar(opens[:-1], opens[1:], "finish"))


def bounds(hours: Hours, start: Floats, end: Floats, step: float) -> tuple[Floats, Floats]:
    """Between which minutes of work each duration lies, both stamps rounded down to `step` minutes.

    The difference of two rounded stamps is as likely above as below; but work that begins when the
    doors open begins on the minute, so its difference is rounded down alone. A difference of
    nothing is less than a step.
    """
    work = hours.worked(start, end)
    half = np.where(hours.opening(start), 0.0, step / 2.0)
    lower = np.maximum(work - half, 0.0)
    return np.where(work < step / 2.0, 0.0, lower), np.where(
        work < step / 2.0, step, work - half + step)


def sample(hours: Hours, start: Floats, end: Floats, step: float, until: float) -> Sample:
    """The durations of work whose stamps are known; where the end is NaN, the work was still in
    hand at `until` (right-censored)."""
    is_open = np.isnan(end)
    lower, upper = bounds(hours, start, np.where(is_open, until, end), step)
    return Sample(lower, np.where(is_open, np.inf, upper))


SLIPS = 0.002
"""Share of the stamps that are taken to have the date of another day, before looking."""

MOST_SLIPS = 0.025
"""Above this share they are no slips, but part of the process."""


def day_slips(hours: Hours, start: Floats, end: Floats) -> Flags:
    """Durations that are more likely a usual one with a date of a day before or after.

    Long ones that are not a whole day too long are no slips: long holds are part of the process.
    Judged against a lognormal law of the durations' median and quartiles.
    """
    work = np.log(np.maximum(hours.worked(start, end), 0.25))
    known = work[~np.isnan(work)]
    if len(known) < 20:
        return np.zeros(len(start), dtype=bool)
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    spread = max((high - low) / 1.35, 0.1)

    def odds(work: Floats) -> Floats:
        return -0.5 * ((work - middle) / spread) ** 2 - work

    slipped = np.zeros(len(start), dtype=bool)
    for a, b in ((start, end - DAY), (start + DAY, end)):
        shifted = np.log(np.maximum(hours.worked(a, b), 0.25))
        usual = np.abs(shifted - middle) < 3.0 * spread
        slipped |= (a <= b) & usual & (odds(shifted) + np.log(SLIPS) > odds(work))
    return slipped & bool(slipped.sum() <= MOST_SLIPS * len(known))


def in_hours(hours: Hours, times: Floats, step: float) -> Flags:
    """Whether work could be begun or ended then: open, or the closing itself. Not known is not
    wrong."""
    if hours.calendar.rule == "finish":
        return np.ones(len(times), dtype=bool)
    return np.isnan(times) | hours.is_open(times) | hours.is_open(times - step)
