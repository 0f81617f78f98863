"""Runs cases as a user would, in workers of their own, and keeps an account.

A case fails if the command line returns another exit status than 0, 1 or 2, shows a traceback or
a warning of a library, says nothing of a fault, leaves half of its results behind, takes more
than SECONDS of processor time or lets its process grow beyond MEGABYTES. A worker that does not
answer at all is ended, and its case is a failure by itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import pickle
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 10.0
PATIENCE = 60.0
"""Seconds until a worker that does not answer is ended: SECONDS on a busy machine."""
MEGABYTES = 1024.0


@dataclass(frozen=True)
class Outcome:
    """What became of one case. `faults` is empty if it is as it should be."""

    number: int
    kind: str
    words: tuple[str, ...]
    status: int | None
    seconds: float
    megabytes: float
    faults: tuple[str, ...] = ()


@dataclass
class Account:
    """The cases of one seed, by kind and exit status, and those that failed."""

    seed: int
    cases: int = 0
    table: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    slowest: Outcome | None = None
    megabytes: float = 0.0
    failures: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.cases += 1
        self.table[outcome.kind, outcome.status] += 1
        self.megabytes = max(self.megabytes, outcome.megabytes)
        if self.slowest is None or outcome.seconds > self.slowest.seconds:
            self.slowest = outcome
        if outcome.faults:
            self.failures.append(outcome)


def peak_megabytes() -> float:
    """The most memory that this process has held, in MB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def run_case(seed: int, number: int) -> Outcome:
    """Runs one case in this process, in a folder of its own."""
    from tests.fuzz.cases import case_of

    case = case_of(seed, number)
    home = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="onestop-fuzz-", ignore_cleanup_errors=True) as top:
        place = Path(top) / "a" / "b" / "c"
        place.mkdir(parents=True)
        for name, content in case.files.items():
            (place / name).write_bytes(content)
        os.chdir(place)
        scratch, tempfile.tempdir = tempfile.tempdir, top
        try:
            begun = time.process_time()
            words = case.words
            status, faults = _command(words, place, top)
            if status == 0 and case.then:
                words = case.then
                status, faults = _command(words, place, top)
            seconds = time.process_time() - begun
        finally:
            tempfile.tempdir = scratch
            os.chdir(home)
    megabytes = peak_megabytes()
    if seconds > SECONDS:
        faults.append(f"took {seconds:.1f} s of processor time")
    if megabytes > MEGABYTES:
        faults.append(f"its process grew to {megabytes:.0f} MB")
    return Outcome(number, case.kind, tuple(words), status, seconds, megabytes, tuple(faults))


def _command(words: list[str], place: Path, top: str) -> tuple[int, list[str]]:
    """The exit status of one command and what is wrong with it."""
    from sim.cli import main

    out, err = io.StringIO(), io.StringIO()
    before = set(place.iterdir())
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(list(words))
    told, said = out.getvalue(), err.getvalue()
    faults = [f"a warning: {w.category.__name__}: {w.message} ({w.filename}:{w.lineno})"
              for w in warned]
    if status not in (0, 1, 2):
        logs = [path.read_text(encoding="utf-8") for path in Path(top).glob("onestop-*.log")]
        faults.append(f"exit status {status}: {said[-500:]}" + "".join(log[-2500:] for log in logs))
    if "Traceback" in told + said:
        faults.append("a traceback")
    if status != 0 and not said.strip():
        faults.append("nothing is said of what is wrong")
    if len(said) > 200_000 or any(c in said for c in "\x00\x07\x1b"):
        faults.append("a message without end, or with control characters")
    new = sorted(path.name for path in set(place.iterdir()) - before)
    if status == 2 and new:
        faults.append(f"left behind: {new}")
    if status == 0 and "--json" in words:
        json.loads(told)
    if status == 0 and words[0] in ("run", "compare"):
        faults += _unfinished(place, new)
    return status, faults


def _unfinished(place: Path, new: list[str]) -> list[str]:
    manifests = [p for name in new for p in (place / name).rglob("manifest.json")]
    if not manifests:
        return [] if not new else [f"results without a manifest: {new}"]
    states = [json.loads(p.read_text(encoding="utf-8"))["state"] for p in manifests]
    return [] if states == ["complete"] else [f"results are {states}"]


# -- workers ---------------------------------------------------------------------------------------


def _serve(pipe: Any, seed: int) -> None:
    """A worker: takes numbers, gives outcomes, until it is told None."""
    _limit_memory()
    _remember_the_library()
    # What a command loads when it is first used is loaded now, so that it counts in no case.
    import duckdb  # noqa: F401
    import pydantic  # noqa: F401
    import scipy.special  # noqa: F401

    while (number := pipe.recv()) is not None:
        try:
            pipe.send(run_case(seed, number))
        except BaseException as error:
            pipe.send(Outcome(number, "?", (), None, 0.0, 0.0, (f"the fuzzer: {error!r}",)))


def _remember_the_library() -> None:
    """Shipped files, which most cases extend, are parsed once: ten thousand cases take minutes."""
    from scenarios import load

    read, known = load.read_yaml, {}

    def remembered(path: Path, name: str | None = None) -> Any:
        if path.parent != load.LIBRARY:
            return read(path, name)
        if (path, name) not in known:
            known[path, name] = pickle.dumps(read(path, name))
        return pickle.loads(known[path, name])

    load.read_yaml = remembered


def _limit_memory() -> None:
    """Where the system can, no more address space than MEGABYTES x 4 beyond what there is."""
    try:
        import resource
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    limit = pages * resource.getpagesize() + int(4 * MEGABYTES * (1 << 20))
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class _Worker:
    """A process that runs cases; ended and replaced when it does not answer."""

    def __init__(self, seed: int):
        self.seed = seed
        self.process: Any = None

    def run(self, number: int) -> Outcome:
        from tests.fuzz.cases import case_of

        if self.process is None:
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=_serve, args=(theirs, self.seed), daemon=True)
            self.process.start()
            theirs.close()
        self.pipe.send(number)
        reason = f"no answer within {PATIENCE:.0f} s"
        try:
            if self.pipe.poll(PATIENCE):
                outcome: Outcome = self.pipe.recv()
                if outcome.megabytes > MEGABYTES:
                    self.end()
                return outcome
        except (EOFError, OSError):
            reason = "the process died"
        self.end()
        case = case_of(self.seed, number)
        return Outcome(number, case.kind, tuple(case.words), None, PATIENCE, 0.0, (reason,))

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None


def run_cases(seed: int, cases: int, workers: int = 2,
              progress: Callable[[Account], None] | None = None) -> Account:
    """Runs cases 0 to cases - 1 of a seed and returns their account."""
    account, lock, numbers = Account(seed), threading.Lock(), iter(range(cases))

    def work() -> None:
        worker = _Worker(seed)
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                outcome = worker.run(number)
                with lock:
                    account.add(outcome)
                    if progress:
                        progress(account)
        finally:
            worker.end()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    account.failures.sort(key=lambda outcome: outcome.number)
    return account
