"""The interval of a mean from one long run, by means of batches that hardly depend on each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.statistics.ratio import Interval, jackknife

Floats = NDArray[np.float64]

LEAST = 20
"""Batches, at least: with fewer Student's t gets long and the test of dependence blind."""

DEPENDENT = 0.2
"""The level at which batches are taken to depend on each other: it is better to make them longer
once too often."""


@dataclass(frozen=True)
class Batches:
    """size: values of a batch; number: of batches; independent: whether the test let them pass.
    Where it did not, the run is too short and the interval too narrow."""

    interval: Interval
    size: int
    number: int
    independent: bool


def batch_means(values: Floats, confidence: float = 0.95) -> Batches:
    """The mean of a stationary series, such as weekly means after the warm-up, and its interval.

    values: float64[n], n >= 20. Batches double in size until von Neumann's ratio (1941) does not
    show that neighbours depend on each other, or fewer than LEAST batches would be left; what does
    not fill a batch is left out at the beginning. Raises ValueError for too few or undefined
    values.
    """
    if len(values) < LEAST or not np.all(np.isfinite(values)):
        raise ValueError(f"needs {LEAST} values or more, all defined; found {len(values)}")
    size = 1
    while True:
        number = len(values) // size
        means = values[len(values) - number * size:].reshape(number, size).mean(axis=1)
        independent = not _depend(means)
        if independent or number // 2 < LEAST:
            break
        size *= 2
    total = math.fsum(means)
    without = (total - means) / (number - 1)
    return Batches(jackknife(total / number, without, confidence), size, number, independent)


def _depend(means: Floats) -> bool:
    """Whether neighbours are alike beyond chance: von Neumann's ratio against its normal limit.

    With sum((x[i+1] - x[i])**2) / sum((x - mean)**2) = R, (1 - R/2) * sqrt((n**2 - 1) / (n - 2))
    is about standard normal where values are independent (Young 1941).
    """
    from scipy.special import ndtri

    n = len(means)
    spread = float(np.sum((means - np.mean(means)) ** 2))
    if spread == 0.0:
        return False
    statistic = 1.0 - float(np.sum(np.diff(means) ** 2)) / spread / 2.0
    return bool(statistic * math.sqrt((n * n - 1) / (n - 2)) > ndtri(1.0 - DEPENDENT))
