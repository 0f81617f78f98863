"""The three models that every engine is measured on: their parameters, and what is drawn for them.

mm1        one server; Poisson arrivals, exponential service, load 0.5.
serial     two agencies in turn. At each a container takes a yard slot of the agency, is moved in
           by a shared tractor, examined by a shared gang and an officer of the agency (first the
           gang is taken, then the officer), moved back by a tractor, and leaves the slot.
one-stop   one yard, one slot, one move in, one examination by a gang, an officer of the first and
           an officer of the second agency (taken in this order), one move back. The agencies look
           at the container together: the examination lasts one exponential time of the same mean.

Every run starts with an empty system and ends when the last of its containers has left, so all
engines are asked for the same number: the mean time in the system of the first n containers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.distributions import on_clock

MM1, SERIAL, ONE_STOP = "mm1", "serial", "one-stop"

AGENCIES = ("first", "second")
SLOTS, TRACTORS, GANGS, OFFICERS = 26, 10, 30, 15
"""Slots and officers of each agency (one-stop: one yard); tractors and gangs of all."""

BETWEEN = {MM1: 20.0, SERIAL: 5.0, ONE_STOP: 5.0}
"""Model -> mean minutes between arrivals."""

MOVE, EXAM, SERVICE = 10.0, 60.0, 10.0
"""Mean minutes of a move, of an examination, and of service in mm1."""

DURATIONS = {
    MM1: {"service": SERVICE},
    SERIAL: {
        f"{agency}.{piece}": mean for agency in AGENCIES
        for piece, mean in (("in", MOVE), ("exam", EXAM), ("out", MOVE))
    },
    ONE_STOP: {"in": MOVE, "exam": EXAM, "out": MOVE},
}
"""Model -> column of durations -> mean minutes, all exponential."""

MODELS = tuple(DURATIONS)

THEORY = {MM1: 1 / (1 / SERVICE - 1 / BETWEEN[MM1])}
"""Model -> mean time in the system in the long run (minutes), where it is known."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """What one run is given. times (sorted) and each column of durations are float64[n], minutes on
    the clock of 2**-10; engines that draw for themselves take their number and the seed only."""

    model: str
    seed: int
    times: NDArray[np.float64]
    durations: dict[str, NDArray[np.float64]]

    @property
    def containers(self) -> int:
        """How many containers arrive."""
        return len(self.times)

    def columns(self) -> dict[str, list[float]]:
        """The durations as lists, which plain Python reads faster than arrays."""
        return {name: minutes.tolist() for name, minutes in self.durations.items()}


def draw(model: str, containers: int, seed: int) -> Inputs:
    """Poisson arrivals and exponential durations by inversion, from a generator of the seed."""
    rng = np.random.Generator(np.random.PCG64(seed))

    def exponential(mean: float) -> NDArray[np.float64]:
        return on_clock(-np.log1p(-rng.random(containers)) * mean)

    times = np.cumsum(exponential(BETWEEN[model]))
    durations = {name: exponential(mean) for name, mean in DURATIONS[model].items()}
    return Inputs(model, seed, times, durations)
