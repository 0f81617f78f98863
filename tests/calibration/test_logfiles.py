"""Log files: what stands in the records stands in the file, and can be read by others."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from calibration.logfiles import containers_of, headers_of, write_long, write_wide
from calibration.records import BLANK, Records
from calibration.simulated import records_of
from scenarios.load import load
from sim.engines import simulate
from sim.portlog.iso6346 import read_container, read_size
from sim.ports import port_run


@pytest.fixture(scope="module")
def records() -> Records:
    run = port_run(load("xiamen-2015", "separate", [
        "run.warmup=1 weeks", "run.measured=1 weeks", "run.drain=4 weeks", "findings=null",
        "traffic.calls.per_week=8", "traffic.consignments_per_week=30"]), 1, 0)
    return records_of(run, simulate(run.plan, "reference"))


def rows_of(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_container_numbers_are_valid_and_different():
    numbers = containers_of(20_000).tolist()
    assert len(set(numbers)) == len(numbers)
    assert all(read_container(number) == (number, "") for number in numbers)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_a_wide_log_has_every_stamp_of_its_columns(records, tmp_path, language, name):
    write_wide(records, tmp_path / name, language=language)
    rows, headers = rows_of(tmp_path / name), headers_of(records, language)
    assert list(rows[0]) == list(headers.values()) and len(rows) == len(records)
    assert len(set(headers.values())) == len(headers)
    start = datetime.combine(records.start, datetime.min.time())
    for stamp in ("arrival", "end.move-in.customs", "end.clearance-form.quarantine", "gate-out"):
        for row, seconds in zip(rows, records.seconds[stamp].tolist(), strict=True):
            text = row[headers[stamp]]
            assert (text == "") == (seconds == BLANK)
            if text:
                assert datetime.fromisoformat(text) == start + timedelta(seconds=seconds)
    assert [read_size(row[headers["size"]]) for row in rows] == records.size.tolist()
    declarations = [row[headers["declaration"]] for row in rows]
    assert len(set(declarations)) == len(records.boxes)


def test_the_headers_are_those_of_the_shipped_log(records):
    path = Path(load.__code__.co_filename).parent / "library" / "port-log.csv"
    shipped = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    headers = set(headers_of(records).values())
    assert set(shipped) <= headers
    assert headers - set(shipped) == {"商品类别", "应税"}


def test_chosen_agencies_are_told_in_the_language_of_the_file(records, tmp_path):
    write_wide(records, tmp_path / "log.csv", labels={"customs": "关"})
    rows = rows_of(tmp_path / "log.csv")
    assert {row["关布控"] for row in rows} == {"是", "否"}
    assert {row["检验检疫查验深度"] for row in rows} == {"", "开箱门", "1/3", "1/2", "全掏"}
    chosen = [row["关布控"] == "是" for row in rows]
    assert chosen == (records.selected["customs"] == 1).tolist()


def test_a_long_log_has_a_row_per_activity(records, tmp_path):
    write_long(records, tmp_path / "long.csv", language="en")
    rows = rows_of(tmp_path / "long.csv")
    examined = [row for row in rows if row["Activity"] == "Customs examination"]
    assert len(examined) == int((records.seconds["start.examination.customs"] != BLANK).sum())
    assert all(row["Start"] <= row["End"] for row in rows if row["End"])
    assert sum(row["Activity"] == "Vessel arrival" for row in rows) == len(records)
    began = records.seconds["start.papers.customs"] != BLANK
    open_yet = began & (records.seconds["end.papers.customs"] == BLANK)
    assert sum(row["Activity"] == "Customs papers" and not row["End"] for row in rows) == \
        int(open_yet.sum())


def test_as_events_each_activity_starts_and_ends(records, tmp_path):
    write_long(records, tmp_path / "long.csv", form="event")
    rows = rows_of(tmp_path / "long.csv")
    for life, at in (("开始", "start"), ("结束", "end")):
        count = sum(row["环节"] == "检验检疫掏箱" and row["事件"] == life for row in rows)
        assert count == int((records.seconds[f"{at}.devanning.quarantine"] != BLANK).sum())
    assert {row["事件"] for row in rows if row["环节"] == "提离"} == {"结束"}


def test_the_same_records_give_the_same_bytes(records, tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        write_wide(records, tmp_path / name)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_seconds_are_written_where_the_log_has_them(records, tmp_path):
    run = port_run(load("small-port", None, ["run.measured=1 weeks", "findings=null"]), 1, 0)
    fine = records_of(run, simulate(run.plan, "reference"), step=1)
    write_wide(fine, tmp_path / "log.csv")
    lengths = {len(row["到港"]) for row in rows_of(tmp_path / "log.csv")}
    assert lengths == {19}
    assert np.any(fine.seconds["arrival"] % 60)
