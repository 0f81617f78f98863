"""The event log of one run: what was asked for, when it began and when it ended.

One row per activity or appointment that a consignment or a container reached. Times are float64
minutes since the start; NaN is what had not come about when the run ended.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.process.plan import Plan, Step
from sim.process.tree import Activity, Appointment

Floats = NDArray[np.float64]
Int32s = NDArray[np.int32]
T = TypeVar("T")


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
class Moves:
    """Units of one resource taken (+) and given back (-), and the rows of the log that did it."""

    time: Floats
    units: NDArray[np.int64]
    row: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EventLog:
    """Rows sorted by (consignment, container, node); container is -1 for the consignment itself.

    consignment, container, node   int32; enabled, start, end   float64
    done      float64[n]: when each consignment's tree ended, NaN if it is open
    stopped   the minute at which the run ended; everything at that minute still happened
    granted   (node, place in its chain) -> float64 per row of the node (see `rows`): when that set
              was granted
    kept      what follows from which rows there are; logs of one plan with the same rows share it
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
    kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _moves: dict[str, Moves] = field(default_factory=dict, init=False, repr=False)
    _ordered: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.node)

    def column(self, name: str, kind: Any = None) -> NDArray:
        """One value per row from the row's node: stage, agency, site, attempt or resources (what
        the activity takes, as names joined by +). kind: the type of the array."""
        if name == "resources":
            values = [resources_of(self.plan, step) for step in self.plan.steps]
        else:
            blank: Any = 0 if name == "attempt" else ""
            values = [getattr(step.node, name, blank) for step in self.plan.steps]
        return np.array(values, dtype=kind)[self.node]

    def once(self, what: Hashable, work: Callable[[], T]) -> T:
        """What `work` finds out from the rows alone, at the first use."""
        if what not in self.kept:
            self.kept[what] = work()
        result: T = self.kept[what]
        return result

    @property
    def entity(self) -> NDArray[np.int64]:
        """Per row the index into its step's arrays: the container, or else the consignment."""
        return self.once("entity", lambda: np.where(
            self.container >= 0, self.container, self.consignment).astype(np.int64))

    def _by_node(self) -> tuple[NDArray[np.int64], list[int]]:
        # Sixteen bits are sorted in one sweep.
        small = len(self.plan.steps) < 2**15
        order = np.argsort(self.node.astype(np.int16) if small else self.node, kind="stable")
        sizes = np.bincount(self.node, minlength=len(self.plan.steps))
        return order, [0, *np.cumsum(sizes).tolist()]

    def rows(self, node: int) -> NDArray[np.int64]:
        """The rows of one node, in the order of their entities."""
        order, begins = self.once("rows", self._by_node)
        return order[begins[node]:begins[node + 1]]

    def of(self, node: int, stamp: str) -> Floats:
        """enabled, start or end of the rows of one node."""
        order, begins = self.once("rows", self._by_node)
        if stamp not in self._ordered:
            self._ordered[stamp] = getattr(self, stamp)[order]
        return self._ordered[stamp][begins[node]:begins[node + 1]]

    def of_steps(self, steps: Sequence[Step], stamp: str) -> Floats:
        """The same of several steps, step by step."""
        return np.concatenate([np.empty(0), *(self.of(s.number, stamp) for s in steps)])

    def rows_of(self, steps: Sequence[Step]) -> NDArray[np.int64]:
        """The rows of several steps, step by step."""
        return np.concatenate([np.empty(0, np.int64), *(self.rows(s.number) for s in steps)])

    @property
    def work(self) -> Floats:
        """Minutes of work of every row, as planned (0 for appointments)."""
        return self.once("work", self._work)

    def _work(self) -> Floats:
        minutes = np.zeros(len(self))
        for step in self.plan.steps:
            if step.duration is not None:
                rows = self.rows(step.number)
                minutes[rows] = step.duration[self.entity[rows]]
        return minutes

    def codes(self, name: str) -> tuple[list[str], NDArray[np.int64]]:
        """The values of a label (stage, agency or site) in order of the tree, and each row's
        index into them."""
        values = [getattr(step.node, name, "") for step in self.plan.steps]
        names = list(dict.fromkeys(values))
        return names, np.array([names.index(value) for value in values])[self.node]

    def where(self, **labels: str | tuple[str, ...]) -> NDArray[np.int64]:
        """The rows, node by node, of nodes with these labels: stage, agency or site, one or
        several each."""
        wanted = {name: (allowed,) if isinstance(allowed, str) else allowed
                  for name, allowed in labels.items()}
        return self.once(("where", *wanted.items()), lambda: self.rows_of(self._steps(wanted)))

    def _steps(self, wanted: dict[str, tuple[str, ...]]) -> list[Step]:
        """The steps with these labels, in the order of the tree."""
        found = [step for stage, steps in self._by_stage().items()
                 if stage in wanted.get("stage", (stage,)) for step in steps
                 if all(getattr(step.node, name, "") in wanted[name] for name in wanted)]
        return sorted(found, key=lambda step: step.number)

    def _by_stage(self) -> dict[str, list[Step]]:
        if "by stage" not in self.plan.kept:
            steps: dict[str, list[Step]] = {}
            for step in self.plan.steps:
                steps.setdefault(getattr(step.node, "stage", ""), []).append(step)
            self.plan.kept["by stage"] = steps
        found: dict[str, list[Step]] = self.plan.kept["by stage"]
        return found

    def stamps(self, node: int) -> tuple[Floats, Floats, Floats]:
        """enabled, start and end of one node, one value per entity of its level, NaN if none."""
        rows = self.rows(node)
        tables = np.full((3, len(self.plan.steps[node].runs)), nan)
        for table, minutes in zip(tables, (self.enabled, self.start, self.end), strict=True):
            table[self.entity[rows]] = minutes[rows]
        return tables[0], tables[1], tables[2]

    def changes(self, resource: str) -> Changes:
        """Every taking and giving back of a resource; its running sum is the number in use."""
        moves = self.moves(resource)
        order = np.argsort(moves.time, kind="stable")
        rows = moves.row[order]
        return Changes(moves.time[order], moves.units[order], self.consignment[rows],
                       self.container[rows], self.node[rows])

    def moves(self, resource: str) -> Moves:
        """The same in no order of time: all givings back, step by step, then all takings."""
        if not self._moves:
            self._moves.update(zip((r.name for r in self.plan.resources), self._find_moves(),
                                   strict=True))
        return self._moves[resource]

    def _find_moves(self) -> Iterator[Moves]:
        """Per resource in the order of the plan."""
        given: list[list[Moves]] = [[] for _ in self.plan.resources]
        taken: list[list[Moves]] = [[] for _ in self.plan.resources]
        for step in logged(self.plan):
            rows = self.rows(step.number)
            for demand in step.release:
                given[demand.resource].append(
                    self._part(rows, self.of(step.number, "end"), demand.amount, -1))
            for place, demands in enumerate(step.seize):
                times = self.granted[step.number, place]
                for demand in demands:
                    taken[demand.resource].append(self._part(rows, times, demand.amount, 1))
        empty = Moves(np.empty(0), *(np.empty(0, dtype=np.int64),) * 2)
        for parts in zip(given, taken, strict=True):
            found = [*parts[0], *parts[1]] or [empty]
            yield Moves(*(np.concatenate([getattr(part, name) for part in found])
                          for name in ("time", "units", "row")))

    def _part(self, rows: NDArray, times: Floats, amount: int | NDArray, sign: int) -> Moves:
        """One step's takings or givings back."""
        if isinstance(amount, np.ndarray):
            units = sign * amount[self.entity[rows]]
        else:
            units = np.full(len(rows), sign * amount, dtype=np.int64)
        kept = ~np.isnan(times) & (units != 0)
        return Moves(times[kept], units[kept], rows[kept])


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
    granted = {}
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
        for place in range(len(step.seize)):
            times = np.asarray(stamps.granted[number, place], dtype=np.float64)
            granted[number, place] = times[entity]
    joined = [np.concatenate(c) if c else np.empty(0) for c in columns]
    order = np.lexsort((joined[2], joined[1], joined[0]))
    ids = [values[order].astype(np.int32) for values in joined[:3]]
    minutes = [values[order].astype(np.float64) for values in joined[3:]]
    return EventLog(
        plan=plan,
        consignment=ids[0], container=ids[1], node=ids[2],
        enabled=minutes[0], start=minutes[1], end=minutes[2],
        done=np.asarray(stamps.done, dtype=np.float64),
        stopped=stopped,
        granted=granted,
    )
