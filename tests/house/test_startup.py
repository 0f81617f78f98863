"""The face: what starting the command loads, and what the package `sim` offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "numpy",
    "scipy",
    "matplotlib",
    "simpy",
    "duckdb",
    "pydantic",
    "ruamel",
    "holidays",
    "numba",
}
FACE = ["load", "build_plan", "plan_of", "simulate", "measure", "compare", "read_results"]


def _loaded(*arguments: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """Top-level packages that `python ARGUMENTS` imports, read from -X importtime."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    rows = [row for row in done.stderr.splitlines() if row.startswith("import time:")]
    return {row.rpartition("|")[2].strip().partition(".")[0] for row in rows}, done


def test_help_loads_nothing_heavy() -> None:
    loaded, done = _loaded("-m", "sim", "--help")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "compare" in done.stdout
    assert {"sim", "click"} <= loaded
    assert not loaded & HEAVY


def test_importing_sim_loads_nothing_heavy() -> None:
    loaded, done = _loaded("-c", "import sim")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "sim" in loaded
    assert not loaded & HEAVY


def test_the_reading_of_importtime_sees_a_heavy_package() -> None:
    loaded, _ = _loaded("-c", "import numpy")
    assert loaded & HEAVY == {"numpy"}


def test_the_face_is_exact() -> None:
    import sim

    assert list(sim.__all__) == FACE


@pytest.mark.parametrize("name", FACE)
def test_each_name_of_the_face_can_be_called(name: str) -> None:
    import sim

    assert callable(getattr(sim, name))
    assert getattr(sim, name).__doc__
