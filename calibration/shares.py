"""Shares from counts: posterior means and draws, rounded so that they sum to 1; plain tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIGITS = 6


def stated(names: Sequence[str], shares: Floats) -> dict[str, float]:
    """The shares by name, in plain decimals that sum to 1."""
    return dict(zip(names, rounded(shares), strict=True))


def rounded(shares: Floats) -> list[float]:
    """Shares in plain decimals that sum to 1: the largest takes what rounding leaves."""
    shares = np.asarray(shares, dtype=np.float64)
    result = [round(float(share), DIGITS) for share in shares / shares.sum()]
    largest = int(np.argmax(result))
    result[largest] = round(result[largest] + 1.0 - sum(result), DIGITS)
    return result


def posterior(counts: Floats, prior: Floats) -> Floats:
    """The mean of the Dirichlet posterior of shares."""
    total = counts + prior
    return np.asarray(total / total.sum())


def dirichlet(random: np.random.Generator, weights: Floats, n: int) -> Floats:
    """float64[n, k]: draws of shares; a weight of zero stays a share of zero."""
    draws = random.standard_gamma(np.broadcast_to(weights, (n, len(weights))))
    total = draws.sum(axis=1, keepdims=True)
    plain = weights / weights.sum()
    return np.where(total > 0.0, draws / np.where(total > 0.0, total, 1.0), plain)


def shrunk(random: np.random.Generator, counts: Floats, n: int) -> tuple[Floats, Floats]:
    """(shares, float64[n, k] draws) of a profile, drawn towards flat as far as the counts allow.

    Counts are Dirichlet-multinomial: their shares vary around flat with a concentration that has
    a flat prior on its logarithm (1 to 100 for each share) and is averaged over; see Gelman et al.,
    Bayesian Data Analysis, 3rd ed., chapter 5.
    """
    from scipy.special import gammaln

    k = len(counts)
    grid = np.exp(np.linspace(0.0, np.log(100.0 * k), 60))
    log = (gammaln(grid) - gammaln(grid + counts.sum())
           + (gammaln(counts[:, None] + grid / k) - gammaln(grid / k)).sum(axis=0))
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    means = (counts[:, None] + grid / k) / (counts.sum() + grid)
    chosen = grid[np.searchsorted(np.cumsum(weight), random.random(n)).clip(0, len(grid) - 1)]
    draws = random.standard_gamma(counts + chosen[:, None] / k)
    return means @ weight, draws / draws.sum(axis=1, keepdims=True)


def independence(table: Floats) -> tuple[float, float]:
    """(probability of a table as uneven as this if rows and columns are independent, Cramer's V).

    Pearson's chi-squared; rows and columns of zeros are left out; (1, 0) where nothing can vary.
    """
    from scipy.special import chdtrc

    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return 1.0, 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    strength = np.sqrt(statistic / table.sum() / (min(table.shape) - 1))
    return float(chdtrc(freedom, statistic)), float(strength)
