"""Cells in order -> `Records`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from calibration.reading.cells import USED, Cells
from calibration.reading.clean import anchor_of, examined
from calibration.reading.order import natural_order
from calibration.reading.stampcodes import ABSENT, EPOCH_DAY, KNOWN
from calibration.records import BLANK, Records

DAY = 86400
NUMBERED = 5_000_000
"""Rows of a log up to which its records hold the numbers of containers and declarations."""


def records_of(cells: Cells, window: tuple[int, int], agencies: Sequence[str],
               remarks: list[str]) -> Records:
    """The rows that are used, consignments in the order of their arrival. Takes the columns out of
    `cells`, one after the other, so that no log is held twice."""
    _derive(cells, agencies, remarks)
    if len(cells) > NUMBERED:
        remarks.append(f"of more than {NUMBERED} rows the records keep no numbers of containers "
                       "and declarations")
        cells.box = cells.declaration = np.empty(0, dtype="S1")
    rows = _by_arrival(cells)
    consignment = np.cumsum(np.diff(cells.group[rows], prepend=-1) != 0) - 1
    start_day = window[0] // DAY
    # The epoch is a Monday.
    start_day -= start_day % 7
    start = date(1970, 1, 1) + timedelta(days=int(start_day) + EPOCH_DAY)
    zero = int(start_day) * DAY

    def moved(name: str) -> NDArray[np.int32]:
        values = cells.stamps.pop(name)[rows]
        known = values > KNOWN
        values[known] -= zero
        values[~known] = BLANK
        return values

    names = natural_order(cells.stamps)
    with ThreadPoolExecutor(2) as pool:
        seconds = dict(zip(names, pool.map(moved, names), strict=True))
    step = dict(cells.steps)
    selected, depth, attributes = {}, {}, {}
    size = np.zeros(len(rows), dtype=np.int16)
    for name in list(cells.codes):
        codes = cells.codes.pop(name)[rows]
        group, _, of = name.partition(".")
        if name == "size":
            size = np.maximum(codes, 0).astype(np.int16)
        elif group == "attribute":
            attributes[of] = np.maximum(codes, -1).astype(np.int16)
        elif group == "selected":
            selected[of] = np.maximum(codes, -1).astype(np.int8)
        else:
            depth[of] = np.maximum(codes, -1).astype(np.int8)
    for agency in agencies:
        if agency in selected:
            deep = depth.get(agency, np.full(len(rows), -1, dtype=np.int8))
            depth[agency] = np.where(selected[agency] == 1, deep, np.int8(-1))
    first = np.flatnonzero(np.diff(consignment, prepend=-1))
    # Texts of any length, each as long as it is.
    texts = np.dtypes.StringDType()
    return Records(
        start, (window[0] - zero) / 60.0, (window[1] - zero) / 60.0, consignment, size, attributes,
        cells.values, {a: selected[a] for a in agencies if a in selected},
        {a: depth[a] for a in agencies if a in selected}, seconds,
        {name: step[name] for name in seconds}, cells.box[rows].astype(texts)
        if len(cells.box) else cells.box.astype(texts),
        cells.declaration[cells.group[rows[first]]].astype(texts)
        if len(cells.declaration) else cells.declaration.astype(texts))


def _by_arrival(cells: Cells) -> NDArray[np.int32]:
    """The rows that are used by the moment of their consignments; of one moment as in the file."""
    rows = np.flatnonzero(cells.row == USED).astype(np.int32)
    begins = np.flatnonzero(np.diff(cells.group[rows], prepend=-1)).astype(np.int32)
    moment = anchor_of(cells)[rows]
    moment[moment == ABSENT] = 2**31 - 1
    arrival = np.minimum.reduceat(moment, begins).astype(np.int64)
    del moment
    order = np.argsort((arrival << 32) | np.minimum.reduceat(cells.lines[rows], begins))
    del arrival
    lengths = np.diff(begins, append=np.int32(len(rows)))[order]
    # Where each consignment's rows go, and so which row stands at each place.
    shift = (begins[order] - (np.cumsum(lengths) - lengths)).astype(np.int32)
    del begins, order
    places = np.repeat(shift, lengths)
    places += np.arange(len(rows), dtype=np.int32)
    ordered: NDArray[np.int32] = rows[places]
    return ordered


def _derive(cells: Cells, agencies: Sequence[str], remarks: list[str]) -> None:
    """What other columns tell where a log has no column of its own: selections, the release."""
    if "released" not in cells.stamps:
        ends = [n for n in cells.stamps if n.startswith("end.release.")]
        if ends:
            last = np.maximum.reduce([cells.stamps[n] for n in ends])
            cells.stamps["released"] = np.where(last > KNOWN, last, ABSENT).astype(np.int32)
            cells.steps["released"] = min(cells.steps[n] for n in ends)
            remarks.append("no column says when a consignment was released: the last release of "
                           "an agency is taken")
    ended = np.zeros(len(cells), dtype=bool)
    for name in ("released", "gate-out"):
        if name in cells.stamps:
            ended |= cells.stamps[name] > KNOWN
    for agency in agencies:
        if f"selected.{agency}" in cells.codes:
            continue
        work = any(n.endswith(f".{agency}") and n.split(".")[1] in ("devanning", "examination",
                   "move-in", "restuffing") for n in cells.stamps)
        depth = cells.codes.get(f"depth.{agency}")
        if not work and depth is None:
            continue
        taken = examined(cells, agency) if work else np.zeros(len(cells), dtype=bool)
        if depth is not None:
            taken = taken | (depth >= 0)
        cells.codes[f"selected.{agency}"] = np.where(taken, 1, np.where(ended, 0, -1)).astype(
            np.int8)
        remarks.append(f"no column says what {agency} selected: boxes that it examined are taken "
                       "as selected, others that are gone as not")
