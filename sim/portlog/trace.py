"""A port's log -> a trace: the traffic of the log, one row per container.

A row is rejected only if its box or its arrival cannot be known. Any other fault blanks one field,
which is counted here and drawn later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, InputError
from sim.portlog.account import UNKNOWN_WEEK, Account, Lost, Rejected
from sim.portlog.columns import LogFormat, read_columns
from sim.portlog.iso6346 import teu
from sim.portlog.rows import STAMPS, Log, Rows
from sim.portlog.stamps import Stamps


@dataclass(frozen=True)
class Trace:
    """The traffic of a log, one row per container, by (arrival, declaration, container).

    container, declaration: str[n]; a box without a declaration number is a consignment of its
    own, named 'line N'. size: int16[n], feet, 0 = blank. attributes: name -> str[n], '' = blank.
    selected: agency -> int8[n], 1, 0 or -1 = blank. depth: agency -> str[n], '' = blank or not
    selected. arrival (never blank), discharged, lodged: datetime64[s][n], naive local time, NaT =
    blank. line: int64[n], the row's line in the file.
    """

    container: NDArray[np.str_]
    declaration: NDArray[np.str_]
    size: NDArray[np.int16]
    attributes: dict[str, NDArray[np.str_]]
    selected: dict[str, NDArray[np.int8]]
    depth: dict[str, NDArray[np.str_]]
    arrival: Stamps
    discharged: Stamps
    lodged: Stamps
    line: NDArray[np.int64]
    account: Account

    def __len__(self) -> int:
        return len(self.container)


def read_trace(path: str | Path, log_format: LogFormat) -> Trace:
    """Reads a log (.csv or .csv.gz) into a Trace with its account.

    Raises InputError, with file and line, if the file is not such a table, lacks a mapped column
    or has no row that can be used.
    """
    columns, lines, ragged = read_columns(Path(path), log_format)
    log = Log(columns, np.array(lines, dtype=np.int64), log_format)
    log.mark("row", "wrong number of fields", ragged)
    log.drop_contradicted_arrivals()
    log.share_in_declarations("arrival")
    log.check_stamps()
    log.share_in_declarations("lodged")
    log.check_selections()
    log.fill_from_repeated_rows()
    log.check_stamps()
    log.check_selections()
    return _finish(log, str(path))


def _finish(log: Log, file: str) -> Trace:
    """Sorts rows into used, repeated and rejected; keeps the used ones, in order."""
    values = log.values
    first = log.first == np.arange(log.n)
    boxed, arrived = values["container"] != "", ~np.isnat(values["arrival"])
    used, rejected = first & boxed & arrived, np.flatnonzero(first & ~(boxed & arrived))
    account = _account(log, file, used, rejected, int(np.sum(~first)))
    if not used.any():
        worst = Counter(row.reason for row in account.rejected).most_common(1)[0]
        raise InputError(Fault(f"none of its {log.n} rows can be used", file=file,
                               line=account.rejected[0].line, found=f"{worst[0]} ({worst[1]} rows)",
                               hint="Is the right column mapped?"))
    rows = np.flatnonzero(used)
    rows = rows[np.lexsort([values[name][rows] for name in
                            ("container", "declaration", "arrival")])]

    def group(name: str) -> dict[str, Any]:
        return {of: values[f"{name}.{of}"][rows] for of in log.log_format.names(name)}

    return Trace(
        container=values["container"][rows], declaration=values["declaration"][rows],
        size=values["size"][rows], attributes=group("attribute"), selected=group("selected"),
        depth=group("depth"), arrival=values["arrival"][rows],
        discharged=values["discharged"][rows], lodged=values["lodged"][rows],
        line=log.lines[rows], account=account,
    )


def _account(log: Log, file: str, used: Rows, rejected: NDArray[np.int64],
             repeated: int) -> Account:
    faults: dict[str, dict[str, int]] = {}
    for name in ("row", *log.values):
        for (field, kind), rows in sorted(log.marks.items()):
            count = int(np.sum(rows & used))
            if field == name and count:
                faults.setdefault(name, {})[kind] = count
    notes = {what: int(np.sum(rows & used)) for what, rows in sorted(log.notes.items())}
    own = int(np.sum(log.own & used))
    if own:
        notes["without declaration number: a consignment of its own"] = own
    sizes = Counter(log.values["size"][used].tolist())
    return Account(
        file=file, rows=log.n, used=int(np.sum(used)), repeated=repeated,
        rejected=tuple(_rejected(log, i) for i in rejected),
        teu=sum(teu(size) * count for size, count in sizes.items()),
        declarations=len(np.unique(log.declaration_of[used])),
        faults=faults, notes={what: count for what, count in notes.items() if count},
        blanks=_blanks(log, used), lost=_lost(log, rejected),
    )


def _blanks(log: Log, used: Rows) -> dict[str, int]:
    """Mapped field -> used rows still blank; a depth counts only where the box is selected."""
    blanks = {}
    for name in log.log_format.columns:
        values = log.values[name]
        if name in ("container", "arrival", "declaration"):
            continue
        if name in STAMPS:
            empty = np.isnat(values)
        elif name == "size":
            empty = values == 0
        elif name.startswith("selected."):
            empty = values < 0
        else:
            empty = values == ""
        if name.startswith("depth."):
            empty = empty & (log.values["selected." + name.split(".", 1)[1]] == 1)
        blanks[name] = int(np.sum(empty & used))
    return blanks


def _rejected(log: Log, i: int) -> Rejected:
    unknown = {"container": log.values["container"][i] == "",
               "arrival": np.isnat(log.values["arrival"][i])}
    reasons = [f"{field} {kind}" if kind == "missing" else f"{field}: {kind}"
               for (field, kind), rows in sorted(log.marks.items())
               if unknown.get(field) and rows[i]]
    return Rejected(int(log.lines[i]), str(log.values["container"][i]),
                    "" if log.own[i] else str(log.values["declaration"][i]), ", ".join(reasons))


def _lost(log: Log, rejected: NDArray[np.int64]) -> dict[str, Lost]:
    """Rejected boxes and their TEU by the Monday of their week."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for i in rejected:
        stamps = [log.values[name][i] for name in STAMPS]
        known = [stamp for stamp in stamps if not np.isnat(stamp)]
        week = _monday(known[0]) if known else UNKNOWN_WEEK
        sizes[week].append(int(log.values["size"][i]))
    return {week: Lost(len(of), sum(map(teu, of)), of.count(0))
            for week, of in sorted(sizes.items())}


def _monday(stamp: np.datetime64) -> str:
    """The Monday of a stamp's week, as an ISO date."""
    day = stamp.astype("datetime64[D]")
    # Day 0, 1970-01-01, was a Thursday.
    return str(day - (day.astype(np.int64) + 3) % 7)
