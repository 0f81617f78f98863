"""A plan as flat arrays: what the compiled engine runs.

A *row* is one leaf of the tree (Activity, Appointment, Await) that one entity reaches. Rows are
numbered by (leading container, node), so that the number of a row is its rank in the queues. A
*joint* is where tokens meet or part: it waits for a number of tokens, and then sends one to each of
its targets. With joints alone come Parallel (one waits for one and sends many, one waits for many
and sends one), EachContainer and Gather; Sequence and Choice leave nothing behind, because every
entity's way is known. Where a token goes next is a *code*: a row if 0 or more, else ``~joint``. The
first joints are the ends of the consignments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.process.plan import Plan
from sim.process.steps import Step, busy_tokens
from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Parallel,
    Sequence,
)

Codes: TypeAlias = NDArray[np.int64]


@dataclass(eq=False)
class Program:
    """Everything that the kernel reads; see `lower`.

    Per row: node, entity, after (code), minutes (duration, or until when to wait), klass (class of
    priority), granted_at (where its grants are written). Per step: kind, works, shift, window,
    book, and CSR tables: sets of its chain, demands of a set, demands given back. Per demand:
    resource, amount, column (into `amounts` by entity, or -1).
    """

    node: NDArray[np.int32]
    entity: NDArray[np.int32]
    after: NDArray[np.int32]
    minutes: NDArray[np.float64]
    klass: NDArray[np.int32]
    granted_at: NDArray[np.uint32]
    entry: NDArray[np.int32]
    missing: NDArray[np.int32]
    target_from: NDArray[np.int64]
    target: NDArray[np.int32]
    levels: NDArray[np.int64]
    """The priorities in use, the most urgent first; `klass` counts along them."""
    grants: int
    log_order: NDArray[np.int64]
    rows_of: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = field(repr=False)
    """Step -> (entities that reach it, their rows)."""
    row_from: NDArray[np.int64] = field(repr=False)
    """int64[n + 1]: the first row of each consignment."""
    joint_owner: NDArray[np.int64] = field(repr=False)
    """The consignment of each joint. Joints of one step stand together, by consignment."""
    joint_step: NDArray[np.int64] = field(repr=False)
    """Which call made each joint; the same for plans of one tree."""
    log_consignment: NDArray[np.int32] = field(repr=False)
    log_container: NDArray[np.int32] = field(repr=False)
    """Per row in the order of the log: whose it is; container is -1 for the consignment itself."""


def lower(plan: Plan) -> Program:
    """The rows, joints and codes of a plan (numpy operations per step, none per container).

    Plans that differ in their resources alone share them; they are not to be written to.
    """
    if "program" not in plan.kept:
        plan.kept["program"] = _Lowering(plan).program()
    program: Program = plan.kept["program"]
    return program


class _Lowering:
    """The tree walked from its end to its beginning: each node learns where it leads."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        n = plan.consignments
        self.leaves = [s for s in plan.steps if isinstance(s.node, Activity | Appointment | Await)]
        self.rows: dict[int, tuple[Codes, Codes]] = {}
        self.log_order = self._number()
        self.after = np.zeros(len(self.node), dtype=np.int64)
        # Joints: numbers waited for, and per group of joints the targets of each in a row.
        self.missing: list[NDArray] = [np.ones(n, dtype=np.int64)]
        self.joints = n
        self.counts: list[NDArray] = [np.zeros(n, dtype=np.int64)]
        self.targets: list[NDArray] = []
        self.owners: list[NDArray] = [np.arange(n)]

    def program(self) -> Program:
        """Everything put together."""
        plan = self.plan
        entry = ~np.arange(plan.consignments)
        self.enter(plan.steps[0], entry)
        inside = np.array([step.at_container for step in plan.steps])[self.node[self.log_order]]
        consignment = self.entity[self.log_order]
        container = np.where(inside, consignment, np.int32(-1))
        consignment[inside] = plan.owner[consignment[inside]]
        minutes = np.zeros(len(self.node))
        klass = np.zeros(len(self.node), dtype=np.int32)
        levels = np.unique(np.concatenate(
            [np.zeros(1, np.int64), *(np.unique(s.priority) for s in self.leaves)]))
        chain = np.zeros(len(plan.steps), dtype=np.int64)
        for step in self.leaves:
            entity, rows = self.rows[step.number]
            values = step.until if step.until is not None else step.duration
            if values is not None:
                minutes[rows] = values[entity]
            if len(levels) > 1:
                of = np.searchsorted(levels, step.priority)
                klass[rows] = of[entity] if isinstance(of, np.ndarray) else of
            chain[step.number] = max(len(step.seize), 1)
        length = chain[self.node]
        counts = np.concatenate(self.counts)
        return Program(
            node=self.node, entity=self.entity, after=self.after.astype(np.int32),
            minutes=minutes, klass=klass,
            granted_at=(np.cumsum(length) - length).astype(np.uint32),
            entry=entry.astype(np.int32),
            missing=np.concatenate(self.missing).astype(np.int32),
            target_from=np.concatenate([[0], np.cumsum(counts)]),
            target=np.concatenate([np.empty(0, np.int64), *self.targets]).astype(np.int32),
            levels=levels, grants=int(length.sum()), log_order=self.log_order,
            rows_of=self.rows,
            row_from=self.row_from, joint_owner=np.concatenate(self.owners),
            joint_step=np.repeat(np.arange(len(self.owners)), [len(o) for o in self.owners]),
            log_consignment=consignment, log_container=container,
        )

    def _number(self) -> Codes:
        """Numbers the rows by (leading container, node); returns the logged ones in the order of
        the log: by consignment, container and node, those of the consignment itself first."""
        plan, first = self.plan, self.plan.first[:-1]
        sizes = [len(step.entities) for step in self.leaves]
        entity = _joined_ints(step.entities for step in self.leaves)
        leading = _joined_ints(step.entities if step.at_container else first[step.entities]
                               for step in self.leaves)
        # Leaves stand in order of their nodes, and stay so among equals.
        order = stable_order(leading)
        rows = np.empty(len(order), dtype=np.int64)
        rows[order] = np.arange(len(order))
        self.node = np.repeat([step.number for step in self.leaves] or [0], sizes or [0]).astype(
            np.int32)[order]
        self.entity = entity[order].astype(np.int32)
        for step, end, size in zip(self.leaves, np.cumsum(sizes), sizes, strict=True):
            self.rows[step.number] = step.entities, rows[end - size:end]
        begin = np.append(0, np.cumsum(np.bincount(leading, minlength=plan.containers)))
        self.row_from = np.append(begin[first], len(order))
        inside = np.repeat([step.at_container for step in self.leaves] or [False], sizes or [0])
        logged = np.flatnonzero(np.repeat(
            [not isinstance(step.node, Await) for step in self.leaves] or [False], sizes or [0]))
        return rows[logged[stable_order(2 * leading[logged] + inside[logged])]]

    def enter(self, step: Step, codes: Codes) -> None:
        """Turns, per entity of the step's level, where it goes when the step is over into where
        it goes to come to the step; entities that it does not concern keep theirs."""
        children = [self.plan.steps[number] for number in step.children]
        match step.node:
            case Sequence():
                for child in reversed(children):
                    self.enter(child, codes)
            case Choice():
                for child in children:
                    self.enter(child, codes)
            case Parallel():
                self.parallel(step, children, codes)
            case EachContainer():
                self.each_container(step, children[0], codes)
            case Gather():
                self.gather(step, children[0], codes)
            case _:
                entity, rows = self.rows[step.number]
                self.after[rows] = codes[entity]
                codes[entity] = rows

    def parallel(self, step: Step, children: list[Step], codes: Codes) -> None:
        """A fork and a join where two or more children act; else the one that does, or none."""
        plan = self.plan
        busy = np.array([
            busy_tokens(plan.steps, plan.first, child) & step.runs
            for child in children])
        if not len(busy):
            return
        together = np.flatnonzero(np.count_nonzero(busy, axis=0) > 1)
        chosen = busy[:, together].T
        owner = plan.owner[together] if step.at_container else together
        ends = codes.copy()
        ends[together] = self.join(owner, chosen.sum(axis=1), codes[together])
        entries = np.empty((len(together), len(children)), dtype=np.int64)
        for k, (child, acts) in enumerate(zip(children, busy, strict=True)):
            entry = ends.copy()
            self.enter(child, entry)
            codes[acts] = entry[acts]
            entries[:, k] = entry[together]
        codes[together] = self.fork(owner, chosen.sum(axis=1), entries[chosen])

    def each_container(self, step: Step, child: Step, codes: Codes) -> None:
        """A token per container, and a join; a container alone needs neither."""
        plan = self.plan
        several, number, theirs = self._several(step.runs)
        ends = codes.copy()
        ends[several] = self.join(several, number, codes[several])
        entries = ends[plan.owner]
        self.enter(child, entries)
        codes[step.runs] = entries[plan.first[:-1]][step.runs]
        codes[several] = self.fork(several, number, entries[theirs])

    def gather(self, step: Step, child: Step, codes: Codes) -> None:
        """All containers meet, the child runs once, and all go on."""
        plan = self.plan
        several, number, theirs = self._several(child.runs)
        leads = codes[plan.first[:-1]]
        leads[several] = self.fork(several, number, codes[theirs])
        self.enter(child, leads)
        leads[several] = self.join(several, number, leads[several])
        meets = child.runs[plan.owner]
        codes[meets] = leads[plan.owner[meets]]

    def _several(self, runs: NDArray) -> tuple[Codes, Codes, NDArray]:
        """Of the consignments that come here with several containers: which, how many containers
        each, and which containers these are."""
        number = np.diff(self.plan.first)
        there = (number > 1) & runs
        several = np.flatnonzero(there)
        return several, number[several], there[self.plan.owner]

    def join(self, owner: Codes, waits_for: NDArray, target: Codes) -> Codes:
        """Joints of these consignments that wait for several tokens and send one on; their codes.
        """
        return self._joints(owner, waits_for, np.ones(len(target), dtype=np.int64), target)

    def fork(self, owner: Codes, number: NDArray, targets: Codes) -> Codes:
        """Joints that send a token to each of their targets, given in a row; their codes."""
        return self._joints(owner, np.ones(len(number), dtype=np.int64), number, targets)

    def _joints(self, owner: Codes, missing: NDArray, counts: NDArray, targets: Codes) -> Codes:
        self.owners.append(owner)
        codes = ~np.arange(self.joints, self.joints + len(missing))
        self.joints += len(missing)
        self.missing.append(missing)
        self.counts.append(counts)
        self.targets.append(targets)
        return codes


def stable_order(values: NDArray) -> NDArray[np.int64]:
    """The order in which whole numbers of 0 or more rise; equal ones stay as they stand.

    Sixteen bits at a time, which numpy sorts in one sweep.
    """
    order = np.argsort(values.astype(np.uint16), kind="stable")
    most = int(values.max(initial=0))
    for shift in range(16, most.bit_length(), 16):
        order = order[np.argsort((values[order] >> shift).astype(np.uint16), kind="stable")]
    return order


def _joined_ints(parts: Iterable[NDArray]) -> Codes:
    return np.concatenate([np.empty(0, np.int64), *parts])
