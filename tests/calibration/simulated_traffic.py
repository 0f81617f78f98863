"""Records of traffic that a scenario draws: what a log of it would show, in whole minutes."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.records import BLANK, Records
from scenarios.load import Loaded, load
from scenarios.schema.scenario import WEEK
from sim.distributions import times
from sim.traffic import traffic_of
from sim.traffic.drawn import Draws

SETS = ["run.warmup=0 weeks", "run.drain=2 weeks", "selection.simulate=all"]


def port(*sets: str, weeks: int = 26) -> Loaded:
    """A port whose traffic is known, unselected consignments included."""
    return load("xiamen-2015", sets=[*SETS, f"run.measured={weeks} weeks", *sets])


def records_of(scenario: Loaded, seed: int, names: tuple[str, ...] = ()) -> Records:
    """The log of a port in which papers and yards take no time: released where clocks start.

    names: attributes that the log has; all if empty. The log ends with the measured weeks.
    """
    traffic = traffic_of(scenario, seed, 0)
    until = scenario.run.warmup + (scenario.run.measured or 0.0)
    n = len(traffic.arrival)
    released = traffic.clock_start + 60.0
    out = released + times(scenario.traffic.pickup, Draws(seed, 0)("pickup", n))
    stamps = {"arrival": traffic.arrival, "discharged": traffic.discharged,
              "lodged": traffic.lodged, "released": released, "gate-out": out}
    for name, agency in scenario.agencies.items():
        declared = traffic.selected[name] | traffic.fits(agency.declared)
        stamps[f"start.papers.{name}"] = np.where(declared, traffic.clock_start, np.nan)
    order = np.argsort(traffic.arrival, kind="stable")
    order = order[traffic.arrival[order] < until]
    rank = np.full(n, -1)
    rank[order] = np.arange(len(order))
    rows = np.flatnonzero(rank[traffic.owner] >= 0)
    rows = rows[np.argsort(rank[traffic.owner[rows]], kind="stable")]
    owner = traffic.owner[rows]
    codes = {name: column for name, column in traffic.attributes.items()
             if not names or name in names}
    return Records(
        traffic.start, 0.0, until, rank[owner].astype(np.int64),
        traffic.size[rows].astype(np.int16),
        {name: column[owner].astype(np.int16) for name, column in codes.items()},
        {name: traffic.values[name] for name in codes},
        {a: v[rows].astype(np.int8) for a, v in traffic.examined.items()},
        {a: v[rows].astype(np.int8) for a, v in traffic.depth.items()},
        {name: _seconds(column[owner], until) for name, column in stamps.items()},
        dict.fromkeys(stamps, 60))


def _seconds(minutes: Any, until: float) -> Any:
    """Whole minutes, as seconds; blank where unknown or after the log's end."""
    known = np.isfinite(minutes) & (minutes <= until)
    return np.where(known, 60.0 * np.floor(np.where(known, minutes, 0.0)), BLANK).astype(np.int32)


def week(minute: Any) -> Any:
    """Number of the week of each minute."""
    return (minute // WEEK).astype(int)
