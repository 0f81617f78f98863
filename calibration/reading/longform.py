"""Long logs: a row per activity or event, brought to a row per stay of a container.

A stay is what the log tells of a container under one declaration, without a pause of SEVERAL weeks.
Rows of a declaration alone (papers, release) hold for all of its containers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.reading import rowscan
from calibration.reading.account import LeftOut
from calibration.reading.cells import BLANK_WORDS, REJECTED, REPEATED, USED, Cells
from calibration.reading.clean import hashes
from calibration.reading.counting import UNTIMED
from calibration.reading.mapping import LogMap
from calibration.reading.stampcodes import ABSENT, KNOWN
from calibration.reading.table import CONTAINER, Table
from calibration.reading.words import Named, field_of, fold, plain_words
from calibration.records import PLAIN

PAUSE = 60 * 86400
"""Between two stays of a container without another declaration."""
NO_ACTIVITY = "activity missing"
STRANGE_ACTIVITY = "activity not known"
_LIFECYCLE = {"start": "start started begin begun schedule 开始 起始".split(),
              "end": "complete completed end ended finish finished close 完成 结束 完毕".split()}


@dataclass
class Events:
    """The rows of a long log: their lines, what became of each, and the stay (its first line) that
    each belongs to."""

    lines: NDArray[np.int32]
    row: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    first: NDArray[np.int64]
    stay_line: NDArray[np.int32]
    box: NDArray[np.bytes_]
    declaration: NDArray[np.bytes_]
    raw: dict[int, str]
    reasons: list[str]

    def counts(self, cells: Cells, used: int, repeated: Any, rejected: Any,
               left_out: Any) -> tuple[int, dict[str, int], dict[str, int], Any]:
        """(used, repeated, rejected, rows left out) of the rows, once stays are in order."""
        for state in (REPEATED, REJECTED):
            lost = cells.lines[cells.row == state]
            rows = (self.row == USED) & np.isin(self.stay_line, lost)
            self.row[rows] = state
            self.reason[rows] = self.reasons.index(UNTIMED)
        again = int(np.sum(self.row == REPEATED))
        bad = self.row == REJECTED
        table: dict[str, int] = {}
        for k, why in enumerate(self.reasons):
            table[why] = table.get(why, 0) + int(np.sum(bad & (self.reason == k)))
        return (int(np.sum(self.row == USED)), {"says nothing else": again} if again else {},
                {why: count for why, count in table.items() if count}, self)

    def __iter__(self) -> Any:
        for k in np.flatnonzero(self.row != USED):
            again = self.row[k] == REPEATED
            first = self.first[k]
            yield LeftOut(
                int(self.lines[k]), "repeated" if again else "rejected",
                self.raw.get(int(k)) or self.box[k].decode("utf-8", "replace"),
                self.declaration[k].decode("utf-8", "replace"),
                f"repeats line {self.lines[first]}" if again else self.reasons[self.reason[k]])


def pivoted(table: Table, log_map: LogMap, agencies: Sequence[str],
            remarks: list[str]) -> tuple[Table, Events]:
    """The table of stays, and the account of the rows."""
    n = len(table)
    texts: dict[str, list[str]] = {
        name: table.texts[name] for name in ("activity", "agency", "lifecycle")
        if name in table.codes}
    event = np.zeros(n, dtype=np.int64)
    for column in texts:
        event = event * (len(texts[column]) + 1) + table.codes[column]
    distinct, which = np.unique(event, return_inverse=True)
    names = [_named(_parts(int(code), texts), log_map, agencies) for code in distinct]
    targets, strange = _targets(names, table)
    if strange:
        remarks.append("activities that are not known, whose rows are rejected: " + ", ".join(
            sorted({names[k][0] for k in strange})[:8]) + " (name them in a map: activities)")
    box = table.keys["container"]
    declaration = table.keys.get("declaration", np.zeros(n, dtype="S1"))
    moment = np.full(n, ABSENT, dtype=np.int32)
    for name in ("start", "time", "end"):
        if name in table.stamps:
            moment = np.where(moment > KNOWN, moment, table.stamps[name])
    reasons = [f"container {why}" for why in CONTAINER] + [UNTIMED, NO_ACTIVITY, STRANGE_ACTIVITY]
    row = np.zeros(n, dtype=np.uint8)
    reason = np.zeros(n, dtype=np.uint8)

    def reject(rows: Any, why: str) -> None:
        rows = rows & (row == USED)
        row[rows], reason[rows] = REJECTED, reasons.index(why)

    blank = np.array([not fold(names[k][0]) for k in range(len(names))])
    unknown = np.isin(np.arange(len(names)), strange)
    reject(blank[which], NO_ACTIVITY)
    reject(unknown[which], STRANGE_ACTIVITY)
    reject(moment <= KNOWN, UNTIMED)
    alone = (box == b"") & (table.status["container"] == 1) & (declaration != b"")
    for code, why in enumerate(CONTAINER):
        if why:
            reject((box == b"") & ~alone & (table.status["container"] == code), f"container {why}")
    shared = (row == USED) & alone
    key = hashes(box) ^ (hashes(declaration) * np.uint64(3))
    rows = np.flatnonzero((row == USED) & ~alone)
    order = rows[np.argsort(key[rows], kind="stable")]
    number = np.empty(len(order), dtype=np.int32)
    stays, _ = rowscan.groups(key, moment, order, PAUSE, number)
    stay_of = np.full(n, -1, dtype=np.int64)
    stay_of[order] = number
    shared &= np.isin(hashes(declaration), hashes(declaration[rows]))
    reject(alone & ~shared, "container missing")
    first = _first_same(table, which, stay_of, hashes(declaration), row)
    again = (row == USED) & (first != np.arange(n))
    row[again] = REPEATED
    lead = np.full(stays, n, dtype=np.int64)
    np.minimum.at(lead, number, order)
    stamps, several = _stamps(table, targets, which, stay_of, row == USED, stays)
    if shared.any():
        _share(stamps, table, targets, which, shared & (row == USED), hashes(declaration),
               hashes(declaration[lead]))
    codes, kept_texts, notes = _codes(table, stay_of, lead, stays)
    remarks += notes
    if several:
        remarks.append(f"{several} activities come more than once in a stay: they count from the "
                       "first start to the last end")
    stay_line = np.zeros(n, dtype=np.int32)
    known = stay_of >= 0
    stay_line[known] = table.lines[lead[stay_of[known]]]
    events = Events(table.lines, row, reason, first, stay_line, box, declaration, table.raw,
                    reasons)
    made = Table(table.lines[lead], stamps, codes, kept_texts,
                 {"container": box[lead], "declaration": declaration[lead]},
                 {"container": table.status["container"][lead],
                  "declaration": table.status["declaration"][lead]
                  if "declaration" in table.status else np.ones(stays, dtype=np.uint8)},
                 table.counts, table.odd, {}, table.ragged, table.notes)
    return made, events


def _parts(code: int, texts: Mapping[str, list[str]]) -> dict[str, str]:
    parts = {}
    for name in reversed(list(texts)):
        code, k = divmod(code, len(texts[name]) + 1)
        parts[name] = texts[name][k]
    return parts


def _named(parts: Mapping[str, str], log_map: LogMap,
           agencies: Sequence[str]) -> tuple[str, Named]:
    """What an activity (with its agency and lifecycle, where they have columns) stands for."""
    activity = parts["activity"]
    said = {fold(text): name for text, name in log_map.activities.items()}.get(fold(activity))
    named = field_of(said or activity, agencies, ())
    if said and said not in PLAIN and said.count(".") == 1:
        stage, agency = said.split(".")
        named = Named(f"start.{stage}.{agency}", stage, agency, "", 1.0)
    if not named.agency and parts.get("agency") and named.stage:
        other = field_of(f"{parts['agency']} papers", agencies, ()).agency
        if other:
            named = Named(f"start.{named.stage}.{other}", named.stage, other, named.side)
    if named.field == "released" and parts.get("agency"):
        other = field_of(f"{parts['agency']} papers", agencies, ()).agency
        if other:
            named = Named(f"end.release.{other}", "release", other, named.side)
    words = plain_words(parts.get("lifecycle", ""))
    side = next((s for s, known in _LIFECYCLE.items() if words in known), named.side)
    return activity, Named(named.field if named.field in PLAIN or named.agency else "",
                           named.stage, named.agency, side, named.part)


def _targets(names: list[tuple[str, Named]],
             table: Table) -> tuple[list[tuple[int, str, str]], list[int]]:
    """(event, column of the file, stamp) of what each row gives; and the events that are none."""
    targets: list[tuple[int, str, str]] = []
    strange: list[int] = []
    pair: list[str] = [name for name in ("start", "end") if name in table.stamps]
    for k, (_, named) in enumerate(names):
        if named.field in PLAIN:
            columns = pair or ["time"]
            targets.append((k, columns[-1] if named.field == "released" else columns[0],
                            named.field))
        elif named.field and named.agency and named.stage:
            tail = f"{named.stage}.{named.agency}"
            usual = named.field.partition(".")[0]
            if not pair:
                targets.append((k, "time", f"{named.side or usual}.{tail}"))
            elif named.side and len(pair) == 1:
                targets.append((k, pair[0], f"{named.side}.{tail}"))
            else:
                targets += [(k, side, f"{side}.{tail}") for side in pair]
        else:
            strange.append(k)
    return [t for t in targets if t[1] in table.stamps], strange


def _first_same(table: Table, which: Any, stay_of: Any, declared: Any, row: Any) -> Any:
    """int64[n]: the first row that says the same as each."""
    n = len(which)
    place = np.where(stay_of >= 0, stay_of, -2 - (declared >> np.uint64(2)).astype(np.int64))
    columns = [table.stamps[name] for name in ("start", "end", "time") if name in table.stamps]
    order = np.lexsort((np.arange(n), *columns, which, place, row != USED))
    same = np.ones(n, dtype=bool)
    same[:1] = False
    for values in (*columns, which, place, row != USED):
        same[1:] &= values[order[1:]] == values[order[:-1]]
    lead = np.maximum.accumulate(np.where(same, 0, np.arange(n)))
    first = np.empty(n, dtype=np.int64)
    first[order] = order[lead]
    return first


def _stamps(table: Table, targets: list[tuple[int, str, str]], which: Any, stay_of: Any, used: Any,
            stays: int) -> tuple[dict[str, NDArray[np.int32]], int]:
    """stamp -> int32[stays]: the first start, the last end; and how many came more than once."""
    stamps: dict[str, NDArray[np.int32]] = {}
    several = 0
    for name in dict.fromkeys(stamp for _, _, stamp in targets):
        out = np.full(stays, ABSENT, dtype=np.int32)
        seen = np.zeros(stays, dtype=np.int32)
        for k, column, _ in [t for t in targets if t[2] == name]:
            rows = np.flatnonzero(used & (which == k) & (stay_of >= 0))
            values, at = table.stamps[column][rows], stay_of[rows]
            why = values <= KNOWN
            out[at[why]] = np.where(out[at[why]] > KNOWN, out[at[why]], values[why])
            _scatter(out, at[~why], values[~why], name.startswith("end."))
            seen += np.bincount(at, minlength=stays).astype(np.int32)
        several += int(np.sum(seen > 1))
        stamps[name] = out
    for name in [n for n in PLAIN if n in table.stamps]:
        out = stamps.setdefault(name, np.full(stays, ABSENT, dtype=np.int32))
        rows = np.flatnonzero((stay_of >= 0) & (table.stamps[name] > KNOWN))
        lacking = out[stay_of[rows]] <= KNOWN
        _scatter(out, stay_of[rows][lacking], table.stamps[name][rows][lacking], False)
    return stamps, several


def _scatter(out: NDArray[np.int32], at: Any, values: Any, last: bool) -> None:
    """Puts the least (or greatest) of the values of each place there, if they are beyond it."""
    if not last:
        out[at] = np.where(out[at] > KNOWN, out[at], 2**31 - 1)
        np.minimum.at(out, at, values)
    else:
        np.maximum.at(out, at, values)


def _share(stamps: dict[str, NDArray[np.int32]], table: Table,
           targets: list[tuple[int, str, str]], which: Any, shared: Any, declared: Any,
           of_stay: Any) -> None:
    """Rows without a container give their stamps to all containers of their declaration."""
    keys, place = np.unique(of_stay, return_inverse=True)
    for k, column, name in targets:
        rows = np.flatnonzero(shared & (which == k) & (table.stamps[column] > KNOWN))
        if len(rows):
            out = np.full(len(keys), ABSENT, dtype=np.int32)
            _scatter(out, np.searchsorted(keys, declared[rows]), table.stamps[column][rows],
                     name.startswith("end."))
            stamps[name] = np.where(stamps[name] > KNOWN, stamps[name], out[place])


def _codes(table: Table, stay_of: Any, lead: Any,
           stays: int) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]], list[str]]:
    """Other columns: the first text of each stay; where a later row differs, it is said."""
    codes, texts, notes = {}, {}, []
    for name, column in table.codes.items():
        if name in ("activity", "agency", "lifecycle"):
            continue
        known = np.array([fold(text) not in BLANK_WORDS for text in table.texts[name]])
        rows = np.flatnonzero((stay_of >= 0) & known[column])
        out = column[lead].copy()
        at, begin = np.unique(stay_of[rows], return_index=True)
        out[at] = column[rows[begin]]
        differing = len(np.unique(stay_of[rows][column[rows] != out[stay_of[rows]]]))
        if differing:
            notes.append(f"{name} differs among the rows of {differing} stays: the first counts")
        codes[name], texts[name] = out, table.texts[name]
    return codes, texts, notes
