"""Clearance time week by week from the empty port on, to see when it has settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, InputError
from scenarios.load import Loaded
from scenarios.schema.scenario import WEEK
from sim.engines import fastest, simulate
from sim.experiment import Progress
from sim.measures.record import Measured
from sim.measures.time import clock_hours
from sim.ports import port_run
from sim.statistics.warmup import moving_average, mser

SCHEMA = "onestop.warmup/1"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settling:
    """weekly: float64[replications, weeks], mean clearance time (h) by the week in which its clock
    starts, from the first week; NaN without consignments. suggested, stated: weeks. overloaded:
    what is offered more work than it can do in some replication."""

    scenario: str
    study: str
    weekly: Floats
    suggested: int
    stated: int
    overloaded: tuple[str, ...] = ()

    @property
    def mean(self) -> Floats:
        """float64[weeks], over the replications."""
        return np.asarray(np.nanmean(self.weekly, axis=0))

    def verdict(self) -> str:
        """What to do, in a sentence."""
        weeks = self.weekly.shape[1]
        if self.study == "terminating":
            return "The study is terminating: it begins as stated, and nothing is left out."
        if self.overloaded:
            return (f"Overloaded, so it never settles: {', '.join(self.overloaded)}. Nothing is to "
                    "be read from the weeks left out.")
        if self.suggested >= weeks // 2:
            return (f"Not settled after {weeks // 2} of {weeks} weeks: look at more weeks "
                    "(run.measured), or is the port overloaded?")
        if self.suggested > self.stated:
            return (f"MSER leaves out {self.suggested} weeks, more than the warm-up of "
                    f"{self.stated}: set run.warmup to {self.suggested} weeks for all regimes, "
                    "unless the plot shows that it is weeks of holidays which it leaves out.")
        return f"The warm-up of {self.stated} weeks is long enough: MSER leaves out " \
               f"{self.suggested}."

    def as_json(self, window: int) -> dict[str, Any]:
        """Weekly means, their moving average, what is suggested and what was stated."""
        return {
            "schema": SCHEMA, "scenario": self.scenario, "measure": "time.clearance.all.mean",
            "unit": "h", "study": self.study, "replications": len(self.weekly),
            "weekly": self.mean.tolist(), "window": window,
            "moving_average": moving_average(self.mean, window).tolist(),
            "suggested_weeks": self.suggested, "stated_weeks": self.stated,
            "verdict": self.verdict()}


def settling_of(scenario: Loaded, *, seed: int = 1, replications: int = 20, engine: str = "auto",
                progress: Callable[[Progress], None] | None = None) -> Settling:
    """Simulates a scenario some times and takes its clearance time week by week.

    Raises InputError for a run of less than 4 weeks, warm-up included, or a week in which no
    replication has a consignment.
    """
    weekly: list[Floats] = []
    overloaded: dict[str, None] = {}
    for number in range(replications):
        if progress is not None:
            progress(Progress(number, replications, 0))
        run = port_run(scenario, seed, number)
        weeks = round(run.traffic.horizon / WEEK)
        if weeks < 4:
            raise InputError(Fault("too short to see whether it settles", key="run.measured",
                                   found=f"{weeks} weeks", allowed="4 weeks or more in all"))
        if engine == "auto":
            engine = fastest(run.plan.consignments * replications)
        overloaded |= dict.fromkeys(run.plan.overloaded)
        weekly.append(_weekly(Measured(run, simulate(run.plan, engine), seed, number), weeks))
    every = np.array(weekly)
    if np.isnan(every).all(axis=0).any():
        raise InputError(Fault("no consignment begins in some week", key="run.measured",
                               hint="Take more --replications."))
    means = np.nanmean(every, axis=0)
    return Settling(scenario.name, scenario.run.study, every, mser(means),
                    round(scenario.run.warmup / WEEK), tuple(overloaded))


def _weekly(m: Measured, weeks: int) -> Floats:
    """Mean hours by week; of an open consignment, what it has spent so far."""
    hours = clock_hours(m)["clearance"]
    hours = np.where(np.isinf(hours), (m.log.stopped - m.traffic.clock_start) / 60.0, hours)
    week = np.floor(m.traffic.clock_start / WEEK).astype(np.int64)
    inside = (week >= 0) & (week < weeks)
    number = np.bincount(week[inside], minlength=weeks)
    total = np.bincount(week[inside], weights=hours[inside], minlength=weeks)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
