"""Faults to plant in the reference engine, each of which a check must find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any
from unittest.mock import patch

from sim.engines import pools, reference
from sim.engines.worktime import interval_of
from sim.verification.checks import Outcome
from sim.verification.suite import verify

Patch = tuple[Any, str, Any]


@dataclass(frozen=True)
class Planted:
    """name; what is wrong; patches: (owner, attribute, faulty value); by: ids that must fail."""

    name: str
    what: str
    patches: tuple[Patch, ...]
    by: tuple[str, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The engine with the fault."""
        with ExitStack() as stack:
            for owner, attribute, value in self.patches:
                stack.enter_context(patch.object(owner, attribute, value))
            yield


def turned(create: Callable[..., None], place: int) -> Callable[..., None]:
    """A constructor with the rank (container, node) turned round: the last one is first."""

    def init(self: Any, *arguments: Any) -> None:
        container, node = arguments[place]
        create(self, *arguments[:place], (-container, -node), *arguments[place + 1:])

    return init


def activity_with_early_release(original: Callable[..., Any]) -> Callable[..., Any]:
    """Gangs go as the last work that they are needed for begins, not as it ends."""

    def activity(self: Any, step: Any) -> Any:
        walk = original(self, step)
        gangs = [(self.pools[demand.resource], demand.amount) for demand in step.release
                 if self.plan.resources[demand.resource].name.startswith("gang")]
        if not gangs:
            return walk

        def early(who: int) -> Any:
            for event in walk(who):
                if not isinstance(event, pools.Request):
                    for pool, amount in gangs:
                        pool.give(amount)
                yield event
            for pool, amount in gangs:
                pool.free -= amount  # what the walk has given back a second time

        return early

    return activity


def end_of_work(opens: Any, closes: Any, worked: Any, handover: float, start: float, work: float,
                *, late: bool, free: bool) -> float:
    """The working-time inverse; late: an end at a closing comes at the next opening; free: taking
    over costs nothing."""
    i, left = interval_of(opens, start), work
    while i < len(opens):
        room = closes[i] - start
        if left < room or (left == room and not late):
            return start + left
        left -= room
        i += 1
        if i < len(opens):
            start = opens[i] + (0.0 if free else handover)
    return inf


def late_end(*arguments: Any) -> float:
    """Work that would end exactly at a closing ends at the next opening."""
    return end_of_work(*arguments, late=True, free=False)


def free_handover(*arguments: Any) -> float:
    """A hand-over takes no time."""
    return end_of_work(*arguments, late=False, free=True)


def barging(original: Callable[..., None]) -> Callable[..., None]:
    """Who asks takes units that are free at that instant, past those who wait for them."""

    def decide(self: Any, desk: Any) -> None:
        if not self.needs or any(pool.free < amount for pool, amount in self.needs):
            original(self, desk)
            return
        for pool, amount in self.needs:
            pool.free -= amount
            pool.touch()
        self.granted()

    return decide


def enter_with(key: Callable[[Any, int], tuple[int, int]]) -> Callable[..., None]:
    """Entering the queues with another (class, cycle)."""

    def decide(self: Any, desk: Any) -> None:
        priority, self.cycle = key(self, desk.cycle)
        for pool, _ in self.needs:
            pool.enter((priority, self.cycle, self.rank, self))
        if not self.needs:
            self.granted()

    return decide


Request = pools.Request
FAULTS = (
    Planted("tie-break", "at the same instant the last box goes first",
            ((Request, "__init__", turned(Request.__init__, 3)),
             (pools.Booking, "__init__", turned(pools.Booking.__init__, 2))),
            ("walked.separate", "walked.one-stop", "walked.one-stop-recognition")),
    Planted("early-release", "a gang is free as its last work begins, not as it ends",
            ((reference.Reference, "activity",
              activity_with_early_release(reference.Reference.activity)),),
            ("walked.separate", "calendar.working-hours")),
    Planted("late-end", "work that ends exactly at a closing ends at the next opening",
            ((reference, "end_of_work", late_end),),
            ("calendar.working-hours", "walked.one-stop")),
    Planted("free-handover", "taking over work from the shift before takes no time",
            ((reference, "end_of_work", free_handover),), ("calendar.working-hours",)),
    Planted("barge", "who asks as a unit comes free takes it, past the queue",
            ((Request, "decide", barging(Request.decide)),),
            ("calendar.working-hours",)),
    Planted("last-come", "last come, first served",
            ((Request, "decide", enter_with(lambda request, cycle: (request.priority, -cycle))),),
            ("walked.separate", "queue.mm1.p95")),
    Planted("no-classes", "classes of priority are ignored",
            ((Request, "decide", enter_with(lambda request, cycle: (0, cycle))),),
            ("queue.mmc-priority.high", "queue.mmc-priority.low")),
)
QUICK = ("calendar", "walked", "queue.mm1", "queue.mmc-priority")
SHRINK = 0.1


def found(fault: Planted, only: tuple[str, ...] = QUICK) -> list[Outcome]:
    """The outcomes under a fault that are wrong, not only vague: theory is rejected, numbers are
    not equal, or the run broke off. Replications a tenth as long are enough for that."""
    with fault.planted():
        outcomes = verify(only, engine="reference", shrink=SHRINK)
    return [outcome for outcome in outcomes if outcome.rejected]
