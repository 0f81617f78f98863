"""Which engine runs, where its compiled kernel is kept, and what happens where it cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.errors import EnvironmentFailure
from scenarios.load import load
from sim import engines
from sim.ports import plan_of

pytest.importorskip("numba")

from sim.engines import compiled  # noqa: E402

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from sim.cli import main
sys.exit(main(sys.argv[1:]))
"""
SHORT = ("--set", "run.warmup=1 week", "--set", "run.measured=1 week", "--replications", "2",
         "--workers", "1", "--no-area")


@pytest.fixture(autouse=True)
def forgotten():
    """What was found out about this machine is found out again."""
    forget = (compiled._cache_folder, engines._import_numba)
    for function in forget:
        function.cache_clear()
    yield
    for function in forget:
        function.cache_clear()


def test_the_faster_engine_is_taken(monkeypatch):
    for ready, expected in ((False, "reference"), (True, "compiled")):
        monkeypatch.setattr(compiled, "ready", lambda ready=ready: ready)
        assert engines.fastest(5_000) == expected
        assert engines.fastest(engines.TINY - 1) == "reference"
        assert engines.fastest(engines.WORTH_COMPILING) == "compiled"


def test_without_numba_all_runs_on_the_reference_engine_and_one_line_says_so(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMBA, "run", "separate", *SHORT], cwd=tmp_path,
        env=None, capture_output=True, text=True, encoding="utf-8", check=True)
    lines = [line for line in told.stderr.splitlines() if "engine" in line]
    assert len(lines) == 1 and "the reference engine is used" in lines[0]
    assert "2 replications" in told.stdout


def test_asked_for_without_numba_the_compiled_engine_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(EnvironmentFailure, match="use --engine reference"):
        engines.simulate(plan_of(load("small-port")), "compiled")


def test_where_nothing_can_be_written_nothing_is_kept(monkeypatch, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    assert compiled._cache_folder() is None


def test_the_copy_on_disk_is_named_after_the_text(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    before = compiled._cache_folder()
    changed = tmp_path / "_kernel.py"
    changed.write_bytes(Path(compiled._kernel.__file__).read_bytes() + b"# changed\n")
    monkeypatch.setattr(compiled._kernel, "__file__", str(changed))
    compiled._cache_folder.cache_clear()
    after = compiled._cache_folder()
    assert before is not None and after is not None and before.name != after.name


def test_a_kernel_on_disk_is_ready(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled, "kernel", compiled.lru_cache(compiled.kernel.__wrapped__))
    assert not compiled.ready()
    folder = compiled._cache_folder()
    assert folder is not None
    (folder / "_kernel.simulate-72.py311.nbi").touch()
    assert compiled.ready()
