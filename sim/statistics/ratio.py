"""Intervals: the delete-one jackknife over replications, its long side lengthened.

For a ratio of sums over n replications, R = sum(num) / sum(den), let R(i) be the ratio without
replication i. Then (Efron and Stein 1981; Miller 1974) the deviations

    d(i) = (n - 1) * (mean(R(.)) - R(i)),      s**2 = sum(d(i)**2) / (n - 1)

stand for those of n independent values, and the interval is R +- t(n - 1) * s / sqrt(n). Where
replications are skew, as those of a busy queue are, it misses the truth on the long side too often.
So the arm on that side, upwards where the skewness g of the deviations is positive, is longer by

    abs(g) * (2 * z**2 + 1) / (6 * sqrt(n)) * s / sqrt(n),

the first term of the Cornish-Fisher expansion of Student's t (Johnson 1978; Hall 1983), z being the
normal quantile of the confidence. The other arm is not shortened: g is as uncertain as it is large.

The estimate itself is the plain ratio, not the bias-corrected one, so that it agrees with what a
reader computes from the tables. A paired difference uses the differences of the delete-one values
of both scenarios. Quantiles enter by delete-one values to first order (sim.statistics.quantile),
without this correction: their skewness comes from the quantile function, and goes into the slopes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with its ends; None = undefined (estimate) or unbounded or unknown (an end)."""

    estimate: float | None
    low: float | None
    high: float | None


def defined(value: float) -> float | None:
    """The value as a Python float, or None if it is not finite."""
    # Adding 0.0 turns a negative zero into a plain one.
    return float(value) + 0.0 if math.isfinite(value) else None


def student(confidence: float, n: int) -> float:
    """The two-sided t quantile of n - 1 degrees of freedom at a confidence in (0, 1)."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + confidence / 2.0))


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Element-wise quotient, NaN wherever the denominator is 0; never a warning."""
    result = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        np.divide(numerator, denominator, out=result, where=np.asarray(denominator) != 0.0)
    return result


def leave_one_out(values: Floats) -> Floats:
    """Sums of the others: element i is the exactly rounded sum of all but value i."""
    if not np.all(np.isfinite(values)):
        return np.full(len(values), np.nan)
    as_list = values.tolist()
    return np.array([math.fsum(as_list[:i] + as_list[i + 1 :]) for i in range(len(as_list))])


def jackknife(
    estimate: float,
    without: Floats,
    confidence: float,
    *,
    high: Floats | None = None,
    skew: bool = True,
) -> Interval:
    """The interval around `estimate` from the delete-one values `without` (length n).

    high: other delete-one values for the upper arm. skew: lengthen the long side (means and other
    ratios), or not (quantiles). An end is None with one replication, or when a delete-one value
    of its arm is undefined.
    """
    if not math.isfinite(estimate):
        return Interval(None, None, None)
    below, _ = _arms(without, confidence, skew)
    _, above = _arms(without if high is None else high, confidence, skew)
    return Interval(defined(estimate), defined(estimate - below), defined(estimate + above))


def _arms(without: Floats, confidence: float, skew: bool) -> tuple[float, float]:
    """The lower and the upper arm of an interval; NaN if a delete-one value is undefined."""
    n = len(without)
    if n < 2 or not np.all(np.isfinite(without)):
        return math.nan, math.nan
    mean = math.fsum(without) / n
    deviations = [(n - 1) * (mean - value) for value in without.tolist()]
    spread = math.sqrt(math.fsum(d * d for d in deviations) / (n - 1))
    reach = student(confidence, n)
    longer = 0.0
    if skew and n > 2 and spread > 0.0:
        cubes = math.fsum((d / spread) ** 3 for d in deviations)
        skewness = n * cubes / ((n - 1) * (n - 2))
        longer = skewness * (2.0 * _normal(confidence) ** 2 + 1.0) / (6.0 * math.sqrt(n))
    error = spread / math.sqrt(n)
    return error * (reach + max(-longer, 0.0)), error * (reach + max(longer, 0.0))


def _normal(confidence: float) -> float:
    """The two-sided normal quantile at a confidence in (0, 1)."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2.0))
