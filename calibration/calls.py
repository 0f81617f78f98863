"""Vessel calls from the stamps of consignments: seen where they share them, else as clusters.

Where many consignments have the same stamp, each such stamp is a call; a call of which no
consignment came is unseen, so sizes are fitted as zero-truncated negative binomial (the simulator
draws a gamma mean and a Poisson number around it).

Elsewhere calls only show in counts that vary together: a call brings consignments that spread over
hours. The covariance of counts in half-hours at each lag then has the shape of the spread, and its
size is V^2 (1 + cv^2) / L with V consignments and L calls a week: a cluster process of Neyman and
Scott, fitted by minimum contrast (Diggle, Statistical Analysis of Spatial Point Patterns, 2nd ed.,
section 5.2). It holds whatever the profile of the calls by hour of the week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEK = 10080
HALF = 30
"""Minutes of a bin of counts."""

BINS = WEEK // HALF
LAGS = 96
SPREADS = np.exp(np.linspace(np.log(60.0), np.log(4320.0), 120))
"""Minutes over which a call may spread: what is tried."""

KERNELS = ("uniform", "exponential")
FAR = 61, 180
"""Minutes apart from which on pairs of stamps say nothing of one call."""

SURE = 4.0
"""Standard deviations of chance above which pairs are too many."""

ROUNDED = 5, 10, 15
"""Minutes to which people round what they type, when it is not the minute."""

FEW_NEAR = 0.1
"""Share of calls with another just behind, up to which rounded stamps can be told."""

EVEN, MOST_CV = 0.02, 5.0
"""Coefficients of variation of the calls' means: below the one they are equal; the largest."""


def gap_within_calls(stamps: Floats) -> int | None:
    """Minutes up to which consignments are of one call; None if calls do not show in stamps.

    stamps: float64[n] minutes. There are more pairs at small distances than further apart; a call
    reaches as far as there are, if the calls so found hardly ever touch.
    """
    minute = np.sort(stamps.astype(np.int64))
    if len(minute) < 2 or minute[0] == minute[-1]:
        return None
    count = np.bincount(minute - minute[0]).astype(np.float64)
    if len(count) <= 2 * FAR[1]:
        return None
    pairs = np.array([count[lag:] @ count[:len(count) - lag] for lag in range(FAR[1] + 1)])
    pairs[0] = count @ (count - 1.0)
    # Pairs between two calls come all at once, so they vary more than Poisson counts.
    usual, chance = pairs[FAR[0]:].mean(), pairs[FAR[0]:].std()
    many = pairs > usual + SURE * max(chance, np.sqrt(2.0 * usual), 1.0)
    if not many[0]:
        return None
    gap = int(np.argmin(many)) - 1 if not many.all() else FAR[1]
    calls = 1 + int((np.diff(minute) > gap).sum())
    touching = calls * (gap + 1) / len(count)
    return gap if gap < FAR[0] and touching < 0.1 and calls < 0.95 * len(minute) else None


def shared_stamps(minutes: Floats, consignment: Ints) -> Floats:
    """float64[n]: of the stamps of each consignment's boxes the one that most boxes of the log
    share, the latest of equals; NaN if it has none. One stamp may be typed wrongly; that of a call
    stands in many rows.

    minutes: float64[N]; consignment: int64[N], 0 to n - 1 in order.
    """
    known = np.flatnonzero(np.isfinite(minutes))
    _, place, count = np.unique(np.floor(minutes[known]), return_inverse=True, return_counts=True)
    order = np.lexsort((minutes[known], count[place], consignment[known]))
    owner = consignment[known][order]
    last = np.flatnonzero(np.diff(owner, append=-1))
    result = np.full(int(consignment.max(initial=-1)) + 1, np.nan)
    result[owner[last]] = minutes[known][order][last]
    return result


def unrounded(stamps: Floats) -> tuple[Floats, int]:
    """(the stamps, how many of them were moved): who typed the last full five (ten, fifteen)
    minutes belongs to the call in the minutes after, where more stand alone in front of a call
    than calls stand in front of another."""
    result = np.floor(stamps)
    for step in ROUNDED:
        minute, count = np.unique(result[np.isfinite(result)], return_counts=True)
        near = np.diff(minute, append=np.inf) < step
        alone, full = count == 1, minute % step == 0
        usual = near[minute % ROUNDED[0] != 0]
        here = near[alone & full]
        chance = float(usual.mean()) if len(usual) else 1.0
        most = len(here) * chance + SURE * np.sqrt(max(len(here) * chance, 1.0))
        if chance > FEW_NEAR or here.sum() <= most:
            continue
        moved = np.flatnonzero(alone & full & near)
        at = np.searchsorted(minute[moved], result)
        hit = np.isin(result, minute[moved])
        result[hit] = minute[moved[at[hit]] + 1]
    changed = result != np.floor(stamps)
    return np.where(changed, result, stamps), int((changed & np.isfinite(stamps)).sum())


def calls_of(stamps: Floats, gap: int) -> tuple[Floats, Ints]:
    """(minute of each call, consignments of each), by stamps at most `gap` minutes apart."""
    ordered = np.sort(stamps)
    first = np.flatnonzero(np.diff(np.floor(ordered), prepend=-np.inf) > gap)
    return ordered[first], np.diff(np.append(first, len(ordered))).astype(np.int64)


def log_sizes(k: Ints, mean: float, square: float) -> Floats:
    """float64: log-probability of k = 1, 2, ... consignments in a call that has any: negative
    binomial with that mean and shape 1 / square, cut at zero."""
    from scipy.special import gammaln

    r = 1.0 / square
    none = -r * np.log1p(mean * square)
    log = (gammaln(k + r) - gammaln(r) - gammaln(k + 1.0) + none
           + k * (np.log(mean * square) - np.log1p(mean * square)))
    return np.asarray(log - np.log(-np.expm1(none)))


def sizes(table: Floats, weights: Floats) -> tuple[tuple[float, float], Floats]:
    """((mean, cv of the gamma mean), float64[draws, 2]) of consignments per call, those included
    of which none comes.

    table: float64[weeks, k], calls with 0, 1, 2, ... consignments (0 of 0); weights:
    float64[draws, weeks] of resampled weeks. Maximum of the likelihood of the zero-truncated
    negative binomial; draws are one Newton step from it to that of the resampled weeks.
    """
    from scipy.optimize import minimize

    total = table.sum(axis=0)
    k = np.flatnonzero(total)
    mean = float(total[k] @ k / total.sum())

    def each(theta: Floats) -> Floats:
        return log_sizes(k, float(np.exp(np.clip(theta[0], -7.0, 12.0))),
                         float(np.clip(theta[1], EVEN**2, MOST_CV**2)))

    found = minimize(lambda theta: -float(total[k] @ each(theta)),
                     [np.log(max(mean - 0.5, 0.2)), 0.3], method="Nelder-Mead",
                     options={"xatol": 1e-6, "fatol": 1e-7, "maxiter": 800})
    theta = np.array([found.x[0], np.clip(found.x[1], 0.01, MOST_CV**2)])
    steps = np.diag([1e-3, 1e-3])
    slope = np.array([(each(theta + s) - each(theta - s)) / 2e-3 for s in steps])
    bend = np.array([[(each(theta + a + b) - each(theta + a - b) - each(theta - a + b)
                       + each(theta - a - b)) / 4e-6 for b in steps] for a in steps]) @ total[k]
    # A week pulls by its own score; at the edge (equal calls) the sum of them is not zero.
    pull = (weights / weights.mean(axis=1, keepdims=True) - 1.0) @ (table[:, k] @ slope.T)
    drawn = theta + np.clip(pull @ np.linalg.pinv(-bend), [-1.0, -np.inf], [1.0, np.inf])
    drawn = np.column_stack([np.exp(drawn[:, 0]),
                             np.sqrt(np.clip(drawn[:, 1], EVEN**2, MOST_CV**2))])
    return ((float(np.exp(theta[0])), float(np.sqrt(np.clip(found.x[1], EVEN**2, MOST_CV**2)))),
            drawn)


def empty(mean: float, cv: float) -> float:
    """Share of calls of which no consignment comes: (1 + mean cv^2)^(-1 / cv^2)."""
    return float((1.0 + mean * cv * cv) ** (-1.0 / (cv * cv)))


@dataclass(frozen=True)
class Clusters:
    """Calls that only show in how counts vary together.

    kernel: 'uniform' over `spread` minutes after the call, or 'exponential' with that mean.
    calls: per week, if all were alike (divided by 1 + cv^2); week: squared cv of the weeks' means.
    misfit: what the covariance does not explain, relative. draws of spread, calls, week and
    weights (of the weeks, for whatever else is to be drawn with them), by resampling weeks.
    """

    kernel: str
    spread: float
    calls: float
    week: float
    misfit: float
    spread_draws: Floats
    calls_draws: Floats
    week_draws: Floats
    weights: Floats

    @property
    def resolved(self) -> bool:
        """Whether the log shows that consignments come in clusters at all."""
        return bool(np.isfinite(self.calls) and np.quantile(1.0 / self.calls_draws, 0.02) > 0.0)


def clusters(counts: Floats, weights: Floats) -> Clusters:
    """The cluster process that has the covariance of the counts at lags up to two days.

    counts: float64[weeks, BINS]; weights: float64[draws, weeks], of resampled weeks.
    """
    weeks = len(counts)
    weights = weights / weights.mean(axis=1, keepdims=True)
    deviation = ((counts - counts.mean(axis=0)) * np.sqrt(weeks / (weeks - 1.0))).ravel()
    padded = np.append(deviation, np.zeros(LAGS))
    by_week = np.array([(deviation * padded[lag:lag + len(deviation)]).reshape(weeks, -1)
                        .sum(axis=1) for lag in range(LAGS + 1)]).T
    total = counts.sum(axis=1)
    by_week[:, 0] -= total
    profile = counts.mean(axis=0)
    alike = np.array([profile @ np.roll(profile, -lag) for lag in range(LAGS + 1)])
    alike /= profile.sum() ** 2
    every = np.vstack([np.ones(weeks), weights])
    volume = every @ total / weeks
    observed = every @ by_week / weeks / volume[:, None] ** 2
    best: tuple[float, str, int, Floats] | None = None
    solved = {}
    for kernel in KERNELS:
        for i, spread in enumerate(SPREADS):
            basis = np.column_stack([_pairs(kernel, spread), alike])
            solution = observed @ np.linalg.pinv(basis).T
            misfit = ((observed - solution @ basis.T) ** 2).sum(axis=1)
            # Weeks cannot vary less than not at all; calls cannot be fewer than none.
            misfit = np.where(solution[:, 0] > 0.0, misfit, (observed**2).sum(axis=1))
            solved[kernel, i] = solution, misfit
            if best is None or misfit[0] < best[0]:
                best = float(misfit[0]), kernel, i, solution[0]
    assert best is not None
    kernel = best[1]
    misfits = np.array([solved[kernel, i][1] for i in range(len(SPREADS))])
    chosen = misfits.argmin(axis=0)
    size = np.array([solved[kernel, i][0][d] for d, i in enumerate(chosen)])
    with np.errstate(divide="ignore"):
        calls = np.where(size[:, 0] > 0.0, 1.0 / np.maximum(size[:, 0], 1e-300), np.inf)
    return Clusters(kernel, float(SPREADS[chosen[0]]), float(calls[0]), float(size[0, 1]),
                    best[0] / float((observed[0] ** 2).sum()), SPREADS[chosen[1:]], calls[1:],
                    size[1:, 1], weights)


def spread_by_bin(kernel: str, spread: float) -> Floats:
    """float64[k]: probabilities that a consignment comes 0, 1, ... bins after the bin of its call,
    which lies anywhere in its own."""
    last = int(np.ceil((spread if kernel == "uniform" else 7.0 * spread) / HALF)) + 2
    edges = HALF * np.arange(-1.0, last + 1.0)
    inside = np.clip(edges, 0.0, None)
    if kernel == "uniform":
        integral = np.where(inside < spread, inside**2 / (2.0 * spread), inside - spread / 2.0)
    else:
        integral = inside + spread * np.expm1(-inside / spread)
    return np.asarray(np.diff(integral, 2) / HALF)


def _pairs(kernel: str, spread: float) -> Floats:
    """float64[LAGS + 1]: probability that two of one call come so many bins apart."""
    probability = np.append(spread_by_bin(kernel, spread), np.zeros(LAGS + 1))
    return np.array([probability[lag:] @ probability[:len(probability) - lag]
                     for lag in range(LAGS + 1)])


def profile_of_calls(counts: Floats, kernels: list[Floats], prior: float, steps: int = 60
                     ) -> tuple[Floats, Floats]:
    """(float64[d, 7] weekday shares, float64[d, 24] hour shares) of calls whose consignments
    spread by the kernels.

    counts: float64[d, BINS] of average weeks, a kernel each; prior: counts that are added to each
    margin, evenly. EM for a profile that is a product of both (Richardson and Lucy, with margins
    in the M-step).
    """
    d = len(counts)
    weekday, hour = np.full((d, 7), 1.0 / 7.0), np.full((d, 24), 1.0 / 24.0)
    wave = np.zeros((d, BINS))
    for row, kernel in zip(wave, kernels, strict=True):
        np.add.at(row, np.arange(len(kernel)) % BINS, kernel)
    spectrum = np.fft.rfft(wave)
    for _ in range(steps):
        calls = np.repeat((weekday[:, :, None] * hour[:, None, :]).reshape(d, -1) / 2.0, 2, axis=1)
        expected = np.fft.irfft(np.fft.rfft(calls) * spectrum, BINS)
        ratio = counts / np.maximum(expected, 1e-12)
        back = np.fft.irfft(np.fft.rfft(ratio) * np.conj(spectrum), BINS)
        table = (calls * np.maximum(back, 0.0)).reshape(d, 7, 24, 2).sum(axis=3)
        weekday, hour = table.sum(axis=2) + prior / 7.0, table.sum(axis=1) + prior / 24.0
        weekday /= weekday.sum(axis=1, keepdims=True)
        hour /= hour.sum(axis=1, keepdims=True)
    return weekday, hour
