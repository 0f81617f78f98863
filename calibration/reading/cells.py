"""The cells of a log while they are put in order: each holds a value, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.reading.mapping import LogMap
from calibration.reading.words import depth_of, fold, value_of, yes_no
from scenarios.ids import DEPTHS
from sim.portlog.iso6346 import read_size

NO_VALUE, UNKNOWN_VALUE, NOT_AGREED, NOT_SELECTED = -1, -2, -3, -4
"""Codes that say why there is no value."""
CODE_REASONS = {UNKNOWN_VALUE: "unknown value",
                NOT_AGREED: "boxes of its declaration differ, none has most",
                NOT_SELECTED: "given though not selected"}
USED, REPEATED, REJECTED = 0, 1, 2
NEW_VALUES = 100
"""Of an attribute, values that the base scenario does not know."""
BLANK_WORDS = set("- -- --- / null n/a na nan nat 空 #n/a \\n ?".split()) | {""}
"""What says 'nothing' in a column of values."""


@dataclass
class Cells:
    """n rows.

    stamps   stamp -> int32[n] (see stampcodes); codes: field -> int8[n] or int16[n], negative: none
    values   attribute -> its values, which its codes count
    box      S[n], b'' where there is none; boxed: bool[n]
    declaration  S[n], b'' where there is none; once rows are grouped S[groups]
    group    int32[n], consignment; first: int64[groups], the first row of each
    row      uint8[n]: USED, REPEATED or REJECTED
    again    rows that repeat one, in order, and first_of: that one of each; differs: bool[n], rows
             that contradict it
    repairs  field -> {why: rows}; steps: stamp -> seconds to which it is rounded
    notes    what else was seen -> how often
    """

    lines: NDArray[np.int32]
    stamps: dict[str, NDArray[np.int32]]
    codes: dict[str, NDArray[Any]]
    values: dict[str, list[str]]
    box: NDArray[np.bytes_]
    box_status: NDArray[np.uint8]
    declaration: NDArray[np.bytes_]
    declaration_status: NDArray[np.uint8]
    raw: dict[int, str]
    group: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    first: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    row: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    again: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    first_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    differs: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    repairs: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def boxed(self) -> NDArray[np.bool_]:
        """bool[n]: the box is known."""
        return self.box != b""

    def repair(self, name: str, reason: str, rows: Any) -> None:
        """Notes rows (numbers, or flags) whose field was repaired."""
        rows = np.flatnonzero(rows) if getattr(rows, "dtype", None) == np.bool_ else rows
        if len(rows):
            self.repairs.setdefault(name, {}).setdefault(reason, []).append(
                np.asarray(rows, dtype=np.int32))

    def note(self, what: str, count: int | np.integer[Any]) -> None:
        """Counts something that was seen."""
        if count:
            self.notes[what] = self.notes.get(what, 0) + int(count)

    def reorder(self, order: NDArray[Any]) -> None:
        """Puts the rows in another order, column by column."""
        self.lines = self.lines[order]
        tables: list[dict[str, Any]] = [self.stamps, self.codes]

        def move(place: tuple[dict[str, Any], str]) -> None:
            table, name = place
            table[name] = table[name][order]

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(move, [(table, name) for table in tables for name in table]))
        self.box = self.box[order]
        self.box_status = self.box_status[order]
        self.declaration_status = self.declaration_status[order]


def translated(name: str, texts: Sequence[str], log_map: LogMap,
               known: Sequence[str]) -> tuple[NDArray[Any], list[str], dict[str, str]]:
    """What the texts of a column stand for.

    Returns (the code of each text, the values that the codes count, text -> value as read).
    A value map counts first, then the usual words; of an attribute other texts are taken as they
    are, after the base's values.
    """
    given = {fold(text): value for text, value in log_map.values.get(name, {}).items()}
    attribute = name.startswith("attribute.")
    values = list(known) if attribute else list(DEPTHS) if name.startswith("depth.") else []
    codes, read = [], {}
    for text in texts:
        value = given.get(fold(text), "")
        if not value and not (given and not attribute and name != "size"):
            value = _usual(name, text, known)
        if value and attribute and value not in values:
            if len(values) < len(known) + NEW_VALUES:
                values.append(value)
            else:
                value = ""
        if value:
            read[text] = value
        if not value:
            codes.append(NO_VALUE if fold(text) in BLANK_WORDS else UNKNOWN_VALUE)
        elif name == "size":
            codes.append(int(value))
        elif name.startswith("selected."):
            codes.append(int(value == "yes"))
        else:
            codes.append(values.index(value))
    # Eight bits do for nearly every log, and half the memory.
    return np.array(codes, dtype=np.int8 if len(values) < 127 else np.int16), values, read


def _usual(name: str, text: str, known: Sequence[str]) -> str:
    if fold(text) in BLANK_WORDS and not (name.startswith("selected.") and yes_no(text)):
        return ""
    if name == "size":
        return str(read_size(text) or "")
    if name.startswith("selected."):
        return yes_no(text)
    if name.startswith("depth."):
        return depth_of(text)
    plain = " ".join(text.split())
    return value_of(text, known) or (plain if plain.isprintable() and len(plain) <= 60 else "")


def cells_of(table: Any, log_map: LogMap, attributes: Mapping[str, Sequence[str]],
             remarks: list[str], read: dict[str, dict[str, str]]) -> Cells:
    """A table's columns, their texts translated; `read` gets field -> {text: value}."""
    codes, values = {}, {}
    for name in list(table.codes):
        attribute = name.removeprefix("attribute.")
        codes_of, names, read[name] = translated(name, table.texts[name], log_map,
                                                 attributes.get(attribute, ()))
        codes[name] = codes_of[table.codes.pop(name)]
        if name.startswith("attribute."):
            values[attribute] = names
            new = names[len(attributes.get(attribute, ())):]
            if new:
                remarks.append(f"{name}: values that the base scenario does not know are taken as "
                               f"they are: {', '.join(new[:8])}" + (", ..." if new[8:] else ""))
    n = len(table)
    empty = np.zeros(n, dtype="S1")
    declared = "declaration" in table.keys
    return Cells(table.lines, table.stamps, codes, values, table.keys.pop("container"),
                 table.status["container"],
                 table.keys.pop("declaration") if declared else empty,
                 table.status["declaration"] if declared else np.ones(n, dtype=np.uint8), table.raw)
