"""Laws of durations by the parameters that a search moves, and how a scenario file states them.

A family is a name and a law for each vector theta of real numbers:
lognormal, gamma, weibull     theta = (log mean, log cv)
shifted-FAMILY                theta = (log mean, log cv, log shift), mean and cv above the shift
mixture-FAMILY                theta = (log mean, log cv, log (longer mean / mean), log longer cv,
                              logit of the longer part's share)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

LEAST_CV, MOST_CV = 0.01, 20.0
_TINY = 1e-12


class Law(Protocol):
    """A law on (0, inf), in minutes: probabilities below and above, log-density, quantiles."""

    def cdf(self, t: Floats) -> Floats: ...
    def sf(self, t: Floats) -> Floats: ...
    def logpdf(self, t: Floats) -> Floats: ...
    def ppf(self, q: Any) -> Floats: ...


@dataclass(frozen=True)
class Lognormal:
    """sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2 / 2."""

    mean: float
    cv: float

    @property
    def _shape(self) -> tuple[float, float]:
        variance = float(np.log1p(self.cv * self.cv))
        return float(np.log(self.mean)) - variance / 2.0, float(np.sqrt(variance))

    def _z(self, t: Floats) -> Floats:
        mu, sigma = self._shape
        return np.asarray((np.log(np.maximum(t, _TINY)) - mu) / sigma)

    def cdf(self, t: Floats) -> Floats:
        return np.asarray(special.ndtr(self._z(t)))

    def sf(self, t: Floats) -> Floats:
        return np.asarray(special.ndtr(-self._z(t)))

    def logpdf(self, t: Floats) -> Floats:
        z, sigma = self._z(t), self._shape[1]
        return -0.5 * z * z - np.log(np.maximum(t, _TINY)) - np.log(sigma * np.sqrt(2.0 * np.pi))

    def ppf(self, q: Any) -> Floats:
        mu, sigma = self._shape
        return np.asarray(np.exp(mu + sigma * special.ndtri(np.asarray(q))))


@dataclass(frozen=True)
class Gamma:
    """shape 1 / cv^2, scale mean x cv^2."""

    mean: float
    cv: float

    @property
    def _shape(self) -> tuple[float, float]:
        return 1.0 / self.cv**2, self.mean * self.cv**2

    def cdf(self, t: Floats) -> Floats:
        shape, scale = self._shape
        return np.asarray(special.gammainc(shape, t / scale))

    def sf(self, t: Floats) -> Floats:
        shape, scale = self._shape
        return np.asarray(special.gammaincc(shape, t / scale))

    def logpdf(self, t: Floats) -> Floats:
        shape, scale = self._shape
        x = np.maximum(t, _TINY) / scale
        return np.asarray((shape - 1.0) * np.log(x) - x - special.gammaln(shape) - np.log(scale))

    def ppf(self, q: Any) -> Floats:
        shape, scale = self._shape
        return np.asarray(scale * special.gammaincinv(shape, np.asarray(q)))


@lru_cache(maxsize=1024)
def weibull_shape(cv: float) -> float:
    """The shape k with cv^2 = Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 - 1, as sim.distributions has it,
    found with fewer steps."""
    wanted = math.log1p(cv * cv)

    def excess(log: float) -> float:
        return (math.lgamma(1.0 + 2.0 * math.exp(-log)) - 2.0 * math.lgamma(1.0 + math.exp(-log))
                - wanted)

    return math.exp(optimize.brentq(excess, math.log(0.1), math.log(5000.0), xtol=1e-13))


@dataclass(frozen=True)
class Weibull:
    """The shape that gives the cv; scale = mean / Gamma(1 + 1 / shape)."""

    mean: float
    cv: float

    @property
    def _shape(self) -> tuple[float, float]:
        shape = weibull_shape(self.cv)
        return shape, self.mean / float(special.gamma(1.0 + 1.0 / shape))

    def _power(self, t: Floats) -> Floats:
        shape, scale = self._shape
        # e^-750 is 0.
        return np.exp(np.minimum(shape * np.log(np.maximum(t, _TINY) / scale), np.log(750.0)))

    def cdf(self, t: Floats) -> Floats:
        return np.asarray(-np.expm1(-self._power(t)))

    def sf(self, t: Floats) -> Floats:
        return np.asarray(np.exp(-self._power(t)))

    def logpdf(self, t: Floats) -> Floats:
        shape, scale = self._shape
        log = np.log(np.maximum(t, _TINY) / scale)
        return np.asarray(np.log(shape / scale) + (shape - 1.0) * log - self._power(t))

    def ppf(self, q: Any) -> Floats:
        shape, scale = self._shape
        return np.asarray(scale * (-np.log1p(-np.asarray(q, dtype=np.float64))) ** (1.0 / shape))


@dataclass(frozen=True)
class Shifted:
    """A law that begins at `shift` minutes."""

    law: Law
    shift: float

    def _above(self, t: Floats) -> Floats:
        return np.maximum(np.asarray(t) - self.shift, 0.0)

    def cdf(self, t: Floats) -> Floats:
        return self.law.cdf(self._above(t))

    def sf(self, t: Floats) -> Floats:
        return self.law.sf(self._above(t))

    def logpdf(self, t: Floats) -> Floats:
        return np.where(t > self.shift, self.law.logpdf(self._above(t)), -690.0)

    def ppf(self, q: Any) -> Floats:
        return self.shift + self.law.ppf(q)


@dataclass(frozen=True)
class Mixture:
    """A share of the durations by `longer`, the others by `law`."""

    law: Law
    longer: Law
    share: float

    def cdf(self, t: Floats) -> Floats:
        return (1.0 - self.share) * self.law.cdf(t) + self.share * self.longer.cdf(t)

    def sf(self, t: Floats) -> Floats:
        return (1.0 - self.share) * self.law.sf(t) + self.share * self.longer.sf(t)

    def logpdf(self, t: Floats) -> Floats:
        return np.logaddexp(np.log1p(-self.share) + self.law.logpdf(t),
                            np.log(self.share) + self.longer.logpdf(t))

    def ppf(self, q: Any) -> Floats:
        """By bisection between the quantiles of the two."""
        q = np.asarray(q, dtype=np.float64)
        one, other = self.law.ppf(q), self.longer.ppf(q)
        low, high = np.minimum(one, other), np.maximum(one, other)
        for _ in range(60):
            middle = (low + high) / 2.0
            below = self.cdf(middle) < q
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2.0)


FAMILIES: dict[str, Callable[[float, float], Law]] = {
    "lognormal": Lognormal, "gamma": Gamma, "weibull": Weibull}
"""Name -> the law of a mean and a cv. The names are those of scenario files."""

EXTENDED = tuple(f"{kind}-{name}" for kind in ("shifted", "mixture") for name in FAMILIES)
"""Families with more parameters than a mean and a cv."""


def between(law: Law, low: Floats, high: Floats) -> Floats:
    """F(high) - F(low), from whichever side of the law keeps the digits."""
    result = np.empty(len(low))
    below = law.cdf(low)
    left = below < 0.5
    result[left] = law.cdf(high[left]) - below[left]
    result[~left] = law.sf(low[~left]) - law.sf(high[~left])
    return result


def split(family: str) -> tuple[str, str]:
    """('shifted', 'mixture' or '', base family). Raises ValueError for an unknown name."""
    kind, _, base = family.rpartition("-")
    if base not in FAMILIES or kind not in ("", "shifted", "mixture"):
        raise ValueError(
            f"unknown family '{family}'; allowed: {', '.join((*FAMILIES, *EXTENDED))}")
    return kind, base


def law_of(family: str, theta: Sequence[float] | Floats) -> Law:
    """The law of a family at theta."""
    kind, base = split(family)
    law = _plain(base, theta[0], theta[1])
    if kind == "shifted":
        return Shifted(law, float(np.exp(theta[2])))
    if kind == "mixture":
        return Mixture(law, _plain(base, theta[0] + theta[2], theta[3]),
                       float(np.clip(special.expit(theta[4]), 1e-6, 1.0 - 1e-6)))
    return law


def _plain(base: str, log_mean: float, log_cv: float) -> Law:
    mean = float(np.exp(np.clip(log_mean, -20.0, 25.0)))
    return FAMILIES[base](mean, float(np.clip(np.exp(np.clip(log_cv, -20.0, 20.0)),
                                              LEAST_CV, MOST_CV)))


def moments(family: str, theta: Sequence[float] | Floats) -> tuple[float, float]:
    """(mean, cv) of the whole law."""
    kind, _ = split(family)
    mean, cv = float(np.exp(theta[0])), float(np.exp(theta[1]))
    if kind == "shifted":
        total = mean + float(np.exp(theta[2]))
        return total, cv * mean / total
    if kind == "mixture":
        share = float(special.expit(theta[4]))
        longer, longer_cv = float(np.exp(theta[0] + theta[2])), float(np.exp(theta[3]))
        total = (1.0 - share) * mean + share * longer
        square = (1.0 - share) * mean**2 * (1.0 + cv**2) + share * longer**2 * (1.0 + longer_cv**2)
        return total, float(np.sqrt(max(square - total**2, 0.0)) / total)
    return mean, cv


def stated(family: str, theta: Sequence[float] | Floats) -> dict[str, Any]:
    """The law as a scenario file states it."""
    kind, base = split(family)
    if kind == "mixture":
        share = float(f"{special.expit(theta[4]):.4g}")
        return {"distribution": "mixture", "parts": [
            {"share": float(f"{1.0 - share:.6g}")} | _named(base, theta[0], theta[1]),
            {"share": share} | _named(base, theta[0] + theta[2], theta[3])]}
    plain = _named(base, theta[0], theta[1])
    return plain | {"shift": _minutes(np.exp(theta[2]))} if kind == "shifted" else plain


def _named(base: str, log_mean: float, log_cv: float) -> dict[str, Any]:
    # A draw may lie where a scenario's cv may not; a mean has a thousand years.
    cv = np.exp(np.clip(log_cv, np.log(LEAST_CV), np.log(MOST_CV)))
    return {"distribution": base, "mean": _minutes(np.exp(np.clip(log_mean, -20.0, 20.0))),
            "cv": float(f"{cv:.4g}")}


def _minutes(value: float) -> str:
    return f"{value:.5g} min"
