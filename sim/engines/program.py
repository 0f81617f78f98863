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
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.process.plan import Plan
from sim.process.steps import Demand, Step, busy_tokens
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

AWAIT, BOOK, ACTIVITY = 0, 1, 2
OPENS, CLOSES, ENDS = 0, 1, 2


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
    granted_at: NDArray[np.int64]
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


def lower(plan: Plan) -> Program:
    """The rows, joints and codes of a plan (numpy operations per step, none per container)."""
    return _Lowering(plan).program()


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
        entry = self.enter(plan.steps[0], ~np.arange(plan.consignments))
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
            minutes=minutes, klass=klass, granted_at=np.cumsum(length) - length,
            entry=entry.astype(np.int32),
            missing=np.concatenate(self.missing).astype(np.int32),
            target_from=np.concatenate([[0], np.cumsum(counts)]),
            target=np.concatenate([np.empty(0, np.int64), *self.targets]).astype(np.int32),
            levels=levels, grants=int(length.sum()), log_order=self.log_order,
            rows_of=self.rows,
            row_from=self.row_from, joint_owner=np.concatenate(self.owners),
            joint_step=np.repeat(np.arange(len(self.owners)), [len(o) for o in self.owners]),
        )

    def _number(self) -> Codes:
        """Numbers the rows by (leading container, node); returns the logged ones in the order of
        the log: (consignment, container, node), the consignment's own first."""
        plan = self.plan
        first, lead = plan.first[:-1], np.zeros(plan.containers, dtype=np.int64)
        own = np.zeros(plan.consignments, dtype=np.int64)
        for step in self.leaves:
            if step.at_container:
                lead += step.runs
            else:
                own += step.runs
        per_container = lead.copy()
        lead[first] += own
        begin = np.cumsum(lead) - lead
        total = int(lead.sum())
        self.row_from = np.append(begin[first], total)
        # The log puts the rows of the consignment itself before those of its first container.
        before = per_container.copy()
        before[first] += own
        place = np.cumsum(before) - before
        own_place = place[first].copy()
        place[first] += own
        self.node = np.empty(total, dtype=np.int32)
        self.entity = np.empty(total, dtype=np.int32)
        order = np.empty(total, dtype=np.int64)
        for step in self.leaves:
            entity = np.flatnonzero(step.runs)
            at = entity if step.at_container else first[entity]
            rows = begin[at]
            begin[at] += 1
            self.node[rows], self.entity[rows] = step.number, entity
            self.rows[step.number] = entity, rows
            if step.at_container:
                order[place[entity]] = rows
                place[entity] += 1
            else:
                order[own_place[entity]] = rows
                own_place[entity] += 1
        waits = np.array([isinstance(s.node, Await) for s in plan.steps])
        return order[~waits[self.node[order]]] if waits.any() else order

    def enter(self, step: Step, then: Codes) -> Codes:
        """Where a token goes that comes to this step, per entity of its level; `then`: where it
        goes when the step is over."""
        children = [self.plan.steps[number] for number in step.children]
        match step.node:
            case Sequence():
                for child in reversed(children):
                    then = self.enter(child, then)
                return then
            case Choice():
                result = then
                for child in children:
                    result = np.where(child.runs, self.enter(child, then), result)
                return result
            case Parallel():
                return self.parallel(step, children, then)
            case EachContainer():
                return self.each_container(step, children[0], then)
            case Gather():
                return self.gather(step, children[0], then)
            case _:
                entity, rows = self.rows[step.number]
                self.after[rows] = then[entity]
                result = then.copy()
                result[entity] = rows
                return result

    def parallel(self, step: Step, children: list[Step], then: Codes) -> Codes:
        """A fork and a join where two or more children act; else the one that does, or none."""
        plan = self.plan
        busy = np.array([
            busy_tokens(plan.steps, plan.first, child) & step.runs
            for child in children])
        if not len(busy):
            return then
        together = np.flatnonzero(busy.sum(axis=0) > 1)
        ends = then.copy()
        owner = plan.owner[together] if step.at_container else together
        ends[together] = self.join(owner, busy[:, together].sum(axis=0), then[together])
        entries = np.array([self.enter(child, ends) for child in children])
        result = then.copy()
        for entry, acts in zip(entries, busy, strict=True):
            result[acts] = entry[acts]
        chosen = busy[:, together].T
        result[together] = self.fork(owner, chosen.sum(axis=1), entries[:, together].T[chosen])
        return result

    def each_container(self, step: Step, child: Step, then: Codes) -> Codes:
        """A token per container, and a join; a container alone needs neither."""
        plan = self.plan
        several, number, theirs = self._several(step.runs)
        ends = then.copy()
        ends[several] = self.join(several, number, then[several])
        entries = self.enter(child, ends[plan.owner])
        result = entries[plan.first[:-1]]
        result[several] = self.fork(several, number, entries[theirs])
        return np.where(step.runs, result, then)

    def gather(self, step: Step, child: Step, then: Codes) -> Codes:
        """All containers meet, the child runs once, and all go on."""
        plan = self.plan
        several, number, theirs = self._several(child.runs)
        leads = then[plan.first[:-1]]
        leads[several] = self.fork(several, number, then[theirs])
        entries = self.enter(child, leads)
        meets = entries.copy()
        meets[several] = self.join(several, number, entries[several])
        return np.where(step.runs, meets[plan.owner], then)

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


def machinery(plan: Plan) -> dict[str, NDArray]:
    """What steps ask for, calendars, their edges, and books, as flat arrays by name."""
    demands: list[Demand] = []
    set_from, chain_from, back_from = [0], [0], [0]
    back: list[Demand] = []
    for step in plan.steps:
        chain = step.seize or (((),) if step.window >= 0 else ())
        for group in chain:
            demands += _finite(plan, group)
            set_from.append(len(demands))
        chain_from.append(len(set_from) - 1)
        back += _finite(plan, step.release)
        back_from.append(len(back))
    offset = len(demands)
    every = demands + back
    columns = [d.amount for d in every if not isinstance(d.amount, int)]
    starts = np.cumsum([0, *(len(c) for c in columns)])
    column = np.full(len(every), -1, dtype=np.int64)
    column[[i for i, d in enumerate(every) if not isinstance(d.amount, int)]] = starts[:-1]
    steps, shifts = plan.steps, plan.shifts
    edge_time, edge_kind, edge_pool, edge_window = _edges(plan)
    return {
        "kind": np.array([_kind(s) for s in steps], dtype=np.int32),
        "works": np.array([s.duration is not None for s in steps], dtype=np.bool_),
        "shift": np.array([s.shift for s in steps], dtype=np.int32),
        "window": np.array([s.window for s in steps], dtype=np.int32),
        "book": np.array([s.book for s in steps], dtype=np.int32),
        "chain_from": np.array(chain_from, dtype=np.int64),
        "set_from": np.array(set_from, dtype=np.int64),
        "back_from": np.array(back_from, dtype=np.int64) + offset,
        "resource": np.array([d.resource for d in every], dtype=np.int32),
        "amount": np.array([d.amount if isinstance(d.amount, int) else 0 for d in every],
                           dtype=np.int64),
        "column": column,
        "amounts": np.concatenate([np.empty(0, np.int64), *columns]),
        "shift_from": np.cumsum([0, *(len(s.opens) for s in shifts)]).astype(np.int64),
        "opens": _joined(s.opens for s in shifts), "closes": _joined(s.closes for s in shifts),
        "worked": _joined(s.worked for s in shifts),
        "handover": np.array([s.handover for s in shifts], dtype=np.float64),
        "finish": np.array([s.finish for s in shifts], dtype=np.bool_),
        "edge_time": edge_time, "edge_kind": edge_kind, "edge_pool": edge_pool,
        "edge_window": edge_window,
        "capacity": np.array([r.capacity for r in plan.resources], dtype=np.int64),
        "book_from": np.cumsum([0, *(len(b.opens) for _, b in plan.books)]).astype(np.int64),
        "book_opens": _joined(b.opens for _, b in plan.books),
        "cutoffs": _joined(b.cutoffs for _, b in plan.books),
        "room": np.concatenate([np.empty(0, np.int64), *(
            np.full(len(b.opens), b.capacity) for _, b in plan.books)]),
    }


def _finite(plan: Plan, demands: tuple[Demand, ...]) -> list[Demand]:
    """The demands that can make anybody wait."""
    return [d for d in demands if not plan.resources[d.resource].endless]


def _kind(step: Step) -> int:
    match step.node:
        case Activity():
            return ACTIVITY
        case Appointment():
            return BOOK
        case _:
            return AWAIT


def _joined(lists: Iterable[Any]) -> NDArray[np.float64]:
    return np.concatenate([np.empty(0), *(np.asarray(v, dtype=np.float64) for v in lists)])


def _edges(plan: Plan) -> tuple[NDArray, ...]:
    """Openings and closings of pools and windows in order of time; at one minute a closing comes
    before the next opening. Per edge: minute, kind, pool or -1, window or -1."""
    gates = [(i, shift, -1) for i, shift in enumerate(plan.resource_shift) if shift >= 0]
    gates += [(-1, shift, shift) for shift in sorted({s.window for s in plan.steps} - {-1})]
    found = []
    for pool, index, window in gates:
        shift = plan.shifts[index]
        opens, closes = np.asarray(shift.opens), np.asarray(shift.closes)
        opens, closes = np.maximum(opens[closes > 0], 0.0), closes[closes > 0]
        times = np.column_stack([opens, closes]).ravel()
        kinds = np.tile([OPENS, CLOSES], len(opens))
        last = times[-1] if len(times) else 0.0
        times, kinds = np.append(times, last), np.append(kinds, ENDS)
        found.append((times, kinds, np.full(len(times), pool), np.full(len(times), window)))
    if not found:
        empty = np.empty(0, dtype=np.int32)
        return np.empty(0), empty, empty, empty
    edges = [np.concatenate(part) for part in zip(*found, strict=True)]
    order = np.argsort(edges[0], kind="stable")
    time, *indices = (part[order] for part in edges)
    return time, *(part.astype(np.int32) for part in indices)
