"""A yard day by day, from a log: boxes moved in, boxes that could have been, places held.

A box whose papers are settled before the cut-off can be moved on that evening. If it is not, there
was no appointment left, or no place in the yard, or no tractor; on such days the number moved, or
the number held, says which of them ran out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from calibration.records import Flags, Floats, Records
from sim.process.inputs import Book


class Yards(Protocol):
    """What of a port must be known; see calibration.summaries.Port."""

    @property
    def order(self) -> Sequence[str]: ...
    @property
    def yards(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def chained(self) -> bool: ...
    @property
    def kept(self) -> bool: ...
    @property
    def books(self) -> Mapping[str, Book]: ...


LEFT = 0.1
"""Part of a day's boxes that must be left over before appointments or places may have run out: one
or two may be so by a wrong stamp."""

LIMIT_DAYS, LIMIT_SHARE, LIMIT_ABOVE = 20, 0.5, 0.01
"""Days with boxes left over, the share of them on which the same number was moved, and the share
of all days on which more were: from or up to these that number is the limit. Of twenty known ports
two had such a yard (0.69 and 0.87 of the days, never more), and the number was right; in all others
more were moved on 9 % of the days or more."""


@dataclass(frozen=True, eq=False)
class YardDays:
    """late: float64[boxes], days of moves that a box waited beyond the first that it could have
    had. By day of moves, float64[days]: moved, boxes whose move in began; left, boxes that could
    have been moved and were not; held, places that boxes held when the window opened."""

    late: Floats
    moved: Floats
    left: Floats
    held: Floats

    @property
    def short(self) -> Flags:
        """bool[days]: boxes were left over, more than wrong stamps would have it."""
        return self.left > LEFT * (self.left + self.moved)

    @property
    def limit(self) -> tuple[int | None, int]:
        """(most boxes that are moved in a day, if the days show one plainly; days that do)."""
        short = self.moved[self.short].astype(np.int64)
        if len(short) < LIMIT_DAYS:
            return None, 0
        most = int(np.bincount(short).argmax())
        plain = (np.mean(short == most) >= LIMIT_SHARE
                 and np.mean(self.moved > most) <= LIMIT_ABOVE and most > 0)
        return (most, len(short)) if plain else (None, 0)


def days_of(records: Records, port: Yards, site: str, since: float | None = None) -> YardDays:
    """The days of a yard from `since` (or the log's beginning) to the log's end."""
    since = records.since if since is None else since
    opens, cutoffs = port.books[site].opens, port.books[site].cutoffs
    first = int(np.searchsorted(opens, since))
    days = max(int(np.searchsorted(opens, records.until)) - 1 - first, 0)
    could, moved, gone = (np.concatenate(parts) for parts in zip(
        *(_visits(records, port, agency) for agency in port.yards[site]), strict=True))
    day = _number(opens, moved, "right") - 1.0
    earliest = _number(cutoffs, could, "right")
    # It goes back in the evening after it was closed, and may keep its place until then.
    last = _number(opens, gone, "left") - (0.0 if port.kept else 1.0)
    late = (day - earliest)[(could >= since) & (moved >= could)]
    return YardDays(np.maximum(late, 0.0), _per_day(day, day, first, days),
                    _per_day(earliest, day - 1.0, first, days), _per_day(day, last, first, days))


def could_move(records: Records, port: Yards, agency: str) -> Floats:
    """float64[N]: when a box could be booked for its visit to an agency: discharged, its papers
    settled, out of the yard before. NaN where any of it is unknown, or it was not examined."""
    i = port.order.index(agency)
    visited = records.selected[agency] == 1
    ready = records.minutes("discharged")
    for other in port.order[:i + 1] if port.chained else port.order:
        papers = records.of_consignments(f"end.papers.{other}")[records.consignment]
        ready = np.maximum(ready, papers) if other == agency else np.fmax(ready, papers)
    for before in port.order[:i]:
        ready = np.fmax(ready, records.minutes(f"end.restuffing.{before}"))
    return np.where(visited, ready, np.nan)


def _visits(records: Records, port: Yards, agency: str) -> tuple[Floats, Floats, Floats]:
    """When each box could be moved to an agency's yard, was moved, and gave up its place or, if it
    keeps it, was closed again."""
    closed = np.fmax(records.minutes(f"end.restuffing.{agency}"),
                     records.minutes(f"end.examination.{agency}"))
    gone = closed if port.kept else records.minutes(f"start.devanning.{agency}")
    moved = records.minutes(f"start.move-in.{agency}")
    return could_move(records, port, agency), moved, np.where(gone >= moved, gone, np.nan)


def _number(edges: Floats, minutes: Floats, side: Literal["left", "right"]) -> Floats:
    """float64[n]: how many edges lie before some minutes, NaN where they are not known."""
    number = np.searchsorted(edges, minutes, side=side).astype(np.float64)
    number[np.isnan(minutes)] = np.nan
    return number


def _per_day(begin: Floats, end: Floats, first: int, days: int) -> Floats:
    """float64[days]: how many intervals, from begin to end inclusive, cover each day."""
    known = ~np.isnan(begin) & ~np.isnan(end) & (end >= begin)
    ends = []
    for edge in (begin[known], end[known] + 1.0):
        place = np.clip(edge - first, 0, days).astype(np.int64)
        ends.append(np.bincount(place, minlength=days + 1))
    return np.cumsum(ends[0] - ends[1])[:days].astype(np.float64)
