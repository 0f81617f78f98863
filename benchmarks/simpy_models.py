"""The models as one would write them for oneself in SimPy: a process per container, its resources.

This is what all other engines are compared with. Nothing is logged but the time in the system.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from statistics import fmean
from typing import TypeAlias

import simpy

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

Process: TypeAlias = Generator[simpy.Event, None, None]
Container: TypeAlias = Callable[[int], Process]


def mm1(env: simpy.Environment, inputs: Inputs, done: list[float]) -> Container:
    """One server."""
    server = simpy.Resource(env, 1)
    service = inputs.columns()["service"]

    def container(number: int) -> Process:
        arrived = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(service[number])
        done[number] = env.now - arrived

    return container


def serial(env: simpy.Environment, inputs: Inputs, done: list[float]) -> Container:
    """Two agencies in turn."""
    tractors = simpy.Resource(env, TRACTORS)
    gangs = simpy.Resource(env, GANGS)
    slots = {agency: simpy.Resource(env, SLOTS) for agency in AGENCIES}
    officers = {agency: simpy.Resource(env, OFFICERS) for agency in AGENCIES}
    minutes = inputs.columns()

    def container(number: int) -> Process:
        arrived = env.now
        for agency in AGENCIES:
            with slots[agency].request() as slot:
                yield slot
                with tractors.request() as tractor:
                    yield tractor
                    yield env.timeout(minutes[f"{agency}.in"][number])
                with gangs.request() as gang:
                    yield gang
                    with officers[agency].request() as officer:
                        yield officer
                        yield env.timeout(minutes[f"{agency}.exam"][number])
                with tractors.request() as tractor:
                    yield tractor
                    yield env.timeout(minutes[f"{agency}.out"][number])
        done[number] = env.now - arrived

    return container


def one_stop(env: simpy.Environment, inputs: Inputs, done: list[float]) -> Container:
    """One examination by both agencies."""
    slots = simpy.Resource(env, SLOTS)
    tractors = simpy.Resource(env, TRACTORS)
    gangs = simpy.Resource(env, GANGS)
    first, second = (simpy.Resource(env, OFFICERS) for _ in AGENCIES)
    minutes = inputs.columns()
    move_in, exam, move_out = minutes["in"], minutes["exam"], minutes["out"]

    def container(number: int) -> Process:
        arrived = env.now
        with slots.request() as slot:
            yield slot
            with tractors.request() as tractor:
                yield tractor
                yield env.timeout(move_in[number])
            with gangs.request() as gang:
                yield gang
                with first.request() as officer:
                    yield officer
                    with second.request() as colleague:
                        yield colleague
                        yield env.timeout(exam[number])
            with tractors.request() as tractor:
                yield tractor
                yield env.timeout(move_out[number])
        done[number] = env.now - arrived

    return container


BUILDERS = {MM1: mm1, SERIAL: serial, ONE_STOP: one_stop}


def run(inputs: Inputs) -> tuple[list[float], int]:
    """Times in the system (minutes, one per container), and how many events SimPy scheduled."""
    env = simpy.Environment()
    sojourns = [0.0] * inputs.containers
    container = BUILDERS[inputs.model](env, inputs, sojourns)

    def source() -> Process:
        for number, arrival in enumerate(inputs.times.tolist()):
            yield env.timeout(arrival - env.now)
            env.process(container(number))

    env.process(source())
    env.run()
    return sojourns, next(env._eid)


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes)."""
    return fmean(run(inputs)[0])


def events(inputs: Inputs) -> int:
    """How many events SimPy schedules."""
    return run(inputs)[1]
