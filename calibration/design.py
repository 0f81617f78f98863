"""Learning whole numbers from runs: a space-filling design, history matching, and ABC.

Runs at the points of a design tell how summaries of a log depend on numbers that it does not show.
History matching (Vernon, Goldstein and Bower 2010) leaves out what cannot be: an emulator (here
additive and piecewise linear) foretells each summary at any point, and a point is implausible if
what was observed lies too far from it, measured by everything that may part them: the emulator's
error, chance, and the model's own error. Runs at points that are left give the posterior, by
approximate Bayesian computation with regression adjustment (Beaumont, Zhang and Balding 2002) on
one summary per number: its regression on all summaries that bear on it (Fearnhead and Prangle
2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.records import Floats, Ints

KNOTS = (0.0, 0.15, 0.3, 0.5, 0.75)
"""Where an emulator's slopes may change, along each number's range from its lowest to its highest;
denser below, where resources begin to bind."""

PENALTIES = 10.0 ** np.arange(-4.0, 3.5, 0.5)
"""Among which generalised cross-validation chooses the ridge of a regression."""

STEEPEST = 2.0
"""Units by which a number may change, near an observation, for one that its regression tells."""

SHRUNK = 0.9
"""Of the correlations between numbers over the runs, the part that is believed."""

NEAREST = 0.5
"""Share of the runs, the nearest ones, from which a posterior is made; by all summaries that bear
on a number, and of these once more by what they tell of it."""

FARTHEST = 4.0
"""Of its scale, the most that one summary adds to the distance of a run: the rest say more about
a log of which one number is odd."""


def space_filling(low: Ints, high: Ints, points: int, draw: np.random.Generator) -> Ints:
    """int64[points, d]: whole numbers from low to high (both int64[d] and within), evenly on a
    logarithmic scale, by a Sobol sequence that is shifted at random (Cranley and Patterson 1976);
    any first part of it fills the space as well.
    """
    from scipy.stats import qmc

    sobol = qmc.Sobol(len(low), scramble=False)
    uniform = sobol.random_base2(int(np.ceil(np.log2(max(points, 2)))))[:points]
    uniform = (uniform + draw.random(len(low))) % 1.0
    number = np.exp(np.log(low) + uniform * (np.log(high + 1.0) - np.log(low)))
    return np.clip(np.floor(number), low, high).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Ridge:
    """Linear regressions of k responses on the same features, with one penalty each."""

    center: Floats
    scale: Floats
    slopes: Floats
    level: Floats
    error: Floats
    """float64[k]: standard deviation of a new response, by leaving one out."""
    fitted: Floats
    """float64[n, k]: what is expected of the runs themselves."""

    def at(self, features: Floats) -> Floats:
        """float64[m, k]: what is expected."""
        return self.level + ((features - self.center) / self.scale) @ self.slopes


def regress(features: Floats, responses: Floats) -> Ridge:
    """Ridge regression of float64[n, k] on float64[n, p], penalties by generalised
    cross-validation (Golub, Heath and Wahba 1979), response by response."""
    n = len(features)
    center, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    left, strength, right = np.linalg.svd((features - center) / scale, full_matrices=False)
    level = responses.mean(axis=0)
    inner = left.T @ (responses - level)
    best = np.full(responses.shape[1], np.inf)
    slopes = np.zeros((features.shape[1], responses.shape[1]))
    fitted, leverage = np.zeros_like(responses), np.zeros_like(responses)
    for penalty in PENALTIES * n:
        shrunk = strength**2 / (strength**2 + penalty)
        values = left @ (shrunk[:, None] * inner)
        freedom = n - 1.0 - shrunk.sum()
        if freedom < 1.0:
            continue
        score = ((responses - level - values) ** 2).sum(axis=0) / freedom**2
        better = score < best
        best = np.where(better, score, best)
        by = right.T @ ((strength / (strength**2 + penalty))[:, None] * inner)
        slopes[:, better] = by[:, better]
        fitted[:, better] = values[:, better]
        leverage[:, better] = (left**2 @ shrunk + 1.0 / n)[:, None]
    residual = (responses - level - fitted) / np.maximum(1.0 - leverage, 1.0 / n)
    return Ridge(center, scale, slopes, level, np.sqrt(np.mean(residual**2, axis=0)),
                 level + fitted)


def hinges(points: Ints, low: Ints, high: Ints) -> Floats:
    """float64[n, d * knots]: how far each number lies beyond each knot of its range."""
    along = np.log(points / low) / np.maximum(np.log((high + 1.0) / low), 1e-9)
    return np.concatenate([np.maximum(along - knot, 0.0) for knot in KNOTS], axis=1)


def implausibility(emulator: Ridge, features: Floats, observed: Floats, error: Floats) -> Floats:
    """float64[m, k]: how far what was observed lies from what is expected at each point, in
    standard deviations. error: float64[k], of the model, beside the emulator's own."""
    spread = np.sqrt(emulator.error**2 + error**2)
    return np.asarray(np.abs(observed - emulator.at(features)) / spread)


def ranked(distances: Floats, rank: int) -> Floats:
    """float64[m]: the rank-th largest of each row of float64[m, k]."""
    rank = min(rank, distances.shape[1])
    return np.asarray(np.partition(distances, -rank, axis=1)[:, -rank])


def adjusted(numbers: Floats, summaries: Floats, observed: Floats, scale: Floats,
             groups: Sequence[list[int]]) -> tuple[Floats, Floats]:
    """(values, weights), both float64[n, d]: the numbers as they would have come out had each run
    shown what was observed, and how much each run counts.

    numbers: float64[n, d]; summaries: float64[n, k]; observed: float64[k]; scale: float64[k], by
    which a summary may be off; groups: which summaries bear on each number. Only the nearest runs
    count (Epanechnikov's weights), and from them alone the regression is learned.
    """
    values, weights = numbers.copy(), np.ones_like(numbers)
    for j, group in enumerate(groups):
        number = numbers[:, j]
        if not group or np.ptp(number) == 0.0:
            continue
        off = np.minimum(np.abs(summaries[:, group] - observed[group]) / scale[group], FARTHEST)
        weight = _nearness(np.sqrt((off**2).mean(axis=1)))
        near = np.flatnonzero(weight)
        shown = summaries[near][:, group]
        line = regress(shown, number[near, None])
        # What no run has shown, the model has not: a line drawn on to there would tell of chance.
        there = np.clip(observed[group], shown.min(axis=0), shown.max(axis=0))
        told, here = line.fitted[:, 0], float(line.at(there[None])[0, 0])
        values[near, j], closer = _local_linear(number[near], told, here, float(line.error[0]))
        weights[:, j] = 0.0
        weights[near, j] = closer
    return values, weights


def _nearness(distance: Floats) -> Floats:
    """Epanechnikov's weights of the NEAREST of some distances; 0 of those farther."""
    reach = max(float(np.quantile(distance, NEAREST)), 1e-9)
    weight = np.maximum(1.0 - (distance / reach) ** 2, 0.0)
    return weight if weight.any() else np.ones(len(distance))


def _local_linear(number: Floats, told: Floats, here: float, error: float
                  ) -> tuple[Floats, Floats]:
    """Numbers moved along the weighted regression line to where the observation lies; no farther
    than runs have been, and never faster than told: a slope on next to nothing is chance.

    error: of what is told of a new run. The runs from which it was learned lie closer to it.
    """
    here = float(np.clip(here, told.min(), told.max()))
    weight = _nearness(np.abs(told - here))
    total = weight.sum()
    level, middle = weight @ number / total, weight @ told / total
    x, y = told - middle, number - level
    spread = weight @ (x * x)
    slope = float(np.clip(weight @ (x * y) / spread, 0.0, STEEPEST)) if spread > 1e-12 else 0.0
    closer = error / max(float(np.sqrt(np.mean((number - told) ** 2))), 1e-9)
    away = (y - slope * x) * min(max(closer, 1.0), 2.0)
    return level + slope * (here - middle) + away, weight


def weighted_draws(values: Floats, weights: Floats, draws: int, draw: np.random.Generator
                   ) -> Floats:
    """float64[draws, d]: draws of each column by its weights, evenly spread over its quantiles;
    columns that vary together over the runs do so over the draws (a Gaussian copula)."""
    result = np.empty((draws, values.shape[1]))
    rank = np.argsort(np.argsort(_together(values, draws, draw), axis=0), axis=0)
    for j in range(values.shape[1]):
        order = np.argsort(values[:, j], kind="stable")
        reached = np.cumsum(weights[order, j])
        place = np.searchsorted(reached, (rank[:, j] + 0.5) / draws * reached[-1])
        result[:, j] = values[order[np.minimum(place, len(order) - 1)], j]
    return result


def correlation(values: Floats) -> Floats:
    """float64[d, d]: correlations of the columns, 0 with one that does not vary; shrunk, because
    there are not many runs."""
    apart = values - values.mean(axis=0)
    spread = np.sqrt((apart**2).mean(axis=0))
    apart /= np.where(spread > 1e-9, spread, np.inf)
    return SHRUNK * (apart.T @ apart) / len(values) + np.diag(
        np.where(spread > 1e-9, 1.0 - SHRUNK, 1.0))


def _together(values: Floats, draws: int, draw: np.random.Generator) -> Floats:
    """float64[draws, d]: normal numbers with the columns' correlations."""
    root = np.linalg.cholesky(correlation(values))
    return np.asarray(draw.standard_normal((draws, values.shape[1])) @ root.T)


def whole(values: Floats, low: Ints, high: Ints) -> NDArray[np.int64]:
    """The nearest whole numbers within their ranges."""
    return np.clip(np.rint(values), low, high).astype(np.int64)
