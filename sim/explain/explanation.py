"""Runs the variants of a comparison through a journal and works out explain.json."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import InputError, Interrupted
from scenarios.load import Loaded, restore
from sim.experiment import Progress, run_study
from sim.explain.variants import (
    BASELINE,
    ENDS,
    REFORM,
    Input,
    Variants,
    at_end,
    coalition,
    twin,
    variants_of,
)
from sim.journal import PARTIAL, Journal, json_bytes, write_aside
from sim.measures.measure import run_one
from sim.provenance import Study
from sim.results import Results, read_results
from sim.statistics.ratio import Interval, jackknife
from sim.statistics.sample import Sample
from sim.statistics.verdict import overloaded
from sim.study import prepared_jobs

SCHEMA = "onestop.explain/1"
FILE = "explain.json"
FEW = 10
"""Replications of every variant, if the study has not fewer: there are hundreds of variants."""

Floats = NDArray[np.float64]
Report = Callable[[Progress], None] | None
Announce = Callable[[str], None]


def explain(folder: Path | str, *, replications: int | None = None, workers: int | None = None,
            sensitivity: bool = True, progress: Report = None,
            announce: Announce = lambda text: None) -> dict[str, Any]:
    """Explain every reform of a finished comparison; writes and returns its explain.json.

    replications: of every variant, numbers 0 to n - 1 of the study's own seed (default: FEW, or
    the study's if it has fewer). sensitivity: also every stated range, end by end. What an
    interrupted call has finished is taken up by the next one.
    Raises InputError if the results are no comparison of regimes of one port; Interrupted.
    """
    results = read_results(folder)
    study = results.study
    number = min(study.replications, FEW) if replications is None else replications
    scenarios = {name: restore(entry["scenario"]) for name, entry in study.scenarios.items()}
    baseline = scenarios.pop(study.baseline)
    if not scenarios:
        raise InputError(f"{folder} compares nothing: there is no reform to explain")
    found: dict[str, Any] = {}
    plans = {name: variants_of(baseline, reform, sensitivity)
             for name, reform in scenarios.items()}
    journals = []
    for name, variants in plans.items():
        announce(f"{name}: {len(variants.orders.coalitions)} coalitions of "
                 f"{len(variants.orders.players)} levers, {len(variants.inputs)} inputs with a "
                 f"range: {len(variants.scenarios) * number} replications")
        journal = _journal(results, name, variants, number)
        _run(journal, workers, progress, results.folder)
        found[name] = _explained(journal, variants, baseline)
        journals.append(journal)
    content = {
        "schema": SCHEMA, "baseline": baseline.name, "seed": study.seed, "replications": number,
        "confidence": baseline.study.level, "scenarios": found}
    write_aside(results.folder / FILE, json_bytes(content))
    for journal in journals:
        shutil.rmtree(journal.folder)
    return content


def _journal(results: Results, name: str, variants: Variants, number: int) -> Journal:
    """The journal of a reform's variants beside the results, taken up if there is one of them."""
    folder = results.folder.with_name(f"{results.folder.name}.explain.{name}{PARTIAL}")
    everything = variants.orders.coalitions[-1]
    study = Study(
        command=("onestop", "explain", str(results.folder)), seed=results.study.seed,
        replications=number, scenarios=variants.scenarios, baseline=coalition(0),
        settings={"engine": results.study.settings["engine"], "events": "none", "area": False,
                  "reform": coalition(everything)})
    return Journal.take_up(folder, study)


def _run(journal: Journal, workers: int | None, progress: Report, folder: Path) -> None:
    try:
        run_study(prepared_jobs(journal), run_one, journal, workers=workers, progress=progress)
    except Interrupted as stopped:
        done = str(stopped).partition(";")[0]
        raise Interrupted(f"{done}; go on with: onestop explain {folder}") from None


class Effects:
    """Weighted sums of one measure over variants, from the same replications of all of them."""

    def __init__(self, samples: dict[str, Sample], measure: str, confidence: float):
        self._samples, self._measure, self._confidence = samples, measure, confidence

    def of(self, weights: Iterable[tuple[str, float]]) -> Interval:
        """sum(weight * measure of variant), which is linear in the delete-one values too."""
        estimate, without, smooth = 0.0, np.zeros(next(iter(self._samples.values())).n), True
        with np.errstate(invalid="ignore"):
            for name, weight in weights:
                if weight:
                    part = self._samples[name].without(self._measure)
                    estimate += weight * self._samples[name].estimate(self._measure)
                    without = without + weight * part.both
                    smooth = smooth and part.smooth
        return jackknife(estimate, without, self._confidence, skew=smooth)

    def overloaded(self, *names: str) -> bool:
        """Whether one of these variants does not get its work done: its means say nothing."""
        return any(overloaded(self._samples[name].open, self._samples[name].members)
                   for name in names)

    def change(self, to: str, since: str) -> Interval:
        """The difference between two variants."""
        return self.of([(to, 1.0), (since, -1.0)])


def _explained(journal: Journal, variants: Variants, baseline: Loaded) -> dict[str, Any]:
    """All that is said of one reform, by primary measure."""
    samples = {name: Sample([journal.load(name, number, tables=False)
                             for number in range(journal.study.replications)])
               for name in journal.study.scenarios}
    orders = variants.orders
    first = samples[coalition(0)]
    measures = [p.measure for p in baseline.study.primary]
    known = [m for m in measures if all(m in sample.estimands for sample in samples.values())]
    return {
        "players": [list(player) for player in orders.players], "orders": orders.number,
        "left_out": [m for m in measures if m not in known],
        "measures": {m: {"unit": first.units[m],
                         **_of_measure(Effects(samples, m, baseline.study.level), variants)}
                     for m in known}}


def _of_measure(effects: Effects, variants: Variants) -> dict[str, Any]:
    orders = variants.orders
    names = [coalition(mask) for mask in orders.coalitions]
    nothing, everything = names[0], names[-1]
    total = [(everything, 1.0), (nothing, -1.0)]
    own = [(twin(REFORM), 1.0), (twin(BASELINE), -1.0)]
    relief = [*total, *((name, -weight) for name, weight in own)]

    def by_player(weights: Floats, order: Sequence[int]) -> list[dict[str, Any]]:
        return [{"levers": list(orders.players[i]),
                 **_stated(effects.of(zip(names, weights[i], strict=True)))} for i in order]

    rows = [_sensitivity(effects, row, i, everything, nothing)
            for i, row in enumerate(variants.inputs)]
    rows.sort(key=lambda row: -(row["span"] or 0.0))
    return {
        "total": _stated(effects.of(total)),
        "baseline": _stated(effects.of([(nothing, 1.0)])),
        "waterfall": by_player(orders.steps, orders.waterfall),
        "shapley": by_player(orders.shapley, range(len(orders.players))),
        "own_effect": _stated(effects.of(own)), "queue_relief": _stated(effects.of(relief)),
        "coalitions": [{"levers": list(orders.levers(mask)),
                        "overloaded": effects.overloaded(coalition(mask)),
                        **_stated(effects.of([(coalition(mask), 1.0)]))}
                       for mask in orders.coalitions],
        "sensitivity": rows}


def _sensitivity(effects: Effects, row: Input, number: int, everything: str, nothing: str
                 ) -> dict[str, Any]:
    """The reform's effect at the ends of one input's range, and how it differs from the base's."""
    base = effects.change(everything, nothing)
    ends: dict[str, Any] = {}
    for end in ENDS:
        if end in row.refused:
            ends[end] = {"value": row.ends[end], "refused": row.refused[end]}
            continue
        reform, baseline = (at_end(number, end, side) for side in (REFORM, BASELINE))
        pair = [(reform, 1.0), (baseline, -1.0)]
        effect = effects.of(pair)
        ends[end] = {"value": row.ends[end], "effect": _stated(effect),
                     "change": _stated(effects.of([*pair, (everything, -1.0), (nothing, 1.0)])),
                     "reverses": _reverses(base, effect),
                     "overloaded": effects.overloaded(reform, baseline)}
    seen = [ends[end]["effect"]["estimate"] for end in ENDS if "effect" in ends[end]]
    values = [value for value in (*seen, base.estimate) if value is not None]
    return {"key": row.key, "value": row.value, "source": row.source,
            "confidence": row.confidence, **ends,
            "span": max(values) - min(values) if seen and values else None}


def _reverses(base: Interval, effect: Interval) -> bool:
    """Whether the effect changes its sign."""
    return bool(base.estimate and effect.estimate and base.estimate * effect.estimate < 0.0)


def _stated(interval: Interval) -> dict[str, float | None]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
