"""The plan: tree and arrivals resolved, checked and ready to run. Engines read nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, InputError
from sim.process.checks import HoldingsWalk, offered_load
from sim.process.inputs import (
    UNLIMITED,
    Arrivals,
    Book,
    Calendar,
    Resource,
    Shift,
    common_shift,
    faults_of_arrivals,
    faults_of_books,
    faults_of_calendars,
    faults_of_resources,
)
from sim.process.steps import Demand, Resolver, Step
from sim.process.tree import Node

__all__ = [
    "UNLIMITED", "Arrivals", "Book", "Calendar", "Demand", "Plan", "Resource", "Shift", "Step",
    "build_plan",
]


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything an engine needs.

    steps            the tree's nodes in their order, resolved (see :class:`Step`)
    time             float64[n], first: int64[n + 1] first container of each consignment (the last
                     value is their number), owner: int64[N] consignment of each container
    shifts           intersections of calendars that steps and resources refer to by index
    resource_shift   per resource the index of its shift, -1 = round the clock
    watch            bool[n]: the run ends at the instant at which all of these are done, or at cap
    offered          resource name -> offered load; overloaded = names with a load of 1 or more
    kept             what engines and laws worked out from steps and arrivals alone; a plan made
                     from this one by `dataclasses.replace`, with other resources, shares it
    """

    tree: Node
    steps: tuple[Step, ...]
    time: NDArray[np.float64]
    first: NDArray[np.int64]
    owner: NDArray[np.int64]
    resources: tuple[Resource, ...]
    resource_shift: tuple[int, ...]
    shifts: tuple[Shift, ...]
    books: tuple[tuple[str, Book], ...]
    watch: NDArray[np.bool_]
    cap: float
    offered: Mapping[str, float]
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def consignments(self) -> int:
        """How many consignments there are."""
        return len(self.time)

    @property
    def containers(self) -> int:
        """How many containers there are."""
        return len(self.owner)

    @property
    def overloaded(self) -> tuple[str, ...]:
        """Resources that are offered at least as much work as they can do."""
        return tuple(name for name, load in self.offered.items() if load >= 1.0)


def build_plan(
    tree: Node,
    arrivals: Arrivals,
    resources: Iterable[Resource],
    calendars: Mapping[str, Calendar] | None = None,
    books: Mapping[str, Book] | None = None,
    watch: NDArray[np.bool_] | None = None,
    cap: float = inf,
) -> Plan:
    """Resolve a process tree against its arrivals, check it, and return the plan.

    watch    which consignments the run waits for; all if None
    cap      the minute at which the run ends in any case

    Raises InputError with every fault found: unknown names, columns of the wrong kind or size,
    times off the dyadic clock, needs above a capacity, resources not given back or acquired in no
    common order, calendars never open together, containers that would wait for ever.
    """
    resources, calendars, books = tuple(resources), dict(calendars or {}), dict(books or {})
    by_name = {resource.name: resource for resource in resources}
    faults = [
        *faults_of_arrivals(arrivals),
        *faults_of_calendars(calendars),
        *faults_of_resources(by_name, calendars),
        *faults_of_books(books),
    ]
    if len(by_name) < len(resources):
        faults.append(Fault("two resources have the same name"))
    watched, fault = _watched(watch, len(arrivals.time))
    if fault:
        faults.append(fault)
    if np.isnan(cap) or cap < 0:
        faults.append(Fault("must be a minute after the start", key="cap", found=cap))
    if faults:
        raise InputError(faults)

    containers = arrivals.containers.astype(np.int64)
    first = np.concatenate([[0], np.cumsum(containers)]).astype(np.int64)
    owner = np.repeat(np.arange(len(containers)), containers)
    resolver = Resolver(arrivals, by_name, calendars, books, first, owner, faults)
    resolver.add(tree, False, np.ones(len(containers), dtype=bool))
    if faults:
        raise InputError(faults)

    walk = HoldingsWalk(resolver.steps, resources, first, owner, faults)
    offered = {resource.name: 0.0 for resource in resources}
    alone = {name: common_shift((name,), calendars) for name in calendars}
    if len(containers):
        walk.visit(0, np.zeros(len(containers)))
        walk.finish()
        offered = offered_load(walk.work, resources, alone, arrivals.time)
    if faults:
        raise InputError(faults)
    resource_shift = tuple(
        resolver.shift(resolver.steps[0], (resource.calendar,)) if resource.calendar else -1
        for resource in resources
    )
    return Plan(
        tree=tree,
        steps=tuple(resolver.steps),
        time=arrivals.time,
        first=first,
        owner=owner,
        resources=resources,
        resource_shift=resource_shift,
        shifts=tuple(resolver.shifts),
        books=tuple(books.items()),
        watch=watched,
        cap=float(cap),
        offered=offered,
    )


def _watched(watch: NDArray | None, n: int) -> tuple[NDArray[np.bool_], Fault | None]:
    """The flags of the consignments to wait for, and what is wrong with them."""
    if watch is None:
        return np.ones(n, dtype=bool), None
    flags = np.asarray(watch)
    if flags.shape != (n,) or flags.dtype.kind != "b":
        return np.zeros(n, dtype=bool), Fault(f"must be {n} true or false values", key="watch")
    return flags, None
