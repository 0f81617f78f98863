"""The account of a log's cells, once they are in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.reading import rowscan
from calibration.reading import stampcodes as s
from calibration.reading.account import FieldAccount, LeftOut
from calibration.reading.cells import CODE_REASONS, NO_VALUE, REJECTED, REPEATED, USED, Cells
from calibration.reading.clean import anchor_of, hashes
from calibration.reading.order import natural_order
from calibration.reading.stamptexts import dates_of
from calibration.reading.table import CONTAINER, DECLARATION
from calibration.reading.window import heaping

REASONS = {
    s.UNREADABLE: "not a date and time", s.IMPOSSIBLE: "impossible date",
    s.NO_TIME: "a date without a time", s.MIDNIGHT: "midnight: a date without a time",
    s.OUTSIDE: "outside the time of the log", s.REVERSED: "out of order with other stamps",
    s.CONTRADICTED: "boxes of its declaration differ, none has most",
    s.FAR: "a month from discharge and lodging",
}
UNTIMED = "no stamp places it in time"
LONG_STAY = 0.99
"""Of complete stays this part is shorter than what counts as 'long before the log's end'."""


def field_accounts(cells: Cells) -> dict[str, FieldAccount]:
    """Every field of the log, in the order of the work."""
    used = cells.row == USED
    out = int(np.sum(~used))
    result = {"container": _container(cells, used, out)}
    if (cells.declaration_status != 1).any():
        result["declaration"] = _declaration(cells, used, out)
    for name, codes in cells.codes.items():
        empty = codes <= 0 if name == "size" else codes < 0
        result[name] = _account(cells, name, np.where(empty, codes, NO_VALUE), ~empty, used, out,
                                0 if name == "size" and 0 in codes else NO_VALUE, CODE_REASONS)
    for name in natural_order(cells.stamps):
        values = cells.stamps[name]
        result[name] = _account(cells, name, values, values > s.KNOWN, used, out, s.ABSENT, REASONS)
    return result


def _account(cells: Cells, name: str, values: Any, known: Any, used: Any, out: int, absent: int,
             reasons: dict[int, str]) -> FieldAccount:
    left = used & known
    repaired = {}
    # The last repair of a cell is the one that counts.
    for why, parts in reversed(list(cells.repairs.get(name, {}).items())):
        rows = np.unique(np.concatenate(parts))
        rows = rows[left[rows]]
        if len(rows):
            repaired[why] = len(rows)
            left[rows] = False
    empty = values[used & ~known]
    blanked = {why: int(np.sum(empty == code)) for code, why in reasons.items()}
    blanked = {why: count for why, count in blanked.items() if count}
    return FieldAccount(int(np.sum(left)), repaired, blanked,
                        int(len(empty) - sum(blanked.values())), out)


def _container(cells: Cells, used: Any, out: int) -> FieldAccount:
    added = int(np.sum(used & (cells.box_status == CONTAINER.index("check digit missing"))))
    wrong = int(np.sum(used & (cells.box_status == CONTAINER.index("check digit wrong"))))
    cells.note("containers with a wrong check digit, kept", wrong)
    repaired = {"check digit added": added} if added else {}
    return FieldAccount(int(used.sum()) - added, repaired, {}, 0, out)


def _declaration(cells: Cells, used: Any, out: int) -> FieldAccount:
    status = cells.declaration_status[used]
    blanked: dict[str, int] = {}
    for code, why in enumerate(DECLARATION):
        if code > 1 and why and (count := int(np.sum(status == code))):
            blanked[why] = blanked.get(why, 0) + count
    absent = int(np.sum(status == 1))
    return FieldAccount(len(status) - sum(blanked.values()) - absent, {}, blanked, absent, out)


def row_counts(cells: Cells) -> tuple[int, dict[str, int], dict[str, int]]:
    """(used, repeated by kind, rejected by reason)."""
    again = cells.row == REPEATED
    differs = int(np.sum(again & cells.differs))
    repeated = {"says nothing else": int(np.sum(again)) - differs,
                "contradicts the first row, which counts": differs}
    rejected: dict[str, int] = {}
    bad = cells.row == REJECTED
    for code, why in enumerate(CONTAINER):
        count = int(np.sum(bad & ~cells.boxed & (cells.box_status == code)))
        if count:
            rejected[f"container {why}"] = rejected.get(f"container {why}", 0) + count
    if count := int(np.sum(bad & cells.boxed)):
        rejected[UNTIMED] = count
    return (int(np.sum(cells.row == USED)), {k: v for k, v in repeated.items() if v}, rejected)


@dataclass
class LeftOutRows:
    """The rows that are not used, made one by one, in the order of the file."""

    line: Any
    row: Any
    box: Any
    declaration: Any
    reason: list[str]
    code: Any
    raw: dict[int, str]
    first_line: Any

    def __iter__(self) -> Iterator[LeftOut]:
        for k in range(len(self.line)):
            repeated = self.row[k] == REPEATED
            reason = (f"repeats line {self.first_line[k]}" if repeated
                      else self.reason[self.code[k]])
            container = self.raw.get(k) or self.box[k].decode("utf-8", "replace")
            yield LeftOut(int(self.line[k]), "repeated" if repeated else "rejected", container,
                          self.declaration[k].decode("utf-8", "replace"), reason)


def left_out_rows(cells: Cells) -> LeftOutRows:
    """What `QualityAccount.left_out` gives."""
    rows = np.flatnonzero(cells.row != USED)
    rows = rows[np.argsort(cells.lines[rows], kind="stable")]
    reasons = [f"container {why}" for why in CONTAINER] + [UNTIMED]
    code = np.where(cells.boxed[rows], len(CONTAINER), cells.box_status[rows])
    first = cells.lines[rows]
    again = np.isin(rows, cells.again)
    first[again] = cells.lines[cells.first_of[np.searchsorted(cells.again, rows[again])]]
    raw = {k: cells.raw[int(r)] for k, r in enumerate(rows) if int(r) in cells.raw} \
        if cells.raw else {}
    return LeftOutRows(cells.lines[rows], cells.row[rows], cells.box[rows],
                       cells.declaration[cells.group[rows]], reasons, code, raw, first)


def stamp_figures(cells: Cells) -> dict[str, dict[str, Any]]:
    """stamp -> its step, and its share on full quarters of an hour."""
    used = cells.row == USED
    return {name: {"step": cells.steps[name], **heaping(
        np.where(used, cells.stamps[name], s.ABSENT))} for name in natural_order(cells.stamps)}


def note_ends(cells: Cells, window: tuple[int, int]) -> None:
    """Counts stays that the log does not show whole, and boxes that are in two places."""
    used = cells.row == USED
    _note_overlaps(cells, used)
    ends = [n for n in ("released", "gate-out") if n in cells.stamps]
    starts = [n for n in ("arrival", "discharged", "lodged") if n in cells.stamps]
    if starts:
        open_start = used.copy()
        for name in starts:
            open_start &= cells.stamps[name] == s.ABSENT
        cells.note("containers without arrival, discharge and lodging: begun before the log",
                   open_start.sum())
    begin = anchor_of(cells)
    last = begin.copy()
    for values in cells.stamps.values():
        np.maximum(last, values, out=last)
    if ends:
        ended, open_end = np.zeros(len(cells), dtype=bool), used.copy()
        for end in ends:
            ended |= cells.stamps[end] > s.KNOWN
            open_end &= cells.stamps[end] == s.ABSENT
        whole = used & ended & (begin > s.KNOWN)
        some = np.flatnonzero(whole)[::max(len(whole) // 1_000_000, 1)]
        stays = last[some] - begin[some]
        usual = float(np.quantile(stays, LONG_STAY)) if len(stays) else 0.0
        old = open_end & (begin > s.KNOWN) & (begin < window[1] - usual)
        cells.note("containers not released when the log ends", (open_end & ~old).sum())
        cells.note("containers never released, though begun long before the log's end", old.sum())


def _note_overlaps(cells: Cells, used: Any) -> None:
    key = hashes(cells.box)
    order = np.argsort(key).astype(np.int32)
    twice = np.zeros(len(order), dtype=bool)
    rowscan.neighbours(key, order, twice)
    rows = np.flatnonzero(twice & used)
    key = key[rows]
    del order, twice
    begin = anchor_of(cells)[rows]
    end = begin.copy()
    for values in cells.stamps.values():
        np.maximum(end, values[rows], out=end)
    by = np.lexsort((begin, key))
    here = key[by[1:]] == key[by[:-1]]
    cells.note("containers that come again before they are gone",
               np.sum(here & (begin[by[1:]] < end[by[:-1]])))


def moment(stamp: int) -> str:
    """A stamp as text."""
    return str(dates_of(np.array([stamp], dtype=np.int32))[0]).replace("T", " ")
