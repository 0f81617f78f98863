"""Long holds between an examination and what closes it: a sample at the laboratory, most often.

A share of the examined consignments waits for days where the others need an hour. These are no
outliers; they are a stage of their own, with a share and a duration in working time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.durations import Sample, choose
from calibration.estimates import DRAWS, Estimate, generator
from calibration.fitted import QUANTILES, families_said
from calibration.records import Floats
from calibration.worktime import Hours
from scenarios.load import Loaded

LEAST = 8
"""Long holds that a law is fitted to."""

SMEAR = (float(np.log(0.01)), float(np.log(0.05)))
"""Bounds of the standard error of a hold, as part of the range of all (logarithms)."""

STRAY = 0.003
"""Share of long holds that wrong stamps may make."""


def fit_laboratory(agency: str, ready: Floats, end: Floats, took: Floats, before: Floats,
                   until: float, hours: Hours, longest: float, base: Loaded, seed: int
                   ) -> list[Estimate]:
    """The share of an agency's examined consignments that is held for long, and for how long.

    ready, end, took: float64[n], when each was restuffed, when closed (NaN if open), and the
    minutes of work between, waiting for clerks aside. before: of them and the waiting, those before
    a clerk was asked for. until: the log's last minute. longest: within it cases without a hold are
    closed; holds begin at the widest gap beyond.
    """
    key = f"agencies.{agency}.laboratory"
    begun = hours.before(ready)
    left = float(hours.before(np.array([until]))[0]) - begun
    longest = _gap(took, longest)
    # Seen for long enough to tell a hold from a case that is about to be closed.
    end, took, before, left = (v[left > longest] for v in (end, took, before, left))
    n = len(end)
    if n < LEAST:
        return []
    is_open = np.isnan(end)
    # A case of which nothing later is known may lack its stamp; it is open if it is recent.
    recent = left <= 1.2 * max(float(np.nanmax(np.append(took, longest))), longest)
    held = np.where(is_open, recent, (took > longest) & (before > longest))
    known = held | ~is_open
    count, seen = int(held.sum()), int(known.sum())
    if count < LEAST or count <= 2 * STRAY * seen:
        most = float(_beta(count, seen, generator(seed, key), DRAWS).max()) if seen else 1.0
        if base.agencies[agency].laboratory is None:
            return []
        return [Estimate(key, None, n=seen,
                         how="no share of examined consignments is held for long",
                         remarks=(f"{count} of {seen} are closed later than {longest:.0f} min of "
                                  f"work; a share above {most:.2%} is out of the question",))]
    lower = np.maximum(np.where(is_open, left, before)[held], 1.0)
    # Of those begun so early that the longest would have ended, all have, and nothing is censored.
    early = left[held] > 1.1 * float(lower[~is_open[held]].max(initial=0.0))
    if early.sum() < max(LEAST, held.sum() / 2):
        early = np.ones(len(lower), dtype=bool)
    lower, still = lower[early], is_open[held][early]
    sample = Sample(lower, np.where(still, np.inf, lower))
    rng = generator(seed, key)
    shares = _beta(count, seen, rng, DRAWS)
    law, laws, check, said = _law(sample, rng, seed)
    value = {"share": float(f"{count / seen:.4g}"), "duration": law}
    draws = [{"share": float(f"{s:.4g}"), "duration": d} for s, d in zip(shares, laws, strict=True)]
    return [Estimate(
        key, value, draws, seen, int(is_open[held].sum()),
        how=f"{count} of {seen} examined consignments closed after more than {longest:.0f} min of "
        "work, where others are not", check=check,
        remarks=(said, "whatever holds a consignment for days after its examination is in it: "
                 "treatment, correction and detention too, if there are any"))]


def _gap(took: Floats, longest: float) -> float:
    """Where holds part from cases that only took longer than usual: the middle of the widest gap
    between neighbours on the logarithm, up to ten times `longest`."""
    near = np.sort(took[(took > longest / 1.5) & (took < 10.0 * longest)])
    if len(near) < 2:
        return longest
    logs = np.log(near)
    widest = int(np.diff(logs).argmax())
    if logs[widest + 1] - logs[widest] < np.log(1.5):
        return longest
    return max(float(np.exp((logs[widest] + logs[widest + 1]) / 2.0)), longest)


def _beta(count: int, n: int, rng: np.random.Generator, draws: int) -> Floats:
    """Draws of a share from its posterior (Jeffreys)."""
    return np.asarray(rng.beta(count + 0.5, n - count + 0.5, draws))


def _law(sample: Sample, rng: np.random.Generator, seed: int
         ) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], str]:
    """Value, draws, check and remark of the duration: a uniform law, or the best of the others.

    The uniform is seen through normal errors (what is taken off for waiting is an estimate), so
    that the least and the greatest hold do not decide alone; its draws are by bootstrap.
    """
    choice = choose(sample, seed=seed)
    fit = choice.fit
    seen = np.sort(sample.lower[np.isfinite(sample.upper)])
    low, high, error, likelihood = _smeared(seen)
    # Open cases are few, and count for the others alone; one more parameter costs one.
    rest = fit.likelihood - float(np.log(np.maximum(fit.law.sf(
        sample.lower[np.isinf(sample.upper)]), 1e-300)).sum())
    if likelihood - 1.0 > rest:
        value = _uniform(low, high)
        draws = [_uniform(*_reflected(rng, low, high, error, len(seen))) for _ in range(DRAWS)]
        fitted = low + QUANTILES * (high - low)
        said = f"uniform chosen; log-likelihood {likelihood:.1f} against {rest:.1f} of {fit.family}"
    else:
        value, fitted, said = fit.as_scenario(), fit.quantile(QUANTILES), families_said(choice)
        draws = fit.draws(rng, DRAWS) or [value] * DRAWS
    check = {"kind": "quantiles", "unit": "min", "observed": np.quantile(seen, QUANTILES).tolist(),
             "fitted": np.asarray(fitted).tolist()}
    return value, draws, check, said


def _smeared(seen: Floats) -> tuple[float, float, float, float]:
    """(low, high, standard error of a value, log-likelihood) of a uniform law whose values are seen
    with normal errors: density (Phi((x - low) / s) - Phi((x - high) / s)) / (high - low)."""
    from scipy.optimize import minimize
    from scipy.special import ndtr

    scale = float(seen[-1] - seen[0]) or 1.0

    def cost(theta: Floats) -> float:
        low, width = theta[0], scale * np.exp(theta[1])
        error = scale * np.exp(np.clip(theta[2], *SMEAR))
        inside = ndtr((seen - low) / error) - ndtr((seen - low - width) / error)
        return -float(np.log(np.maximum(inside, 1e-300)).sum()) + len(seen) * float(np.log(width))

    start = np.array([seen[0], 0.0, np.log(0.01)])
    steps = np.diag([0.02 * scale, 0.05, 1.0])
    found = minimize(cost, start, method="Nelder-Mead",
                     options={"initial_simplex": np.vstack([start, start + steps]),
                              "xatol": 1e-3, "fatol": 1e-3, "maxiter": 400})
    low, width = float(found.x[0]), scale * float(np.exp(found.x[1]))
    return low, low + width, scale * float(np.exp(np.clip(found.x[2], *SMEAR))), -float(found.fun)


def _reflected(rng: np.random.Generator, low: float, high: float, error: float, n: int
               ) -> tuple[float, float]:
    """A draw of the bounds: as far from the estimate as an estimate from n values of it lies, on
    the other side (the basic bootstrap, parametric)."""
    again = _smeared(np.sort(rng.uniform(low, high, n) + error * rng.standard_normal(n)))
    return max(2.0 * low - again[0], 0.0), 2.0 * high - again[1]


def _uniform(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "uniform", "low": f"{max(low, 0.0):.5g} min", "high": f"{high:.5g} min"}
