"""The models as process trees, run by an engine of onestop: build_plan, simulate, event log.

The measured time includes building the plan, the whole event log and the checks after the run.
"""

from __future__ import annotations

import numpy as np

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
from sim.engines import simulate
from sim.engines.pools import Clock
from sim.engines.reference import run
from sim.process.plan import Arrivals, Plan, Resource, build_plan
from sim.process.tree import Activity, EachContainer, Need, Node, Sequence

TRACTOR, GANG = Need("tractor"), Need("gang")


def visit(slot: Need, officers: tuple[Need, ...], prefix: str = "") -> list[Activity]:
    """Moved in, examined, moved back."""
    chain = ((GANG,), *((officer,) for officer in officers))
    return [
        Activity("move-in", f"{prefix}in", ((slot,), (TRACTOR,)), (TRACTOR,)),
        Activity("exam", f"{prefix}exam", chain, (*officers, GANG)),
        Activity("move-out", f"{prefix}out", ((TRACTOR,),), (TRACTOR, slot)),
    ]


def tree(model: str) -> Node:
    """The process tree of a model; consignments have one container each."""
    officers = {agency: Need(f"officer.{agency}") for agency in AGENCIES}
    match model:
        case "mm1":
            server = Need("server")
            way = [Activity("service", "service", ((server,),), (server,))]
        case "serial":
            first, second = (
                visit(Need(f"slot.{agency}"), (officer,), f"{agency}.")
                for agency, officer in officers.items()
            )
            way = [*first, *second]
        case _:
            way = visit(Need("slot"), tuple(officers.values()))
    return EachContainer(Sequence(tuple(way)))


def resources(model: str) -> list[Resource]:
    """What the tree of a model needs."""
    if model == MM1:
        return [Resource("server", 1)]
    yards = {SERIAL: [f"slot.{agency}" for agency in AGENCIES], ONE_STOP: ["slot"]}[model]
    return [
        Resource("tractor", TRACTORS), Resource("gang", GANGS),
        *(Resource(yard, SLOTS) for yard in yards),
        *(Resource(f"officer.{agency}", OFFICERS) for agency in AGENCIES),
    ]


def plan_of(inputs: Inputs) -> Plan:
    """The plan of a model: consignments of one container."""
    ones = np.ones(inputs.containers, dtype=np.int64)
    arrivals = Arrivals(inputs.times, ones, {}, inputs.durations)
    return build_plan(tree(inputs.model), arrivals, resources(inputs.model))


def mean_by(engine: str, inputs: Inputs) -> float:
    """Mean time in the system (minutes), by one of the engines of onestop."""
    plan = plan_of(inputs)
    return float(np.mean(simulate(plan, engine).done - plan.time))


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes), by the reference engine."""
    return mean_by("reference", inputs)


def events(inputs: Inputs) -> int:
    """How many events the reference engine schedules in SimPy."""
    clock = Clock()
    run(plan_of(inputs), clock)
    return next(clock._eid)
