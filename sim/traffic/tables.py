"""The traffic tables: consignments and their containers, the same under every regime."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.schema.scenario import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass
class Traffic:
    """Consignments (n rows) and containers (N rows, consignment by consignment).

    All times are minutes since the start, on the clock.
    arrival, discharged, lodged   float64[n]
    attributes   name -> int64[n], codes into `values[name]`
    selected     agency -> bool[n]; examined: agency -> bool[N]
    depth        agency -> int64[N], codes into DEPTHS, -1 where not examined
    owner        int64[N]; size: int64[N] feet; reefer: bool[N]
    container_id, declaration   names from a log, empty where traffic is drawn
    warm, horizon, cap   minutes: the cohort's clocks start in [warm, horizon); the run ends at cap
    kept    what was worked out from this traffic without regard to the regime (sim.traffic.drawn)
    """

    start: date
    warm: float
    horizon: float
    cap: float
    arrival: Floats
    discharged: Floats
    lodged: Floats
    attributes: dict[str, Ints]
    values: dict[str, list[str]]
    selected: dict[str, Flags]
    owner: Ints
    size: Ints
    reefer: Flags
    examined: dict[str, Flags]
    depth: dict[str, Ints]
    container_id: list[str] = field(default_factory=list)
    declaration: list[str] = field(default_factory=list)
    account: Any = None
    kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def containers(self) -> Ints:
        """int64[n]: containers of each consignment."""
        return np.bincount(self.owner, minlength=len(self.arrival)).astype(np.int64)

    @cached_property
    def teu(self) -> Ints:
        """int64[N]: 1 for a 20-foot box, 2 for longer ones."""
        return np.where(self.size == 20, 1, 2)

    @cached_property
    def clock_start(self) -> Floats:
        """float64[n]: both lodged and discharged."""
        return np.maximum(self.lodged, self.discharged)

    @cached_property
    def cohort(self) -> Flags:
        """bool[n]: consignments whose clock starts within [warm, horizon)."""
        return (self.clock_start >= self.warm) & (self.clock_start < self.horizon)

    def fits(self, when: dict[str, list[str]]) -> Flags:
        """bool[n]: consignments that fit a condition on their attributes."""
        result = np.ones(len(self.arrival), dtype=bool)
        for name, wanted in when.items():
            codes = [i for i, value in enumerate(self.values[name]) if value in wanted]
            result &= np.isin(self.attributes[name], codes)
        return result

    def fits_box(self, when: dict[str, list[str]]) -> Flags:
        """bool[N]: containers that fit a condition; size and reefer may be named as well."""
        inner = {k: v for k, v in when.items() if k not in ("size", "reefer")}
        result = self.fits(inner)[self.owner]
        if "size" in when:
            result &= np.isin(self.size, [int(v) for v in when["size"]])
        if "reefer" in when:
            result &= np.isin(self.reefer, [v == "yes" for v in when["reefer"]])
        return result


def group_names(scenario: Scenario) -> list[str]:
    """The groups of consignments in the order of their codes: none, each agency, joint."""
    return ["none", *scenario.agencies, "joint"]


def groups_of(scenario: Scenario, traffic: Traffic) -> Ints:
    """int64[n]: the group that the selections make, before any regime acts."""
    flags = [traffic.selected[agency] for agency in scenario.agencies]
    count = np.sum(flags, axis=0)
    alone = np.zeros(len(traffic.arrival), dtype=np.int64)
    for code, flag in enumerate(flags, start=1):
        alone[flag] = code
    return np.where(count == 0, 0, np.where(count > 1, len(flags) + 1, alone))


def traffic_of(scenario: Scenario, seed: int, replication: int) -> Traffic:
    """The traffic of one replication: drawn, or the trace of the scenario's log.

    Raises InputError for a log that cannot be used.
    """
    if scenario.traffic.log:
        from sim.traffic.trace import trace_traffic

        return trace_traffic(scenario, seed, replication)
    return _drawn(_Demand(scenario.model_dump_json(include=DRAWN_FROM), scenario), seed,
                  replication)


DRAWN_FROM = {"run", "traffic", "selection", "agencies", "calendars"}
"""The parts of a scenario that drawn traffic depends on. No regime is among them."""


@dataclass(frozen=True)
class _Demand:
    """A scenario that is equal to another whose traffic is the same."""

    text: str
    scenario: Scenario = field(compare=False)


# The regimes of one replication follow each other.
@lru_cache(maxsize=1)
def _drawn(demand: _Demand, seed: int, replication: int) -> Traffic:
    from sim.traffic.drawn import drawn_traffic

    return drawn_traffic(demand.scenario, seed, replication)
