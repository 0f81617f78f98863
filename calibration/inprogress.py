"""What the records show to be in progress at a cut, as the progress of the process's activities.

A log has stamps of some activities and none of others, and lacks some that it should have. So an
activity is over if its end is known, or if anything that comes after it in the process has begun.
What has begun and is not over is in hand: its time is drawn from those that are longer than what
has passed, and what has passed is taken off. That is the law of the rest given what has passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calibration.records import Flags, Floats, Records
from sim.distributions import on_clock
from sim.process.inputs import Arrivals, Calendar, Shift, common_shift
from sim.process.resume import Place, Progress, places
from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Node,
    Parallel,
    Sequence,
)

COMING = ("arrival", "discharged")
"""Stamps that say nothing of how far the process has come."""


@dataclass(eq=False)
class Reading:
    """Reads progress off the records of the consignments that are open at a cut.

    records   as of the cut: what came later is blank
    arrivals  of the run: its first consignments are those of the records, in their order
    copies    column -> float64[K, n or N of the records]: K draws of every duration, among which
              those of work in hand are chosen
    hidden    (stage, agency) -> bool[n]: consignments for which an activity is over that the log
              has no stamps of
    spent     (stage, agency) -> float64[n]: work that has passed of what is in hand although the
              log does not show when it began, NaN elsewhere
    """

    tree: Node
    records: Records
    arrivals: Arrivals
    calendars: Mapping[str, Calendar]
    cut: float
    copies: Mapping[str, Floats]
    hidden: Mapping[tuple[str, str], Flags] = field(default_factory=dict)
    spent: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.places = places(self.tree)
        self.owner = self.records.consignment
        self.begun: dict[int, Flags] = {}
        self.shifts: dict[tuple[str, ...], Shift] = {}
        if not len(self.records):
            return
        stamps = [self.records.minutes(name) for name in self.records.seconds
                  if name not in COMING]
        self.last = np.fmax.reduce(stamps)
        self.stamps = {p.number: self.seen(p) for p in self.places
                       if isinstance(p.node, Activity)}
        self.begins(self.places[0])

    def read(self) -> Progress:
        """The progress of every activity of the run; of consignments still to come there is none.
        """
        if not len(self.records):
            return self.progress
        everybody = np.ones(self.size(False), dtype=bool)
        self.settle(self.places[0], everybody, ~everybody, everybody)
        whole = {False: len(self.arrivals.time), True: int(self.arrivals.containers.sum())}
        for table in (self.progress.done, self.progress.left, self.progress.closing,
                      self.progress.since):
            for number, values in table.items():
                blank = False if values.dtype == bool else np.nan
                longer = np.full(whole[self.places[number].inside], blank, dtype=values.dtype)
                longer[:len(values)] = values
                table[number] = longer  # type: ignore[assignment]
        return self.progress

    def size(self, inside: bool) -> int:
        """Containers or consignments of the records."""
        return len(self.records) if inside else len(self.records.first)

    def column(self, name: str, inside: bool) -> NDArray:
        """A column of the arrivals for the entities of the records."""
        if inside and name in self.arrivals.container:
            return self.arrivals.container[name][:len(self.records)]
        values = self.arrivals.consignment[name][:len(self.records.first)]
        return values[self.owner] if inside else values

    # what the stamps say ----------------------------------------------------------------------

    def seen(self, place: Place) -> tuple[Floats, Floats]:
        """(start, end) of an activity by its entities, NaN where not known."""
        node, inside = place.node, place.inside
        assert isinstance(node, Activity)
        members = node.agency.split("+") if node.agency else self.records.agencies
        start = self.earliest([f"start.{node.stage}.{a}" for a in members], inside)
        end = self.latest([f"end.{node.stage}.{a}" for a in members], inside)
        if node.stage == "restuffing":
            # Nothing has to be waited for between the two.
            start = np.fmin(start, self.latest([f"end.examination.{a}" for a in members], inside))
        if (node.stage, node.agency) in self.hidden:
            end = np.where(self.hidden[node.stage, node.agency], self.cut, np.nan)
        if node.stage == "move-back" and np.isnan(start).all() and np.isnan(end).all():
            end = self.back(node, members)
        return start, end

    def earliest(self, names: list[str], inside: bool) -> Floats:
        values = [self.records.minutes(name) if inside else self.records.of_consignments(name)
                  for name in names]
        return np.asarray(np.fmin.reduce(values))

    def latest(self, names: list[str], inside: bool) -> Floats:
        values = [self.records.minutes(name) if inside
                  else self.records.of_consignments(name, last=True) for name in names]
        return np.asarray(np.fmax.reduce(values))

    def back(self, node: Activity, members: list[str]) -> Floats:
        """Where a log lacks the way back: a box goes back in the first window after its stay."""
        closes = self.calendars[node.window or ""].closes
        stay = self.latest([f"end.{stage}.{a}" for stage in ("examination", "restuffing")
                            for a in members], True)
        after = np.searchsorted(closes, np.nan_to_num(stay, nan=np.inf), side="right")
        gone = closes[np.minimum(after, len(closes) - 1)]
        return np.where(~np.isnan(stay) & (gone <= self.cut), gone, np.nan)

    def begins(self, place: Place) -> Flags:
        """bool per entity of the place's level: whether anything there or below has begun."""
        below = [self.begins(self.places[number]) for number in place.children]
        found = np.zeros(self.size(place.inside), dtype=bool)
        match place.node:
            case Activity():
                start, end = self.stamps[place.number]
                found = ~np.isnan(start) | ~np.isnan(end)
            case Choice(column, _):
                way = self.column(column, place.inside)
                for k, flags in enumerate(below):
                    found |= flags & (way == k)
            case EachContainer():
                found = np.logical_or.reduceat(below[0], self.records.first)
            case Gather():
                found = below[0][self.owner]
            case _:
                for flags in below:
                    found |= flags
        self.begun[place.number] = found
        return found

    # from the root down -----------------------------------------------------------------------

    def settle(self, place: Place, comes: Flags, over: Flags, here: Flags) -> Flags:
        """Writes down the progress of everything below a place; returns who is past it.

        comes: who takes this way; over: for whom all of it must be over, as something after it
        has begun; here: who has come as far. Who takes another way is past it once here.
        """
        children = [self.places[number] for number in place.children]
        match place.node:
            case Sequence():
                for i, child in enumerate(children):
                    later = over.copy()
                    for after in children[i + 1:]:
                        later |= self.begun[after.number]
                    here = self.settle(child, comes, later, here)
                return here
            case Parallel():
                past = here.copy()
                for child in children:
                    past &= self.settle(child, comes, over, here)
                return past
            case Choice(column, _):
                way = self.column(column, place.inside)
                for k, child in enumerate(children):
                    here = self.settle(child, comes & (way == k), over, here)
                return here
            case EachContainer():
                past = self.settle(children[0], comes[self.owner], over[self.owner],
                                   here[self.owner])
                return np.asarray(np.logical_and.reduceat(past, self.records.first))
            case Gather():
                first = self.records.first
                past = self.settle(children[0], np.logical_or.reduceat(comes, first),
                                   np.logical_or.reduceat(over, first),
                                   np.logical_and.reduceat(here, first))
                return past[self.owner] & here
            case Await(column):
                return here & (over | (self.column(column, place.inside) <= self.cut))
            case Appointment():
                self.progress.done[place.number] = comes & over
                return here & (~comes | over)
            case Activity():
                return self.activity(place, comes, over, here)
        raise AssertionError(place.node)

    def activity(self, place: Place, comes: Flags, over: Flags, here: Flags) -> Flags:
        """Over, in hand or waiting."""
        node, number = place.node, place.number
        assert isinstance(node, Activity)
        start, end = self.stamps[number]
        done = comes & (over | ~np.isnan(end))
        spent = self.spent.get((node.stage, node.agency), np.full(len(start), np.nan))
        in_hand = comes & ~done & ~(np.isnan(start) & np.isnan(spent)) & (
            node.duration is not None)
        self.progress.done[number] = done
        last = self.last if place.inside else np.fmax.reduceat(self.last, self.records.first)
        waits = comes & here & ~done
        # Of whom nothing is known yet has still to come.
        self.progress.since[number] = np.minimum(
            np.where(in_hand, start, np.where(waits, last, np.nan)), self.cut)
        left = np.full(len(done), np.nan)
        if in_hand.any():
            left[in_hand] = self.left(node, place.inside, in_hand, start, spent[in_hand])
        self.progress.left[number] = left
        self.progress.closing[number] = in_hand & self.after_hours(node)
        return here & (done | ~comes)

    def left(self, node: Activity, inside: bool, in_hand: Flags, start: Floats, spent: Floats
             ) -> Floats:
        """Minutes of work that are left of what is in hand."""
        assert node.duration is not None
        passed = self.cut - start[in_hand]
        shift = self.shift(node.calendars)
        if shift is not None and not shift.finish:
            passed = (shift.times.before(np.full(int(in_hand.sum()), self.cut))
                      - shift.times.before(start[in_hand]))
        passed = np.where(np.isnan(spent), passed, spent)
        drawn = self.copies[node.duration]
        if inside and drawn.shape[1] != len(self.records):
            drawn = drawn[:, self.owner]
        return rest(passed, drawn[:, in_hand])

    def shift(self, names: tuple[str, ...]) -> Shift | None:
        if names and names not in self.shifts:
            self.shifts[names] = common_shift(names, self.calendars)
        return self.shifts.get(names)

    def after_hours(self, node: Activity) -> bool:
        """Whether work in hand at the cut is being finished although its hours have ended."""
        names = node.calendars if node.window is None else (node.window, *node.calendars)
        shift = self.shift(names)
        return bool(shift is not None and shift.finish
                    and not shift.times.open_at(np.array([self.cut]))[0])


def rest(passed: Floats, drawn: Floats) -> Floats:
    """What is left, on the clock, of work of which some has passed (float64[m]): that of the first
    of K draws (float64[K, m]) that is longer; nothing where all of them are shorter."""
    longer = drawn > passed
    chosen = drawn[longer.argmax(axis=0), np.arange(len(passed))]
    return np.where(longer.any(axis=0), on_clock(np.maximum(chosen - passed, 0.0)), 0.0)
