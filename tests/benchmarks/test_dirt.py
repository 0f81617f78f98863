"""A dirty log has the faults that it says it has, where it says so, and no others."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from benchmarks.dirt import CLEAN, Dirt, Soiled, soil
from calibration.logfiles import headers_of, wide_table
from calibration.records import BLANK, Records
from calibration.simulated import records_of
from scenarios.load import load
from sim.engines import simulate
from sim.portlog.iso6346 import read_container, read_size
from sim.portlog.stamps import GOOD, parse_stamps
from sim.ports import port_run

MUCH = Dirt(0.05, 0.05, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1)


@pytest.fixture(scope="module")
def records() -> Records:
    run = port_run(load("xiamen-2015", "separate", [
        "run.warmup=1 weeks", "run.measured=3 weeks", "run.drain=4 weeks", "findings=null",
        "traffic.calls.per_week=8", "traffic.consignments_per_week=40"]), 1, 0)
    return records_of(run, simulate(run.plan, "reference"))


@pytest.fixture(scope="module")
def soiled(records) -> Soiled:
    return soil(records, 1, MUCH)


def first_row(soiled: Soiled, count: int) -> np.ndarray:
    """Per row of the records, a row of the file."""
    place = np.empty(count, dtype=np.int64)
    place[soiled.origin] = np.arange(len(soiled.origin))
    return place


def test_without_faults_only_the_order_changes(records):
    clean = soil(records, 1, CLEAN)
    assert not np.array_equal(clean.origin, np.arange(len(records)))
    for header, texts in wide_table(records).items():
        assert np.array_equal(texts[clean.origin], clean.table[header])
    assert not any(clean.count(fault) for fault in clean.done)


def test_every_stamp_is_as_its_fault_says(records, soiled):
    headers = headers_of(records)
    place = first_row(soiled, len(records))
    start = np.datetime64(records.start, "s")
    for stamp in (name for name in records.seconds if name in headers):
        truth = records.seconds[stamp].astype(np.int64)
        texts = soiled.table[headers[stamp]][place].tolist()
        moments, status = parse_stamps(texts)
        read = np.where(status == GOOD, (moments - start).astype(np.int64), BLANK)
        # Seconds in another spelling are more than the records have.
        read = np.where(read == BLANK, BLANK, read // 60 * 60)
        same = np.ones(len(records), dtype=bool)
        for fault in ("missing", "midnight", "heaped", "exchanged"):
            same[soiled.done[fault].get(stamp, [])] = False
        assert np.array_equal(read[same], truth[same])
        missing, midnight = (soiled.done[f][stamp] for f in ("missing", "midnight"))
        assert (truth[missing] != BLANK).all() and (read[missing] == BLANK).all()
        assert np.array_equal(read[midnight], truth[midnight] // 86400 * 86400)
        heaped = soiled.done["heaped"][stamp]
        assert np.array_equal(read[heaped], truth[heaped] // 300 * 300)
        if stamp.startswith("start.") and stamp in soiled.done["exchanged"]:
            rows = soiled.done["exchanged"][stamp]
            assert np.array_equal(read[rows], records.seconds[f"end.{stamp[6:]}"][rows])


def test_shares_are_as_asked_for(records, soiled):
    headers = headers_of(records)
    stamps = sum(int((records.seconds[s] != BLANK).sum()) for s in records.seconds if s in headers)
    for fault, share in (("missing", 0.05), ("midnight", 0.05), ("heaped", 0.05), ("spelt", 0.1)):
        assert soiled.count(fault) / stamps == pytest.approx(share, rel=0.1)
    assert soiled.count("repeated") / len(records) == pytest.approx(0.1, abs=0.04)
    assert len(soiled.origin) == len(records) + soiled.count("repeated")


def test_numbers_and_sizes_are_wrong_where_it_says(records, soiled):
    headers = headers_of(records)
    place = first_row(soiled, len(records))
    boxes = soiled.table[headers["container"]][place].tolist()
    wrong = [i for i, text in enumerate(boxes) if read_container(text)[1]]
    assert wrong == soiled.done["check_digit"]["container"].tolist() and wrong
    sizes = soiled.table[headers["size"]][place].tolist()
    assert [read_size(text) for text in sizes] == records.size.tolist()
    odd = [i for i, text in enumerate(sizes) if text not in ("22G1", "42G1")]
    assert odd == soiled.done["odd_size"]["size"].tolist() and odd


def test_the_same_seed_gives_the_same_bytes(records, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        soil(records, seed).write(tmp_path / f"{name}.csv.gz")
    a, b, c = ((tmp_path / f"{name}.csv.gz").read_bytes() for name in "abc")
    assert a == b != c


def test_other_spellings_are_of_the_same_minute(records, soiled):
    header = headers_of(records)["lodged"]
    rows = soiled.done["spelt"]["lodged"]
    texts = soiled.table[header][first_row(soiled, len(records))][rows].tolist()
    moments = parse_stamps(texts)[0]
    for seconds, moment in zip(records.seconds["lodged"][rows].tolist(), moments, strict=True):
        wanted = datetime.combine(records.start, datetime.min.time()) + timedelta(seconds=seconds)
        assert moment.astype("datetime64[m]") == np.datetime64(wanted, "m")
