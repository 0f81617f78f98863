"""The section of docs/verification.md on what a study costs: all of it, then stage by stage, then
by the length of a run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.cost import aligned
from benchmarks.growth import peak_memory

if TYPE_CHECKING:
    from scenarios.load import Loaded

ROOT = Path(__file__).parent.parent
REGIMES = ("separate", "one-stop", "one-stop-recognition")
WEEKS, REPLICATIONS = 52, 100
STUDY = ("compare", *REGIMES, "--set", f"run.measured={WEEKS} weeks", "--workers", "1",
         "--no-figures", "--quiet", "--overwrite")
LENGTHS = (26, 104, 520)
"""Weeks measured in one run."""

T = TypeVar("T")
MEASURED = """
import resource, sys
from sim.cli import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
"""


def study(replications: int, folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of the command, in a process of its own, imports included."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *STUDY, "--replications", str(replications), "--out",
         str(folder / "out")], check=True, cwd=ROOT, capture_output=True, text=True)
    seconds, peak = map(float, done.stderr.splitlines()[-1].split())
    # macOS counts bytes, Linux kilobytes.
    return seconds, peak / (1e6 if sys.platform == "darwin" else 1e3)


class Spent:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def on(self, stage: str, work: Callable[..., T], *inputs: Any, **more: Any) -> T:
        """Does the work and counts it."""
        begun = time.process_time()
        result = work(*inputs, **more)
        spent = time.process_time() - begun
        self.seconds[stage] = self.seconds.get(stage, 0.0) + spent
        return result


def stages(replications: int = 10) -> dict[str, float]:
    """CPU milliseconds of each stage of one replication of one regime: the mean over regimes, the
    median over replications. The first one, in which calendars are made, is left out."""
    from scenarios.load import load
    from sim.measures.measure import few_collections

    scenarios = [load(name, sets=[f"run.measured={WEEKS} weeks"]) for name in REGIMES]
    rounds = []
    with few_collections():
        for number in range(replications + 1):
            spent = Spent()
            for scenario in scenarios:
                _replication(scenario, number, spent)
            rounds.append(spent.seconds)
    return {stage: 1e3 * statistics.median(one[stage] for one in rounds[1:]) / len(scenarios)
            for stage in rounds[-1]}


def _replication(scenario: Loaded, number: int, spent: Spent) -> None:
    """One replication of one regime, as `sim.measures.measure.measure_run` does it."""
    from sim.engines import compiled, invariants
    from sim.measures.measure import measure
    from sim.measures.record import Measured
    from sim.ports import companion_of, port_run

    run = spent.on("traffic, columns and plan", port_run, scenario, 1, number)
    log = spent.on("run", compiled.run, run.plan)
    spent.on("laws, of both", invariants.check, run.plan, log)
    other = companion_of(run)
    beside = spent.on("companion run", compiled.run, other.plan)
    spent.on("laws, of both", invariants.check, other.plan, beside)
    spent.on("measures", measure, run, log, seed=1, replication=number,
             companion=Measured(other, beside, 1, number))


def length(weeks: int) -> tuple[int, float, float | None]:
    """In its own process: containers, CPU seconds and peak GB of one run with its companion."""
    from scenarios.load import load
    from sim.engines import prepare
    from sim.measures.measure import measure_run

    prepare("compiled")
    scenario = load("separate", sets=[f"run.measured={weeks} weeks"])
    measure_run(load("separate", sets=["run.measured=1 weeks"]), 1, 0, engine="compiled")
    begun = time.process_time()
    found = measure_run(scenario, 1, 1, engine="compiled", events=False)
    return (int(found.sums["flow.containers"][0]), time.process_time() - begun, peak_memory())


def lengths() -> str:
    """One line per length of run."""
    lines: list[tuple[str, ...]] = [("weeks", "containers", "CPU s", "us per container", "peak GB")]
    for weeks in LENGTHS:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            boxes, seconds, peak = pool.submit(length, weeks).result()
        lines.append((f"{weeks}", f"{boxes:,}", f"{seconds:.2f}", f"{seconds / boxes * 1e6:.0f}",
                      "-" if peak is None else f"{peak:.2f}"))
    return "\n".join(aligned(lines))


def markdown(replications: int = REPLICATIONS) -> str:
    """Runs the study once with a warm cache, then its stages and runs of three lengths; the
    section."""
    with tempfile.TemporaryDirectory() as scratch:
        study(2, Path(scratch))
        few, _ = study(2, Path(scratch))
        seconds, peak = study(replications, Path(scratch))
    each = (seconds - few) / (replications - 2)
    spent = stages()
    lines: list[tuple[str, ...]] = [("stage", "", "ms")]
    lines += [(name, "", f"{value:.0f}") for name, value in spent.items()]
    lines.append(("all of it", "", f"{sum(spent.values()):.0f}"))
    table = "\n".join(aligned(lines))
    return f"""\
## What a study costs

`onestop {' '.join(STUDY[:6]).replace(f'{WEEKS} weeks', f'"{WEEKS} weeks"')}` with
{replications} replications, companion runs included, one worker, the kernel compiled before:
{seconds:.0f} s of CPU time (user and system) and {peak:.0f} MB. Of these {few - 2 * each:.1f} s are
spent once (imports, scenarios, the event log of replication 0, tables), {each:.2f} s on every
replication of all three regimes. On a machine that does other work besides, CPU time is longer than
on an idle one: figures of one table compare, those of two days hardly.

CPU time of one replication of one regime (mean of the three, median over replications):

```
{table}
```

One run of `separate` with its companion by the weeks measured, each in a process of its own:

```
{lengths()}
```

`python -m benchmarks.verification study`
"""
