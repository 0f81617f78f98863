"""A sheet of a workbook as the lines of a text table; a row of the sheet is a line."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from calibration.reading.source import damaged
from scenarios.errors import EnvironmentFailure, Fault, InputError, nearest

ROWS = 20_000
"""Rows that are put in lines at once."""


def sheet_blocks(path: Path, sheet: str | None) -> Iterator[bytes]:
    """The rows of the named sheet, or of the first that holds two rows, in UTF-8 with commas.

    Raises InputError for a damaged workbook or a sheet that there is not.
    """
    try:
        import python_calamine
    except ImportError:
        raise EnvironmentFailure("workbooks need the package python-calamine") from None
    name = str(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        if sheet is not None and sheet not in names:
            raise InputError(Fault("no such sheet", file=name, found=sheet,
                                   allowed=", ".join(names), hint=nearest(sheet, names)))
        for candidate in [sheet] if sheet is not None else names:
            table = book.get_sheet_by_name(candidate)
            if table.height > 1 or candidate == names[-1] or sheet is not None:
                yield from _lines(table)
                return
    except InputError:
        raise
    except MemoryError:
        raise
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        # The library is written in Rust: a panic is no Exception.
        raise damaged(name, "workbook", error) from None


def _lines(table: Any) -> Iterator[bytes]:
    start = table.start[0] if table.start else 0
    text = io.StringIO("\n" * start)
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, lineterminator="\n")
    for k, row in enumerate(table.iter_rows(), start=1):
        writer.writerow([_cell(value) for value in row])
        if k % ROWS == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    """A cell as text, on one line; dates in ISO form, to the second."""
    if isinstance(value, str):
        return value.replace("\n", " ").replace("\r", " ")
    if isinstance(value, datetime.datetime):
        # A spreadsheet keeps days as fractions: the nearest second is what was typed.
        rounded = value + datetime.timedelta(microseconds=500_000)
        return rounded.strftime("%Y-%m-%d %H:%M:%S") if rounded.year >= 1000 else str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    return "" if value is None else str(value)
