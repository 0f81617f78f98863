"""What the measures are written into, and what they are measured on."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.estimands import Constant, Estimand, Quantile, Ratio, Total
from sim.eventlog import EventLog
from sim.ports import PortRun
from sim.process.columns import routine
from sim.process.inputs import Calendar, Resource
from sim.process.layout import calendars_of
from sim.traffic.tables import group_names, groups_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass
class Record:
    """Measures of one replication, by name, with unit and label."""

    sums: dict[str, tuple[float, float]] = field(default_factory=dict)
    samples: dict[str, Floats] = field(default_factory=dict)
    estimands: dict[str, Estimand] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def ratio(self, name: str, numerator: float, denominator: float, unit: str,
              label: str = "") -> None:
        """A measure that is a ratio of sums over the replications."""
        self._add(name, Ratio(), unit, label)
        self.sums[name] = (float(numerator), float(denominator))

    def quantile(self, name: str, sample: str, q: float, unit: str, offset: float = 0.0) -> None:
        """A quantile of a sample pooled over the replications."""
        self._add(name, Quantile(sample, q, offset), unit, "")

    def constant(self, name: str, value: float, unit: str) -> None:
        """An input, shown beside what emerges and labelled so."""
        self._add(name, Constant(float(value)), unit, "input")

    def total(self, name: str, names: list[str], unit: str) -> None:
        """The sum of other measures."""
        self._add(name, Total(tuple(names)), unit, "")

    def _add(self, name: str, estimand: Estimand, unit: str, label: str) -> None:
        self.estimands[name] = estimand
        self.units[name] = unit
        if label:
            self.labels[name] = label


class Measured:
    """A finished run, its cohort and its segments, and the times that several measures need."""

    def __init__(self, run: PortRun, log: EventLog, seed: int, replication: int):
        self.run, self.log = run, log
        self.scenario, self.traffic, self.columns = run.scenario, run.traffic, run.columns
        self.cohort = run.traffic.cohort
        self.groups = group_names(run.scenario)
        self._address = seed, replication
        self._worked: dict[str, Floats] = {}
        self._rows: dict[Hashable, NDArray[np.int64]] = {}
        self.weeks = (run.traffic.horizon - run.traffic.warm) / 10080.0

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """int64[n]: index into `groups`."""
        return groups_of(self.scenario, self.traffic)

    @cached_property
    def routine(self) -> Flags:
        """bool[n]: consignments without a laboratory or treatment drawn for them."""
        return routine(self.scenario, self.traffic, *self._address)

    def segments(self) -> Iterator[tuple[str, Flags]]:
        """(name, bool[n]) of every segment of the cohort: all and each group that occurs, and the
        same without consignments drawn for the laboratory (`.routine`)."""
        simulated = self.groups[0 if self.scenario.selection.simulate == "all" else 1:]
        parts = [("all", self.cohort)]
        parts += [(name, self.cohort & (self.group == self.groups.index(name)))
                  for name in simulated]
        for name, mask in parts:
            yield name, mask
        for name, mask in parts:
            yield f"{name}.routine", mask & self.routine

    @cached_property
    def released(self) -> Floats:
        """float64[n]: the last agency's release, NaN if still open.

        A consignment's releases are counted against those that its way through the tree holds.
        """
        rows = self.rows("release")
        n = len(self.traffic.arrival)
        last = np.full(n, -np.inf)
        np.maximum.at(last, self.log.consignment[rows],
                      np.where(np.isnan(self.log.end[rows]), np.inf, self.log.end[rows]))
        missing = np.isnan(self.log.done) & (self._count(rows) < self._expected_releases)
        return np.where(np.isfinite(last) & ~missing, last, np.nan)

    @cached_property
    def _expected_releases(self) -> NDArray[np.int64]:
        expected = np.zeros(len(self.traffic.arrival), dtype=np.int64)
        for step in self.run.plan.steps:
            if getattr(step.node, "stage", "") == "release":
                expected += step.runs
        return expected

    def _count(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(self.log.consignment[rows], minlength=len(self.traffic.arrival))

    def rows(self, *stages: str, **labels: str | tuple[str, ...]) -> NDArray[np.int64]:
        """Rows of the log of these stages, and of these agencies and sites if given."""
        return self.log.where(stage=stages, **labels)

    def begun(self, *stages: str, **labels: str | tuple[str, ...]) -> NDArray[np.int64]:
        """Those of them whose start is known."""
        return self._known("start", stages, labels)

    def agencies(self, *stages: str) -> list[str]:
        """The agencies, alone or joined by +, that these stages of the tree belong to."""
        nodes = [step.node for step in self.run.plan.steps]
        return list(dict.fromkeys(getattr(node, "agency", "") for node in nodes
                                  if getattr(node, "stage", None) in stages))

    def ended(self, *stages: str, **labels: str | tuple[str, ...]) -> NDArray[np.int64]:
        """Those of them whose end is known."""
        return self._known("end", stages, labels)

    def _known(self, stamp: str, stages: tuple[str, ...],
               labels: dict[str, str | tuple[str, ...]]) -> NDArray[np.int64]:
        key = stamp, stages, *labels.items()
        if key not in self._rows:
            rows = self.rows(*stages, **labels)
            self._rows[key] = rows[~np.isnan(getattr(self.log, stamp)[rows])]
        return self._rows[key]

    @cached_property
    def work(self) -> Floats:
        """Minutes of work of every row, as drawn (NaN-free; 0 for appointments)."""
        return self.log.work

    @cached_property
    def visits(self) -> NDArray[np.int64]:
        """int64[n]: visits of the trader's agent: distinct yards and days of examination."""
        rows = self.begun("examination", "check")
        day = np.floor(self.log.start[rows] / 1440.0).astype(np.int64)
        # A check happens at the open box, during the visit of the agency that devans it.
        agencies, who = self.log.codes("agency")
        sites, where = self.log.codes("site")
        owner = self.log.consignment[rows].astype(np.int64)
        place = where[rows]
        if self.scenario.regime.appointment == "per-agency":
            place = place * len(agencies) + who[rows]
        days = int(day.max(initial=0)) + 1
        distinct = np.unique((owner * days + day) * len(sites) * len(agencies) + place)
        owners = distinct // (days * len(sites) * len(agencies))
        return np.bincount(owners, minlength=len(self.traffic.arrival)).astype(np.int64)

    @cached_property
    def fields(self) -> NDArray[np.int64]:
        """int64[n]: fields that the trader fills in; one form holds the union of the agencies'."""
        result = np.zeros(len(self.traffic.arrival), dtype=np.int64)
        agencies = self.scenario.agencies
        declared = {a: self.columns.consignment[f"declared.{a}"] > 0 for a in agencies}
        if self.scenario.regime.declaration != "single":
            for name, agency in agencies.items():
                result += declared[name] * sum(agency.fields.values())
            return result
        blocks = {block for agency in agencies.values() for block in agency.fields}
        for block in sorted(blocks):
            size = np.zeros(len(result), dtype=np.int64)
            for name, agency in agencies.items():
                size = np.maximum(size, declared[name] * agency.fields.get(block, 0))
            result += size
        return result

    @cached_property
    def forms(self) -> NDArray[np.int64]:
        """int64[n]: declarations that the trader lodges."""
        declared = sum(self.columns.consignment[f"declared.{a}"] for a in self.scenario.agencies)
        single = self.scenario.regime.declaration == "single"
        return np.minimum(declared, 1) if single else np.asarray(declared)

    def worked(self, resource: Resource) -> Floats:
        """Open minutes of a resource's calendar before each of its takings and givings back."""
        if resource.name not in self._worked:
            calendar = None if resource.calendar is None else self.calendars[resource.calendar]
            self._worked[resource.name] = open_before(calendar, self.log.moves(resource.name).time)
        return self._worked[resource.name]

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars of the process, by name."""
        return calendars_of(self.scenario, self.traffic)


def open_before(calendar: Calendar | None, t: Floats) -> Floats:
    """Open minutes of a calendar before t (minutes; without a calendar, t itself)."""
    if calendar is None:
        return np.asarray(t, dtype=np.float64)
    return calendar.times.before(np.asarray(t, dtype=np.float64))
