"""The process as a tree of plain values: what is done, in which order, with which resources.

A *token* walks the tree: first one per consignment; :class:`EachContainer` turns it into one per
container and joins them again. A node is reached at most once by a token, so a consignment, a
container and a node's number together name one row of the event log.

Nodes are numbered depth-first, parents before children, the root 0 (:func:`walk`). The same node
object may stand in several places of a tree: its number belongs to the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Need:
    """An amount of a resource: a fixed number, or the name of an integer column."""

    resource: str
    amount: int | str = 1


@dataclass(frozen=True)
class Sequence:
    """Children one after the other. Without children it does nothing, as an empty branch."""

    children: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))


@dataclass(frozen=True)
class Parallel:
    """Children at the same time; it ends when the last of them has ended."""

    children: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))


@dataclass(frozen=True)
class Choice:
    """One of the branches, counted from 0, as an integer column says."""

    column: str
    branches: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", tuple(self.branches))


@dataclass(frozen=True)
class EachContainer:
    """Only at the level of the consignment: the child once per container, then all joined."""

    child: Node


@dataclass(frozen=True)
class Gather:
    """Only inside :class:`EachContainer`: when every container of the consignment has arrived,
    the child runs once, at the level of the consignment; then all containers go on."""

    child: Node


@dataclass(frozen=True)
class Activity:
    """A stage of the process: take resources, work, give resources back.

    stage       stable identity of the activity in logs and measures
    duration    name of a column of minutes; None is no work at all
    seize       a chain of atomic sets: ``((slot,), (gang,))`` takes the slot, then the gang, then
                works; ``((gang, officer),)`` takes both at once, or neither
    release     given back when the work ends; it need not be what this activity took, because a
                resource may be held across activities
    calendars   names of the parties' calendars; the work runs on their intersection
    window      name of a calendar in whose open times the sets must be granted and the work must
                start; at its closing a request is withdrawn, and made again at the next opening
                (sets of the chain granted before stay held)
    agency, site, attempt   labels for the log
    priority    class in the queues, lower first; a number or the name of an integer column
    """

    stage: str
    duration: str | None = None
    seize: tuple[tuple[Need, ...], ...] = ()
    release: tuple[Need, ...] = ()
    calendars: tuple[str, ...] = ()
    window: str | None = None
    agency: str = ""
    site: str = ""
    attempt: int = 0
    priority: int | str = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "seize", tuple(tuple(group) for group in self.seize))
        object.__setattr__(self, "release", tuple(self.release))
        object.__setattr__(self, "calendars", tuple(self.calendars))


@dataclass(frozen=True)
class Await:
    """Wait until the absolute minute that a column gives; a minute gone by is no wait."""

    column: str


@dataclass(frozen=True)
class Appointment:
    """Take the first day of a book that has room and whose cut-off is still to come, and wait for
    that day's opening. In the log: enabled = request, start = decision, end = opening."""

    stage: str
    book: str
    agency: str = ""
    site: str = ""
    attempt: int = 0


Node: TypeAlias = (
    Sequence | Parallel | Choice | EachContainer | Gather | Activity | Await | Appointment
)


def children_of(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, in their order."""
    match node:
        case Sequence(children) | Parallel(children):
            return children
        case Choice(_, branches):
            return branches
        case EachContainer(child) | Gather(child):
            return (child,)
        case _:
            return ()


def walk(tree: Node) -> Iterator[Node]:
    """All nodes depth-first, parents first: the n-th that comes has the number n."""
    yield tree
    for child in children_of(tree):
        yield from walk(child)
