"""Proof on weeks that the calibration has not seen: fitted up to a cut, run on from there.

From each of some origins the port is calibrated on the records up to the cut alone, and simulated
on from the work in progress, with traffic drawn from what was fitted. Every run takes another draw
of the parameters, so the band of a statistic has in it what is not known of the parameters, the
traffic to come and the luck of durations. What then really happened is counted against the bands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.distances import distances
from calibration.eventtable import EventTable, nanoseconds
from calibration.parallel import outcomes
from calibration.quantities import (
    WEEK,
    Sample,
    Way,
    by_group,
    kind_of,
    samples_of,
    wasserstein,
    weekly,
    whole_cases,
)
from calibration.records import Floats, Records
from calibration.references import b0, b1
from calibration.resumed import Cut, held_out, only_simulated, resumed_run, shown
from scenarios.load import Loaded
from sim.engines import prepare, simulate

Fit = Callable[[Records], Sequence[Loaded]]
"""Records -> the port, once for every draw of its parameters; runs take them in turn."""

SHARES = (0.6, 0.8)
"""Of the log's weeks, where it is cut."""

WEEKS, RUNS = 5, 24
LEAST_TRAINING, LEAST_HELD_OUT = 6, 2
"""Weeks that must lie before a cut, and after it."""

REPEATS = 6
"""Runs, and logs of each reference, of which event distances are taken."""

LEVELS = (0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Forecast:
    """What was predicted from one cut.

    at, weeks     minute of the cut, weeks from it on; open: consignments in progress there
    real          statistic -> float64[weeks]; drawn: statistic -> float64[runs, weeks]
    held          (quantity, group) -> hours, as it was; runs: the same, once for every run
    halves        (quantity, group) -> distance of the even from the odd weeks before the cut
    events        measure -> {"model", "b0", "b1": mean distance from the real log}
    """

    at: float
    weeks: int
    open: int
    real: dict[str, Floats]
    drawn: dict[str, Floats]
    held: dict[tuple[str, str], Floats]
    runs: list[dict[tuple[str, str], Floats]]
    halves: dict[tuple[str, str], float]
    events: dict[str, dict[str, float]]


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from several cuts, and what they come to."""

    way: Way
    start: Any
    forecasts: list[Forecast] = field(default_factory=list)

    def bands(self) -> dict[str, NDArray]:
        """Columns for figures, a row per cut, statistic and week: cut, week (its first day),
        statistic, real, median, low50, high50, low90, high90."""
        rows: list[tuple[Any, ...]] = []
        for forecast in self.forecasts:
            for name, real in forecast.real.items():
                low50, high50 = band(forecast.drawn[name], 0.5)
                low90, high90 = band(forecast.drawn[name], 0.9)
                median = band(forecast.drawn[name], 0.0)[0]
                for k, value in enumerate(real):
                    rows.append((self.day(forecast.at), self.day(forecast.at + k * WEEK), name,
                                 value, median[k], low50[k], high50[k], low90[k], high90[k]))
        names = ("cut", "week", "statistic", "real", "median", "low50", "high50", "low90", "high90")
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        return {name: np.array(list(column)) for name, column in zip(names, columns, strict=True)}

    def coverage(self) -> dict[str, dict[str, float]]:
        """kind of statistic, and all -> points, and the shares of them inside the bands."""
        table = self.bands()
        kinds = np.array([kind_of(name) for name in table["statistic"].tolist()])
        known = _known(table) if len(kinds) else np.zeros(0, dtype=bool)
        result = {}
        for kind in [*dict.fromkeys(kinds.tolist()), "all"]:
            here = known & ((kinds == kind) | (kind == "all"))
            if here.any():
                real = table["real"][here]
                result[kind] = {"points": int(here.sum())} | {
                    f"inside_{level}": float(np.mean((real >= table[f"low{level}"][here])
                                                     & (real <= table[f"high{level}"][here])))
                    for level in (50, 90)}
        return result

    def bias(self) -> dict[str, dict[str, dict[str, float]]]:
        """group -> mean, p50, p90 of clearance -> real, predicted, low, high (90 %), in hours, and
        relative; over all cuts together."""
        result: dict[str, dict[str, dict[str, float]]] = {}
        for group in ("all", *self.way.groups):
            real = np.concatenate([np.empty(0), *(_clearance(f.held, group, self.way)
                                                  for f in self.forecasts)])
            runs = [np.concatenate([_clearance(f.runs[i], group, self.way)
                                    for f in self.forecasts])
                    for i in range(min((len(f.runs) for f in self.forecasts), default=0))]
            runs = [run for run in runs if len(run)]
            if not len(real) or len(runs) < 2:
                continue
            result[group] = {}
            for name, of in _FIGURES.items():
                value, drawn = of(real), np.array([of(run) for run in runs])
                low, high = band(drawn[:, None], 0.9)
                mean = float(drawn.mean())
                result[group][name] = {
                    "real": value, "predicted": mean, "low": float(low[0]), "high": float(high[0]),
                    "relative": mean / value - 1.0 if value else float("nan")}
        return result

    def distances(self) -> dict[str, dict[str, dict[str, float]]]:
        """quantity -> group -> distance in hours (of the runs from what happened, mean over runs
        and cuts), and as multiples of two noise floors: the even weeks before the cut against the
        odd ones, and one run against the next."""
        result: dict[str, dict[str, dict[str, float]]] = {}
        for key in dict.fromkeys(key for f in self.forecasts for key in f.held):
            far, halves, between = [], [], []
            for f in self.forecasts:
                if key not in f.held:
                    continue
                runs = [run.get(key, np.empty(0)) for run in f.runs]
                far += [wasserstein(f.held[key], run) for run in runs]
                between += [wasserstein(*pair) for pair in zip(runs, runs[1:], strict=False)]
                halves.append(f.halves.get(key, np.nan))
            distance, floor, noise = (_mean(values) for values in (far, halves, between))
            if np.isfinite(distance):
                result.setdefault(key[0], {})[key[1]] = {
                    "distance": distance, "floor": floor, "ratio": _ratio(distance, floor),
                    "between_runs": noise, "ratio_between_runs": _ratio(distance, noise)}
        return result

    def references(self) -> dict[str, dict[str, float]]:
        """Event distance -> model, b0, b1: mean over cuts. The model's are of its runs."""
        names = dict.fromkeys(name for f in self.forecasts for name in f.events)
        return {name: {who: _mean([f.events[name][who] for f in self.forecasts
                                   if name in f.events]) for who in ("model", "b0", "b1")}
                for name in names}

    def as_dict(self) -> dict[str, Any]:
        """Plain data for calibration.json; what is not known is null."""
        return _plain({
            "origins": [{"cut": str(self.day(f.at)), "weeks": f.weeks, "open": f.open,
                         "runs": len(f.runs)} for f in self.forecasts],
            "levels": list(LEVELS), "coverage": self.coverage(), "bias": self.bias(),
            "distances": self.distances(), "references": self.references(),
            "bands": {name: column.tolist() for name, column in self.bands().items()
                      if name not in ("cut", "week")} | {
                          name: [str(day) for day in self.bands()[name]]
                          for name in ("cut", "week")}})

    def day(self, minute: float) -> Any:
        """The date of a minute."""
        return (datetime(self.start.year, self.start.month, self.start.day)
                + timedelta(minutes=minute)).date()


_FIGURES: dict[str, Callable[[Floats], float]] = {
    "mean": lambda hours: float(hours.mean()),
    "p50": lambda hours: float(np.percentile(hours, 50)),
    "p90": lambda hours: float(np.percentile(hours, 90))}


def origins(records: Records, shares: Sequence[float] = SHARES, weeks: int = WEEKS
            ) -> list[tuple[float, int]]:
    """(cut, weeks) for each share of the log's whole weeks; cuts too near to either end, or the
    same as another, are left out. Minutes of Mondays."""
    first = np.ceil(records.since / WEEK)
    whole = np.floor(records.until / WEEK) - first
    found = {}
    for share in shares:
        week = np.floor(share * whole)
        ahead = int(min(weeks, whole - week))
        if week >= LEAST_TRAINING and ahead >= LEAST_HELD_OUT:
            found[float((first + week) * WEEK)] = ahead
    return sorted(found.items())


def backtest(records: Records, fit: Fit, *, shares: Sequence[float] = SHARES, weeks: int = WEEKS,
             runs: int = RUNS, seed: int = 1, workers: int = 1,
             progress: Callable[[int, int], None] | None = None) -> Backtest:
    """Calibrates and predicts from every origin that the log has room for (perhaps none).

    runs: of each origin, at least 19, with which a 90 % band lies within them. workers: processes;
    the result is the same for any number. progress: called with runs done and in all.
    """
    if runs < 19:
        raise ValueError(f"{runs} runs; allowed: 19 or more, for bands of 90 %")
    prepare("compiled")
    found = origins(records, shares, weeks)
    result: Backtest | None = None
    for i, (at, ahead) in enumerate(found):
        cut = Cut.of(records, at)
        ports = fit(cut.past)
        way = Way(tuple(ports[0].order), ports[0].regime.declaration == "chained")
        result = result or Backtest(way, records.start)

        def tell(done: int, before: int = i * runs) -> None:
            if progress:
                progress(before + done, len(found) * runs)

        result.forecasts.append(_forecast(records, cut, ahead, ports, runs, seed, workers, tell))
    return result or Backtest(Way((), False), records.start)


@dataclass(frozen=True, eq=False)
class _Bench:
    """What the runs from one cut need, the same in every process."""

    cut: Cut
    ahead: int
    ports: Sequence[Loaded]
    seed: int

    @property
    def until(self) -> float:
        return self.cut.at + self.ahead * WEEK

    def run(self, number: int) -> tuple[dict[str, Floats], dict, EventTable | None]:
        """The statistics by week, the samples, and of the first runs the events."""
        port = self.ports[number % len(self.ports)]
        run = resumed_run(port, self.cut, self.until, self.seed, number)
        records = shown(run, simulate(run.plan, "auto"), self.cut, self.until)
        return self.measured(records, _way(port), events=number < REPEATS)

    def measured(self, records: Records, way: Way, events: bool
                 ) -> tuple[dict[str, Floats], dict, EventTable | None]:
        return (weekly(records, way, self.cut.at, self.ahead),
                by_group(samples_of(records, way), self.cut.at, self.until, None, way),
                whole_cases(records, self.cut.at, self.until) if events else None)


def _way(port: Loaded) -> Way:
    return Way(tuple(port.order), port.regime.declaration == "chained")


def _forecast(records: Records, cut: Cut, ahead: int, ports: Sequence[Loaded], runs: int,
              seed: int, workers: int, tell: Callable[[int], None]) -> Forecast:
    bench, way = _Bench(cut, ahead, ports, seed), _way(ports[0])
    truth = only_simulated(ports[0], held_out(cut, records, bench.until))
    real, held, events = bench.measured(truth, way, True)
    done: list[tuple[dict[str, Floats], dict, EventTable | None]] = []
    for outcome in outcomes(bench.run, runs, workers):
        done.append(outcome)
        tell(len(done))
    nothing = np.full(ahead, np.nan)
    past = only_simulated(ports[0], cut.past)
    return Forecast(
        cut.at, ahead, len(cut.open.first), real,
        {name: np.array([drawn.get(name, nothing) for drawn, _, _ in done]) for name in real},
        held, [samples for _, samples, _ in done], _halves(past, way),
        _references(events, [table for _, _, table in done if table is not None], past, bench))


def _halves(past: Records, way: Way) -> dict[tuple[str, str], float]:
    """The distance of the even weeks of training from the odd ones."""
    samples: dict[str, Sample] = samples_of(past, way)
    weeks = range(int((past.until - past.since) // WEEK))
    halves = [by_group(samples, past.since, past.until, list(weeks)[k::2], way) for k in (0, 1)]
    return {key: wasserstein(hours, halves[1][key]) for key, hours in halves[0].items()}


def _references(real: EventTable | None, model: list[EventTable], past: Records, bench: _Bench
                ) -> dict[str, dict[str, float]]:
    """Event distances of the cases that came after the cut and were through at the end; nothing
    where either has none."""
    train = whole_cases(past, past.since, bench.cut.at)
    if real is None or not len(real) or not len(train):
        return {}
    since, until = (int(t) for t in nanoseconds(np.array([bench.cut.at, bench.until])))
    tables = {"model": model}
    for name, reference in (("b0", b0), ("b1", b1)):
        tables[name] = [reference(train, since, until, seed=bench.seed, number=i)
                        for i in range(REPEATS)]
    found: dict[str, dict[str, float]] = {}
    for who, logs in tables.items():
        measured = [distances(real, log) for log in logs if len(log)]
        for name in measured[0] if measured else ():
            found.setdefault(name, {})[who] = _mean([one[name] for one in measured])
    return {name: row for name, row in found.items() if len(row) == len(tables)}


def band(drawn: Floats, level: float) -> tuple[Floats, Floats]:
    """(low, high) of each column of draws [runs, k], NaN where fewer than 19 are known.

    At the expected places of order statistics, p (runs + 1), so that one more draw of the same law
    falls inside with probability `level` (Weibull 1939; Hyndman and Fan 1996, definition 6).
    """
    tails = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    low, high = np.full((2, drawn.shape[1]), np.nan)
    for k, column in enumerate(drawn.T):
        known = column[~np.isnan(column)]
        if len(known) >= 19:
            low[k], high[k] = np.quantile(known, tails, method="weibull")
    return low, high


def _known(table: dict[str, NDArray]) -> NDArray[np.bool_]:
    """Points that can be judged: known, and not the same 0 in every run and in truth."""
    flat = (table["real"] == 0.0) & (table["low90"] == 0.0) & (table["high90"] == 0.0)
    return ~(np.isnan(table["real"]) | np.isnan(table["low90"]) | flat)


def _clearance(samples: dict[tuple[str, str], Floats], group: str, way: Way) -> Floats:
    groups = way.groups if group == "all" else [group]
    return np.concatenate([samples.get(("clearance", name), np.empty(0)) for name in groups])


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else float("nan")


def _plain(value: Any) -> Any:
    """The value with numbers of JSON alone."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
