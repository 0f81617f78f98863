"""What a reform would do to a log's own weeks: both regimes on the same traffic, with bands.

Every run takes another draw of the port's parameters and of what the log does not fix; under each
regime it meets the same consignments with the same luck, so that the difference is the regime's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calibration.parallel import outcomes
from calibration.records import Floats, Ints, Records
from calibration.replay_traffic import only_selected, traffic_of_records
from scenarios.load import Loaded, under
from sim.engines import prepare, simulate
from sim.measures.record import Measured
from sim.ports import port_run
from sim.traffic.tables import group_names, groups_of

WEEK = 10080.0

REFORM = ("separate", "one-stop+restated")
"""The regimes that are compared unless others are asked for; the first is the baseline."""

FILLING = 2.0 * WEEK
"""Weeks in which the runs, which begin with an empty port, fill; at most a fifth of the log."""

FIGURES: dict[str, Callable[[Floats], float]] = {
    "mean": lambda hours: float(hours.mean()),
    "p50": lambda hours: float(np.percentile(hours, 50)),
    "p90": lambda hours: float(np.percentile(hours, 90))}
"""Of clearance times in hours."""

MOST_OPEN = 0.01
"""Share of the consignments still open when the run ends, above which a regime is overloaded."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Clearance under each regime, run by run.

    hours      (regime, group, figure) -> float64[runs], NaN where a run has none of the group
    open       regime -> float64[runs], share of the consignments not released when the run ended
    load       regime -> resource -> float64[runs], offered load
    logged     (group, figure) -> float64[runs], of the first regime counted as the log counts:
               consignments that were released by its end
    observed   (group, figure) -> hours, as the log has it, of the same weeks
    """

    regimes: tuple[str, ...]
    groups: tuple[str, ...]
    hours: dict[tuple[str, str, str], Floats]
    open: dict[str, Floats]
    load: dict[str, dict[str, Floats]]
    logged: dict[tuple[str, str], Floats]
    observed: dict[tuple[str, str], float]

    def overloaded(self, regime: str) -> bool:
        """Whether so much stays open that figures of the regime are lower bounds alone."""
        return bool(self.open[regime].mean() > MOST_OPEN)

    def change(self, regime: str, group: str, figure: str, relative: bool = True) -> Floats:
        """float64[runs]: change against the first regime, in hours or as a share of it."""
        before, after = (self.hours[name, group, figure] for name in (self.regimes[0], regime))
        return (after - before) / before if relative else after - before

    def as_dict(self, level: float = 0.9) -> dict[str, Any]:
        """Plain data for calibration.json: per regime and group value, low and high in hours, and
        of all but the first regime the change in hours and relative; `observed` has the log's own
        figures, `counted_alike` those of the first regime counted as the log counts. What is
        unknown is null."""
        regimes: dict[str, Any] = {}
        for regime in self.regimes:
            groups: dict[str, Any] = {}
            for group in self.groups:
                figures: dict[str, Any] = {}
                for figure in FIGURES:
                    entry = _interval(self.hours[regime, group, figure], level)
                    if regime != self.regimes[0]:
                        entry["change"] = _interval(
                            self.change(regime, group, figure, relative=False), level)
                        entry["relative"] = _interval(self.change(regime, group, figure), level)
                    figures[figure] = entry
                groups[group] = figures
            loads = {name: float(np.mean(values)) for name, values in self.load[regime].items()}
            tightest = max(loads, key=loads.__getitem__) if loads else None
            regimes[regime] = {
                "groups": groups, "open": float(self.open[regime].mean()),
                "overloaded": self.overloaded(regime), "tightest": tightest,
                "load": loads[tightest] if tightest else None}
        observed: dict[str, Any] = {}
        alike: dict[str, Any] = {}
        for (group, figure), hours in self.observed.items():
            observed.setdefault(group, {})[figure] = hours if np.isfinite(hours) else None
            alike.setdefault(group, {})[figure] = _interval(self.logged[group, figure], level)
        return {"level": level, "runs": len(self.open[self.regimes[0]]), "unit": "h",
                "regimes": regimes, "observed": observed, "counted_alike": alike}


def predict(ports: Sequence[Loaded], records: Records, regimes: Sequence[str] = REFORM, *,
            runs: int = 24, seed: int = 1, workers: int = 1,
            progress: Callable[[int, int], None] | None = None) -> Prediction:
    """Clearance of the log's consignments by group under each regime.

    ports: the calibrated port, once for every draw of its parameters (runs take them in turn); each
    must be as its `resolved` data say, since overlays are laid over these. Raises InputError for a
    regime that the port cannot have, ValueError for fewer than 2 runs.
    """
    if runs < 2:
        raise ValueError(f"{runs} runs; allowed: 2 or more")
    prepare("compiled")
    bench = _Bench(list(ports), records, tuple(regimes), seed)
    for regime in bench.regimes:
        under(bench.ports[0], regime)
    found: list[dict[str, Any]] = []
    for outcome in outcomes(bench.run, runs, workers):
        found.append(outcome)
        if progress:
            progress(len(found), runs)
    groups: tuple[str, ...] = ("all", *group_names(ports[0]))
    if ports[0].selection.simulate != "all":
        groups = tuple(name for name in groups if name != "none")
    hours = {(regime, group, figure): np.array([one[regime]["hours"][group][k] for one in found])
             for regime in bench.regimes for group in groups for k, figure in enumerate(FIGURES)}
    load = {regime: {name: np.array([one[regime]["load"][name] for one in found])
                     for name in found[0][regime]["load"]} for regime in bench.regimes}
    return Prediction(bench.regimes, groups, hours,
                      {regime: np.array([one[regime]["open"] for one in found])
                       for regime in bench.regimes}, load,
                      {(group, figure): np.array([one["logged"][group][k] for one in found])
                       for group in groups for k, figure in enumerate(FIGURES)},
                      bench.observed(groups))


@dataclass(frozen=True, eq=False)
class _Bench:
    """What every run needs, the same in every process."""

    ports: list[Loaded]
    records: Records
    regimes: tuple[str, ...]
    seed: int

    @property
    def since(self) -> float:
        records = self.records
        return float(records.since + min(FILLING, 0.2 * (records.until - records.since)))

    def run(self, number: int) -> dict[str, Any]:
        """regime -> hours by group and figure, share open, offered loads; and what is logged."""
        port = self.ports[number % len(self.ports)]
        traffic = traffic_of_records(self.records, port, self.seed, number)
        if port.selection.simulate != "all":
            traffic = only_selected(traffic)
        traffic = replace(traffic, warm=self.since)
        result: dict[str, Any] = {}
        for regime in self.regimes:
            run = port_run(under(port, regime), self.seed, number, traffic=traffic)
            measured = Measured(run, simulate(run.plan), self.seed, number)
            group, names = groups_of(port, traffic), group_names(port)
            hours = np.where(traffic.cohort, measured.released - traffic.clock_start, np.nan) / 60.0

            def by_group(hours: Floats, group: Ints = group, names: list[str] = names
                         ) -> dict[str, list[float]]:
                return {"all": _figures(hours)} | {
                    name: _figures(hours[group == code]) for code, name in enumerate(names)}

            result[regime] = {
                "hours": by_group(hours),
                "open": float(np.isnan(hours[traffic.cohort]).mean()) if traffic.cohort.any()
                else 0.0,
                "load": {name: load if np.isfinite(load) else 0.0
                         for name, load in run.plan.offered.items()}}
            if regime == self.regimes[0]:
                seen = measured.released <= self.records.until
                result["logged"] = by_group(np.where(seen, hours, np.nan))
        return result

    def observed(self, groups: Sequence[str]) -> dict[tuple[str, str], float]:
        """The log's own figures."""
        records, port = self.records, self.ports[0]
        ready = np.maximum(records.of_consignments("lodged"),
                           records.of_consignments("discharged"))
        hours = (records.of_consignments("released") - ready) / 60.0
        hours = np.where((ready >= self.since) & (hours >= 0.0), hours, np.nan)
        flags = np.array([records.selected_consignments(a) == 1 if a in records.selected
                          else np.zeros(len(ready), dtype=bool) for a in port.agencies])
        several = flags.sum(axis=0)
        masks = {"all": np.ones(len(ready), dtype=bool) if "none" in groups else several > 0,
                 "none": several == 0, "joint": several > 1}
        for agency, chosen in zip(port.agencies, flags, strict=True):
            masks[agency] = chosen & (several == 1)
        return {(group, figure): value for group in groups
                for figure, value in zip(FIGURES, _figures(hours[masks[group]]), strict=True)}


def _figures(hours: Floats) -> list[float]:
    known = hours[~np.isnan(hours)]
    return [of(known) if len(known) else float("nan") for of in FIGURES.values()]


def _interval(values: Floats, level: float) -> dict[str, Any]:
    """Mean and interval of one more draw of the same law; null where it is not known."""
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return {"value": None, "low": None, "high": None}
    tails = ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    low, high = np.quantile(known, tails, method="weibull")
    return {"value": float(known.mean()), "low": float(low), "high": float(high)}
