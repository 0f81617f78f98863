"""Small studies of which the truth is known: made-up replications, and a queue in the engine.

The made-up ones have two scenarios on common random numbers; their truths are integrals over the
effect that the values of a replication share. Those of the queue are runs of the engine; their
truths come from the recursion of Lindley (1952) in another piece of code, in 400,000 replications.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.special import ndtr

from sim.estimands import Constant, Estimand, Quantile, Ratio, Total
from sim.replication import Replication

Floats = NDArray[np.float64]

# Effect of a replication: standard deviation of the logarithms. Busy ones hold more values, so
# that numerators, denominators and pooled quantiles all depend on it.
EFFECT, BUSY, MEMBERS = 0.1, 0.05, 150
BOX, DAYS, FIXED = 30.0, 124, 2050.0  # square metres of a place, days of a replication
TAIL = 1.0

ESTIMANDS: dict[str, Estimand] = {
    "mean": Ratio(), "heavy": Ratio(), "per_teu": Ratio(), "within": Ratio(),
    "p50": Quantile("hours", 0.5), "p90": Quantile("hours", 0.9), "p95": Quantile("hours", 0.95),
    "yard": Quantile("peaks", 0.95), "fixed": Constant(FIXED), "area": Total(("yard", "fixed")),
}
PRIMARY = ("mean", "heavy", "per_teu", "within", "p50", "p90", "p95", "area")
WHAT = {
    "mean": "mean (sigma 0.65)", "heavy": "mean, heavy tail (sigma 1)",
    "per_teu": "figure per TEU", "within": "share within a limit", "p50": "P50", "p90": "P90",
    "p95": "P95", "area": "area (P95 of daily peaks)",
}


@dataclass(frozen=True)
class Made:
    """One scenario: log time = shift + effect e + sigma (own y + sqrt(1 - own^2) w).

    e, y and w are standard normal: e is shared by a replication, y and w follow each other with
    correlation `follow`; e and y are common to both scenarios, w belongs to one.
    """

    name: str
    shift: float
    effect: float
    own: float
    boxes: float
    sigma: float = 0.65
    limit: float = 100.0
    follow: float = 0.5

    def truths(self) -> dict[str, float]:
        """Every measure's true value, by Gauss and Hermite over the effect."""
        e, weight = np.polynomial.hermite_e.hermegauss(60)
        weight = weight / weight.sum()
        busy = weight * np.exp(BUSY * e)
        busy /= busy.sum()
        at = self.shift + self.effect * e

        def level(q: float) -> float:
            """Where F(exp(x)) is q, every value counting once."""
            return float(brentq(lambda x: busy @ ndtr((x - at) / self.sigma) - q, -20, 20))

        def boxes(k: int) -> float:
            """The share of days with at most k boxes."""
            return float(weight @ ndtr((math.log(k / self.boxes) - self.effect * e) / 0.33))

        places = next(k for k in range(1, 10_000) if boxes(k) >= 0.95)
        area = FIXED + BOX * places
        return {
            "mean": float(busy @ np.exp(at + self.sigma**2 / 2.0)),
            "heavy": float(busy @ np.exp(at + TAIL**2 / 2.0)),
            "per_teu": float(busy @ np.exp(at + self.sigma**2 / 2.0)) / 1.55,
            "within": float(busy @ ndtr((math.log(self.limit) - at) / self.sigma)),
            "p50": math.exp(level(0.5)), "p90": math.exp(level(0.9)),
            "p95": math.exp(level(0.95)), "area": area,
        }


SCENARIOS = (Made("base", math.log(80.0), EFFECT, 1.0, 75.0),
             Made("new", math.log(60.0), 0.9 * EFFECT, 0.8, 60.0))


def following(rng: np.random.Generator, rows: int, columns: int, follow: float) -> Floats:
    """Standard normal values, each row autocorrelated to first order."""
    drawn = rng.standard_normal((rows, columns))
    drawn[:, 1:] *= math.sqrt(1.0 - follow * follow)
    result: Floats = lfilter([1.0], [1.0, -follow], drawn, axis=1)
    return result


def made_study(rng: np.random.Generator, n: int,
               measures: Collection[str] = tuple(ESTIMANDS)) -> dict[str, list[Replication]]:
    """n replications of both scenarios on common random numbers, with these measures."""
    estimands = {name: ESTIMANDS[name] for name in measures}
    e = rng.standard_normal(n)
    sizes = np.maximum(rng.poisson(MEMBERS * np.exp(BUSY * e)), 1)
    longest = int(sizes.max())
    y = following(rng, n, longest, SCENARIOS[0].follow)
    days = following(rng, n, DAYS, 0.5)
    teu: Floats = np.where(rng.random((n, longest)) < 0.55, 2.0, 1.0)
    study = {}
    for one in SCENARIOS:
        left = math.sqrt(1.0 - one.own**2)
        w = following(rng, n, longest, one.follow) if left else 0.0
        own_days = following(rng, n, DAYS, 0.5) if left else 0.0
        score = one.own * y + left * w
        at = one.shift + one.effect * e[:, None]
        hours: Floats = np.exp(at + one.sigma * score)
        heavy: Floats = np.exp(at + TAIL * score)
        peaks = BOX * np.ceil(one.boxes * np.exp(
            one.effect * e[:, None] + 0.33 * (one.own * days + left * own_days)))
        study[one.name] = [
            replication(one, i, hours[i, :m], heavy[i, :m], teu[i, :m], peaks[i],
                        estimands)
            for i, m in enumerate(sizes)]
    return study


def replication(one: Made, i: int, hours: Floats, heavy: Floats, teu: Floats,
                peaks: Floats, estimands: dict[str, Estimand]) -> Replication:
    """What a replication of a made-up scenario hands to the statistics."""
    m = float(len(hours))
    sums = {"mean": (hours.sum(), m), "heavy": (heavy.sum(), m),
            "per_teu": (hours.sum(), teu.sum()),
            "within": (float((hours <= one.limit).sum()), m)}
    return Replication(one.name, i, sums=sums, samples={"hours": hours, "peaks": peaks},
                       estimands=estimands, members=len(hours))


def truths() -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """The truths of the baseline, of the other scenario, and of their difference."""
    base, new = (one.truths() for one in SCENARIOS)
    return base, new, {name: new[name] - base[name] for name in base}


# --- a queue, through the engine --------------------------------------------------------------

CUSTOMERS, FEW_CUSTOMERS = 200, 40
BETWEEN, SERVICE, LIMIT = 100.0, 60.0, 120.0
QUEUE: dict[str, Estimand] = {"mean": Ratio(), "within": Ratio(), "p90": Quantile("minutes", 0.9)}
QUEUE_WHAT = {"mean": "mean time in the queue", "within": "share within 2 h", "p90": "P90"}


def queue_truths(customers: int, replications: int = 400_000,
                 seed: int = 2) -> dict[str, tuple[float, float]]:
    """Measure -> (value, standard error) by Lindley's recursion, all replications at a time."""
    rng = np.random.Generator(np.random.PCG64(seed))
    batches: list[list[float]] = []
    for _ in range(20):
        m = replications // 20
        wait, minutes = np.zeros(m), np.empty((m, customers), dtype=np.float32)
        for k in range(customers):
            service = rng.exponential(SERVICE, m)
            minutes[:, k] = wait + service
            wait = np.maximum(wait + service - rng.exponential(BETWEEN, m), 0.0)
        batches.append([float(minutes.mean(dtype=float)), float((minutes <= LIMIT).mean()),
                        float(np.quantile(minutes, 0.9))])
    values = np.array(batches)
    errors = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    means = values.mean(axis=0)
    return {name: (float(mean), float(error))
            for name, mean, error in zip(QUEUE, means, errors, strict=True)}


def queue_replication(rng: np.random.Generator, customers: int) -> Replication:
    """One run of the engine."""
    from sim.engines import simulate
    from sim.process.plan import Arrivals, Resource, build_plan
    from sim.process.tree import Activity, Need

    def ticks(values: Floats) -> Floats:
        return np.round(values * 1024.0) / 1024.0

    times = np.cumsum(ticks(rng.exponential(BETWEEN, customers)))
    service = {"server": ticks(rng.exponential(SERVICE, customers))}
    plan = build_plan(Activity("server", "server", ((Need("server"),),), (Need("server"),)),
                      Arrivals(times, np.ones(customers, dtype=np.int64), service),
                      (Resource("server", 1),))
    minutes = simulate(plan).done - times
    sums = {"mean": (minutes.sum(), float(customers)),
            "within": (float((minutes <= LIMIT).sum()), float(customers))}
    return Replication("queue", 0, sums=sums, samples={"minutes": minutes},
                       estimands=dict(QUEUE), members=customers)
