"""What a plan is made of besides the tree: resources, calendars, books and arrivals.

All times are float64 minutes since the start and multiples of 2**-10 (the dyadic clock), so that
sums are exact and the same on every platform. ``faults_of_...`` say all that is wrong at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault
from sim.engines.worktime import working_axis
from sim.process.opentimes import OpenTimes

UNLIMITED = 2**31 - 1
RULES = ("suspend", "finish", "hand-over")
TICKS = 1024.0
LONGEST = 2.0**40
"""Minutes beyond this would leave too few bits for exact sums of many ticks."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Resource:
    """Units that activities take and give back. With a calendar there are none of them to take
    while it is closed; what is in use then stays in use. ``UNLIMITED`` units never run out."""

    name: str
    capacity: int
    calendar: str | None = None

    @property
    def endless(self) -> bool:
        """Unlimited round the clock: nobody ever queues for it, it is only counted."""
        return self.capacity == UNLIMITED and self.calendar is None


@dataclass(frozen=True, eq=False)
class Calendar:
    """Open times [opens, closes), and what happens to work in hand at a closing.

    suspend     it waits for the next opening
    finish      it is finished after hours
    hand-over   as suspend, and every closing crossed costs ``handover`` minutes more work
    """

    opens: Floats
    closes: Floats
    rule: str = "suspend"
    handover: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "opens", np.asarray(self.opens, dtype=np.float64))
        object.__setattr__(self, "closes", np.asarray(self.closes, dtype=np.float64))

    @cached_property
    def times(self) -> OpenTimes:
        """The open times, to be asked for many minutes at once."""
        return OpenTimes(self.opens, self.closes)


@dataclass(frozen=True, eq=False)
class Book:
    """Days of appointments: when each opens, until when one may still book it, how many it
    takes. A request at t can have a day whose cut-off lies after t."""

    opens: Floats
    cutoffs: Floats
    capacity: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "opens", np.asarray(self.opens, dtype=np.float64))
        object.__setattr__(self, "cutoffs", np.asarray(self.cutoffs, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Consignments, and their containers numbered consignment by consignment.

    time          float64[n] when each consignment's token starts, in any order
    containers    int[n] how many containers each has, at least 1
    consignment   columns of n values, container: columns of sum(containers) values; at the level
                  of containers a name is looked up among container columns first
    """

    time: Floats
    containers: NDArray[np.integer]
    consignment: Mapping[str, NDArray] = field(default_factory=dict)
    container: Mapping[str, NDArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", np.asarray(self.time, dtype=np.float64))
        object.__setattr__(self, "containers", np.asarray(self.containers))
        for name in ("consignment", "container"):
            columns = {key: np.asarray(value) for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, columns)


@dataclass(frozen=True, eq=False)
class Shift:
    """The open times common to one or more calendars, with their working-time axis, as lists."""

    name: str
    opens: list[float]
    closes: list[float]
    worked: list[float]
    handover: float
    finish: bool

    @cached_property
    def times(self) -> OpenTimes:
        """The open times, to be asked for many minutes at once."""
        return OpenTimes(self.opens, self.closes)

    @property
    def horizon(self) -> float:
        """The minute after which nothing is known of this calendar."""
        return self.closes[-1]


def common_shift(names: tuple[str, ...], calendars: Mapping[str, Calendar]) -> Shift:
    """The intersection of calendars; empty ``opens`` if they are never open together.

    Work in hand at a closing of the intersection is finished only if every party would finish it;
    otherwise it pauses, and costs the longest hand-over of the parties that hand over.
    """
    return _common_shift(names, tuple(calendars[name] for name in names))


# Calendars are the same objects in all replications of a scenario.
@lru_cache(maxsize=256)
def _common_shift(names: tuple[str, ...], parties: tuple[Calendar, ...]) -> Shift:
    opens, closes = parties[0].opens, parties[0].closes
    for other in parties[1:]:
        opens, closes = intersect(opens, closes, other.opens, other.closes)
    handover = max((c.handover for c in parties if c.rule == "hand-over"), default=0.0)
    opened, closed = opens.tolist(), closes.tolist()
    return Shift(
        name=" and ".join(names),
        opens=opened,
        closes=closed,
        worked=working_axis(opened, closed, handover),
        handover=handover,
        finish=all(c.rule == "finish" for c in parties),
    )


def intersect(
    opens: Floats, closes: Floats, other_opens: Floats, other_closes: Floats
) -> tuple[Floats, Floats]:
    """The pieces common to two lists of intervals (each ordered and without overlap)."""
    low = np.searchsorted(other_closes, opens, side="right")
    high = np.searchsorted(other_opens, closes, side="left")
    count = np.maximum(high - low, 0)
    mine = np.repeat(np.arange(len(opens)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    theirs = np.repeat(low, count) + within
    return (
        np.maximum(opens[mine], other_opens[theirs]),
        np.minimum(closes[mine], other_closes[theirs]),
    )


def fault_of_minutes(values: Floats, where: str) -> Fault | None:
    """What is wrong with an array of times, or None: not finite, too large, not on the clock."""
    if not np.all(np.isfinite(values)):
        bad = values[~np.isfinite(values)][0]
        return Fault("is not a number of minutes", key=where, found=float(bad))
    large = np.abs(values) > LONGEST
    if np.any(large):
        return Fault("is too far away", key=where, found=float(values[large][0]))
    off = values * TICKS != np.floor(values * TICKS)
    if np.any(off):
        return Fault(
            "is not a multiple of 2**-10 minutes",
            key=where,
            found=float(values[off][0]),
            hint="Round drawn times with numpy.round(x * 1024) / 1024",
        )
    return None


def faults_of_calendars(calendars: Mapping[str, Calendar]) -> Iterator[Fault]:
    """Every fault of the calendars by themselves."""
    for name, calendar in calendars.items():
        where = f"calendar '{name}'"
        opens, closes = calendar.opens, calendar.closes
        if opens.ndim != 1 or opens.shape != closes.shape:
            yield Fault("has not as many closings as openings", key=where)
            continue
        if calendar.rule not in RULES:
            yield Fault("unknown rule", key=where, found=calendar.rule, allowed=", ".join(RULES))
        times = np.concatenate([opens, closes, [calendar.handover]])
        fault = fault_of_minutes(times, where)
        if fault:
            yield fault
        elif len(opens) == 0:
            yield Fault("never opens", key=where)
        elif np.any(opens >= closes) or np.any(closes[:-1] > opens[1:]):
            yield Fault("intervals are empty, overlap or are out of order", key=where)
        elif calendar.handover < 0:
            yield Fault("a hand-over cannot take less than no time", key=where)


def faults_of_resources(
    resources: Mapping[str, Resource], calendars: Mapping[str, Calendar]
) -> Iterator[Fault]:
    """Every fault of the resources by themselves."""
    for resource in resources.values():
        where = f"resource '{resource.name}'"
        if not 0 <= resource.capacity <= UNLIMITED:
            yield Fault(
                "capacity out of range", key=where, found=resource.capacity,
                allowed=f"0 to {UNLIMITED} (unlimited)",
            )
        if resource.calendar is not None and resource.calendar not in calendars:
            yield Fault("unknown calendar", key=where, found=resource.calendar)


def faults_of_books(books: Mapping[str, Book]) -> Iterator[Fault]:
    """Every fault of the appointment books by themselves."""
    for name, book in books.items():
        where = f"book '{name}'"
        if book.opens.ndim != 1 or book.opens.shape != book.cutoffs.shape:
            yield Fault("has not as many cut-offs as days", key=where)
            continue
        fault = fault_of_minutes(np.concatenate([book.opens, book.cutoffs]), where)
        if fault:
            yield fault
        elif len(book.opens) == 0 or book.capacity < 1:
            yield Fault("has no room on any day", key=where)
        elif np.any(np.diff(book.opens) <= 0) or np.any(np.diff(book.cutoffs) < 0):
            yield Fault("days or cut-offs are out of order", key=where)


def faults_of_arrivals(arrivals: Arrivals) -> Iterator[Fault]:
    """Every fault of the arrivals by themselves; columns are checked where they are used."""
    n = len(arrivals.time)
    fault = fault_of_minutes(arrivals.time, "arrivals' time")
    if fault:
        yield fault
    elif np.any(arrivals.time < 0):
        yield Fault("lies before the start", key="arrivals' time", found=arrivals.time.min())
    if arrivals.containers.shape != (n,) or (n and arrivals.containers.dtype.kind not in "iu"):
        yield Fault(f"must be {n} whole numbers", key="arrivals' containers")
        return
    if n and arrivals.containers.min() < 1:
        yield Fault("a consignment without a container", key="arrivals' containers")
        return
    total = int(arrivals.containers.sum()) if n else 0
    for level, size in (("consignment", n), ("container", total)):
        for name, values in getattr(arrivals, level).items():
            if values.shape != (size,):
                yield Fault(
                    f"must have {size} values, one per {level}",
                    key=f"{level} column '{name}'",
                    found=values.shape,
                )
