"""A simulated port's log, written and read again without a map, gives its records back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.logfiles import headers_of, write_long, write_wide
from calibration.reading import Reading, read
from calibration.records import BLANK, Records
from calibration.simulated import records_of
from scenarios.load import load
from sim.engines import simulate
from sim.ports import port_run


@pytest.fixture(scope="module")
def records() -> Records:
    run = port_run(load("xiamen-2015", "separate", [
        "run.warmup=1 weeks", "run.measured=3 weeks", "run.drain=4 weeks", "findings=null",
        "traffic.calls.per_week=8", "traffic.consignments_per_week=60"]), 1, 0)
    return records_of(run, simulate(run.plan, "reference"))


def read_again(records: Records, path: Path) -> Reading:
    return read(path, agencies=records.agencies, attributes=records.values,
                time_zone="Asia/Shanghai")


def rows_by_box(written: Records, reading: Reading) -> np.ndarray:
    """Row of the read records -> row of the written ones. Numbers of boxes are given in order."""
    from calibration.logfiles import containers_of

    place = {box: k for k, box in enumerate(containers_of(len(written)).tolist())}
    return np.array([place[box] for box in reading.records.container.tolist()])


def moved(written: Records, reading: Reading, name: str) -> np.ndarray:
    """A stamp as read, in seconds from the written records' start."""
    shift = (reading.records.start - written.start).days * 86400
    values = reading.records.seconds[name]
    return np.where(values == BLANK, BLANK, values.astype(np.int64) + shift)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wide_log_comes_back(records: Records, language: str, tmp_path: Path) -> None:
    write_wide(records, tmp_path / "log.csv", language=language)
    reading = read_again(records, tmp_path / "log.csv")
    assert reading.account.used == reading.account.rows == len(records)
    assert [c.header for c in reading.columns if not c.field] == []
    rows = rows_by_box(records, reading)
    for name in headers_of(records, language):
        if name in records.seconds:
            assert np.array_equal(moved(records, reading, name), records.seconds[name][rows]), name
            assert reading.account.fields[name].blanked == {}
    for name, codes in records.attributes.items():
        assert np.array_equal(reading.records.attributes[name], codes[rows]), name
        assert reading.records.values[name] == list(records.values[name])
    for agency in records.agencies:
        assert np.array_equal(reading.records.selected[agency], records.selected[agency][rows])
        assert np.array_equal(reading.records.depth[agency], records.depth[agency][rows])
    assert np.array_equal(reading.records.boxes.sum(), records.boxes.sum())
    assert len(reading.records.first) == len(records.first)


@pytest.mark.parametrize("form", ["activity", "event"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_long_log_comes_back(records: Records, language: str, form: str,
                               tmp_path: Path) -> None:
    write_long(records, tmp_path / "log.csv", language=language, form=form)
    reading = read_again(records, tmp_path / "log.csv")
    assert reading.layout == "long" and reading.account.used == reading.account.rows
    assert [c.header for c in reading.columns if not c.field] == []
    rows = rows_by_box(records, reading)
    assert len(rows) == len(records)
    for name, values in records.seconds.items():
        if name not in reading.records.seconds:
            assert np.all(values == BLANK), name
            continue
        read_values = moved(records, reading, name)
        # An activity of one stamp is written with that stamp as its start, too.
        if form == "event" or name.startswith("end.") or "." not in name:
            known = values[rows] != BLANK
            assert np.array_equal(read_values[known], values[rows][known]), name
