"""Tables as files: Parquet with the same bytes for the same rows, and CSV safe for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from sim.journal import storing
from sim.replication import Array, Replication, Table

ROW_GROUP = 100_000
AT_ONCE = 50_000
"""Rows that are inserted together."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Tables:
    """Collects the tables of replications, in the order given, and writes one file for each.

    One thread, rows in order and fixed row groups give the same bytes for the same rows. Tables
    that outgrow the memory are spilled to `scratch`.
    """

    def __init__(self, scratch: Path):
        import duckdb

        self._scratch = scratch
        self._duckdb = duckdb.connect(config={"threads": "1"})
        self._duckdb.execute("SET autoload_known_extensions = false")
        self._duckdb.execute("SET autoinstall_known_extensions = false")
        self._duckdb.execute("SET temp_directory = $1", [str(scratch)])
        self._columns: dict[str, dict[str, str]] = {}
        self._numbers: dict[str, int] = {}
        self._empty: dict[str, Table] = {}
        self._waiting: dict[str, list[Table]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._duckdb.close()

    def add(self, result: Replication) -> None:
        """Append the tables of one replication, with its scenario and number in front."""
        for name, table in result.tables.items():
            self._append(name, _identify(table, result))

    def write(self, folder: Path) -> list[str]:
        """Write NAME.parquet for every table that was added; the names of the files."""
        for name in list(self._waiting):
            self._insert(name)
        for name, table in self._empty.items():
            if name not in self._columns:
                self._create(name, table)
        written = []
        for name, number in self._numbers.items():
            path = folder / f"{name}.parquet"
            with _writing(path):
                self._duckdb.table(f"t{number}").write_parquet(
                    str(path), compression="zstd", row_group_size=ROW_GROUP
                )
            written.append(path.name)
        return written

    def _append(self, name: str, table: Table) -> None:
        lengths = {column: len(values) for column, values in table.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"table '{name}' has columns of different lengths: {lengths}")
        if not any(lengths.values()):
            # The types of an empty table may be accidental: used only if all of them are empty.
            self._empty.setdefault(name, table)
        elif name not in self._columns:
            self._create(name, table)
        else:
            kinds = _kinds(table)
            if kinds != self._columns[name]:
                raise ValueError(
                    f"table '{name}' changes its columns: {kinds} is not {self._columns[name]}"
                )
            waiting = self._waiting.setdefault(name, [])
            waiting.append(table)
            if sum(len(next(iter(one.values()))) for one in waiting) >= AT_ONCE:
                self._insert(name)

    def _insert(self, name: str) -> None:
        """Add the rows that wait; an insertion costs some milliseconds, however few they are."""
        parts = self._waiting.pop(name)
        table = {column: np.concatenate([part[column] for part in parts])
                 for column in self._columns[name]}
        self._query(f"INSERT INTO t{self._numbers[name]} SELECT * FROM chunk", table)

    def _create(self, name: str, table: Table) -> None:
        # Tables are numbered in the database, so that no name needs quoting.
        self._numbers[name] = len(self._numbers)
        self._columns[name] = _kinds(table)
        self._query(f"CREATE TABLE t{self._numbers[name]} AS SELECT * FROM chunk", table)

    def _query(self, query: str, table: Table) -> None:
        chunk = {column: _plain(values) for column, values in table.items()}
        self._duckdb.register("chunk", chunk)
        try:
            with _writing(self._scratch):
                self._duckdb.execute(query)
        finally:
            self._duckdb.unregister("chunk")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what the database says of the file system into EnvironmentFailure."""
    import duckdb

    with storing(path):
        try:
            yield
        except duckdb.IOException as error:
            raise OSError(str(error)) from error


def read_table(path: Path, where: Mapping[str, Any]) -> Table:
    """The columns of a Parquet file as arrays, of the rows that have the values in `where`.

    NaN stands in the files as null, and comes back as NaN.
    """
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.execute("SET autoload_known_extensions = false")
        conditions = " AND ".join(f'"{column}" = ?' for column in where)
        query = "SELECT * FROM read_parquet(?)" + (f" WHERE {conditions}" if where else "")
        found = connection.execute(query, [str(path), *where.values()]).fetchnumpy()
    return {column: _without_mask(values) for column, values in found.items()}


def _without_mask(values: Array) -> Array:
    """A column as a plain array: the value under a mask is accidental, so null is put there."""
    if not np.ma.is_masked(values):
        return np.ma.getdata(values)
    plain = np.ma.getdata(values).copy()
    null = {"f": np.nan, "M": np.datetime64("NaT"), "O": None}
    plain[np.ma.getmaskarray(values)] = null[plain.dtype.kind]
    return plain


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as CSV in UTF-8 (with the mark by which spreadsheets know it), lines ended by CRLF.

    A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a
    carriage return) gets an apostrophe in front. Numbers stay numbers; None is an empty cell.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([_cell(value) for value in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def _identify(table: Table, result: Replication) -> Table:
    rows = max((len(values) for values in table.values()), default=0)
    front: dict[str, Array] = {}
    if "scenario" not in table:
        front["scenario"] = np.full(rows, result.scenario, dtype=object)
    if "replication" not in table:
        front["replication"] = np.full(rows, result.replication, dtype=np.int32)
    return {**front, **table}


def _kinds(table: Table) -> dict[str, str]:
    """Column -> kind of its values (texts are one kind, however they are held)."""
    return {
        column: "text" if values.dtype.kind in "UO" else values.dtype.kind
        for column, values in table.items()
    }


def _plain(values: Array) -> Array:
    """Texts as objects, which the database reads as text rather than as an enumeration."""
    return values.astype(object) if values.dtype.kind == "U" else np.ascontiguousarray(values)
