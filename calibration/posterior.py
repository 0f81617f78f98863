"""Draws of a normal posterior that are spread evenly, so that few of them give its quantiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def normal(random: np.random.Generator, mean: Sequence[float] | Floats, covariance: Floats,
           n: int) -> Floats:
    """float64[n, k]: draws around `mean`, with exactly that mean and covariance.

    Each coordinate has one draw in each n-th of its probability (Latin hypercube; McKay, Beckman
    and Conover, Technometrics 21, 1979); what correlation chance leaves is taken out.
    """
    from scipy.special import ndtri

    k = len(mean)
    places = np.array([random.permutation(n) for _ in range(k)]).T
    z = ndtri((places + random.random((n, k))) / n)
    z -= z.mean(axis=0)
    if n > k + 1:
        z = np.linalg.solve(np.linalg.cholesky(z.T @ z / n), z.T).T
    return np.asarray(mean + z @ np.linalg.cholesky(covariance).T)
