"""How often the printed intervals hold the truth: thousands of small studies of which it is known.

    python -m benchmarks.coverage

Every study goes through `sim.statistics.summarise`, as those of the command line do. What the
studies are: `benchmarks/studies.py`.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from benchmarks.studies import (
    MEMBERS,
    PRIMARY,
    QUEUE_WHAT,
    WHAT,
    made_study,
    queue_replication,
    queue_truths,
    truths,
)
from sim.replication import Replication
from sim.statistics import Interval, summarise, until_half_width
from sim.statistics.looks import SHARE, looks
from sim.statistics.ratio import student

SIZES = (8, 12, 20, 50)
STUDIES = 4000
LOW, HIGH = 93.0, 97.0

# Studies that look: at most this many replications, aiming at these multiples of the half-width
# that 20 replications give on average.
LONGEST = 90
AIMS = (1.3, 1.0, 0.7)


@dataclass
class Count:
    """Studies of one cell, in how many the interval held the truth, and what they took."""

    studies: int = 0
    held: int = 0
    width: float = 0.0
    replications: int = 0

    def add(self, low: float | None, high: float | None, truth: float) -> bool:
        """One study's interval; True if it holds the truth. An open end holds everything."""
        lower, upper = (-math.inf if low is None else low), (math.inf if high is None else high)
        held = lower <= truth + 1e-9 and truth - 1e-9 <= upper
        self.studies += 1
        self.held += held
        self.width += upper - lower
        return held

    @property
    def percent(self) -> float:
        """Per cent of the studies whose interval held the truth."""
        return 100.0 * self.held / self.studies

    @property
    def passed(self) -> bool:
        """True if that lies in the band of 93 to 97 %."""
        return LOW <= self.percent <= HIGH


@dataclass
class Table:
    """Rows of counts, each by column, in the order in which they were asked for."""

    counts: dict[str, dict[str, Count]] = field(default_factory=dict)

    def at(self, row: str, column: str) -> Count:
        """The count of one cell."""
        return self.counts.setdefault(row, {}).setdefault(column, Count())

    def cells(self) -> Iterator[tuple[str, str, Count]]:
        """Every row, column and count."""
        for row, columns in self.counts.items():
            for column, count in columns.items():
                yield row, column, count


def made_rows(table: Table, n: int, studies: int, seed: int = 1) -> None:
    """Counts levels, differences and relative differences of every measure, and the family."""
    rng = np.random.Generator(np.random.PCG64([seed, n]))
    base, new, change = truths()
    family = [(name, None) for name in PRIMARY]
    for _ in range(studies):
        study = made_study(rng, n)
        summary = summarise(study, baseline="base")
        for name in PRIMARY:
            level = summary["scenarios"]["base"]["measures"][name]
            table.at(WHAT[name], f"n = {n}").add(level["low"], level["high"], base[name])
        for name in PRIMARY:
            entry = summary["differences"]["new"][name]
            row = f"difference of {WHAT[name]}"
            table.at(row, f"n = {n}").add(entry["low"], entry["high"], change[name])
        entry = summary["differences"]["new"]["p95"]
        table.at("relative difference of P95", f"n = {n}").add(
            entry["relative_low"], entry["relative_high"], new["p95"] / base["p95"] - 1.0)
        together = summarise(study, baseline="base", primary=family)["differences"]["new"]
        all_hold = all(
            Count().add(together[name]["low"], together[name]["high"], change[name])
            for name in PRIMARY)
        table.at("family of 8 differences, all at once", f"n = {n}").add(
            0.0, 0.0, 0.0 if all_hold else 1.0)


def queue_rows(table: Table, studies: int, sizes: tuple[int, ...] = SIZES,
               seed: int = 3) -> dict[str, float]:
    """Counts the queue's measures; per measure the truth's error in half-widths of n = 50."""
    rng = np.random.Generator(np.random.PCG64(seed))
    known = queue_truths()
    runs = [queue_replication(rng) for _ in range(studies * max(sizes))]
    for n in sizes:
        for begin in range(0, len(runs) - n + 1, n):
            if begin // n >= STUDIES:
                break
            study = {"queue": runs[begin:begin + n]}
            for number, one in enumerate(study["queue"]):
                one.replication = number
            measures = summarise(study, baseline="queue")["scenarios"]["queue"]["measures"]
            for name, (truth, _) in known.items():
                entry = measures[name]
                table.at(QUEUE_WHAT[name], f"n = {n}").add(entry["low"], entry["high"], truth)
    last = f"n = {max(sizes)}"
    return {name: 2.0 * error / (count.width / count.studies)
            for name, (_, error) in known.items()
            for count in [table.at(QUEUE_WHAT[name], last)]}

# --- studies that stop on a half-width --------------------------------------------------------

LOOKED_AT = ("mean", "p95")


class Looked:
    """One long study, evaluated on its first n replications as often as asked, once each."""

    def __init__(self, study: dict[str, list[Replication]]):
        self._study = study
        self._seen: dict[tuple[int, float], dict[str, Any]] = {}

    def interval(self, row: str, n: int, confidence: float) -> Interval:
        """The interval of a measure or of its difference from replications 0 to n - 1."""
        if (n, confidence) not in self._seen:
            part = {name: replications[:n] for name, replications in self._study.items()}
            self._seen[n, confidence] = summarise(part, baseline="base", confidence=confidence)
        summary = self._seen[n, confidence]
        what, _, measure = row.rpartition(" ")
        if what:
            entry = summary["differences"]["new"][measure]
            return Interval(entry["difference"], entry["low"], entry["high"])
        entry = summary["scenarios"]["base"]["measures"][measure]
        return Interval(entry["mean"], entry["low"], entry["high"])


def looking_rows(table: Table, fixed: Table, studies: int, seed: int = 4) -> None:
    """Counts studies that look until a half-width is reached: with the shipped procedure, and with
    the stated confidence at every look, to see what is corrected."""
    rng = np.random.Generator(np.random.PCG64(seed))
    base, _, change = truths()
    rules = {"shipped": 0.95, "uncorrected": 1.0 - 0.05 / SHARE}
    for _ in range(studies):
        looked = Looked(made_study(rng, LONGEST, LOOKED_AT))
        for name in LOOKED_AT:
            for row, label, truth in ((name, WHAT[name], base[name]),
                                      (f"difference {name}", f"difference of {WHAT[name]}",
                                       change[name])):
                typical = fixed.at(label, "n = 20")
                for aim in AIMS:
                    for rule, confidence in rules.items():
                        stopped = until_half_width(
                            partial(looked.interval, row),
                            aim * typical.width / typical.studies / 2.0,
                            confidence=confidence, maximum=LONGEST)
                        interval = stopped.interval
                        count = table.at(f"{label}, aim {aim}", rule)
                        count.add(interval.low, interval.high, truth)
                        count.replications += stopped.looks[-1].n


def spending_rows(studies: int = 40_000, longest: int = 202,
                  seed: int = 5) -> dict[str, tuple[float, float, float]]:
    """Rule of spending -> (worst and best coverage, mean replications at an aim of 0.5 sigma).

    Means of standard normal values, aims of 1 to 0.2 sigma; the rules apart from `until_half_width`
    give the error that each look k of K is allowed.
    """
    rules: dict[str, Callable[[int, int], float]] = {
        "5 % at every look": lambda k, K: 0.05,
        "3.5 % at every look (shipped)": lambda k, K: 0.05 * SHARE,
        "5 % / K": lambda k, K: 0.05 / K,
        "5 % x 6 / (pi k)^2": lambda k, K: 0.05 * 6.0 / (math.pi * k) ** 2,
        "5 % / 2^k": lambda k, K: 0.05 / 2.0**k,
    }
    values = np.random.Generator(np.random.PCG64(seed)).standard_normal((studies, longest))
    at = list(looks(longest))
    means = np.array([values[:, :n].mean(axis=1) for n in at])
    errors = np.array([values[:, :n].std(axis=1, ddof=1) / math.sqrt(n) for n in at])
    result = {}
    for rule, error in rules.items():
        factor = np.array([student(1.0 - error(k, len(at)), n) for k, n in enumerate(at, 1)])
        half = factor[:, None] * errors
        held, used = [], 0.0
        for aim in (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.25, 0.2):
            enough = half <= aim
            enough[-1] = True
            stop = enough.argmax(axis=0)[None]
            within = np.abs(np.take_along_axis(means, stop, 0)) <= np.take_along_axis(half, stop, 0)
            held.append(100.0 * float(within.mean()))
            used = float(np.array(at)[stop].mean()) if aim == 0.5 else used
        result[rule] = (min(held), max(held), used)
    return result


# --- the page ---------------------------------------------------------------------------------

@dataclass
class Results:
    """Everything that the page shows."""

    fixed: Table
    queue: Table
    looking: Table
    errors: dict[str, float]
    spending: dict[str, tuple[float, float, float]]


def run(studies: int = STUDIES, tell: Callable[[str], None] = lambda line: None) -> Results:
    """The whole table; `tell` hears of every step. Queue and looks take a quarter of the studies.
    """
    begun = time.process_time()

    def done(what: str) -> None:
        tell(f"{what}: {time.process_time() - begun:.0f} s CPU so far")

    fixed, queue, looking = Table(), Table(), Table()
    for n in SIZES:
        made_rows(fixed, n, studies)
        done(f"{studies} made-up studies of {n} replications")
    errors = queue_rows(queue, studies // 4)
    done("studies of the queue")
    looking_rows(looking, fixed, studies // 2)
    done("studies that look")
    spending = spending_rows()
    done("rules of spending")
    return Results(fixed, queue, looking, errors, spending)


TEXT = """\
## Coverage of the intervals

How many of {studies:,} small studies had the truth within the printed 95 % interval, in per cent
(a share that is 95 % comes out within {noise:.1f} of it, 19 times of 20). All lie {verdict}
93 to 97 %.

Two made-up scenarios on common random numbers: lognormal hours (sigma 0.65; 1 where the tail is
heavy) that follow each other (correlation 0.5) and share an effect of their replication (10 %),
about {members} a replication, more in slow ones; TEU drawn per value; daily peaks of whole boxes,
124 a replication. The truths are integrals over the effect. The family is declared primary, so its
intervals hold together at 95 % or more (Bonferroni).

{fixed}

Real runs of the engine, a single server at load 0.6 that begins empty; the truth is from Lindley's
recursion in other code, its standard error at most {error:.1f} % of a half-width. Studies per
column: {queue_studies}.

{queue}

Studies that stop on a half-width (`sim.statistics.until_half_width`): looks at 8, 12, 18, 27, 40,
60 and 90 replications until both arms are at most the aim, which is a multiple of the half-width
usual at n = 20. Shipped: 3.5 % of error at every look; uncorrected: 5 %. In brackets the mean
number of replications. {looking_studies:,} studies.

{looking}

Other ways to spend the error, on means of normal values and looks up to 202 replications, over
aims of 1 to 0.2 standard deviations:

{spending}

`python -m benchmarks.coverage`
"""


def page(results: Results) -> str:
    """The section of docs/verification.md."""
    counts = [c for table in (results.fixed, results.queue) for _, _, c in table.cells()]
    counts += [c for _, rule, c in results.looking.cells() if rule == "shipped"]
    studies = next(results.fixed.cells())[2].studies
    queue = next(iter(results.queue.counts.values()))
    return TEXT.format(
        studies=studies, noise=196.0 * math.sqrt(0.95 * 0.05 / studies), members=MEMBERS,
        verdict="within" if all(count.passed for count in counts) else "NOT ALL within",
        fixed=_rows(results.fixed, lambda c: f"{c.percent:.1f}"),
        queue=_rows(results.queue, lambda c: f"{c.percent:.1f}"),
        queue_studies=", ".join(f"{count.studies:,}" for count in queue.values()),
        error=100.0 * max(results.errors.values()),
        looking=_rows(results.looking,
                      lambda c: f"{c.percent:.1f} ({c.replications / c.studies:.0f})"),
        looking_studies=next(results.looking.cells())[2].studies,
        spending=_markdown(("error allowed", "coverage, worst", "best",
                            "mean replications at 0.5"),
                           [(rule, f"{low:.1f}", f"{high:.1f}", f"{mean:.0f}")
                            for rule, (low, high, mean) in results.spending.items()]))


def _rows(table: Table, cell: Callable[[Count], str]) -> str:
    columns = tuple(next(iter(table.counts.values())))
    return _markdown(("", *columns), [(row, *map(cell, counts.values()))
                                      for row, counts in table.counts.items()])


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown() -> str:
    """Runs the table; the section of docs/verification.md."""
    return page(run())


def main() -> int:
    """Prints a line of progress per step to stderr, then the section."""
    print(page(run(tell=lambda line: print(line, file=sys.stderr, flush=True))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
