"""Time: clearance, release, total, preparation, and waiting and work by stage. Hours."""

from __future__ import annotations

import numpy as np

from sim.eventlog import logged
from sim.measures.record import Floats, Measured, Record

CLOCKS = ("clearance", "release", "total")
WITHIN = (24, 48, 72)
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
            n = int(mask.sum())
            label = "lower bound" if np.isinf(known[mask]).any() else ""
            record.ratio(f"{key}.mean", bound[mask].sum(), n, "h", label)
            record.samples[key] = known[mask]
            for name, q in QUANTILES:
                record.quantile(f"{key}.{name}", key, q, "h")
            for limit in WITHIN:
                record.ratio(f"{key}.within_{limit}h", int((known[mask] <= limit).sum()), n, "1")
            if clock == "clearance":
                promised = m.scenario.service.within / 60.0
                record.ratio(f"{key}.within_service", int((known[mask] <= promised).sum()), n,
                             "1")
    prepare = m.fields * (m.scenario.costs.field_time / 60.0)
    for segment, mask in m.segments():
        if not segment.endswith(".routine"):
            record.ratio(f"time.prepare.{segment}.mean", prepare[mask].sum(), mask.sum(), "h",
                         "input")


def stage_table(m: Measured) -> dict[str, np.ndarray]:
    """One row per group and stage: passages, hours of waiting and of work, consignments.

    Work is the time that the stage takes by itself; everything else between asking for it and its
    end is waiting, pauses at the end of a shift included.
    """
    rows = m.cohort[m.log.consignment] & ~np.isnan(m.log.end)
    names, stage = m.log.codes("stage")
    stage = stage[rows]
    group = m.group[m.log.consignment[rows]]
    cell = group * len(names) + stage
    size = len(m.groups) * len(names)
    work = m.work[rows] / 60.0
    spent = (m.log.end - m.log.enabled)[rows] / 60.0
    passages = np.bincount(cell, minlength=size)
    worked = np.bincount(cell, weights=work, minlength=size)
    waited = np.bincount(cell, weights=spent - work, minlength=size)
    members = np.bincount(m.group[m.cohort], minlength=len(m.groups))
    kept = np.flatnonzero(passages)
    return {
        "group": np.array([m.groups[i // len(names)] for i in kept], dtype=object),
        "stage": np.array([names[i % len(names)] for i in kept], dtype=object),
        "consignments": members[kept // len(names)].astype(np.int64),
        "visits": passages[kept].astype(np.int64),
        "waiting_h": waited[kept],
        "working_h": worked[kept],
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
