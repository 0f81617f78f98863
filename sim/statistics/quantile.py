"""Pooled quantiles, and how they would move if a replication were left out.

Definition. The q quantile of a pooled sample is the smallest value x with F(x) >= q, F being the
empirical distribution of all values of all replications (inverted distribution function, type 1
of Hyndman and Fan 1996). It is always a value that occurred, and it needs no interpolation
between a finite value and a censored one (+inf): censored values stay in the denominator, and an
estimate that falls among them is +inf.

Spread. F at the estimate x is a ratio of sums over the replications, whose error is known: with
m(i) values of replication i, N in all, and z(i) those at or below x, less q m(i),

    se(F)**2 = n / (n - 1) * sum(z(i)**2) / N**2

so values within a replication may depend on each other in any way. The quantile function carries
it over to x (Woodruff 1952, Francisco and Fuller 1991): its slope is taken over +- REACH se(F),
about the interval itself, so no density is estimated. Without replication i the quantile is then

    x(i) = x + slope * z(i) / (N - m(i))

to first order, and the jackknife of these values is valid although that of the quantile itself is
not. Upwards and downwards slopes differ where the distribution is skew, so the arms do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.statistics.ratio import Floats

REACH = 2.0


@dataclass(frozen=True)
class Without:
    """Delete-one values of a measure, float64[n]: for its lower arm, its upper arm, and for both.

    The three are the same for a smooth function of sums. Differences take `both`, in which what
    two scenarios share cancels.
    """

    low: Floats
    both: Floats
    high: Floats
    smooth: bool

    @classmethod
    def same(cls, values: Floats) -> Without:
        """Of a smooth function of sums: one set of values for all three."""
        return cls(values, values, values, smooth=True)

    @classmethod
    def total(cls, parts: Sequence[Without]) -> Without:
        """Of the sum of several measures."""
        with np.errstate(invalid="ignore"):
            low, both, high = (np.sum([getattr(part, arm) for part in parts], axis=0)
                               for arm in ("low", "both", "high"))
            return cls(low, both, high, smooth=all(part.smooth for part in parts))


def quantile_of(ordered: Floats, q: float) -> float:
    """The q quantile of sorted values; NaN if there are none."""
    if not len(ordered):
        return math.nan
    # The small term keeps 0.07 * 100 = 7.000000000000001 from asking for the 8th value.
    rank = math.ceil(q * len(ordered) - 1e-6)
    return float(ordered[min(max(rank, 1), len(ordered)) - 1])


class Pool:
    """The values of one sample in all replications, each sorted, and all of them."""

    def __init__(self, values: Sequence[Floats]):
        """`values`: one float64 array per replication, +inf allowed, NaN refused (ValueError)."""
        self.parts = [np.sort(np.asarray(part, dtype=float)) for part in values]
        self.sizes = np.array([len(part) for part in self.parts], dtype=float)
        self.sorted = np.sort(np.concatenate(self.parts))
        if self.sorted.size and np.isnan(self.sorted[-1]):
            raise ValueError("a pooled sample holds NaN")
        finite = int(np.searchsorted(self.sorted, np.inf))
        self.largest = float(self.sorted[finite - 1]) if finite else math.nan

    def quantile(self, q: float) -> float:
        """The q quantile of all values; NaN if there are none."""
        return quantile_of(self.sorted, q)

    def single(self, q: float) -> Floats:
        """The q quantile of each replication alone: float64[n], NaN where it has no values."""
        return np.array([quantile_of(part, q) for part in self.parts])

    def without(self, q: float) -> Without:
        """The quantile with each replication left out, to first order; see the module's text.

        All NaN where nothing can be said: one replication, no values, a censored estimate, or
        the largest value (q = 1), of which a sample does not say how much larger it might be.
        """
        n, total = len(self.sizes), len(self.sorted)
        estimate = self.quantile(q)
        if n < 2 or not math.isfinite(estimate) or q >= 1.0:
            unknown = np.full(n, np.nan)
            return Without(unknown, unknown, unknown, smooth=False)
        below = np.array([np.searchsorted(part, estimate) for part in self.parts], dtype=float)
        upto = np.array([np.searchsorted(part, estimate, side="right") for part in self.parts])
        equal = upto - below
        # Of the values that equal the estimate as many count as make F(x) = q, so that the order
        # of equal values does not matter.
        score = below + (q * total - below.sum()) / equal.sum() * equal - q * self.sizes
        error = math.sqrt(n / (n - 1) * math.fsum(score * score)) / total
        reach = max(REACH * error, 1.0 / total)
        low, high = (quantile_of(self.sorted, q + step) for step in (-reach, reach))
        # Near an end of the sample the slope is taken over what there is of it.
        down, up = min(reach, q), min(reach, 1.0 - q)
        others = total - self.sizes
        moved = np.divide(score, others, out=np.full(n, np.nan), where=others > 0.0)
        slopes = (estimate - low) / down, (high - low) / (down + up), (high - estimate) / up
        arms = [estimate + slope * moved if math.isfinite(slope) else np.full(n, np.inf)
                for slope in slopes]
        return Without(arms[0], arms[1], arms[2], smooth=False)
