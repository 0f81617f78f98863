"""The reference engine against a hand-written SimPy model of the same port, in one run.

The serial model: two agencies in turn. At each a container takes a yard slot (of 26), is moved in
(exponential, mean 10 min) by one of 10 shared tractors, examined (exponential, mean 60 min) by one
of 30 shared gangs and one of 15 officers of the agency, moved back, and leaves the slot. Poisson
arrivals, 0.2 per minute. Both models get the same arrivals and durations and run interleaved; what
counts is the ratio of their CPU times, as the absolute figures depend on the machine.

    python -m benchmarks.serial [--containers N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.engines import simulate
from sim.process.plan import Arrivals, Plan, Resource, build_plan
from sim.process.tree import Activity, EachContainer, Need, Node, Sequence

AGENCIES = ("first", "second")
SLOTS, TRACTORS, GANGS, OFFICERS = 26, 10, 30, 15
WORK = {"in": 10.0, "exam": 60.0, "out": 10.0}
RATE = 0.2


@dataclass(frozen=True)
class Traffic:
    """Arrival times and, per agency and piece of work, durations: minutes on the dyadic clock."""

    times: NDArray[np.float64]
    durations: dict[str, NDArray[np.float64]]


def draw(containers: int, seed: int) -> Traffic:
    """Poisson arrivals and exponential durations, rounded to 2**-10 minutes."""
    rng = np.random.Generator(np.random.PCG64(seed))

    def exponential(mean: float) -> NDArray[np.float64]:
        return np.round(-np.log1p(-rng.random(containers)) * mean * 1024) / 1024

    times = np.cumsum(exponential(1 / RATE))
    durations = {
        f"{agency}.{piece}": exponential(mean)
        for agency in AGENCIES for piece, mean in WORK.items()
    }
    return Traffic(times, durations)


def by_hand(traffic: Traffic) -> float:
    """The model as one would write it for itself; returns the mean time in the system."""
    env = simpy.Environment()
    tractors = simpy.Resource(env, TRACTORS)
    gangs = simpy.Resource(env, GANGS)
    slots = {agency: simpy.Resource(env, SLOTS) for agency in AGENCIES}
    officers = {agency: simpy.Resource(env, OFFICERS) for agency in AGENCIES}
    durations = {name: values.tolist() for name, values in traffic.durations.items()}
    sojourns: list[float] = []

    def container(number: int) -> Generator[simpy.Event, None, None]:
        arrived = env.now
        for agency in AGENCIES:
            with slots[agency].request() as slot:
                yield slot
                with tractors.request() as tractor:
                    yield tractor
                    yield env.timeout(durations[f"{agency}.in"][number])
                with gangs.request() as gang:
                    yield gang
                    with officers[agency].request() as officer:
                        yield officer
                        yield env.timeout(durations[f"{agency}.exam"][number])
                with tractors.request() as tractor:
                    yield tractor
                    yield env.timeout(durations[f"{agency}.out"][number])
        sojourns.append(env.now - arrived)

    def source() -> Generator[simpy.Event, None, None]:
        for number, arrival in enumerate(traffic.times.tolist()):
            yield env.timeout(arrival - env.now)
            env.process(container(number))

    env.process(source())
    env.run()
    return statistics.fmean(sojourns)


def tree() -> Node:
    """The same model as a process tree."""
    pieces: list[Node] = []
    for agency in AGENCIES:
        slot, officer = Need(f"slot.{agency}"), Need(f"officer.{agency}")
        tractor, gang = Need("tractor"), Need("gang")
        pieces += [
            Activity("move-in", f"{agency}.in", ((slot,), (tractor,)), (tractor,)),
            Activity("exam", f"{agency}.exam", ((gang,), (officer,)), (officer, gang)),
            Activity("move-out", f"{agency}.out", ((tractor,),), (tractor, slot)),
        ]
    return EachContainer(Sequence(tuple(pieces)))


def plan_of(traffic: Traffic) -> Plan:
    """The plan of the serial model: consignments of one container."""
    resources = [Resource("tractor", TRACTORS), Resource("gang", GANGS)]
    for agency in AGENCIES:
        resources += [Resource(f"slot.{agency}", SLOTS), Resource(f"officer.{agency}", OFFICERS)]
    ones = np.ones(len(traffic.times), dtype=np.int64)
    return build_plan(tree(), Arrivals(traffic.times, ones, {}, traffic.durations), resources)


def measure(containers: int, rounds: int, seed: int) -> dict[str, float]:
    """CPU microseconds per container of both, medians over interleaved rounds, and their ratio.

    The engine's time includes its checks of the finished run; building the plan is shown apart.
    """
    traffic = draw(containers, seed)
    hand, engine, building = [], [], []
    for _ in range(rounds):
        begin = time.process_time()
        mean_by_hand = by_hand(traffic)
        middle = time.process_time()
        plan = plan_of(traffic)
        built = time.process_time()
        log = simulate(plan, "reference")
        end = time.process_time()
        hand.append(middle - begin)
        building.append(built - middle)
        engine.append(end - built)
    scale = 1e6 / containers
    return {
        "containers": containers,
        "by_hand_us": statistics.median(hand) * scale,
        "engine_us": statistics.median(engine) * scale,
        "plan_us": statistics.median(building) * scale,
        "ratio": statistics.median(engine) / statistics.median(hand),
        "mean_by_hand": mean_by_hand,
        "mean_engine": float(np.mean(log.done - plan.time)),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--containers", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    result = measure(options.containers, options.rounds, options.seed)
    if options.json:
        print(json.dumps(result))
    else:
        print(f"serial model, {options.containers} containers, median of {options.rounds} rounds")
        print(f"  hand-written SimPy   {result['by_hand_us']:7.1f} us CPU per container, "
              f"mean time in system {result['mean_by_hand']:.2f} min")
        print(f"  reference engine     {result['engine_us']:7.1f} us CPU per container, "
              f"mean time in system {result['mean_engine']:.2f} min "
              f"(and {result['plan_us']:.1f} us for the plan)")
        print(f"  ratio                {result['ratio']:7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
