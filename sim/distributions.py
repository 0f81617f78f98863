"""Quantile functions: distributions of the scenario evaluated at given uniforms.

Draws are by inverse transform, so that a scenario may change a distribution but never the uniform
behind it. Times come back rounded to the clock's tick of 2**-10 minutes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

TICK = 1024.0
Floats = NDArray[np.float64]


def on_clock(values: Any) -> Floats:
    """Minutes rounded to the nearest multiple of 2**-10."""
    return np.round(np.asarray(values, dtype=np.float64) * TICK) / TICK


def times(distribution: Any, u: Floats) -> Floats:
    """Minutes at the uniforms u (shape kept), on the clock and never negative."""
    return on_clock(np.maximum(quantile(distribution, u), 0.0))


def counts(distribution: Any, u: Floats) -> NDArray[np.int64]:
    """Whole numbers of 1 or more at the uniforms u."""
    name = distribution.distribution
    if name == "constant":
        return np.full(u.shape, distribution.value, dtype=np.int64)
    if name == "empirical":
        return np.rint(_empirical(distribution, u)).astype(np.int64)
    if name == "geometric":
        if distribution.mean == 1:
            return np.ones(u.shape, dtype=np.int64)
        miss = 1.0 - 1.0 / distribution.mean
        return np.maximum(np.ceil(np.log1p(-u) / math.log(miss)), 1.0).astype(np.int64)
    return 1 + poisson(np.full(u.shape, distribution.mean - 1.0), u)


def poisson(mean: Floats, u: Floats) -> NDArray[np.int64]:
    """The smallest k with P(K <= k) >= u for Poisson means, by stepping from the normal guess."""
    guess = np.floor(mean + np.sqrt(mean) * special.ndtri(u) - 2.0)
    k = np.maximum(guess, 0.0)
    while np.any(down := (k > 0) & (special.pdtr(k - 1.0, mean) >= u)):
        k = np.where(down, k - 1.0, k)
    while np.any(up := special.pdtr(k, mean) < u):
        k = np.where(up, k + 1.0, k)
    return k.astype(np.int64)


def quantile(d: Any, u: Floats) -> Floats:
    """The quantile function of a distribution of durations, in minutes. (That of a mixture goes
    through its parts one after the other, so it rises within each, but not across them.)"""
    plain = _unshifted(d, u)
    return plain + d.shift if d.shift else plain


def _unshifted(d: Any, u: Floats) -> Floats:
    match d.distribution:
        case "constant":
            return np.full(u.shape, float(d.value))
        case "uniform":
            return d.low + u * (d.high - d.low)
        case "triangular":
            return _triangular(d.low, d.mode, d.high, u)
        case "exponential":
            return -d.mean * np.log1p(-u)
        case "lognormal":
            return lognormal(d.mean, d.cv, u) if d.median is None else d.median * np.exp(
                d.sigma * special.ndtri(u))
        case "gamma":
            return gamma(d.mean, d.cv, u) if d.shape is None else d.scale * special.gammaincinv(
                d.shape, u)
        case "weibull":
            return weibull(d.mean, d.cv, u) if d.shape is None else d.scale * (
                -np.log1p(-u)) ** (1.0 / d.shape)
        case "empirical":
            return _empirical(d, u)
        case "mixture":
            return _mixture(d, u)
    raise ValueError(f"unknown distribution {d.distribution!r}")


def lognormal(mean: Any, cv: float, u: Floats) -> Floats:
    """Lognormal by mean and cv: sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2 / 2."""
    variance = math.log1p(cv * cv)
    return np.asarray(mean) * np.exp(math.sqrt(variance) * special.ndtri(u) - variance / 2.0)


def gamma(mean: float, cv: float, u: Floats) -> Floats:
    """Gamma by mean and cv: shape 1 / cv^2, scale mean x cv^2; cv = 0 is the constant."""
    if cv == 0:
        return np.full(u.shape, mean)
    return mean * cv * cv * special.gammaincinv(1.0 / (cv * cv), u)


def weibull(mean: float, cv: float, u: Floats) -> Floats:
    """Weibull by mean and cv: the shape of that cv, scale mean / Gamma(1 + 1 / shape)."""
    shape = weibull_shape(cv)
    return np.asarray(mean / special.gamma(1 + 1 / shape) * (-np.log1p(-u)) ** (1.0 / shape))


BY_MOMENTS = {"lognormal": lognormal, "gamma": gamma, "weibull": weibull}


@lru_cache(maxsize=256)
def weibull_shape(cv: float) -> float:
    """The Weibull shape k with cv^2 = Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 - 1, by bisection."""
    low, high = 0.1, 5000.0
    for _ in range(200):
        k = math.sqrt(low * high)
        excess = math.lgamma(1 + 2 / k) - 2 * math.lgamma(1 + 1 / k) - math.log1p(cv * cv)
        low, high = (k, high) if excess > 0 else (low, k)
    return math.sqrt(low * high)


def _triangular(low: float, mode: float, high: float, u: Floats) -> Floats:
    split = (mode - low) / (high - low)
    left = low + np.sqrt(u * (high - low) * (mode - low))
    right = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < split, left, right)


def _empirical(d: Any, u: Floats) -> Floats:
    values = np.asarray(d.values, dtype=np.float64)
    weights = np.asarray(d.weights if d.weights else np.ones(len(values)), dtype=np.float64)
    edges = np.cumsum(weights) / weights.sum()
    return values[np.minimum(np.searchsorted(edges, u, side="left"), len(values) - 1)]


def _mixture(d: Any, u: Floats) -> Floats:
    """The uniform says which part, in their order, and where within it."""
    edges = np.append(0.0, np.cumsum([part.share for part in d.parts]))
    edges /= edges[-1]
    result = np.empty(u.shape)
    for low, high, part in zip(edges[:-1], edges[1:], d.parts, strict=True):
        here = (u > low) & (u <= high)
        # Open at both ends, as uniforms are.
        within = np.clip((u[here] - low) / max(high - low, 2.0**-54), 2.0**-54, 1.0 - 2.0**-53)
        result[here] = BY_MOMENTS[part.distribution](part.mean, part.cv, within)
    return result


def pick(shares: Mapping[Any, float], u: Floats) -> NDArray[np.int64]:
    """The index of the share into which each uniform falls, in the order of the mapping."""
    edges = np.cumsum(list(shares.values()))
    return np.minimum(np.searchsorted(edges / edges[-1], u, side="left"), len(shares) - 1)


def beta(mean: float, cv: float, u: Floats) -> Floats:
    """Beta by mean and cv: a + b = (1 - mean) / (mean cv^2) - 1, a = mean (a + b)."""
    total = (1.0 - mean) / (mean * cv * cv) - 1.0
    return np.asarray(special.betaincinv(mean * total, (1.0 - mean) * total, u))
