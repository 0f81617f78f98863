"""Networks of stations with a known solution: in series, side by side, and with blocking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.eventlog import EventLog
from sim.process.plan import Resource
from sim.process.tree import Activity, Need, Node, Parallel, Sequence
from sim.verification.checks import Experiment, Quantity
from sim.verification.traffic import (
    MINUTES,
    Station,
    Stream,
    experiment,
    servers,
    station,
    time_in_system,
)


def mean_time(log: EventLog, used: NDArray[np.bool_]) -> list[float]:
    """The mean time in the system."""
    return [float(time_in_system(log)[used].mean())]


def tandem(load: float = 0.5, second: float = 40.0) -> Experiment:
    """Two M/M/1 in series: the sum of both, 1 / (mu - lambda) each (Burke; Jackson 1957)."""
    stations = {"first": Station(), "second": Station(mean=second)}
    rate = load / MINUTES
    tree = Sequence((station("first"), station("second")))
    theory = sum(1.0 / (1.0 / s.mean - rate) for s in stations.values())
    stream = Stream("tandem", tree, servers(stations), rate, stations, mean_time)
    return experiment(stream, (
        Quantity("network.tandem", f"M/M/1 -> M/M/1, loads {load:g} and {rate * second:g}: mean "
                 "time in system", theory),), 60, 5000)


def fork_join(load: float = 0.5) -> Experiment:
    """Two M/M/1 side by side, until both are done: (12 - rho) / 8 / (mu - lambda) (Flatto and Hahn
    1984; Nelson and Tantawi 1988)."""
    stations = {"left": Station(), "right": Station()}
    rate = load / MINUTES
    tree = Parallel((station("left"), station("right")))
    theory = (12.0 - load) / 8.0 / (1.0 / MINUTES - rate)
    stream = Stream("fork-join", tree, servers(stations), rate, stations, mean_time)
    return experiment(stream, (
        Quantity("network.fork-join", f"two M/M/1 side by side, load {load:g}: mean time until "
                 "both are done", theory),), 60, 4500)


def blocking(load: float = 0.5, second: float = 40.0, room: int = 2) -> Experiment:
    """M/M/1 -> /M/1 with room for `room` at the second station; who finds no room there keeps the
    first server (blocking after service). Theory: the Markov chain, solved numerically."""
    stations = {"first": Station(), "second": Station(mean=second)}
    rate = load / MINUTES
    first, places, last = Need("first"), Need("room"), Need("second")
    tree: Node = Sequence((
        Activity("first", "first", ((first,),)),
        Activity("move on", None, ((places,),), (first,)),
        Activity("second", "second", ((last,),), (last, places)),
    ))
    resources = (*servers(stations), Resource("room", room))
    theory = blocking_chain(rate, 1.0 / MINUTES, 1.0 / second, room) / rate
    stream = Stream("blocking", tree, resources, rate, stations, mean_time)
    return experiment(stream, (
        Quantity("network.blocking-tandem", f"M/M/1 -> M/M/1 with room for {room}, loads {load:g} "
                 f"and {rate * second:.3g}, blocking after service: mean time in system",
                 theory),), 60, 6000)


def blocking_chain(rate: float, first: float, second: float, room: int,
                   longest: int = 120) -> float:
    """The mean number in the system, from the stationary distribution of the Markov chain.

    State: (m at the first station, k at the second); k = room + 1 stands for a full second station
    and a consignment, counted in m, that has been served and blocks the first server. m is cut off
    at `longest`.
    """
    width = room + 2
    states = (longest + 1) * width
    flow = np.zeros((states, states))

    def move(m: int, k: int, to_m: int, to_k: int, intensity: float) -> None:
        flow[m * width + k, to_m * width + to_k] += intensity

    for m in range(longest + 1):
        for k in range(width):
            blocked = k == room + 1
            if blocked and m == 0:
                continue
            if m < longest:
                move(m, k, m + 1, k, rate)
            if m > 0 and k < room:
                move(m, k, m - 1, k + 1, first)
            if m > 0 and k == room:
                move(m, k, m, room + 1, first)
            if blocked:
                move(m, k, m - 1, room, second)
            elif k > 0:
                move(m, k, m, k - 1, second)
    reached = np.flatnonzero(flow.sum(axis=0) + flow.sum(axis=1))
    flow = flow[np.ix_(reached, reached)]
    generator = flow - np.diag(flow.sum(axis=1))
    generator[:, 0] = 1.0
    share = np.linalg.solve(generator.T, np.eye(len(reached))[0])
    number = reached // width + np.minimum(reached % width, room)
    return float(share @ number)


NETWORKS = (tandem(), fork_join(), blocking())
