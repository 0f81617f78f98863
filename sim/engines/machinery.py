"""What steps ask for, calendars and books of a plan as the flat tables of the kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.process.plan import Plan
from sim.process.steps import Demand, Step
from sim.process.tree import Activity, Appointment

AWAIT, BOOK, ACTIVITY = 0, 1, 2
OPENS, CLOSES, ENDS = 0, 1, 2


def machinery(plan: Plan) -> dict[str, NDArray]:
    """What steps ask for, calendars, their edges, and books, as flat arrays by name."""
    demands: list[Demand] = []
    set_from, chain_from, back_from = [0], [0], [0]
    back: list[Demand] = []
    for step in plan.steps:
        chain = step.seize or (((),) if step.window >= 0 else ())
        for group in chain:
            demands += _finite(plan, group)
            set_from.append(len(demands))
        chain_from.append(len(set_from) - 1)
        back += _finite(plan, step.release)
        back_from.append(len(back))
    offset = len(demands)
    every = demands + back
    columns = [d.amount for d in every if not isinstance(d.amount, int)]
    starts = np.cumsum([0, *(len(c) for c in columns)])
    column = np.full(len(every), -1, dtype=np.int64)
    column[[i for i, d in enumerate(every) if not isinstance(d.amount, int)]] = starts[:-1]
    steps, shifts = plan.steps, plan.shifts
    edge_time, edge_kind, edge_pool, edge_window = _edges(plan)
    return {
        "kind": np.array([_kind(s) for s in steps], dtype=np.int32),
        "works": np.array([s.duration is not None for s in steps], dtype=np.bool_),
        "shift": np.array([s.shift for s in steps], dtype=np.int32),
        "window": np.array([s.window for s in steps], dtype=np.int32),
        "book": np.array([s.book for s in steps], dtype=np.int32),
        "chain_from": np.array(chain_from, dtype=np.int64),
        "set_from": np.array(set_from, dtype=np.int64),
        "back_from": np.array(back_from, dtype=np.int64) + offset,
        "resource": np.array([d.resource for d in every], dtype=np.int32),
        "amount": np.array([d.amount if isinstance(d.amount, int) else 0 for d in every],
                           dtype=np.int64),
        "column": column,
        "amounts": np.concatenate([np.empty(0, np.int64), *columns]),
        "shift_from": np.cumsum([0, *(len(s.opens) for s in shifts)]).astype(np.int64),
        "opens": _joined(s.opens for s in shifts), "closes": _joined(s.closes for s in shifts),
        "worked": _joined(s.worked for s in shifts),
        "handover": np.array([s.handover for s in shifts], dtype=np.float64),
        "finish": np.array([s.finish for s in shifts], dtype=np.bool_),
        "edge_time": edge_time, "edge_kind": edge_kind, "edge_pool": edge_pool,
        "edge_window": edge_window,
        "capacity": np.array([r.capacity for r in plan.resources], dtype=np.int64),
        "book_from": np.cumsum([0, *(len(b.opens) for _, b in plan.books)]).astype(np.int64),
        "book_opens": _joined(b.opens for _, b in plan.books),
        "cutoffs": _joined(b.cutoffs for _, b in plan.books),
        "room": np.concatenate([np.empty(0, np.int64), *(
            np.full(len(b.opens), b.capacity) for _, b in plan.books)]),
    }


def _finite(plan: Plan, demands: tuple[Demand, ...]) -> list[Demand]:
    """The demands that can make anybody wait."""
    return [d for d in demands if not plan.resources[d.resource].endless]


def _kind(step: Step) -> int:
    match step.node:
        case Activity():
            return ACTIVITY
        case Appointment():
            return BOOK
        case _:
            return AWAIT


def _joined(lists: Iterable[Any]) -> NDArray[np.float64]:
    return np.concatenate([np.empty(0), *(np.asarray(v, dtype=np.float64) for v in lists)])


def _edges(plan: Plan) -> tuple[NDArray, ...]:
    """Openings and closings of pools and windows in order of time; at one minute a closing comes
    before the next opening. Per edge: minute, kind, pool or -1, window or -1."""
    gates = [(i, shift, -1) for i, shift in enumerate(plan.resource_shift) if shift >= 0]
    gates += [(-1, shift, shift) for shift in sorted({s.window for s in plan.steps} - {-1})]
    found = []
    for pool, index, window in gates:
        shift = plan.shifts[index]
        opens, closes = np.asarray(shift.opens), np.asarray(shift.closes)
        opens, closes = np.maximum(opens[closes > 0], 0.0), closes[closes > 0]
        times = np.column_stack([opens, closes]).ravel()
        kinds = np.tile([OPENS, CLOSES], len(opens))
        last = times[-1] if len(times) else 0.0
        times, kinds = np.append(times, last), np.append(kinds, ENDS)
        found.append((times, kinds, np.full(len(times), pool), np.full(len(times), window)))
    if not found:
        empty = np.empty(0, dtype=np.int32)
        return np.empty(0), empty, empty, empty
    edges = [np.concatenate(part) for part in zip(*found, strict=True)]
    order = np.argsort(edges[0], kind="stable")
    time, *indices = (part[order] for part in edges)
    return time, *(part.astype(np.int32) for part in indices)
