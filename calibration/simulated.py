"""A simulated run as a port's own log would show it, and a log's records as events.

What a clerk types is the minute on the clock, not the minute rounded; so stamps are rounded down.
A log is kept for some weeks and shows nothing that happened later. Which consignments it shows is a
rule of the port's system: a row may be there from the vessel's arrival on, or only once the goods
are discharged and their papers lodged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calibration.eventtable import EventTable
from calibration.records import BLANK, PLAIN, STAGES, Floats, Ints, Records
from sim.eventlog import EventLog
from sim.measures.record import Measured
from sim.ports import PortRun
from sim.traffic import Traffic

MINUTE = 60
"""Seconds to which most logs round."""

OF_CONSIGNMENTS = ("papers", "clearance-form", "release")
"""Stages that a consignment goes through as a whole, not each of its containers."""

Rule = Literal["arrived", "ready"]
"""arrived: had arrived by the log's last minute, and were not through before its first. ready: were
both discharged and lodged between the two."""

_LATER = {"second-examination": "examination"}
"""Stages that a log does not tell apart from another: a second look ends the examination."""


def records_of(run: PortRun, log: EventLog, *, step: int = MINUTE, since: float | None = None,
               until: float | None = None, rule: Rule = "arrived") -> Records:
    """The log that the port of this run would have kept.

    step          seconds to which its stamps are rounded down
    since, until  minutes from the run's start between which the log is kept; without them from the
                  end of the warm-up to the horizon, or to the run's end if it came first
    rule          which consignments it shows
    An examination or a stay of several agencies is stamped as each of theirs. Containers that an
    agency selected are those that it examines.
    Raises ValueError for a step that is not positive, or a window that is empty or ends after the
    run.
    """
    traffic = run.traffic
    since = float(traffic.warm if since is None else since)
    until = float(min(traffic.horizon, log.stopped) if until is None else until)
    if step < 1:
        raise ValueError(f"step is {step} s; allowed: 1 or more")
    if not since < until <= log.stopped:
        raise ValueError(f"the log is kept from minute {since:g} to {until:g}; allowed: in this "
                         f"order, and not after {log.stopped:g}, when the run ended")
    seconds = {name: _rounded(minutes, step, until)
               for name, minutes in _stamps(run, log).items()}
    if rule == "ready":
        shown = (traffic.clock_start >= since) & (traffic.clock_start < until)
    else:
        # A consignment is through when the last that is known of its boxes lies before the log.
        last = np.max(list(seconds.values()), axis=0)
        known = np.full(len(traffic.arrival), BLANK, dtype=np.int64)
        np.maximum.at(known, traffic.owner, last)
        shown = (traffic.arrival < until) & (known >= 60.0 * since)
    return _arranged(traffic, seconds, shown, since, until, step)


def _stamps(run: PortRun, log: EventLog) -> dict[str, Floats]:
    """stamp -> float64[N] minutes of every container, NaN where it has not come about."""
    traffic = run.traffic
    owner = traffic.owner
    stamps = {"arrival": traffic.arrival[owner], "discharged": traffic.discharged[owner],
              "lodged": traffic.lodged[owner]}
    for node in run.plan.steps:
        stage = getattr(node.node, "stage", "")
        name = _LATER.get(stage, stage)
        if name not in STAGES:
            continue
        _, start, end = log.stamps(node.number)
        if not node.at_container:
            start, end = start[owner], end[owner]
        agency = getattr(node.node, "agency", "")
        for member in agency.split("+") if agency else list(run.columns.visits):
            # Without an agency, it is a stay for all that examine the box.
            here = agency != "" or run.columns.visits[member]
            for at, minutes, earlier in (("start", start, np.fmin), ("end", end, np.fmax)):
                key = f"{at}.{name}.{member}"
                seen = np.where(here, minutes, np.nan)
                stamps[key] = earlier(stamps[key], seen) if key in stamps else seen
    stamps["released"] = Measured(run, log, 0, 0).released[owner]
    gate = log.where(stage="pickup")
    out = np.full(len(traffic.arrival), np.nan)
    out[log.consignment[gate]] = log.end[gate]
    stamps["gate-out"] = out[owner]
    ordered = [*PLAIN[:3], *(f"{at}.{stage}.{agency}" for stage in STAGES
                             for agency in run.scenario.order for at in ("start", "end")),
               *PLAIN[3:]]
    return {name: stamps[name] for name in ordered if name in stamps}


def _rounded(minutes: Floats, step: int, until: float) -> NDArray[np.int32]:
    """Seconds, rounded down to the step; BLANK where unknown, or later than the log goes."""
    seconds = np.floor(np.where(np.isnan(minutes), np.inf, minutes) * 60.0 / step) * step
    return np.where(seconds <= 60.0 * until, seconds, BLANK).astype(np.int32)


def _arranged(traffic: Traffic, seconds: Mapping[str, NDArray[np.int32]],
              shown: NDArray[np.bool_], since: float, until: float, step: int) -> Records:
    """The consignments that are shown, in the order of arrival, from a Monday's midnight on."""
    ahead = traffic.start.weekday()
    order = np.flatnonzero(shown)[np.argsort(traffic.arrival[shown], kind="stable")]
    rank = np.full(len(shown), -1)
    rank[order] = np.arange(len(order))
    place = rank[traffic.owner]
    rows = np.argsort(place, kind="stable")
    rows = rows[place[rows] >= 0]
    owner = traffic.owner[rows]
    shift = ahead * 86400
    moved = {name: np.where(column[rows] == BLANK, BLANK, column[rows] + shift).astype(np.int32)
             for name, column in seconds.items()}
    return Records(
        traffic.start - timedelta(ahead), since + ahead * 1440.0, until + ahead * 1440.0,
        place[rows].astype(np.int64), traffic.size[rows].astype(np.int16),
        {name: codes[owner].astype(np.int16) for name, codes in traffic.attributes.items()},
        {name: list(texts) for name, texts in traffic.values.items()},
        {name: flags[rows].astype(np.int8) for name, flags in traffic.examined.items()},
        {name: codes[rows].astype(np.int8) for name, codes in traffic.depth.items()},
        moved, dict.fromkeys(moved, step))


def events_of(records: Records, case: Literal["consignment", "container"] = "consignment"
              ) -> EventTable:
    """The records as events, one per stage that was begun or ended, and one per plain stamp.

    case: what a case is. Activities are STAGE.AGENCY, and the names of PLAIN. Of a stage with one
    stamp alone, that is start and end. As cases, consignments have the events of each of their
    containers; containers have those of their consignment. Minutes since the records' Monday.
    """
    every = np.arange(len(records))
    number = every if case == "container" else records.consignment
    once = every if case == "container" else records.first
    cases: list[Ints] = []
    names: list[NDArray[Any]] = []
    starts: list[Floats] = []
    ends: list[Floats] = []

    def add(name: str, rows: Ints, start: Floats, end: Floats) -> None:
        start, end = start[rows], end[rows]
        start, end = np.where(np.isnan(start), end, start), np.where(np.isnan(end), start, end)
        kept = ~np.isnan(start)
        cases.append(number[rows][kept])
        names.append(np.full(int(kept.sum()), name))
        starts.append(start[kept])
        ends.append(end[kept])

    for name in PLAIN:
        add(name, once, records.minutes(name), records.minutes(name))
    for stage in STAGES:
        for agency in records.agencies:
            add(f"{stage}.{agency}", once if stage in OF_CONSIGNMENTS else every,
                records.minutes(f"start.{stage}.{agency}"),
                records.minutes(f"end.{stage}.{agency}"))
    table = [np.concatenate(parts) for parts in (cases, names, starts, ends)]
    order = np.lexsort((table[3], table[2], table[0]))
    return EventTable(*(column[order] for column in table))
