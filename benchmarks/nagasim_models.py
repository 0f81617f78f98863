"""The models in Naga (nagasim): blocks linked to a flow. It draws for itself; its logs are off.

A run builds the model and returns all of Naga's tables, as its users have it.
"""

from __future__ import annotations

from typing import Any

from nagasim import build

from benchmarks.models import (
    AGENCIES,
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


def exponential(mean_minutes: float) -> Any:
    """Naga's exponential distribution is given by its rate."""
    return build.Exponential(rate=1 / mean_minutes)


def mm1(model: Any) -> list[Any]:
    """One server."""
    model.add_resource(name="server", capacity=1)
    return [model.process(resource_name="server", distribution=exponential(SERVICE))]


def moved(model: Any) -> Any:
    """A move by a shared tractor."""
    return model.process(resource_name="tractor", distribution=exponential(MOVE))


def serial(model: Any) -> list[Any]:
    """Two agencies in turn."""
    shared(model)
    blocks = []
    for agency in AGENCIES:
        slot = model.add_resource(name=f"slot {agency}", capacity=SLOTS)
        officer = model.add_resource(name=f"officer {agency}", capacity=OFFICERS)
        blocks += [
            model.seize(resource_name=slot),
            moved(model),
            model.seize(resource_name="gang"),
            model.process(resource_name=officer, distribution=exponential(EXAM)),
            model.release(resource_name="gang"),
            moved(model),
            model.release(resource_name=slot),
        ]
    return blocks


def one_stop(model: Any) -> list[Any]:
    """One examination by both agencies."""
    shared(model)
    slot = model.add_resource(name="slot", capacity=SLOTS)
    first, second = (
        model.add_resource(name=f"officer {agency}", capacity=OFFICERS) for agency in AGENCIES
    )
    return [
        model.seize(resource_name=slot),
        moved(model),
        model.seize(resource_name="gang"),
        model.seize(resource_name=first),
        model.process(resource_name=second, distribution=exponential(EXAM)),
        model.release(resource_name=first),
        model.release(resource_name="gang"),
        moved(model),
        model.release(resource_name=slot),
    ]


def shared(model: Any) -> None:
    """The tractors and gangs of all."""
    model.add_resource(name="tractor", capacity=TRACTORS)
    model.add_resource(name="gang", capacity=GANGS)


BUILDERS = {MM1: mm1, SERIAL: serial, ONE_STOP: one_stop}


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes); Naga runs until the last container has left."""
    model = build.Model(time_limit=None, warmup=0, replications=1, record_logs=False)
    gaps = exponential(BETWEEN[inputs.model])
    last = model.create(distribution=gaps, max_arrivals=inputs.containers)
    for block in BUILDERS[inputs.model](model):
        last = last >> block
    last >> model.dispose()
    results = model.run(seed=inputs.seed)
    finished = results.kpi("system/Total Entities Completed")
    if finished != inputs.containers:
        raise RuntimeError(f"Naga finished {finished} of {inputs.containers} entities")
    return float(results.kpi("system/Avg Throughput Time"))
