"""Faulty logs: refused with a clear message, or every row and field accounted for."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import InputError
from tests.calibration import logs

SOUND = logs.text(logs.rows(20))
HEADER, FIRST = SOUND.split("\n")[:2]


def log(change: dict[str, str] | None = None, at: int = 1, number: int = 20,
        **headers: str) -> str:
    """Sound rows, one of them (on line `at` + 2) changed."""
    table = logs.rows(number)
    table[at] = table[at] | (change or {})
    return logs.text(table, logs.CHINESE | {k.replace("_", "."): v for k, v in headers.items()})


# -- what is refused ---------------------------------------------------------------------------

ZIP = logs.zipped({"a.csv": SOUND})
BOMB = logs.zipped({"log.csv": b"a" * (80 << 20)})
Content = str | bytes | Callable[[], bytes]
REFUSED: dict[str, tuple[Content, Any, tuple[str, ...]]] = {
    "empty": (b"", None, ("is empty",)),
    "blank lines": (b"\r\n\n  \n", None, ("is empty",)),
    "byte order mark alone": (b"\xef\xbb\xbf", None, ("is empty",)),
    "header alone": (HEADER, None, ("headers but no rows",)),
    "header and blank lines": (HEADER + "\n\n\n", None, ("headers but no rows",)),
    "no header": (SOUND.split("\n", 1)[1], None, ("no headers of a log", "It begins with")),
    "unknown headers": ("a,b,c\n1,2,3\n", None, ("no headers of a log", "a, b, c")),
    "wide commas": (SOUND.replace(",", "，"), None, ("commas of full width",)),
    "no box": (log(container="x"), {"columns": {"container": "箱"}}, ("no such column", "'箱'")),
    "no stamps": ("箱号,箱型\nMSKU0000000,22G1\n", None, ("no column is known to hold stamps",)),
    "stamps that are none": ("箱号,箱型,到港\nMSKU0000000,22G1,soon\n", None, ("to hold stamps",)),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99), None, ("not a text file",)),
    "UTF-16 without mark": (SOUND.encode("utf-16-le"), None, ("not a text file",)),
    "UTF-32": (SOUND.encode("utf-32"), None, ("no headers",)),
    "neither encoding": (SOUND.encode() + b"\xff\xfe\xff\n" * 9, None, ("neither UTF-8", "0xff")),
    "a page of the web": ("<html><body>\n<p>not found\n", None, ("no headers of a log",)),
    "a scenario": ("schema: onestop.scenario/1\nname: x\n", None, ("no headers of a log",)),
    "a megabyte in a line": (SOUND + "x" * 2_200_000, None, ("too long",)),
    "more columns than a log has": ("箱号,到港" + ",x" * 5000 + "\n", None, ("too many columns",)),
    "cut gzip": (gzip.compress(SOUND.encode())[:-20], None, ("damaged gzip",)),
    "not gzip behind its mark": (b"\x1f\x8b" + SOUND.encode(), None, ("damaged gzip",)),
    "rubbish behind gzip": (gzip.compress(SOUND.encode()) + b"rubbish", None, ("damaged gzip",)),
    "gzip in gzip": (gzip.compress(gzip.compress(SOUND.encode())), None, ("neither UTF-8",)),
    "a bomb in gzip": (lambda: gzip.compress((SOUND + ("," * 500_000 + "\n") * 180).encode()), None,
                       ("times its size",)),
    "one line without end in gzip": (gzip.compress(b"x" * 5_000_000), None, ("no headers",)),
    "a bomb in zip": (BOMB, None, ("times its size",)),
    "empty zip": (logs.zipped({}), None, ("exactly one table", "nothing")),
    "two tables in a zip": (logs.zipped({"a.csv": SOUND, "b.csv": SOUND}), None,
                            ("exactly one table", "a.csv, b.csv")),
    "zip in zip": (logs.zipped({"a.zip": ZIP}), None, ("packed once more",)),
    "cut zip": (ZIP[:-30], None, ("damaged zip",)),
    "zip with a wrong sum": (ZIP[:60] + b"xx" + ZIP[62:], None, ("damaged zip",)),
    "workbook that is none": (logs.zipped({"[Content_Types].xml": "<x/>"}), None,
                              ("damaged workbook",)),
    "a bomb in a workbook": (lambda: logs.zipped({"[Content_Types].xml": b"<x/>",
                                             "xl/a.xml": b"a" * (80 << 20)}), None,
                             ("than a workbook can be",)),
    "old workbook that is none": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), None,
                                  ("damaged workbook",)),
    "Parquet that is none": (b"PAR1" + bytes(99) + b"PAR1", None, ("damaged Parquet",)),
    "Parquet's mark alone": (b"PAR1", None, ("damaged Parquet",)),
    "every box missing": (log({"container": ""}, 0, 2).replace(logs.box(1), ""), None,
                          ("none of its 2 rows", "container missing (2 rows)")),
    "map of an unknown key": (SOUND, {"colums": {}}, ("unknown key", "Did you mean 'columns'")),
    "map of an unknown field": (SOUND, {"columns": {"discharge": "卸船"}}, ("not a field",
                                                                        "'discharged'")),
    "map of an unknown agency": (SOUND, {"columns": {"selected.police": "卸船"}}, ("not a field",)),
    "map of one column twice": (SOUND, {"columns": {"lodged": "到港", "arrival": "到港"}},
                                ("two fields",)),
    "map to another header": (SOUND, {"columns": {"lodged": "申报时"}}, ("no such column",
                                                                     "Did you mean '申报'")),
    "map to a header that comes twice": (log(lodged="到港"), {"columns": {"arrival": "到港"}},
                                         ("2 columns have this header",)),
    "map to no value": (SOUND, {"values": {"selected.customs": {"是": "1"}}}, ("not a value",)),
    "map of values of a stamp": (SOUND, {"values": {"arrival": {"x": "y"}}}, ("with values",)),
    "map with a zone that is none": (SOUND, {"time_zone": "Mars"}, ("unknown time zone",)),
    "map with an encoding that is none": (SOUND, {"encoding": "utf-9"}, ("unknown encoding",)),
    "map with a layout that is none": (SOUND, {"layout": "tall"}, ("unknown layout",)),
    "map with a delimiter that is none": (SOUND, {"delimiter": "ab"}, ("not a delimiter",)),
    "map with day_first in words": (SOUND, {"day_first": "maybe"}, ("needs true or false",)),
    "map of columns that is a list": (SOUND, {"columns": ["箱号"]}, ("needs keys and values",)),
    "map of an activity that is none": (SOUND, {"activities": {"x": "papers"}}, ("an activity",)),
    "map of another kind": (SOUND, {"schema": "onestop.scenario/1"}, ("another kind of file",)),
    "long without activities": (SOUND, {"layout": "long"}, ("to name activities",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_log_is_refused(name: str, tmp_path: Path) -> None:
    content, mapping, words = REFUSED[name]
    path = tmp_path / "log.csv"
    with pytest.raises(InputError) as caught:
        logs.read_bytes(path, content() if callable(content) else content, mapping)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert all(fault.file for fault in caught.value.faults)


def test_a_map_is_refused_with_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("columns:\n  lodgd: 申报\ntime_zone: Mars\n")
    with pytest.raises(InputError) as caught:
        logs.read_bytes(tmp_path / "log", SOUND, path)
    assert [(f.file, f.line, f.key) for f in caught.value.faults] == [
        (str(path), 2, "columns.lodgd"), (str(path), 3, "time_zone")]


# -- what is read, and counted -----------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """A log whose third line is changed: used, repeated and rejected rows; 'field: reason' of what
    was repaired or blanked, or the reason of the rejection; notes."""

    change: dict[str, str]
    rows: tuple[int, int, int] = (20, 0, 0)
    fault: str = ""
    note: str = ""


ROW = logs.rows(20)[1]
REJECTED = (19, 0, 1)
ALONE = dict.fromkeys(logs.STAMPS, "")
COUNTED = {
    "box missing": Counted({"container": ""}, REJECTED, "container missing"),
    "box that is none": Counted({"container": "ABC"}, REJECTED, "not a container number"),
    "box too long": Counted({"container": "CSQU30543830"}, REJECTED, "not a container number"),
    "formula for a box": Counted({"container": "=1+1"}, REJECTED, "not a container number"),
    "box in other digits": Counted({"container": "MSKU١٢٣٤٥٦٥"}, REJECTED, "not a container"),
    "very long box": Counted({"container": "M" * 9000}, REJECTED, "not a container number"),
    "NUL for a box": Counted({"container": "\0"}, REJECTED, "container"),
    "box in wide letters": Counted({"container": "ＭＳＫＵ" + ROW["container"][4:]}),
    "box with spaces": Counted({"container": f" msku {ROW['container'][4:10]}-"
                                             f"{ROW['container'][10]}"}),
    "check digit wrong": Counted(
        {"container": ROW["container"][:10] + str((int(ROW["container"][10]) + 1) % 10)},
        note="wrong check digit"),
    "check digit missing": Counted({"container": ROW["container"][:10]},
                                   fault="container: check digit added"),
    "size unknown": Counted({"size": "53HC"}, fault="size: unknown value"),
    "declaration of a novel": Counted({"declaration": "D" * 500},
                                      fault="declaration: not a declaration number"),
    "declaration damaged by a spreadsheet": Counted({"declaration": "3.7E+17"},
                                                    fault="declaration: damaged"),
    "no stamp at all": Counted(ALONE, REJECTED, "no stamp places it in time"),
    "arrival missing": Counted({"arrival": ""}),
    "arrival alone": Counted(ALONE | {"arrival": ROW["arrival"]}, note="never released"),
    "arrival on 30 February": Counted({"arrival": "2015-02-30 10:00"},
                                      fault="arrival: impossible date"),
    "arrival in year 1": Counted({"arrival": "0001-01-01 00:00"}, fault="arrival: impossible"),
    "arrival in year 9999": Counted({"arrival": "9999-12-31 23:59"}, fault="arrival: impossible"),
    "arrival ten years on": Counted({"arrival": "2025-04-14 10:00"},
                                    fault="arrival: outside the time of the log"),
    "arrival ten years ago": Counted({"arrival": "2005-04-14 10:00"},
                                     fault="arrival: outside the time of the log"),
    "arrival a year ago": Counted({"arrival": "2014-04-16 10:00"},
                                  fault="arrival: a month from discharge"),
    "a date without a time": Counted({"lodged": "2015-04-15"},
                                     fault="lodged: a date without a time"),
    "a time without a date": Counted({"lodged": "10:30"}, fault="lodged: not a date and time"),
    "formula for a stamp": Counted({"lodged": "=NOW()"}, fault="lodged: not a date and time"),
    "very long stamp": Counted({"lodged": "2" * 9000}, fault="lodged: not a date and time"),
    "an offset that is none": Counted({"lodged": "2015-04-15 10:00+99:00"},
                                      fault="lodged: not a date and time"),
    "placeholder for a stamp": Counted({"lodged": "--"}),
    "new line in a stamp": Counted({"lodged": ROW["lodged"].replace(" ", "\n")},
                                   fault="lodged: not a date and time"),
    "quote in a stamp": Counted({"lodged": '2015"04'}, fault="lodged: not a date and time"),
    "discharged before arrival": Counted({"discharged": "2015-04-13 12:00"},
                                         fault="discharged: out of order"),
    "released before all": Counted({"released": "2015-04-01 12:00"},
                                   fault="released: out of order"),
    "start and end exchanged": Counted(
        {"start.examination.customs": ROW["end.examination.customs"],
         "end.examination.customs": ROW["start.examination.customs"]},
        fault="start.examination.customs: out of order"),
    "a hold of ten days": Counted({"released": "2015-04-18 12:00", "gate-out": "2015-04-18 15:00"}),
    "the same row again": Counted(logs.rows(1)[0], (19, 1, 0)),
    "the same box, other size": Counted(logs.rows(1)[0] | {"size": "42G1"}, (19, 1, 0),
                                        note="contradict the first"),
    "the same box, on another declaration at once": Counted(
        {"container": logs.box(0)}, note="come again before they are gone"),
    "another arrival in a declaration of two": Counted(
        {"declaration": "D00000"}, fault="arrival: boxes of its declaration differ"),
    "selection in an odd word": Counted({"selected.customs": "perhaps"},
                                        fault="selected.customs: taken from its depth"),
    "selection missing": Counted({"selected.customs": "", "depth.customs": ""},
                                 fault="selected.customs: taken from its examination"),
    "not selected but examined": Counted({"selected.customs": "否"},
                                         fault="selected.customs: was examined"),
    "depth without selection": Counted(
        {"selected.customs": "否", "start.examination.customs": "", "end.examination.customs": ""},
        fault="depth.customs: given though not selected"),
    "depth unknown": Counted({"depth.customs": "2/3"}, fault="depth.customs: unknown value"),
    "depth that a spreadsheet took for a date": Counted({"depth.customs": "1月3日"}),
    "grade of the port's own": Counted({"attribute.grade": "黑名单"}),
    "grade of control characters": Counted({"attribute.grade": "a\x07b"},
                                           fault="attribute.grade: unknown value"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_a_faulty_row_is_counted(name: str, tmp_path: Path) -> None:
    case = COUNTED[name]
    reading = logs.read_bytes(tmp_path / "log.csv", log(case.change))
    logs.check(reading)
    account = reading.account
    rows = account.used, sum(account.repeated.values()), sum(account.rejected.values())
    assert rows == case.rows
    faults = [f"{name}: {why}" for name, of in account.fields.items()
              for why in (*of.repaired, *of.blanked)]
    if account.rejected:
        (row,) = account.left_out_rows()
        assert row.line == 3 and row.kind == "rejected" and case.fault in row.reason
    elif case.fault:
        assert any(fault.startswith(case.fault) for fault in faults), faults
    else:
        assert not faults
    assert any(case.note in note for note in account.notes) == bool(case.note) or (
        not case.note and not account.notes), account.notes


SHAPES: dict[str, tuple[Callable[[str], str | bytes], tuple[int, int, int], str]] = {
    "two byte order marks": (lambda t: b"\xef\xbb\xbf" + t.encode("utf-8-sig"), (20, 0, 0), ""),
    "blank lines between": (lambda t: t.replace("\n", "\n\n"), (20, 0, 0), ""),
    "header again in the middle": (lambda t: t + t, (20, 20, 1), "not a container number"),
    "a line of totals": (lambda t: t + "合计,3" + "," * 14 + "\n", (20, 0, 1), "not a container"),
    "a row cut short": (lambda t: t + f"{logs.box(77)},22G1\n", (20, 0, 1), "no stamp"),
    "a row of ten thousand fields": (lambda t: t + logs.box(77) + ",x" * 9999 + "\n", (20, 0, 1),
                                     "no stamp"),
    "a row of commas": (lambda t: t + "," * 15 + "\n", (20, 0, 1), "container missing"),
    "open quote": (lambda t: t.replace("D00003", '"D00003'), (20, 0, 0), ""),
    "stray quote": (lambda t: t.replace("D00003", '"D"3'), (20, 0, 0), ""),
    "open quote in the last row": (lambda t: t + f'{logs.box(77)},"22G1,D77', (20, 0, 1), "no st"),
    "doubled quotes": (lambda t: t.replace("一般信用", '"一般""信用"'), (20, 0, 0), ""),
    "new lines in a field": (lambda t: t.replace("一般信用", '"一般\n信用"'), (20, 0, 0), ""),
    "a stray byte": (lambda t: logs.text(logs.rows(3000)).encode().replace("一般".encode(), b"\xff",
                                                                         1), (3000, 0, 0), ""),
    "NULs behind the start": (lambda t: logs.text(logs.rows(900)).replace("D00800", "D\0"),
                              (900, 0, 0), ""),
    "more rejected than used": (lambda t: t + "?,22G1\n" * 99, (20, 0, 99), "not a container"),
    "one row": (lambda t: "\n".join(t.split("\n")[:2]), (1, 0, 0), ""),
    "columns without headers": (lambda t: t.replace("\n", ",\n"), (20, 0, 0), ""),
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_odd_table_is_read_row_by_row(name: str, tmp_path: Path) -> None:
    edit, rows, reason = SHAPES[name]
    reading = logs.read_bytes(tmp_path / "log.csv", edit(SOUND))
    logs.check(reading)
    account = reading.account
    assert (account.used, sum(account.repeated.values()), sum(account.rejected.values())) == rows
    assert all(reason in row.reason for row in account.left_out_rows() if row.kind == "rejected")


def test_there_are_sixty_kinds() -> None:
    assert len({*REFUSED, *COUNTED, *SHAPES}) == len(REFUSED) + len(COUNTED) + len(SHAPES) >= 100


# -- the account -------------------------------------------------------------------------------


def test_lines_of_rows_are_those_of_the_file(tmp_path: Path) -> None:
    table = logs.rows(6)
    table[1]["attribute.grade"] = "一般\n信用"
    table[4]["container"] = "?"
    text = "a title\n\n" + logs.text(table).replace(HEADER + "\n", HEADER + "\n\n")
    (row,) = logs.read_bytes(tmp_path / "log", text).account.left_out_rows()
    assert (row.line, row.container, row.declaration) == (10, "?", "D00004")


def test_rows_that_are_not_used_are_written(tmp_path: Path) -> None:
    reading = logs.read_bytes(tmp_path / "log", log({"container": "?"}) + FIRST + "\n")
    reading.account.write_left_out(tmp_path / "rejected.csv")
    with (tmp_path / "rejected.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["line"], r["kind"], r["reason"]) for r in rows] == [
        ("3", "rejected", "container not a container number"), ("22", "repeated", "repeats line 2")]
    assert "19 used + 1 repeated + 1 rejected = 21 rows" in reading.account.render()


def test_boxes_of_a_declaration_share_its_stamps(tmp_path: Path) -> None:
    """Three boxes: one lacks the arrival, one has a lodging of its own, two are blank in all."""
    table = logs.rows(20)
    for k in (1, 2, 3):
        table[k] |= {name: table[1][name] for name in logs.STAMPS} | {"declaration": "D00001"}
    table[2]["arrival"] = ""
    table[3]["lodged"] = "2015-04-15 09:00"
    table[3]["attribute.grade"] = "高级认证"
    reading = logs.read_bytes(tmp_path / "log", logs.text(table))
    logs.check(reading)
    fields, records = reading.account.fields, reading.records
    assert fields["arrival"].repaired == {"taken from its declaration": 1}
    assert fields["lodged"].repaired == {"differed from most of its declaration": 1}
    assert fields["attribute.grade"].repaired == {"differed from most of its declaration": 1}
    assert records.boxes.tolist()[:2] == [1, 3] and len(records.first) == 18
    assert len(set(records.seconds["lodged"][1:4])) == 1


def test_a_number_that_comes_again_after_weeks_is_another_consignment(tmp_path: Path) -> None:
    table = logs.rows(200)
    table[180]["declaration"] = "D00003"
    reading = logs.read_bytes(tmp_path / "log", logs.text(table))
    assert len(reading.records.first) == 200
    assert any("weeks apart" in note for note in reading.account.notes)


def test_stamps_at_midnight_are_dates_without_a_time_where_there_are_many(tmp_path: Path) -> None:
    table = logs.rows(400)
    for k in range(0, 400, 9):
        table[k]["lodged"] = table[k]["lodged"][:10] + " 00:00"
    reading = logs.read_bytes(tmp_path / "log", logs.text(table))
    logs.check(reading)
    assert reading.account.fields["lodged"].blanked["midnight: a date without a time"] == 45


def test_heaps_on_quarters_of_an_hour_are_seen(tmp_path: Path) -> None:
    table = logs.rows(400)
    for k, row in enumerate(table):
        if k % 2:
            row["gate-out"] = f"{row['gate-out'][:11]}{7 * k % 24:02d}:{15 * (k // 24 % 4):02d}"
    stamps = logs.read_bytes(tmp_path / "log", logs.text(table)).account.stamps
    assert stamps["gate-out"]["excess"] > 0.4 > 0.2 > stamps["arrival"]["excess"]


def test_stays_that_the_log_does_not_show_whole(tmp_path: Path) -> None:
    table = logs.rows(100)
    for name in ("released", "gate-out"):
        table[99][name] = table[10][name] = ""
    for name in ("arrival", "discharged", "lodged"):
        table[0][name] = ""
    notes = logs.read_bytes(tmp_path / "log", logs.text(table)).account.notes
    assert notes["containers not released when the log ends"] == 1
    assert notes["containers never released, though begun long before the log's end"] == 1
    assert notes["containers without arrival, discharge and lodging: begun before the log"] == 1
