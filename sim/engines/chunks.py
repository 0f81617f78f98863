"""A long run in chunks of its arrivals: memory is bounded by one chunk and what is in the system.

When the kernel pauses in front of a chunk, the consignments that are done leave with their part of
the event log; the others move, with all that is known of them, to the front of the next chunk's
arrays. They keep their order, so that every rank in a queue is what it was, and the log is that of
a run in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, InputError
from sim.engines._kernel import CAPPED
from sim.engines.compiled import Memory, call, event_log, memory_of
from sim.engines.program import Program, lower
from sim.eventlog import EventLog
from sim.process.plan import Arrivals, Plan

AS_IT_IS = ("counters", "free", "over", "is_open", "window_over", "room", "book_first")
PER_ROW = ("place", "enabled", "start", "end")


@dataclass(eq=False)
class Chunk:
    """Consignments that are done, in the order of their numbers.

    ids    int64: their numbers, counted over all chunks
    log    their rows; its plan is that of the chunk, in which they have the numbers `at`
    """

    ids: NDArray[np.int64]
    at: NDArray[np.int64]
    log: EventLog


def run_in_chunks(build: Callable[[Arrivals], Plan], chunks: Iterable[Arrivals]
                  ) -> Iterator[Chunk]:
    """Run arrivals chunk by chunk; the chunks of what is done, of all together the whole log.

    build      the plan of arrivals, of one tree, with the same resources, calendars, books and cap
               every time; every consignment is waited for
    chunks     in order of time: none arrives before all those of the chunk before

    Raises InputError if one does, and what a run in one piece raises.
    """
    waiting = iter(chunks)
    chunk = next(waiting, None)
    arrivals = chunk
    old: tuple[Program, Memory, NDArray[np.int64]] | None = None
    ids, seen = np.empty(0, dtype=np.int64), 0
    while chunk is not None and arrivals is not None:
        following = next(waiting, None)
        ids = np.concatenate([ids, np.arange(seen, seen + len(chunk.time))])
        seen += len(chunk.time)
        plan = build(arrivals)
        program = lower(plan)
        memory = memory_of(plan, program)
        if old is not None:
            _carry(*old, program, memory, plan)
        memory["until"] = inf if following is None else _begin(following, arrivals)
        status, stopped = call(plan, memory)
        done = ~np.isnan(memory["done"])
        last = following is None or status == CAPPED
        yield Chunk(ids if last else ids[done], np.flatnonzero(done | last),
                    _part(event_log(plan, program, memory, stopped), done | last))
        if following is None or last:
            return
        kept = np.flatnonzero(~done)
        ids = ids[kept]
        old = program, memory, kept
        arrivals, chunk = _joined(_chosen(plan, arrivals, kept), following), following


def by_week(arrivals: Arrivals, weeks: float = 1.0) -> Iterator[Arrivals]:
    """Arrivals, in order of time, in chunks of so many weeks; empty weeks join the next chunk."""
    week = np.floor(arrivals.time / (weeks * 10080.0))
    begins = np.flatnonzero(np.diff(week, prepend=-1.0))
    first = np.concatenate([[0], np.cumsum(arrivals.containers)])
    for begin, end in zip(begins, [*begins[1:], len(week)], strict=True):
        boxes = slice(first[begin], first[end])
        yield Arrivals(
            arrivals.time[begin:end], arrivals.containers[begin:end],
            {name: values[begin:end] for name, values in arrivals.consignment.items()},
            {name: values[boxes] for name, values in arrivals.container.items()})


def _begin(following: Arrivals, before: Arrivals) -> float:
    """The minute at which a chunk begins."""
    begin = float(np.min(following.time))
    if begin < np.max(before.time):
        raise InputError(Fault("chunks of arrivals overlap", key="time", found=begin,
                               allowed=f"from minute {np.max(before.time):g} on"))
    return begin


def _chosen(plan: Plan, arrivals: Arrivals, kept: NDArray[np.int64]) -> Arrivals:
    """The arrivals of some consignments."""
    stays = np.zeros(plan.consignments, dtype=bool)
    stays[kept] = True
    boxes = stays[plan.owner]
    return Arrivals(
        arrivals.time[kept], arrivals.containers[kept],
        {name: values[kept] for name, values in arrivals.consignment.items()},
        {name: values[boxes] for name, values in arrivals.container.items()})


def _joined(one: Arrivals, other: Arrivals) -> Arrivals:
    """Two arrivals, one behind the other."""
    return Arrivals(
        np.concatenate([one.time, other.time]),
        np.concatenate([one.containers, other.containers]),
        {name: np.concatenate([values, other.consignment[name]])
         for name, values in one.consignment.items()},
        {name: np.concatenate([values, other.container[name]])
         for name, values in one.container.items()})


def _part(log: EventLog, stays: NDArray[np.bool_]) -> EventLog:
    """The rows of some consignments."""
    rows = stays[log.consignment]
    granted = {key: times[rows[log.rows(key[0])]] for key, times in log.granted.items()}
    return replace(
        log, granted=granted, kept={}, **{name: getattr(log, name)[rows] for name in (
            "consignment", "container", "node", "enabled", "start", "end")})


def _carry(old: Program, before: Memory, kept: NDArray[np.int64], new: Program, memory: Memory,
           plan: Plan) -> None:
    """Move what is known of the consignments kept to the front of the next chunk's memory."""
    number = len(kept)
    rows = _ranges(old.row_from[kept], old.row_from[kept + 1])
    place_of = np.full(len(old.node) + 1, -1, dtype=np.int32)
    place_of[rows] = np.arange(len(rows))
    for name in AS_IT_IS:
        memory[name] = before[name]
    for name in PER_ROW:
        memory[name][:len(rows)] = before[name][rows]
    grants = np.append(old.granted_at, old.grants)
    grants = _ranges(grants[rows], grants[rows + 1])
    memory["granted"][:len(grants)] = before["granted"][grants]
    memory["waits_next"][:len(rows)] = place_of[before["waits_next"][rows]]
    memory["window_waits"] = place_of[before["window_waits"]]
    events, nodes = before["counters"][1], before["counters"][3]
    memory["heap_time"][:events] = before["heap_time"][:events]
    memory["heap_row"][:events] = place_of[before["heap_row"][:events]]
    for name in ("link", "waiter"):
        if len(memory[name]) < nodes:
            memory[name] = np.resize(memory[name], nodes + len(memory[name]))
    memory["link"][:nodes] = before["link"][:nodes]
    # Of places in no queue any more the waiter may have gone; nobody reads those.
    memory["waiter"][:nodes] = np.maximum(place_of[before["waiter"][:nodes]], 0)
    # Who still waits has a priority that the next chunk has too, at another place perhaps.
    levels, kept_levels = np.isin(old.levels, new.levels), np.isin(new.levels, old.levels)
    for name in ("head", "tail"):
        queues = before[name].reshape(-1, len(old.levels))
        memory[name].reshape(-1, len(new.levels))[:, kept_levels] = queues[:, levels]
    # Joints of a step stand by consignment, so those kept come first among the new ones.
    stays = np.zeros(len(old.row_from) - 1, dtype=bool)
    stays[kept] = True
    memory["missing"][new.joint_owner < number] = before["missing"][stays[old.joint_owner]]
    order = number + np.argsort(plan.time[number:], kind="stable")
    memory["times"], memory["entry"] = plan.time[order], new.entry[order]
    memory["counters"][4] = np.count_nonzero(np.isnan(memory["done"]) & plan.watch)


def _ranges(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """All whole numbers of several ranges, one range behind the other."""
    lengths = ends - begins
    starts = np.cumsum(lengths) - lengths
    return np.repeat(begins - starts, lengths) + np.arange(int(lengths.sum()))
