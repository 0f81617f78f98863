"""Where a series of weekly means has settled: MSER and Welch's moving average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def mser(means: Floats) -> int:
    """The weeks to leave out at the beginning, by the marginal standard error rule (White 1997).

    means: float64[weeks], averaged over replications. Leaves out the d weeks, at most half of
    them, that make sum((Y - mean(Y))**2) / (weeks - d)**2 of the others least: what is left out
    costs precision, what is kept may cost bias. A result of half the weeks says that the series
    had not settled by then. Raises ValueError for less than 4 weeks or undefined means.
    """
    if len(means) < 4 or not np.all(np.isfinite(means)):
        raise ValueError("needs the means of 4 weeks or more")
    errors = [np.var(means[d:]) / (len(means) - d) for d in range(len(means) // 2 + 1)]
    return int(np.argmin(errors))


def moving_average(means: Floats, window: int) -> Floats:
    """Welch's (1983) centred average over 2 * window + 1 weeks, shorter near both ends.

    Returns float64[weeks]. Raises ValueError for a window below 0.
    """
    if window < 0:
        raise ValueError(f"a window is 0 or more weeks to each side, found {window}")
    sums = np.concatenate([[0.0], np.cumsum(means)])
    at = np.arange(len(means))
    reach = np.minimum(np.minimum(at, len(means) - 1 - at), window)
    return np.asarray((sums[at + reach + 1] - sums[at - reach]) / (2 * reach + 1))
