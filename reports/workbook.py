"""A report as an Excel workbook: the same tables, a sheet each, in both languages.

Numbers are numbers in full precision, shown with the decimals that their interval supports; text
stays text, whatever it looks like.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.content import Cell, Code, Interval, Number, Report, Row, Special, Table, Text, Verdict
from reports.facts import say

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

HEAD_ROW = 3
"""Above it: the table's title, and the groups of columns."""
LONGEST = 32_000
MOST_BARS = 12


def workbook_bytes(reports: dict[str, Report]) -> bytes:
    """The workbook of a report: first what is in brief, then every table, per language."""
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    with Workbook(stream, {"strings_to_formulas": False, "strings_to_urls": False,
                           "strings_to_numbers": False, "in_memory": True,
                           "nan_inf_to_errors": False}) as book:
        first = next(iter(reports.values()))
        # Not when the report was written: the same results give the same bytes.
        book.set_properties({"title": first.title, "comments": "onestop", "created": first.made})
        formats = Formats(book)
        taken: set[str] = set()
        for lang, report in reports.items():
            names = {t.key: _sheet_name(t.key, lang, taken) for t in report.tables}
            _cover(book, formats, report, _sheet_name("cover", lang, taken), names)
            for table in report.tables:
                sheet = book.add_worksheet(names[table.key])
                _table(book, sheet, formats, table, lang)
    return stream.getvalue()


def _sheet_name(key: str, lang: str, taken: set[str]) -> str:
    """The name of a table's sheet: at most 31 characters, each once in a workbook."""
    stem, _, number = key.partition("-")
    name = " ".join(part for part in (say(lang, f"sheet.{stem}"), number) if part)
    if name in taken:
        name = f"{name} ({lang})"
    taken.add(name)
    return name[:31]


@dataclass
class Formats:
    """Cell formats, made once each."""

    book: Workbook

    def __post_init__(self) -> None:
        self.known: dict[tuple[Any, ...], Any] = {}

    def __call__(self, **parts: Any) -> Any:
        key = tuple(sorted(parts.items()))
        if key not in self.known:
            self.known[key] = self.book.add_format({"valign": "top", **parts})
        return self.known[key]

    def number(self, cell: Number, bold: bool) -> Any:
        """The format of a number: its decimals, per cent, sign, and what it is only more than."""
        percent = cell.factor == 100.0
        body = "#,##0" + ("." + "0" * cell.digits if cell.digits else "") + ("%" if percent else "")
        if cell.sign:
            body = f"+{body};-{body};{body}"
        if cell.bound:
            body = f'"{cell.bound} "{body}'
        return self(num_format=body, bold=bold)


def _cover(book: Workbook, formats: Formats, report: Report, name: str,
           names: dict[str, str]) -> None:
    """Title, the answers in brief, and what every sheet holds. names: table -> its sheet."""
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 90)
    text = formats(text_wrap=True)
    sheet.write_string(0, 0, report.title[:LONGEST], formats(bold=True, font_size=16))
    sheet.write_string(1, 0, report.subtitle[:LONGEST])
    row = 3
    for section in report.sections:
        tables = [b for b in section.blocks if isinstance(b, Table)]
        paragraphs = [p for b in section.blocks if isinstance(b, Text) for p in b.paragraphs]
        paragraphs += [s.text for b in section.blocks if isinstance(b, Special)
                       for s in b.sentences]
        sheet.write_string(row, 0, section.title[:LONGEST], formats(bold=True, text_wrap=True))
        for line in (*paragraphs, *(f"→ {names[t.key]}: {t.title}" for t in tables)):
            sheet.write_string(row, 1, line[:LONGEST], text)
            row += 1
        row += 1


def _table(book: Workbook, sheet: Worksheet, formats: Formats, table: Table, lang: str) -> None:
    sheet.write_string(0, 0, table.title[:LONGEST], formats(bold=True, font_size=13))
    head = formats(bold=True, text_wrap=True, bottom=1, bg_color="#E8EDF2")
    columns = 0
    for column in table.columns:
        titles = ([f"{column.title}: {say(lang, 'sheet.low')}",
                   f"{column.title}: {say(lang, 'sheet.high')}"]
                  if column.kind == "interval" else [column.title])
        for title in titles:
            unit = f" ({column.unit})" if column.unit else ""
            sheet.write_string(HEAD_ROW - 1, columns, column.group[:LONGEST], head)
            sheet.write_string(HEAD_ROW, columns, (title + unit)[:LONGEST], head)
            wide = 46 if columns == 0 else 24 if column.kind == "text" else 13
            sheet.set_column(columns, columns, wide)
            columns += 1
    for i, row in enumerate(table.rows, HEAD_ROW + 1):
        _row(sheet, formats, i, row, table)
    last = HEAD_ROW + len(table.rows)
    sheet.freeze_panes(HEAD_ROW + 1, 1)
    sheet.autofilter(HEAD_ROW, 0, max(last, HEAD_ROW + 1), max(columns - 1, 0))
    for i, note in enumerate(table.notes, last + 2):
        sheet.write_string(i, 0, note[:LONGEST], formats(italic=True))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW - 1, HEAD_ROW)
    if any(column.series for column in table.columns):
        _chart(book, sheet, table, columns)


def _row(sheet: Worksheet, formats: Formats, i: int, row: Row, table: Table) -> None:
    head, at = row.kind == "head", 0
    for cell, column in zip(row.cells, table.columns):
        bold = head or (row.kind == "primary" and at == 0)
        if column.kind == "interval" and not head:
            ends = (cell.low, cell.high) if isinstance(cell, Interval) else ("", "")
            for end in ends:
                _write(sheet, formats, i, at, end, bold)
                at += 1
        else:
            _write(sheet, formats, i, at, cell, bold)
            at += 1


def _write(sheet: Worksheet, formats: Formats, i: int, j: int, cell: Cell, bold: bool) -> None:
    if isinstance(cell, Number):
        if cell.value is None:
            sheet.write_blank(i, j, None, formats())
        else:
            sheet.write_number(i, j, cell.value, formats.number(cell, bold))
        return
    text = cell.text if isinstance(cell, Code | Verdict) else str(cell)
    if text:
        sheet.write_string(i, j, text[:LONGEST], formats(bold=bold, text_wrap=True))


def _chart(book: Workbook, sheet: Worksheet, table: Table, columns: int) -> None:
    """The first group of rows of one unit as bars, a series per column that is marked so."""
    rows = list(table.rows)
    begin = 1 if rows and rows[0].kind == "head" else 0
    end = begin
    while end < len(rows) and rows[end].kind != "head" and end - begin < MOST_BARS and (
            not table.unit_column or rows[end].cells[1] == rows[begin].cells[1]):
        end += 1
    if end == begin:
        return
    chart = book.add_chart({"type": "bar"})
    first, last = HEAD_ROW + 1 + begin, HEAD_ROW + end
    at = 0
    for column in table.columns:
        if column.series:
            name = column.group or column.title
            chart.add_series({"name": name[:255], "gap": 60,
                              "categories": [sheet.name, first, 0, last, 0],
                              "values": [sheet.name, first, at, last, at]})
        at += 2 if column.kind == "interval" else 1
    unit = rows[begin].cells[1] if table.unit_column else ""
    group = rows[0].cells[0] if begin else ""
    title = ": ".join(str(part) for part in (table.title, group) if part)
    chart.set_title({"name": title[:255], "name_font": {"size": 11}})
    chart.set_x_axis({"name": str(unit)[:255], "major_gridlines": {"visible": True}})
    chart.set_y_axis({"reverse": True, "label_position": "low"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 760, "height": 150 + 60 * (end - begin)})
    sheet.insert_chart(HEAD_ROW, columns + 1, chart)
