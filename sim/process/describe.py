"""A process tree as plain JSON, to be drawn or compared."""

from __future__ import annotations

from typing import Any

from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Need,
    Node,
    Parallel,
    Sequence,
)


def describe(node: Node) -> dict[str, Any]:
    """The node and everything below it; empty sequences are left out of their parents."""
    match node:
        case Sequence(children):
            return {"kind": "sequence", "children": _all(children)}
        case Parallel(children):
            return {"kind": "parallel", "children": _all(children)}
        case Choice(column, branches):
            return {"kind": "choice", "column": column,
                    "branches": [describe(branch) for branch in branches]}
        case EachContainer(child):
            return {"kind": "each-container", "child": describe(child)}
        case Gather(child):
            return {"kind": "gather", "child": describe(child)}
        case Await(column):
            return {"kind": "await", "column": column}
        case Appointment():
            return {"kind": "appointment", "stage": node.stage, "book": node.book,
                    **_labels(node)}
        case Activity():
            return {"kind": "activity", "stage": node.stage, "duration": node.duration,
                    "seize": [[_need(need) for need in chain] for chain in node.seize],
                    "release": [_need(need) for need in node.release],
                    "calendars": list(node.calendars), "window": node.window, **_labels(node)}


def _all(children: tuple[Node, ...]) -> list[dict[str, Any]]:
    return [describe(child) for child in children if child != Sequence(())]


def _labels(node: Activity | Appointment) -> dict[str, Any]:
    return {"agency": node.agency, "site": node.site, "attempt": node.attempt}


def _need(need: Need) -> dict[str, Any]:
    return {"resource": need.resource, "amount": need.amount}
