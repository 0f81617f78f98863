"""Estimates of durations: the law that predicts best, its draws, and what a reader has to know."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.durations import Choice, Sample, choose, choose_widely
from calibration.estimates import DRAWS, Estimate, generator
from calibration.records import Flags, Floats

FEW = 20
"""Durations that a law is fitted to; with fewer the base's stays."""

QUANTILES = np.linspace(0.01, 0.99, 99)

MISFIT = 1.0
"""Kolmogorov-Smirnov statistic (times root n, parameters fitted) beyond which a shift and mixtures
are tried too: about the 1 % point of a law of two parameters (Stephens 1974, table 1A)."""

NOTHING = 0.9
"""Share of durations of less than a step from which on a stage is taken to take no time."""


ALIKE = 0.5
"""Share of durations that agree to a step from which on a stage is taken to be a constant."""


def stamps_apart(records_since: float, start: Floats, end: Floats) -> Flags:
    """Pairs of stamps in order, of work begun since the log is kept: what began before is in the
    log only if it took long."""
    return (start >= records_since) & ~(end < start)


def duration_estimate(key: str, sample: Sample, how: str, seed: int, remarks: tuple[str, ...] = (),
                      step: float = 1.0) -> Estimate | None:
    """The distribution of a stage; None if there are too few durations."""
    known = np.isfinite(sample.upper)
    if int(known.sum()) < FEW:
        return None
    censored = int((~known).sum())
    short = float((sample.lower[known] <= 0.0).mean())
    if short >= NOTHING:
        rest = sample.middle[known & (sample.lower > 0.0)]
        left_out = (f"{len(rest)} that take longer (median {np.median(rest):.0f} min) are left out"
                    ,) if len(rest) else ()
        return Estimate(key, "0 min", n=len(sample), censored=censored,
                        how=f"{short:.1%} take less than {step:g} min",
                        remarks=(*remarks, *left_out))
    constant = constant_of(sample, step)
    if constant is not None:
        value, share = constant
        spread = generator(seed, key).uniform(-step / 2.0, step / 2.0, DRAWS)
        return Estimate(key, f"{value:.4g} min",
                        [f"{max(value + d, 0.0):.4g} min" for d in spread], len(sample), censored,
                        how, remarks=(*remarks, f"a constant: {share:.1%} agree with it"))
    choice = choose(sample, seed=seed)
    if _distance(sample, choice) > MISFIT:
        choice = choose_widely(sample, seed=seed)
    fit = choice.fit
    draws = fit.draws(generator(seed, key), DRAWS)
    return Estimate(key, fit.as_scenario(), draws, len(sample), censored, how,
                    check_of(sample, fit.quantile(QUANTILES)),
                    (*remarks, families_said(choice), *((fit.remark,) if fit.remark else ())))


def constant_of(sample: Sample, step: float) -> tuple[float, float] | None:
    """(minutes, share): what most durations agree with, and the share that does; None unless it is
    ALIKE of them. Only durations known to two steps count. Clocks show whole steps, and constants
    near one are taken to be it."""
    narrow = sample.upper - sample.lower <= 2.0 * step
    if narrow.sum() < FEW / 2:
        return None
    low, high = np.sort(sample.lower[narrow]), np.sort(sample.upper[narrow])
    edges = np.unique(np.concatenate([low, high]))
    middle = (edges[:-1] + edges[1:]) / 2.0
    agree = np.searchsorted(low, middle, side="right") - np.searchsorted(high, middle, side="right")
    best = int(agree.argmax())
    share = float(agree[best]) / int(narrow.sum())
    if share < ALIKE:
        return None
    seen = sample.middle[narrow]
    value = float(seen[np.abs(seen - middle[best]) <= 1.5 * step].mean())
    whole = step * round(value / step)
    return (whole if abs(value - whole) <= 0.4 * step else value), share


def _distance(sample: Sample, choice: Choice) -> float:
    """The Kolmogorov-Smirnov statistic of the known durations, times the root of their number."""
    seen = np.sort(sample.middle[np.isfinite(sample.upper)])
    ranks = np.arange(len(seen) + 1) / len(seen)
    edges, first = np.unique(seen, return_index=True)
    last = np.append(first[1:], len(seen))
    fitted = choice.fit.law.cdf(edges)
    # Durations are rounded, so the step of the law is as wide as that of the sample.
    return float(np.abs(fitted - (ranks[first] + ranks[last]) / 2.0).max() * np.sqrt(len(seen)))


def check_of(sample: Sample, fitted: Floats) -> dict[str, Any]:
    """Observed and fitted quantiles, for a graphical check."""
    seen = sample.middle[np.isfinite(sample.upper)]
    return {"kind": "quantiles", "unit": "min",
            "observed": np.quantile(seen, QUANTILES).tolist(),
            "fitted": np.asarray(fitted).tolist()}


def families_said(choice: Choice) -> str:
    """Which family was chosen, and how far behind the others are on what they had not seen."""
    best = max(score for score, _ in choice.scores.values())
    parts = [f"{name} {score - best:+.4f} ({error:.4f})"
             for name, (score, error) in choice.scores.items()]
    return (f"{choice.fit.family} chosen; log-likelihood of a held-out duration against the best "
            f"(standard error): {', '.join(parts)}")
