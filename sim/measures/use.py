"""Use of the resources, the queues in front of them, and the flow."""

from __future__ import annotations

import numpy as np

from sim.measures.record import Floats, Measured, Record, open_before
from sim.process.inputs import UNLIMITED


def measure_use(m: Measured, record: Record) -> None:
    """use.RESOURCE.utilisation|offered and queue.RESOURCE.mean|p95, in open hours."""
    warm, horizon = m.traffic.warm, m.traffic.horizon
    for resource in m.run.plan.resources:
        if resource.capacity == UNLIMITED:
            continue
        shift = None if resource.calendar is None else m.calendars[resource.calendar]
        units = m.log.moves(resource.name).units
        ends = open_before(shift, np.array([warm, horizon]))
        worked = np.clip(m.worked(resource), *ends)
        busy = float(np.sum(-units * worked) + np.sum(units) * ends[1])
        supply = float(ends[1] - ends[0]) * resource.capacity
        name = resource.name
        record.ratio(f"use.{name}.utilisation", busy, supply, "1")
        record.ratio(f"use.{name}.offered", m.run.plan.offered[name], 1.0, "1")
        asked, granted = _requests(m, name)
        waiting = np.clip(open_before(shift, granted), *ends) - np.clip(
            open_before(shift, asked), *ends)
        record.ratio(f"queue.{name}.mean", waiting.sum(), float(ends[1] - ends[0]), "requests")
        hours = np.arange(warm, horizon, 60.0) + 30.0
        if shift is not None:
            i = np.searchsorted(shift.opens, hours, side="right") - 1
            hours = hours[(i >= 0) & (hours < shift.closes[np.maximum(i, 0)])]
        length = np.searchsorted(np.sort(asked), hours, side="right") - np.searchsorted(
            np.sort(granted), hours, side="right")
        record.samples[f"queue.{name}"] = length.astype(np.float64)
        record.quantile(f"queue.{name}.p95", f"queue.{name}", 0.95, "requests")


def _requests(m: Measured, resource: str) -> tuple[Floats, Floats]:
    """When units of a resource were asked for and when they were granted (or the run ended)."""
    index = [r.name for r in m.run.plan.resources].index(resource)
    asked, granted = [np.empty(0)], [np.empty(0)]
    for step in m.run.plan.steps:
        for place, chain in enumerate(step.seize):
            if not any(demand.resource == index for demand in chain):
                continue
            before = (m.log.granted[step.number, place - 1] if place
                      else m.log.of(step.number, "enabled"))
            known = ~np.isnan(before)
            after = m.log.granted[step.number, place]
            asked.append(before[known])
            granted.append(np.where(np.isnan(after), m.log.stopped, after)[known])
    return np.concatenate(asked), np.concatenate(granted)


def measure_flow(m: Measured, record: Record) -> None:
    """flow.* a week, flow.unfinished, shares of joint consignments matched and recognised."""
    boxes = m.cohort[m.traffic.owner]
    record.ratio("flow.consignments", m.cohort.sum(), m.weeks, "a week", "input")
    record.ratio("flow.containers", boxes.sum(), m.weeks, "a week", "input")
    record.ratio("flow.teu", m.traffic.teu[boxes].sum(), m.weeks, "a week", "input")
    record.ratio("flow.unfinished", (m.cohort & np.isnan(m.log.done)).sum(), m.cohort.sum(), "1")
    joint = m.cohort & (m.group == len(m.groups) - 1)
    recognised = np.any([outcome == 1 for outcome in m.columns.outcome.values()], axis=0)
    together = np.zeros(len(m.cohort), dtype=bool)
    together[m.traffic.owner[m.columns.container["joint"] > 0]] = True
    record.ratio("flow.joint.recognised_share", (joint & recognised).sum(), joint.sum(), "1")
    record.ratio("flow.joint.together_share", (joint & together).sum(), joint.sum(), "1")
