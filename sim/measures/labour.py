"""Labour: hours of officers, clerks and gangs, counted singly, waiting included and shown.

An hour counts while a person is held in working time; work after hours is overtime and counts too.
"""

from __future__ import annotations

import numpy as np

from sim.measures.record import Floats, Measured, Record, open_before
from sim.process.inputs import Resource

KINDS = {"officer": ("officer", "joint-officer"), "clerk": ("clerk",), "gang": ("gang",)}
GANG_WORK = ("devanning", "deepening", "restuffing")


class Labour:
    """Hours by consignment, from the takings and givings back of every resource."""

    def __init__(self, m: Measured):
        self.m = m
        self.n = len(m.traffic.arrival)
        self.held: dict[str, Floats] = {}
        self.overtime: dict[str, Floats] = {}
        self._hours: dict[tuple[str, str | None], Floats] = {}
        people = [head for heads in KINDS.values() for head in heads]
        for resource in m.run.plan.resources:
            if resource.name.partition(".")[0] in people:
                self.held[resource.name] = self._held(resource)
            self.overtime[resource.name] = np.zeros(self.n)
        self._add_overtime()

    def _held(self, resource: Resource) -> Floats:
        """float64[n] unit-hours in working time, from taking to giving back."""
        m, moves, worked = self.m, self.m.log.moves(resource.name), self.m.worked(resource)
        owner = m.log.consignment[moves.row]
        hours = np.bincount(owner, weights=-moves.units * worked, minlength=self.n) / 60.0
        balance = np.bincount(owner, weights=moves.units, minlength=self.n)
        # What is still held when the run ends is counted until then.
        calendar = None if resource.calendar is None else m.calendars[resource.calendar]
        end = float(open_before(calendar, np.array([m.log.stopped]))[0])
        return hours + balance * end / 60.0

    def _add_overtime(self) -> None:
        """Work beyond the closing of a calendar whose rule is to finish it."""
        m = self.m
        for step in m.run.plan.steps:
            names = getattr(step.node, "calendars", ())
            if not names or step.duration is None:
                continue
            if not all(m.calendars[c].rule == "finish" for c in names):
                continue
            rows = m.log.rows(step.number)
            rows = rows[~np.isnan(m.log.end[rows])]
            for demand in (*step.release, *(d for chain in step.seize for d in chain)):
                resource = m.run.plan.resources[demand.resource]
                if resource.calendar is None or demand not in step.release:
                    continue
                shift = m.calendars[resource.calendar]
                inside = open_before(shift, m.log.end[rows]) - open_before(shift,
                                                                           m.log.start[rows])
                extra = np.maximum(m.log.end[rows] - m.log.start[rows] - inside, 0.0) / 60.0
                entity = m.log.entity[rows]
                units = np.broadcast_to(demand.amount, step.runs.shape)[entity]
                self.overtime[resource.name] += np.bincount(
                    m.log.consignment[rows], weights=extra * units, minlength=self.n)

    def hours(self, kind: str, agency: str | None = None) -> Floats:
        """float64[n] hours of a kind of labour, of one agency or of all."""
        if (kind, agency) not in self._hours:
            self._hours[kind, agency] = self._sum(kind, agency)
        return self._hours[kind, agency]

    def _sum(self, kind: str, agency: str | None) -> Floats:
        total = np.zeros(self.n)
        for name in self.held:
            head, _, owner = name.partition(".")
            if head in KINDS[kind] and (agency is None or owner == agency):
                total = total + self.held[name] + self.overtime[name]
        return total

    def working(self, kind: str) -> Floats:
        """float64[n] hours of these in which work was done, the rest being waiting."""
        m, total = self.m, np.zeros(self.n)
        if kind == "clerk":
            return self.hours(kind)
        for name in m.scenario.order if kind == "officer" else ():
            total += self._examined(name)
        if kind == "gang":
            rows = m.ended(*GANG_WORK)
            total += np.bincount(m.log.consignment[rows], weights=m.work[rows],
                                 minlength=self.n) / 60.0
        return total

    def _examined(self, agency: str) -> Floats:
        """Officer-hours of an agency's own examination time, and of its checks."""
        m = self.m
        minutes = np.zeros(self.n)
        for row_agency in m.agencies("examination", "check"):
            members = row_agency.split("+")
            if agency not in members:
                continue
            officers = (m.scenario.regime.officers if len(members) > 1
                        else m.scenario.agencies[agency].officers)
            for stage, column in (("examination", "examination"), ("second-examination", "second")):
                rows = m.ended(stage, agency=row_agency)
                own = m.columns.container[f"{column}.{agency}"][m.log.container[rows]]
                minutes += np.bincount(m.log.consignment[rows], weights=own * officers,
                                       minlength=self.n)
        rows = m.ended("check", agency=agency)
        officers = m.scenario.agencies[agency].officers
        minutes += np.bincount(m.log.consignment[rows], weights=m.work[rows] * officers,
                               minlength=self.n)
        return minutes / 60.0


def measure_labour(m: Measured, labour: Labour, record: Record) -> None:
    """labour.KIND.GROUP.per_consignment and .waiting; labour.AGENCY.KIND; overtime."""
    hours = {kind: labour.hours(kind) for kind in KINDS}
    waiting = {kind: hours[kind] - labour.working(kind) for kind in KINDS}
    for segment, mask in m.segments():
        if segment.endswith(".routine"):
            continue
        for kind in KINDS:
            key = f"labour.{kind}.{segment}"
            record.ratio(f"{key}.per_consignment", hours[kind][mask].sum(), mask.sum(), "h")
            record.ratio(f"{key}.waiting", waiting[kind][mask].sum(), mask.sum(), "h")
        people = hours["officer"] + hours["clerk"] + hours["gang"] * m.scenario.yard.gang_size
        record.ratio(f"labour.people.{segment}.per_consignment", people[mask].sum(), mask.sum(),
                     "h")
    for agency in m.scenario.agencies:
        for kind in ("officer", "clerk"):
            record.ratio(f"labour.{agency}.{kind}.per_consignment",
                         labour.hours(kind, agency)[m.cohort].sum(), m.cohort.sum(), "h")
        extra = sum(v for k, v in labour.overtime.items() if k.endswith(f".{agency}"))
        record.ratio(f"labour.{agency}.overtime", np.asarray(extra)[m.cohort].sum(), m.weeks,
                     "h a week")


def measure_counts(m: Measured, record: Record) -> None:
    """count.moves|devannings per container, count.visits|fields|forms|acts per consignment."""
    boxes = m.traffic.containers
    per_box: dict[str, np.ndarray] = {}
    for name, stage in (("moves", "move-in"), ("devannings", "devanning")):
        rows = m.ended(stage)
        per_box[name] = np.bincount(m.log.consignment[rows], minlength=len(boxes))
    acts = np.zeros(len(boxes))
    for name, agency in m.scenario.agencies.items():
        minutes = m.columns.consignment[f"endorsement.{name}"]
        done = m.columns.consignment[f"acts.{name}"] * minutes
        acts += done / agency.clerical.time if agency.clerical.time else 0.0
    per_consignment: dict[str, np.ndarray] = {
        "visits": m.visits, "fields": m.fields, "forms": m.forms, "acts": acts}
    for segment, mask in m.segments():
        if segment.endswith(".routine"):
            continue
        for name, values in per_box.items():
            record.ratio(f"count.{name}.{segment}.per_container", values[mask].sum(),
                         boxes[mask].sum(), "1")
        for name, values in per_consignment.items():
            record.ratio(f"count.{name}.{segment}.per_consignment", values[mask].sum(),
                         mask.sum(), "1")
