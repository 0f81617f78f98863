"""The event log of one run: what was asked for, when it began and when it ended.

One row per activity or appointment that a consignment or a container reached. Times are float64
minutes since the start; NaN is what had not come about when the run ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.process.plan import Plan, Step
from sim.process.tree import Activity, Appointment

Floats = NDArray[np.float64]
Int32s = NDArray[np.int32]


class Stamps:
    """The times that an engine writes down, per step one value per entity, NaN until known.

    enabled, start, end   node -> minutes; granted: (node, place in the chain) -> minutes
    """

    def __init__(self, plan: Plan) -> None:
        self.enabled: dict[int, list[float]] = {}
        self.start: dict[int, list[float]] = {}
        self.end: dict[int, list[float]] = {}
        self.granted: dict[tuple[int, int], list[float]] = {}
        self.done = [nan] * plan.consignments
        for step in logged(plan):
            entities = len(step.runs)
            for stamp in (self.enabled, self.start, self.end):
                stamp[step.number] = [nan] * entities
            for place in range(len(step.seize)):
                self.granted[step.number, place] = [nan] * entities


@dataclass(frozen=True, eq=False)
class Changes:
    """Units of one resource taken (+) and given back (-), in order of time; at one minute giving
    back comes first. container is -1 where the consignment itself acts."""

    time: Floats
    units: NDArray[np.int64]
    consignment: Int32s
    container: Int32s
    node: Int32s


@dataclass(frozen=True, eq=False)
class EventLog:
    """Rows sorted by (consignment, container, node); container is -1 for the consignment itself.

    consignment, container, node   int32; enabled, start, end   float64
    done      float64[n]: when each consignment's tree ended, NaN if it is open
    stopped   the minute at which the run ended; everything at that minute still happened
    granted   (node, place in its chain) -> float64 per entity: when that set was granted
    """

    plan: Plan
    consignment: Int32s
    container: Int32s
    node: Int32s
    enabled: Floats
    start: Floats
    end: Floats
    done: Floats
    stopped: float
    granted: Mapping[tuple[int, int], Floats]

    def __len__(self) -> int:
        return len(self.node)

    def column(self, name: str) -> NDArray:
        """One value per row from the row's node: stage, agency, site, attempt or resources (what
        the activity takes, as names joined by +)."""
        if name == "resources":
            values = [resources_of(self.plan, step) for step in self.plan.steps]
        else:
            blank: Any = 0 if name == "attempt" else ""
            values = [getattr(step.node, name, blank) for step in self.plan.steps]
        return np.asarray(values)[self.node]

    def entity(self) -> NDArray[np.int64]:
        """Per row the index into its step's arrays: the container, or else the consignment."""
        return np.where(self.container >= 0, self.container, self.consignment).astype(np.int64)

    def stamps(self, node: int) -> tuple[Floats, Floats, Floats]:
        """enabled, start and end of one node, one value per entity of its level, NaN if none."""
        rows = self.node == node
        entity = self.entity()[rows]
        tables = np.full((3, len(self.plan.steps[node].runs)), nan)
        for table, minutes in zip(tables, (self.enabled, self.start, self.end), strict=True):
            table[entity] = minutes[rows]
        return tables[0], tables[1], tables[2]

    def changes(self, resource: str) -> Changes:
        """Every taking and giving back of a resource; its running sum is the number in use."""
        index = [r.name for r in self.plan.resources].index(resource)
        parts = []
        for step in logged(self.plan):
            for place, demands in enumerate(step.seize):
                for demand in demands:
                    if demand.resource == index:
                        times = self.granted[step.number, place]
                        parts.append(self._part(step, times, demand.amount, 1))
            for demand in step.release:
                if demand.resource == index:
                    parts.append(self._part(step, self.stamps(step.number)[2], demand.amount, -1))
        if not parts:
            parts = [(np.empty(0), *(np.empty(0, dtype=np.int64) for _ in range(4)))]
        time, units, consignment, container, node = (
            np.concatenate(values) for values in zip(*parts, strict=True)
        )
        order = np.lexsort((node, container, consignment, units, time))
        return Changes(
            time[order], units[order], consignment[order].astype(np.int32),
            container[order].astype(np.int32), node[order].astype(np.int32),
        )

    def _part(self, step: Step, times: Floats, amount: object, sign: int) -> tuple:
        """Time, units, consignment, container and node of one step's takings or givings back."""
        units = sign * np.broadcast_to(np.asarray(amount), times.shape)
        entity = np.flatnonzero(~np.isnan(times) & (units != 0))
        consignment, container = ids_of(self.plan, step, entity)
        node = np.full(len(entity), step.number)
        return times[entity], units[entity], consignment, container, node


def logged(plan: Plan) -> list[Step]:
    """The steps that have rows in the log: activities and appointments."""
    return [step for step in plan.steps if isinstance(step.node, Activity | Appointment)]


def resources_of(plan: Plan, step: Step) -> str:
    """Names of what a step takes, joined by +."""
    names = [plan.resources[d.resource].name for demands in step.seize for d in demands]
    return "+".join(names)


def ids_of(plan: Plan, step: Step, entity: NDArray) -> tuple[NDArray, NDArray]:
    """Consignment and container (-1 at the consignment's level) of entities of a step."""
    if step.at_container:
        return plan.owner[entity], entity
    return entity, np.full(len(entity), -1)


def collect(plan: Plan, stamps: Stamps, stopped: float) -> EventLog:
    """The event log of what an engine wrote down until the run ended at ``stopped``.

    Work that was to begin at a later minute has not begun.
    """
    columns: list[list[NDArray]] = [[] for _ in range(6)]
    for step in logged(plan):
        number = step.number
        enabled = np.asarray(stamps.enabled[number], dtype=np.float64)
        entity = np.flatnonzero(~np.isnan(enabled))
        consignment, container = ids_of(plan, step, entity)
        start = np.asarray(stamps.start[number], dtype=np.float64)[entity]
        end = np.asarray(stamps.end[number], dtype=np.float64)[entity]
        start[start > stopped] = nan
        node = np.full(len(entity), number)
        rows = (consignment, container, node, enabled[entity], start, end)
        for column, values in zip(columns, rows, strict=True):
            column.append(values)
    joined = [np.concatenate(c) if c else np.empty(0) for c in columns]
    order = np.lexsort((joined[2], joined[1], joined[0]))
    ids = [values[order].astype(np.int32) for values in joined[:3]]
    times = [values[order].astype(np.float64) for values in joined[3:]]
    return EventLog(
        plan=plan,
        consignment=ids[0], container=ids[1], node=ids[2],
        enabled=times[0], start=times[1], end=times[2],
        done=np.asarray(stamps.done, dtype=np.float64),
        stopped=stopped,
        granted={
            key: np.asarray(values, dtype=np.float64) for key, values in stamps.granted.items()
        },
    )
