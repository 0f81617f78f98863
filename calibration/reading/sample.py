"""The beginning of a table: its delimiter, its headers, its first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calibration.reading.mapping import LogMap
from calibration.reading.source import Source, texts_of
from calibration.reading.table import MOST_COLUMNS, chunks
from calibration.reading.words import field_of, fold, long_field
from scenarios.errors import Fault, InputError, shorten

DELIMITERS = ",\t;|"
SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 3000
_ABOVE = 10
"""Lines in which the headers are looked for: some logs have a title above them."""


@dataclass
class Sample:
    headers: list[str]
    line: int
    rows_above: int
    texts: list[list[str]]
    delimiter: str

    def column(self, k: int) -> list[str]:
        """Up to 500 texts of a column that are not blank."""
        return [row[k] for row in self.texts if row[k]][:500]


def take_sample(source: Source, log_map: LogMap, agencies: Sequence[str],
            attributes: Mapping[str, Sequence[str]]) -> Sample:
    """Headers and first rows; the delimiter is that which makes most headers known."""
    head, ended = b"", True
    stream = texts_of(source, log_map.encoding, [])
    for block in stream:
        head += block
        if len(head) >= SAMPLE_BYTES:
            ended = False
            break
    if not head.strip():
        raise InputError(Fault("is empty", file=source.name, line=1))
    if not ended:
        head = head[: head.rfind(b"\n", 0, SAMPLE_BYTES) + 1] or head[:SAMPLE_BYTES]
    said = {fold(h) for h in log_map.columns.values()}

    def known(headers: Sequence[str]) -> int:
        return sum(bool(fold(h) in said or long_field(h) or field_of(
            h, agencies, attributes).stage or field_of(h, agencies, attributes).field)
            for h in headers)

    best: tuple[tuple[int, int], str, int] | None = None
    for delimiter in [log_map.delimiter] if log_map.delimiter else DELIMITERS:
        for k, (row, _) in enumerate(_rows(head, delimiter, _ABOVE, source.name)):
            score = (known(row), len([h for h in row if h]))
            if best is None or score > best[0]:
                best = score, delimiter, k
    assert best is not None
    if best[0][0] < 2 and not said:
        first = _rows(head, best[1], 1, source.name)[0][0]
        hint = "Is it separated by commas of full width?" if "，" in first[0] else (
            "Name its columns in a map, if it has headers. It begins with " + shorten(
                ", ".join(first), 200))
        raise InputError(Fault("no headers of a log are known in it", file=source.name, line=1,
                               allowed="a first line with headers such as 箱号, 到港, 放行 or "
                                       "container, arrival, released", hint=hint))
    _, delimiter, at = best
    rows = _rows(head, delimiter, SAMPLE_ROWS, source.name)
    headers, line = rows[at]
    while headers and not headers[-1]:
        headers = headers[:-1]
    width = len(headers)
    body = [(row + [""] * width)[:width] for row, _ in rows[at + 1:]]
    return Sample(headers, line, at + 1, body, delimiter)


def _rows(head: bytes, delimiter: str, most: int, name: str) -> list[tuple[list[str], int]]:
    """The first rows of a text and their lines."""
    width = min(head[: 1 << 17].split(b"\n", 1)[0].count(delimiter.encode()) + 64, MOST_COLUMNS + 1)
    rows: list[tuple[list[str], int]] = []
    # Whatever follows the sample: its last row may be cut, which the caller's last line feed rules.
    for chunk in chunks([head], width, delimiter, name):
        for r in range(chunk.rows):
            if len(rows) == most:
                return rows
            fields = min(int(chunk.fields[r]), width)
            if r == 0 and int(chunk.fields[r]) > MOST_COLUMNS:
                raise InputError(Fault("has too many columns for a log", file=name,
                                       found=int(chunk.fields[r]),
                                       allowed=f"at most {MOST_COLUMNS}"))
            rows.append(([chunk.text(r, c) for c in range(fields)], int(chunk.lines[r])))
    return rows
