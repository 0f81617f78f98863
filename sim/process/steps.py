"""The tree resolved against the arrivals: every column looked up, every name turned into an index.

A :class:`Step` is one node at its place in the tree. Its arrays have one value per *entity* of its
level: per container inside EachContainer, else per consignment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, nearest
from sim.process.inputs import (
    Arrivals,
    Book,
    Calendar,
    Floats,
    Resource,
    Shift,
    common_shift,
    fault_of_minutes,
)
from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Need,
    Node,
    Sequence,
    children_of,
)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Demand:
    """Units of a resource (by index), the same for every entity or one value per entity."""

    resource: int
    amount: int | Ints


@dataclass(eq=False)
class Step:
    """A node at its place: number, level, the steps below it, and its resolved arrays.

    runs        which entities reach it, as the choices above it say
    shift       index of the calendars' intersection for the work, -1 = round the clock
    window      index of the open times in which sets are granted (with the work's calendars, so
                that the work can start at once), -1 = any time
    """

    number: int
    node: Node
    at_container: bool
    runs: Flags
    children: tuple[int, ...] = ()
    duration: Floats | None = None
    until: Floats | None = None
    branch: Ints | None = None
    priority: int | Ints = 0
    seize: tuple[tuple[Demand, ...], ...] = ()
    release: tuple[Demand, ...] = ()
    shift: int = -1
    window: int = -1
    book: int = -1

    @cached_property
    def entities(self) -> Ints:
        """Which entities reach it, by number. Most steps are reached by few."""
        return np.flatnonzero(self.runs)

    @property
    def label(self) -> str:
        """How a message names this step."""
        stage = getattr(self.node, "stage", "")
        kind = type(self.node).__name__
        return f"{kind} '{stage}'" if stage else f"{kind} (node {self.number})"


@dataclass(eq=False)
class Resolver:
    """Walks a tree once, building its steps and collecting every fault on the way."""

    arrivals: Arrivals
    resources: Mapping[str, Resource]
    calendars: Mapping[str, Calendar]
    books: Mapping[str, Book]
    first: Ints
    owner: Ints
    faults: list[Fault]
    steps: list[Step] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    _shift_index: dict[tuple[str, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._resource_index = {name: i for i, name in enumerate(self.resources)}
        self._book_index = {name: i for i, name in enumerate(self.books)}

    def add(self, node: Node, at_container: bool, runs: Flags) -> int:
        """Add a node and all below it; returns the node's number."""
        step = Step(len(self.steps), node, at_container, runs)
        self.steps.append(step)
        match node:
            case EachContainer(child):
                if at_container:
                    self.fault(step, "stands inside another EachContainer")
                else:
                    step.children = (self.add(child, True, runs[self.owner]),)
            case Gather(child):
                if not at_container:
                    self.fault(step, "stands outside EachContainer")
                else:
                    step.children = (self.add(child, False, self.gathered(step)),)
            case Choice(column, branches):
                step.branch = self.integers(step, column, len(branches))
                step.children = tuple(
                    self.add(child, at_container, runs & (step.branch == k))
                    for k, child in enumerate(branches)
                )
            case Await(column):
                step.until = self.minutes(step, column)
            case Appointment():
                step.book = self._book_index.get(node.book, -1)
                if step.book < 0:
                    self.unknown(step, "book", node.book, self.books)
            case Activity():
                self.activity(step, node)
            case _:
                step.children = tuple(
                    self.add(child, at_container, runs) for child in children_of(node)
                )
        return step.number

    def activity(self, step: Step, node: Activity) -> None:
        """Resolve an activity's columns, resources and calendars."""
        if node.duration is not None:
            step.duration = self.minutes(step, node.duration)
            if np.any(step.duration < 0):
                self.fault(step, f"column '{node.duration}' has a duration below 0")
        elif node.calendars:
            step.duration = np.zeros(len(step.runs))
        if isinstance(node.priority, str):
            step.priority = self.integers(step, node.priority)
        else:
            step.priority = node.priority
        step.seize = tuple(self.demands(step, group) for group in node.seize)
        step.release = self.demands(step, node.release)
        if node.calendars:
            step.shift = self.shift(step, tuple(dict.fromkeys(node.calendars)))
        if node.window is not None:
            step.window = self.shift(step, tuple(dict.fromkeys((node.window, *node.calendars))))

    def gathered(self, step: Step) -> Flags:
        """Which consignments come to a Gather: with all their containers or with none."""
        present = np.bincount(self.owner[step.entities], minlength=len(self.arrivals.time))
        if np.any((present > 0) & (present < self.arrivals.containers)):
            self.fault(
                step, "only some containers of a consignment come here, and would wait for ever"
            )
        return present > 0

    def shift(self, step: Step, names: tuple[str, ...]) -> int:
        """The index of an intersection of calendars, made at its first use; -1 if at fault."""
        if names in self._shift_index:
            return self._shift_index[names]
        unknown = [name for name in names if name not in self.calendars]
        for name in unknown:
            self.unknown(step, "calendar", name, self.calendars)
        if unknown:
            return -1
        shift = common_shift(names, self.calendars)
        if not shift.opens:
            self.fault(step, f"the calendars {shift.name} are never open together")
            return -1
        self.shifts.append(shift)
        self._shift_index[names] = len(self.shifts) - 1
        return len(self.shifts) - 1

    def demands(self, step: Step, needs: tuple[Need, ...]) -> tuple[Demand, ...]:
        """A set of needs with indices and amounts."""
        result = []
        for need in needs:
            index = self._resource_index.get(need.resource, -1)
            if index < 0:
                self.unknown(step, "resource", need.resource, self.resources)
                continue
            amount = need.amount
            values = self.integers(step, amount) if isinstance(amount, str) else amount
            if len(step.entities) and np.any(np.asarray(values) < 0):
                self.fault(step, f"an amount of '{need.resource}' below 0", found=amount)
            result.append(Demand(index, values))
        if len({demand.resource for demand in result}) < len(result):
            self.fault(step, "names a resource twice in one set")
        return tuple(result)

    def column(self, step: Step, name: str) -> NDArray | None:
        """The values of a column where the step runs; None, and a fault, if there is no such
        column."""
        arrivals, entity = self.arrivals, step.entities
        if step.at_container and name in arrivals.container:
            return arrivals.container[name][entity]
        if name in arrivals.consignment:
            return arrivals.consignment[name][self.owner[entity] if step.at_container else entity]
        known = [*arrivals.consignment, *(arrivals.container if step.at_container else ())]
        self.unknown(step, "column", name, known)
        return None

    def minutes(self, step: Step, name: str) -> Floats:
        """A column of times, 0 where the step does not run (a column may be blank there)."""
        values = self.column(step, name)
        result = np.zeros(len(step.runs))
        if values is None or values.dtype.kind not in "fiu":
            if values is not None:
                self.fault(step, f"column '{name}' is not numeric", found=str(values.dtype))
            return result
        times = values.astype(np.float64)
        fault = fault_of_minutes(times, f"{step.label}: column '{name}'")
        if fault:
            self.faults.append(fault)
            return result
        result[step.entities] = times
        return result

    def integers(self, step: Step, name: str, below: int | None = None) -> Ints:
        """A column of whole numbers, 0 where the step does not run; 0 <= value < below if given."""
        values = self.column(step, name)
        result = np.zeros(len(step.runs), dtype=np.int64)
        if values is None or values.dtype.kind not in "iub":
            if values is not None:
                self.fault(step, f"column '{name}' is not whole numbers", found=str(values.dtype))
            return result
        whole = values.astype(np.int64)
        if below is not None and np.any((whole < 0) | (whole >= below)):
            outside = (whole < 0) | (whole >= below)
            self.fault(
                step, f"column '{name}' selects no branch",
                found=int(whole[outside][0]), allowed=f"0 to {below - 1}",
            )
        result[step.entities] = whole
        return result

    def fault(self, step: Step, message: str, **more: object) -> None:
        """Note a fault of a step."""
        self.faults.append(Fault(message, key=step.label, **more))  # type: ignore[arg-type]

    def unknown(self, step: Step, what: str, name: str, known: Mapping | list[str]) -> None:
        """Note an unknown name, with the nearest known one."""
        self.fault(step, f"unknown {what}", found=name, hint=nearest(name, known))


def busy_tokens(steps: list[Step] | tuple[Step, ...], first: Ints, step: Step) -> Flags:
    """bool per entity of the step's level: whether anything happens to it here or below.

    A Gather and every leaf act on whoever reaches them; an empty Sequence on nobody.
    """
    if isinstance(step.node, Sequence) and not step.children:
        return np.zeros(len(step.runs), dtype=bool)
    if isinstance(step.node, Gather) or not step.children:
        return step.runs
    below = [busy_tokens(steps, first, steps[number]) for number in step.children]
    acts = np.logical_or.reduce(below)
    if isinstance(step.node, EachContainer) and len(acts):
        return np.asarray(np.logical_or.reduceat(acts, first[:-1]))
    return np.asarray(acts)
