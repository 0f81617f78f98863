"""From cells as they were read to consignments that agree with themselves."""

from __future__ import annotations

import numpy as np

from calibration.reading import fields, rowscan
from calibration.reading.cells import (
    NO_VALUE,
    NOT_AGREED,
    NOT_SELECTED,
    REJECTED,
    REPEATED,
    USED,
    Cells,
)
from calibration.reading.order import (
    Order,
    blank_far_arrivals,
    blank_repaired,
    blank_reversed,
    natural_order,
    spread_blanks,
)
from calibration.reading.rowscan import FIRST, LAST, MAJORITY
from calibration.reading.stampcodes import ABSENT, CONTRADICTED, KNOWN
from calibration.reading.window import (
    blank_midnights,
    blank_outside,
    find_steps,
    find_window,
    round_down,
)
from calibration.records import PLAIN

WEEKS_APART = 14 * 86400
"""Rows of one declaration number whose arrivals lie further apart are not one consignment."""
BY_BOX = 0.2
"""If so many declarations disagree with themselves, a stamp is not the declaration's but the
box's."""
ONCE = ("arrival", "lodged", "released")
ONCE_STAGES = ("papers", "clearance-form", "release")


def of_consignment(name: str) -> bool:
    """Whether a stamp belongs to the consignment rather than to each of its containers."""
    return name in ONCE or any(part in ONCE_STAGES for part in name.split(".")[1:2])


def put_in_order(cells: Cells) -> tuple[int, int]:
    """Checks every cell; returns the first and last stamp of the log's window.

    Afterwards rows are used, repeated or rejected, rows of a consignment stand together and agree.
    """
    cells.steps = find_steps(cells)
    blank_midnights(cells)
    window = find_window(cells)
    blank_outside(cells, window)
    round_down(cells)
    blank_far_arrivals(cells)
    group(cells)
    order = Order(cells)
    blank_reversed(cells, order)
    merge_repeated(cells)
    cells.row[~cells.boxed] = REJECTED
    agree(cells)
    blank_repaired(cells, order)
    for name in filter(of_consignment, cells.stamps):
        spread_blanks(cells, name)
    check_selections(cells)
    reject_untimed(cells)
    return window


def anchor_of(cells: Cells) -> np.ndarray:
    """int32[n]: when each row came about: the middle of arrival, discharge and lodging, else its
    earliest stamp, else ABSENT."""
    out = np.full(len(cells), ABSENT, dtype=np.int32)
    none = np.full(len(cells), ABSENT, dtype=np.int32)
    arrival, discharged, lodged = (cells.stamps.get(name, none) for name in PLAIN[:3])
    rowscan.anchors(arrival, discharged, lodged, out)
    lacking = np.flatnonzero(out == ABSENT)
    if len(lacking):
        earliest = np.full(len(lacking), 2**31 - 1, dtype=np.int64)
        for values in cells.stamps.values():
            here = values[lacking].astype(np.int64)
            earliest = np.where(here > KNOWN, np.minimum(earliest, here), earliest)
        out[lacking] = np.where(earliest == 2**31 - 1, ABSENT, earliest).astype(np.int32)
    return out


def hashes(keys: np.ndarray) -> np.ndarray:
    """uint64[n] of texts S[n]."""
    out = np.empty(len(keys), dtype=np.uint64)
    fields.hashed(np.ascontiguousarray(keys).view(np.uint8).reshape(len(keys), -1), out)
    return out


def group(cells: Cells) -> None:
    """Numbers consignments and puts their rows together, in the order of the file within.

    A row without a declaration is a consignment of its own, with rows of the same box and moment.
    """
    key = hashes(cells.declaration)
    own = np.flatnonzero(cells.declaration == b"")
    if len(own):
        anchor = anchor_of(cells)
        apart = hashes(cells.box[own]) ^ (anchor[own].astype(np.int64).view(np.uint64)
                                         * np.uint64(0x9E3779B97F4A7C15))
        unknown = (cells.box[own] == b"") | (anchor[own] == ABSENT)
        apart[unknown] = (own[unknown].astype(np.uint64) + np.uint64(1)) * np.uint64(
            0xD6E8FEB86659FD93)
        key[own] = apart
    # Rows of one key are put in the order of the file below.
    order = np.argsort(key).astype(np.int32)
    numbers = np.empty(len(cells), dtype=np.int32)
    _, split = rowscan.groups(key, anchor_of(cells), order, WEEKS_APART, numbers)
    del key
    begins = np.flatnonzero(np.diff(numbers, prepend=-1)).astype(np.int64)
    cells.declaration = cells.declaration[order[begins]]
    cells.note("declaration numbers of several consignments, weeks apart: split", split)
    cells.reorder(order)
    if cells.raw:
        place = {int(before): k for k, before in enumerate(order)} if len(order) < 1 << 20 else {}
        cells.raw = ({place[row]: text for row, text in cells.raw.items()} if place
                     else _moved(cells.raw, order))
    cells.group = numbers
    cells.first = begins
    cells.row = np.zeros(len(cells), dtype=np.uint8)
    cells.differs = np.zeros(len(cells), dtype=bool)


def _moved(raw: dict[int, str], order: np.ndarray) -> dict[int, str]:
    wanted = np.zeros(len(order), dtype=bool)
    wanted[list(raw)] = True
    return {int(k): raw[int(order[k])] for k in np.flatnonzero(wanted[order])}


def merge_repeated(cells: Cells) -> None:
    """Rows of the same box in one consignment are one: the first takes what it lacks from the
    others, and keeps what it has where they differ."""
    first = np.empty(len(cells), dtype=np.int32)
    rowscan.repeats(cells.first, hashes(cells.box), cells.boxed, first)
    again = np.flatnonzero(first != np.arange(len(cells), dtype=np.int32))
    if not len(again):
        return
    cells.again, cells.first_of = again, first[again]
    cells.row[again] = REPEATED
    differs = np.zeros(len(cells), dtype=np.uint8)
    for name, values in cells.stamps.items():
        filled = np.zeros(len(cells), dtype=np.uint8)
        if rowscan.fill(values, KNOWN, cells.steps[name], first, filled, differs):
            cells.repair(name, "taken from a repeated row", filled.astype(bool))
    for name, codes in cells.codes.items():
        filled = np.zeros(len(cells), dtype=np.uint8)
        limit = 0 if name == "size" else -1
        if rowscan.fill(codes, limit, 1, first, filled, differs):
            cells.repair(name, "taken from a repeated row", filled.astype(bool))
    cells.differs = differs.astype(bool)
    cells.note("repeated rows that contradict the first, which counts", int(np.sum(differs)))


def agree(cells: Cells) -> None:
    """One value per consignment of what belongs to it; see rowscan.agree."""
    for name in natural_order(cells.stamps):
        if of_consignment(name):
            values = cells.stamps[name]
            step = cells.steps[name]
            several, differing = rowscan.disagreement(values, KNOWN, step, cells.first, cells.row)
            how, what = MAJORITY, "differed from most of its declaration"
            if several >= 50 and differing > BY_BOX * several:
                how = LAST if name in ("released",) or name.startswith("end.") else FIRST
                what = f"the {'last' if how == LAST else 'first'} of its declaration's boxes"
                cells.remarks.append(
                    f"{name} differs among the boxes of {differing} of {several} declarations: "
                    f"{what} is taken for all")
            flags = np.zeros(len(cells), dtype=np.uint8)
            rowscan.agree(values, KNOWN, step, cells.first, cells.row, how, CONTRADICTED, flags)
            cells.repair(name, "taken from its declaration", flags == rowscan.FILLED)
            cells.repair(name, what, flags == rowscan.REPLACED)
    for name, codes in cells.codes.items():
        if name.startswith("attribute."):
            flags = np.zeros(len(cells), dtype=np.uint8)
            rowscan.agree(codes, -1, 1, cells.first, cells.row, MAJORITY, NOT_AGREED, flags)
            cells.repair(name, "taken from its declaration", flags == rowscan.FILLED)
            cells.repair(name, "differed from most of its declaration", flags == rowscan.REPLACED)


def check_selections(cells: Cells) -> None:
    """A selection is known from a depth or from an examination, too; a depth needs a selection."""
    for name in [n for n in cells.codes if n.startswith("depth.")]:
        agency = name.partition(".")[2]
        depth = cells.codes[name]
        if (selected := cells.codes.get(f"selected.{agency}")) is None:
            continue
        found = (selected < 0) & (depth >= 0)
        selected[found] = 1
        cells.repair(f"selected.{agency}", "taken from its depth", found)
    for name in [n for n in cells.codes if n.startswith("selected.")]:
        agency, selected = name.partition(".")[2], cells.codes[name]
        worked = examined(cells, agency)
        for code, why in ((0, "was examined, though not selected"),
                          (None, "taken from its examination")):
            rows = worked & ((selected == code) if code is not None else (selected < 0))
            selected[rows] = 1
            cells.repair(name, why, rows)
        if (depth_of := cells.codes.get(f"depth.{agency}")) is not None:
            depth_of[(selected == 0) & (depth_of >= 0)] = NOT_SELECTED
            depth_of[(selected == 0) & (depth_of < NO_VALUE) & (depth_of != NOT_SELECTED)] = \
                NO_VALUE


def examined(cells: Cells, agency: str) -> np.ndarray:
    """bool[n]: two stamps or more of a box's own work for an agency."""
    count = np.zeros(len(cells), dtype=np.int8)
    for stage in ("move-in", "devanning", "examination", "restuffing"):
        for side in ("start", "end"):
            values = cells.stamps.get(f"{side}.{stage}.{agency}")
            if values is not None:
                count += values > KNOWN
    stamps = sum(name.endswith(f".{agency}") and name.split(".")[1] in (
        "move-in", "devanning", "examination", "restuffing") for name in cells.stamps)
    return np.asarray(count >= min(2, max(stamps, 1)))


def reject_untimed(cells: Cells) -> None:
    """Rejects rows that no stamp places in time."""
    timed = np.zeros(len(cells), dtype=bool)
    for values in cells.stamps.values():
        timed |= values > KNOWN
    cells.row[(cells.row == USED) & ~timed] = REJECTED
