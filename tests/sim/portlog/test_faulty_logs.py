"""Faulty logs: refused with file, line, column and what to do, or every row accounted for."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from scenarios.errors import InputError
from scenarios.load import load
from sim.portlog import columns as reader
from sim.portlog.columns import LogFormat
from sim.portlog.trace import read_trace

HEADERS = {"container": "箱号", "size": "箱型", "declaration": "报关单号", "grade": "企业信用",
           "licensed": "涉证", "risk": "风险", "customs": "海关布控", "quarantine": "检验检疫布控",
           "depth": "海关查验深度", "depth2": "检验检疫查验深度", "arrival": "到港",
           "discharged": "卸船", "lodged": "申报"}
ROW = {"container": "CSQU3054383", "size": "22G1", "declaration": "D1", "grade": "一般信用",
       "licensed": "是", "risk": "低", "customs": "是", "quarantine": "否", "depth": "1/3",
       "depth2": "", "arrival": "2015-04-14 10:00", "discharged": "2015-04-14 12:00",
       "lodged": "2015-04-15 08:30"}
OTHER = ROW | {"container": "MSKU1234565", "declaration": "D2"}
THIRD = ROW | {"container": "TGHU7599330", "declaration": "D3"}
NO_STAMPS = {"discharged": "", "lodged": ""}


@lru_cache
def usual() -> LogFormat:
    """The column map of the shipped port-log."""
    traffic = load("port-log").traffic
    return LogFormat(traffic.columns, traffic.values, traffic.encoding)


def table(*rows: dict[str, str], headers: dict[str, str] | None = None, delimiter: str = ",",
          end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """A log of these rows; by default three sound ones."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow((headers or HEADERS).values())
    writer.writerows([row[name] for name in headers or HEADERS]
                     for row in rows or (ROW, OTHER, THIRD))
    return text.getvalue()


def renamed(**headers: str) -> str:
    return table(headers=HEADERS | headers)


# -- what is refused ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """A log that is refused at a line (None: the file cannot be read at all), and the words."""

    name: str
    content: str | bytes
    line: int | None
    words: tuple[str, ...]
    key: str | None = None
    changes: dict[str, object] = field(default_factory=dict)


def refused(name: str, content: str | bytes, line: int | None, *words: str, key: str | None = None,
            **changes: object) -> Refused:
    return Refused(name, content, line, words, key, changes)


COLUMNS = {"container": "箱号", "arrival": "到港"}
REFUSED = [
    refused("missing header", renamed(arrival="x"), 1, "no such column", "found '到港'",
            key="columns.arrival"),
    refused("misspelt header", renamed(lodged="申报时"), 1, "no such column", "'申报时'",
            key="columns.lodged"),
    refused("header in another case", renamed(container="Box") , 1, "no such column",
            "Did you mean 'Box'", key="columns.container",
            columns=COLUMNS | {"container": "box"}, values={}),
    refused("header twice", renamed(size="到港"), 1, "2 columns have this header",
            key="columns.arrival"),
    refused("header three times", renamed(size="到港", risk="到港"), 1, "3 columns",
            key="columns.arrival"),
    refused("blank headers", "," * 12 + "\n" + "x," * 12 + "x\n", 1, "is empty", "headers"),
    refused("no header", table().split("\n", 1)[1], 1, "no such column", "Its columns are",
            key="columns.container"),
    refused("a title above the header", "Log of April\n" + table(), 1, "no such column",
            "separated by commas?"),
    refused("semicolons", table(delimiter=";"), 1, "separated by commas?"),
    refused("tabs", table(delimiter="\t"), 1, "separated by commas?"),
    refused("bars", table(delimiter="|"), 1, "separated by commas?"),
    refused("full-width commas", table().replace(",", "，"), 1, "separated by commas?"),
    refused("UTF-16 with mark", table().encode("utf-16"), 1, "not a text file", "UTF-8"),
    refused("UTF-16 without mark", table().encode("utf-16-le"), 1, "not a text file"),
    refused("UTF-32", table().encode("utf-32"), 1, "not a text file"),
    refused("Big5 taken for GB 18030", table().encode("big5", "replace"), 1, "no such column"),
    refused("Shift JIS", table().encode("shift_jis", "replace"), 1, "no such column"),
    refused("invalid UTF-8", table().encode() + b"\xff\xfe\xff\n", 5, "neither UTF-8 nor GB",
            "byte 0xff"),
    refused("half a character", table().encode()[:-1] + b"\xe5\x8d\n", 4, "neither UTF-8 nor GB"),
    refused("another encoding than was said", table(), 1, "cannot be read as ascii", "encoding",
            encoding="ascii"),
    refused("UTF-8 that was said to be GB 18030", renamed(size="ÿ"), 1, "cannot be read as",
            encoding="gb18030"),
    refused("NUL in the header", "\0" + table(), 1, "not a text file"),
    refused("NUL in a row", table().replace("D2", "D\0"), 3, "not a text file"),
    refused("a megabyte in a line", table() + "x" * 1_100_000 + "\n", 5, "too long", "quote"),
    refused("a quarter of a megabyte in a field", table(ROW | {"size": "x" * 250_000}), 2,
            "field larger than"),
    refused("open quote", table().replace("D2", '"D2'), 4, "not a CSV table"),
    refused("open quote in a long file", table(ROW, OTHER, *[THIRD] * 20_000).replace("D2", '"D2'),
            None, "not a CSV table"),
    refused("stray quote", table().replace("D2", '"D"2'), 3, "not a CSV table"),
    refused("carriage returns alone", table(end="\r"), 1, "not a CSV table"),
    refused("empty", b"", 1, "is empty"),
    refused("blank lines", b"\r\n\r\n  \n", 1, "is empty"),
    refused("byte order mark alone", b"\xef\xbb\xbf", 1, "is empty"),
    refused("header alone", table().split("\n")[0], 1, "headers but no rows"),
    refused("header and blank lines", table().split("\n")[0] + "\n\n\n", 1, "no rows"),
    refused("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 3, "not a text file"),
    refused("a spreadsheet", b"PK\x03\x04\x14\0\x06\0" + bytes(99), 1, "not a text file"),
    refused("a page of the web", "<html><body>\n<p>not found\n", 1, "no such column"),
    refused("a scenario", "schema: onestop.scenario/1\nname: x\n", 1, "no such column"),
    refused("cut gzip", gzip.compress(table().encode())[:-20], None, "damaged gzip"),
    refused("not gzip behind its mark", b"\x1f\x8b" + table().encode(), None, "cannot be read"),
    refused("a bomb in gzip", gzip.compress(b"x" * 5_000_000), 1, "too long"),
    refused("every arrival missing", table(ROW | {"arrival": ""} | NO_STAMPS,
            OTHER | {"arrival": ""} | NO_STAMPS), 2,
            "none of its 2 rows", "arrival missing (2 rows)", "right column"),
    refused("stamps in the column of boxes", renamed(container="到港", arrival="箱号"), 2,
            "none of its 3 rows", "not a container number"),
    refused("every stamp a date alone", table(ROW | {"arrival": "2015-04-14"} | NO_STAMPS), 2,
            "none of its 1 rows", "not a date and time"),
    refused("map without boxes", table(), None, "cannot be read without", key="columns.container",
            columns={"arrival": "到港"}, values={}),
    refused("map of one column twice", table(), None, "two fields", "found '到港'", key="columns",
            columns=COLUMNS | {"lodged": "到港"}, values={}),
    refused("map of an unknown field", table(), None, "not a field of a log", "'discharged'",
            columns=COLUMNS | {"discharge": "卸船"}, values={}),
    refused("map of a depth alone", table(), None, "without its selection", "selected.customs",
            columns=COLUMNS | {"depth.customs": "海关查验深度"}, values={}),
    refused("map of far too many", table(), None, "too many columns", "at most 40",
            columns=COLUMNS | {f"attribute.a{i}": f"c{i}" for i in range(60)}, values={}),
    refused("map to a value that is none", table(), None, "not a value of this field", "yes, no",
            values={"selected.customs": {"是": "1"}}),
    refused("map of values that are not read", table(), None, "not a mapped field",
            columns=COLUMNS, values={"size": {"大": "40"}}),
    refused("unknown encoding", table(), None, "unknown encoding", "'utf-9'", key="encoding",
            encoding="utf-9"),
    refused("encoding that is no text", table(), None, "unknown encoding", key="encoding",
            encoding="zlib"),
]


@pytest.mark.parametrize("c", REFUSED, ids=lambda c: c.name.replace(" ", "-"))
def test_what_is_no_log_is_refused(c: Refused, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(c.content if isinstance(c.content, bytes) else c.content.encode("utf-8"))
    with pytest.raises(InputError) as caught:
        read_trace(path, dataclasses.replace(usual(), **c.changes))
    faults = [f for f in caught.value.faults if c.key is None or f.key == c.key]
    assert faults, str(caught.value)
    if c.line is not None:
        assert faults[0].line == c.line and faults[0].file == str(path)
    for word in c.words:
        assert word in str(caught.value)


# -- what is read, and counted -----------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """A log whose third line is changed: used, repeated and rejected rows; fields that the changed
    row has blank; faults ('field: kind') of used rows, or the reason of the rejection."""

    name: str
    change: dict[str, str]
    rows: tuple[int, int, int] = (3, 0, 0)
    fault: str = ""
    blank: tuple[str, ...] = ()
    notes: str = ""


REJECTED = (2, 0, 1)
AWAY = {"declaration": "D2"} | NO_STAMPS
COUNTED = [
    Counted("box missing", {"container": ""}, REJECTED, "container missing"),
    Counted("box that is none", {"container": "ABC"}, REJECTED,
            "container: not a container number"),
    Counted("box too long", {"container": "CSQU30543830"}, REJECTED, "not a container number"),
    Counted("box in other digits", {"container": "MSKU١٢٣٤٥٦٥"}, REJECTED, "not a container"),
    Counted("formula for a box", {"container": "=1+1"}, REJECTED, "not a container number"),
    Counted("marks of direction in a box", {"container": "\u202eMSKU1234565\u202c"}, REJECTED,
            "not a container number"),
    Counted("very long box", {"container": "M" * 9000}, REJECTED, "not a container number"),
    Counted("check digit wrong", {"container": "MSKU1234567"},
            fault="container: check digit wrong"),
    Counted("check digit missing", {"container": "MSKU123456"},
            fault="container: check digit missing"),
    Counted("size unknown", {"size": "53HC"}, fault="size: unknown size-type", blank=("size",)),
    Counted("size missing", {"size": ""}, fault="size: missing", blank=("size",)),
    Counted("size that may be two", {"size": "45GP"}, fault="size: unknown size-type",
            blank=("size",)),
    Counted("negative size", {"size": "-20"}, fault=""),
    Counted("declaration missing", {"declaration": ""}, fault="declaration: missing",
            notes="a consignment of its own"),
    Counted("declaration damaged by a spreadsheet", {"declaration": "3.7E+17"},
            fault="declaration: damaged by a spreadsheet", notes="a consignment of its own"),
    Counted("declaration of a novel", {"declaration": "D" * 500},
            fault="declaration: not a declaration number", notes="a consignment of its own"),
    Counted("arrival missing", {"arrival": ""} | AWAY, REJECTED, "arrival missing"),
    Counted("arrival on 30 February", {"arrival": "2015-02-30 10:00"} | AWAY, REJECTED,
            "arrival: impossible date"),
    Counted("arrival in year 1", {"arrival": "0001-01-01 00:00"} | AWAY, REJECTED, "impossible"),
    Counted("arrival in year 9999", {"arrival": "9999-12-31 23:59"} | AWAY, REJECTED, "impossible"),
    Counted("arrival at 24:00", {"arrival": "2015-04-14 24:00"} | AWAY, REJECTED, "impossible"),
    Counted("arrival with the day first", {"arrival": "14/04/2015 10:00"} | AWAY, REJECTED,
            "arrival: not a date and time"),
    Counted("arrival that may be two days", {"arrival": "04/05/15 10:00"} | AWAY, REJECTED,
            "not a date and time"),
    Counted("arrival without a time", {"arrival": "2015-04-14"} | AWAY, REJECTED, "not a date"),
    Counted("arrival in another zone", {"arrival": "2015-04-14 10:00+09:00"} | AWAY, REJECTED,
            "not a date and time"),
    Counted("arrival in UTC", {"arrival": "2015-04-14T10:00:00Z"} | AWAY, REJECTED, "not a date"),
    Counted("seconds of an epoch", {"arrival": "1428991200"} | AWAY, REJECTED, "not a date"),
    Counted("day of a spreadsheet", {"arrival": "42108.4167"} | AWAY, REJECTED, "not a date"),
    Counted("month in words", {"arrival": "14 Apr 2015 10:00"} | AWAY, REJECTED, "not a date"),
    Counted("morning and afternoon", {"arrival": "2015-04-14 10:00 AM"} | AWAY, REJECTED,
            "not a date"),
    Counted("formula for a stamp", {"arrival": "=NOW()"} | AWAY, REJECTED, "not a date"),
    Counted("new line in a stamp", {"arrival": "2015-04-14\n10:00"}),
    Counted("midnight", {"arrival": "2015-04-14 00:00", "discharged": "2015-04-14 00:00"}),
    Counted("placeholder for a stamp", {"discharged": "--"}, fault="discharged: missing",
            blank=("discharged",)),
    Counted("discharged before arrival", {"discharged": "2015-04-13 12:00"},
            fault="discharged: before arrival", blank=("discharged",)),
    Counted("discharged two months later", {"discharged": "2015-06-14 12:00"},
            fault="discharged: more than 30 days after arrival", blank=("discharged",)),
    Counted("lodged a year away", {"lodged": "2014-04-15 08:30"},
            fault="lodged: more than 30 days from arrival", blank=("lodged",)),
    Counted("arrival a year away", {"arrival": "2014-04-14 10:00"}, REJECTED,
            "arrival: more than 30 days from discharge and lodging"),
    Counted("the same row again", dict(ROW), (2, 1, 0)),
    Counted("the same box, other sizes", ROW | {"size": "42G1"}, (2, 1, 0),
            notes="first row kept"),
    Counted("the same box on another declaration", ROW | {"declaration": "D2"}),
    Counted("another arrival in a declaration", {"declaration": "D1",
            "arrival": "2015-04-14 09:00"}, fault="arrival: differs within its declaration"),
    Counted("selection in an odd word", {"customs": "maybe", "depth": ""},
            fault="selected.customs: unknown value", blank=("selected.customs",)),
    Counted("selection with spaces", {"customs": " 是 "}),
    Counted("selection missing", {"quarantine": ""}, fault="selected.quarantine: missing",
            blank=("selected.quarantine",)),
    Counted("depth unknown", {"depth": "2/3"}, fault="depth.customs: unknown value",
            blank=("depth.customs",)),
    Counted("depth of an agency that did not select", {"depth2": "全掏"},
            fault="depth.quarantine: given though not selected"),
    Counted("depth without a selection", {"quarantine": "", "depth2": "1/2"},
            fault="selected.quarantine: missing", notes="selected.quarantine taken from its depth"),
    Counted("grade unknown", {"grade": "AAA"}, fault="attribute.grade: unknown value",
            blank=("attribute.grade",)),
    Counted("formula for a grade", {"grade": "=cmd|' /C calc'!A0"},
            fault="attribute.grade: unknown value", blank=("attribute.grade",)),
    Counted("marks of direction in a grade", {"grade": "\u200f一般信用"},
            fault="attribute.grade: unknown value", blank=("attribute.grade",)),
    Counted("placeholder for a risk", {"risk": "N/A"}, fault="attribute.risk: unknown value",
            blank=("attribute.risk",)),
]


def read(path: Path, content: str | bytes):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    trace = read_trace(path, usual())
    account = trace.account
    assert account.used + account.repeated + len(account.rejected) == account.rows
    assert len(trace) == account.used
    return trace, account


@pytest.mark.parametrize("c", COUNTED, ids=lambda c: c.name.replace(" ", "-"))
def test_a_faulty_row_is_counted(c: Counted, tmp_path: Path) -> None:
    _, account = read(tmp_path / "log.csv", table(ROW, OTHER | c.change, THIRD))
    assert (account.used, account.repeated, len(account.rejected)) == c.rows
    faults = [f"{name}: {kind}" for name, kinds in account.faults.items() for kind in kinds]
    if account.rejected:
        assert account.rejected[0].line == 3 and c.fault in account.rejected[0].reason
        assert sum(lost.boxes for lost in account.lost.values()) == 1
    else:
        assert all(c.fault in fault for fault in faults) and bool(faults) == bool(c.fault)
        assert {name for name, n in account.blanks.items() if n} == set(c.blank)
    assert c.notes in " ".join(account.notes) and bool(c.notes) == bool(account.notes)


Edit = Callable[[str], str | bytes]
SHAPES: dict[str, tuple[Edit, tuple[int, int, int], str]] = {
    "carriage returns and line feeds": (lambda t: t.replace("\n", "\r\n"), (3, 0, 0), ""),
    "no end of line at the end": (lambda t: t.rstrip("\n"), (3, 0, 0), ""),
    "blank lines between": (lambda t: t.replace("\n", "\n\n"), (3, 0, 0), ""),
    "byte order mark": (lambda t: t.encode("utf-8-sig"), (3, 0, 0), ""),
    "two byte order marks": (lambda t: b"\xef\xbb\xbf" + t.encode("utf-8-sig"), (3, 0, 0), ""),
    "GB 18030 undeclared": (lambda t: t.encode("gb18030"), (3, 0, 0), ""),
    "gzip named csv": (lambda t: gzip.compress(t.encode()), (3, 0, 0), ""),
    "quotes everywhere": (lambda t: table(quoting=csv.QUOTE_ALL), (3, 0, 0), ""),
    "spaces around headers": (lambda t: t.replace("到港", " 到港 "), (3, 0, 0), ""),
    "header again in the middle": (lambda t: t + t, (3, 3, 1), "not a container number"),
    "a line of totals": (lambda t: t + "合计,3" + "," * 11 + "\n", (3, 0, 1), "container"),
    "a row cut short": (lambda t: t + "CSQU3054383,22G1\n", (3, 0, 1), "arrival missing"),
    "a row of ten thousand fields": (lambda t: t + "CSQU3054383" + ",x" * 9999 + "\n",
                                     (3, 0, 1), "arrival: not a date and time"),
    "a row of commas": (lambda t: t + "," * 12 + "\n", (3, 0, 1), "container missing"),
    "ten thousand columns": (lambda t: t.replace("\n", ",x" * 10_000 + "\n"), (3, 0, 0), ""),
    "one row": (lambda t: table(ROW), (1, 0, 0), ""),
    "more rejected than used": (lambda t: table(ROW, *[ROW | {"container": "?"}] * 4),
                                (1, 0, 4), "not a container number"),
    "all at one minute": (lambda t: table(*[r | {"discharged": r["arrival"]} for r in
                                            (ROW, OTHER, THIRD)]), (3, 0, 0), ""),
    "new lines in a field": (lambda t: t.replace("一般信用", '"一般\n信用"', 1), (3, 0, 0), ""),
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_odd_table_is_read_row_by_row(name: str, tmp_path: Path) -> None:
    edit, rows, reason = SHAPES[name]
    _, account = read(tmp_path / "log.csv", edit(table()))
    assert (account.used, account.repeated, len(account.rejected)) == rows
    assert all(reason in row.reason for row in account.rejected)


def test_there_are_sixty_kinds_and_no_name_twice() -> None:
    names = [*(c.name for c in REFUSED), *(c.name for c in COUNTED), *SHAPES]
    assert len(set(names)) == len(names) >= 60


def test_more_rows_than_a_run_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 2)
    with pytest.raises(InputError, match="more rows than one run can hold") as caught:
        read(tmp_path / "log.csv", table())
    assert caught.value.faults[0].line == 4 and "Split it" in str(caught.value)


def test_more_bytes_than_a_log_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_BYTES", 300)
    with pytest.raises(InputError, match="too large for a log; allowed: at most 300 bytes"):
        read(tmp_path / "log.csv", gzip.compress(table().encode()))


def test_stamps_keep_their_day_at_midnight(tmp_path: Path) -> None:
    trace, _ = read(tmp_path / "log.csv", table(ROW | {
        "arrival": "2015-04-14 00:00", "discharged": "2015-04-14 00:00:00"}))
    assert trace.arrival[0] == trace.discharged[0] == np.datetime64("2015-04-14T00:00:00")
