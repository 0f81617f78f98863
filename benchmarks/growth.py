"""How time and memory grow from ten thousand to ten million containers in one run.

Each size runs in a process of its own, in chunks of its arrivals; what is measured is all of it:
drawing, plan, lowering, kernel, event log, and the mean time in the system from the log.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np

from benchmarks.cost import aligned
from benchmarks.models import ONE_STOP, SERIAL, draw
from benchmarks.reference_models import resources, tree
from sim.engines.chunks import run_in_chunks
from sim.process.plan import Arrivals, Plan, build_plan

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
CHUNK = 100_000
"""Containers of a chunk: at one in 5 minutes, those of 50 weeks."""

STEEPEST, MOST_MEMORY = 1.05, 3.0
"""What growth may cost: the slope of log time over log size from the second size on (chunks are
full from there), and gigabytes at any size."""


@dataclass(frozen=True)
class Size:
    """One run. seconds: CPU; gigabytes: the process's peak, None where the system does not tell;
    mean: minutes in the system."""

    model: str
    containers: int
    seconds: float
    gigabytes: float | None
    mean: float


def arrivals_of(model: str, containers: int, seed: int) -> Iterator[Arrivals]:
    """Arrivals in chunks, each drawn when it is asked for."""
    begin = 0.0
    for number, drawn in enumerate(range(0, containers, CHUNK)):
        inputs = draw(model, min(CHUNK, containers - drawn), seed + number)
        times = begin + inputs.times
        begin = float(times[-1])
        ones = np.ones(len(times), dtype=np.int64)
        yield Arrivals(times, ones, {}, inputs.durations)


def run(model: str, containers: int, seed: int) -> Size:
    """In its own process: one run, the kernel compiled and loaded before."""
    _mean(model, 1000, seed)
    gc.collect()
    begun = time.process_time()
    mean = _mean(model, containers, seed)
    return Size(model, containers, time.process_time() - begun, peak_memory(), mean)


def _mean(model: str, containers: int, seed: int) -> float:
    way, needed = tree(model), resources(model)

    def build(arrivals: Arrivals) -> Plan:
        return build_plan(way, arrivals, needed)

    total, number = 0.0, 0
    for chunk in run_in_chunks(build, arrivals_of(model, containers, seed)):
        total += float(np.sum(chunk.log.done[chunk.at] - chunk.log.plan.time[chunk.at]))
        number += len(chunk.at)
    if number != containers:
        raise RuntimeError(f"{number} of {containers} containers left")
    return total / number


def peak_memory() -> float | None:
    """Peak memory of this process (GB)."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def measure(model: str, rounds: int, seed: int = 1) -> list[Size]:
    """Each size so often, a round after the other; the median time of each size."""
    runs: dict[int, list[Size]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size, found in runs.items():
            print(f"{model}: {size} containers", file=sys.stderr)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                found.append(pool.submit(run, model, size, seed).result())
    return [replace(found[0], seconds=statistics.median(size.seconds for size in found))
            for found in runs.values()]


def slope(sizes: list[Size]) -> float:
    """Slope of log CPU time over log containers by least squares."""
    containers = np.log([float(size.containers) for size in sizes])
    return float(np.polyfit(containers, np.log([size.seconds for size in sizes]), 1)[0])


def table(sizes: list[Size]) -> str:
    """One model's sizes as aligned text, the slope below."""
    lines: list[tuple[str, ...]] = [
        ("containers", "", "CPU s", "us per container", "peak GB", "mean time (min)")]
    lines += [(f"{size.containers:,}", "", f"{size.seconds:.2f}",
               f"{size.seconds / size.containers * 1e6:.2f}",
               "-" if size.gigabytes is None else f"{size.gigabytes:.2f}", f"{size.mean:.2f}")
              for size in sizes]
    return "\n".join([*aligned(lines), "",
                      f"slope of log time over log containers: {slope(sizes):.3f} over all sizes, "
                      f"{slope(sizes[1:]):.3f} from {sizes[1].containers:,} on"])


def markdown(rounds: int = 3) -> str:
    """The section of docs/verification.md. Raises RuntimeError if growth costs too much."""
    parts = []
    for model in (SERIAL, ONE_STOP):
        sizes = measure(model, rounds)
        worst = max(size.gigabytes or 0.0 for size in sizes)
        if slope(sizes[1:]) > STEEPEST or worst > MOST_MEMORY:
            raise RuntimeError(f"{model}: slope {slope(sizes[1:]):.3f}, {worst:.2f} GB")
        parts.append(f"{model}\n\n{table(sizes)}")
    text = "\n\n\n".join(parts)
    return f"""\
## Growth to ten million containers

One run of the models of `benchmarks/models.py` by the compiled engine, in chunks of {CHUNK:,}
containers (`sim/engines/chunks.py`; the log is that of a run in one piece). CPU time, the median
of {rounds} runs, each in a process of its own, counts all of it: drawing, plan, lowering, kernel,
event log and the mean from the log. Allowed: a slope of {STEEPEST} once chunks are full, and
{MOST_MEMORY:.0f} GB.

```
{text}
```

`python -m benchmarks.verification growth`
"""
