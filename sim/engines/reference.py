"""The reference engine: SimPy walks the process tree. Written to be read.

For every node of the tree there is one generator function, made once; a token walks the tree by
delegating from one to the next with ``yield from``. A token is known by one number: its container
inside EachContainer, else its consignment. Queues and grants are in :mod:`sim.engines.pools`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from math import inf
from typing import Any, TypeAlias

import numpy as np
from simpy import Event
from simpy.core import StopSimulation

from sim.engines.failures import HorizonError, StuckError
from sim.engines.pools import (
    AFTER_ALL,
    Booking,
    Clock,
    Desk,
    Diary,
    Join,
    Needs,
    Pool,
    Request,
    Window,
)
from sim.engines.worktime import end_of_work, next_open
from sim.eventlog import EventLog, Stamps, collect
from sim.process.plan import Demand, Plan, Shift, Step
from sim.process.steps import busy_tokens
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

Steps: TypeAlias = Generator[Event, Any, None]
Walk: TypeAlias = Callable[[int], Steps]


def run(plan: Plan, clock: Clock | None = None) -> EventLog:
    """Run the plan and return its event log (``clock``: tests may bring their own)."""
    return Reference(plan, clock or Clock()).run()


class Reference:
    """One run of one plan."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan = plan
        self.clock = clock
        self.desk = Desk(clock)
        self.stamps = Stamps(plan)
        self.first: list[int] = plan.first.tolist()
        self.owner: list[int] = plan.owner.tolist()
        self.pools = [
            Pool(self.desk, resource.name, resource.capacity,
                 plan.shifts[shift] if shift >= 0 else None)
            for resource, shift in zip(plan.resources, plan.resource_shift, strict=True)
        ]
        opening = sorted({step.window for step in plan.steps if step.window >= 0})
        self.windows = {i: Window(self.desk, plan.shifts[i]) for i in opening}
        self.diaries = [Diary(name, book, plan.cap) for name, book in plan.books]
        self.left = int(np.count_nonzero(plan.watch))
        self.walk_tree = self.walk(plan.steps[0])

    def run(self) -> EventLog:
        """Let the clock run until the watched consignments are done, or to the cap."""
        if self.left:
            for index, shift in enumerate(self.plan.shifts):
                gates: list[Pool | Window] = [p for p in self.pools if p.shift is shift]
                gates += [self.windows[index]] if index in self.windows else []
                if gates:
                    self.clock.process(self.edges(shift, gates))
            self.clock.process(self.arrivals())
            if self.plan.cap < inf:
                self.stop_after(self.plan.cap)
            if self.clock.run() is not STOPPED:
                raise StuckError(
                    f"nothing can happen after minute {self.clock.now:g}, "
                    f"and {self.left} watched consignments are not done"
                )
        return collect(self.plan, self.stamps, float(self.clock.now))

    def stop_after(self, time: float) -> None:
        """End the run when everything at the given minute has happened."""
        self.clock.at(time, AFTER_ALL + 1).callbacks.append(_stop)

    def edges(self, shift: Shift, gates: Iterable[Pool | Window]) -> Steps:
        """Open and close pools and windows at the edges of a calendar."""
        for opens, closes in zip(shift.opens, shift.closes, strict=True):
            if closes <= self.clock.now:
                continue
            if opens > self.clock.now:
                yield self.clock.at(opens)
            for gate in gates:
                gate.opens()
            yield self.clock.at(closes)
            for gate in gates:
                gate.closes()
        for gate in gates:
            gate.ends()

    def arrivals(self) -> Steps:
        """Start a token per consignment at its time."""
        order = np.argsort(self.plan.time, kind="stable")
        times = self.plan.time[order].tolist()
        for consignment, time in zip(order.tolist(), times, strict=True):
            if time > self.clock.now:
                yield self.clock.at(time)
            self.clock.process(self.consignment(consignment))

    def consignment(self, who: int) -> Steps:
        """A consignment's way through the tree."""
        yield from self.walk_tree(who)
        self.stamps.done[who] = self.clock.now
        if self.plan.watch[who]:
            self.left -= 1
            if self.left == 0:
                self.stop_after(self.clock.now)

    # The nodes of the tree.

    def walk(self, step: Step) -> Walk:
        """The generator function of a node."""
        children = [self.plan.steps[number] for number in step.children]
        below = [self.walk(child) for child in children]
        # Branches that a token never takes are not even walked.
        steps, first = self.plan.steps, self.plan.first
        busy = [busy_tokens(steps, first, child).tolist() for child in children]
        match step.node:
            case Sequence():
                return self.sequence(below, busy)
            case Parallel():
                return self.parallel(below, busy)
            case Choice():
                return self.choice(step, below)
            case EachContainer():
                return self.each_container(below[0])
            case Gather():
                return self.gather(below[0])
            case Activity():
                return self.activity(step)
            case Await():
                return self.wait(step)
            case Appointment():
                return self.appointment(step)

    def sequence(self, below: list[Walk], busy: list[list[bool]]) -> Walk:
        """One child after the other."""
        parts = list(zip(below, busy, strict=True))

        def walk(who: int) -> Steps:
            for child, acts in parts:
                if acts[who]:
                    yield from child(who)

        return walk

    def parallel(self, below: list[Walk], busy: list[list[bool]]) -> Walk:
        """All children at once, then on together."""
        parts = list(zip(below, busy, strict=True))

        def walk(who: int) -> Steps:
            return self.together([child(who) for child, acts in parts if acts[who]])

        return walk

    def choice(self, step: Step, below: list[Walk]) -> Walk:
        """The branch that the column says."""
        assert step.branch is not None
        branch = step.branch.tolist()
        return lambda who: below[branch[who]](who)

    def each_container(self, child: Walk) -> Walk:
        """The child once per container of the consignment, then on together."""
        first = self.first

        def walk(who: int) -> Steps:
            return self.together([child(c) for c in range(first[who], first[who + 1])])

        return walk

    def gather(self, child: Walk) -> Walk:
        """All containers meet; the last to come carries the consignment through the child."""
        missing = np.diff(self.plan.first).tolist()
        meetings: dict[int, Event] = {}

        def walk(who: int) -> Steps:
            consignment = self.owner[who]
            missing[consignment] -= 1
            if missing[consignment]:
                if consignment not in meetings:
                    meetings[consignment] = self.clock.event()
                yield meetings[consignment]
            else:
                yield from child(consignment)
                if consignment in meetings:
                    meetings[consignment].succeed()

        return walk

    def wait(self, step: Step) -> Walk:
        """Until the minute in the column, if that is still to come."""
        assert step.until is not None
        until = step.until.tolist()

        def walk(who: int) -> Steps:
            if until[who] > self.clock.now:
                yield self.clock.at(until[who])

        return walk

    def appointment(self, step: Step) -> Walk:
        """Ask for a day, and wait until it opens."""
        number, diary = step.number, self.diaries[step.book]
        enabled, start, end = self.rows(step)
        container = self.leading_container(step)

        def walk(who: int) -> Steps:
            enabled[who] = self.clock.now
            decided = start.__setitem__
            yield Booking(self.desk, diary, (container[who], number), who, decided)
            end[who] = self.clock.now

        return walk

    def activity(self, step: Step) -> Walk:
        """Take the sets of the chain one after the other, work, give back."""
        clock, desk, number = self.clock, self.desk, step.number
        enabled, start, end = self.rows(step)
        container = self.leading_container(step)
        priority = per_token(step.priority)
        window = self.windows.get(step.window)
        chain = [
            (self.needs(demands), self.stamps.granted[number, place])
            for place, demands in enumerate(step.seize)
        ]
        if window is not None and not chain:
            chain = [(per_token(()), [0.0] * len(step.runs))]
        work = self.work(step)
        back = self.needs(step.release)

        def walk(who: int) -> Steps:
            enabled[who] = clock.now
            for needs_of, granted in chain:
                needs = needs_of(who)
                if needs or window is not None:
                    yield Request(desk, needs, priority(who), (container[who], number), window)
                granted[who] = clock.now
            if work is None:
                start[who] = clock.now
            else:
                start[who], finish = work(who, clock.now)
                yield desk.until(finish)
            end[who] = clock.now
            for pool, amount in back(who):
                pool.give(amount)

        return walk

    # What the nodes are made of.

    def together(self, tokens: list[Steps]) -> Steps:
        """Run tokens at the same time until the last has ended; one alone needs no more."""
        return tokens[0] if len(tokens) == 1 else self.joined(tokens)

    def joined(self, tokens: list[Steps]) -> Steps:
        """Several tokens, or none. This token carries the last of them itself."""
        if not tokens:
            return
        *others, own = tokens
        join = Join(self.clock, len(tokens))
        for token in others:
            self.clock.process(self.member(token, join))
        yield from own
        join.missing -= 1
        if join.missing:
            yield join

    def member(self, token: Steps, join: Join) -> Steps:
        """One of several tokens that run at the same time."""
        yield from token
        join.missing -= 1
        if join.missing == 0:
            join.succeed()

    def rows(self, step: Step) -> tuple[list[float], list[float], list[float]]:
        """Where the step's stamps are written."""
        stamps, number = self.stamps, step.number
        return stamps.enabled[number], stamps.start[number], stamps.end[number]

    def leading_container(self, step: Step) -> list[int] | range:
        """Token -> the container that orders its requests; a consignment's first one for itself."""
        return range(self.plan.containers) if step.at_container else self.first

    def needs(self, demands: tuple[Demand, ...]) -> Callable[[int], Needs]:
        """Token -> the pools and amounts of a set. A pool of which it needs nothing is left out,
        and so is an endless one."""
        demands = tuple(d for d in demands if not self.plan.resources[d.resource].endless)
        pools = [self.pools[demand.resource] for demand in demands]
        if all(isinstance(demand.amount, int) for demand in demands):
            fixed = zip(pools, (demand.amount for demand in demands), strict=True)
            return per_token(tuple((pool, amount) for pool, amount in fixed if amount))
        amounts = [per_token(demand.amount) for demand in demands]

        def needs_of(who: int) -> Needs:
            wanted = [(pool, amount(who)) for pool, amount in zip(pools, amounts, strict=True)]
            return tuple((pool, units) for pool, units in wanted if units)

        return needs_of

    def work(self, step: Step) -> Callable[[int, float], tuple[float, float]] | None:
        """(token, now) -> start and end of the step's work; None if there is none."""
        if step.duration is None:
            return None
        minutes = step.duration.tolist()
        if step.shift < 0:
            return lambda who, now: (now, now + minutes[who])
        shift = self.plan.shifts[step.shift]

        def on_calendar(who: int, now: float) -> tuple[float, float]:
            begin = next_open(shift.opens, shift.closes, now)
            if shift.finish:
                finish = begin + minutes[who]
            else:
                finish = end_of_work(
                    shift.opens, shift.closes, shift.worked, shift.handover, begin, minutes[who]
                )
            if finish == inf:
                raise HorizonError.of("calendar", shift.name, shift.horizon, now)
            return begin, finish

        return on_calendar


def per_token(value: Any) -> Callable[[int], Any]:
    """Token -> its value of an array, or the one value that all have."""
    if isinstance(value, np.ndarray):
        return value.tolist().__getitem__
    return lambda who: value


STOPPED = "stopped"


def _stop(_: Event) -> None:
    raise StopSimulation(STOPPED)
