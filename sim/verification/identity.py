"""The reform without queues: r = 1 / (2 + Y / X), and what erodes it.

A jointly selected box needs a fixed part Y (documents, release) and one inspection cycle X per
agency: Y + 2 X one after the other, Y + X together. Here the port's own process runs with unlimited
resources, round the clock, with a book that opens at once; what is left of a clearance is work.

With times Q and C of the agencies' cycles that are not equal constants, or several boxes,

    r = 1 - (Y + E[max over boxes and agencies]) / (Y + E[max Q over boxes] + E[max C over boxes])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import log, log1p, sqrt
from typing import Any

import numpy as np

from scenarios.load import Loaded
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.ports import port_run
from sim.process.plan import UNLIMITED, Arrivals, Book, Calendar, Plan, Resource, build_plan
from sim.process.tree import Activity
from sim.verification.checks import (
    Agreement,
    Exact,
    Experiment,
    Floats,
    Quantity,
    Sample,
    agreement,
)
from sim.verification.ten_boxes import Consignment, port, traffic_from

CALM = ("matching.found.on=1", "matching.found.off=1", "agencies.quarantine.laboratory.share=0")
"""Every double selection is found, and nothing waits for a laboratory."""

NOTHING = ("agencies.quarantine.clearance_form", "agencies.quarantine.clerical.time",
           "agencies.customs.clerical.time", "agencies.customs.papers", "single.merge",
           "joint.extra")
REGIMES = ("separate", "one-stop")
FIXED = (0, 24, 60, 120, 240, 480, 960)
"""Minutes Y of the sweep."""

UNEQUAL = ((60, 180), (150, 90))
"""Constant examinations of quarantine and customs."""

LODGED = 360.0
"""The minute at which everything is lodged and discharged."""

MOVE, STUFFING, RELEASE = 30, 60, 10
"""Minutes of a move, of a full devanning and of a restuffing, of a release."""

CONSTANT = 1e-12
"""A coefficient of variation at which every time rounds to its mean on the clock."""


@lru_cache(maxsize=8)
def bare(regime: str, move: int, exams: tuple[int, int], cv: float) -> Loaded:
    """The small port with moves of `move` minutes, examinations of quarantine and customs of these
    means, a release of 10 minutes, and nothing else that takes time but papers, devanning and
    restuffing. Loaded once, as reading a scenario takes longer than running one box."""
    return port(regime, [
        *CALM, *(f"{key}=0 min" for key in NOTHING), "devanning.restuff=1",
        f"move.duration={move} min", f"agencies.quarantine.papers={RELEASE} min",
        f"agencies.customs.release={RELEASE} min", f"agencies.quarantine.release={RELEASE} min",
        *(text for agency, mean in zip(("quarantine", "customs"), exams, strict=True)
          for text in (f"agencies.{agency}.exam.fixed={mean - 10} min",
                       f"agencies.{agency}.exam.by_depth=10 min",
                       f"agencies.{agency}.exam.cv={cv}"))])


def endless(scenario: Loaded, fixed: Sequence[int], boxes: int = 1, seed: int = 1,
            replication: int = 0) -> Plan:
    """A plan of the port's process with unlimited resources, round the clock, and a book that
    always opens at once.

    fixed    a jointly selected consignment of `boxes` 20' boxes, examined in full, for each of
             these Y. Its papers with quarantine take Y - 10 minutes, and a move more, as the last
             way back runs beside the release.
    """
    n, box = len(fixed), (20, "full", "full")
    traffic = traffic_from([Consignment("O", (5, "06:00"), (5, "06:00"), "yes", "general",
                                        (box,) * boxes)] * n)
    run = port_run(scenario, seed, replication, traffic=traffic)
    resources = [Resource(r.name, UNLIMITED) for r in run.plan.resources]
    names = [*scenario.calendars, *(r.calendar for r in run.plan.resources if r.calendar)]
    calendars = {name: Calendar(np.zeros(1), np.full(1, 2.0**20)) for name in names}
    books = {name: Book(np.zeros(1), np.full(1, 2.0**20), 2 * n * boxes)
             for name in run.layout.sites}
    columns = dict(run.columns.consignment)
    move = run.columns.container["move-in.together"][0]
    columns["papers.quarantine"] = np.asarray(fixed, dtype=np.float64) - RELEASE + move
    arrivals = Arrivals(traffic.lodged, traffic.containers, columns, run.columns.container)
    return build_plan(run.plan.tree, arrivals, resources, calendars, books)


def clearances(log: EventLog) -> Floats:
    """float64[n]: minutes from lodging to the last release of each consignment."""
    here = log.column("stage") == "release"
    released = np.zeros(log.plan.consignments)
    np.maximum.at(released, log.consignment[here], log.end[here])
    return released - LODGED


def constant(regime: str, fixed: Sequence[int], exams: tuple[int, int],
             engine: str) -> list[Fraction]:
    """The clearance time for each Y of one box whose times are constants, as whole numbers."""
    log = simulate(endless(bare(regime, MOVE, exams, CONSTANT), fixed), engine)
    return [Fraction(value) for value in clearances(log).tolist()]


def compare_reduction(seed: int, engine: str) -> Agreement:
    """A sweep of Y over X = 240: both clearance times, and r = 1 / (2 + Y / X)."""
    cycle, exams = 240, (60, 60)
    expected: dict[str, Any] = {}
    found: dict[str, Any] = {}
    times = [constant(regime, FIXED, exams, engine) for regime in REGIMES]
    for fixed, serial, together in zip(FIXED, *times, strict=True):
        name = f"Y = {fixed}"
        expected |= {f"{name}, separate": Fraction(fixed + 2 * cycle),
                     f"{name}, one-stop": Fraction(fixed + cycle),
                     f"{name}, r": 1 / (2 + Fraction(fixed, cycle))}
        found |= {f"{name}, separate": serial, f"{name}, one-stop": together,
                  f"{name}, r": 1 - together / serial}
    return agreement(expected, found)


def compare_unequal(seed: int, engine: str) -> Agreement:
    """Unequal constants: r = min(Q, C) / (Y + Q + C), below 1 / (2 + Y / X) at the mean X."""
    expected: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for exams in UNEQUAL:
        cycles = [2 * MOVE + 2 * STUFFING + exam for exam in exams]
        times = [constant(regime, FIXED, exams, engine) for regime in REGIMES]
        for fixed, serial, together in zip(FIXED, *times, strict=True):
            name = f"Y = {fixed}, X = {cycles}: r"
            expected[name] = Fraction(min(cycles), fixed + sum(cycles))
            found[name] = 1 - together / serial
    return agreement(expected, found)


def lognormal_max(mean: float, cv: float, number: int) -> float:
    """The mean of the largest of `number` independent lognormal variables, by quadrature of
    1 - F(t)^number."""
    from scipy import integrate, special

    sigma = sqrt(log1p(cv * cv))
    centre = log(mean) - sigma**2 / 2.0

    def beyond(z: float) -> float:
        # t = exp(centre + sigma z), dt = sigma t dz
        tail = -np.expm1(number * special.log_ndtr(z))
        return float(tail * sigma * np.exp(centre + sigma * z))

    below = float(np.exp(centre - 12.0 * sigma))
    return below + float(integrate.quad(beyond, -12.0, 12.0, limit=500, epsabs=1e-10)[0])


@dataclass(frozen=True)
class Erosion:
    """Random examinations of one mean in both agencies: lognormal, independent.

    Moves take no time here, as with several boxes the ways back of the first ones would run beside
    the examination of the last.
    """

    id: str
    cv: float
    boxes: int
    exam: int = 240
    fixed: int = 180

    @property
    def cycle(self) -> float:
        """The mean X of one agency's cycle with one box."""
        return 2.0 * STUFFING + self.exam

    @property
    def rule(self) -> float:
        """1 / (2 + Y / X) at the means."""
        return 1.0 / (2.0 + self.fixed / self.cycle)

    @property
    def theory(self) -> float:
        """The reduction of the mean clearance time."""
        one = 2.0 * STUFFING + lognormal_max(self.exam, self.cv, self.boxes)
        both = 2.0 * STUFFING + lognormal_max(self.exam, self.cv, 2 * self.boxes)
        return 1.0 - (self.fixed + both) / (self.fixed + 2.0 * one)

    def replicate(self, seed: int, replication: int, size: int, engine: str) -> Sample:
        """The same consignments under both regimes: 1 - ratio of the sums of clearance times."""
        exams = (self.exam, self.exam)
        sums: list[float] = []
        drawn: list[Floats] = []
        for regime in REGIMES:
            plan = endless(bare(regime, 0, exams, self.cv), [self.fixed] * size, self.boxes, seed,
                           replication)
            sums.append(float(clearances(simulate(plan, engine)).sum()))
            if regime == "separate":
                drawn = [step.duration for step in plan.steps if step.duration is not None
                         and isinstance(step.node, Activity) and step.node.stage == "examination"]
        controls = []
        for values in drawn:
            ratio = values / self.exam
            controls += [float(ratio.mean()) - 1.0, float(np.mean(ratio**2)) - 1.0 - self.cv**2]
        return [1.0 - sums[1] / sums[0]], controls

    def experiment(self, replications: int, size: int) -> Experiment:
        """Its replications."""
        boxes = "1 box" if self.boxes == 1 else f"{self.boxes} boxes"
        return Experiment((Quantity(
            self.id, f"reduction r with random examinations, cv {self.cv:g}, {boxes}",
            self.theory),), self.replicate, replications, size)


EROSIONS = (Erosion("identity.erosion.random", 0.8, 1), Erosion("identity.erosion.boxes", 0.5, 2))
IDENTITY: tuple[Exact | Experiment, ...] = (
    Exact("identity.reduction", "r = 1 / (2 + Y/X), equal constants X, Y from 0 to 4 X: times and "
          "r", compare_reduction),
    Exact("identity.erosion.unequal", "r = min X / (Y + sum of X), unequal constants X",
          compare_unequal),
    EROSIONS[0].experiment(20, 500),
    EROSIONS[1].experiment(20, 400),
)
