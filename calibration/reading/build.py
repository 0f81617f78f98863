"""Cells in order -> `Records`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from calibration.reading.cells import USED, Cells
from calibration.reading.clean import anchor_of, examined
from calibration.reading.order import natural_order
from calibration.reading.stampbytes import ABSENT, EPOCH_DAY, KNOWN
from calibration.records import BLANK, Records

DAY = 86400


def records_of(cells: Cells, window: tuple[int, int], agencies: Sequence[str],
               remarks: list[str]) -> Records:
    """The rows that are used, consignments in the order of their arrival. Takes the columns out of
    `cells`, one after the other, so that no log is held twice."""
    _derive(cells, agencies, remarks)
    rows = np.flatnonzero(cells.row == USED).astype(np.int32)
    _, number = np.unique(cells.group[rows], return_inverse=True)
    begins = np.flatnonzero(np.diff(number, prepend=-1))
    moment = anchor_of(cells)[rows]
    moment = np.where(moment == ABSENT, np.int32(2**31 - 1), moment)
    arrival = np.minimum.reduceat(moment, begins)
    line = np.minimum.reduceat(cells.lines[rows], begins)
    order = np.lexsort((line, arrival))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    place = rank[number]
    by = np.argsort(place, kind="stable")
    rows, consignment = rows[by], place[by].astype(np.int64)
    del number, moment, place, by
    start_day = window[0] // DAY
    # The epoch is a Monday.
    start_day -= start_day % 7
    start = date(1970, 1, 1) + timedelta(days=int(start_day) + EPOCH_DAY)
    zero = int(start_day) * DAY
    seconds = {}
    for name in natural_order(cells.stamps):
        values = cells.stamps.pop(name)[rows]
        known = values > KNOWN
        values[known] -= zero
        values[~known] = BLANK
        seconds[name] = values
    step = dict(cells.steps)
    selected, depth, attributes = {}, {}, {}
    size = np.zeros(len(rows), dtype=np.int16)
    for name in list(cells.codes):
        codes = cells.codes.pop(name)[rows]
        group, _, of = name.partition(".")
        if name == "size":
            size = np.maximum(codes, 0)
        elif group == "attribute":
            attributes[of] = np.maximum(codes, -1)
        elif group == "selected":
            selected[of] = np.maximum(codes, -1).astype(np.int8)
        else:
            depth[of] = np.maximum(codes, -1).astype(np.int8)
    for agency in agencies:
        if agency in selected:
            codes = depth.get(agency, np.full(len(rows), -1, dtype=np.int8))
            depth[agency] = np.where(selected[agency] == 1, codes, -1).astype(np.int8)
    first = np.flatnonzero(np.diff(consignment, prepend=-1))
    # Texts of any length, each as long as it is.
    texts = np.dtypes.StringDType()
    return Records(
        start, (window[0] - zero) / 60.0, (window[1] - zero) / 60.0, consignment, size, attributes,
        cells.values, {a: selected[a] for a in agencies if a in selected},
        {a: depth[a] for a in agencies if a in selected}, seconds,
        {name: step[name] for name in seconds}, cells.box[rows].astype(texts),
        cells.declaration[rows[first]].astype(texts))


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
            np.int16)
        remarks.append(f"no column says what {agency} selected: boxes that it examined are taken "
                       "as selected, others that are gone as not")
