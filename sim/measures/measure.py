"""One replication of one scenario: simulate, check, measure."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from scenarios.load import Loaded, restore, with_values
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.measures.area import measure_area, occupancy_table
from sim.measures.control import measure_control
from sim.measures.cost import ledger_table, measure_cost
from sim.measures.labour import Labour, measure_counts, measure_labour
from sim.measures.ledger import Ledger
from sim.measures.record import Measured, Record
from sim.measures.time import clock_hours, measure_stages, measure_time, stage_table
from sim.measures.use import measure_flow, measure_use
from sim.ports import PortRun, companion_of, port_run, uncapacitated
from sim.replication import Replication


def measure_run(scenario: Loaded, seed: int = 1, replication: int = 0, *, engine: str = "auto",
                events: bool = True, companion: bool = True, limits: bool = True) -> Replication:
    """Simulates one replication, with its companion run for area, and measures it.

    Every run is checked against the laws that hold for any run (conservation, capacity, shifts,
    monotone stamps); a breach raises. events: keep the event log as a table. limits: as the port
    has them, or without any (`uncapacitated`).
    """
    with few_collections():
        run = port_run(scenario, seed, replication)
        if not limits:
            run = uncapacitated(run)
        log = simulate(run.plan, engine)
        beside = None
        if companion:
            other = companion_of(run)
            other_log = simulate(other.plan, engine)
            beside = Measured(other, other_log, seed, replication)
    return measure(run, log, seed=seed, replication=replication, companion=beside, events=events)


@contextmanager
def few_collections() -> Iterator[None]:
    """Rarer garbage collection: a run makes millions of short-lived objects, few of them in
    cycles, and looking for those took a sixth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def measure(run: PortRun, log: EventLog, *, seed: int = 1, replication: int = 0,
            companion: Measured | None = None, events: bool = False) -> Replication:
    """All measures of a finished run; without a companion run those of required area are left out.
    """
    m, record = Measured(run, log, seed, replication), Record()
    labour = Labour(m)
    ledger = Ledger(m, labour)
    stages = stage_table(m)
    measure_time(m, record)
    measure_cost(m, ledger, record)
    measure_area(m, companion, record)
    measure_labour(m, labour, record)
    measure_counts(m, record)
    measure_stages(m, record, stages)
    measure_use(m, record)
    measure_flow(m, record)
    measure_control(m, record, seed, replication)
    hours = clock_hours(m)
    tables = {"distributions": distribution_table(m, hours), "stages": stages,
              "ledger": ledger_table(m, ledger)}
    if replication == 0:
        runs = {"actual": m} | ({"unlimited": companion} if companion else {})
        tables["occupancy"] = occupancy_table(runs)
    if events:
        tables["events"] = event_table(m)
    return Replication(
        scenario=run.scenario.name, replication=replication, sums=record.sums,
        samples=record.samples, estimands=record.estimands, units=record.units,
        labels=record.labels,
        cohort={"id": np.flatnonzero(m.cohort), "group": m.group[m.cohort],
                "clearance": hours["clearance"][m.cohort]},
        groups=m.groups, members=int(m.cohort.sum()),
        open=int(np.isinf(hours["total"][m.cohort]).sum()), tables=tables)


@dataclass(frozen=True)
class _Text:
    """A resolved scenario that is equal to another of the same text."""

    text: str
    resolved: dict[str, Any] = field(compare=False)


# The regimes of a study come again with every replication.
@lru_cache(maxsize=16)
def _restored(one: _Text) -> Loaded:
    return restore(one.resolved)


def run_one(payload: dict[str, Any], name: str, replication: int) -> Replication:
    """One job of a study: `payload` is {'scenario': resolved, 'seed', 'engine', 'events', 'area'},
    'uncapacitated' for a twin without limits, and 'values' for a scenario that differs by
    replication: dotted key -> value, for one after the other.
    """
    scenario = _restored(_Text(repr(payload["scenario"]), payload["scenario"]))
    if payload.get("values"):
        scenario = with_values(scenario, payload["values"][replication])
    events = payload["events"] == "all" or (payload["events"] == "first" and replication == 0)
    result = measure_run(scenario, payload["seed"], replication,
                         engine=payload["engine"], events=events,
                         companion=payload.get("area", True),
                         limits=not payload.get("uncapacitated", False))
    result.scenario = name
    return result


def distribution_table(m: Measured, hours: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One row per consignment of the cohort: its group and its three clocks, NaN while open."""
    keep = m.cohort
    names = np.array(m.groups, dtype=object)
    table = {"group": names[m.group[keep]], "routine": m.routine[keep],
             "consignment": np.flatnonzero(keep).astype(np.int64)}
    for clock in ("clearance", "release", "total"):
        values = hours[clock][keep]
        table[f"{clock}_h"] = np.where(np.isinf(values), np.nan, values)
    return table


def event_table(m: Measured) -> dict[str, np.ndarray]:
    """The event log with labels and date-times (local to the scenario's time zone)."""
    log = m.log
    start = np.datetime64(m.traffic.start, "us")

    def stamp(minutes: np.ndarray) -> np.ndarray:
        micro = np.where(np.isnan(minutes), 0.0, minutes) * 60e6
        result = start + np.round(micro).astype("timedelta64[us]")
        result[np.isnan(minutes)] = np.datetime64("NaT")
        return result

    return {
        "consignment": log.consignment, "container": log.container,
        "activity": log.column("stage", object),
        "agency": log.column("agency", object),
        "site": log.column("site", object),
        "resources": log.column("resources", object),
        "attempt": log.column("attempt").astype(np.int32), "enabled_min": log.enabled,
        "start_min": log.start, "end_min": log.end, "start_time": stamp(log.start),
        "end_time": stamp(log.end),
    }
