"""All measures of all scenarios, and their paired differences from the baseline.

The result is the contents of summary.json. Scenarios are compared on common random numbers, so
every difference is taken pair by pair, with the same replication left out of both.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from scenarios.errors import Fault, InputError, nearest
from sim.estimands import Constant, Quantile, Ratio
from sim.replication import Replication
from sim.statistics.ratio import Floats, Interval, defined, divide, jackknife
from sim.statistics.sample import Sample
from sim.statistics.verdict import (
    MAXIMUM_FAMILY,
    each_confidence,
    overloaded,
    replications_needed,
    verdict,
)

SUMMARY_SCHEMA = "onestop.summary/1"

Primary = Sequence[tuple[str, float | None]]

# Two clearance times that differ by less than this many hours are the same.
SLOWER_HOURS = 1e-9

# Differences between replications below this share of their size are rounding, not spread.
_ROUNDING = 1e-10


def check_primary(primary: Primary, known: Collection[str] | None = None) -> None:
    """Refuse (InputError, all faults at once) a primary family that cannot be judged.

    known: the measures that exist, if they are known already.
    """
    faults = []
    if len(primary) > MAXIMUM_FAMILY:
        faults.append(Fault("too many primary measures", found=len(primary), allowed="at most 8"))
    names = [name for name, _ in primary]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        faults.append(Fault("a primary measure is named twice", found=name))
    for name, margin in primary:
        if known is not None and name not in known:
            faults.append(
                Fault("unknown primary measure", found=name, hint=nearest(name, sorted(known)))
            )
        if margin is not None and not (math.isfinite(margin) and margin >= 0.0):
            faults.append(Fault("a margin is 0 or more", key=name, found=margin))
    if faults:
        raise InputError(faults)


def summarise(
    replications: Mapping[str, Sequence[Replication]],
    *,
    baseline: str,
    primary: Primary = (),
    confidence: float = 0.95,
) -> dict[str, Any]:
    """The summary of all scenarios, JSON-able, undefined numbers None.

    replications: scenario -> its replications, scenarios in command order, the same numbers in
    each (ValueError otherwise). primary: (measure, margin in its unit or None), at most 8
    (InputError, also for a measure that no scenario has). confidence: of every descriptive
    interval, and of the whole primary family together.
    """
    samples = {name: Sample(parts) for name, parts in replications.items()}
    if any(sample.numbers != samples[baseline].numbers for sample in samples.values()):
        raise ValueError("scenarios are compared on different replications")
    for name, sample in samples.items():
        if name != baseline:
            _add_slower_shares(sample, samples[baseline])
    measures = list(dict.fromkeys(m for sample in samples.values() for m in sample.estimands))
    check_primary(primary, measures)
    compared = [name for name in samples if name != baseline]
    each = each_confidence(confidence, len(primary), len(compared))
    family = dict(primary)
    scenarios: dict[str, dict[str, Any]] = {name: {} for name in samples}
    differences: dict[str, dict[str, Any]] = {name: {} for name in compared}
    for measure in measures:
        for name, sample in samples.items():
            if measure in sample.estimands:
                scenarios[name][measure] = _state(sample, measure, confidence)
        for name in compared:
            pair = (samples[name], samples[baseline])
            if not all(measure in sample.estimands for sample in pair):
                continue
            level = each if measure in family else confidence
            entry = _compare(*pair, measure, level)
            differences[name][measure] = _judge(entry, *pair, measure, family)
    return {
        "schema": SUMMARY_SCHEMA,
        "baseline": baseline,
        "primary": [name for name, _ in primary],
        "statistics": {
            "family_confidence": confidence,
            "interval_confidence": each,
            "comparisons": len(compared),
        },
        "scenarios": {name: _about(samples[name], scenarios[name]) for name in samples},
        "differences": differences,
    }


def slower_share(scenario: Replication, baseline: Replication) -> dict[str, tuple[float, float]]:
    """Group -> (consignments whose clearance takes longer than in the baseline, consignments).

    Pairs the cohorts of the same replication, which hold the same identities in the same order
    (ValueError otherwise). A consignment that is open in both is not counted as slower. The groups
    are those of the baseline, and 'all'.
    """
    ours, theirs = scenario.cohort, baseline.cohort
    if not np.array_equal(ours["id"], theirs["id"]):
        raise ValueError(
            f"replication {scenario.replication}: the cohort of '{scenario.scenario}' is not that "
            f"of '{baseline.scenario}'"
        )
    slower = ours["clearance"] > theirs["clearance"] + SLOWER_HOURS
    shares = {"all": (float(slower.sum()), float(len(slower)))}
    for code, group in enumerate(baseline.groups):
        if group != "all":
            within = theirs["group"] == code
            shares[group] = (float((slower & within).sum()), float(within.sum()))
    return shares


def _add_slower_shares(sample: Sample, baseline: Sample) -> None:
    pairs = list(zip(sample.replications, baseline.replications, strict=True))
    if not all(one.cohort and other.cohort for one, other in pairs):
        return
    # Scenarios with traffic of their own have no consignments in common.
    if not all(np.array_equal(one.cohort["id"], other.cohort["id"]) for one, other in pairs):
        return
    shares = [slower_share(one, other) for one, other in pairs]
    for group in shares[0]:
        sums = np.array([share[group] for share in shares])
        sample.add_ratio(
            f"time.clearance.{group}.slower_share", sums[:, 0], sums[:, 1], unit="1"
        )


def _about(sample: Sample, measures: dict[str, Any]) -> dict[str, Any]:
    return {
        "replications": sample.n,
        "members": sample.members,
        "open": sample.open,
        "overloaded": overloaded(sample.open, sample.members),
        "measures": measures,
    }


def _state(sample: Sample, measure: str, confidence: float) -> dict[str, Any]:
    """One measure of one scenario, with its interval."""
    estimate = sample.estimate(measure)
    if sample.constant(measure):
        interval, confidence = Interval(*(defined(estimate),) * 3), 1.0
    else:
        without = sample.without(measure)
        interval = jackknife(
            estimate, without.low, confidence, high=without.high, skew=without.smooth
        )
    entry: dict[str, Any] = {
        "unit": sample.units.get(measure, ""),
        "mean": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "confidence": confidence,
        "estimand": _kind(sample, measure),
    }
    if estimate == math.inf:
        entry["censored_above"] = sample.censored_above(measure)
    if sample.labels.get(measure):
        entry["label"] = sample.labels[measure]
    return entry


def _kind(sample: Sample, measure: str) -> str:
    estimand = sample.estimands[measure]
    if isinstance(estimand, Ratio):
        return "ratio of sums"
    if isinstance(estimand, Quantile):
        return "pooled quantile"
    return "input" if isinstance(estimand, Constant) else "total"


def _compare(
    sample: Sample, baseline: Sample, measure: str, confidence: float
) -> dict[str, Any]:
    """The paired difference and relative difference with intervals, and whether it is exact."""
    ours, theirs = sample.estimate(measure), baseline.estimate(measure)
    ours_without, theirs_without = sample.without(measure), baseline.without(measure)
    skew = ours_without.smooth and theirs_without.smooth
    ours_varied, theirs_varied = ours_without.both, theirs_without.both
    with np.errstate(invalid="ignore"):
        varied = ours_varied - theirs_varied
    difference = jackknife(_subtract(ours, theirs), varied, confidence, skew=skew)
    exact = difference.estimate is not None and _is_exact(sample, baseline, measure, varied)
    if exact:
        difference = Interval(*(difference.estimate,) * 3)
    # A relative difference means something only against a baseline above zero.
    positive = np.where(theirs_varied > 0.0, theirs_varied, 0.0)
    relative = jackknife(
        ours / theirs - 1.0 if 0.0 < theirs < math.inf else math.nan,
        divide(ours_varied, positive) - 1.0,
        confidence,
        skew=skew,
    )
    return {
        "difference": difference,
        "relative": relative,
        "exact": exact,
        "confidence": confidence,
    }


def _subtract(ours: float, theirs: float) -> float:
    return ours - theirs if math.isfinite(ours) or math.isfinite(theirs) else math.nan


def _is_exact(sample: Sample, baseline: Sample, measure: str, varied: Floats) -> bool:
    """True if the difference is one number in every replication, up to rounding."""
    if sample.constant(measure) and baseline.constant(measure):
        return True
    size = max(abs(sample.estimate(measure)), abs(baseline.estimate(measure)))
    # First what is at hand already: hardly a measure passes.
    if not np.all(np.isfinite(varied)) or np.ptp(varied) > _ROUNDING * size:
        return False
    with np.errstate(invalid="ignore"):
        single = sample.single(measure) - baseline.single(measure)
    known = single[np.isfinite(single)]
    return bool(len(known) >= 2 and np.ptp(known) <= _ROUNDING * size)


def _judge(
    entry: dict[str, Any],
    sample: Sample,
    baseline: Sample,
    measure: str,
    family: Mapping[str, float | None],
) -> dict[str, Any]:
    """The entry of `differences` in summary.json: numbers for all, a verdict for primary ones."""
    difference, relative = entry["difference"], entry["relative"]
    word = needed = None
    if measure in family:
        overload = any(overloaded(one.open, one.members) for one in (sample, baseline))
        word = verdict(difference, family[measure], entry["exact"], overload)
        if word == "not resolved":
            needed = replications_needed(difference, sample.n, entry["confidence"], family[measure])
    return {
        "difference": difference.estimate,
        "low": difference.low,
        "high": difference.high,
        "relative": relative.estimate,
        "relative_low": relative.low,
        "relative_high": relative.high,
        "confidence": entry["confidence"],
        "primary": measure in family,
        "margin": family.get(measure),
        "verdict": word,
        "replications_needed": needed,
    }
