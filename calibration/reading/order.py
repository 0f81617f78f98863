"""Stamps in their order: what contradicts most others of its row is blanked."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from calibration.reading.cells import USED, Cells
from calibration.reading.rowscan import disorder, far_arrivals, put_right
from calibration.reading.stampcodes import FAR, KNOWN, REVERSED
from calibration.records import PLAIN, STAGES

SAMPLE = 200_000
_CHUNK = 1 << 16
NEVER = 0.3
"""Two stamps whose order follows from the work are not held to it if so many rows say otherwise."""
ALWAYS = 0.03
"""Two others are held to the order that all but so many rows show."""
EQUAL = 0.1
"""Of two stamps that are the same in all but so many rows, neither is known to be first."""
ENOUGH = 50
"""Rows that show it."""
FAR_SECONDS = 30 * 86400

_AGENCY = (
    ("start.papers", "end.papers"), ("start.clearance-form", "end.clearance-form"),
    ("start.move-in", "end.move-in"), ("end.move-in", "start.devanning"),
    ("end.move-in", "start.examination"), ("start.devanning", "end.devanning"),
    ("start.devanning", "start.examination"), ("start.examination", "end.examination"),
    ("end.examination", "end.restuffing"), ("start.examination", "start.restuffing"),
    ("start.restuffing", "end.restuffing"), ("end.restuffing", "start.move-back"),
    ("start.move-back", "end.move-back"), ("start.release", "end.release"),
)


def natural_order(names: Iterable[str]) -> list[str]:
    """Stamps in the order of the work: PLAIN first and last, stages between."""
    place = {name: k for k, name in enumerate(PLAIN[:3])}
    place |= {name: 10_000 + k for k, name in enumerate(PLAIN[3:])}

    def key(name: str) -> tuple[int, str]:
        if name in place:
            return place[name], ""
        side, stage, agency = name.split(".", 2)
        return 100 + 2 * STAGES.index(stage) + (side == "end"), agency

    return sorted(names, key=key)


def follows_from_work(before: str, after: str) -> bool:
    """Whether nobody could do the second before the first."""
    if after == "gate-out":
        return before in ("arrival", "discharged", "released") or ".move-in." in before
    if (before, after) == ("arrival", "discharged"):
        return True
    if before == "discharged":
        return after.startswith(("start.move-in.", "end.move-in."))
    if before == "lodged":
        return after.startswith(("start.papers.", "end.papers.")) or after == "released"
    if after == "released":
        return before.startswith(("end.papers.", "end.clearance-form."))
    first, second = before.rpartition("."), after.rpartition(".")
    return first[2] == second[2] and (first[0], second[0]) in _AGENCY


class Order:
    """Which stamps of a log should not be later than which.

    It is seen in the log itself: what follows from the work, unless a third of the rows say
    otherwise, and what nearly all rows show.
    """

    def __init__(self, cells: Cells) -> None:
        self.names = natural_order(cells.stamps)
        before, self.after, self.least = _pairs(cells, self.names)
        # Pairs are sorted by their first stamp: begin[s] is where those of s begin.
        self.begin = np.searchsorted(before, np.arange(len(self.names) + 1)).astype(np.int64)

    def put_right(self, cells: Cells, rows: slice | NDArray[np.int64]) -> int:
        """Blanks the stamps of some rows that are out of order, as few as will do; returns how
        many."""
        table = np.stack([cells.stamps[name][rows] for name in self.names])
        blanked = int(put_right(table, self.begin, self.after, self.least, REVERSED))
        if blanked:
            for k, name in enumerate(self.names):
                cells.stamps[name][rows] = table[k]
        return blanked


def blank_reversed(cells: Cells, order: Order) -> None:
    """Puts all rows in order."""
    starts = range(_CHUNK, len(cells), _CHUNK)
    order.put_right(cells, slice(0, _CHUNK))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda at: order.put_right(cells, slice(at, at + _CHUNK)), starts))


def blank_repaired(cells: Cells, order: Order) -> None:
    """Puts the rows in order that were repaired since; a stamp of a consignment that is out of
    order in one of its rows is so in all."""
    parts = [rows for of in cells.repairs.values() for found in of.values() for rows in found]
    if not parts:
        return
    order.put_right(cells, np.unique(np.concatenate(parts)).astype(np.int64))


def _pairs(cells: Cells, names: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64],
                                                    NDArray[np.int64]]:
    rows = slice(None, None, max(len(cells) // SAMPLE, 1))
    table = np.stack([np.ascontiguousarray(cells.stamps[name][rows]) for name in names])
    every = [(a, b) for a in range(len(names)) for b in range(len(names)) if a != b]
    before = np.array([a for a, _ in every], dtype=np.int64)
    after = np.array([b for _, b in every], dtype=np.int64)
    least = np.array([max(cells.steps.get(names[a], 1), cells.steps.get(names[b], 1))
                      for a, b in every], dtype=np.int64)
    seen = disorder(table, before, after, least)
    kept = []
    for p, (a, b) in enumerate(every):
        known, reversed_ = int(seen[p, 0]), int(seen[p, 1])
        if follows_from_work(names[a], names[b]):
            kept.append(known < ENOUGH or reversed_ <= NEVER * known)
        else:
            other = int(seen[every.index((b, a)), 1])
            kept.append(known >= ENOUGH and reversed_ <= ALWAYS * known
                        and (a < b or other > EQUAL * known)
                        and not follows_from_work(names[b], names[a]))
    chosen = np.array(kept)
    return before[chosen], after[chosen], least[chosen]


def blank_far_arrivals(cells: Cells) -> None:
    """Blanks an arrival that is a month from both discharge and lodging where these two agree."""
    if not all(name in cells.stamps for name in PLAIN[:3]):
        return
    arrival, discharged, lodged = (cells.stamps[name] for name in PLAIN[:3])
    far_arrivals(arrival, discharged, lodged, FAR_SECONDS, FAR)


def spread_blanks(cells: Cells, name: str) -> None:
    """A stamp of a consignment that one of its rows has out of order is out of order in all."""
    values = cells.stamps[name]
    bad = np.flatnonzero((values == REVERSED) & (cells.row == USED))
    if len(bad):
        groups = np.zeros(len(cells.first), dtype=bool)
        groups[cells.group[bad]] = True
        values[groups[cells.group] & (values > KNOWN)] = REVERSED
