"""Logs of every shape are read as the same records, and every row and field is accounted for."""

from __future__ import annotations

import csv
import datetime
import gzip
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import xlsxwriter

from calibration.reading import Reading
from calibration.reading.stampcodes import KNOWN
from calibration.reading.stamptexts import dates_of
from calibration.reading.table import scan_texts
from calibration.reading.words import field_of
from calibration.records import BLANK
from tests.calibration import logs

LONG = ["container", "declaration", "size", "grade", "activity"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """Forty sound rows."""
    return logs.read_bytes(tmp_path_factory.mktemp("log") / "log.csv", logs.text(logs.rows(40)))


def same(reading: Reading, plain: Reading, skip: tuple[str, ...] = ()) -> None:
    """The two hold the same records."""
    one, other = reading.records, plain.records
    assert one.start == other.start and one.since == other.since and one.until == other.until
    assert np.array_equal(one.consignment, other.consignment)
    assert one.container.tolist() == other.container.tolist()
    for name in other.seconds:
        assert np.array_equal(one.seconds[name], other.seconds[name]), name
    for group in ("attributes", "selected", "depth"):
        for name, codes in getattr(other, group).items():
            if name not in skip and group not in skip:
                assert np.array_equal(getattr(one, group)[name], codes), (group, name)


def test_what_is_read_of_sound_rows(plain: Reading) -> None:
    records = plain.records
    assert len(records) == 40 and plain.account.used == plain.account.rows == 40
    assert records.start == datetime.date(2015, 4, 13)
    assert records.container[0] == logs.box(0) and records.declaration[3] == "D00003"
    assert set(records.step.values()) == {60}
    minute = (logs.moment("released", 5) - datetime.datetime(2015, 4, 13)).total_seconds() / 60
    assert records.minutes("released")[5] == minute
    assert records.values["grade"] == logs.ATTRIBUTES["grade"]
    assert set(records.attributes["grade"]) == {2} and set(records.selected["customs"]) == {1}
    assert set(records.depth["customs"]) == {2} and set(records.size) == {20}
    assert not plain.account.notes and not plain.remarks and not any(
        of.repaired or of.blanked or of.absent for of in plain.account.fields.values())
    assert all(c.how == "name" for c in plain.columns)


FORMS: dict[str, Any] = {
    "English headers": lambda: logs.text(logs.rows(40), logs.ENGLISH),
    "canonical headers": lambda: logs.text(logs.rows(40), {n: n for n in logs.CHINESE}),
    "camel case": lambda: logs.text(logs.rows(40), {n: "".join(
        w.capitalize() for w in h.split("_")) for n, h in logs.ENGLISH.items()}),
    "semicolons": lambda: logs.text(logs.rows(40), delimiter=";"),
    "tabs": lambda: logs.text(logs.rows(40), delimiter="\t"),
    "bars": lambda: logs.text(logs.rows(40), delimiter="|"),
    "everything quoted": lambda: logs.text(logs.rows(40), quoting=csv.QUOTE_ALL),
    "byte order mark": lambda: logs.text(logs.rows(40)).encode("utf-8-sig"),
    "GB 18030": lambda: logs.text(logs.rows(40)).encode("gb18030"),
    "UTF-16": lambda: logs.text(logs.rows(40), delimiter="\t").encode("utf-16"),
    "carriage returns": lambda: logs.text(logs.rows(40), end="\r"),
    "lines of Windows": lambda: logs.text(logs.rows(40), end="\r\n"),
    "no last line feed": lambda: logs.text(logs.rows(40)).rstrip("\n"),
    "a title above": lambda: "Log of April\n\n" + logs.text(logs.rows(40)),
    "another order of columns": lambda: logs.text(
        logs.rows(40), dict(reversed(list(logs.CHINESE.items())))),
    "gzip": lambda: gzip.compress(logs.text(logs.rows(40)).encode()),
    "two gzip members": lambda: b"".join(
        gzip.compress(part.encode()) for part in logs.text(logs.rows(40)).partition("D00020")),
    "zip": lambda: logs.zipped({"folder/log.csv": logs.text(logs.rows(40))}),
    "shuffled": lambda: logs.text(logs.rows(40)[::-1]),
}
STAMPS = {
    "slashes": "%Y/%m/%d %H:%M", "dots": "%Y.%m.%d %H:%M", "T": "%Y-%m-%dT%H:%M",
    "seconds": "%Y-%m-%d %H:%M:%S", "fractions": "%Y-%m-%d %H:%M:00.250",
    "Chinese": "%Y年%m月%d日 %H时%M分", "Chinese, tight": "%Y年%m月%d日%H:%M:%S",
    "day first": "%d/%m/%Y %H:%M", "month first": "%m/%d/%Y %H:%M", "dashes": "%d-%m-%Y %H:%M",
    "two digits of the year": "%d.%m.%y %H:%M", "digits": "%Y%m%d%H%M%S",
    "digits to the minute": "%Y%m%d%H%M", "digits apart": "%Y%m%d %H%M",
    "half days": "%m/%d/%Y %I:%M %p", "half days in lower case": "%Y-%m-%d %I:%M:%S%p",
    "months in words": "%d-%b-%Y %H:%M", "months in words first": "%b %d, %Y %I:%M %p",
    "with offset": "%Y-%m-%dT%H:%M:00+08:00", "with offset, short": "%Y-%m-%d %H:%M:%S +0800",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_table_in_another_form_is_the_same(name: str, plain: Reading, tmp_path: Path) -> None:
    same(logs.read_bytes(tmp_path / "log", FORMS[name]()), plain)


@pytest.mark.parametrize("name", STAMPS)
def test_stamps_in_another_form_are_the_same(name: str, plain: Reading, tmp_path: Path) -> None:
    same(logs.read_bytes(tmp_path / "log", logs.text(logs.rows(40, STAMPS[name]))), plain)


def of_moments(write: Any) -> str:
    """The forty rows with each stamp written by a function of its moment."""
    table = logs.rows(40)
    for k, row in enumerate(table):
        row.update({name: write(logs.moment(name, k)) for name in logs.STAMPS})
    return logs.text(table)


SERIAL = datetime.datetime(1899, 12, 30)
HOURS8 = datetime.timedelta(hours=8)
NUMBERS: dict[str, Any] = {
    "days of a spreadsheet": lambda m: f"{(m - SERIAL).total_seconds() / 86400:.6f}",
    "seconds since 1970": lambda m: str(int((m - HOURS8 - datetime.datetime(1970, 1, 1)
                                             ).total_seconds())),
    "milliseconds since 1970": lambda m: str(int((m - HOURS8 - datetime.datetime(1970, 1, 1)
                                                  ).total_seconds()) * 1000),
    "UTC": lambda m: (m - HOURS8).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "another zone": lambda m: (m + datetime.timedelta(hours=1)).strftime("%Y-%m-%d %H:%M+09:00"),
    "halves of the day in Chinese": lambda m: m.strftime("%Y-%m-%d ") + (
        "上午" if m.hour < 12 else "下午") + m.strftime("%I:%M"),
    "wide digits": lambda m: "".join(chr(0xFF10 + int(c)) if c.isdigit() else c
                                     for c in m.strftime("%Y-%m-%d %H：%M")),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_moments_written_otherwise_are_the_same(name: str, plain: Reading, tmp_path: Path) -> None:
    same(logs.read_bytes(tmp_path / "log", of_moments(NUMBERS[name])), plain)


def test_the_zone_of_the_log_is_brought_to_that_of_the_scenario(plain: Reading,
                                                               tmp_path: Path) -> None:
    text = of_moments(lambda m: (m - HOURS8).strftime("%Y-%m-%d %H:%M"))
    same(logs.read_bytes(tmp_path / "log", text, {"time_zone": "UTC"}), plain)


def test_summer_time_is_taken_from_its_zone() -> None:
    texts = ["2015-03-29T00:59:00Z", "2015-03-29T01:00:00Z", "2015-10-25T00:59:00Z",
             "2015-10-25T01:00:00Z"]
    local = dates_of(scan_texts(texts, time_zone="Europe/Berlin"))
    assert [str(x)[11:16] for x in local] == ["01:59", "03:00", "02:59", "02:00"]


def test_day_and_month_are_told_apart_by_the_whole_column(tmp_path: Path) -> None:
    """The first day above 12 comes after the sample that headers are guessed from."""
    rows = []
    for k in range(9000):
        row = logs.rows(1)[0] | {"container": logs.box(k), "declaration": f"D{k}"}
        day = 1 + k // 700
        row.update({name: f"4/{day}/2015 {8 + i}:00" for i, name in enumerate(logs.STAMPS)})
        rows.append(row)
    reading = logs.read_bytes(tmp_path / "log", logs.text(rows))
    assert all("month before day" in c.spelling for c in reading.columns if c.field in logs.STAMPS)
    assert reading.account.fields["arrival"].used == 9000
    assert reading.records.start == datetime.date(2015, 3, 30)


@pytest.mark.parametrize("lifecycle", [True, False])
def test_a_long_log_is_the_same(lifecycle: bool, plain: Reading, tmp_path: Path) -> None:
    columns = LONG + (["lifecycle", "time"] if lifecycle else ["start", "end"])
    table = logs.long_rows(logs.rows(40), lifecycle)
    reading = logs.read_bytes(tmp_path / "log", logs.text(table, {c: c for c in columns}))
    same(reading, plain, ("depth", "licensed"))
    assert reading.layout == "long" and reading.account.used == len(table)
    assert "no column says what customs selected" in " ".join(reading.remarks)


def test_a_long_log_in_chinese_with_faults(tmp_path: Path) -> None:
    lines = ["箱号,报关单号,环节,时间",
             f"{logs.box(1)},D1,到港,2015-04-14 10:00", f"{logs.box(1)},D1,卸船,2015-04-14 12:00",
             f"{logs.box(1)},D1,海关查验开始,2015-04-15 09:00",
             f"{logs.box(1)},D1,海关查验结束,2015-04-15 10:00",
             f"{logs.box(1)},D1,海关查验结束,2015-04-15 10:00",
             f"{logs.box(1)},D1,喝茶,2015-04-15 10:30", "?,D1,放行,2015-04-15 11:00",
             ",D1,海关受理,2015-04-14 15:00", f"{logs.box(1)},D1,放行,",
             f"{logs.box(2)},D2,到港,2015-04-14 10:00",
             f"{logs.box(1)},D1,海关放行,2015-04-15 12:00"]
    reading = logs.read_bytes(tmp_path / "log", "\n".join(lines))
    account, records = reading.account, reading.records
    assert (account.rows, account.used) == (11, 7)
    assert account.repeated == {"says nothing else": 1}
    assert account.rejected == {"container not a container number": 1,
                                "no stamp places it in time": 1, "activity not known": 1}
    assert [row.line for row in account.left_out_rows()] == [6, 7, 8, 10]
    assert len(records) == 2 and records.selected["customs"].tolist() == [1, -1]
    assert (records.seconds["start.papers.customs"] > BLANK).tolist() == [True, False]
    assert "喝茶" in " ".join(reading.remarks)


def test_a_workbook_is_the_same(plain: Reading, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "log.xlsx")
    book.add_worksheet("empty")
    sheet = book.add_worksheet("log")
    form = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, list(logs.CHINESE.values()))
    for k, row in enumerate(logs.rows(40), start=1):
        for c, name in enumerate(logs.CHINESE):
            if name in logs.STAMPS:
                sheet.write_datetime(k, c, logs.moment(name, k - 1), form)
            else:
                sheet.write_string(k, c, row[name])
    book.close()
    same(logs.read_bytes(tmp_path / "log.xlsx", (tmp_path / "log.xlsx").read_bytes()), plain)


@pytest.mark.parametrize("kind", ["varchar", "timestamp", "timestamptz"])
def test_parquet_is_the_same(kind: str, plain: Reading, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(logs.text(logs.rows(40)))
    path = tmp_path / "log[1]*.parquet"
    columns = ", ".join(
        f'"{header}"' if name not in logs.STAMPS or kind == "varchar" else
        f'"{header}"::timestamp "{header}"' if kind == "timestamp" else
        f"make_timestamptz(epoch_us(\"{header}\"::timestamp) - 28800000000) \"{header}\""
        for name, header in logs.CHINESE.items())
    duckdb.sql(f"copy (select {columns} from read_csv('{tmp_path / 'log.csv'}', all_varchar=true))"
               f" to '{path}' (format parquet)")
    same(logs.read_bytes(path, path.read_bytes()), plain)


def test_headers_of_both_tongues() -> None:
    agencies = ["quarantine", "customs"]
    names = {
        "国检查验开始时间": "start.examination.quarantine",
        "CIQ exam end": "end.examination.quarantine",
        "海关到场": "end.move-in.customs", "customsInYard": "end.move-in.customs",
        "检验检疫掏箱结束": "end.devanning.quarantine", "通关单": "end.clearance-form.quarantine",
        "customs_unstuffing_begin": "start.devanning.customs", "海关复原": "end.restuffing.customs",
        "quarantine documents accepted": "start.papers.quarantine", "集装箱号": "container",
        "Declaration No.": "declaration", "declaration time": "lodged", "报检号": "declaration",
        "ISO Type": "size", "gate-out time": "gate-out", "Released": "released",
        "海关布控": "selected.customs", "ciq_depth": "depth.quarantine", "AEO": "attribute.grade",
        "start.move-back.customs": "start.move-back.customs", "船名": "", "查验开始": ""}
    for header, name in names.items():
        assert field_of(header, agencies, logs.ATTRIBUTES).field == name, header
    assert field_of("查验开始", ["customs"], ()).field == "start.examination.customs"


def test_a_map_corrects_what_is_guessed(tmp_path: Path) -> None:
    table = [row | {"risk": "红", "other": "2015-01-01 10:00"} for row in logs.rows(10)]
    headers = logs.CHINESE | {"risk": "R", "other": "海关放行时间", "selected.customs": "S"}
    path = tmp_path / "map.yaml"
    path.write_text("columns: {attribute.risk: R, selected.customs: S}\n"
                    "values:\n  attribute.risk: {红: high}\n  selected.customs: {是: no}\n"
                    "ignore: [海关放行时间]\n", encoding="utf-8")
    reading = logs.read_bytes(tmp_path / "log", logs.text(table, headers), path)
    assert set(reading.records.attributes["risk"]) == {1}
    # The examinations show that they were selected after all.
    assert reading.account.fields["selected.customs"].repaired == {
        "was examined, though not selected": 10}
    assert "end.release.customs" not in reading.records.seconds
    how = {c.header: c.how for c in reading.columns}
    assert how["R"] == "map" and how["箱号"] == "name" and "map says" in how["海关放行时间"]


def test_columns_that_may_be_the_same_are_named(tmp_path: Path) -> None:
    table = [row | {"again": row["released"], "note": "x"} for row in logs.rows(10)]
    reading = logs.read_bytes(tmp_path / "log", logs.text(
        table, logs.CHINESE | {"again": "报关单放行时间", "note": "备注"}))
    assert "'放行' and '报关单放行时间' may both be released" in " ".join(reading.remarks)
    unread = [c.header for c in reading.columns if not c.field]
    assert unread == ["报关单放行时间", "备注"]


def test_rounding_is_found_by_column(tmp_path: Path) -> None:
    table = logs.rows(60, "%Y-%m-%d %H:%M:%S")
    for k, row in enumerate(table):
        row["arrival"] = row["arrival"][:-2] + f"{17 * k % 60:02d}"
        row["discharged"] = row["discharged"][:14] + f"{k * 5 % 60:02d}:00"
    steps = logs.read_bytes(tmp_path / "log", logs.text(table)).records.step
    assert steps["arrival"] == 1 and steps["discharged"] == 300 and steps["lodged"] == 60


def test_every_text_of_a_stamp_is_one_or_says_why_not() -> None:
    texts = ["", "--", "无", "0000-00-00 00:00", "2015-02-30 10:00", "2015-04-14", "x", "18:21",
             "2015-04-14 24:00", "2015-04-14 24:01", "1899-01-01 10:00", "9" * 60, "2015-04-14 10"]
    stamps = scan_texts(texts)
    assert (stamps > KNOWN).tolist() == [text == "2015-04-14 24:00" for text in texts]
    assert str(dates_of(stamps)[8]) == "2015-04-15T00:00:00"
