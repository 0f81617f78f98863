"""Pooled quantiles under any weighting of replications, and their bootstrap.

Definition. The q quantile of a pooled sample is the smallest value x with F(x) >= q, F being the
empirical distribution of all values of all replications (inverted distribution function, type 1
of Hyndman and Fan 1996). It is always a value that occurred, and it needs no interpolation
between a finite value and a censored one (+inf): censored values stay in the denominator, and an
estimate that falls among them is +inf.

Interval. Whole replications are resampled (RESAMPLES times, with replacement), because values
within a replication depend on each other. The percentile interval at 95 % is taken, and both its
arms are stretched by

    c = t(n - 1, confidence) * sqrt(n / (n - 1)) / z(95 %)

which corrects the percentile interval for few replications (Hesterberg 2015, section 5.3, in the
form of a scale) and carries it to the simultaneous confidences of a primary family, whose far
tails no affordable number of resamples would reach. For large n at 95 % it is the percentile
interval itself. The arms keep the skewness of the bootstrap distribution.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.statistics.ratio import Floats, Interval, defined, student

# 1999 puts the 2.5 % points on the 50th smallest and the 50th largest resample exactly.
RESAMPLES = 1999

_BASE_CONFIDENCE = 0.95


def resample_counts(seed: int, measure: str, n: int, resamples: int = RESAMPLES) -> Floats:
    """How often each replication is drawn in each resample: float64[resamples, n] of counts.

    The stream is addressed by (seed, 'bootstrap', measure), so it is the same for every scenario
    (paired resamples) and does not depend on which other measures are asked for.
    """
    address = json.dumps([seed, "bootstrap", measure]).encode()
    key = int.from_bytes(hashlib.blake2b(address, digest_size=16).digest(), "little")
    uniform = np.random.Generator(np.random.Philox(key=key)).random((resamples, n))
    drawn = (uniform * n).astype(np.int64) + n * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n).astype(float)


class Pool:
    """The values of one sample in all replications, sorted once, ready for weighted quantiles.

    The sorted values are cut into short blocks, with the count of each replication's values up to
    the end of each block. A weighted quantile then is a binary search over the blocks, for all
    weightings at once, and a walk through a single block.
    """

    def __init__(self, values: Sequence[Floats]):
        """`values`: one float64 array per replication, +inf allowed, NaN refused (ValueError)."""
        self.sizes = np.array([len(part) for part in values], dtype=float)
        pooled = np.concatenate([np.asarray(part, dtype=float) for part in values])
        labels = np.repeat(np.arange(len(values), dtype=np.int16), self.sizes.astype(np.int64))
        order = np.argsort(pooled)  # the order of equal values cannot change a quantile
        self.sorted = pooled[order]
        if self.sorted.size and np.isnan(self.sorted[-1]):
            raise ValueError("a pooled sample holds NaN")
        finite = int(np.searchsorted(self.sorted, np.inf))
        self.largest = float(self.sorted[finite - 1]) if finite else math.nan
        self._cut_into_blocks(labels[order], len(values))

    def _cut_into_blocks(self, labels: NDArray[np.int16], n: int) -> None:
        self._length = max(64, math.isqrt(len(labels)) // 4)
        blocks = -(-len(labels) // self._length)
        # The last block is filled up with values of a replication n of weight zero.
        self._labels = np.full(blocks * self._length, n, dtype=np.int16)
        self._labels[: len(labels)] = labels
        first = np.arange(blocks)[:, None] * (n + 1)
        cells = self._labels.reshape(blocks, self._length) + first
        counts = np.bincount(cells.ravel(), minlength=blocks * (n + 1))
        counts = counts.reshape(blocks, n + 1)[:, :n]
        self._cumulated = np.zeros((blocks + 1, n), dtype=np.int32)
        np.cumsum(counts, axis=0, out=self._cumulated[1:])

    def quantile(self, q: float, weights: Floats) -> Floats:
        """The q quantile under each row of `weights`; NaN where the weighted sample is empty.

        `weights` is float64[rows, replications] of whole numbers: how often each replication
        counts. Products of whole numbers are exact, so the result depends on no summation order.
        """
        result = np.full(len(weights), np.nan)
        total = weights @ self.sizes
        rows = np.flatnonzero(total > 0)
        if rows.size == 0:
            return result
        weights, total = weights[rows], total[rows]
        # The small term keeps 0.07 * 100 = 7.000000000000001 from asking for the 8th value.
        target = np.maximum(np.ceil(q * total - 1e-6), 1.0)
        block, before = self._find_block(weights, target)
        places = block[:, None] * self._length + np.arange(self._length)
        padded = np.concatenate([weights, np.zeros((len(rows), 1))], axis=1)
        start = np.arange(len(rows))[:, None] * (weights.shape[1] + 1)
        steps = padded.ravel()[self._labels[places] + start]
        within = (np.cumsum(steps, axis=1) + before[:, None] < target[:, None]).sum(axis=1)
        result[rows] = self.sorted[block * self._length + within]
        return result

    def _find_block(self, weights: Floats, target: Floats) -> tuple[NDArray[np.int64], Floats]:
        """The block in which each row reaches its target, and its weighted count before that."""
        low = np.zeros(len(weights), dtype=np.int64)
        high = np.full(len(weights), len(self._cumulated) - 1)
        before = np.zeros(len(weights))
        while np.any(high - low > 1):
            middle = (low + high) // 2
            count = np.einsum("ij,ij->i", weights, self._cumulated[middle])
            below = count < target
            low, high = np.where(below, middle, low), np.where(below, high, middle)
            before = np.where(below, count, before)
        return low, before


def bootstrap_interval(estimate: float, resampled: Floats, n: int, confidence: float) -> Interval:
    """The stretched percentile interval of the module's text around `estimate`.

    resampled: the estimate in each resample, +-inf allowed (an end among them is None: unbounded).
    n: replications; with one, or with any undefined resample, both ends are None.
    """
    if not math.isfinite(estimate):
        return Interval(None, None, None)
    if n < 2 or np.isnan(resampled).any():
        return Interval(defined(estimate), None, None)
    ordered = np.sort(resampled)
    rank = max(round((len(ordered) + 1) * (1.0 - _BASE_CONFIDENCE) / 2.0), 1)
    low, high = float(ordered[rank - 1]), float(ordered[-rank])
    stretch = student(confidence, n) * math.sqrt(n / (n - 1)) / _normal(_BASE_CONFIDENCE)
    low = estimate - stretch * max(estimate - low, 0.0)
    high = estimate + stretch * max(high - estimate, 0.0)
    return Interval(defined(estimate), defined(low), defined(high))


def _normal(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2.0))
