"""Queues and grants: pools of units, windows, books of appointments, and the desk in front of them.

The rules are those of an instant in phases:

1. Everything that happens at t acts at once: ends, arrivals, releases, calendars' edges. Requests
   raised meanwhile are only *noted*. These actions commute, so their order does not matter.
2. The desk takes the notes in the order (container, node): days of appointment are decided, and
   requests enter the queue of every pool that they need. A queue's order is (class, cycle of
   entry, container, node).
3. The desk grants: only a request that is first in every queue it stands in, and only if every
   pool has enough free units. Grants then commute as well. Granted tokens act in phase 1 of the
   next cycle at the same t, and so on until nothing happens at t.

The desk is one event per cycle, scheduled behind SimPy's own priorities, so that it runs when
everything else at t is done.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from operator import attrgetter
from typing import Any, TypeAlias

from simpy import Environment, Event
from simpy.events import NORMAL

from sim.engines.failures import HorizonError
from sim.engines.worktime import interval_of
from sim.process.plan import Book, Shift

AFTER_ALL = NORMAL + 1
"""Priority of the desk: behind every other event of the instant."""

Needs: TypeAlias = "tuple[tuple[Pool, int], ...]"
Rank: TypeAlias = tuple[int, int]
"""(container, node): how notes of one cycle, and requests of one class and cycle, are ordered."""


class Clock(Environment):
    """SimPy's environment with events at absolute times, which a delay could not always hit."""

    def __init__(self) -> None:
        super().__init__(initial_time=0.0)

    def at(self, time: float, priority: int = NORMAL) -> Event:
        """An event that happens at the given minute."""
        event = Event(self)
        self.put(event, time, priority)
        return event

    def put(self, event: Event, time: float, priority: int = NORMAL) -> None:
        """Let an event that has not happened yet happen at the given minute."""
        event._ok = True
        event._value = None
        heappush(self._queue, (time, priority, next(self._eid), event))  # type: ignore[misc]


class Join(Event):
    """The event that the last of several tokens has come."""

    def __init__(self, clock: Clock, missing: int) -> None:
        super().__init__(clock)
        self.missing = missing


class Request(Event):
    """A token's wish for an atomic set of units. It is the event of its own grant."""

    def __init__(
        self, desk: Desk, needs: Needs, priority: int, rank: Rank, window: Window | None
    ) -> None:
        super().__init__(desk.clock)
        self.needs = needs
        self.priority = priority
        self.rank = rank
        self.window = window
        self.cycle = 0
        """The cycle in which it entered the queues; 0 while it stands in none."""
        if window is None:
            desk.note(self)
        else:
            window.ask(self)

    def decide(self, desk: Desk) -> None:
        """Phase 2: enter the queues."""
        self.cycle = desk.cycle
        entry = (self.priority, self.cycle, self.rank, self)
        for pool, _ in self.needs:
            pool.enter(entry)
        if not self.needs:
            self.granted()

    def grant_if_possible(self) -> bool:
        """Phase 3: take the units if first in every queue and all are free."""
        for pool, amount in self.needs:
            if pool.free < amount or pool.head() is not self:
                return False
        for pool, amount in self.needs:
            heappop(pool.queue)
            pool.free -= amount
            pool.touch()
        self.granted()
        return True

    def granted(self) -> None:
        """Let the token go on in the next cycle."""
        if self.window is not None:
            self.window.asking.pop(self)
        self.succeed()


class Pool:
    """Units of a resource, and those who wait for them. Its calendar takes all units away while
    it is closed: ``free`` may then be below 0, what is in use stays in use, nothing starts."""

    __slots__ = ("capacity", "desk", "free", "name", "over", "queue", "shift")

    def __init__(self, desk: Desk, name: str, capacity: int, shift: Shift | None) -> None:
        self.desk = desk
        self.name = name
        self.capacity = capacity
        self.free = capacity if shift is None else 0
        self.queue: list[tuple[int, int, Rank, Request]] = []
        self.shift = shift
        self.over = False

    def head(self) -> Request | None:
        """The first request, after clearing away entries of requests withdrawn since."""
        queue = self.queue
        while queue:
            _, cycle, _, request = queue[0]
            if request.cycle == cycle:
                return request
            heappop(queue)
        return None

    def enter(self, entry: tuple[int, int, Rank, Request]) -> None:
        """A request joins the queue."""
        heappush(self.queue, entry)
        if self.queue[0] is entry:
            self.desk.touched.append(self)

    def give(self, amount: int) -> None:
        """Phase 1: units come back."""
        self.free += amount
        self.touch()

    def touch(self) -> None:
        """Have the desk look at this queue again, if anybody stands in it."""
        if self.queue:
            self.desk.touched.append(self)
            if not self.desk.called:
                self.desk.call()

    def opens(self) -> None:
        """Phase 1: the calendar opens."""
        self.give(self.capacity)

    def closes(self) -> None:
        """Phase 1: the calendar closes."""
        self.free -= self.capacity

    def ends(self) -> None:
        """Phase 1: the calendar closes for the last time; nobody may wait for it any more."""
        self.over = True
        self.touch()

    def refuse(self) -> None:
        """Stop the run: what the calendar says after its end is not known."""
        assert self.shift is not None
        raise HorizonError.of("calendar", self.shift.name, self.shift.horizon, self.desk.clock.now)


class Window:
    """Open times in which requests are granted. At the closing they are withdrawn (the deadline
    wins over a grant at the same minute), at the next opening they are made again."""

    def __init__(self, desk: Desk, shift: Shift) -> None:
        self.desk = desk
        self.shift = shift
        self.is_open = False
        self.over = False
        self.asking: dict[Request, None] = {}
        self.waiting: list[Request] = []

    def ask(self, request: Request) -> None:
        """Phase 1: note a request now, or at the next opening."""
        if self.is_open:
            self.asking[request] = None
            self.desk.note(request)
        else:
            self.waiting.append(request)
            self.refuse_if_over()

    def opens(self) -> None:
        """Phase 1: make all waiting requests (again)."""
        self.is_open = True
        for request in self.waiting:
            self.asking[request] = None
            self.desk.note(request)
        self.waiting.clear()

    def closes(self) -> None:
        """Phase 1: withdraw all requests that are not granted."""
        self.is_open = False
        for request in self.asking:
            self.desk.withdraw(request)
        self.waiting.extend(self.asking)
        self.asking.clear()

    def ends(self) -> None:
        """Phase 1: the last closing."""
        self.over = True
        self.refuse_if_over()

    def refuse_if_over(self) -> None:
        """Stop the run if anybody waits for an opening that is not known."""
        if self.over and self.waiting:
            shift = self.shift
            raise HorizonError.of("calendar", shift.name, shift.horizon, self.desk.clock.now)


class Diary:
    """A book of appointments with the room that is left on each day."""

    def __init__(self, name: str, book: Book, cap: float) -> None:
        self.name = name
        self.cap = cap
        self.opens: list[float] = book.opens.tolist()
        self.cutoffs: list[float] = book.cutoffs.tolist()
        self.room = [book.capacity] * len(self.opens)

    def take(self, now: float) -> float:
        """Book the first day with room whose cut-off lies after now; returns its opening, inf if
        every day is taken until after the run's end."""
        day = interval_of(self.cutoffs, now) + 1
        while day < len(self.room) and self.room[day] == 0:
            day += 1
        if day == len(self.room):
            if self.opens[-1] >= self.cap:
                return inf
            raise HorizonError.of("book", self.name, self.cutoffs[-1], now)
        self.room[day] -= 1
        return self.opens[day]


class Booking(Event):
    """A token's wish for an appointment: the event of that day's opening."""

    def __init__(
        self, desk: Desk, diary: Diary, rank: Rank, who: int,
        decided: Callable[[int, float], None],
    ) -> None:
        super().__init__(desk.clock)
        self.diary = diary
        self.rank = rank
        self.who = who
        self.decided = decided
        desk.note(self)

    def decide(self, desk: Desk) -> None:
        """Phase 2: choose the day."""
        now = desk.clock.now
        opening = self.diary.take(now)
        if opening == inf:
            # No day is left before the run's end: the token stands there, undecided, until then.
            return
        self.decided(self.who, now)
        if opening > now:
            desk.clock.put(self, opening)
        else:
            self.succeed()


class Desk:
    """Phases 2 and 3 of every instant (see the head of this file)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.cycle = 0
        self.called = False
        self.noted: list[Any] = []
        self.touched: list[Pool] = []
        self.next_cycle: list[Event] = []

    def call(self) -> None:
        """Have the desk run when everything else at this instant is done."""
        self.called = True
        self.clock.at(self.clock.now, AFTER_ALL).callbacks.append(self.run)

    def note(self, wish: Request | Booking) -> None:
        """Phase 1: remember a wish for phase 2."""
        self.noted.append(wish)
        if not self.called:
            self.call()

    def withdraw(self, request: Request) -> None:
        """Phase 1: take a request that is not granted out of the notes or out of its queues."""
        if request.cycle == 0:
            self.noted.remove(request)
            return
        request.cycle = 0
        for pool, _ in request.needs:
            pool.touch()

    def put(self, event: Event, time: float) -> None:
        """Let an event happen at a minute; if that is now, in the next cycle of this instant."""
        if time > self.clock.now:
            self.clock.put(event, time)
        else:
            self.next_cycle.append(event)
            if not self.called:
                self.call()

    def until(self, time: float) -> Event:
        """An event at the given minute; no wait at all still ends in the next cycle only."""
        event = Event(self.clock)
        self.put(event, time)
        return event

    def run(self, _: Event) -> None:
        """Phases 2 and 3 of one cycle."""
        self.cycle += 1
        ended, self.next_cycle = self.next_cycle, []
        noted, self.noted = self.noted, []
        if len(noted) > 1:
            noted.sort(key=attrgetter("rank"))
        for wish in noted:
            wish.decide(self)
        touched = self.touched
        while touched:
            pool = touched.pop()
            first = pool.head()
            if first is not None:
                if pool.over:
                    pool.refuse()
                first.grant_if_possible()
        self.called = False  # until here, so that what grants touch calls for no further cycle
        for event in ended:
            event.succeed()
