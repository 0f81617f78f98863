"""Durations whose mean differs by kind of case, with one law of luck: means times a common factor.

Devanning by size and depth, and examinations by depth, are of this form. All kinds are fitted at
once by maximum likelihood, interval-censored (stamps are rounded), with a small share of anything
for stamps that are wrong in ways no check can see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.laws import FAMILIES, LEAST_CV, MOST_CV
from calibration.records import Floats, Ints

ANYTHING = 0.001
"""Share of durations that may be anything, evenly on the logarithm over RANGE minutes."""

RANGE = (0.1, 1e5)

FOLDS = 5

_STEP = 1e-3

Means = Callable[[Floats], tuple[Floats, Floats]]
"""theta -> (mean, cv) of every kind."""


@dataclass(frozen=True, eq=False)
class Cases:
    """Durations between `lower` and `upper` minutes of kinds numbered from 0; `count` of each.

    which   of every single duration, its place among these; box: whose it is. A box that is worked
            on twice has the same luck twice, and counts for less than two.
    """

    kind: Ints
    lower: Floats
    upper: Floats
    count: Floats
    which: Ints
    box: Ints

    @classmethod
    def of(cls, kind: Ints, lower: Floats, upper: Floats, box: Ints) -> Cases:
        """Those that differ, with how many there are of each."""
        table, which, count = np.unique(np.column_stack([kind, lower, upper]), axis=0,
                                        return_inverse=True, return_counts=True)
        return cls(table[:, 0].astype(np.int64), table[:, 1], table[:, 2],
                   count.astype(np.float64), which.ravel().astype(np.int64), box)

    def __len__(self) -> int:
        return int(self.count.sum())


@dataclass(frozen=True, eq=False)
class ScaledFit:
    """The maximum: theta, its covariance, the log-likelihood.

    The covariance is the inverse of the observed information, around the variance of the boxes'
    scores (the sandwich of White 1982, with boxes as clusters).
    """

    family: str
    theta: Floats
    covariance: Floats
    likelihood: float

    def draws(self, random: np.random.Generator, n: int) -> Floats:
        """float64[n, k]: theta, normal around the maximum."""
        return np.asarray(random.multivariate_normal(self.theta, self.covariance, n,
                                                     method="eigh"))


def log_likelihood(cases: Cases, family: str, mean: Floats, cv: Floats) -> Floats:
    """float64: the log-likelihood of each of the different durations."""
    result = np.empty(len(cases.kind))
    span = np.log(RANGE[1] / RANGE[0])
    for value in np.unique(cv):
        here = cv[cases.kind] == value
        law = FAMILIES[family](1.0, float(np.clip(value, LEAST_CV, MOST_CV)))
        scale = mean[cases.kind[here]]
        low, high = cases.lower[here] / scale, cases.upper[here] / scale
        below, above = law.cdf(low), law.sf(low)
        mass = np.where(below < 0.5, law.cdf(high) - below, above - law.sf(high))
        anything = np.log(np.clip(cases.upper[here], *RANGE)
                          / np.clip(cases.lower[here], *RANGE)) / span
        result[here] = np.log(np.maximum((1.0 - ANYTHING) * mass + ANYTHING * anything, 1e-300))
    return result


def fit_scaled(cases: Cases, family: str, means: Means, start: Floats, weight: Floats | None = None,
               errors: bool = True) -> ScaledFit:
    """The maximum of the likelihood; `weight` stands for the counts (of folds)."""
    from scipy.optimize import minimize

    counts = cases.count if weight is None else weight

    def cost(theta: Floats) -> float:
        return -float(counts @ log_likelihood(cases, family, *means(theta)))

    def slope(theta: Floats) -> Floats:
        steps = np.eye(len(theta)) * 1e-5
        return np.array([(cost(theta + s) - cost(theta - s)) / 2e-5 for s in steps])

    found = minimize(cost, start, jac=slope, method="BFGS",
                     options={"gtol": 1e-3 * max(counts.sum(), 1.0) ** 0.5, "maxiter": 200})
    theta = np.asarray(found.x, dtype=np.float64)
    covariance = np.zeros((len(theta), len(theta)))
    if errors:
        steps = np.eye(len(theta)) * _STEP
        information = np.array([(slope(theta + s) - slope(theta - s)) / (2.0 * _STEP)
                                for s in steps])
        # A direction that the cases do not determine keeps a wide, not an endless, uncertainty.
        values, vectors = np.linalg.eigh((information + information.T) / 2.0)
        inverse = vectors @ np.diag(1.0 / np.maximum(values, 1.0)) @ vectors.T
        score = np.stack([(log_likelihood(cases, family, *means(theta + s))
                           - log_likelihood(cases, family, *means(theta - s))) / (2.0 * _STEP)
                          for s in steps])
        _, box = np.unique(cases.box, return_inverse=True)
        scores = np.stack([np.bincount(box, row[cases.which]) for row in score])
        covariance = inverse @ (scores @ scores.T) @ inverse
    return ScaledFit(family, theta, covariance, -float(found.fun))


def compare_families(cases: Cases, means: Means, fits: Sequence[ScaledFit], seed: int
                     ) -> dict[str, tuple[float, float]]:
    """family -> (mean log-likelihood of a held-out duration, standard error of its difference
    from the best one's). Each duration of a kind that occurs more than once is split over the
    folds."""
    random = np.random.Generator(np.random.Philox(key=seed))
    share = random.multinomial(cases.count.astype(np.int64), np.full(FOLDS, 1.0 / FOLDS))
    held: dict[str, Floats] = {}
    for fit in fits:
        scores = np.empty(share.shape)
        for k in range(FOLDS):
            part = fit_scaled(cases, fit.family, means, fit.theta,
                              cases.count - share[:, k], errors=False)
            scores[:, k] = log_likelihood(cases, fit.family, *means(part.theta))
        held[fit.family] = scores
    n = float(share.sum())
    mean = {name: float((share * scores).sum()) / n for name, scores in held.items()}
    best = max(mean, key=lambda name: mean[name])
    result = {}
    for name, scores in held.items():
        behind = held[best] - scores
        centre = mean[best] - mean[name]
        spread = float((share * (behind - centre) ** 2).sum()) / max(n - 1.0, 1.0)
        result[name] = (mean[name], float(np.sqrt(spread / n)))
    return result


def said(scores: dict[str, tuple[float, float]], family: str) -> str:
    """How the families compare; and a warning if the one used predicts worse than another."""
    best = max(score for score, _ in scores.values())
    parts = ", ".join(f"{name} {score - best:+.4f} ({error:.4f})"
                      for name, (score, error) in scores.items())
    text = ("log-likelihood of a held-out duration against the best (standard error): " + parts)
    score, error = scores[family]
    if best - score > error:
        text += f"; {family}, which the model takes, is worse by more than a standard error"
    return text
