"""A run that begins at a cut with work in progress: what was done before is not done again.

In the tree of a port every activity that had been reached by the cut becomes a choice between the
activity and what is left of it. Of one that was over, that is what its token still holds beyond it
(a place in the yard, a gang, a slot): it is taken again at the cut, ahead of everybody else, and
without any work. Work in hand keeps its activity with the minutes that are left; work that was
being finished after hours only ends, since its resource cannot be taken off shift. Requests that
waited at the cut keep their order ahead of whatever comes later. Nodes that nobody had reached
stay as they are, so that a run without progress has the tree that it always had.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sim.process.inputs import Arrivals
from sim.process.tree import (
    Activity,
    Appointment,
    Choice,
    EachContainer,
    Gather,
    Need,
    Node,
    Parallel,
    Sequence,
    children_of,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

SKIP = Sequence(())


@dataclass(frozen=True)
class Place:
    """A node with its number, whether it stands inside EachContainer, its children's numbers."""

    number: int
    node: Node
    inside: bool
    children: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Progress:
    """What had become of the activities and appointments by the cut. Keys are the numbers of nodes
    in the tree (as `walk` counts them), values have one entry per entity of the node's level. An
    entity has entries only at nodes that it reaches.

    done     bool: over before the cut (an appointment: its day had come)
    left     float64: minutes of work left of what was in hand, NaN elsewhere
    closing  bool: in hand, but its hours had ended: it is finished all the same
    since    float64: when what was waiting, or in hand, had asked; NaN elsewhere
    """

    done: dict[int, Flags] = field(default_factory=dict)
    left: dict[int, Floats] = field(default_factory=dict)
    closing: dict[int, Flags] = field(default_factory=dict)
    since: dict[int, Floats] = field(default_factory=dict)

    def reached(self, number: int) -> bool:
        """Whether anybody had reached a node."""
        return (bool(np.any(self.done.get(number, False)))
                or any(number in table and not np.all(np.isnan(table[number]))
                       for table in (self.left, self.since)))


def resume(tree: Node, arrivals: Arrivals, progress: Progress, cut: float
           ) -> tuple[Node, Arrivals]:
    """Tree and arrivals of a run that begins at minute `cut` (on the clock) with this progress.

    Who came before the cut enters at the cut. Appointments that were made but whose day had not
    come are made anew, as nothing tells how full the days are.
    """
    begun = Arrivals(np.maximum(arrivals.time, cut), arrivals.containers,
                     dict(arrivals.consignment), dict(arrivals.container))
    resumer = _Resumer(begun, progress)
    return resumer.changed(tree, False), begun


class _Resumer:
    """Walks the tree as `walk` does, and counts its nodes; fills the columns of the arrivals."""

    def __init__(self, arrivals: Arrivals, progress: Progress) -> None:
        self.arrivals, self.progress = arrivals, progress
        self.owner = np.repeat(np.arange(len(arrivals.time)), arrivals.containers)
        self.count = 0
        self.held: dict[tuple[int, str], Ints] = {}
        waits = [since[~np.isnan(since)] for since in progress.since.values()]
        self.waits = np.unique(np.concatenate([np.empty(0), *waits]))

    def changed(self, node: Node, inside: bool) -> Node:
        """The node at its place, with all below it."""
        if self.count == 0:
            self.hold(places(node))
        number = self.count
        self.count += 1
        match node:
            case Sequence(children) | Parallel(children):
                return replace(node, children=tuple(self.changed(c, inside) for c in children))
            case Choice(_, branches):
                return replace(node, branches=tuple(self.changed(b, inside) for b in branches))
            case EachContainer(child):
                return EachContainer(self.changed(child, True))
            case Gather(child):
                return Gather(self.changed(child, False))
            case Appointment() if self.progress.reached(number):
                return self.choice(number, inside, (node, SKIP))
            case Activity() if self.progress.reached(number):
                return self.activity(node, number, inside)
        return node

    def choice(self, number: int, inside: bool, branches: tuple[Node, ...]) -> Node:
        """Before the cut or not: 0 from the beginning or from where it was, 1 over, 2 closing."""
        size = len(self.owner) if inside else len(self.arrivals.time)
        over = self.progress.done.get(number, np.zeros(size, dtype=bool))
        way = over.astype(np.int64)
        if number in self.progress.closing:
            way[self.progress.closing[number]] = 2
        self.put(inside, f"progress.{number}", way)
        return Choice(f"progress.{number}", branches)

    def activity(self, node: Activity, number: int, inside: bool) -> Node:
        """An activity: as it is or with the work that is left; what it still holds; its end."""
        left = self.progress.left.get(number)
        onward = node
        if left is not None and node.duration is not None:
            whole = self.column(node.duration, inside)
            self.put(inside, f"left.{number}", np.where(np.isnan(left), whole, left))
            onward = replace(onward, duration=f"left.{number}")
        onward = self.in_order(onward, number, inside)
        ended: Node = SKIP
        needs = [(resource, units) for (of, resource), units in self.held.items() if of == number]
        if needs:
            for resource, units in needs:
                self.put(inside, f"held.{number}.{resource}", units)
            again = tuple(tuple(Need(need.resource, f"held.{number}.{need.resource}")
                                for need in group if (number, need.resource) in self.held)
                          for group in node.seize)
            # Ahead of all that wait: a class below theirs.
            ended = Activity(node.stage, seize=tuple(group for group in again if group),
                             agency=node.agency, site=node.site, attempt=node.attempt,
                             priority=-len(self.waits) - 2)
        branches: tuple[Node, ...] = (onward, ended)
        if np.any(self.progress.closing.get(number, False)):
            own = [need for group in node.seize for need in group]
            branches += (replace(onward, seize=(), calendars=(), window=None, release=tuple(
                need for need in node.release if need not in own)),)
        return self.choice(number, inside, branches)

    def in_order(self, node: Activity, number: int, inside: bool) -> Activity:
        """Who was at work first, then those who waited, by the time since when they did.

        At a window's opening all ask anew, so nobody is ahead of others there. All classes of a
        port's own queues are 0, and lie behind these.
        """
        since = self.progress.since.get(number)
        if since is None or not node.seize:
            return node
        usual = (self.column(node.priority, inside) if isinstance(node.priority, str)
                 else np.full(len(since), node.priority))
        waited = ~np.isnan(since) & (node.window is None)
        priority = np.where(waited, np.searchsorted(self.waits, since) - len(self.waits), usual)
        if number in self.progress.left:
            priority[~np.isnan(self.progress.left[number])] = -len(self.waits) - 1
        self.put(inside, f"rank.{number}", priority.astype(np.int64))
        return replace(node, priority=f"rank.{number}")

    def hold(self, nodes: list[Place]) -> None:
        """What activities that are over took and none that is over gave back, put down to the last
        of those that took it. A done activity gives nothing back: it was not taken again."""
        net: dict[tuple[bool, str], Ints] = {}
        taken: list[tuple[int, bool, Need, Ints]] = []
        for place in nodes:
            number, inside, node = place.number, place.inside, place.node
            over = self.progress.done.get(number)
            if not isinstance(node, Activity) or over is None or not over.any():
                continue
            for sign, needs in ((1, [n for group in node.seize for n in group]),
                                (-1, node.release)):
                for need in needs:
                    amount = (self.column(need.amount, inside) if isinstance(need.amount, str)
                              else np.int64(need.amount))
                    units = np.where(over, amount, 0)
                    key = inside, need.resource
                    net[key] = net.get(key, np.zeros(len(over), dtype=np.int64)) + sign * units
                    if sign > 0:
                        taken.append((number, inside, need, units))
        for number, inside, need, units in reversed(taken):
            here = np.clip(net[inside, need.resource], 0, units)
            net[inside, need.resource] -= here
            if here.any():
                self.held[number, need.resource] = here

    def column(self, name: str, inside: bool) -> NDArray:
        """A column at the level of a node, as the tree's own look-up has it."""
        if inside and name in self.arrivals.container:
            return self.arrivals.container[name]
        values = self.arrivals.consignment[name]
        return values[self.owner] if inside else values

    def put(self, inside: bool, name: str, values: NDArray) -> None:
        """A new column at the level of a node."""
        tables = self.arrivals.container if inside else self.arrivals.consignment
        assert isinstance(tables, dict)
        tables[name] = values


def places(tree: Node) -> list[Place]:
    """Every node of a tree at its place, in the order of their numbers."""
    found: list[Place] = []

    def visit(node: Node, inside: bool) -> int:
        place = Place(len(found), node, inside)
        found.append(place)
        below = isinstance(node, EachContainer) or (inside and not isinstance(node, Gather))
        place.children.extend(visit(child, below) for child in children_of(node))
        return place.number

    visit(tree, False)
    return found
