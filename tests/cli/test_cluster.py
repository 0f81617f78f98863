"""--cluster: the same bytes on the workers of a scheduler, and nothing finished lost with one.

The tests that need distributed are skipped where the extra `cluster` is not installed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios.errors import EnvironmentFailure, InputError
from sim.cluster import address_of
from tests.cli.conftest import environment

FILES = ("summary.json", "events.parquet", "occupancy.parquet", "stages.parquet", "ledger.parquet",
         "distributions.parquet")
WORDS = ("--regime", "separate", "--regime", "one-stop", "--replications", "6", "--no-figures",
         "--engine", "reference")


@pytest.mark.parametrize(("text", "address"), [
    ("8786", "tcp://127.0.0.1:8786"), ("127.0.0.1:1", "tcp://127.0.0.1:1"),
    ("tcp://localhost:8786", "tcp://localhost:8786"), ("tls://10.0.0.5:8786", "tls://10.0.0.5:8786"),
])
def test_addresses(text, address):
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "x", "http://a:1", "tcp://a", "tls://a:b", "tcp://a:99999"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InputError, match="no address"):
        address_of(text)


def test_plain_tcp_to_another_machine_is_refused(onestop, tiny):
    told = onestop("run", tiny, "--replications", 2, "--cluster", "tcp://10.0.0.5:8786")
    assert told.status == 2 and "neither encrypted nor authenticated" in told.err


def test_without_distributed_one_line_says_what_to_install(onestop, tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = onestop("run", tiny, "--replications", 2, "--cluster", "8786")
    assert told.status == 3 and "onestop[cluster]" in told.err


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder: Path):
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0",
                                    "--no-dashboard", "--scheduler-file", self.file)
        deadline = time.monotonic() + 60
        while not self.file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        import json

        self.address = json.loads(self.file.read_text())["address"]

    def start(self, kind: str, *words: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + kind, *map(str, words)],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny",
                          "--no-dashboard", "--local-directory", self.file.parent)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    started = Cluster(tmp_path)
    yield started
    started.end()


def same(tmp_path: Path, one: str, other: str) -> bool:
    return all((tmp_path / one / name).read_bytes() == (tmp_path / other / name).read_bytes()
               for name in FILES)


def started_study(tmp_path: Path, tiny: str, cluster: Cluster, out: str
                  ) -> subprocess.Popen[str]:
    """A study on the cluster, as a process, of which two replications or more are finished."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "compare", tiny, *WORDS, "--replications", "40", "--out",
         out, "--cluster", cluster.address], cwd=tmp_path, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    journal = tmp_path / f"{out}.partial" / "journal"
    deadline = time.monotonic() + 120
    while len(list(journal.glob("*/*.replication"))) < 3:
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.02)
    return process


@pytest.mark.slow
def test_a_cluster_of_two_gives_the_bytes_of_one_two_and_three_workers(onestop, tiny, tmp_path,
                                                                       cluster):
    cluster.worker()
    cluster.worker()
    told = onestop("compare", tiny, *WORDS, "--out", "cluster", "--cluster", cluster.address)
    assert told.status == 0, told.err
    for workers in (1, 2, 3):
        out = f"workers-{workers}"
        assert onestop("compare", tiny, *WORDS, "--out", out, "--workers", workers).status == 0
        assert same(tmp_path, "cluster", out)
    assert onestop("replay", "workers-1", "--cluster", cluster.address).status == 0


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(onestop, tiny, tmp_path, cluster):
    doomed = cluster.worker()
    cluster.worker()
    process = started_study(tmp_path, tiny, cluster, "killed")
    os.killpg(doomed.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert onestop("compare", tiny, *WORDS, "--replications", 40, "--out", "whole").status == 0
    assert same(tmp_path, "killed", "whole")


@pytest.mark.slow
def test_a_scheduler_that_is_killed_leaves_what_is_finished(onestop, tiny, tmp_path, cluster):
    cluster.worker()
    process = started_study(tmp_path, tiny, cluster, "lost")
    os.killpg(cluster.scheduler.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 3 and "--resume lost.partial" in err and "Traceback" not in err
    finished = len(list((tmp_path / "lost.partial" / "journal").glob("*/*.replication")))
    assert finished >= 3
    told = onestop("compare", "--resume", "lost.partial", "--no-figures", "--workers", 2)
    assert told.status == 0
    assert onestop("compare", tiny, *WORDS, "--replications", 40, "--out", "whole").status == 0
    assert same(tmp_path, "lost", "whole")


def kill_the_worker(payload, name, replication):
    """A replication that always kills its worker."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_replication_that_kills_every_worker_is_named(tmp_path, cluster):
    from sim.experiment import Job, run_study
    from sim.journal import Journal
    from sim.provenance import Study

    for _ in range(6):
        cluster.worker()
    study = Study(("onestop", "run"), 1, 1, {"a": {}}, "a")
    journal = Journal.create(tmp_path / "deadly.partial", study)
    with pytest.raises(EnvironmentFailure, match="replication 0 of 'a' kept killing its worker"):
        run_study([Job("a", 0, {})], kill_the_worker, journal, cluster=cluster.address)


@pytest.mark.slow
def test_no_scheduler_or_no_workers_is_one_line(onestop, tiny, cluster, monkeypatch):
    monkeypatch.setattr("sim.cluster.PATIENCE", 2)
    told = onestop("run", tiny, "--replications", 2, "--cluster", cluster.address)
    assert told.status == 3 and "has no workers" in told.err
    told = onestop("run", tiny, "--replications", 2, "--cluster", "1", "--overwrite")
    assert told.status == 3 and "no scheduler answers" in told.err
