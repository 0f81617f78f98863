"""Checks of a plan that need the whole walk: balance, deadlock, needs, offered load.

One depth-first walk over the resolved steps keeps, for every entity, the units it holds and the
minutes of work it has done. From it follow

- **balance**: what is taken is given back, by every consignment on its own way through the tree;
- **order**: whoever waits for a resource while holding another draws an arrow between the two. An
  atomic set draws arrows both ways among its resources: at the head of one queue it may be waiting
  in another, and nobody overtakes it. If no arrow of holding lies on a circle, there is one global
  order of acquisition, and nobody can wait for ever;
- **offered load**: the minutes of work during which units are held. Waiting is not counted, so it
  is a lower bound of what the resource has to carry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault
from sim.process.inputs import UNLIMITED, Resource, Shift
from sim.process.steps import Demand, Step
from sim.process.tree import Activity, EachContainer, Gather, Parallel

Amounts = NDArray[np.int64]


@dataclass(eq=False)
class Holdings:
    """Units held now, by resource: by the consignments, and by the containers themselves. A
    container that gives back what its consignment took counts below 0."""

    whole: dict[int, Amounts] = field(default_factory=dict)
    own: dict[int, Amounts] = field(default_factory=dict)

    def copy(self) -> Holdings:
        """Independent copies of the tables (arrays are replaced, never changed in place)."""
        return Holdings(dict(self.whole), dict(self.own))

    def add(self, other: Holdings) -> None:
        """Adds another's units, entity by entity."""
        for mine, more in ((self.whole, other.whole), (self.own, other.own)):
            for resource, units in more.items():
                mine[resource] = mine.get(resource, 0) + units

    def less(self, other: Holdings) -> Holdings:
        """The units that these holdings have beyond another's, where they differ at all."""
        return Holdings(*({name: units - old.get(name, 0) for name, units in new.items()
                           if units is not old.get(name)}
                          for new, old in ((self.whole, other.whole), (self.own, other.own))))


@dataclass(eq=False)
class HoldingsWalk:
    """The walk. ``visit`` returns the minutes of work done so far and the resources asked for."""

    steps: Sequence[Step]
    resources: Sequence[Resource]
    first: NDArray[np.int64]
    owner: NDArray[np.int64]
    faults: list[Fault]
    held: Holdings = field(default_factory=Holdings)
    arrows: dict[tuple[int, int], str] = field(default_factory=dict)
    together: dict[tuple[int, int], str] = field(default_factory=dict)
    sums: dict[int, tuple[Amounts, Amounts]] = field(default_factory=dict)
    """Resource -> units held by containers, and their sums by consignment: the last ones asked
    for."""

    def __post_init__(self) -> None:
        self.work = np.zeros(len(self.resources))
        self.several = np.repeat(np.diff(self.first) > 1, np.diff(self.first))

    def visit(self, number: int, done: NDArray) -> tuple[NDArray, set[int]]:
        """Walk the step and all below it; ``done`` is the work before it, per entity."""
        step = self.steps[number]
        match step.node:
            case Activity():
                return self.activity(step, done)
            case Parallel():
                return self.parallel(step, done)
            case EachContainer() if step.children:
                after, asked = self.visit(step.children[0], done[self.owner])
                self.join(step, asked)
                return self.latest(after), asked
            case Gather() if step.children:
                self.join(step, self.asked_by_containers(step))
                after, asked = self.visit(step.children[0], self.latest(done))
                return np.where(step.runs, after[self.owner], done), asked
        everything: set[int] = set()
        for child in step.children:
            done, asked = self.visit(child, done)
            everything |= asked
        return done, everything

    def activity(self, step: Step, done: NDArray) -> tuple[NDArray, set[int]]:
        """Take the sets of the chain, work, give back."""
        asked: set[int] = set()
        if not len(step.entities):
            return done, asked
        for demands in step.seize:
            wanted = {}
            for demand in demands:
                asks = asking(step, demand)
                if len(asks):
                    wanted[demand.resource] = asks
                    self.check_need(step, demand)
            asked |= wanted.keys()
            for resource, asks in wanted.items():
                for other in self.held.whole.keys() | self.held.own.keys():
                    if self.matters(other, resource) and self.held_by_any(step, other, asks):
                        self.arrow(self.arrows, other, resource, step)
                for other in wanted.keys() - {resource}:
                    if len(np.intersect1d(asks, wanted[other], assume_unique=True)):
                        self.arrow(self.together, other, resource, step)
            for demand in demands:
                self.change(step, demand, 1, done)
        if step.duration is not None:
            done = done + step.duration
        for demand in step.release:
            self.change(step, demand, -1, done)
            if self.below_zero(demand.resource):
                name = self.resources[demand.resource].name
                self.faults.append(Fault(f"gives back more of '{name}' than is held",
                                         key=step.label))
        return done, asked

    def parallel(self, step: Step, done: NDArray) -> tuple[NDArray, set[int]]:
        """Every child starts from the same holdings, without what another child gives back: that
        is the other's to hold. What each keeps is added up at the join, and is held while the
        other children may still be waiting."""
        before = self.held
        given = [self.given_back(child) for child in step.children]
        ends, asked, gains = [done], [], []
        for i, child in enumerate(step.children):
            start = before.copy()
            for j, other in enumerate(given):
                if j != i:
                    start.add(other)
            self.held = start.copy()
            end, asks = self.visit(child, done)
            ends.append(end)
            asked.append(asks)
            gains.append(self.held.less(start))
        joined = before.copy()
        for i, gain in enumerate(gains):
            joined.add(gain)
            for table in (gain.whole, gain.own):
                for resource, units in table.items():
                    if np.any(units > 0):
                        for j in range(len(gains)):
                            for wanted in asked[j] if j != i else ():
                                self.arrow(self.arrows, resource, wanted, step)
        self.held = joined
        return np.maximum.reduce(ends), set().union(*asked)

    def given_back(self, number: int) -> Holdings:
        """What a step and all below it give back beyond what they take, as units of 0 or less."""
        net = Holdings()
        waiting = [number]
        while waiting:
            step = self.steps[waiting.pop()]
            waiting += step.children
            table = net.own if step.at_container else net.whole
            for demands, sign in (*((chain, 1) for chain in step.seize), (step.release, -1)):
                for demand in demands:
                    add(table, step, demand, sign)
        return Holdings(*({resource: np.minimum(units, 0) for resource, units in table.items()
                           if np.any(units < 0)} for table in (net.whole, net.own)))

    def join(self, step: Step, asked: set[int]) -> None:
        """Containers that keep units while they wait for the others of their consignment."""
        for resource, units in self.held.own.items():
            if np.any((units > 0) & self.several):
                for wanted in asked:
                    self.arrow(self.arrows, resource, wanted, step)

    def asked_by_containers(self, gather: Step) -> set[int]:
        """What containers ask for anywhere before a Gather, within its EachContainer."""
        begin = max(s.number for s in self.steps[: gather.number]
                    if isinstance(s.node, EachContainer))
        return {
            demand.resource
            for step in self.steps[begin : gather.number] if step.at_container
            for demands in step.seize for demand in demands
        }

    def change(self, step: Step, demand: Demand, sign: int, done: NDArray) -> None:
        """Take (+1) or give back (-1) the demand for every entity that runs the step."""
        units = add(self.held.own if step.at_container else self.held.whole, step, demand, sign)
        self.work[demand.resource] -= float(np.sum(units * done[step.entities]))

    def total(self, resource: int) -> Amounts:
        """Units held by each consignment and all its containers together."""
        units = np.zeros(len(self.first) - 1, dtype=np.int64) + self.held.whole.get(resource, 0)
        if resource in self.held.own:
            own = self.held.own[resource]
            # Arrays are replaced, never changed in place.
            if resource not in self.sums or self.sums[resource][0] is not own:
                self.sums[resource] = own, self.of_containers(own)
            units += self.sums[resource][1]
        return units

    def of_containers(self, units: Amounts) -> Amounts:
        """Sums over the containers of each consignment."""
        return np.diff(np.concatenate([[0], np.cumsum(units)])[self.first])

    def below_zero(self, resource: int) -> bool:
        """Whether a consignment and its containers together hold less than none."""
        tables = (self.held.whole.get(resource), self.held.own.get(resource))
        return any(table is not None and np.min(table) < 0 for table in tables) and bool(
            np.any(self.total(resource) < 0))

    def held_by_any(self, step: Step, resource: int, entities: Amounts) -> bool:
        """Whether any of these entities of the step waits with units of the resource in hand."""
        whole, own = self.held.whole.get(resource), self.held.own.get(resource)
        if not step.at_container:
            units = whole if own is None else self.total(resource)
            return units is not None and bool(np.any(units[entities] > 0))
        if own is not None and np.any(own[entities] > 0):
            return True
        if whole is None or not np.any(whole > 0):
            return False
        if own is not None:
            whole = whole + self.of_containers(np.minimum(own, 0))
        return bool(np.any(whole[self.owner[entities]] > 0))

    def latest(self, values: NDArray) -> NDArray:
        """The maximum over the containers of each consignment."""
        return np.maximum.reduceat(values, self.first[:-1])

    def check_need(self, step: Step, demand: Demand) -> None:
        """A need above the capacity would wait for ever."""
        resource = self.resources[demand.resource]
        most = int(np.max(units_of(step, demand)))
        if most > resource.capacity:
            self.faults.append(Fault(
                f"needs more of '{resource.name}' than there is",
                key=step.label, found=most, allowed=f"at most {resource.capacity}",
            ))

    def matters(self, begin: int, end: int) -> bool:
        """Whether an arrow of holding would tell anything that is not known."""
        return (begin, end) not in self.arrows and not (
            self.resources[begin].endless or self.resources[end].endless)

    def arrow(self, arrows: dict, begin: int, end: int, step: Step) -> None:
        """Note an arrow, and where; nobody ever queues for an endless resource."""
        if not (self.resources[begin].endless or self.resources[end].endless):
            arrows.setdefault((begin, end), f"{step.label} (node {step.number})")

    def finish(self) -> None:
        """The faults that show at the end of the walk."""
        for resource in sorted(self.held.whole.keys() | self.held.own.keys()):
            left = self.total(resource)
            if np.any(left != 0):
                name = self.resources[resource].name
                self.faults.append(Fault(
                    f"resource '{name}' is taken and not given back",
                    found=f"{left[left != 0][0]} units by {np.count_nonzero(left)} consignments",
                ))
        circle = find_circle(set(self.arrows), set(self.together))
        if circle:
            names = [self.resources[i].name for i in circle]
            pairs = zip(circle, circle[1:], strict=False)
            places = [self.arrows.get(pair) or f"{self.together[pair]} at once" for pair in pairs]
            self.faults.append(Fault(
                "resources are not acquired in one order, so that all could wait for ever",
                found=" -> ".join(names) + f", at {'; '.join(dict.fromkeys(places))}",
                hint="Take them in one order everywhere, or everywhere in one atomic set",
            ))


def units_of(step: Step, demand: Demand) -> Amounts:
    """Units that each entity of a step needs, one value per entity that it is reached by."""
    if isinstance(demand.amount, np.ndarray):
        return demand.amount[step.entities]
    return np.full(len(step.entities), demand.amount, dtype=np.int64)


def asking(step: Step, demand: Demand) -> Amounts:
    """The entities that need units at all, by number."""
    return step.entities[units_of(step, demand) > 0]


def add(table: dict[int, Amounts], step: Step, demand: Demand, sign: int) -> Amounts:
    """Put a demand of all entities that reach a step into a table, with a sign; their units."""
    units = sign * units_of(step, demand)
    if demand.resource in table:
        held = table[demand.resource].copy()
        held[step.entities] += units
    else:
        held = np.zeros(len(step.runs), dtype=np.int64)
        held[step.entities] = units
    table[demand.resource] = held
    return units


def find_circle(holding: set[tuple[int, int]], together: set[tuple[int, int]]) -> list[int]:
    """A shortest circle with at least one arrow of holding, as a list that ends where it begins;
    [] if there is none. Arrows among what is taken at once are no circle by themselves."""
    follow: dict[int, list[int]] = {}
    for begin, end in sorted(holding | together):
        follow.setdefault(begin, []).append(end)
    circles = []
    for held, wanted in sorted(holding):
        paths = {wanted: [held, wanted]}
        queue = deque([wanted])
        while queue and held not in paths:
            node = queue.popleft()
            for after in follow.get(node, ()):
                if after not in paths:
                    paths[after] = [*paths[node], after]
                    queue.append(after)
        if held in paths:
            circles.append(paths[held])
    return min(circles, key=len, default=[])


def offered_load(
    work: NDArray, resources: Sequence[Resource], shifts: dict[str, Shift], times: NDArray
) -> dict[str, float]:
    """Work minutes demanded over capacity minutes open from the first to the last arrival.

    0 for unlimited resources and where there is no demand; nan where arrivals span no time; inf
    where there is demand and no capacity.
    """
    begin, end = float(np.min(times)), float(np.max(times))
    loads = {}
    for demanded, resource in zip(work.tolist(), resources, strict=True):
        if resource.capacity == UNLIMITED or demanded == 0.0:
            loads[resource.name] = 0.0
        elif begin == end:
            loads[resource.name] = float("nan")
        else:
            minutes = end - begin
            if resource.calendar is not None:
                shift = shifts[resource.calendar]
                minutes = float(np.diff(shift.times.before(np.array([begin, end])))[0])
            supply = minutes * resource.capacity
            loads[resource.name] = demanded / supply if supply > 0 else float("inf")
    return loads
