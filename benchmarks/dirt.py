"""A log made as dirty as real ones are, with the truth kept of what was done to it.

Rates are those of a log that people type and machines copy: some hundredths of the stamps lack,
some thousandths are wrong. Each stamp has at most one fault, so that every one can be counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.estimates import generator
from calibration.logfiles import Language, Table, headers_of, wide_table, write_table
from calibration.records import BLANK, Records

DAY = 86400
PAIRS = ("papers", "move-in", "devanning", "examination")
"""Stages whose start and end someone may exchange."""

ODD_SIZES = {20: ("20GP", " 22g1 ", "20'"), 40: (" 40HQ ", "40'HC", "４２Ｇ１"), 45: ("45HQ",)}


@dataclass(frozen=True)
class Dirt:
    """Shares of the stamps (or rows) that have each fault.

    missing      stamps that nobody typed
    midnight     stamps with a day and no time: 00:00
    heaped       stamps typed to the nearest earlier `heap` minutes
    spelt        stamps in another spelling of the same moment
    exchanged    starts and ends of a stage, one for the other
    repeated     rows that stand in the log twice
    check_digit  container numbers whose last digit is wrong
    odd_size     sizes that are written in another way
    """

    missing: float = 0.012
    midnight: float = 0.001
    heaped: float = 0.01
    spelt: float = 0.01
    exchanged: float = 0.002
    repeated: float = 0.005
    check_digit: float = 0.004
    odd_size: float = 0.004
    heap: int = 5


CLEAN = Dirt(*(0.0,) * 8)
"""No fault; the rows are still shuffled."""


@dataclass(frozen=True, eq=False)
class Soiled:
    """A dirty log and what was done.

    table   header -> texts of the m rows of the file
    origin  int64[m]: the row of the records that each of them is
    done    fault -> field -> int64[k]: rows of the records that have it there; fields are those of
            `headers_of`, '' for whole rows. An exchange stands under both stamps.
    """

    table: Table
    origin: NDArray[np.int64]
    done: dict[str, dict[str, NDArray[np.int64]]] = field(default_factory=dict)

    def count(self, fault: str) -> int:
        """How many fields, or rows, have a fault."""
        return sum(len(rows) for rows in self.done.get(fault, {}).values())

    def write(self, path: Path, encoding: str = "utf-8-sig") -> None:
        """Writes the file; packed if the name ends in .gz."""
        write_table(self.table, path, encoding)


def soil(records: Records, seed: int, dirt: Dirt | None = None,
         language: Language = "zh") -> Soiled:
    """The wide log of these records with faults, its rows in no order.

    dirt: without it, the usual shares. The same seed gives the same file.
    """
    dirt = dirt or Dirt()
    headers = headers_of(records, language)
    shown = [stamp for stamp in records.seconds if stamp in headers]
    done: dict[str, dict[str, NDArray[np.int64]]] = {}
    seconds = dict(records.seconds)
    faults: dict[str, NDArray[Any]] = {}
    for stamp in shown:
        faults[stamp] = _drawn(dirt, generator(seed, f"dirt.{stamp}"), seconds[stamp] != BLANK)
    _exchange(records, seconds, faults, dirt, seed, done)
    for stamp in shown:
        seconds[stamp] = _changed(seconds[stamp], faults[stamp], dirt.heap)
    table = wide_table(replace(records, seconds=seconds), language)
    for stamp in shown:
        rows = np.flatnonzero(faults[stamp] == SPELT)
        texts = table[headers[stamp]].astype("U24")
        texts[rows] = _respelt(texts[rows], generator(seed, f"dirt.spelling.{stamp}"))
        table[headers[stamp]] = texts
        for name, code in CODES.items():
            done.setdefault(name, {})[stamp] = np.flatnonzero(faults[stamp] == code)
    _soil_rows(records, table, headers, dirt, generator(seed, "dirt.rows"), done)
    return _shuffled(table, len(records), dirt, generator(seed, "dirt.order"), done)


MISSING, MIDNIGHT, HEAPED, SPELT = 1, 2, 3, 4
CODES = {"missing": MISSING, "midnight": MIDNIGHT, "heaped": HEAPED, "spelt": SPELT}


def _drawn(dirt: Dirt, rng: np.random.Generator, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64[N]: which fault each stamp has; 0 none, or nothing to spoil."""
    edges = np.cumsum([dirt.missing, dirt.midnight, dirt.heaped, dirt.spelt])
    place = np.searchsorted(edges, rng.random(len(known)), side="right")
    return np.where(known & (place < len(edges)), place + 1, 0)


def _exchange(records: Records, seconds: dict[str, Any], faults: dict[str, NDArray[Any]],
              dirt: Dirt, seed: int, done: dict[str, dict[str, NDArray[np.int64]]]) -> None:
    """Starts and ends, one for the other, where both are known, differ and have no fault yet."""
    done["exchanged"] = {}
    for stage in PAIRS:
        for agency in records.agencies:
            first, last = f"start.{stage}.{agency}", f"end.{stage}.{agency}"
            if first not in faults or last not in faults:
                continue
            chance = generator(seed, f"dirt.exchanged.{stage}.{agency}").random(len(records))
            rows = np.flatnonzero(
                (chance < dirt.exchanged) & (faults[first] == 0) & (faults[last] == 0)
                & (seconds[first] != BLANK) & (seconds[last] != BLANK)
                & (seconds[first] != seconds[last]))
            start, end = seconds[first].copy(), seconds[last].copy()
            start[rows], end[rows] = end[rows], start[rows]
            seconds[first], seconds[last] = start, end
            done["exchanged"] |= {first: rows, last: rows}


def _changed(seconds: NDArray[Any], fault: NDArray[Any], heap: int) -> NDArray[np.int32]:
    """The stamps with what is missing, heaped or has no time of day."""
    known = seconds != BLANK
    result = np.where(known & (fault == MIDNIGHT), seconds // DAY * DAY, seconds)
    result = np.where(known & (fault == HEAPED), seconds // (60 * heap) * (60 * heap), result)
    return np.where(fault == MISSING, BLANK, result).astype(np.int32)


def _respelt(texts: NDArray[Any], rng: np.random.Generator) -> list[str]:
    """The same minutes as others write them, some with seconds."""
    spellings: tuple[Callable[[str, str, str, str, int], str], ...] = (
        lambda y, m, d, t, s: f"{y}/{m}/{d} {t[:5]}:{s:02d}",
        lambda y, m, d, t, s: f"{y}/{int(m)}/{int(d)} {int(t[:2])}:{t[3:5]}",
        lambda y, m, d, t, s: f"{y}.{m}.{d} {t[:5]}",
        lambda y, m, d, t, s: f"{y}年{int(m)}月{int(d)}日 {t[:5]}",
        lambda y, m, d, t, s: f"{y}-{m}-{d}T{t[:5]}:{s:02d}",
    )
    # Half of them in the spelling that most systems have beside their own.
    which = np.where(rng.random(len(texts)) < 0.5, 0, rng.integers(1, len(spellings), len(texts)))
    second = rng.integers(0, 60, len(texts))
    result = []
    for text, k, s in zip(texts.tolist(), which.tolist(), second.tolist(), strict=True):
        day, time = text.split(" ")
        result.append(spellings[k](*day.split("-"), time, s))
    return result


def _soil_rows(records: Records, table: Table, headers: dict[str, str], dirt: Dirt,
               rng: np.random.Generator, done: dict[str, dict[str, NDArray[np.int64]]]) -> None:
    """Wrong check digits, sizes written in another way."""
    rows = np.flatnonzero(rng.random(len(records)) < dirt.check_digit)
    boxes = table[headers["container"]].astype("U11")
    boxes[rows] = [text[:10] + str((int(text[10]) + by) % 10) for text, by in
                   zip(boxes[rows].tolist(), rng.integers(1, 10, len(rows)).tolist(), strict=True)]
    table[headers["container"]] = boxes
    done["check_digit"] = {"container": rows}
    rows = np.flatnonzero((rng.random(len(records)) < dirt.odd_size)
                          & np.isin(records.size, list(ODD_SIZES)))
    sizes = table[headers["size"]].astype("U8")
    sizes[rows] = [ODD_SIZES[feet][k % len(ODD_SIZES[feet])] for feet, k in
                   zip(records.size[rows].tolist(), rng.integers(0, 12, len(rows)).tolist(),
                       strict=True)]
    table[headers["size"]] = sizes
    done["odd_size"] = {"size": rows}


def _shuffled(table: Table, count: int, dirt: Dirt, rng: np.random.Generator,
              done: dict[str, dict[str, NDArray[np.int64]]]) -> Soiled:
    """Some rows twice, all in no order."""
    again = np.flatnonzero(rng.random(count) < dirt.repeated)
    done["repeated"] = {"": again}
    origin = rng.permutation(np.concatenate([np.arange(count), again]))
    return Soiled({header: texts[origin] for header, texts in table.items()}, origin, done)
