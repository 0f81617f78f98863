"""How sure a comparison is: noise, what the log leaves open, what only the reform would show.

Replication r of every regime is run three times on the same random numbers: with the estimates,
with posterior draw r of what a calibration measured, and with that and with draw r of the
assumptions that matter under a reform alone. With D1, D2, D3 the differences to the baseline:

noise         the interval of the mean of D1: fewer with more replications
ignorance     D2 - D1, fewer with a longer or better log; some noise is left in it, so it errs wide
assumptions   D3 - D2, the ranges of what no log of the old regime can show
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import Fault, InputError, Interrupted
from scenarios.load import Loaded, restore, with_values
from scenarios.units import split_quantity
from sim.estimands import Estimand, Quantile, Ratio
from sim.experiment import Progress, run_study
from sim.journal import PARTIAL, Journal, json_bytes, write_aside
from sim.measures.measure import run_one
from sim.provenance import Study
from sim.replication import Replication
from sim.results import Results, read_results
from sim.statistics.ratio import jackknife
from sim.statistics.sample import Sample
from sim.statistics.verdict import overloaded
from sim.streams import uniforms
from sim.study import prepared_jobs

SCHEMA = "onestop.uncertainty/1"
FILE = "uncertainty.json"
DRAWS_SCHEMA = "onestop.draws/1"
DRAWS_FILE = "draws.json"
REFORM_ONLY = ("joint", "single", "matching", "recognition", "layout.shared", "layout.restated")
"""Parts of a scenario that the log of an unreformed port cannot show."""

POINT, POSTERIOR, ALL = "estimates", "posterior", "all"
LEVEL = 0.9

Floats = NDArray[np.float64]
Values = dict[str, Any]


def uncertainty(folder: Path | str, draws: Path | str, *, replications: int | None = None,
                workers: int | None = None,
                progress: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Splits the uncertainty of a finished comparison; writes and returns its uncertainty.json.

    draws: the draws.json of a calibration, or the folder that holds it. replications: default is
    the study's. What an interrupted call has finished is taken up by the next one.
    Raises InputError if the results are no comparison or the draws do not fit them; Interrupted.
    """
    results = read_results(folder)
    study = results.study
    number = replications or study.replications
    regimes = {name: restore(entry["scenario"]) for name, entry in study.scenarios.items()}
    if len(regimes) < 2:
        raise InputError(f"{folder} compares nothing: there is no difference to be sure of")
    drawn, refused = _posterior(read_draws(draws), regimes, number)
    varied, alone = _assumptions(regimes, study.baseline, study.seed, number)
    scenarios = _scenarios(regimes, drawn, varied)
    journal = _journal(results, scenarios, number, Path(draws))
    try:
        run_study(prepared_jobs(journal), run_one, journal, workers=workers, progress=progress)
    except Interrupted as stopped:
        raise Interrupted(f"{str(stopped).partition(';')[0]}; go on with: onestop uncertainty "
                          f"{results.folder} --draws {draws}") from None
    content = {
        "schema": SCHEMA, "baseline": study.baseline, "replications": number, "confidence": LEVEL,
        "seed": study.seed, "draws_refused": refused,
        "measured": sorted({key for values in drawn for key in values}),
        "assumptions": sorted({key for values in varied for key in values}), "not_varied": alone,
        **_split(journal, list(regimes), study.baseline, regimes[study.baseline])}
    write_aside(results.folder / FILE, json_bytes(content))
    journal.discard()
    return content


def read_draws(path: Path | str) -> list[Values]:
    """The posterior draws of a calibration: dotted key -> value. Raises InputError."""
    path = Path(path) / DRAWS_FILE if Path(path).is_dir() else Path(path)
    try:
        content = json.loads(path.read_bytes())
        draws = content["draws"]
        if content["schema"] != DRAWS_SCHEMA or not draws or not all(
                isinstance(values, dict) for values in draws):
            raise KeyError("draws")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(Fault("holds no draws of a calibration", file=str(path),
                               allowed=f"the {DRAWS_FILE} that onestop calibrate writes")) from None
    return list(draws)


def _posterior(draws: Sequence[Values], regimes: Mapping[str, Loaded], number: int
               ) -> tuple[list[Values], int]:
    """One draw per replication that every regime can be run with; how many were passed over."""
    usable: list[Values] = []
    refused = 0
    for values in draws:
        if len(usable) == number:
            break
        if all(_fits(regime, values) for regime in regimes.values()):
            usable.append(values)
        else:
            refused += 1
    if not usable:
        raise InputError("no draw of the calibration fits these scenarios: were they made from it?")
    return [usable[i % len(usable)] for i in range(number)], refused


def _assumptions(regimes: Mapping[str, Loaded], baseline: str, seed: int, number: int
                 ) -> tuple[list[Values], list[str]]:
    """Per replication a value within the range of every assumption that a reform alone shows; and
    the keys that cannot be varied alone, such as one of several shares that sum to 1."""
    result: list[Values] = [{} for _ in range(number)]
    alone = []
    for row in regimes[baseline].assumptions():
        key = row["key"]
        if row["range"] is None or row["confidence"] == "measured" or not key.startswith(
                REFORM_ONLY):
            continue
        ends = [_set(row["value"], end) for end in row["range"]]
        if not all(_fits(regime, {key: end}) for regime in regimes.values() for end in ends):
            alone.append(key)
            continue
        for r, values in enumerate(result):
            u = float(uniforms(seed, r, f"assumption.{key}", 1)[0])
            values[key] = _set(row["value"], _within(row["range"], u))
    return result, alone


def _set(value: Any, number: Any) -> Any:
    """A value with another number in it: of a distribution, its mean."""
    if not isinstance(value, dict):
        return number
    part = next((p for p in ("mean", "value") if p in value), "mean")
    return {**value, part: number}


def _fits(regime: Loaded, values: Values) -> bool:
    try:
        with_values(regime, values)
    except InputError:
        return False
    return True


def _within(span: tuple[Any, Any], u: float) -> Any:
    """A value of a range, uniform: whole if both ends are, with their unit if they have one."""
    low, high = span
    if isinstance(low, str):
        (first, unit), (second, other) = split_quantity(low, "1 h"), split_quantity(high, "1 h")
        if unit != other:
            raise InputError(Fault("a range in two units", found=f"{low}, {high}"))
        return f"{float(first) + u * float(second - first):.6g} {unit}"
    if isinstance(low, int) and isinstance(high, int):
        return int(low + np.floor(u * (high - low + 1)))
    return float(f"{low + u * (high - low):.6g}")


def _scenarios(regimes: Mapping[str, Loaded], drawn: Sequence[Values], varied: Sequence[Values]
               ) -> dict[str, dict[str, Any]]:
    """Name -> payload of every regime in each of the three ways."""
    result: dict[str, dict[str, Any]] = {}
    # Where a draw leaves no room for an assumption (fewer officers than are rostered), it goes.
    both = [{**one, **other} if all(_fits(r, {**one, **other}) for r in regimes.values()) else one
            for one, other in zip(drawn, varied, strict=True)]
    for i, regime in enumerate(regimes.values()):
        for way, values in ((POINT, None), (POSTERIOR, drawn), (ALL, both)):
            payload: dict[str, Any] = {"scenario": regime.resolved}
            if values is not None:
                payload["values"] = list(values)
            result[_name(i, way)] = payload
    return result


def _name(i: int, way: str) -> str:
    return f"regime-{i:02d}-{way}"


def _journal(results: Results, scenarios: dict[str, dict[str, Any]], number: int, draws: Path
             ) -> Journal:
    folder = results.folder.with_name(f"{results.folder.name}.uncertainty{PARTIAL}")
    study = Study(
        command=("onestop", "uncertainty", str(results.folder), "--draws", str(draws)),
        seed=results.study.seed, replications=number, scenarios=scenarios,
        baseline=_name(0, POINT),
        settings={"engine": results.study.settings["engine"], "events": "none", "area": False})
    return Journal.take_up(folder, study)


def _split(journal: Journal, names: Sequence[str], baseline: str, scenario: Loaded
           ) -> dict[str, Any]:
    """scenarios: reform -> measure -> noise, ignorance, assumptions and all of it together;
    overloaded: replications in which some regime, as drawn, did not get its work done."""
    samples = {name: _sample([journal.load(name, r, tables=False)
                              for r in range(journal.study.replications)])
               for name in journal.study.scenarios}
    base = names.index(baseline)
    wanted = [p.measure for p in scenario.study.primary]
    result: dict[str, Any] = {}
    for i, name in enumerate(names):
        if i == base:
            continue
        result[name] = {
            measure: _of_measure(samples, measure, i, base) for measure in wanted
            if all(measure in samples[_name(k, way)].estimands
                   for k in (i, base) for way in (POINT, POSTERIOR, ALL))}
    late = [any(overloaded(sample.replications[r].open, sample.replications[r].members)
                for sample in samples.values()) for r in range(journal.study.replications)]
    return {"scenarios": result, "overloaded": sum(late)}


def _sample(parts: list[Replication]) -> Sample:
    """The replications with what all of them measure alike: an input that is shown beside what
    emerges, such as a yard's area, may differ from draw to draw."""
    kept: dict[str, Estimand] = {
        name: estimand for name, estimand in parts[0].estimands.items()
            if isinstance(estimand, Ratio | Quantile)
            and all(one.estimands.get(name) == estimand for one in parts)}
    for one in parts:
        one.estimands = kept
    return Sample(parts)


def _of_measure(samples: Mapping[str, Sample], measure: str, reform: int, base: int
                ) -> dict[str, Any]:
    def singles(way: str) -> Floats:
        with np.errstate(invalid="ignore"):
            return (samples[_name(reform, way)].single(measure)
                    - samples[_name(base, way)].single(measure))

    ours, theirs = (samples[_name(k, POINT)] for k in (reform, base))
    without = ours.without(measure).both - theirs.without(measure).both
    estimate = ours.estimate(measure) - theirs.estimate(measure)
    noise = jackknife(estimate, without, LEVEL)
    first, second, third = (singles(way) for way in (POINT, POSTERIOR, ALL))
    return {
        "unit": ours.units[measure], "difference": noise.estimate,
        "noise": {"low": noise.low, "high": noise.high},
        "ignorance": _spread(estimate, second - first),
        "assumptions": _spread(estimate, third - second),
        "together": _together(estimate, noise.low, noise.high, third - first)}


def _spread(estimate: float, shift: Floats) -> dict[str, float | None]:
    """The interval that shifts alone make around an estimate; None where one is undefined."""
    known = shift[np.isfinite(shift)]
    if len(known) < 2 or not np.isfinite(estimate):
        return {"low": None, "high": None, "undefined": int(len(shift) - len(known))}
    low, high = np.quantile(known, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return {"low": estimate + float(low), "high": estimate + float(high),
            "undefined": int(len(shift) - len(known))}


def _together(estimate: float, low: float | None, high: float | None, shift: Floats
              ) -> dict[str, float | None]:
    """All of it: the spread of the shifts and the noise, added in quadrature on each side."""
    spread = _spread(estimate, shift)
    if spread["low"] is None or spread["high"] is None or low is None or high is None:
        return {"low": None, "high": None}
    centre = estimate + float(np.median(shift[np.isfinite(shift)]))
    below = np.hypot(centre - spread["low"], estimate - low)
    above = np.hypot(spread["high"] - centre, high - estimate)
    return {"low": centre - float(below), "high": centre + float(above)}
