"""From a scenario's weekly windows and holidays to open intervals in minutes since the start."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from scenarios.errors import Fault, InputError
from scenarios.schema.port import CalendarSpec, parse_days, parse_window
from sim.process.inputs import Book, Calendar

log = logging.getLogger("onestop")
Day = tuple[date, list[tuple[int, int]]]


def open_days(spec: CalendarSpec, start: date, days: int) -> Iterator[Day]:
    """(date, windows in minutes since midnight) of every day on which the calendar opens.

    Own dates win over the country's holidays and make-up working days, these over the week.
    """
    week: dict[int, list[tuple[int, int]]] = {}
    for names, windows in spec.weekly.items():
        for weekday in parse_days(names):
            week.setdefault(weekday, []).extend(parse_window(window) for window in windows)
    own = {date.fromisoformat(text): [parse_window(w) for w in windows]
           for text, windows in spec.open.items()}
    closed = set(spec.closed)
    makeup = week.get(parse_days(spec.makeup_as)[0], [])
    off, working = public_days(spec.holidays, start.year, (start + timedelta(days)).year)
    for offset in range(days):
        day = start + timedelta(offset)
        spans = week.get(day.weekday(), [])
        if day in own:
            spans = own[day]
        elif day in closed or day in off:
            spans = []
        elif day in working:
            spans = makeup
        if spans:
            yield day, sorted(spans)


@lru_cache(maxsize=64)
def public_days(country: str | None, first: int, last: int) -> tuple[frozenset[date],
                                                                    frozenset[date]]:
    """(holidays, make-up working days) of a country for the years first to last."""
    if country is None:
        return frozenset(), frozenset()
    import holidays

    years = range(first, last + 1)
    table: Any = holidays.country_holidays(country, years=years)
    off = frozenset(table.keys())
    for year in years:
        if not any(day.year == year for day in off):
            log.warning("no public holidays are known for %s in %d; give them in the scenario's "
                        "'closed' and 'open'", country, year)
    return off, frozenset(getattr(table, "weekend_workdays", ()) or ())


def build_calendar(name: str, spec: CalendarSpec, start: date, zone: str,
                   horizon: float) -> Calendar:
    """The calendar's open intervals from the start (midnight in `zone`) until `horizon` minutes.

    Windows are local to the calendar's own zone. Raises InputError if it never opens.
    """
    return _built(name, _Spec(spec.model_dump_json(), spec), start, zone, horizon)


@dataclass(frozen=True)
class _Spec:
    """A specification that is equal to another of the same text."""

    text: str
    spec: CalendarSpec = field(compare=False)


# Replications of a scenario, and often scenarios, have the same calendars.
@lru_cache(maxsize=256)
def _built(name: str, one: _Spec, start: date, zone: str, horizon: float) -> Calendar:
    spec = one.spec
    opens, closes = [], []
    first = start - timedelta(2)
    for day, windows in open_days(spec, first, int(horizon // 1440) + 5):
        for begin, end in windows:
            a, b = (since_start(day, m, spec.time_zone or zone, start, zone) for m in (begin, end))
            if b > max(a, 0.0) and a < horizon:
                opens.append(max(a, 0.0))
                closes.append(b)
    if not opens:
        raise InputError(Fault("the calendar never opens during the run",
                               key=f"calendars.{name}", found=f"{start} and {horizon:g} minutes"))
    return Calendar(np.array(opens), np.array(closes), spec.shift_end, spec.handover)


def since_start(day: date, minute: int, zone: str, start: date, start_zone: str) -> float:
    """Minutes from the start's midnight to a local minute of a day, on the wall clock of
    `start_zone` (whose days stay 1440 minutes long when its clocks change)."""
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    if zone != start_zone:
        local = local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo(start_zone))
    begin = datetime(start.year, start.month, start.day)
    return (local.replace(tzinfo=None) - begin).total_seconds() / 60.0


def build_book(window: Calendar, cutoff: int, capacity: int) -> Book:
    """Appointments for the days on which the move window opens.

    A day can be booked until its cut-off (minutes since midnight), and opens with its window.
    """
    day = np.floor(window.opens / 1440.0)
    first = np.unique(day, return_index=True)[1]
    opens = window.opens[first]
    cutoffs = np.minimum(day[first] * 1440.0 + cutoff, opens)
    return Book(opens, cutoffs, capacity)


@lru_cache(maxsize=256)
def union(one: Calendar, other: Calendar) -> Calendar:
    """Open whenever either is; work in hand at a closing as the first has it."""
    opens = np.concatenate([one.opens, other.opens])
    closes = np.concatenate([one.closes, other.closes])
    order = np.argsort(opens, kind="stable")
    opens, closes = opens[order], np.maximum.accumulate(closes[order])
    first = np.append(True, opens[1:] > closes[:-1])
    last = np.append(first[1:], True)
    return Calendar(opens[first], closes[last], one.rule, one.handover)
