"""The models in salabim: a component per container, its resources unmonitored.

Written with `yield`, which is salabim's faster way; the way without needs greenlet.
"""

from __future__ import annotations

from statistics import fmean
from typing import Any

import salabim

from benchmarks.models import (
    AGENCIES,
    GANGS,
    MM1,
    OFFICERS,
    ONE_STOP,
    SERIAL,
    SLOTS,
    TRACTORS,
    Inputs,
)


def mm1(env: Any, inputs: Inputs, done: list[float]) -> type:
    """One server."""
    server = pool("server", 1)
    service = inputs.columns()["service"]

    class Container(salabim.Component):
        def process(self) -> Any:
            yield self.request(server)
            yield self.hold(service[self.sequence_number()])
            self.release(server)
            done.append(env.now() - self.creation_time())

    return Container


def serial(env: Any, inputs: Inputs, done: list[float]) -> type:
    """Two agencies in turn."""
    tractors, gangs = pool("tractors", TRACTORS), pool("gangs", GANGS)
    slots = {agency: pool(f"slots {agency}", SLOTS) for agency in AGENCIES}
    officers = {agency: pool(f"officers {agency}", OFFICERS) for agency in AGENCIES}
    minutes = inputs.columns()

    class Container(salabim.Component):
        def process(self) -> Any:
            number = self.sequence_number()
            for agency in AGENCIES:
                yield self.request(slots[agency])
                yield self.request(tractors)
                yield self.hold(minutes[f"{agency}.in"][number])
                self.release(tractors)
                yield self.request(gangs)
                yield self.request(officers[agency])
                yield self.hold(minutes[f"{agency}.exam"][number])
                self.release(officers[agency], gangs)
                yield self.request(tractors)
                yield self.hold(minutes[f"{agency}.out"][number])
                self.release(tractors, slots[agency])
            done.append(env.now() - self.creation_time())

    return Container


def one_stop(env: Any, inputs: Inputs, done: list[float]) -> type:
    """One examination by both agencies."""
    slots, tractors, gangs = pool("slots", SLOTS), pool("tractors", TRACTORS), pool("gangs", GANGS)
    first, second = (pool(f"officers {agency}", OFFICERS) for agency in AGENCIES)
    minutes = inputs.columns()
    move_in, exam, move_out = minutes["in"], minutes["exam"], minutes["out"]

    class Container(salabim.Component):
        def process(self) -> Any:
            number = self.sequence_number()
            yield self.request(slots)
            yield self.request(tractors)
            yield self.hold(move_in[number])
            self.release(tractors)
            yield self.request(gangs)
            yield self.request(first)
            yield self.request(second)
            yield self.hold(exam[number])
            self.release(second, first, gangs)
            yield self.request(tractors)
            yield self.hold(move_out[number])
            self.release(tractors, slots)
            done.append(env.now() - self.creation_time())

    return Container


def pool(name: str, capacity: int) -> Any:
    """A resource that keeps no statistics."""
    return salabim.Resource(name, capacity=capacity, monitor=False)


BUILDERS = {MM1: mm1, SERIAL: serial, ONE_STOP: one_stop}


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes)."""
    env = salabim.Environment(trace=False, yieldless=False)
    done: list[float] = []
    container = BUILDERS[inputs.model](env, inputs, done)
    salabim.ComponentGenerator(container, moments=inputs.times.tolist())
    env.run()
    return fmean(done)
