"""Yard area: what is occupied, what is required, where boxes are kept waiting for a place.

A box counts once, where it stands: in the buffer from the end of its move in until it is put into
a slot, in the slot until it is restuffed (or leaves), and in the buffer again. The area required
comes from a companion run with unlimited places and slots and the same gangs and officers; a box
enters a slot only when a gang is ready for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.distributions import TICK
from sim.measures.record import Floats, Measured, Record

DAY = 1440.0


@dataclass
class Occupancy:
    """Piecewise constant numbers in one yard: value i holds from time i until time i + 1."""

    time: Floats
    slots: Floats
    buffer: Floats
    area: Floats

    def peaks(self, edges: Floats) -> dict[str, Floats]:
        """The maximum of each number within [edges[i], edges[i + 1])."""
        at_edge = np.searchsorted(self.time, edges[:-1], side="right") - 1
        points = np.searchsorted(self.time, edges, side="left")
        some = np.flatnonzero(points[1:] > points[:-1])
        result = {}
        for name in ("slots", "buffer", "area"):
            values = getattr(self, name)
            peak = values[at_edge].copy()
            if len(some):
                within = np.maximum.reduceat(values[:points[-1]], points[some])
                peak[some] = np.maximum(peak[some], within)
            result[name] = peak
        return result

    def integral(self, begin: float, end: float) -> float:
        """Square-metre minutes in [begin, end)."""
        edges = np.clip(np.append(self.time, np.inf), begin, end)
        return float(np.sum(self.area * np.diff(edges)))


def occupancy(m: Measured, site: str) -> Occupancy:
    """The yard's occupancy over the whole run, without its fixed part."""
    yard = m.scenario.yard
    kept = yard.return_place == "kept"
    moves = (("move-in", "end", 0, 1), ("slotting", "start", 1, -1),
             ("restuffing", "end", -1 if kept else 0, 1 if kept else 0),
             ("move-back", "start", 0 if kept else -1, -1 if kept else 0))
    keys = []
    for number, (stage, stamp, _, _) in enumerate(moves):
        t = getattr(m.log, stamp)[m.rows(stage, site=site)]
        # Minute and kind of move in one whole number: numpy sorts numbers faster than it ranks.
        keys.append((t[~np.isnan(t)] * TICK).astype(np.int64) * len(moves) + number)
    found = np.sort(np.concatenate(keys))
    ticks, kind = np.divmod(found, len(moves))
    last = np.append(ticks[1:] != ticks[:-1], True)[:len(ticks)]
    changes = np.array([move[2:] for move in moves], dtype=np.float64)
    in_slots, in_buffer = (np.append(0.0, np.cumsum(changes[kind, i])[last]) for i in (0, 1))
    return Occupancy(np.append(-1.0, ticks[last] / TICK), in_slots, in_buffer,
                     in_slots * yard.slot + in_buffer * yard.buffer)


def operating_days(m: Measured) -> Floats:
    """First minutes of the days within the measured weeks on which the gangs work."""
    calendar = m.calendars[m.scenario.layout.separate.gang_calendar]
    days = np.unique(np.floor(calendar.opens / DAY)) * DAY
    return days[(days >= m.traffic.warm) & (days < m.traffic.horizon)]


def day_peaks(m: Measured, site: str) -> dict[str, Floats]:
    """Peaks of slots, buffer and area on every operating day."""
    days = operating_days(m)
    edges = np.unique(np.concatenate([days, days + DAY]))
    peaks = occupancy(m, site).peaks(edges)
    wanted = np.isin(edges[:-1], days)
    return {name: values[wanted] for name, values in peaks.items()}


def measure_area(m: Measured, companion: Measured | None, record: Record) -> None:
    """area.*, backlog.SITE.close. Without a companion run, area.required is left out."""
    sites = m.run.layout.sites
    for name, site in sites.items():
        record.constant(f"area.{name}.size", site.area, "m2")
        if companion is not None:
            peaks = day_peaks(companion, name)
            record.samples[f"area.{name}.peak"] = peaks["area"]
            record.quantile(f"area.{name}.required", f"area.{name}.peak",
                            m.scenario.yard.area_quantile, "m2", offset=site.fixed)
            for part in ("slots", "buffer"):
                record.samples[f"area.{name}.{part}"] = peaks[part]
                record.quantile(f"area.{name}.{part}.p95", f"area.{name}.{part}", 0.95, "places")
        _measure_use(m, name, site.area, site.fixed, record)
    record.constant("area.size", sum(site.area for site in sites.values()), "m2")
    if companion is not None:
        record.total("area.required", [f"area.{name}.required" for name in sites], "m2")


def _measure_use(m: Measured, name: str, size: float, fixed: float, record: Record) -> None:
    warm, horizon = m.traffic.warm, m.traffic.horizon
    span = horizon - warm
    used = occupancy(m, name).integral(warm, horizon) + fixed * span
    record.ratio(f"area.{name}.utilisation", used, size * span, "1")
    rows = m.rows("admission", site=name)
    rows = rows[m.cohort[m.log.consignment[rows]]]
    granted = np.where(np.isnan(m.log.start[rows]), m.log.stopped, m.log.start[rows])
    waits = (granted - m.log.enabled[rows]).sum() / 60.0
    record.ratio(f"area.{name}.blocked_hours", waits, m.weeks, "box-hours a week")
    closing = _closings(m)
    arrived = np.sort(m.log.end[m.rows("move-in", site=name)])
    begun = np.sort(_begun(m, name))
    backlog = np.searchsorted(arrived, closing, side="right") - np.searchsorted(
        begun, closing, side="right")
    record.ratio(f"backlog.{name}.close", backlog.sum(), len(closing), "boxes")


def _begun(m: Measured, site: str) -> Floats:
    """When each stay in a yard saw its first devanning begin, of those that did."""
    rows = m.begun("devanning", site=site)
    begun = m.log.start[rows]
    regime = m.scenario.regime
    if regime.appointment == "single" and regime.examination == "serial":
        # One stay for all examinations: only its first one ends the wait.
        first = np.full(len(m.traffic.owner), np.inf)
        np.minimum.at(first, m.log.container[rows], begun)
        return first[np.isfinite(first)]
    return begun


def _closings(m: Measured) -> Floats:
    """The last closing of the gangs on every operating day."""
    calendar = m.calendars[m.scenario.layout.separate.gang_calendar]
    day = np.floor(calendar.opens / DAY)
    last = np.append(day[1:] != day[:-1], True)
    closes = calendar.closes[last]
    return closes[(closes >= m.traffic.warm) & (closes < m.traffic.horizon)]


def occupancy_table(runs: dict[str, Measured]) -> dict[str, np.ndarray]:
    """Peaks per hour of every yard: `run` is 'actual' or 'unlimited' (the companion)."""
    columns: dict[str, list[np.ndarray]] = {k: [] for k in (
        "run", "site", "hour", "m2_max", "slots_max", "buffer_max")}
    for label, m in runs.items():
        edges = np.arange(m.traffic.warm, m.traffic.horizon + 60.0, 60.0)
        for name in m.run.layout.sites:
            peaks = occupancy(m, name).peaks(edges)
            hours = len(edges) - 1
            columns["run"].append(np.full(hours, label, dtype=object))
            columns["site"].append(np.full(hours, name, dtype=object))
            columns["hour"].append((edges[:-1] // 60).astype(np.int64))
            for part, column in (("area", "m2_max"), ("slots", "slots_max"),
                                 ("buffer", "buffer_max")):
                columns[column].append(peaks[part])
    return {name: np.concatenate(parts) for name, parts in columns.items()}

