"""Whether a calibrated port answers "what if" as the true one does.

    python -m benchmarks.what_if [PORT ...]

The log of a known port is calibrated; then the same is changed in the port and in what was found of
it: two gangs fewer, a fifth more traffic, one inspection stop instead of two. A test that no
reshuffling of the log's own cases passes, since nothing in the log has seen the change.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill

import numpy as np
from numpy.typing import NDArray

from benchmarks.dirt import soil
from benchmarks.known_ports import BUSIEST, base, keep_log, known_port, plain, size_area
from benchmarks.recovery import Calibrate, calibrate
from benchmarks.theory import table_of
from scenarios.errors import InputError
from scenarios.load import Loaded, restore, under
from sim.engines import simulate
from sim.measures.record import Measured
from sim.measures.time import clock_hours
from sim.ports import port_run

PORTS = (*range(8), *range(16, 24))
"""Seeds of known ports: of the first eight, some were looked at while calibration was mended; the
others were not before they were compared."""

TRUE_RUNS = 100
RUNS = 40
"""Replications of the true port and of the calibrated one; no two share a seed."""

LEVEL_ERROR = 0.10
FLOORS = 1.5
OPEN = 0.01
"""Share of the cohort still open at the run's end, above which a run is overloaded."""

_SEED, _OTHER = 1001, 2002
STATISTICS = ("mean", "P90")
Floats = NDArray[np.float64]


# --- the changes ---------------------------------------------------------------------------------

def fewer_gangs(port: Loaded) -> Loaded:
    """Two gangs fewer for the agency that has the most; its slots stay."""
    tree = copy.deepcopy(plain(port))
    gangs = tree["layout"]["separate"]["gangs"]
    most = max(gangs, key=lambda name: gangs[name])
    gangs[most] = max(1, gangs[most] - 2)
    return restore(tree)


def more_traffic(port: Loaded) -> Loaded:
    """A fifth more consignments, in as many calls."""
    tree = copy.deepcopy(plain(port))
    tree["traffic"]["consignments_per_week"] *= 1.2
    return restore(tree)


def one_stop(port: Loaded) -> Loaded:
    """Papers, appointment, yard and examination together, with the staff that there is."""
    return under(port, "one-stop")


CHANGES: dict[str, Callable[[Loaded], Loaded]] = {
    "two gangs fewer": fewer_gangs, "a fifth more traffic": more_traffic, "one-stop": one_stop}


# --- runs ----------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Runs:
    """Runs of one scenario.

    hours     segment -> float64[runs, 2], mean and P90 of the clearance of the cohort
    load      the greatest offered load of any resource, mean over the runs
    open      share of the cohort that was not released when the runs ended
    """

    hours: dict[str, Floats] = field(default_factory=dict)
    load: float = 0.0
    open: float = 0.0

    @property
    def overloaded(self) -> bool:
        """What the tool says of it."""
        return self.load >= BUSIEST or self.open > OPEN


def runs_of(scenario: Loaded, runs: int, seed: int) -> Runs:
    """So many replications, the same traffic and luck whatever was changed in the scenario.

    What is open counts with the hours that it has spent so far.
    """
    hours: dict[str, list[list[float]]] = {}
    loads, still = [], []
    for replication in range(runs):
        run = port_run(scenario, seed, replication)
        log = simulate(run.plan, "compiled")
        measured = Measured(run, log, seed, replication)
        known = clock_hours(measured)["clearance"]
        spent = (log.stopped - run.traffic.clock_start) / 60.0
        known = np.where(np.isinf(known), spent, known)
        loads.append(max(run.plan.offered.values()))
        still.append(float(np.isnan(measured.released[measured.cohort]).mean()))
        for segment, members in measured.segments():
            if not segment.endswith(".routine") and segment != "none":
                values = known[members] if members.any() else np.array([np.nan])
                hours.setdefault(segment, []).append(
                    [float(values.mean()), float(np.quantile(values, 0.9))])
    return Runs({segment: np.array(rows) for segment, rows in hours.items()},
                float(np.mean(loads)), float(np.mean(still)))


# --- what was predicted, and what is so ----------------------------------------------------------

@dataclass(frozen=True)
class Answer:
    """One statistic of one segment after one change of one port, in hours.

    level       the true port's before the change; change: its true change; error: of that change,
                one standard error
    predicted   the change that the calibrated port shows
    floor       the standard deviation of the change between single true replications: by so much
                two logs of as many weeks would differ by luck
    load        greatest offered load of the true port after the change; said: whether the
                calibrated one says that it is overloaded
    """

    port: int
    change_name: str
    segment: str
    statistic: str
    level: float
    change: float
    error: float
    predicted: float
    floor: float
    load: float
    said: bool

    @property
    def light(self) -> bool:
        """Whether the true port can do the work, so that there is a change to predict."""
        return self.load < BUSIEST

    @property
    def near(self) -> bool:
        """Whether the prediction is off by no more than a tenth of the level, or 1.5 floors."""
        allowed = max(LEVEL_ERROR * self.level, FLOORS * self.floor)
        return abs(self.predicted - self.change) <= allowed

    @property
    def resolved(self) -> bool:
        """Whether the true change is told from none, at about 95 %."""
        return abs(self.change) > 2.0 * self.error

    @property
    def right(self) -> bool:
        """Whether the prediction has the sign of the true change."""
        return self.predicted * self.change > 0.0


def planned(found: Loaded, port: Loaded) -> Loaded:
    """What was found, in the port's own weeks and with the yard that it plans.

    The yard is no secret: its places are those of the plan, its gangs those of the two yards. Of
    the officers not more are sent to joint teams than leaves each agency a pair.
    """
    known, tree = plain(port), copy.deepcopy(plain(found))
    tree["run"] = known["run"]
    tree["layout"]["shared"] = copy.deepcopy(known["layout"]["shared"])
    tree["layout"].pop("restated", None)
    officers, shared = tree["layout"]["separate"]["officers"], tree["layout"]["shared"]
    shared["joint_officers"] = {name: max(1, min(number, officers[name] - 2))
                                for name, number in shared["joint_officers"].items()}
    for site in tree["layout"]["separate"]["sites"].values():
        size_area(site)
    return restore(tree)


def answers(seed: int, port: Loaded, found: Loaded, *, true_runs: int = TRUE_RUNS,
            runs: int = RUNS) -> list[Answer]:
    """Every change, segment and statistic of one port, predicted and true.

    Raises InputError if what was found cannot run at all.
    """
    calibrated = planned(found, port)
    before, guess = runs_of(port, true_runs, _SEED), runs_of(calibrated, runs, _OTHER)
    result = []
    for name, change in CHANGES.items():
        after, changed = (_changed(change, one, n, s) for one, n, s in
                          ((port, true_runs, _SEED), (calibrated, runs, _OTHER)))
        for segment, hours in before.hours.items():
            for k, statistic in enumerate(STATISTICS):
                change_by_run = _difference(hours, after.hours.get(segment), k)
                shift = _difference(guess.hours[segment], changed.hours.get(segment), k)
                result.append(Answer(
                    seed, name, segment, statistic, float(np.nanmean(hours[:, k])),
                    float(np.nanmean(change_by_run)),
                    float(np.nanstd(change_by_run, ddof=1) / np.sqrt(len(change_by_run))),
                    float(np.nanmean(shift)), float(np.nanstd(change_by_run, ddof=1)),
                    after.load, changed.overloaded))
    return result


def _changed(change: Callable[[Loaded], Loaded], port: Loaded, runs: int, seed: int) -> Runs:
    """The runs after a change; endless load where it leaves too little to run at all."""
    try:
        return runs_of(change(port), runs, seed)
    except InputError:
        return Runs(load=float("inf"))


def _difference(before: Floats, after: Floats | None, k: int) -> Floats:
    """Replication by replication; endless where the changed port cannot run."""
    return np.full(2, np.inf) if after is None else after[:, k] - before[:, k]


# --- the study -----------------------------------------------------------------------------------

def run(seeds: Iterable[int], calibrate: Calibrate = calibrate, *, weeks: int | None = None,
        true_runs: int = TRUE_RUNS, runs: int = RUNS,
        tell: Callable[[str], None] = lambda line: None) -> list[Answer]:
    """All changes of all ports; `tell` hears of each port."""
    result: list[Answer] = []
    for seed in seeds:
        port = known_port(seed, weeks)
        with TemporaryDirectory() as folder:
            log = Path(folder) / f"port-{seed}.csv.gz"
            soil(keep_log(port, seed).records, seed).write(log)
            found = calibrate(log, base(), seed).scenario
        more = answers(seed, port, found, true_runs=true_runs, runs=runs)
        result += more
        light = [one for one in more if one.light]
        tell(f"port {seed}: {sum(one.near for one in light)} of {len(light)} near")
    return result


def summary(found: Sequence[Answer]) -> str:
    """Per change, segment and statistic: how near, and how often the sign is right."""
    rows = []
    for key in dict.fromkeys((a.change_name, a.segment, a.statistic) for a in found):
        some = [a for a in found if (a.change_name, a.segment, a.statistic) == key and a.light]
        if not some:
            continue
        clear = [a for a in some if a.resolved]
        off = [100.0 * abs(a.predicted - a.change) / a.level for a in some]
        rows.append([*key, f"{len(some)}", f"{np.median([a.level for a in some]):.1f}",
                     f"{np.median([a.change for a in some]):+.1f}",
                     f"{np.median([a.predicted for a in some]):+.1f}",
                     f"{np.median(off):.1f}", f"{max(off):.1f}",
                     f"{sum(a.near for a in some)}",
                     f"{sum(a.right for a in clear)} of {len(clear)}"])
    return table_of(["change", "segment", "", "ports", "level h", "true h", "predicted h",
                     "off %", "at most %", "near", "sign"], rows)


def warnings(found: Sequence[Answer]) -> str:
    """Per change: ports that the change overloads, and what the calibrated ones say."""
    rows = []
    for name in dict.fromkeys(a.change_name for a in found):
        each = {a.port: a for a in found if a.change_name == name}.values()
        over, light = [a for a in each if not a.light], [a for a in each if a.light]
        rows.append([name, f"{len(light)}", f"{sum(a.said for a in light)}", f"{len(over)}",
                     f"{sum(a.said for a in over)}"])
    return table_of(["change", "load < 0.95", "said overloaded", "load >= 0.95",
                     "said overloaded"], rows)


TEXT = """\
## Predicted and true changes of known ports

{ports} ports as in the section above, calibrated from their dirty logs; the same three changes are
made in the port and in what was found of it. Clearance by segment, in hours: the true change is
the mean of {true} replications, the predicted one of {runs} others. A prediction is near if it is
off by no more than {level:.0%} of the level or {floors} noise floors (the standard deviation of the
change between single replications), where the changed port's true offered load is below {busiest}.
The sign is asked for where the true change is more than two standard errors from none. Of
{count} such predictions {near:.1f} % are near; of {clear} signs {right:.1f} % are right. By port:
{by_port}.

```
{summary}
```

Where the change overloads the port there is no change to predict; then this should be said.

```
{warnings}
```

`python -m benchmarks.what_if`
"""


def text_of(found: Sequence[Answer]) -> str:
    """The section of docs/verification.md."""
    light = [a for a in found if a.light]
    clear = [a for a in light if a.resolved]
    by_port = ", ".join(
        f"{port}: {sum(a.near for a in light if a.port == port)} of "
        f"{sum(a.port == port for a in light)}" for port in dict.fromkeys(a.port for a in light))
    return TEXT.format(
        by_port=fill(by_port, 100), ports=len({a.port for a in found}), true=TRUE_RUNS, runs=RUNS,
        level=LEVEL_ERROR,
        floors=FLOORS, busiest=BUSIEST, count=len(light),
        near=100.0 * np.mean([a.near for a in light]), clear=len(clear),
        right=100.0 * np.mean([a.right for a in clear]), summary=summary(found),
        warnings=warnings(found))


def markdown() -> str:
    """The section, from all PORTS."""
    return text_of(run(PORTS, tell=_tell))


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def main() -> int:
    """Prints the section, of the ports asked for."""
    print(text_of(run([int(seed) for seed in sys.argv[1:]] or PORTS, tell=_tell)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
