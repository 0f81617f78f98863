"""What `python -m benchmarks` prints and writes, and that it refuses to compare unlike models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cost import table
from benchmarks.engines import BASELINE, ENGINES
from benchmarks.models import MM1, SERIAL
from benchmarks.run import Report, Row, machine

ROOT = Path(__file__).resolve().parents[2]


def row(engine: str, seconds: list[float], means: list[float], draws: bool = False) -> Row:
    return Row(SERIAL, engine, "1.0", 1000, draws, 0.1, None, seconds, means)


def test_the_ratio_is_taken_round_by_round() -> None:
    """A round in which the machine was three times as slow for both does not count."""
    baseline = row(BASELINE, [1.0, 3.0, 1.0], [5.0, 6.0, 7.0])
    other = row("salabim", [2.0, 6.0, 2.2], [5.0, 6.0, 7.0])
    assert other.ratio(baseline) == 2.0
    assert baseline.microseconds() == [1000.0, 3000.0, 1000.0]
    assert baseline.mean == 6.0
    assert baseline.standard_error == pytest.approx(3**-0.5)


@pytest.mark.parametrize(
    ("means", "draws", "agrees"),
    [
        ([100.0, 110.0, 120.0], False, True),
        ([100.5, 110.5, 120.5], False, True),
        ([102.0, 112.0, 122.0], False, False),
        ([112.0, 103.0, 124.0], True, True),
        ([180.0, 190.0, 200.0, 191.0], True, False),
    ],
)
def test_a_mean_that_is_another_models_is_found(
    means: list[float], draws: bool, agrees: bool
) -> None:
    baseline = row(BASELINE, [1.0] * 3, [100.0, 110.0, 120.0])
    report = Report(machine(), 3, 1, [baseline, row("salabim", [1.0] * len(means), means, draws)])
    assert (report.disagreements() == []) is agrees


def test_the_table_says_what_is_missing_and_what_cannot_be_done() -> None:
    report = Report(machine(), 1, 1, [row(BASELINE, [0.05], [180.0])],
                    missing={"cimba": "cimba is not installed"},
                    cannot={"ciw": dict(ENGINES["ciw"].cannot)})
    text = table(report)
    assert "Not measured: cimba (cimba is not installed)" in text
    assert "(1) a customer of Ciw holds one server" in text
    assert "50.0" in text and "1.000" in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_small_run_writes_every_raw_time(tmp_path: Path) -> None:
    file = tmp_path / "benchmark.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--rounds", "2", "--containers", "100",
         "--models", MM1, "--engines", "reference", "--json", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text("utf-8"))
    assert report["schema"] == "onestop.benchmark/1"
    assert report["machine"]["cores"] >= 1
    assert [r["engine"] for r in report["rows"]] == [BASELINE, "reference"]
    for measured in report["rows"]:
        assert len(measured["seconds"]) == len(measured["means"]) == 2
        assert min(measured["seconds"]) >= 0
    assert report["rows"][0]["means"] == pytest.approx(report["rows"][1]["means"], rel=1e-12)
    assert "onestop, reference" in done.stdout


def test_an_unknown_engine_is_one_line_and_status_2() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--engines", "warp"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "warp" in done.stderr and "Traceback" not in done.stderr
