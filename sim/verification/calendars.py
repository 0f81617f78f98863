"""Deterministic work on working-hours calendars, against a computation of its own.

The computation knows no intervals and no axis: a calendar is a table of the four weeks' minutes,
open or not. The k-th open minute is P[k]. Work of d minutes that starts in the open minute P[i], a
fraction f of a minute into it, has used up x = i + f + d open minutes when it ends: at
P[floor(x)] + x - floor(x), or, if x is whole, at the end of minute P[x - 1]. All numbers are
multiples of 2**-10, so these sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.distributions import on_clock
from sim.engines import simulate
from sim.process.plan import Arrivals, Calendar, Resource, build_plan
from sim.process.tree import Activity, Need
from sim.streams import uniforms
from sim.verification.checks import Agreement, Exact, Floats, agreement

DAY, DAYS, TASKS = 1440, 56, 300
"""Work arrives in the first half of the days, so that none gets past the end."""

Windows = tuple[tuple[int, int], ...]
OFFICE: Windows = ((510, 720), (810, 1050))
EARLY: Windows = ((480, 690), (780, 1020))
NIGHT: Windows = ((1320, 1800),)


@dataclass(frozen=True)
class Party:
    """Windows of minutes since midnight on the first `weekdays` days of a week."""

    windows: Windows
    weekdays: int = 5
    rule: str = "suspend"
    handover: int = 0

    def spans(self) -> list[tuple[int, int]]:
        """(open, close) of every interval, minutes since the start."""
        return [(day * DAY + begin, day * DAY + end) for day in range(DAYS)
                if day % 7 < self.weekdays for begin, end in self.windows]

    def calendar(self) -> Calendar:
        """The calendar as the engine takes it."""
        opens, closes = np.array(self.spans(), dtype=np.float64).T
        return Calendar(opens, closes, self.rule, float(self.handover))

    def minutes(self) -> NDArray[np.bool_]:
        """Whether each minute is open."""
        table = np.zeros((DAYS + 2) * DAY, dtype=bool)
        for begin, end in self.spans():
            table[begin:end] = True
        return table


class Hours:
    """The table of the minutes in which all parties are open."""

    def __init__(self, parties: tuple[Party, ...]):
        table = np.logical_and.reduce([party.minutes() for party in parties])
        self.open = table
        self.finish = all(party.rule == "finish" for party in parties)
        handover = max((p.handover for p in parties if p.rule == "hand-over"), default=0)
        # Minutes that are open and not among the first `handover` ones after an opening.
        useful = table.copy()
        for opening in np.flatnonzero(table & ~np.concatenate([[False], table[:-1]])):
            useful[opening:opening + handover] = False
        self.all_minutes, self.useful = np.flatnonzero(table), np.flatnonzero(useful)
        self.closed = np.flatnonzero(~table)

    def start(self, time: float) -> float:
        """The first open instant from `time` on."""
        if self.open[int(time)]:
            return time
        return float(self.all_minutes[np.searchsorted(self.all_minutes, time)])

    def closing(self, start: float) -> int:
        """The closing that follows an open instant."""
        return int(self.closed[np.searchsorted(self.closed, start)])

    def end(self, start: float, work: float) -> float:
        """When work ends that begins at an open instant."""
        closing = self.closing(start)
        if self.finish or start + work <= closing:
            return start + work
        used = int(np.searchsorted(self.useful, closing)) + work - (closing - start)
        whole = int(used)
        if whole == used:
            return float(self.useful[whole - 1] + 1)
        return float(self.useful[whole] + used - whole)

    def work_until_closing(self, start: float, crossed: int) -> float:
        """Minutes of work from an open instant until the closing after `crossed` others."""
        closing, work = self.closing(start), self.closing(start) - start
        for _ in range(crossed):
            opening = int(self.all_minutes[np.searchsorted(self.all_minutes, closing)])
            closing = self.closing(opening)
            work += np.count_nonzero((self.useful >= opening) & (self.useful < closing))
        return float(work)


CASES: dict[str, tuple[Party, ...]] = {
    "pauses at noon and at night": (Party(OFFICE),),
    "is finished after hours": (Party(OFFICE, rule="finish"),),
    "is handed over": (Party(OFFICE, rule="hand-over", handover=15),),
    "over midnight, every day": (Party(NIGHT, 7),),
    "of two parties": (Party(OFFICE), Party(EARLY)),
    "of two, one hands over": (Party(OFFICE, rule="hand-over", handover=20), Party(EARLY)),
    "of two, one would finish": (Party(OFFICE, rule="finish"), Party(EARLY)),
    "of two who both finish": (Party(OFFICE, rule="finish"), Party(EARLY, rule="finish")),
}


def tasks(name: str, seed: int, hours: Hours) -> tuple[Floats, Floats]:
    """Arrivals and works: a third of any length, a third that ends at a closing, the others whole
    minutes or none; a quarter arrives at an opening or at a closing."""
    half = DAYS * DAY // 2

    def draw(what: str) -> Floats:
        return uniforms(seed, 0, f"verify.calendar.{name}.{what}", TASKS)

    times, kind = on_clock(draw("time") * half), draw("kind")
    edges = np.flatnonzero(np.diff(hours.open[:half].astype(int))) + 1
    chosen = edges[(draw("edge") * len(edges)).astype(int)]
    times = np.where(draw("at edge") < 0.25, chosen, times)
    times = np.unique(times)
    works = np.empty(len(times))
    length, crossed = draw("length") * 1500.0, (draw("crossed") * 5).astype(int)
    for i, time in enumerate(times.tolist()):
        if kind[i] < 1 / 3:
            works[i] = on_clock(length[i])
        elif kind[i] < 2 / 3:
            works[i] = hours.work_until_closing(hours.start(time), int(crossed[i]))
        else:
            works[i] = np.floor(length[i] * 0.4) if kind[i] < 0.95 else 0.0
    return times, works


def compare_case(name: str, seed: int, engine: str) -> tuple[dict[str, float], dict[str, float]]:
    """Expected and simulated stamps: each task by itself, and all of them before one gang whose
    hours are the first party's."""
    parties = CASES[name]
    hours, gang_hours = Hours(parties), Hours(parties[:1])
    times, works = tasks(name, seed, hours)
    names = tuple(f"party {i}" for i in range(len(parties)))
    calendars = {label: party.calendar() for label, party in zip(names, parties, strict=True)}
    ones = np.ones(len(times), dtype=np.int64)
    expected: dict[str, float] = {}
    found: dict[str, float] = {}
    gang = Need("gang")
    trees = {"alone": Activity("work", "work", calendars=names),
             "before one gang": Activity("work", "work", ((gang,),), (gang,), names)}
    for title, tree in trees.items():
        # Before a gang the work is a twentieth, or the queue would outlast the calendar.
        spent = works if title == "alone" else on_clock(works / 20.0)
        plan = build_plan(tree, Arrivals(times, ones, {"work": spent}),
                          [Resource("gang", 1, names[0])], calendars)
        _, starts, ends = simulate(plan, engine).stamps(0)
        free = 0.0
        for i, (time, work) in enumerate(zip(times.tolist(), spent.tolist(), strict=True)):
            granted = time if title == "alone" else gang_hours.start(max(time, free))
            start = hours.start(granted)
            free = hours.end(start, work)
            key = f"work that {name}, {title}, {work:g} min asked for at {time:g}"
            expected |= {f"{key}: start": start, f"{key}: end": free}
            found |= {f"{key}: start": float(starts[i]), f"{key}: end": float(ends[i])}
    return expected, found


def compare(seed: int, engine: str) -> Agreement:
    """All cases together."""
    expected: dict[str, float] = {}
    found: dict[str, float] = {}
    for name in CASES:
        one, other = compare_case(name, seed, engine)
        expected |= one
        found |= other
    return agreement(expected, found)


CALENDARS = (
    Exact("calendar.working-hours", "work on calendars: pauses, hand-over, several parties, ends "
          "at a closing; starts and ends", compare),
)
