"""Durations by maximum likelihood: what a log shows of them whole, in part, or not at all.

A duration may be known exactly, within an interval (two stamps rounded to the minute), or from
below only (the case was open when the log ended: right-censored); and it may be in the sample only
because it was long or short enough (truncated). Leaving such rows out, or taking them as they look,
makes durations shorter and more alike than they are.

Likelihood of an observation in [l, u], given that it lies in [a, b]:
f(l) / (F(b) - F(a)) if l = u, else (F(u) - F(l)) / (F(b) - F(a)); see Klein and Moeschberger,
Survival Analysis, 2nd ed., sections 3.5 and 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 5
"""Observations that a fit needs."""

_FLOOR = 1e-300
_STEP = 1e-3


@dataclass(frozen=True)
class Sample:
    """Durations in minutes, float64[n] each: between `lower` and `upper` (equal: exact; infinite:
    known from below only), in the sample only if between `left` and `right`.

    Raises ValueError for a duration that is negative or undefined, bounds that are not in order,
    or observations outside of what could be seen.
    """

    lower: Floats
    upper: Floats
    left: Floats = field(default_factory=lambda: np.zeros(1))
    right: Floats = field(default_factory=lambda: np.full(1, np.inf))

    def __post_init__(self) -> None:
        shape = np.shape(self.lower)
        for name in ("lower", "upper", "left", "right"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            fits = values.shape == shape or (values.shape == (1,) and name in ("left", "right"))
            if not fits or len(shape) != 1:
                raise ValueError(f"{name} has the shape {values.shape}; allowed: {shape}")
            object.__setattr__(self, name, np.broadcast_to(values, shape))
        wrong = ~((self.lower >= 0.0) & (self.lower <= self.upper) & np.isfinite(self.lower)
                  & (self.left <= self.lower) & ((self.upper <= self.right)
                                                 | np.isinf(self.upper)))
        if wrong.any():
            i = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"observation {i} lies between {self.lower[i]:g} and {self.upper[i]:g} min and was "
                f"seen between {self.left[i]:g} and {self.right[i]:g}; allowed: 0 <= left <= lower "
                "<= upper <= right")

    def __len__(self) -> int:
        return len(self.lower)

    def take(self, rows: NDArray[Any]) -> Sample:
        """Some of the observations."""
        return Sample(self.lower[rows], self.upper[rows], self.left[rows], self.right[rows])

    @property
    def middle(self) -> Floats:
        """float64[n]: a plain guess of each duration, to begin a search with."""
        return np.where(np.isinf(self.upper), self.lower, (self.lower + self.upper) / 2)


@dataclass(frozen=True)
class Fit:
    """A family fitted to a sample.

    mean in minutes, cv without unit; `mean_error` and `cv_error` their standard errors (observed
    information, delta method). likelihood: its logarithm at the maximum. theta: (log mean, log cv).
    """

    family: str
    n: int
    censored: int
    mean: float
    cv: float
    mean_error: float
    cv_error: float
    likelihood: float
    theta: tuple[float, float]
    remark: str = ""

    def interval(self, of: str = "mean", level: float = 0.9) -> tuple[float, float]:
        """An interval of 'mean' or 'cv', normal on the logarithm, which keeps it positive."""
        from scipy.special import ndtri

        value, error = getattr(self, of), getattr(self, f"{of}_error")
        reach = float(ndtri((1.0 + level) / 2.0)) * error / value
        return value * float(np.exp(-reach)), value * float(np.exp(reach))

    def quantile(self, q: Any) -> Floats:
        """Minutes at probabilities q."""
        return np.asarray(_law(self.family, np.array(self.theta)).ppf(q), dtype=np.float64)

    def as_scenario(self) -> dict[str, Any]:
        """The distribution as a scenario file states it."""
        return {"distribution": self.family, "mean": f"{self.mean:.4g} min",
                "cv": float(f"{self.cv:.3g}")}


def _lognormal(mean: float, cv: float) -> Any:
    from scipy import stats

    sigma = np.sqrt(np.log1p(cv * cv))
    return stats.lognorm(sigma, scale=mean * np.exp(-sigma * sigma / 2.0))


def _gamma(mean: float, cv: float) -> Any:
    from scipy import stats

    return stats.gamma(1.0 / (cv * cv), scale=mean * cv * cv)


def _weibull(mean: float, cv: float) -> Any:
    from scipy import stats
    from scipy.special import gamma

    from sim.distributions import weibull_shape

    shape = weibull_shape(cv)
    return stats.weibull_min(shape, scale=mean / gamma(1.0 + 1.0 / shape))


FAMILIES: dict[str, Callable[[float, float], Any]] = {
    "lognormal": _lognormal, "gamma": _gamma, "weibull": _weibull}
"""Name -> the law of a mean and a cv. The names are those of scenario files."""


def _law(family: str, theta: Floats) -> Any:
    mean, cv = np.exp(theta)
    return FAMILIES[family](float(mean), float(np.clip(cv, 0.01, 20.0)))


def log_likelihood(family: str, theta: Floats, sample: Sample) -> Floats:
    """float64[n]: each observation's log-likelihood under (log mean, log cv)."""
    law = _law(family, theta)
    exact = sample.lower == sample.upper
    result = np.empty(len(sample))
    result[exact] = law.logpdf(np.maximum(sample.lower[exact], 1e-9))
    result[~exact] = _log_between(law, sample.lower[~exact], sample.upper[~exact])
    cut = (sample.left > 0.0) | np.isfinite(sample.right)
    result[cut] -= _log_between(law, sample.left[cut], sample.right[cut])
    return result


def _log_between(law: Any, low: Floats, high: Floats) -> Floats:
    """log(F(high) - F(low)), from whichever side of the law keeps the digits."""
    below, above = law.cdf(low), law.sf(low)
    mass = np.where(below < 0.5, law.cdf(high) - below, above - law.sf(high))
    return np.asarray(np.log(np.maximum(mass, _FLOOR)))


def fit(sample: Sample, family: str) -> Fit:
    """The family's maximum of the likelihood.

    Raises ValueError for an unknown family, fewer than LEAST observations, or a sample in which
    nothing is known from above.
    """
    from scipy.optimize import minimize

    if family not in FAMILIES:
        raise ValueError(f"unknown family '{family}'; allowed: {', '.join(FAMILIES)}")
    known = np.isfinite(sample.upper)
    if len(sample) < LEAST or not known.any():
        raise ValueError(f"{len(sample)} durations, {int(known.sum())} of them known from above; "
                         f"allowed: at least {LEAST}, and one known from above")
    middle = np.maximum(sample.middle, 1e-3)
    start = np.array([np.log(middle.mean()),
                      np.log(np.clip(middle.std() / middle.mean(), 0.05, 5.0))])

    def cost(theta: Floats) -> float:
        return -float(log_likelihood(family, theta, sample).sum())

    found = minimize(cost, start, method="Nelder-Mead",
                     options={"xatol": 1e-7, "fatol": 1e-7, "maxiter": 2000})
    theta = np.asarray(found.x, dtype=np.float64)
    information = _hessian(cost, theta)
    mean, cv = (float(v) for v in np.exp(theta))
    try:
        errors = np.sqrt(np.diag(np.linalg.inv(information)))
    except np.linalg.LinAlgError:
        errors = np.full(2, np.nan)
    sound = bool(np.all(np.isfinite(errors))) and 0.01 < cv < 20.0
    remark = "" if sound else "the sample does not determine the shape: no standard errors"
    return Fit(family, len(sample), int((~known).sum()), mean, cv,
               mean * float(errors[0]) if sound else float("nan"),
               cv * float(errors[1]) if sound else float("nan"), -float(found.fun),
               (float(theta[0]), float(theta[1])), remark)


def _hessian(cost: Callable[[Floats], float], theta: Floats) -> Floats:
    """Second derivatives by central differences."""
    steps = np.eye(len(theta)) * _STEP
    return np.array([[(cost(theta + a + b) - cost(theta + a - b) - cost(theta - a + b)
                       + cost(theta - a - b)) / (4.0 * a.sum() * b.sum())
                      for b in steps] for a in steps])


@dataclass(frozen=True)
class Choice:
    """The family that was chosen, fitted to all; and how well each did on what it had not seen.

    scores: family -> (mean log-likelihood of a held-out observation, standard error of its
    difference from the best one's).
    """

    fit: Fit
    scores: dict[str, tuple[float, float]]


def choose(sample: Sample, families: Sequence[str] = tuple(FAMILIES), *, folds: int = 5,
           seed: int = 1) -> Choice:
    """The family that predicts best what it has not seen; of those within a standard error of it,
    the one named first.

    seed: of the folds (Philox). Raises ValueError as `fit` does, and for fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"{folds} folds; allowed: 2 or more")
    n = len(sample)
    fold = np.random.Generator(np.random.Philox(key=seed)).permutation(n) % folds
    scores = {}
    for family in families:
        held = np.empty(n)
        for i in range(folds):
            theta = np.array(fit(sample.take(fold != i), family).theta)
            held[fold == i] = log_likelihood(family, theta, sample.take(fold == i))
        scores[family] = held
    best = max(families, key=lambda name: float(scores[name].mean()))
    table = {}
    for name in families:
        behind = scores[best] - scores[name]
        table[name] = (float(scores[name].mean()), float(behind.std(ddof=1) / np.sqrt(n)))
    chosen = next(name for name in families
                  if table[best][0] - table[name][0] <= table[name][1] or name == best)
    return Choice(fit(sample, chosen), table)
