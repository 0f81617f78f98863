"""The rows of a log while they are being put in order.

One declaration comes on one vessel and is lodged once, so a stamp that a row lacks is taken from
another row of its declaration, and a stamp that most boxes of the declaration contradict is
replaced. Any other fault blanks one field. Every fault is marked at its row.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.portlog.columns import YES_NO, LogFormat, read_values
from sim.portlog.iso6346 import plain, read_container, read_size
from sim.portlog.stamps import FAULTS, Stamps, parse_stamps

Rows = NDArray[np.bool_]
Chosen = Rows | NDArray[np.int64] | list[int]
STAMPS = ("arrival", "discharged", "lodged")
FAR = np.timedelta64(30, "D")
_SPREADSHEET_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?E\+?[0-9]+\Z")
_LONGEST_DECLARATION = 60


class Log:
    """The rows while they are being put in order: a value or a blank per field, and marks.

    `values`: field -> array of n. `marks`: (field, kind of fault) -> bool[n]; `notes`: what was
    put right -> bool[n]. Marks are made for every row and counted for the used ones.
    """

    def __init__(self, columns: dict[str, list[str]], lines: NDArray[np.int64],
                 log_format: LogFormat) -> None:
        self.n = len(lines)
        self.lines = lines
        self.log_format = log_format
        self.marks: dict[tuple[str, str], Rows] = {}
        self.notes: dict[str, Rows] = {}
        self.values: dict[str, Any] = {}
        self._read_boxes(columns["container"])
        self._read_sizes(columns.get("size"))
        self._read_declarations(columns.get("declaration"))
        for name in STAMPS:
            self._read_stamps(name, columns.get(name))
        for name in columns:
            if name.startswith(("selected.", "depth.", "attribute.")):
                self._read_codes(name, columns[name])
        self.declaration_of = _numbered(self.values["declaration"])
        self.first = self._first_rows()

    # -- one field at a time -------------------------------------------------------------------

    def mark(self, field: str, kind: str, rows: Chosen) -> None:
        """Marks rows with a kind of fault."""
        self.marks.setdefault((field, kind), np.zeros(self.n, dtype=bool))[rows] = True

    def note(self, what: str, row: int | np.signedinteger[Any]) -> None:
        """Notes that a row was put right."""
        self.notes.setdefault(what, np.zeros(self.n, dtype=bool))[row] = True

    def _mark_texts(self, field: str, kinds: list[str]) -> None:
        for kind in sorted(set(kinds) - {""}):
            self.mark(field, kind, np.fromiter((k == kind for k in kinds), bool, self.n))

    def _read_boxes(self, texts: list[str]) -> None:
        boxes = _each(read_container, texts)
        self.values["container"] = np.array([box for box, _ in boxes], dtype="U11")
        self._mark_texts("container", [kind for _, kind in boxes])

    def _read_sizes(self, texts: list[str] | None) -> None:
        if texts is None:
            self.values["size"] = np.zeros(self.n, dtype=np.int16)
            return
        codes = self.log_format.values.get("size", {})
        given = {plain(text): int(feet) for text, feet in codes.items()}
        sizes = _each(lambda text: given.get(plain(text)) or read_size(text), texts)
        blank = _each(lambda text: not plain(text), texts)
        self.values["size"] = np.array(sizes, dtype=np.int16)
        self._mark_texts("size", [
            "" if size else "missing" if empty else "unknown size-type"
            for size, empty in zip(sizes, blank, strict=True)
        ])

    def _read_declarations(self, texts: list[str] | None) -> None:
        """A number that is missing or damaged makes the box a consignment of its own."""
        numbers = _each(_read_declaration, texts if texts is not None else [""] * self.n)
        self.values["declaration"] = np.array([
            number or f"line {line}" for (number, _), line in zip(numbers, self.lines, strict=True)
        ])
        self.own = np.fromiter((not number for number, _ in numbers), bool, self.n)
        if texts is not None:
            self._mark_texts("declaration", [kind for _, kind in numbers])

    def _read_stamps(self, name: str, texts: list[str] | None) -> None:
        if texts is None:
            self.values[name] = np.full(self.n, np.datetime64("NaT"), dtype="datetime64[s]")
            return
        self.values[name], status = parse_stamps(texts)
        for code, kind in FAULTS.items():
            if np.any(status == code):
                self.mark(name, kind, status == code)

    def _read_codes(self, name: str, texts: list[str]) -> None:
        values, kinds = read_values(name, texts, self.log_format)
        if name.startswith("selected."):
            self.values[name] = np.array([YES_NO.get(v, -1) for v in values], dtype=np.int8)
        else:
            self.values[name] = np.array(values)
        if name.startswith("depth."):
            # A box that was not selected has no depth to be missing.
            kinds = ["" if kind == "missing" else kind for kind in kinds]
        self._mark_texts(name, kinds)

    # -- rows of one box, rows of one declaration ----------------------------------------------

    def _first_rows(self) -> NDArray[np.int64]:
        """For each row the first row of the same container and declaration (itself, if first).

        Rows without a declaration number are the same if their container and arrival are. A row
        whose box cannot be read repeats nothing, nor does one with neither number nor arrival.
        """
        first = np.arange(self.n)
        seen: dict[tuple[str, str], int] = {}
        arrivals = self.values["arrival"].astype("datetime64[m]").astype(np.int64)
        known = (self.values["container"] != "") & ~(self.own & np.isnat(self.values["arrival"]))
        boxes = self.values["container"].tolist()
        visits = [f"at {arrival}" if own else number for own, arrival, number in zip(
            self.own.tolist(), arrivals.tolist(), self.values["declaration"].tolist(), strict=True)]
        for i in np.flatnonzero(known).tolist():
            first[i] = seen.setdefault((boxes[i], visits[i]), i)
        return first

    def share_in_declarations(self, name: str) -> None:
        """One arrival and one lodging per declaration.

        Where the rows of a declaration differ by a minute or more, the stamp of more than half of
        its boxes counts; without such a majority each keeps its own. A row without a stamp takes
        the one that most boxes have (the earliest, if several). Stamps of the same minute become
        the earliest of them, for some are written to the minute only.
        """
        stamps = self.values[name]
        minutes = stamps.astype("datetime64[m]").astype(np.int64)
        for rows in self._uneven_declarations(stamps):
            votes: dict[int, set[str]] = defaultdict(set)
            exact: dict[int, np.datetime64] = {}
            for i in rows:
                if not np.isnat(stamps[i]):
                    minute = int(minutes[i])
                    votes[minute].add(self.values["container"][i] or f"line {self.lines[i]}")
                    exact[minute] = min(exact.get(minute, stamps[i]), stamps[i])
            if not votes:
                continue
            best = min(votes, key=lambda minute: (-len(votes[minute]), minute))
            boxes = set().union(*votes.values())
            rival = max((len(votes[m]) for m in votes if m != best), default=0)
            agreed = 2 * len(votes[best]) > len(boxes) and len(votes[best]) > rival
            for i in rows:
                if np.isnat(stamps[i]):
                    stamps[i] = exact[best]
                    self.note(f"{name} taken from the same declaration", i)
                elif int(minutes[i]) == best or not agreed:
                    stamps[i] = exact[int(minutes[i])]
                    if not agreed:
                        self.mark(name, "differs within its declaration (kept)", [i])
                else:
                    stamps[i] = exact[best]
                    self.mark(name, "differs from most of its declaration (replaced)", [i])

    def _uneven_declarations(self, stamps: Stamps) -> list[NDArray[np.int64]]:
        """The rows of each declaration whose stamps are not all present and equal."""
        order = np.argsort(self.declaration_of, kind="stable")
        starts = np.flatnonzero(np.diff(self.declaration_of[order], prepend=-1))
        seconds = stamps.astype(np.int64)[order]
        lowest = np.minimum.reduceat(seconds, starts)
        uneven = lowest != np.maximum.reduceat(seconds, starts)
        ends = np.append(starts[1:], self.n)
        return [order[a:b] for a, b in zip(starts[uneven], ends[uneven], strict=True)]

    def fill_from_repeated_rows(self) -> None:
        """The first row of a box takes what it lacks from its repeated rows."""
        for i in np.flatnonzero(self.first != np.arange(self.n)):
            first = self.first[i]
            for name, values in self.values.items():
                if name in ("container", "declaration") or _blank(values[i]):
                    continue
                depth_unused = name.startswith("depth.") and (
                    self.values["selected." + name.split(".", 1)[1]][first] == 0)
                if _blank(values[first]) and not depth_unused:
                    values[first] = values[i]
                    self.note("filled from a repeated row", first)
                elif _to_the_minute(values[first]) != _to_the_minute(values[i]):
                    self.note("differs from a repeated row (first row kept)", first)

    # -- fields against each other -------------------------------------------------------------

    def drop_contradicted_arrivals(self) -> None:
        """Blanks an arrival far from both other stamps where these two agree."""
        arrival, discharged, lodged = (self.values[name] for name in STAMPS)
        wrong = (_far(arrival, discharged) & _far(arrival, lodged) & ~np.isnat(discharged)
                 & ~np.isnat(lodged) & ~_far(discharged, lodged))
        if wrong.any():
            self.mark("arrival", "more than 30 days from discharge and lodging", wrong)
            arrival[wrong] = np.datetime64("NaT")

    def check_stamps(self) -> None:
        """Discharge and lodging against the arrival, to the minute."""
        arrival, discharged, lodged = (self.values[name] for name in STAMPS)
        before = discharged.astype("datetime64[m]") < arrival.astype("datetime64[m]")
        self._blank_stamps("discharged", "before arrival", before)
        self._blank_stamps("discharged", "more than 30 days after arrival",
                           _far(discharged, arrival) & ~before)
        self._blank_stamps("lodged", "more than 30 days from arrival", _far(lodged, arrival))
        # Within one minute, one stamp may be written to the second and the other not.
        early = discharged < arrival
        discharged[early] = arrival[early]

    def _blank_stamps(self, name: str, kind: str, rows: Rows) -> None:
        if rows.any():
            self.mark(name, kind, rows)
            self.values[name][rows] = np.datetime64("NaT")

    def check_selections(self) -> None:
        """A depth needs its selection: blanked where the agency did not select the box."""
        for agency in self.log_format.names("depth"):
            selected, depth = self.values[f"selected.{agency}"], self.values[f"depth.{agency}"]
            contrary = (selected == 0) & (depth != "")
            if contrary.any():
                self.mark(f"depth.{agency}", "given though not selected", contrary)
                depth[contrary] = ""
            for i in np.flatnonzero((selected < 0) & (depth != "")):
                selected[i] = 1
                self.note(f"selected.{agency} taken from its depth", i)


def _read_declaration(text: str) -> tuple[str, str]:
    """A declaration number as written -> (number, fault)."""
    number = "".join(unicodedata.normalize("NFKC", text[:500]).upper().split())
    if not number:
        return "", "missing"
    if len(number) > _LONGEST_DECLARATION:
        return "", "not a declaration number"
    if _SPREADSHEET_NUMBER.match(number):
        return "", "damaged by a spreadsheet"
    return number, ""


def _each(function: Callable[[str], Any], texts: list[str]) -> list[Any]:
    """The function's value for each text, computed once per distinct text."""
    known = {text: function(text) for text in set(texts)}
    return [known[text] for text in texts]


def _numbered(names: NDArray[np.str_]) -> NDArray[np.int64]:
    """Names -> numbers from 0 in the order of first appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names.tolist()])


def _blank(value: Any) -> bool:
    """Whether a single value stands for 'not known'."""
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return bool(value == "") if isinstance(value, str) else value == (
        0 if value.dtype == np.int16 else -1)


def _far(one: Stamps, other: Stamps) -> Rows:
    """Where two stamps are more than 30 days apart; False where either is blank."""
    return np.abs(one - other) > FAR


def _to_the_minute(value: Any) -> Any:
    return value.astype("datetime64[m]") if isinstance(value, np.datetime64) else value
