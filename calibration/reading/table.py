"""The rows of a log as columns of numbers, block by block, on two threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.reading.source import Source, texts_of
from calibration.reading.stamptexts import in_numbers, shifts
from calibration.records import Ints
from scenarios.errors import Fault, InputError
from sim.portlog.iso6346 import read_container

MOST_ROWS = 30_000_000
"""Of a log: the columns of so many rows fit into 6 GB."""
MOST_COLUMNS = 4000
MOST_TEXTS = 8000
"""Different texts of a column of values; one with more is no such column."""
LARGE = 200_000_000
"""Bytes of a file whose columns begin with room for 8 million rows."""
KEY_WIDTH = 40
_CELLS = 1 << 22
_MOST_ROW = 1 << 20
_KEPT_TEXTS = 100_000
CONTAINER = ("", "missing", "not a container number", "check digit wrong", "check digit missing",
             "not a container number", "damaged by a spreadsheet")
"""By the status of `fields`: what is wrong with a container's number."""
DECLARATION = ("", "missing", "not a declaration number", "", "", "not a declaration number",
               "damaged by a spreadsheet")


@dataclass
class Plan:
    """How to read a table.

    places  field -> column; kinds: field -> stamp, code, box or key; order: field -> of dates with
    the year last, 1 day first, 2 month first, 0 not known
    width   columns of the header; above: bytes and lines to skip, header included
    """

    places: dict[str, int]
    kinds: dict[str, str]
    width: int
    delimiter: str = ","
    rows_above: int = 1
    order: dict[str, int] = field(default_factory=dict)
    time_zone: str = "UTC"
    own_zone: str = "UTC"
    encoding: str | None = None


@dataclass
class Table:
    """n rows: stamps as int32 (see stampcodes), codes uint8 or int16 with their texts, keys S.

    status  box or key -> uint8 of fields; counts: stamp -> its spellings; odd: stamp -> some texts
    that could not be read; raw: row -> the container as it was written where it is none
    ragged  rows with (too few, too many) fields
    """

    lines: NDArray[np.int32]
    stamps: dict[str, NDArray[np.int32]]
    codes: dict[str, NDArray[Any]]
    texts: dict[str, list[str]]
    keys: dict[str, NDArray[np.bytes_]]
    status: dict[str, NDArray[np.uint8]]
    counts: dict[str, Ints]
    odd: dict[str, list[str]]
    raw: dict[int, str]
    ragged: tuple[int, int]
    notes: list[str]

    def __len__(self) -> int:
        return len(self.lines)


@dataclass
class Chunk:
    """Some rows, found in a block."""

    data: Any
    starts: Any
    ends: Any
    lines: Any
    fields: Any
    rows: int

    def text(self, row: Any, column: int) -> str:
        """A field as text."""
        start, end = self.starts[row, column], self.ends[row, column]
        return bytes(self.data[start:end]).decode("utf-8", "replace").replace('""', '"').strip()


def chunks(blocks: Iterable[bytes], width: int, delimiter: str, name: str) -> Iterator[Chunk]:
    """The rows of a table's blocks. Raises InputError for a row without end."""
    from calibration.reading.fields import split

    most = max(_CELLS // max(width, 1), 64)
    line, rest = 1, b""
    feed = iter(blocks)
    ended = False
    while not ended:
        block = next(feed, None)
        ended = block is None
        data = rest + (block or b"")
        begin = 0
        while True:
            view = np.frombuffer(data, np.uint8)[begin:]
            if not len(view):
                break
            starts = np.empty((most, width), dtype=np.int32)
            ends = np.empty((most, width), dtype=np.int32)
            lines, fields = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
            rows, used, passed = split(view, len(view), ord(delimiter), ended, starts, ends, lines,
                                       fields)
            if rows:
                lines[:rows] += line
                yield Chunk(view, starts, ends, lines[:rows], fields[:rows], rows)
            line += passed
            begin += used
            if rows < most:
                break
        rest = data[begin:]
        if len(rest) > _MOST_ROW:
            raise InputError(Fault("the row is too long", file=name, line=line,
                                   allowed=f"at most {_MOST_ROW} bytes",
                                   hint="Is this a table with a line per row?"))


class Growing:
    """A column that grows. Room that is not yet filled takes no memory, and what is filled is not
    copied together in the end, so a log is never held twice."""

    def __init__(self, dtype: str, large: bool) -> None:
        self.values: Any = np.empty(1 << (23 if large else 16), dtype=dtype)
        self.used = 0

    def room(self, rows: int) -> Any:
        """The next rows, to be filled."""
        if self.used + rows > len(self.values):
            self._move(self.values.dtype)
        self.used += rows
        return self.values[self.used - rows:self.used]

    def widen(self, dtype: str) -> None:
        """Makes its values as wide as those of this type."""
        if np.dtype(dtype).itemsize > self.values.dtype.itemsize:
            self._move(np.dtype(dtype))

    def _move(self, dtype: Any) -> None:
        larger = np.empty(2 * len(self.values), dtype=dtype)
        larger[:self.used] = self.values[:self.used]
        self.values = larger

    def done(self) -> Any:
        """What was filled."""
        return self.values[:self.used]


class _Reader:
    """Collects the columns of a plan."""

    def __init__(self, plan: Plan, large: bool = False) -> None:
        self.plan = plan
        types = {"stamp": "i4", "code": "u1", "box": "S11", "key": "S1"}
        self.columns = {name: Growing(types[plan.kinds[name]], large) for name in plan.places}
        self.status = {n: Growing("u1", large) for n, k in plan.kinds.items()
                       if k in ("box", "key")}
        self.texts: dict[str, list[str]] = {n: [] for n, k in plan.kinds.items() if k == "code"}
        self.slots = {n: (np.zeros(1 << 15, dtype=np.uint64), np.zeros(1 << 15, dtype=np.int32))
                      for n in self.texts}
        self.counts = {n: np.zeros(16, dtype=np.int64) for n, k in plan.kinds.items()
                       if k == "stamp"}
        self.odd: dict[str, list[str]] = {n: [] for n in self.counts}
        self.raw: dict[int, str] = {}
        self.utc = shifts("UTC", plan.time_zone)
        self.own = shifts(plan.own_zone, plan.time_zone)

    def take(self, name: str, chunk: Chunk, done: int) -> None:
        """One column of a chunk; `done` rows came before it."""
        getattr(self, "_" + self.plan.kinds[name])(name, self.plan.places[name], chunk, done)

    def _stamp(self, name: str, column: int, chunk: Chunk, done: int) -> None:
        out = self.columns[name].room(chunk.rows)
        odd = np.empty(chunk.rows, dtype=np.int32)
        order = self.plan.order.get(name, 0)
        strange = self._scan(chunk.data, chunk.starts, chunk.ends, chunk.rows, column, order, out,
                             self.counts[name], odd)
        if strange:
            from calibration.reading.stampcodes import UNREADABLE, WORDS

            texts = [chunk.text(row, column) for row in odd[:strange]]
            known = dict.fromkeys(texts, UNREADABLE)
            for text in known:
                if written := in_numbers(text):
                    known[text] = self.scan_texts([written], order)[0]
            values = np.array([known[text] for text in texts], dtype=np.int32)
            out[odd[:strange]] = values
            self.counts[name][WORDS] += int(np.sum(values != UNREADABLE))
            room = 5 - len(self.odd[name])
            self.odd[name] += [t for t in known if known[t] == UNREADABLE][:max(room, 0)]

    def _scan(self, data: Any, starts: Any, ends: Any, rows: int, column: int, order: int,
              out: Any, counts: Any, odd: Any) -> int:
        from calibration.reading.stampbytes import stamps

        return int(stamps(data, starts, ends, rows, column, order, *self.utc, *self.own, out,
                          counts, odd))

    def scan_texts(self, texts: Sequence[str], order: int,
                   counts: Any = None) -> NDArray[np.int32]:
        """Texts as stamps."""
        raw = [text.encode("utf-8", "replace") for text in texts]
        ends = np.cumsum([len(part) for part in raw], dtype=np.int32).reshape(-1, 1)
        starts = np.concatenate([np.zeros((1, 1), dtype=np.int32), ends[:-1]])
        out = np.empty(len(raw), dtype=np.int32)
        counts = np.zeros(16, dtype=np.int64) if counts is None else counts
        self._scan(np.frombuffer(b"".join(raw) + b" ", np.uint8), starts, ends, len(raw), 0, order,
                   out, counts, np.empty(len(raw), dtype=np.int32))
        return out

    def _code(self, name: str, column: int, chunk: Chunk, done: int) -> None:
        from calibration.reading.fields import codes

        out = np.zeros(chunk.rows, dtype=np.int16)
        texts = self.texts[name]
        if len(texts) < MOST_TEXTS:
            first = np.zeros(MOST_TEXTS, dtype=np.int64)
            known = codes(chunk.data, chunk.starts, chunk.ends, chunk.rows, column,
                          *self.slots[name], len(texts), first, out)
            known = MOST_TEXTS if known < 0 else known
            texts += [chunk.text(row, column)[:80] for row in first[len(texts):known]]
        if len(texts) > 255:
            self.columns[name].widen("i2")
        self.columns[name].room(chunk.rows)[:] = out

    def _box(self, name: str, column: int, chunk: Chunk, done: int) -> None:
        from calibration.reading.fields import MISSING, NOT_ONE, ODD, boxes

        out = np.zeros((chunk.rows, 11), dtype=np.uint8)
        status = np.zeros(chunk.rows, dtype=np.uint8)
        boxes(chunk.data, chunk.starts, chunk.ends, chunk.rows, column, out, status)
        for row in np.flatnonzero(status == ODD):
            number, kind = read_container(chunk.text(row, column))
            out[row, :len(number)] = list(number.encode())
            status[row] = CONTAINER.index(kind)
        self._keep_raw((status == MISSING) | (status == NOT_ONE), column, chunk, done)
        self.columns[name].room(chunk.rows)[:] = out.view("S11").ravel()
        self.status[name].room(chunk.rows)[:] = status

    def _keep_raw(self, bad: Any, column: int, chunk: Chunk, done: int) -> None:
        """Keeps what stands where a container's number should, for the first such rows."""
        for row in np.flatnonzero(bad)[:_KEPT_TEXTS - len(self.raw)]:
            self.raw[done + int(row)] = chunk.text(row, column)[:40]

    def _key(self, name: str, column: int, chunk: Chunk, done: int) -> None:
        import unicodedata

        from calibration.reading.fields import GOOD, MISSING, ODD, TOO_LONG, keys

        out = np.zeros((chunk.rows, KEY_WIDTH), dtype=np.uint8)
        status = np.zeros(chunk.rows, dtype=np.uint8)
        keys(chunk.data, chunk.starts, chunk.ends, chunk.rows, column, out, status)
        for row in np.flatnonzero(status == ODD):
            text = unicodedata.normalize("NFKC", chunk.text(row, column)[:200]).upper()
            raw = "".join(text.split()).encode()
            status[row] = (TOO_LONG if len(raw) > KEY_WIDTH
                           else MISSING if text in ("无", "空", "") else GOOD)
            if status[row] == GOOD:
                out[row, :len(raw)] = list(raw)
        if name == "container":
            self._keep_raw(status != GOOD, column, chunk, done)
        width = max(int(np.flatnonzero(out.any(axis=0)).max(initial=0)) + 1, 1)
        self.columns[name].widen(f"S{width}")
        self.columns[name].room(chunk.rows)[:] = np.ascontiguousarray(
            out[:, :width]).view(f"S{width}").ravel()
        self.status[name].room(chunk.rows)[:] = status

    def of_kind(self, *kinds: str) -> dict[str, Any]:
        """The columns of some kinds."""
        return {name: self.columns[name].done() for name, kind in self.plan.kinds.items()
                if kind in kinds}


def read_table(source: Source, plan: Plan, progress: Callable[[int], None] | None = None) -> Table:
    """Reads a table by its plan. `progress` is told the rows read so far.

    Raises InputError for what is no table, or has more rows than MOST_ROWS.
    """
    reader = _Reader(plan, source.path.stat().st_size > LARGE)
    notes: list[str] = []
    lines = Growing("i4", False)
    few = many = done = 0
    used = max(plan.places.values(), default=0) + 1
    skip = plan.rows_above
    # Compiled code is loaded here once, not by two threads at the same time.
    reader.scan_texts(["2015-01-05 08:30"], 0)
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        waiting: list[Any] = []
        for chunk in chunks(texts_of(source, plan.encoding, notes), used, plan.delimiter,
                            source.name):
            if skip:
                drop = min(skip, chunk.rows)
                skip -= drop
                chunk = Chunk(chunk.data, chunk.starts[drop:], chunk.ends[drop:],
                              chunk.lines[drop:], chunk.fields[drop:], chunk.rows - drop)
                if not chunk.rows:
                    continue
            for task in waiting:
                task.result()
            waiting = [pool.submit(reader.take, name, chunk, done) for name in plan.places]
            lines.room(chunk.rows)[:] = chunk.lines
            few += int(np.sum(chunk.fields < plan.width))
            many += int(np.sum(chunk.fields > plan.width))
            done += chunk.rows
            if done > MOST_ROWS:
                raise InputError(Fault("has more rows than can be held", file=source.name,
                                       line=int(chunk.lines[-1]), allowed=f"at most {MOST_ROWS}",
                                       hint="Split it by time, and calibrate on a part."))
            if progress:
                progress(done)
        for task in waiting:
            task.result()
    if not done:
        raise InputError(Fault("has headers but no rows", file=source.name))
    return Table(lines.done(), reader.of_kind("stamp"), reader.of_kind("code"), reader.texts,
                 reader.of_kind("box", "key"), {n: of.done() for n, of in reader.status.items()},
                 reader.counts, reader.odd, reader.raw, (few, many), list(dict.fromkeys(notes)))


def scan_texts(texts: Sequence[str], order: int = 0, time_zone: str = "UTC",
               own_zone: str | None = None, counts: Any = None) -> NDArray[np.int32]:
    """Texts -> stamps (see stampcodes); months in words are read too."""
    reader = _Reader(Plan({}, {}, 1, time_zone=time_zone, own_zone=own_zone or time_zone))
    plain = [in_numbers(text) or text for text in texts]
    return reader.scan_texts(plain, order, counts) if plain else np.empty(0, dtype=np.int32)
