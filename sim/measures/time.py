"""Time: clearance, release, total, preparation, and waiting and work by stage. Hours."""

from __future__ import annotations

import numpy as np

from sim.eventlog import logged
from sim.measures.binding import binding
from sim.measures.record import Floats, Measured, Record

CLOCKS = ("clearance", "release", "total")
WITHIN = (24, 48, 72)
STEP = ("stage", "agency", "site")
QUANTILES = (("p50", 0.50), ("p90", 0.90), ("p95", 0.95))


def clock_hours(m: Measured) -> dict[str, Floats]:
    """clock -> float64[n] hours; +inf where the consignment was still open at the run's end.

    clearance: from lodged and discharged to the last release. release: from the vessel's arrival
    to the last release. total: from arrival to the gate.
    """
    t = m.traffic
    hours = {"clearance": m.released - t.clock_start, "release": m.released - t.arrival,
             "total": m.log.done - t.arrival}
    return {name: np.where(np.isnan(h), np.inf, np.maximum(h, 0.0) / 60.0)
            for name, h in hours.items()}


def measure_time(m: Measured, record: Record) -> None:
    """time.CLOCK.GROUP.*, time.prepare.GROUP.mean, time.stage.STAGE.GROUP.waiting|working."""
    hours = clock_hours(m)
    start = {"clearance": m.traffic.clock_start, "release": m.traffic.arrival,
             "total": m.traffic.arrival}
    for clock in CLOCKS:
        known = hours[clock]
        # The time that an open consignment has spent so far is a lower bound of its time.
        bound = np.where(np.isinf(known), (m.log.stopped - start[clock]) / 60.0, known)
        for segment, mask in m.segments():
            key = f"time.{clock}.{segment}"
            chosen = np.flatnonzero(mask)
            n, values = len(chosen), known[chosen]
            label = "lower bound" if np.isinf(values).any() else ""
            record.ratio(f"{key}.mean", bound[chosen].sum(), n, "h", label)
            record.samples[key] = values
            for name, q in QUANTILES:
                record.quantile(f"{key}.{name}", key, q, "h")
            for limit in WITHIN:
                record.ratio(f"{key}.within_{limit}h", int((values <= limit).sum()), n, "1")
            if clock == "clearance":
                promised = m.scenario.service.within / 60.0
                record.ratio(f"{key}.within_service", int((values <= promised).sum()), n, "1")
    prepare = m.fields * (m.scenario.costs.field_time / 60.0)
    for segment, mask in m.segments():
        if not segment.endswith(".routine"):
            record.ratio(f"time.prepare.{segment}.mean", prepare[mask].sum(), mask.sum(), "h",
                         "input")


def stage_table(m: Measured) -> dict[str, np.ndarray]:
    """One row per group and step (stage, agency, site): passages, hours of waiting and of work,
    hours in which the step bound the release, consignments of the group.

    Work is the time that the step takes by itself; everything else between asking for it and its
    end is waiting, pauses at the end of a shift included.
    """
    rows = np.flatnonzero(m.cohort[m.log.consignment] & ~np.isnan(m.log.end))
    nodes = [step.node for step in m.run.plan.steps]
    labels = [tuple(getattr(node, name, "") for name in STEP) for node in nodes]
    steps = list(dict.fromkeys(labels))
    code = np.array([steps.index(label) for label in labels])
    of_row = m.group[m.log.consignment] * len(steps) + code[m.log.node]
    size = len(m.groups) * len(steps)
    cell, work = of_row[rows], m.work[rows] / 60.0
    spent = (m.log.end - m.log.enabled)[rows] / 60.0
    bound = binding(m)
    sums = {
        "waiting_h": np.bincount(cell, weights=spent - work, minlength=size),
        "working_h": np.bincount(cell, weights=work, minlength=size),
        "binding_waiting_h": np.bincount(of_row[bound.row], bound.waiting, size) / 60.0,
        "binding_working_h": np.bincount(of_row[bound.row], bound.working, size) / 60.0,
    }
    passages = np.bincount(cell, minlength=size)
    members = np.bincount(m.group[m.cohort], minlength=len(m.groups))
    kept = np.flatnonzero(passages)
    group, step = kept // len(steps), kept % len(steps)
    return {
        "group": np.array([m.groups[i] for i in group], dtype=object),
        **{name: np.array([steps[i][k] for i in step], dtype=object)
           for k, name in enumerate(STEP)},
        "consignments": members[group].astype(np.int64),
        "visits": passages[kept].astype(np.int64),
        **{name: values[kept] for name, values in sums.items()},
    }


def measure_stages(m: Measured, record: Record, table: dict[str, np.ndarray]) -> None:
    """time.stage.STAGE.GROUP.waiting|working: hours per passage through the stage."""
    # All stages of the tree, so that every replication has the same measures.
    stages = list(dict.fromkeys(step.node.stage for step in logged(m.run.plan)))  # type: ignore
    for segment, _ in m.segments():
        if segment.endswith(".routine"):
            continue
        for stage in stages:
            rows = table["stage"] == stage
            if segment != "all":
                rows &= table["group"] == segment
            passages = table["visits"][rows].sum()
            for kind in ("waiting", "working"):
                record.ratio(f"time.stage.{stage}.{segment}.{kind}",
                             table[f"{kind}_h"][rows].sum(), passages, "h")
