"""Runs of a fitted port with other numbers of staff and places, each summarised as its log is.

Every run meets the log's own traffic, draws its durations anew, and takes the other parameters from
another draw of their uncertainty. Of its stamps those are blanked that the log lacks too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing import get_context
from typing import Any

import numpy as np

from calibration.estimates import Estimate, generator
from calibration.records import BLANK, Floats, Ints, Records
from calibration.replay_traffic import traffic_of_records
from calibration.simulated import records_of
from calibration.summaries import WEEK, port_of, summarise
from scenarios.errors import InputError
from scenarios.load import Loaded, restore
from sim.engines import prepare, simulate
from sim.ports import port_run

WARM = 2.0 * WEEK
"""Before the part of a log that is compared, so that runs, which begin with an empty port, fill."""

MOST = 4000
"""Containers of that part: its busiest weeks, because they tell the most."""

Numbers = Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Part:
    """The weeks of a log that runs are compared on.

    traffic: its consignments, from WARM before; shown: the same as the log looked at `until`;
    since, until: minutes between which what is ready counts.
    """

    traffic: Records
    shown: Records
    since: float
    until: float


def part_of(records: Records, most: int = MOST) -> Part:
    """The busiest weeks in a row with at most so many containers; all, if they are no more.

    The first weeks of the log, in which a run has to fill the port, never count.
    """
    arrival = records.of_consignments("arrival")
    first = records.since + min(WARM, 0.2 * (records.until - records.since))
    edges = np.arange(first, records.until - WEEK + 1.0, WEEK)
    since, until = first, records.until
    if len(records) > most and len(edges) > 2:
        week = np.searchsorted(edges, arrival, side="right") - 1
        boxes = np.bincount(week[week >= 0], records.boxes[week >= 0], len(edges))
        total = np.append(0.0, np.cumsum(boxes))
        weeks = max(int(len(edges) * most / max(total[-1], 1.0)), 2)
        if weeks < len(edges):
            place = int(np.argmax(total[weeks:] - total[:-weeks]))
            since, until = float(edges[place]), float(edges[place] + weeks * WEEK)
    here = (arrival >= since - WARM) & (arrival < until)
    if since == first:
        here = ~(arrival >= until)
    traffic = records.take(here, since=max(since - WARM, 0.0), until=None)
    traffic = replace(traffic, until=until)
    shown = traffic.take(np.ones(len(traffic.first), dtype=bool), until=until)
    return Part(traffic, shown, since, until)


@dataclass(frozen=True, eq=False)
class Bench:
    """What every run needs, the same in every process."""

    resolved: dict[str, Any]
    estimates: tuple[Estimate, ...]
    part: Part
    seed: int
    told: Numbers

    @cached_property
    def gangs(self) -> dict[str, list[str]]:
        """Site -> the keys of the gangs that work there: slots follow them."""
        sites = self.resolved["layout"]["separate"]["sites"]
        return {name: [f"layout.separate.gangs.{agency}" for agency in site["agencies"]]
                for name, site in sites.items()}

    def scenario(self, draw: int, numbers: Numbers) -> Loaded:
        """The scenario with some numbers, and one draw of its other parameters."""
        numbers = {**self.told, **numbers}
        for site, gangs in self.gangs.items():
            key = f"layout.separate.sites.{site}.slots"
            numbers.setdefault(key, sum(numbers[gang] for gang in gangs))
        drawn = {e.key: e.draws[draw % len(e.draws)] for e in self.estimates if len(e.draws)}
        try:
            scenario = restore(with_values(self.resolved, drawn))
        except InputError:
            # Draws of single parameters need not fit together.
            scenario = restore(self.resolved)
        return with_layout(scenario, numbers)

    def run(self, number: int, numbers: Numbers) -> Floats:
        """The summaries of one run; NaN of one that cannot be run."""
        scenario, part = self.scenario(number, numbers), self.part
        order = _mixed(part.traffic, generator(self.seed, f"order.{number}"))
        traffic = traffic_of_records(reordered(part.traffic, order), scenario, self.seed, number)
        traffic = replace(traffic, horizon=part.until, cap=part.until)
        run = port_run(scenario, self.seed, number, traffic=traffic)
        log = simulate(run.plan)
        until = min(part.until, log.stopped)
        records = records_of(run, log, since=0.0, until=until)
        # Records stand in the order of arrival, and those that arrive together in the traffic's.
        shown = reordered(part.shown, order[np.argsort(traffic.arrival, kind="stable")])
        return summarise(as_dirty(records, shown), port_of(scenario, traffic), part.since).values


def _mixed(records: Records, draw: np.random.Generator) -> Ints:
    """int64[n]: the consignments of each week in another order.

    Of requests at the same instant, as at the opening of the evening's moves, the model serves the
    lower number first. Numbers in the order of arrival would let every box that goes back before
    those that come in; at a port they are as it happens.
    """
    arrival = np.nan_to_num(records.of_consignments("arrival"), nan=records.since)
    return np.argsort(np.floor(arrival / WEEK) + draw.random(len(arrival)), kind="stable")


def reordered(records: Records, order: Ints) -> Records:
    """The consignments of the records in another order (int64[n]), without their names."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows = np.argsort(place[records.consignment], kind="stable")
    return replace(
        records, consignment=place[records.consignment[rows]], size=records.size[rows],
        attributes={k: v[rows] for k, v in records.attributes.items()},
        selected={k: v[rows] for k, v in records.selected.items()},
        depth={k: v[rows] for k, v in records.depth.items()},
        seconds={k: v[rows] for k, v in records.seconds.items()},
        container=records.container[:0], declaration=records.declaration[:0])


def as_dirty(records: Records, shown: Records) -> Records:
    """Records of a simulated run without the stamps that the log of the same boxes, in the same
    order, lacks."""
    if len(records) != len(shown):
        return records
    seconds = {name: np.where(shown.seconds[name] == BLANK, BLANK, column).astype(np.int32)
               for name, column in records.seconds.items() if name in shown.seconds}
    return replace(records, seconds=seconds)


def with_layout(scenario: Loaded, numbers: Numbers) -> Loaded:
    """The scenario with other numbers at keys of `layout.separate`. Whether they fit the areas and
    the plans of the port is not asked: those are not what the log is of."""
    separate = scenario.layout.separate
    changes: dict[str, Any] = {}
    sites = dict(separate.sites)
    for key, number in numbers.items():
        kind, *inner = key.removeprefix("layout.separate.").split(".")
        if kind == "sites":
            sites[inner[0]] = sites[inner[0]].model_copy(update={inner[1]: number})
        elif inner:
            table = changes.setdefault(kind, dict(getattr(separate, kind)))
            table[inner[0]] = number
        else:
            changes[kind] = number
    separate = separate.model_copy(update={**changes, "sites": sites})
    layout = scenario.layout.model_copy(update={"separate": separate})
    return scenario.model_copy(update={"layout": layout})


def with_values(resolved: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A scenario's data with other values at some dotted keys (numbers count along lists)."""
    data = copy.deepcopy(resolved)
    for key, value in values.items():
        *above, last = key.split(".")
        node: Any = data
        for name in above:
            node = node[int(name)] if isinstance(node, list) else node.setdefault(name, {})
        if isinstance(node, list):
            node[int(last)] = value
        else:
            node[last] = value
    return data


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs the points of designs, in this process or in several; the same either way."""

    bench: Bench
    workers: int
    pool: ProcessPoolExecutor | None

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)

    def __call__(self, keys: Sequence[str], points: Ints, first: int,
                 tell: Callable[[], None]) -> Floats:
        """float64[n, k]: the summaries at each point. first: number of the first run."""
        jobs = [(first + i, {key: int(n) for key, n in zip(keys, point, strict=True)})
                for i, point in enumerate(points)]
        values = []
        for value in self._each(jobs):
            values.append(value)
            tell()
        return np.array(values)

    def _each(self, jobs: list[tuple[int, dict[str, int]]]) -> Iterator[Floats]:
        if self.pool is None:
            return (self.bench.run(*job) for job in jobs)
        return self.pool.map(_run, *zip(*jobs, strict=True), chunksize=4)


def open_runs(bench: Bench, workers: int) -> Runs:
    """Makes the processes ready; leave the context to end them."""
    prepare("compiled")
    if workers <= 1:
        return Runs(bench, 1, None)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (bench,))
    return Runs(bench, workers, pool)


_BENCH: list[Bench] = []


def _begin(bench: Bench) -> None:
    _BENCH[:] = [bench]


def _run(number: int, numbers: dict[str, int]) -> Floats:
    return _BENCH[0].run(number, numbers)
