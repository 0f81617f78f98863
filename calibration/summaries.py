"""A log in a few dozen numbers that tell how much of each resource there is.

The same function is applied to a port's log and to simulated ones. Waiting is counted in working
time: a box that comes in at night waits for the morning however many gangs there are. Numbers and
waits are taken as logarithms, so that the same difference is the same part of them; shares as they
are, so that a few wrong stamps matter little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.capacity import Jobs, capacity
from calibration.records import Floats, Records
from calibration.yard_days import YardDays, days_of
from scenarios.load import Loaded
from sim.process.inputs import Book, Calendar
from sim.process.layout import agency_calendar, books_of, calendars_of, effective_layout
from sim.traffic.tables import Traffic

WEEK = 10080.0

SHORT = 10.0
"""Minutes beside which shorter waits do not differ."""

SELDOM = 15.0
"""Minutes a week in which work waits, up to which it may be wrong stamps that make it so."""

FULL = 3
"""Days on which boxes were left over, from which on they say what ran out."""


@dataclass(frozen=True)
class Port:
    """What of a port must be known to read a log: its agencies in order, their yards, its hours.

    yards: yard -> the agencies that examine there; hours: resource -> its calendar; books: yard ->
    its days of appointments; chained: whether an agency takes up the papers at the clearance form
    of the one before; kept: whether a box keeps its place in the yard until it goes back.
    """

    order: tuple[str, ...]
    yards: Mapping[str, tuple[str, ...]]
    chained: bool
    kept: bool
    hours: Mapping[str, Calendar]
    books: Mapping[str, Book]


def port_of(scenario: Loaded, traffic: Traffic) -> Port:
    """The port of a scenario, with calendars for the weeks of a traffic."""
    layout = effective_layout(scenario)
    calendars = calendars_of(scenario, traffic)
    hours = {"tractor": calendars[scenario.move.in_window]}
    for agency in scenario.order:
        for kind in ("clerk", "officer"):
            hours[f"{kind}.{agency}"] = calendars[agency_calendar(scenario, agency)]
        hours[f"gang.{agency}"] = calendars[scenario.layout.separate.gang_calendar]
    yards = {name: tuple(a for a in scenario.order if a in site.agencies)
             for name, site in layout.sites.items()}
    return Port(tuple(scenario.order), yards, scenario.regime.declaration == "chained",
                scenario.yard.return_place == "kept", hours,
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
    for site in port.yards:
        _of_yard(found, f"yard.{site}", days_of(records, port, site, since))
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
    if known and known.likely and known.waited > SELDOM * weeks:
        reached = np.cumsum(known.minutes) / known.minutes.sum()
        # The highest numbers may be a wrong stamp or two, so none stands for the most ever.
        at_work = {f"p{100 * share:.0f}": _between(reached, share) for share in (0.5, 0.9, 0.98)}
        at_work["likely"] = known.likely
    else:
        # Next to nothing ever waited: as many were at work at once as were needed.
        most = known.least if known else np.nan
        at_work = dict.fromkeys(("p50", "p90", "p98", "likely"), most)
    for what, number in at_work.items():
        found[f"{name}.at-work.{what}"] = float(np.log(number + 1.0))
    waited = (known.waited if known else 0.0) / max(weeks, 1e-9)
    found[f"{name}.waited"] = np.log(waited + 6.0 * SHORT)


def _between(reached: Floats, share: float) -> float:
    """The number at work below which a share of the minutes lies, between whole numbers."""
    return float(np.interp(share, np.concatenate([[0.0], reached]),
                           np.arange(-0.5, len(reached) + 0.0)))


def _waits(found: dict[str, float], name: str, ready: Floats, start: Floats, hours: Calendar,
           since: float) -> None:
    """Mean, quantiles and share of waiting."""
    kept = (ready >= since) & (start >= ready)
    wait = worked(hours, start[kept]) - worked(hours, ready[kept])
    some = len(wait) > 0
    for what, value in (("mean", wait.mean() if some else np.nan),
                        ("p50", np.percentile(wait, 50) if some else np.nan),
                        ("p90", np.percentile(wait, 90) if some else np.nan)):
        found[f"{name}.wait.{what}"] = float(np.log(value + SHORT))
    found[f"{name}.share"] = float(np.mean(wait > SHORT)) if some else np.nan


def _of_yard(found: dict[str, float], name: str, days: YardDays) -> None:
    """Days that boxes waited for their move, boxes moved a day and in the yard; and these on days
    on which boxes were left, when appointments or places may have been what was short."""
    left = days.short
    any_day = len(days.moved) > 0
    for longer in (0, 1):
        found[f"{name}.late.{longer + 1}"] = (float(np.mean(days.late > longer)) if len(days.late)
                                              else np.nan)
    found[f"{name}.left"] = float(left.mean()) if any_day else np.nan
    for what, number in (("moved", days.moved), ("held", days.held)):
        for share in (75, 100):
            found[f"{name}.{what}.p{share}"] = (float(np.log1p(np.percentile(number, share)))
                                                if any_day else np.nan)
        # Without days on which boxes were left, the most that were ever managed.
        full = number[left] if left.sum() >= FULL else np.max(number, initial=0.0, keepdims=True)
        for share in (50, 90):
            found[f"{name}.{what}-left.p{share}"] = float(np.log1p(np.percentile(full, share)))
        # Where it is the limit, many days have exactly this number.
        days_at = np.bincount(full.astype(np.int64))
        found[f"{name}.full.{what}"] = float(np.log1p(days_at.argmax()))
        found[f"{name}.pile.{what}"] = float(days_at.max() / max(len(number), 1))
