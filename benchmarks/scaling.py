"""The section of docs/verification.md on workers, clusters and what happens when they fail.

Every line of the table of faults is a test that is run here; it ends with a comparison byte for
byte against the study that nothing disturbed, unless the study cannot go on at all.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
STUDY = ("compare", "separate", "one-stop", "--replications", "20", "--events", "none",
         "--no-figures", "--quiet", "--overwrite")

CLUSTER = "tests/cli/test_cluster.py::test_"
CLI, EXPERIMENT = "tests/cli/test_interruption.py::test_", "tests/sim/test_experiment.py::test_"
FAULTS = (
    ("kill -9 of a worker", "the replication is run again", "nothing",
     EXPERIMENT + "a_worker_that_dies_once_costs_nothing"),
    ("a replication that kills its worker each time", "named after three deaths, exit status 3",
     "that replication", EXPERIMENT + "a_replication_that_kills_three_workers_is_named_and_the_"
     "rest_kept"),
    ("kill -9 of the main process", "its workers end, --resume finishes", "what was at work",
     CLI + "kill_9_in_mid_study_then_resume_gives_the_same_bytes"),
    ("Ctrl-C", "the command that resumes is printed", "what was at work",
     CLI + "ctrl_c_says_how_to_resume"),
    ("a file of the journal truncated or changed", "counts as missing, is run again",
     "that replication, until it is run again",
     EXPERIMENT + "only_what_is_missing_or_damaged_is_run_again"),
    ("a full disk", "exit status 3, --resume finishes once there is room", "what was at work",
     CLI + "a_full_disk_keeps_what_is_finished"),
    ("cluster: kill -9 of a worker", "another one does its work", "nothing",
     CLUSTER + "a_worker_that_is_killed_costs_nothing"),
    ("cluster: kill -9 of the scheduler", "exit status 3, --resume finishes, here or elsewhere",
     "what was at work", CLUSTER + "a_scheduler_that_is_killed_leaves_what_is_finished"),
    ("cluster: a replication that kills its worker each time", "named, exit status 3",
     "that replication", CLUSTER + "a_replication_that_kills_every_worker_is_named"),
    ("cluster of 2 against 1, 2, 3 workers", "the same bytes", "nothing",
     CLUSTER + "a_cluster_of_two_gives_the_bytes_of_one_two_and_three_workers"),
)
"""What is done, what happens, what is lost, and the test that does it."""


def seconds(workers: int, folder: Path) -> float:
    """Wall-clock seconds of the study, all of it."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "sim", *STUDY, "--workers", str(workers), "--out",
                    str(folder / "out")], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def outcome(test: str) -> str:
    """'passed', or why not. Raises RuntimeError if it fails."""
    if "test_cluster" in test and find_spec("distributed") is None:
        return "not run: distributed is not installed"
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-m", "slow or not slow", "-k",
                           test.partition("::")[2], test.partition("::")[0]],
                          cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{test}\n{done.stdout[-2000:]}")
    return done.stdout.strip().splitlines()[-1].rpartition(" in ")[0]


def markdown(rounds: int = 5) -> str:
    """Runs the study with one and two workers in turn, and every fault; the section."""
    alone, both = [], []
    with tempfile.TemporaryDirectory() as scratch:
        seconds(1, Path(scratch))
        for _ in range(rounds):
            alone.append(seconds(1, Path(scratch)))
            both.append(seconds(2, Path(scratch)))
    speedup = statistics.median(one / two for one, two in zip(alone, both, strict=True))
    rows = "\n".join(f"| {what} | {happens} | {lost} | {outcome(test)} |"
                     for what, happens, lost, test in FAULTS)
    return f"""\
## Workers, clusters and faults

`onestop {' '.join(STUDY[:5])}` on {os.cpu_count()} processors, wall clock, medians of {rounds}
rounds in turn: {statistics.median(alone):.1f} s with one worker, {statistics.median(both):.1f} s
with two; {speedup:.2f} times as fast (from {min(a / b for a, b in zip(alone, both)):.2f} to
{max(a / b for a, b in zip(alone, both)):.2f}). Starting the workers, the first replication and
the summary are not shared.

Each fault is a test that ends with a comparison byte for byte against the undisturbed study.

| fault | what happens | what is lost | test |
|---|---|---|---|
{rows}

`python -m benchmarks.verification scaling`
"""
