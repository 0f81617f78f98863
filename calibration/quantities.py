"""What a log shows, by quantity, group and week: the same of a port's log and of a simulated one.

Quantities are the time from ready to released (`clearance`), and of each stage of each agency the
waiting before it and the time that it takes, in hours. Of a week there are the number of
consignments released by group, how many were open at its end, and the mean of every quantity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.eventtable import EventTable
from calibration.records import Flags, Floats, Ints, Records
from calibration.simulated import events_of

WEEK = 10080.0

FEW = 5
"""Observations of a week below which its mean says nothing."""


@dataclass(frozen=True, eq=False)
class Sample:
    """m observations: when each was complete (minutes), its group, its hours."""

    when: Floats
    group: Ints
    hours: Floats


@dataclass(frozen=True)
class Way:
    """What of a port's process must be known to tell what a stage waits for."""

    order: tuple[str, ...]
    chained: bool

    @property
    def groups(self) -> list[str]:
        """The groups of consignments in the order of their codes."""
        return ["none", *self.order, "joint"]


def groups_of(records: Records, way: Way) -> Ints:
    """int64[n]: the group of each consignment, by the selections that are known."""
    flags = np.array([records.selected_consignments(a) == 1 if a in records.selected
                      else np.zeros(len(records.first), dtype=bool) for a in way.order])
    alone = np.arange(1, len(way.order) + 1) @ flags
    return np.where(flags.sum(axis=0) > 1, len(way.order) + 1, alone).astype(np.int64)


def samples_of(records: Records, way: Way) -> dict[str, Sample]:
    """Every quantity by name, as far as the log has its stamps: clearance,
    STAGE.AGENCY.waiting and STAGE.AGENCY.working."""
    if not len(records):
        return {}
    whole, each = records.of_consignments, records.minutes
    group = groups_of(records, way)
    of_box = group[records.consignment]
    found: dict[str, Sample] = {}

    def add(name: str, begin: Floats, end: Floats, groups: Ints) -> None:
        hours = (end - begin) / 60.0
        kept = hours >= 0.0
        if kept.any():
            found[name] = Sample(end[kept], groups[kept], hours[kept])

    add("clearance", np.maximum(whole("lodged"), whole("discharged")), whole("released"), group)
    before = whole("lodged")
    for i, agency in enumerate(way.order):
        start, end = whole(f"start.papers.{agency}"), whole(f"end.papers.{agency}")
        add(f"papers.{agency}.waiting", before, start, group)
        add(f"papers.{agency}.working", start, end, group)
        asked = np.maximum(end, whole("discharged"))[records.consignment]
        if i:
            asked = np.fmax(asked, each(f"end.restuffing.{way.order[i - 1]}"))
        last = asked
        for stage in ("move-in", "devanning", "examination", "restuffing"):
            begun, ended = each(f"start.{stage}.{agency}"), each(f"end.{stage}.{agency}")
            if stage == "restuffing":
                begun = last
            else:
                add(f"{stage}.{agency}.waiting", last, begun, of_box)
            add(f"{stage}.{agency}.working", begun, ended, of_box)
            last = ended
        closed = np.fmax(end, whole(f"end.restuffing.{agency}", last=True))
        form = whole(f"end.clearance-form.{agency}")
        if i == len(way.order) - 1 and np.isnan(form).all():
            form = whole("released")
        add(f"closing.{agency}.waiting", closed, form, group)
        if way.chained:
            before = np.fmax(before, form)
    return found


def weekly(records: Records, way: Way, cut: float, weeks: int) -> dict[str, Floats]:
    """statistic -> float64[weeks] from the cut on; NaN where a week has too few observations.

    arrivals; released.GROUP, open.GROUP at the week's end; clearance.GROUP.mean and .p90 of those
    released in the week; QUANTITY.mean of the stages. GROUP is also `all`.
    """
    edges: Floats = cut + WEEK * np.arange(weeks + 1)
    group = groups_of(records, way)
    ready: Floats = np.maximum(records.of_consignments("lodged"),
                               records.of_consignments("discharged"))
    gone: Floats = np.fmax(records.of_consignments("released"),
                           records.of_consignments("gate-out"))
    found = {"arrivals": _counts(records.of_consignments("arrival"), edges)}
    for name, here in _groups(group, way):
        through = _counts(gone[here], edges)
        coming = np.searchsorted(np.sort(ready[here]), edges[1:])
        found[f"released.{name}"] = through
        left = np.nan_to_num(gone[here], nan=np.inf)[~np.isnan(ready[here])]
        found[f"open.{name}"] = (np.minimum(coming, len(left))
                                 - np.searchsorted(np.sort(left), edges[1:])).astype(np.float64)
    for quantity, sample in samples_of(records, way).items():
        week = np.searchsorted(edges, sample.when, side="right") - 1
        if quantity == "clearance":
            for name, here in _groups(sample.group, way):
                found[f"clearance.{name}.mean"] = _each(week, sample.hours, here, weeks, None)
                found[f"clearance.{name}.p90"] = _each(week, sample.hours, here, weeks, 90)
        else:
            every = np.ones(len(week), dtype=bool)
            found[f"{quantity}.mean"] = _each(week, sample.hours, every, weeks, None)
    return found


def _groups(group: Ints, way: Way) -> list[tuple[str, Flags]]:
    return [("all", np.ones(len(group), dtype=bool)),
            *((name, group == code) for code, name in enumerate(way.groups))]


def _counts(minutes: Floats, edges: Floats) -> Floats:
    return np.histogram(minutes[~np.isnan(minutes)], edges)[0].astype(np.float64)


def _each(week: Ints, hours: Floats, here: Flags, weeks: int, percent: int | None) -> Floats:
    """Mean or percentile of each week."""
    result = np.full(weeks, np.nan)
    for k in range(weeks):
        mine = hours[here & (week == k)]
        if len(mine) >= FEW:
            result[k] = mine.mean() if percent is None else np.percentile(mine, percent)
    return result


def whole_cases(records: Records, since: float, until: float) -> EventTable:
    """The events of the consignments that came in a window and were through by its end."""
    arrival = records.of_consignments("arrival")
    last = np.fmax(records.of_consignments("released"), records.of_consignments("gate-out"))
    return events_of(records.take((arrival >= since) & (arrival < until) & (last <= until)))


def kind_of(statistic: str) -> str:
    """The kind of a weekly statistic, by which coverage is counted."""
    first, _, rest = statistic.partition(".")
    if first == "clearance":
        return f"clearance {rest.rpartition('.')[2]}"
    if first in ("arrivals", "released", "open"):
        return first
    return "working" if ".working." in statistic else "waiting"


def wasserstein(one: Floats, other: Floats) -> float:
    """First Wasserstein distance of two samples of hours, to the minute; NaN if one is empty."""
    if not len(one) or not len(other):
        return float("nan")
    from calibration.distances import wasserstein as whole

    return whole(*(np.rint(60.0 * sample).astype(np.int64) for sample in (one, other))) / 60.0


def by_group(samples: Mapping[str, Sample], since: float, until: float, weeks: Sequence[int] | None,
             way: Way) -> dict[tuple[str, str], NDArray]:
    """(quantity, group) -> hours of what was complete in a window, or in some of its weeks."""
    found = {}
    for quantity, sample in samples.items():
        here = (sample.when >= since) & (sample.when < until)
        if weeks is not None:
            here &= np.isin(np.floor((sample.when - since) / WEEK), weeks)
        for code, name in enumerate(way.groups):
            found[quantity, name] = sample.hours[here & (sample.group == code)]
    return found
