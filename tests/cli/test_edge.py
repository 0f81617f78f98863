"""Exit statuses, streams, and how faults are told; never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.errors import EnvironmentFailure
from sim.provenance import own_version

POSIX = os.name == "posix"


def test_version_and_help(onestop):
    told = onestop("--version")
    assert (told.status, told.out, told.err) == (0, f"onestop {own_version()}\n", "")
    told = onestop("--help")
    assert told.status == 0 and told.err == ""
    assert all(word in told.out for word in ("list", "show", "new", "check", "run", "compare",
                                             "replay"))


@pytest.mark.parametrize("command", ["list", "show", "new", "check", "run", "compare", "replay"])
def test_every_command_explains_itself_with_an_example(onestop, command):
    told = onestop(command, "--help")
    assert told.status == 0 and "onestop " + command in told.out.split("Usage:", 1)[1]
    assert "Example" in told.out


def test_without_a_word_the_help_is_shown(onestop):
    told = onestop()
    assert told.status == 2 and "compare" in told.out + told.err


@pytest.mark.parametrize("word, wanted", [
    ("compar", "Did you mean 'compare'?"), ("rpelay", "Did you mean 'replay'?"),
    ("xyzzy", "onestop --help"),
])
def test_an_unknown_command_names_the_nearest(onestop, word, wanted):
    told = onestop(word)
    assert told.status == 2 and told.out == "" and wanted in told.err


@pytest.mark.parametrize("words", [
    ["run", "separate", "--replications", "0"], ["run", "separate", "--workers", "x"],
    ["run", "separate", "--seed", "-1"], ["run", "separate", "--no-such-option"],
    ["compare", "a", "b", "--events", "some"], ["check"], ["show"],
    ["run", "no-such-scenario"], ["run", "\0"], ["check", "."],
])
def test_a_wrong_word_is_the_input_s_fault(onestop, tmp_path, words):
    told = onestop(*words)
    assert told.status == 2 and told.out == "" and told.err
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_names_a_log_file(onestop, monkeypatch, tmp_path, tiny):
    def fail(*_):
        raise ZeroDivisionError("told nowhere but in the log")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sim.study.run_one", fail)
    told = onestop("run", tiny, "--replications", "1")
    assert told.status == 70 and "fault of ours" in told.err
    log, = tmp_path.glob("onestop-*.log")
    assert str(log) in told.err
    text = log.read_text(encoding="utf-8")
    assert "told nowhere but in the log" in text and "'run'" in text


def test_a_broken_law_is_a_fault_of_ours(onestop, monkeypatch, tmp_path, tiny):
    from sim.engines.failures import InvariantError

    def fail(*_):
        raise InvariantError("the run breaks a law")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sim.study.run_one", fail)
    assert onestop("run", tiny, "--replications", "1").status == 70
    assert list(tmp_path.glob("onestop-*.log"))


@pytest.mark.parametrize("error", [
    EnvironmentFailure("the disk is full"), OSError(28, "No space left on device"),
    PermissionError(13, "Permission denied"), MemoryError(),
])
def test_what_the_machine_cannot_do_is_3(onestop, monkeypatch, tiny, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("sim.study.run_one", fail)
    monkeypatch.setattr("sim.cli._drop_output", lambda: None)
    told = onestop("run", tiny, "--replications", "1")
    assert told.status == 3 and told.err.startswith("onestop: ")


def test_a_place_that_cannot_be_written_to_is_3(onestop, tmp_path, tiny):
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = onestop("run", tiny, "--replications", "1", "--out", "file/results")
    assert told.status == 3 and "file" in told.err


def test_a_reader_that_goes_away_is_no_fault(start):
    process = start("show", "xiamen-2015")
    assert process.stdout.readline().startswith("#")
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_3(start):
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = start("list", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3 and err.count("\n") == 1 and "No space left" in err


def test_the_installed_command_is_the_module(process):
    assert process("--version").out == f"onestop {own_version()}\n"


@pytest.mark.skipif(not POSIX, reason="closes a stream through the shell")
def test_without_stdout_nothing_breaks(tmp_path):
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(["sh", "-c", '"$0" -m sim list >&-', sys.executable], cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True,
                          encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
