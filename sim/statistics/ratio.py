"""Intervals: the delete-one jackknife over replications.

For a ratio of sums over n replications, R = sum(num) / sum(den), let R(i) be the ratio without
replication i. Then (Efron and Stein 1981; Miller 1974)

    variance = (n - 1) / n * sum((R(i) - mean(R(.)))**2)

and the interval is R +- t(n - 1) * sqrt(variance). The estimate itself is the plain ratio, not
the bias-corrected one, so that it agrees with what a reader computes from the tables. A paired
difference uses the differences of the delete-one values of both scenarios. Quantiles enter by
delete-one values to first order (sim.statistics.quantile).
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
    estimate: float, without: Floats, confidence: float, high: Floats | None = None
) -> Interval:
    """The interval around `estimate` from the delete-one values `without` (length n).

    high: other delete-one values for the upper arm. An end is None with one replication, or when
    a delete-one value of its arm is undefined.
    """
    if not math.isfinite(estimate):
        return Interval(None, None, None)
    factor = student(confidence, len(without)) if len(without) > 1 else math.nan
    below = factor * _deviation(without)
    above = below if high is None else factor * _deviation(high)
    return Interval(defined(estimate), defined(estimate - below), defined(estimate + above))


def _deviation(without: Floats) -> float:
    """The standard error of an estimate from its delete-one values; NaN if one is undefined."""
    n = len(without)
    if n < 2 or not np.all(np.isfinite(without)):
        return math.nan
    mean = math.fsum(without) / n
    squares = math.fsum((value - mean) ** 2 for value in without.tolist())
    return math.sqrt((n - 1) / n * squares)
