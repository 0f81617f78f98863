"""From a port's log, whatever its shape, to `Records` and the account of every row and field."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.reading.account import QualityAccount
from calibration.reading.guess import Layout, look, order_of
from calibration.reading.mapping import LogMap, read_map
from calibration.reading.source import Source, open_source
from calibration.reading.table import MOST_TEXTS, Table, read_table
from calibration.records import Records
from scenarios.errors import Fault, InputError


@dataclass(frozen=True)
class ReadColumn:
    """One column of the file, as it was read.

    field is '' if it is not read; how: map, name or content, else why it is not read. spelling: how
    its stamps are written; values: text in the file -> value; unread: some texts that could not be
    """

    header: str
    field: str
    how: str
    spelling: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A log, read: what fits use, what became of every row, and how its columns were taken."""

    records: Records
    account: QualityAccount
    columns: tuple[ReadColumn, ...]
    remarks: tuple[str, ...]
    layout: str

    def render_columns(self) -> str:
        """The columns and what they were taken for, as text."""
        return "\n".join(f"  {c.header or '(no header)'} -> {c.field or 'not read'}"
                         + (f" ({how})" if (how := _how(c)) else "") for c in self.columns)


def _how(column: ReadColumn) -> str:
    parts = [] if column.how == "name" else [column.how]
    if column.spelling:
        parts.append(column.spelling)
    if column.values:
        shown = [f"{text}: {value}" for text, value in column.values.items() if text != value]
        parts.append(", ".join(shown[:6]) + (", ..." if len(shown) > 6 else ""))
    return "; ".join(part for part in parts if part)


def read(path: str | Path, mapping: Path | Mapping[str, Any] | LogMap | None = None, *,
         agencies: Sequence[str], attributes: Mapping[str, Sequence[str]],
         time_zone: str = "Asia/Shanghai",
         progress: Callable[[int], None] | None = None) -> Reading:
    """Reads a log.

    mapping     what the log's headers and texts mean, where it is not to be guessed: a YAML file or
                its data (see `mapping.LogMap`)
    agencies    of the base scenario, in its order; attributes: name -> its values
    time_zone   the scenario's: stamps with an offset are brought to it, others are of it
    progress    is told the rows read so far
    Raises InputError, with file and line, for what cannot be read as a log, and if no row can be
    used.
    """
    path = Path(path)
    log_map = read_map(mapping, agencies, attributes)
    source = open_source(path, log_map.sheet)
    layout = look(source, log_map, agencies, attributes, time_zone)
    return _reading(source, layout, _table(source, layout, log_map, progress), log_map, agencies,
                    attributes)


def _table(source: Source, layout: Layout, log_map: LogMap,
           progress: Callable[[int], None] | None) -> Table:
    """Reads the table; once more, if the whole column says another order of day and month than
    its beginning."""
    from calibration.reading.stampcodes import EITHER

    table = read_table(source, layout.plan, progress)
    if log_map.day_first is not None:
        return table
    changed = {name: order for name, counts in table.counts.items()
               if (order := order_of(counts)) and order != layout.plan.order.get(name)
               and counts[EITHER]}
    if changed:
        layout.plan.order |= changed
        del table
        table = read_table(source, layout.plan, progress)
    return table


def _reading(source: Source, layout: Layout, table: Table, log_map: LogMap,
             agencies: Sequence[str], attributes: Mapping[str, Sequence[str]]) -> Reading:
    # Compiled code is behind these.
    from calibration.reading import counting
    from calibration.reading.build import records_of
    from calibration.reading.cells import cells_of
    from calibration.reading.clean import put_in_order
    from calibration.reading.longform import pivoted

    remarks = layout.remarks + table.notes + _ragged(table)
    texts: dict[str, dict[str, str]] = {}
    spellings = {name: spelling(counts, layout.plan.order.get(name, 0))
                 for name, counts in table.counts.items()}
    for name in [n for n in table.texts if len(table.texts[n]) >= MOST_TEXTS]:
        remarks.append(f"{name} has {MOST_TEXTS} or more different texts: it is not read")
        del table.codes[name]
    odd, rows = table.odd, len(table)
    events = None
    if layout.kind == "long":
        table, events = pivoted(table, log_map, agencies, remarks)
    cells = cells_of(table, log_map, attributes, remarks, texts)
    # What the cells do not hold is given up before they are put in order.
    del table
    window = put_in_order(cells)
    counting.note_ends(cells, window)
    fields = counting.field_accounts(cells)
    used, repeated, rejected = counting.row_counts(cells)
    left_out: Any = counting.left_out_rows(cells)
    if not used:
        raise _nothing(source, layout, rows, rejected, left_out)
    stamps = counting.stamp_figures(cells)
    remarks += cells.remarks
    notes, count = cells.notes, len(cells)
    records = records_of(cells, window, agencies, remarks)
    if events is not None:
        used, repeated, rejected, left_out = events.counts(cells, used, repeated, rejected,
                                                           left_out)
    account = QualityAccount(
        source.name, layout.kind, rows, used, repeated, rejected, count, fields, stamps, notes,
        (counting.moment(window[0]), counting.moment(window[1])), len(records),
        len(records.first), left_out)
    columns = tuple(
        ReadColumn(c.header, c.field, c.how, spellings.get(c.field, ""), texts.get(c.field, {}),
                   tuple(odd.get(c.field, ()))) for c in layout.columns)
    return Reading(records, account, columns, tuple(dict.fromkeys(remarks)), layout.kind)


def _ragged(table: Table) -> list[str]:
    few, many = table.ragged
    found = []
    if few:
        found.append(f"{few} rows have fewer fields than there are headers: the rest is absent")
    if many:
        found.append(f"{many} rows have more fields than there are headers: what is beyond them is "
                     "not read")
    return found


def _nothing(source: Source, layout: Layout, rows: int, rejected: Mapping[str, int],
             left_out: Any) -> InputError:
    worst = max(rejected, key=lambda reason: rejected[reason])
    first = next(iter(left_out))
    return InputError(Fault(f"none of its {rows} rows can be used", file=source.name,
                            line=first.line, found=f"{worst} ({rejected[worst]} rows)",
                            hint="Is the right column mapped? Read as: " + ", ".join(
                                f"{c.header} = {c.field}" for c in layout.columns if c.field)))


def spelling(counts: Any, order: int) -> str:
    """How a column's stamps are written."""
    from calibration.reading import stampcodes as s

    parts = []
    if counts[s.YEAR_LAST]:
        last = "month before day" if order == 2 else "day before month"
        sure = counts[s.DAY_ABOVE] + counts[s.MONTH_ABOVE]
        parts.append(last if sure else f"{last}, by the fewer days that they then span")
    for code, words in ((s.COMPACT, "digits alone"), (s.SERIAL, "days of a spreadsheet"),
                        (s.SINCE_1970, "seconds since 1970"), (s.HALF_DAYS, "half days"),
                        (s.ZONED, "offsets from UTC"), (s.WORDS, "months in words")):
        if counts[code]:
            parts.append(words)
    return ", ".join(parts)
