"""The models in cimba, Python compiled onto the Cimba C library: a spawned model per container.

It draws for itself. Compiling comes with the first run, which is not measured with the others.
"""
# No `from __future__ import annotations`: cimba reads the annotations of its model classes.

import cimba
import numpy as np
from cimba import random

from benchmarks.models import (
    BETWEEN,
    EXAM,
    GANGS,
    MM1,
    MOVE,
    OFFICERS,
    ONE_STOP,
    SERIAL,
    SERVICE,
    SLOTS,
    TRACTORS,
    Inputs,
)


class Port(cimba.Model):
    """What the models have in common: their number of containers and the sum of their times."""

    containers: cimba.Param[int] = 0
    gap: cimba.Param[float] = 0.0
    total: float = 0.0
    done: int = 0
    mean: cimba.Output[float]

    @cimba.on_end
    def measure(self):
        self.mean = self.total / self.done


class Queue(Port):
    """One server."""

    server: cimba.Resource = cimba.Resource(capacity=1)

    @cimba.process
    def arrivals(self):
        for _ in range(self.containers):
            cimba.hold(random.exponential(self.gap))
            cimba.spawn(Customer, port=self)


class Customer(cimba.Model):
    """A container of M/M/1."""

    port: cimba.Ref[Queue]

    @cimba.process
    def way(self):
        port = self.port
        arrived = cimba.now()
        port.server.acquire()
        cimba.hold(random.exponential(SERVICE))
        port.server.release()
        port.total += cimba.now() - arrived
        port.done += 1


class Serial(Port):
    """Two agencies in turn."""

    tractors: cimba.Resource = cimba.Resource(capacity=TRACTORS)
    gangs: cimba.Resource = cimba.Resource(capacity=GANGS)
    slots_1: cimba.Resource = cimba.Resource(capacity=SLOTS)
    slots_2: cimba.Resource = cimba.Resource(capacity=SLOTS)
    officers_1: cimba.Resource = cimba.Resource(capacity=OFFICERS)
    officers_2: cimba.Resource = cimba.Resource(capacity=OFFICERS)

    @cimba.process
    def arrivals(self):
        for _ in range(self.containers):
            cimba.hold(random.exponential(self.gap))
            cimba.spawn(Twice, port=self)


class Twice(cimba.Model):
    """A container that is examined by one agency and then by the other."""

    port: cimba.Ref[Serial]

    @cimba.process
    def way(self):
        port = self.port
        arrived = cimba.now()
        port.slots_1.acquire()
        port.tractors.acquire()
        cimba.hold(random.exponential(MOVE))
        port.tractors.release()
        port.gangs.acquire()
        port.officers_1.acquire()
        cimba.hold(random.exponential(EXAM))
        port.officers_1.release()
        port.gangs.release()
        port.tractors.acquire()
        cimba.hold(random.exponential(MOVE))
        port.tractors.release()
        port.slots_1.release()
        port.slots_2.acquire()
        port.tractors.acquire()
        cimba.hold(random.exponential(MOVE))
        port.tractors.release()
        port.gangs.acquire()
        port.officers_2.acquire()
        cimba.hold(random.exponential(EXAM))
        port.officers_2.release()
        port.gangs.release()
        port.tractors.acquire()
        cimba.hold(random.exponential(MOVE))
        port.tractors.release()
        port.slots_2.release()
        port.total += cimba.now() - arrived
        port.done += 1


class OneStop(Port):
    """One examination by both agencies."""

    tractors: cimba.Resource = cimba.Resource(capacity=TRACTORS)
    gangs: cimba.Resource = cimba.Resource(capacity=GANGS)
    slots: cimba.Resource = cimba.Resource(capacity=SLOTS)
    officers_1: cimba.Resource = cimba.Resource(capacity=OFFICERS)
    officers_2: cimba.Resource = cimba.Resource(capacity=OFFICERS)

    @cimba.process
    def arrivals(self):
        for _ in range(self.containers):
            cimba.hold(random.exponential(self.gap))
            cimba.spawn(Once, port=self)


class Once(cimba.Model):
    """A container that is examined by both agencies together."""

    port: cimba.Ref[OneStop]

    @cimba.process
    def way(self):
        port = self.port
        arrived = cimba.now()
        port.slots.acquire()
        port.tractors.acquire()
        cimba.hold(random.exponential(MOVE))
        port.tractors.release()
        port.gangs.acquire()
        port.officers_1.acquire()
        port.officers_2.acquire()
        cimba.hold(random.exponential(EXAM))
        port.officers_2.release()
        port.officers_1.release()
        port.gangs.release()
        port.tractors.acquire()
        cimba.hold(random.exponential(MOVE))
        port.tractors.release()
        port.slots.release()
        port.total += cimba.now() - arrived
        port.done += 1


BUILDERS = {MM1: Queue, SERIAL: Serial, ONE_STOP: OneStop}


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes); cimba runs, on one thread, until nothing is left to do."""
    port = BUILDERS[inputs.model]()
    port.containers = inputs.containers
    port.gap = BETWEEN[inputs.model]
    window = cimba.Window.until_idle()
    results = cimba.Experiment(port, window=window, seed=inputs.seed).run(workers=1)
    return float(np.ravel(results[port].mean.values)[0])
