"""Traffic from a port's own log: what the old regime did not cause is taken, the rest is drawn."""

from __future__ import annotations

import os
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, InputError
from scenarios.ids import DEPTHS
from scenarios.load import log_path
from scenarios.schema.scenario import WEEK, Scenario
from sim.distributions import on_clock, pick, times
from sim.portlog.columns import LogFormat
from sim.portlog.trace import Trace, read_trace
from sim.traffic.drawn import Draws, draw_attributes, keep_consignments
from sim.traffic.lodging import lodge
from sim.traffic.selection import draw_depths, draw_selection
from sim.traffic.tables import Floats, Ints, Traffic


@lru_cache(maxsize=4)
def _read(path: Path, modified: float, columns: tuple[tuple[str, str], ...],
          values: tuple[tuple[str, tuple[tuple[str, str], ...]], ...],
          encoding: str | None) -> Trace:
    form = LogFormat(dict(columns), {k: dict(v) for k, v in values}, encoding)
    return read_trace(path, form)


def trace_of(scenario: Scenario) -> Trace:
    """The log of a scenario, read once per process. Raises InputError."""
    path = log_path(scenario.traffic.log or "")
    if not os.path.isfile(path):
        what = "is a folder, not a log" if os.path.isdir(path) else "is not a file" if (
            os.path.exists(path)) else "no such log"
        raise InputError(Fault(what, key="traffic.log", found=str(path),
                               allowed="a .csv or .csv.gz file"))
    traffic = scenario.traffic
    return _read(path, path.stat().st_mtime, tuple(traffic.columns.items()),
                 tuple((k, tuple(v.items())) for k, v in traffic.values.items()),
                 traffic.encoding)


def trace_traffic(scenario: Scenario, seed: int, replication: int) -> Traffic:
    """The log's consignments with their boxes; blanks and all durations are drawn."""
    trace = trace_of(scenario)
    draw = Draws(seed, replication)
    _check_values(scenario, trace)
    _, first_row, owner = np.unique(trace.declaration, return_index=True, return_inverse=True)
    order = np.argsort(first_row, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    owner = rank[owner]
    rows = np.argsort(owner, kind="stable")
    first = first_row[order]
    start, measured = window(scenario, trace)
    arrival = _minutes(trace.arrival[first], start)
    n = len(first)
    drawn, values = draw_attributes(scenario, draw, n)
    discharged = np.maximum(_minutes(trace.discharged[first], start), arrival)
    blank = np.isnan(discharged)
    discharged[blank] = on_clock(
        arrival + times(scenario.traffic.discharge, draw("discharge", n)))[blank]
    lodged = np.maximum(_minutes(trace.lodged[first], start), 0.0)
    blank = np.isnan(lodged)
    lodged[blank] = lodge(scenario, draw, arrival, discharged, start)[blank]
    warm, horizon = scenario.run.warmup, scenario.run.warmup + measured
    traffic = Traffic(start, warm, horizon, horizon + scenario.run.drain, arrival, discharged,
                      lodged, _attributes(trace, first, drawn, values), values, {},
                      owner[rows], trace.size[rows].astype(np.int64), np.zeros(len(rows), bool),
                      {}, {}, trace.container[rows].tolist(), trace.declaration[first].tolist(),
                      trace.account)
    _fill_boxes(scenario, draw, trace, rows, traffic)
    if scenario.selection.simulate == "selected":
        traffic = _only_selected(traffic)
    if not traffic.cohort.any():
        raise InputError(Fault("no selected consignment of the log falls in the measured weeks",
                               key="traffic.log", found=str(scenario.traffic.log)))
    return traffic


def window(scenario: Scenario, trace: Trace) -> tuple[date, float]:
    """(start, measured minutes): as the scenario says, or from the log's first Monday to the end
    of the last whole week in which a vessel arrived."""
    run = scenario.run
    if run.start is not None and run.measured is not None:
        return run.start, run.measured
    earliest = trace.arrival.min().astype("datetime64[D]").astype(date)
    start = earliest - timedelta(earliest.weekday())
    span = float(_minutes(trace.arrival.max()[None], start)[0])
    weeks = int(span // WEEK) + 1
    return start, max(weeks * WEEK - run.warmup, WEEK)


def _minutes(stamps: NDArray[np.datetime64], start: date) -> Floats:
    """float64 minutes since the start's midnight, NaN for NaT."""
    seconds = (stamps - np.datetime64(start, "s")).astype(np.float64)
    return np.where(np.isnat(stamps), np.nan, on_clock(seconds / 60.0))


def _check_values(scenario: Scenario, trace: Trace) -> None:
    """Refuses a log's attribute that the scenario does not have, or a value that it cannot have."""
    faults = []
    for name, texts in trace.attributes.items():
        if name not in scenario.traffic.attributes:
            faults.append(Fault("the scenario has no such attribute",
                                key=f"traffic.columns.attribute.{name}",
                                allowed=", ".join(scenario.traffic.attributes)))
            continue
        attribute = scenario.traffic.attributes[name]
        rows = [attribute.shares] if attribute.shares else list((attribute.table or {}).values())
        known = {value for row in rows for value in row or {}}
        for text in sorted(set(texts.tolist()) - known - {""}):
            faults.append(Fault("a value of the log that the scenario does not know",
                                key=f"traffic.values.attribute.{name}", found=text,
                                allowed=", ".join(sorted(known))))
    for kind in ("selected", "depth"):
        for agency in getattr(trace, kind):
            if agency not in scenario.agencies:
                faults.append(Fault("unknown agency", key=f"traffic.columns.{kind}.{agency}",
                                    allowed=", ".join(scenario.agencies)))
    if faults:
        raise InputError(faults)


def _attributes(trace: Trace, first: Ints, drawn: dict[str, Ints],
                values: dict[str, list[str]]) -> dict[str, Ints]:
    """Codes by consignment: the log's value where there is one, the drawn one elsewhere."""
    result = dict(drawn)
    for name, texts in trace.attributes.items():
        code = {value: i for i, value in enumerate(values[name])}
        known = np.array([code.get(text, -1) for text in texts[first]], dtype=np.int64)
        result[name] = np.where(known >= 0, known, drawn[name])
    return result


def _fill_boxes(scenario: Scenario, draw: Draws, trace: Trace, rows: Ints,
                traffic: Traffic) -> None:
    """Sizes, selections and depths of the boxes; what the log leaves blank is drawn."""
    total, n = len(rows), len(traffic.arrival)
    sizes = np.array([int(size) for size in scenario.traffic.sizes])
    some = sizes[pick(scenario.traffic.sizes, draw("size", total))]
    traffic.size = np.where(traffic.size > 0, traffic.size, some)
    traffic.reefer = draw("reefer", total) < scenario.traffic.reefer
    traffic.selected = draw_selection(scenario, draw, traffic)
    logged = {agency: trace.selected[agency][rows] for agency in trace.selected}
    for agency, flags in logged.items():
        yes = np.zeros(n, dtype=bool)
        yes[traffic.owner[flags == 1]] = True
        known = np.zeros(n, dtype=bool)
        known[traffic.owner[flags >= 0]] = True
        traffic.selected[agency] = np.where(known, yes, traffic.selected[agency])
    draw_depths(scenario, draw, traffic)
    for agency, flags in logged.items():
        examined = np.where(flags >= 0, flags == 1, traffic.examined[agency])
        examined &= traffic.selected[agency][traffic.owner]
        drawn = traffic.depth[agency]
        codes = _drawn_depths(scenario, draw, agency, total)
        drawn = np.where(drawn >= 0, drawn, codes)
        if agency in trace.depth:
            index = {depth: i for i, depth in enumerate(DEPTHS)}
            known = np.array([index.get(text, -1) for text in trace.depth[agency][rows]])
            drawn = np.where(known >= 0, known, drawn)
        traffic.examined[agency] = examined
        traffic.depth[agency] = np.where(examined, drawn, -1)


def _drawn_depths(scenario: Scenario, draw: Draws, agency: str, total: int) -> Ints:
    shares = scenario.agencies[agency].depths
    codes = np.array([DEPTHS.index(depth) for depth in shares])
    return codes[pick(shares, draw(f"depth.{agency}", total))]


def _only_selected(traffic: Traffic) -> Traffic:
    """Without the consignments that no agency selected, and without their boxes."""
    kept = np.any(list(traffic.selected.values()), axis=0)
    boxes = kept[traffic.owner]
    result = keep_consignments(traffic, kept)
    number = np.cumsum(kept) - 1
    result.owner = number[traffic.owner[boxes]]
    result.size, result.reefer = traffic.size[boxes], traffic.reefer[boxes]
    result.examined = {k: v[boxes] for k, v in traffic.examined.items()}
    result.depth = {k: v[boxes] for k, v in traffic.depth.items()}
    result.container_id = [c for c, keep in zip(traffic.container_id, boxes, strict=True) if keep]
    result.declaration = [d for d, keep in zip(traffic.declaration, kept, strict=True) if keep]
    return result
