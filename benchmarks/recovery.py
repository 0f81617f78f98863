"""Whether calibration finds known ports again from their dirty logs.

    python -m benchmarks.recovery [PORTS]

Port by port: drawn, simulated, its log soiled and written to a file, calibrated from that file
alone. Every number that was estimated is compared with the port's own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from benchmarks.dirt import Dirt, soil
from benchmarks.known_ports import Kept, base, keep_log, known_port, plain
from benchmarks.quantities import KINDS, Quantity, quantities, tree_of
from benchmarks.theory import table_of
from calibration.estimates import DRAWS, LEVEL, Estimate
from scenarios.load import Loaded

PORTS = 50
LOW, HIGH = 80.0, 97.0
"""Per cent of the intervals that should hold the truth, by kind."""

WITHIN = 0.05
"""Relative error of a median that is small enough, whatever its standard deviation."""

BINDS = 0.10
"""Share of its open time with all units at work from which on a resource is said to bind."""

WORKERS = 2

HOURS = 5.0
"""Minutes by which an hour of the week may be off and still be the same."""


class Calibrated(Protocol):
    """What a calibration found: estimates, and the scenario with all of them."""

    @property
    def estimates(self) -> Sequence[Estimate]: ...
    @property
    def scenario(self) -> Loaded: ...


Calibrate = Callable[[Path, Loaded, int], Calibrated]
"""(log, base, seed) -> what was found."""


@dataclass(frozen=True)
class Found:
    """One number of one port: the truth, and the estimate's median, interval and deviation.

    certain: the estimate has no draws; its interval is then the value itself. binds: of gangs and
    officers, whether work waits for them.
    """

    port: int
    name: str
    kind: str
    truth: float
    median: float
    low: float
    high: float
    deviation: float
    certain: bool
    binds: bool = False

    @property
    def held(self) -> bool:
        """Whether the interval holds the truth."""
        slack = HOURS if self.kind == "hours" else 1e-6 * max(1.0, abs(self.truth))
        return self.low - slack <= self.truth <= self.high + slack

    @property
    def close(self) -> bool:
        """Whether the median is off by no more than the larger of WITHIN and two deviations; of
        hours, by no more than HOURS."""
        slack = HOURS if self.kind == "hours" else 1e-6
        allowed = max(WITHIN * abs(self.truth), 2.0 * self.deviation, slack)
        return abs(self.median - self.truth) <= allowed

    @property
    def error(self) -> float:
        """Of the median, relative to the truth (absolute where that is 0)."""
        return abs(self.median - self.truth) / (abs(self.truth) or 1.0)


@dataclass(frozen=True)
class Study:
    """What was found of several ports, and the seconds that each calibration took."""

    found: list[Found]
    seconds: list[float]


def calibrate(log: Path, start: Loaded, seed: int) -> Calibrated:
    """The tool's own calibration, without its backtest."""
    whole = import_module("calibration.calibrate").calibrate(
        log, start, start.name, validate=False, seed=seed, workers=WORKERS)
    result: Calibrated = whole.fitted
    return result


def recover(seed: int, calibrate: Calibrate, *, weeks: int | None = None,
            dirt: Dirt | None = None) -> tuple[list[Found], float]:
    """One port: what was found of it, and the seconds that its calibration took."""
    port = known_port(seed, weeks)
    kept = keep_log(port, seed)
    with TemporaryDirectory() as folder:
        log = Path(folder) / f"port-{seed}.csv.gz"
        soil(kept.records, seed, dirt).write(log)
        begun = time.perf_counter()
        result = calibrate(log, base(), seed)
        seconds = time.perf_counter() - begun
    return compared(seed, port, kept, result.estimates), seconds


def compared(seed: int, port: Loaded, kept: Kept, estimates: Sequence[Estimate]) -> list[Found]:
    """Every quantity that an estimate has a part in, beside the port's own."""
    truth = quantities(plain(port))
    start = plain(base())
    point = quantities(tree_of(start, estimates))
    drawn = [quantities(tree_of(start, estimates, i)) for i in range(DRAWS)]
    result = []
    for name, own in truth.items():
        parts = [estimate for estimate in estimates if own.rests_on(estimate.key)]
        if not parts:
            continue
        certain = not any(len(estimate.draws) for estimate in parts)
        values = np.array([_value(point, name)] if certain else [_value(q, name) for q in drawn])
        low, high = np.quantile(values, ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
        result.append(Found(seed, name, own.kind, own.value, float(np.median(values)), float(low),
                            float(high), float(values.std()), certain, _binds(name, kept)))
    return result


def _value(found: dict[str, Quantity], name: str) -> float:
    """The value; 0 where there is none (the spread of what takes the same time always)."""
    return found[name].value if name in found else 0.0


def _binds(name: str, kept: Kept) -> bool:
    """Whether gangs or officers are all at work for BINDS of their open time in the log's weeks."""
    kind, _, agency = name.partition(" ")
    if kind not in ("gangs", "officers"):
        return False
    return full_share(kept, f"{kind[:-1]}.{agency}") >= BINDS


def full_share(kept: Kept, resource: str) -> float:
    """Share of a resource's open time in the measured weeks in which nobody more can be served.

    Of officers that come in pairs, one left over is as good as none.
    """
    plan, traffic = kept.run.plan, kept.run.traffic
    index = [r.name for r in plan.resources].index(resource)
    changes = kept.log.changes(resource)
    together = int(changes.units.max(initial=1))
    full = np.cumsum(changes.units) > plan.resources[index].capacity - together
    shift = plan.shifts[plan.resource_shift[index]]
    opens, closes = np.array(shift.opens), np.array(shift.closes)
    lengths = np.concatenate([[0.0], np.cumsum(closes - opens)])

    def worked(minutes: np.ndarray) -> np.ndarray:
        """Open minutes before each of these."""
        minutes = np.clip(minutes, traffic.warm, traffic.horizon)
        i = np.searchsorted(opens, minutes, side="right")
        last = np.maximum(i - 1, 0)
        inside = np.clip(minutes - opens[last], 0.0, closes[last] - opens[last])
        return np.where(i > 0, lengths[last] + inside, 0.0)

    spans = np.diff(worked(np.append(changes.time, traffic.horizon)))
    whole = worked(np.array([traffic.warm, traffic.horizon]))
    return float(spans[full].sum() / (whole[1] - whole[0]))


# --- the study ----------------------------------------------------------------------------------

def run(seeds: Iterable[int], calibrate: Calibrate = calibrate, *, weeks: int | None = None,
        tell: Callable[[str], None] = lambda line: None) -> Study:
    """All ports, one after the other; `tell` hears of each."""
    found: list[Found] = []
    seconds = []
    for seed in seeds:
        more, took = recover(seed, calibrate, weeks=weeks)
        found += more
        seconds.append(took)
        held = 100.0 * np.mean([one.held for one in more]) if more else float("nan")
        tell(f"port {seed}: {len(more)} numbers, {held:.0f} % held, {took:.0f} s")
    return Study(found, seconds)


def by_kind(found: Sequence[Found]) -> str:
    """Per kind: how often intervals hold the truth, how far medians are off."""
    rows = []
    for kind in KINDS:
        some = [one for one in found if one.kind == kind]
        if some:
            held = 100.0 * np.mean([one.held for one in some])
            verdict = "yes" if LOW <= held <= HIGH else "too wide" if held > HIGH else "no"
            rows.append([kind, f"{len({one.name for one in some})}", f"{len(some)}",
                         f"{sum(one.certain for one in some)}", f"{held:.1f}", verdict,
                         f"{100.0 * np.median([one.error for one in some]):.1f}",
                         f"{100.0 * np.mean([one.close for one in some]):.1f}"])
    return table_of(["kind", "numbers", "compared", "without interval", "held %",
                     f"{LOW:.0f} to {HIGH:.0f}", "median error %", "close %"], rows)


def within_one(found: Sequence[Found]) -> str:
    """Gangs and officers: how often the median is within one, where they bind and elsewhere."""
    rows = []
    for kind in ("gangs", "officers"):
        for binds in (True, False):
            some = [one for one in found if one.name.startswith(f"{kind} ") and one.binds == binds]
            if some:
                near = [abs(round(one.median) - one.truth) <= 1.0 for one in some]
                rows.append([kind, "yes" if binds else "no", f"{len(some)}",
                             f"{sum(near)}", f"{100.0 * np.mean(near):.0f}",
                             f"{100.0 * np.mean([one.held for one in some]):.0f}"])
    return table_of(["resource", "binds", "compared", "within one", "%", "held %"], rows)


def weakest(found: Sequence[Found], count: int = 20) -> str:
    """The numbers whose intervals hold the truth least often."""
    rows = []
    for name in dict.fromkeys(one.name for one in found):
        some = [one for one in found if one.name == name]
        rows.append((float(np.mean([one.held for one in some])), [
            name, f"{len(some)}", f"{100.0 * np.mean([one.held for one in some]):.0f}",
            f"{100.0 * np.median([one.median - one.truth for one in some]):.3g}",
            f"{100.0 * np.median([one.error for one in some]):.1f}",
            f"{100.0 * np.mean([one.close for one in some]):.0f}"]))
    rows.sort(key=lambda row: row[0])
    return table_of(["number", "ports", "held %", "bias (x 100)", "median error %", "close %"],
                    [row for _, row in rows[:count]])


TEXT = """\
## Known ports found again from their logs

{ports} ports, each drawn at random (benchmarks/known_ports.py: volume, selection, depths, hours,
durations, staff; loads below 0.95), simulated for 26 to 30 weeks; its log soiled as real ones are
(benchmarks/dirt.py) and written to a file; the file calibrated on a base that knows none of it. A
90 % interval should hold the truth in {low:.0f} to {high:.0f} % of the cases; a median is close if
it is off by no more than the larger of {within:.0%} and two posterior standard deviations (hours:
{hours:.0f} minutes). An estimate without draws counts as an interval of no width.

```
{kinds}
```

Gangs and officers, which no log shows. They bind where all are at work for {binds:.0%} of their
open time.

```
{capacities}
```

The numbers held least often:

```
{weakest}
```

A calibration took {median:.0f} s (median; at most {longest:.0f} s).

`python -m benchmarks.recovery`
"""


def text_of(study: Study) -> str:
    """The section of docs/verification.md."""
    return TEXT.format(
        ports=len(study.seconds), low=LOW, high=HIGH, within=WITHIN, hours=HOURS, binds=BINDS,
        kinds=by_kind(study.found), capacities=within_one(study.found),
        weakest=weakest(study.found), median=np.median(study.seconds),
        longest=max(study.seconds))


def markdown() -> str:
    """The section, from PORTS ports."""
    return text_of(run(range(PORTS), tell=_tell))


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def main() -> int:
    """Prints the section, of as many ports as asked for."""
    ports = int(sys.argv[1]) if len(sys.argv) > 1 else PORTS
    print(text_of(run(range(ports), tell=_tell)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
