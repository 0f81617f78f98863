"""Shares from counts: posterior means and draws, rounded so that they sum to 1; plain tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def shrunk(random: np.random.Generator, counts: Floats, n: int, waves: int = 0
           ) -> tuple[Floats, Floats]:
    """(shares, float64[n, k] draws) of a profile, drawn towards an even one as far as counts allow.

    Counts are Dirichlet-multinomial: their shares vary around a centre with a concentration that
    has a flat prior on its logarithm (1 to 100 for each share) and is averaged over; see Gelman et
    al., Bayesian Data Analysis, 3rd ed., chapter 5. The centre is flat or, of what goes round as
    the hours of the day do, has up to so many waves; how many is averaged over too, by Schwarz's
    criterion: hours that follow one another are alike, and flat shares would even them out singly.
    """
    from scipy.special import gammaln

    k, total = len(counts), counts.sum()
    grid = np.exp(np.linspace(0.0, np.log(100.0 * k), 60))
    fits = [_fit_waves(counts, number) for number in range(waves + 1)]
    log = np.array([
        gammaln(grid) - gammaln(grid + total) - number * np.log(max(total, 1.0))
        + (gammaln(counts[:, None] + np.outer(fit.centre, grid))
           - gammaln(np.outer(fit.centre, grid))).sum(axis=0) for number, fit in enumerate(fits)])
    weight = np.exp(log - log.max()).ravel()
    weight /= weight.sum()
    alpha = np.tile(grid, waves + 1)
    chosen = np.searchsorted(np.cumsum(weight), random.random(n)).clip(0, len(weight) - 1)
    centre = np.empty((n, k))
    for number, fit in enumerate(fits):
        of = np.flatnonzero(chosen // len(grid) == number)
        centre[of] = fit.draws(random, 1.0 + total / alpha[chosen[of]])
    draws = random.standard_gamma(counts + alpha[chosen][:, None] * centre)
    means = np.array([(counts + a * fit.centre) / (total + a) for fit in fits for a in grid])
    return weight @ means, draws / draws.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class _Waves:
    """A smooth profile: shares proportional to exp(basis @ slopes), fitted to multinomial counts.

    basis: float64[k, 2 waves]; centre: float64[k]; information: of the slopes (Fisher).
    """

    basis: Floats
    slopes: Floats
    centre: Floats
    information: Floats

    def draws(self, random: np.random.Generator, wider: Floats) -> Floats:
        """float64[n, k]: profiles whose slopes have `wider` times (float64[n]) the variance of
        multinomial counts; as it is where the shares vary around the profile as well."""
        z = random.standard_normal((len(wider), len(self.slopes))) * np.sqrt(wider)[:, None]
        # Slopes with covariance (L L')^-1.
        apart = np.linalg.solve(np.linalg.cholesky(self.information).T, z.T).T
        return _softmax((self.slopes + apart) @ self.basis.T)


def _fit_waves(counts: Floats, waves: int, steps: int = 30) -> _Waves:
    """Newton's method from a flat profile; a faint prior keeps slopes finite."""
    k, total = len(counts), counts.sum()
    angle = 2.0 * np.pi * np.outer(np.arange(k), np.arange(1, waves + 1)) / k
    basis = np.hstack([np.cos(angle), np.sin(angle)])
    slopes, faint = np.zeros(2 * waves), 0.5 * np.eye(2 * waves)
    for _ in range(steps):
        centre = _softmax(slopes @ basis.T)
        about = basis - centre @ basis
        information = total * about.T @ (centre[:, None] * about) + faint
        step = np.linalg.solve(information,
                               basis.T @ (counts - total * centre) - faint @ slopes)
        slopes = slopes + np.clip(step, -1.0, 1.0)
    return _Waves(basis, slopes, _softmax(slopes @ basis.T), information)


def _softmax(logits: Floats) -> Floats:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


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
