"""The command line as a user meets it: in this process, or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli import main

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).with_name("tiny.yaml")


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status, its results and what else it said."""

    status: int
    out: str
    err: str

    def __post_init__(self) -> None:
        for text in (self.out, self.err):
            assert "Traceback" not in text, text


Command = Callable[..., Outcome]


@pytest.fixture
def tiny() -> str:
    """The path of a small scenario."""
    return str(TINY)


@pytest.fixture
def onestop(tmp_path, monkeypatch, capsys) -> Command:
    """Runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


def environment() -> dict[str, str]:
    """The environment of a process that finds this checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command as a process of its own in an empty folder; none outlives the test."""
    begun: list[subprocess.Popen[str]] = []

    def run(*words: object, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sim", *map(str, words)], cwd=tmp_path, env=environment(),
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8",
               **options})
        begun.append(process)
        return process

    yield run
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def process(start) -> Command:
    """Runs a command as a process of its own, to its end."""

    def run(*words: object) -> Outcome:
        begun = start(*words)
        out, err = begun.communicate(timeout=120)
        return Outcome(begun.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """The results of a small comparison; not to be changed."""
    folder = tmp_path_factory.mktemp("cli") / "study"
    assert main(["compare", str(TINY), "--regime", "separate", "--regime", "one-stop",
                 "--replications", "2", "--workers", "1", "--out", str(folder), "--quiet",
                 "--no-figures"]) == 0
    return folder


@pytest.fixture(scope="session")
def log_study(tmp_path_factory) -> tuple[Path, Path]:
    """The results of one regime on a port's log, and that log; not to be changed."""
    from scenarios.load import LIBRARY

    place = tmp_path_factory.mktemp("log")
    log = place / "log.csv"
    log.write_bytes((LIBRARY / "port-log.csv").read_bytes())
    assert main(["run", "port-log", "--set", f"traffic.log={log}", "--replications", "1",
                 "--out", str(place / "study"), "--quiet"]) == 0
    return place / "study", log
