"""Measures engines in turn, round by round, each in a process of its own.

In its own process no engine pays for another's imports and garbage. In every round all engines run
the same model with the seed of the round, one after the other, beginning with another one each
time, so that what else the machine does hits all of them alike. What counts is CPU time.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib import import_module
from multiprocessing import get_context
from typing import Any

from benchmarks.engines import BASELINE, ENGINES
from benchmarks.models import THEORY, draw

SCHEMA = "onestop.benchmark/1"
WARM_UP = 200
"""Containers of the first call, whose time is told apart: imports and compiling."""

SAME, LEVEL = 0.01, 0.01
"""Engines with the same inputs may differ by this share of the mean (the order of what happens at
one instant is each library's own); engines with their own draws are compared at this level."""


@dataclass
class Row:
    """What was measured of one engine on one model. seconds: CPU time of each round; means: each
    round's mean time in the system (minutes); first_call: CPU seconds with imports and compiling;
    events: scheduled in one run (the first round's inputs), None if the engine does not tell."""

    model: str
    engine: str
    version: str
    containers: int
    draws: bool
    first_call: float
    events: int | None = None
    seconds: list[float] = field(default_factory=list)
    means: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """Mean time in the system over the rounds (minutes)."""
        return statistics.fmean(self.means)

    @property
    def standard_error(self) -> float:
        """Its standard error; NaN from one round."""
        if len(self.means) < 2:
            return float("nan")
        return statistics.stdev(self.means) / len(self.means) ** 0.5

    def microseconds(self) -> list[float]:
        """CPU time per container of each round."""
        return [seconds / self.containers * 1e6 for seconds in self.seconds]

    def ratio(self, baseline: Row) -> float:
        """Median over the rounds of the CPU time as a multiple of the baseline's in that round."""
        pairs = zip(self.seconds, baseline.seconds, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def agrees(self, baseline: Row) -> bool:
        """Whether both can be of the same model: with the same inputs the means are within SAME,
        else Welch's test of the rounds' means does not reject at LEVEL."""
        if not self.draws:
            return abs(self.mean - baseline.mean) <= SAME * baseline.mean
        if len(self.means) < 2:
            return True
        from scipy import stats  # slow to import, and not wanted in the engines' processes

        return bool(stats.ttest_ind(self.means, baseline.means, equal_var=False).pvalue >= LEVEL)


@dataclass
class Report:
    """All that one call measured, as it goes to the JSON file."""

    machine: dict[str, Any]
    rounds: int
    seed: int
    rows: list[Row] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    cannot: dict[str, dict[str, str]] = field(default_factory=dict)
    library: dict[str, Any] = field(default_factory=dict)

    def row(self, model: str, engine: str) -> Row | None:
        """The row of an engine on a model, None if it was not measured."""
        return next((r for r in self.rows if (r.model, r.engine) == (model, engine)), None)

    def disagreements(self) -> list[str]:
        """Rows whose mean time in the system is not that of SimPy by hand."""
        found = []
        for row in self.rows:
            baseline = self.row(row.model, BASELINE)
            if baseline is not None and not row.agrees(baseline):
                found.append(f"{row.model}: {row.engine} has a mean time in the system of "
                             f"{row.mean:.2f} min, {BASELINE} one of {baseline.mean:.2f}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Everything, with the schema's name first."""
        return {"schema": SCHEMA, **asdict(self), "theory": THEORY}


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {"system": platform.system(), "machine": platform.machine(),
            "processor": platform.processor(), "cores": os.cpu_count(),
            "python": platform.python_version()}


def timed(engine: str, model: str, containers: int, seed: int) -> tuple[float, float]:
    """In the engine's process: CPU seconds of one run, drawing not counted, and its mean."""
    inputs = draw(model, containers, seed)
    gc.collect()
    begun = time.process_time()
    module = import_module(ENGINES[engine].module)
    if hasattr(module, "prepare"):
        inputs = module.prepare(inputs)
        begun = time.process_time()
    mean = module.mean(inputs)
    return time.process_time() - begun, float(mean)


def counted(engine: str, model: str, containers: int, seed: int) -> int | None:
    """In the engine's process: events of one run, None if the engine does not tell."""
    module = import_module(ENGINES[engine].module)
    return module.events(draw(model, containers, seed)) if hasattr(module, "events") else None


def library_run(engine: str, weeks: int = 26) -> dict[str, Any]:
    """In a process of its own: CPU seconds of an engine over one replication of `separate`."""
    from scenarios.load import load
    from sim.engines import simulate
    from sim.ports import port_run

    plan = port_run(load("separate"), 1, 0).plan
    if engine == "compiled":
        simulate(plan, engine)  # loads the kernel
    begun = time.process_time()
    simulate(plan, engine)
    return {"scenario": "separate", "weeks": weeks, "containers": plan.containers,
            "seconds": time.process_time() - begun}


def measure(models: Iterable[str], engines: Iterable[str], containers: int, rounds: int, seed: int,
            library: bool = True) -> Report:
    """Measures every engine that is installed on every model that it has, and says on the error
    stream how far it is. ``library``: also a whole replication of a shipped scenario."""
    report = Report(machine(), rounds, seed)
    with ExitStack() as stack:
        processes = {}
        for name in engines:
            if ENGINES[name].version is None:
                report.missing[name] = f"{ENGINES[name].package} is not installed"
                continue
            pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
            processes[name] = stack.enter_context(pool)
        for model in models:
            _measure_model(report, processes, model, containers)
        if library:
            pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
            stack.enter_context(pool)
            runs: dict[str, list[dict[str, Any]]] = {"reference": [], "compiled": []}
            _progress("26 weeks of separate", landmark=True)
            for number in range(rounds):
                _progress(f"26 weeks of separate, round {number + 1} of {rounds}")
                for engine, found in runs.items():
                    found.append(pool.submit(library_run, engine).result())
            report.library = {**runs["reference"][0], "seconds": {
                engine: [run["seconds"] for run in found] for engine, found in runs.items()}}
    _progress("")
    return report


def _measure_model(report: Report, processes: dict[str, ProcessPoolExecutor], model: str,
                   containers: int) -> None:
    """Adds the rows of one model."""
    rows = []
    _progress(model, landmark=True)
    for name, process in processes.items():
        engine = ENGINES[name]
        if model in engine.cannot:
            report.cannot.setdefault(name, {})[model] = engine.cannot[model]
            continue
        _progress(f"{model}: first call of {engine.title}")
        try:
            first, _ = process.submit(timed, name, model, WARM_UP, report.seed).result()
        except Exception as error:  # a library that is installed and does not work here
            report.missing[name] = f"{model}: {type(error).__name__}: {error}"
            continue
        rows.append(Row(model, name, engine.version or "", containers, engine.draws, first))
    for number in range(report.rounds):
        turn = number % len(rows) if rows else 0
        for row in (*rows[turn:], *rows[:turn]):
            _progress(f"{model}: round {number + 1} of {report.rounds}, {row.engine}")
            seconds, mean = processes[row.engine].submit(
                timed, row.engine, model, containers, report.seed + number
            ).result()
            row.seconds.append(seconds)
            row.means.append(mean)
    for row in rows:
        row.events = processes[row.engine].submit(
            counted, row.engine, model, containers, report.seed
        ).result()
    report.rows += rows


def _progress(text: str, landmark: bool = False) -> None:
    """One line on the error stream, written over again; without a terminal the landmarks alone."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif landmark:
        print(text, file=sys.stderr, flush=True)
