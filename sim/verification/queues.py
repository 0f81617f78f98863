"""Single queues with a known solution.

W is the mean time in the system, lambda the arrival rate, mu the rate of one server, c their
number, a = lambda / mu, rho = a / c; C(c, a) is Erlang's probability of waiting.
"""

from __future__ import annotations

from math import factorial, log

import numpy as np
from numpy.typing import NDArray

from sim.eventlog import EventLog
from sim.process.tree import Node
from sim.verification.checks import QUANTILE_WITHIN, Experiment, Quantity
from sim.verification.traffic import (
    MINUTES,
    Station,
    Stream,
    experiment,
    quantile_estimate,
    servers,
    station,
    time_in_system,
)

BEYOND = 0.05
"""What lies beyond a 95th percentile."""


def erlang_c(count: int, offered: float) -> float:
    """C(c, a), the probability that an arrival waits in M/M/c."""
    top = offered**count / factorial(count) / (1.0 - offered / count)
    return top / (sum(offered**k / factorial(k) for k in range(count)) + top)


def mm1(load: float = 0.5) -> Experiment:
    """M/M/1. W = 1 / (mu - lambda), and the time in the system is exponential."""
    stations = {"server": Station()}
    rate = load / MINUTES
    mean = 1.0 / (1.0 / MINUTES - rate)
    p95 = mean * log(1.0 / BEYOND)
    stream = Stream(
        "mm1", station("server"), servers(stations), rate, stations,
        lambda log, used: [
            float(time_in_system(log)[used].mean()),
            quantile_estimate(time_in_system(log)[used], p95, BEYOND, BEYOND / mean)])
    return experiment(stream, (
        Quantity("queue.mm1", f"M/M/1, load {load:g}: mean time in system", mean),
        Quantity("queue.mm1.p95", f"M/M/1, load {load:g}: P95 of the time in system", p95,
                 QUANTILE_WITHIN)), 60, 8000)


def mmc(count: int = 2, load: float = 0.5) -> Experiment:
    """M/M/c. W = C(c, a) / (c mu - lambda) + 1 / mu (Erlang), and who waits does so for an
    exponential time of mean 1 / (c mu - lambda)."""
    stations = {"server": Station(count)}
    rate = count * load / MINUTES
    waits = erlang_c(count, count * load)
    among = 1.0 / (count / MINUTES - rate)
    p95 = among * log(waits / BEYOND)

    def observe(log: EventLog, used: NDArray[np.bool_]) -> list[float]:
        enabled, start, _ = log.stamps(0)
        return [float(time_in_system(log)[used].mean()),
                quantile_estimate((start - enabled)[used], p95, BEYOND, BEYOND / among)]

    stream = Stream("mmc", station("server"), servers(stations), rate, stations, observe)
    return experiment(stream, (
        Quantity("queue.mmc", f"M/M/{count}, load {load:g}: mean time in system",
                 waits * among + MINUTES),
        Quantity("queue.mmc.wait-p95", f"M/M/{count}, load {load:g}: P95 of the waiting time", p95,
                 QUANTILE_WITHIN)), 60, 14_000)


def mg1(id: str, name: str, cv: float, load: float = 0.5) -> Experiment:
    """M/G/1. W = lambda E[S^2] / (2 (1 - rho)) + E[S] (Pollaczek and Khinchine)."""
    stations = {"server": Station(cv=cv)}
    rate = load / MINUTES
    second = (1.0 + cv**2) * MINUTES**2
    stream = Stream(id, station("server"), servers(stations), rate, stations,
                    lambda log, used: [float(time_in_system(log)[used].mean())])
    return experiment(stream, (
        Quantity(f"queue.{id}", f"{name}, load {load:g}: mean time in system",
                 rate * second / (2.0 * (1.0 - load)) + MINUTES),), 40, 4000)


def priority(count: int = 2, high: float = 0.25, low: float = 0.25) -> Experiment:
    """M/M/c with two classes, non-preemptive: the mean wait of class k is
    C(c, a) / (c mu) / ((1 - s_(k-1)) (1 - s_k)), s_k the load of classes 1 to k
    (Cobham 1954; Kella and Yechiali 1985)."""
    stations = {"server": Station(count)}
    load = high + low
    rate = count * load / MINUTES
    among = erlang_c(count, count * load) * MINUTES / count
    tree: Node = station("server", "class")

    def observe(log: EventLog, used: NDArray[np.bool_]) -> list[float]:
        classes, spent = log.plan.steps[0].priority, time_in_system(log)
        return [float(spent[used & (classes == k)].mean()) for k in (0, 1)]

    stream = Stream("priority", tree, servers(stations), rate, stations, observe,
                    {"class": (high / load, low / load)})
    name = f"M/M/{count}, load {high:g} before {low:g}"
    return experiment(stream, (
        Quantity("queue.mmc-priority.high", f"{name}: mean time in system of the first",
                 among / (1.0 - high) + MINUTES),
        Quantity("queue.mmc-priority.low", f"{name}: mean time in system of the second",
                 among / ((1.0 - high) * (1.0 - load)) + MINUTES)), 60, 12_000)


QUEUES = (mm1(), mmc(), mg1("md1", "M/D/1", 0.0), mg1("mg1", "M/G/1, gamma of cv 0.7", 0.7),
          priority())
