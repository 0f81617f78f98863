"""Run the replications of a study, in this process or in workers, and journal each of them.

The function that runs one replication is given by the caller, so nothing here knows what is
simulated. It must be importable (a function of a module), because worker processes are spawned
on every platform. Each result goes straight from the worker into the journal; what comes back is
only that it is there. Results therefore depend neither on the number of workers nor on the order
in which they finish.

A worker that dies (killed, out of memory, a crash in compiled code) breaks its pool. The
replications that were at work then are suspects: each is run again alone, so that the guilty one
is told from those that merely shared the pool, and is reported by name when it has been there at
the death of three workers.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import wait as wait_for_any
from pathlib import Path
from typing import Any

from scenarios.errors import EnvironmentFailure, Interrupted, OnestopError
from sim import journal as journals
from sim.journal import Journal
from sim.provenance import Study
from sim.replication import Replication

RunOne = Callable[[Any, str, int], Replication]

MAXIMUM_DEATHS = 3

# Windows waits for at most 63 handles at once, two of which the pool needs itself.
MAXIMUM_WORKERS = 61


@dataclass(frozen=True)
class Job:
    """One replication to run; the payload is a JSON-able resolved scenario."""

    scenario: str
    replication: int
    payload: Any = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"replication {self.replication} of '{self.scenario}'"


@dataclass(frozen=True)
class Progress:
    """Told before the first replication (job None) and after each: `done` of `total` are stored.

    resumed of them were in the journal already when the work began.
    """

    done: int
    total: int
    resumed: int
    job: Job | None = None


def jobs_of(study: Study) -> list[Job]:
    """All replications of a study: number by number, scenarios in command order within."""
    return [
        Job(name, number, payload)
        for number in range(study.replications)
        for name, payload in study.scenarios.items()
    ]


def run_study(
    jobs: Sequence[Job],
    run_one: RunOne,
    journal: Journal,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Run every job that the journal does not hold yet, and store it there.

    run_one(payload, scenario, replication) returns a Replication; an importable function.
    workers: processes (default: processors, at most one per job); 1 = in this process. cluster:
    the address of a scheduler of dask.distributed, whose workers run them instead (sim.cluster).

    Raises Interrupted on Ctrl-C, EnvironmentFailure if a replication kills its worker three times
    or the disk is full, and whatever run_one raises, with the replication named in a note.
    """
    missing = [job for job in jobs if not journal.holds(job.scenario, job.replication)]
    count = _Count(len(jobs), len(jobs) - len(missing), progress)
    workers = min(workers or os.cpu_count() or 1, len(missing), MAXIMUM_WORKERS)
    try:
        count.tell(None)
        if cluster is not None and missing:
            from sim.cluster import run_on_cluster

            for job in run_on_cluster(missing, run_one, journal, cluster, resume_command(journal)):
                count.add(job)
        elif workers <= 1:
            for job in missing:
                _run_and_save(run_one, journal.folder, job)
                count.add(job)
        else:
            _Pools(run_one, journal, workers, count).run(missing)
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted after {count.done} of {count.total} replications; "
            f"resume with: {resume_command(journal)}"
        ) from None


def resume_command(journal: Journal) -> str:
    """The command that takes the study up again where it was left."""
    folder = str(journal.folder)
    quoted = f'"{folder}"' if any(character.isspace() for character in folder) else folder
    name = next((word for word in journal.study.command[1:] if not word.startswith("-")), "compare")
    return f"onestop {name} --resume {quoted}"


class _Count:
    """How many replications are stored, and whom to tell."""

    def __init__(self, total: int, resumed: int, progress: Callable[[Progress], None] | None):
        self.total, self.resumed, self.done = total, resumed, resumed
        self._progress = progress

    def add(self, job: Job) -> None:
        self.done += 1
        self.tell(job)

    def tell(self, job: Job | None) -> None:
        if self._progress is not None:
            self._progress(Progress(self.done, self.total, self.resumed, job))


class _Pools:
    """Worker processes that are replaced when they die."""

    def __init__(self, run_one: RunOne, journal: Journal, workers: int, count: _Count):
        self._run_one, self._journal = run_one, journal
        self._workers, self._count = workers, count
        self._deaths: dict[Job, int] = {}

    def run(self, jobs: Iterable[Job]) -> None:
        waiting = deque(jobs)
        while waiting:
            for suspect in self._until_a_death(waiting, self._workers):
                alone = deque([suspect])
                while alone:
                    alone.extend(self._until_a_death(alone, 1))

    def _until_a_death(self, waiting: deque[Job], workers: int) -> list[Job]:
        """Run jobs until none waits or a worker dies; the jobs that were at work at its death."""
        pool = ProcessPoolExecutor(
            max_workers=workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_worker,
        )
        at_work: dict[Future[None], Job] = {}
        lost: list[Job] = []
        try:
            while (waiting and not lost) or at_work:
                # No more than one job per worker is handed out, so that those at work are known.
                while waiting and not lost and len(at_work) < workers:
                    job = waiting.popleft()
                    try:
                        future = pool.submit(_work, self._run_one, self._journal.folder, job)
                    except BrokenProcessPool:
                        waiting.appendleft(job)
                        lost.extend(at_work.values())
                        at_work.clear()
                        if not lost:
                            raise EnvironmentFailure("worker processes cannot be started") from None
                        break
                    at_work[future] = job
                for future in wait(at_work, return_when=FIRST_COMPLETED).done:
                    job = at_work.pop(future)
                    try:
                        future.result()
                        self._count.add(job)
                    except BrokenProcessPool:
                        lost.append(job)
        except BaseException:
            _stop(pool)
            raise
        pool.shutdown(wait=True, cancel_futures=True)
        return self._account(lost)

    def _account(self, lost: Iterable[Job]) -> list[Job]:
        """Count the deaths; jobs to run again, those excepted that were stored before the death."""
        again = []
        for job in lost:
            if self._journal.holds(job.scenario, job.replication):
                self._count.add(job)
                continue
            self._deaths[job] = self._deaths.get(job, 0) + 1
            if self._deaths[job] >= MAXIMUM_DEATHS:
                raise EnvironmentFailure(
                    f"{job} killed its worker process {MAXIMUM_DEATHS} times (out of memory?); "
                    f"what is finished is kept, resume with: {resume_command(self._journal)}"
                )
            again.append(job)
        return again


def _run_and_save(run_one: RunOne, folder: Path, job: Job) -> None:
    try:
        result = run_one(job.payload, job.scenario, job.replication)
        if (result.scenario, result.replication) != (job.scenario, job.replication):
            raise ValueError(f"found {result.scenario!r}, {result.replication}")
        journals.save(folder, result)
    except Exception as error:
        error.add_note(f"in {job}")
        raise


def _work(run_one: RunOne, folder: Path, job: Job) -> None:
    """Run one job in a worker. An error that cannot travel between processes goes as its text."""
    try:
        _run_and_save(run_one, folder, job)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            text = "".join(traceback.format_exception(error))
            raise OnestopError(f"{type(error).__name__}: {error}\n{text}") from None
        raise


def _begin_worker() -> None:
    """Leave Ctrl-C to the main process, and end when that one is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            wait_for_any([parent.sentinel])
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True).start()


def _stop(pool: ProcessPoolExecutor) -> None:
    """End a pool's workers now: what they were at is in no journal and will be run again."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(timeout=5)
