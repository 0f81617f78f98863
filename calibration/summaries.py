"""A log in a few dozen numbers that tell how much of each resource there is.

The same function is applied to a port's log and to simulated ones. Waiting is counted in working
time: a box that comes in at night waits for the morning however many gangs there are. Counts and
waits are taken on a scale on which chance is about as large everywhere (logarithms, square roots).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.capacity import Jobs, capacity
from calibration.records import Flags, Floats, Records
from scenarios.load import Loaded
from sim.process.inputs import Book, Calendar
from sim.process.layout import (
    MOVING,
    agency_calendar,
    books_of,
    calendars_of,
    effective_layout,
)
from sim.traffic.tables import Traffic

WEEK = 10080.0


@dataclass(frozen=True)
class Port:
    """What of a port must be known to read a log: its agencies in order, their yards, its hours.

    hours: resource -> its calendar; books: yard -> its days of appointments; chained: whether an
    agency takes up the papers at the clearance form of the one before.
    """

    order: tuple[str, ...]
    site: Mapping[str, str]
    chained: bool
    hours: Mapping[str, Calendar]
    books: Mapping[str, Book]


def port_of(scenario: Loaded, traffic: Traffic) -> Port:
    """The port of a scenario, with calendars for the weeks of a traffic."""
    layout = effective_layout(scenario)
    calendars = calendars_of(scenario, traffic)
    hours = {"tractor": calendars[scenario.move.in_window], "any tractor": calendars[MOVING]}
    for agency in scenario.order:
        for kind in ("clerk", "officer"):
            hours[f"{kind}.{agency}"] = calendars[agency_calendar(scenario, agency)]
        hours[f"gang.{agency}"] = calendars[scenario.layout.separate.gang_calendar]
    return Port(tuple(scenario.order), {a: layout.site_of(a) for a in scenario.order},
                scenario.regime.declaration == "chained", hours,
                books_of(scenario, layout, calendars))


def worked(calendar: Calendar, minutes: Floats) -> Floats:
    """The working time before each of some minutes (NaN stays NaN)."""
    edges = np.column_stack([calendar.opens, calendar.closes]).ravel()
    lengths = np.column_stack([calendar.closes - calendar.opens, np.zeros(len(calendar.opens))])
    return np.interp(minutes, edges, np.append(0.0, np.cumsum(lengths.ravel()))[:-1])


@dataclass(frozen=True, eq=False)
class Summary:
    """Numbers by name, such as 'gang.customs.wait.mean'; NaN where the log cannot say."""

    names: tuple[str, ...]
    values: Floats

    def of(self, prefixes: Sequence[str]) -> list[int]:
        """Places of the numbers whose names begin with any of these."""
        return [i for i, name in enumerate(self.names)
                if any(name.startswith(f"{prefix}.") for prefix in prefixes)]


def summarise(records: Records, port: Port, since: float | None = None) -> Summary:
    """The numbers of some records. since: what was ready before this minute does not count."""
    since = records.since if since is None else since
    found: dict[str, float] = {}
    weeks = (records.until - since) / WEEK
    for name, (ready, start, end) in _stamps(records, port).items():
        if name in port.hours:
            _of_resource(found, name, ready, start, end, port.hours[name], since, weeks)
        else:
            hours = port.hours[f"clerk.{name.partition('.')[2]}"]
            _waits(found, name, ready, end, hours, since)
    for i, agency in enumerate(port.order):
        _of_yard(found, records, port, i, agency, since)
    return Summary(tuple(found), np.array(list(found.values())))


def _stamps(records: Records, port: Port) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Resource -> when its jobs were ready, begun and ended, as far as the log has it; and
    closing.AGENCY, from the last examined box to the form or release (one stamp at its end)."""
    result = {}
    for i, agency in enumerate(port.order):
        minutes, whole = records.minutes, records.of_consignments
        ready = whole("lodged")
        if i and port.chained:
            form = whole(f"end.clearance-form.{port.order[i - 1]}")
            ready = np.where(np.isnan(form), ready, np.fmax(form, ready))
        settled = whole(f"end.papers.{agency}")
        result[f"clerk.{agency}"] = ready, whole(f"start.papers.{agency}"), settled
        arrived, opened = minutes(f"end.move-in.{agency}"), minutes(f"start.devanning.{agency}")
        devanned, closed = minutes(f"end.devanning.{agency}"), minutes(f"end.restuffing.{agency}")
        result[f"gang.{agency}"] = arrived, opened, closed
        result[f"officer.{agency}"] = (devanned, minutes(f"start.examination.{agency}"),
                                       minutes(f"end.examination.{agency}"))
        last = i == len(port.order) - 1
        form = whole(f"end.release.{agency}")
        if not last and port.chained:
            form = whole(f"end.clearance-form.{agency}")
        elif last and np.isnan(form).all():
            form = whole("released")
        done = np.fmax(settled, whole(f"end.restuffing.{agency}", last=True))
        result[f"closing.{agency}"] = done, form, form
    hours = port.hours["tractor"]
    start = np.concatenate([records.minutes(f"start.move-in.{a}") for a in port.order])
    end = np.concatenate([records.minutes(f"end.move-in.{a}") for a in port.order])
    window = np.searchsorted(hours.opens, start, side="right") - 1
    opened = np.where(np.isnan(start) | (window < 0), np.nan, hours.opens[window])
    result["tractor"] = opened, start, end
    return result


def _of_resource(found: dict[str, float], name: str, ready: Floats, start: Floats, end: Floats,
                 hours: Calendar, since: float, weeks: float) -> None:
    """Waits for a resource, and how much of it was at work while something waited."""
    _waits(found, name, ready, start, hours, since)
    # Jobs with a stamp missing in between, or in the wrong order, tell nothing of who was at work.
    kept = (ready >= since) & (start >= ready) & (end >= start)
    jobs = Jobs(ready[kept], start[kept], end[kept])
    known = capacity(jobs, hours.opens, hours.closes, resamples=1) if kept.any() else None
    minutes = known.minutes if known else np.zeros(1)
    reached = np.cumsum(minutes) / max(minutes.sum(), 1e-9)
    for share in (0.5, 0.9):
        at_work = _between(reached, share) if known and known.waited > 0 else np.nan
        found[f"{name}.at-work.p{100 * share:.0f}"] = np.log(at_work + 1.0)
    found[f"{name}.at-work.likely"] = np.log(known.likely + 1.0 if known and known.likely else
                                             np.nan)
    found[f"{name}.least"] = np.log1p(known.least if known else 0.0)
    found[f"{name}.waited"] = np.log1p((known.waited if known else 0.0) / max(weeks, 1e-9))


def _between(reached: Floats, share: float) -> float:
    """The number at work below which a share of the minutes lies, between whole numbers."""
    return float(np.interp(share, np.concatenate([[0.0], reached]),
                           np.arange(-0.5, len(reached) + 0.0)))


def _waits(found: dict[str, float], name: str, ready: Floats, start: Floats, hours: Calendar,
           since: float) -> None:
    """Mean, quantiles and share of waiting, on a logarithmic scale."""
    kept = (ready >= since) & (start >= ready)
    wait = worked(hours, start[kept]) - worked(hours, ready[kept])
    some = len(wait) > 0
    found[f"{name}.wait.mean"] = float(np.log1p(wait.mean())) if some else np.nan
    for share in (50, 90):
        found[f"{name}.wait.p{share}"] = (float(np.log1p(np.percentile(wait, share))) if some
                                          else np.nan)
    found[f"{name}.wait.share"] = (float(np.arcsin(np.sqrt(np.mean(wait > 2.0)))) if some
                                   else np.nan)


def _of_yard(found: dict[str, float], records: Records, port: Port, i: int, agency: str,
             since: float) -> None:
    """Days that boxes waited for their appointment, boxes moved a day, boxes in the yard."""
    name, book = f"yard.{agency}", port.books[port.site[agency]]
    ready, start = booking(records, port, i), records.minutes(f"start.move-in.{agency}")
    kept = (ready >= since) & (start >= since)
    day = np.searchsorted(book.opens, start[kept], side="right") - 1
    late = np.maximum(day - np.searchsorted(book.cutoffs, ready[kept], side="right"), 0)
    found[f"{name}.late.mean"] = float(np.log1p(late.mean())) if len(late) else np.nan
    found[f"{name}.late.share"] = (float(np.arcsin(np.sqrt(np.mean(late > 0)))) if len(late)
                                   else np.nan)
    moved = moves_by_day(records, port, [agency], since)
    here = in_yard(records, port, [agency], since)
    for share in (75, 100):
        found[f"{name}.moved.p{share}"] = (float(np.sqrt(np.percentile(moved, share)))
                                           if len(moved) else np.nan)
    for share in (90, 100):
        found[f"{name}.inside.p{share}"] = (float(np.sqrt(np.percentile(here, share)))
                                            if len(here) else np.nan)


def moves_by_day(records: Records, port: Port, agencies: Sequence[str],
                 since: float | None = None) -> Floats:
    """Boxes whose move to the yard of these agencies began, by day of its book."""
    start = np.concatenate([records.minutes(f"start.move-in.{a}") for a in agencies])
    first, last = _days(records, port, agencies[0], since)
    day = np.searchsorted(port.books[port.site[agencies[0]]].opens, start, side="right") - 1
    day = day[~np.isnan(start) & (day >= first) & (day < last)]
    return np.bincount(day - first, minlength=max(last - first, 0)).astype(np.float64)


def in_yard(records: Records, port: Port, agencies: Sequence[str],
            since: float | None = None) -> Floats:
    """Boxes that had come into the yard of these agencies and were not closed again, by day at the
    end of its moves."""
    start = np.concatenate([records.minutes(f"start.move-in.{a}") for a in agencies])
    closed = np.concatenate([np.fmax(records.minutes(f"end.restuffing.{a}"),
                                     records.minutes(f"end.examination.{a}")) for a in agencies])
    kept = ~np.isnan(start) & (closed >= start)
    first, last = _days(records, port, agencies[0], since)
    evening = port.books[port.site[agencies[0]]].opens[first:last] + 6.0 * 60.0
    came = np.searchsorted(np.sort(start[kept]), evening, side="right")
    went = np.searchsorted(np.sort(closed[kept]), evening, side="right")
    return (came - went).astype(np.float64)


def _days(records: Records, port: Port, agency: str, since: float | None) -> tuple[int, int]:
    """The whole days of a yard's book from `since` (or the log's beginning) to the log's end."""
    opens = port.books[port.site[agency]].opens
    since = records.since if since is None else since
    return (int(np.searchsorted(opens, since)),
            max(int(np.searchsorted(opens, records.until)) - 1, 0))


def booking(records: Records, port: Port, i: int) -> Floats:
    """float64[N]: when a box could be booked for its visit i: discharged, its papers settled, out
    of the yard before. NaN where any of it is unknown, or it was not examined."""
    before = port.order[:i + 1] if port.chained else port.order
    ready = records.minutes("discharged")
    for agency in before:
        papers = records.of_consignments(f"end.papers.{agency}")
        needed = records.selected[agency] == 1 if agency == port.order[i] else _no(records)
        settled = papers[records.consignment]
        ready = np.where(needed, np.maximum(ready, settled), np.fmax(ready, settled))
    for agency in port.order[:i]:
        ready = np.fmax(ready, records.minutes(f"end.restuffing.{agency}"))
    return np.where(records.selected[port.order[i]] == 1, ready, np.nan)


def _no(records: Records) -> Flags:
    return np.zeros(len(records), dtype=bool)
