"""Poisson streams of consignments through a tree, and controls whose means are known.

Durations are rounded to the clock's tick of 2**-10 minutes, so their means differ from those of
the theory by less than 2**-11 minutes, of 60.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.distributions import gamma, on_clock
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.process.plan import Arrivals, Resource, build_plan
from sim.process.tree import Activity, Need, Node
from sim.streams import uniforms
from sim.verification.checks import Experiment, Floats, Quantity, Sample

MINUTES = 60.0
"""Mean service of most stations."""

WARM_UP = 200
"""Consignments at the beginning that are left out; the queue starts empty."""

DEPTHS = (1, 2, 4, 8)
"""How far back the walks look that serve as controls."""


@dataclass(frozen=True)
class Station:
    """Servers and their service times: gamma with this mean and coefficient of variation (1 is the
    exponential distribution, 0 a constant)."""

    servers: int = 1
    mean: float = MINUTES
    cv: float = 1.0


@dataclass(frozen=True)
class Stream:
    """Poisson arrivals, `rate` a minute, through a tree whose durations are named as stations.

    shares    column of classes -> the shares of its values 0, 1, ...
    observe   (log, bool[n] of the consignments counted) -> an estimate per quantity
    """

    id: str
    tree: Node
    resources: tuple[Resource, ...]
    rate: float
    stations: Mapping[str, Station]
    observe: Callable[[EventLog, NDArray[np.bool_]], list[float]]
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def replicate(self, seed: int, replication: int, size: int, engine: str) -> Sample:
        """One run of `size` consignments after the warm-up."""
        n = WARM_UP + size

        def draw(name: str) -> Floats:
            return uniforms(seed, replication, f"verify.{self.id}.{name}", n)

        between = on_clock(-np.log1p(-draw("between")) / self.rate)
        columns: dict[str, NDArray] = {
            name: on_clock(gamma(station.mean, station.cv, draw(name)))
            for name, station in self.stations.items()}
        for name, shares in self.shares.items():
            columns[name] = np.searchsorted(np.cumsum(shares)[:-1], draw(name), side="right")
        arrivals = Arrivals(np.cumsum(between), np.ones(n, dtype=np.int64), columns)
        log = simulate(build_plan(self.tree, arrivals, self.resources), engine)
        used = np.arange(n) >= WARM_UP
        return self.observe(log, used), self.controls(between, columns, used)

    def controls(self, between: Floats, columns: Mapping[str, NDArray],
                 used: NDArray[np.bool_]) -> list[float]:
        """Drawn means less known ones: of times between arrivals; of each station's services and
        their squares, its walks, its services by class; of the classes."""
        values = [float(between[used].mean()) * self.rate - 1.0]
        for name, station in self.stations.items():
            service = columns[name] / station.mean
            if station.cv:
                values.append(float(service[used].mean()) - 1.0)
                values.append(float(np.mean(service[used] ** 2)) - 1.0 - station.cv**2)
            load = self.rate * station.mean / station.servers
            steps = service[:-1] * load - between[1:] * self.rate
            for depth in DEPTHS:
                drawn = float(walk(steps, depth)[used].mean())
                values.append(drawn - walk_mean(depth, load, station.cv))
            for column in self.shares:
                for value in range(1, len(self.shares[column])):
                    among = service[used & (columns[column] == value)]
                    values.append(float(among.mean()) - 1.0)
        for name, shares in self.shares.items():
            for value in range(1, len(shares)):
                values.append(float(np.mean(columns[name][used] == value)) - shares[value])
        return values


def walk(steps: Floats, depth: int) -> Floats:
    """Per consignment, the largest sum of up to `depth` steps that lead up to it, at least 0.

    steps: float64[n - 1], service before less time between; returns float64[n]. In a single server
    this is the waiting time of who came to an idle server `depth` consignments ago.
    """
    largest = np.zeros(len(steps) + 1)
    for _ in range(depth):
        largest[1:] = np.maximum(0.0, steps + largest[:-1])
    return largest


@lru_cache(maxsize=256)
def walk_mean(depth: int, load: float, cv: float) -> float:
    """The mean of `walk` for gamma services of mean `load` and exponential times between of mean 1:
    by Spitzer's identity the sum over j to `depth` of E[max(S_j, 0)] / j, S_j the sum of j steps.
    """
    return sum(positive_part(j, load, cv) / j for j in range(1, depth + 1))


def positive_part(j: int, load: float, cv: float) -> float:
    """E[max(X - Y, 0)] of j services X and j times between Y: the integral over t of
    P(X > t) P(Y < t), X being gamma, Y Erlang distributed."""
    from scipy import integrate, special

    if cv == 0.0:
        return float(integrate.quad(lambda t: special.gammainc(j, t), 0.0, j * load)[0])
    shape, scale = j / cv**2, load * cv**2
    end = scale * float(special.gammainccinv(shape, 1e-15))
    return float(integrate.quad(
        lambda t: special.gammaincc(shape, t / scale) * special.gammainc(j, t), 0.0, end,
        limit=500, epsabs=1e-12)[0])


def station(name: str, priority: int | str = 0) -> Activity:
    """Wait for one of the station's servers, and be served."""
    return Activity(name, name, ((Need(name),),), (Need(name),), priority=priority)


def servers(stations: Mapping[str, Station]) -> tuple[Resource, ...]:
    """A resource per station."""
    return tuple(Resource(name, s.servers) for name, s in stations.items())


def time_in_system(log: EventLog) -> Floats:
    """float64[n] from arrival to the end of the tree."""
    return log.done - log.plan.time


def quantile_estimate(values: Floats, quantile: float, beyond: float, density: float) -> float:
    """An estimate of a quantile without bias: theory's quantile, moved by the drawn share beyond
    it (theory: `beyond`) over theory's density there (Bahadur's representation)."""
    return quantile + (float(np.mean(values > quantile)) - beyond) / density


def experiment(stream: Stream, quantities: tuple[Quantity, ...], replications: int,
               size: int) -> Experiment:
    """The replications of a stream."""
    return Experiment(quantities, stream.replicate, replications, size)
