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

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.laws import EXTENDED, FAMILIES, Law, between, law_of, moments, split, stated
from calibration.posterior import normal
from calibration.samples import Sample

Floats = NDArray[np.float64]

LEAST = 5
"""Observations that a fit needs."""

LEAST_GAIN = 3.0
"""Log-likelihood, of all that was held out, for which another family is worth naming."""

_FLOOR = 1e-300
_STEP = 1e-3

FAR = 1.5
"""Logarithms by which a draw may differ from the estimate. Of the rarer kind of a mixture the
likelihood may know next to nothing; a normal law around it would have it last for years."""


@dataclass(frozen=True)
class Fit:
    """A family fitted to a sample.

    mean in minutes, cv without unit; `mean_error` and `cv_error` their standard errors (observed
    information, delta method). likelihood: its logarithm at the maximum. theta: the family's
    parameters, as calibration.laws has them; covariance: theirs, empty if they are not determined.
    """

    family: str
    n: int
    censored: int
    mean: float
    cv: float
    mean_error: float
    cv_error: float
    likelihood: float
    theta: tuple[float, ...]
    remark: str = ""
    covariance: Floats = field(default_factory=lambda: np.empty((0, 0)), compare=False)

    @property
    def law(self) -> Law:
        """The fitted law."""
        return law_of(self.family, self.theta)

    def interval(self, of: str = "mean", level: float = 0.9) -> tuple[float, float]:
        """An interval of 'mean' or 'cv', normal on the logarithm, which keeps it positive."""
        from scipy.special import ndtri

        value, error = getattr(self, of), getattr(self, f"{of}_error")
        reach = float(ndtri((1.0 + level) / 2.0)) * error / value
        return value * float(np.exp(-reach)), value * float(np.exp(reach))

    def quantile(self, q: Any) -> Floats:
        """Minutes at probabilities q."""
        return np.asarray(self.law.ppf(q), dtype=np.float64)

    def as_scenario(self) -> dict[str, Any]:
        """The distribution as a scenario file states it."""
        return stated(self.family, self.theta)

    def draws(self, random: np.random.Generator, n: int) -> list[dict[str, Any]]:
        """n distributions as a scenario states them: theta normal around the maximum with the
        inverse of the observed information, no coordinate further than FAR; none if that is not
        determined."""
        if not len(self.covariance):
            return []
        away = normal(random, np.zeros(len(self.theta)), self.covariance, n)
        return [stated(self.family, theta)
                for theta in np.asarray(self.theta) + np.clip(away, -FAR, FAR)]


def log_likelihood(family: str, theta: Sequence[float] | Floats, sample: Sample) -> Floats:
    """float64[n]: each observation's log-likelihood under theta."""
    law = law_of(family, theta)
    exact = sample.lower == sample.upper
    result = np.empty(len(sample))
    result[exact] = law.logpdf(np.maximum(sample.lower[exact], 1e-9))
    result[~exact] = _log_between(law, sample.lower[~exact], sample.upper[~exact])
    cut = (sample.left > 0.0) | np.isfinite(sample.right)
    result[cut] -= _log_between(law, sample.left[cut], sample.right[cut])
    return result


def _log_between(law: Law, low: Floats, high: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(between(law, low, high), _FLOOR)))


def fit(sample: Sample, family: str) -> Fit:
    """The family's maximum of the likelihood.

    Raises ValueError for an unknown family, fewer than LEAST observations, or a sample in which
    nothing is known from above.
    """
    split(family)
    known = np.isfinite(sample.upper)
    if len(sample) < LEAST or not known.any():
        raise ValueError(f"{len(sample)} durations, {int(known.sum())} of them known from above; "
                         f"allowed: at least {LEAST}, and one known from above")
    rows, which = sample.different
    counts = np.bincount(which, minlength=len(rows)).astype(np.float64)
    theta, likelihood = _search(rows, counts, family, _starts(rows, counts, family))
    covariance, remark = _covariance(rows, counts, family, theta)
    mean, cv = moments(family, theta)
    errors = _errors(family, theta, covariance)
    return Fit(family, len(sample), int((~known).sum()), mean, cv, *errors, likelihood,
               tuple(float(v) for v in theta), remark, covariance)


def _starts(rows: Sample, counts: Floats, family: str) -> list[Floats]:
    """Where searches begin: moments, and for two parts splits of the sorted durations."""
    middle = np.maximum(rows.middle, 1e-3)

    def plain(chosen: NDArray[Any], less: float = 0.0) -> list[float]:
        if not counts[chosen].any():
            return [float(np.log(np.average(middle, weights=counts))), 0.0]
        mean = float(np.average(middle[chosen] - less, weights=counts[chosen]))
        spread = np.sqrt(np.average((middle[chosen] - less - mean) ** 2, weights=counts[chosen]))
        return [float(np.log(mean)), float(np.log(np.clip(spread / mean, 0.05, 5.0)))]

    every = np.ones(len(middle), dtype=bool)
    kind, _ = split(family)
    if kind == "shifted":
        least = float(middle.min())
        return [np.array([*plain(every, part * least), np.log(part * least)])
                for part in (0.5, 0.95)]
    if kind == "mixture":
        starts = []
        order = np.argsort(middle, kind="stable")
        position = np.cumsum(counts[order]) / counts.sum()
        for share in (0.25, 0.75):
            long = np.zeros(len(middle), dtype=bool)
            long[order[position > 1.0 - share]] = True
            (mean, cv), (longer, longer_cv) = plain(~long), plain(long)
            starts.append(np.array([mean, cv, longer - mean, longer_cv,
                                    np.log(share / (1.0 - share))]))
        return starts
    return [np.array(plain(every))]


def _search(rows: Sample, counts: Floats, family: str, starts: list[Floats],
            tolerance: float = 1e-7) -> tuple[Floats, float]:
    """(theta, log-likelihood) at the best of the maxima that are found."""
    from scipy.optimize import minimize

    def cost(theta: Floats) -> float:
        return -float(counts @ log_likelihood(family, theta, rows))

    best: Any = None
    for start in starts:
        if len(start) == 2:
            found = minimize(cost, start, method="Nelder-Mead",
                             options={"xatol": tolerance, "fatol": tolerance, "maxiter": 800})
        else:
            # Slopes pay where there are more parameters; bounds keep steps within sense.
            found = minimize(cost, start, method="L-BFGS-B", options={"ftol": 1e-11},
                             bounds=[(v - 4.0, v + 4.0) for v in start])
        best = found if best is None or found.fun < best.fun else best
    return np.asarray(best.x, dtype=np.float64), -float(best.fun)


def _covariance(rows: Sample, counts: Floats, family: str, theta: Floats) -> tuple[Floats, str]:
    """The inverse of the observed information; empty, with a remark, where it does not exist."""

    def cost(at: Floats) -> float:
        return -float(counts @ log_likelihood(family, at, rows))

    steps = np.eye(len(theta)) * _STEP
    information = np.array([[(cost(theta + a + b) - cost(theta + a - b) - cost(theta - a + b)
                              + cost(theta - a - b)) / (4.0 * a.sum() * b.sum())
                             for b in steps] for a in steps])
    try:
        covariance = np.linalg.inv(information)
        sound = bool(np.all(np.linalg.eigvalsh((covariance + covariance.T) / 2.0) > 0.0))
    except np.linalg.LinAlgError:
        sound = False
    if not sound or not 0.01 < float(np.exp(theta[1])) < 20.0:
        return np.empty((0, 0)), "the sample does not determine the shape: no standard errors"
    return (covariance + covariance.T) / 2.0, ""


def _errors(family: str, theta: Floats, covariance: Floats) -> tuple[float, float]:
    """Standard errors of mean and cv by the delta method; NaN without a covariance."""
    if not len(covariance):
        return float("nan"), float("nan")
    steps = np.eye(len(theta)) * 1e-5
    slope = np.array([(np.array(moments(family, theta + s)) - moments(family, theta - s)) / 2e-5
                      for s in steps])
    mean, cv = np.sqrt(np.einsum("ik,ij,jk->k", slope, covariance, slope))
    return float(mean), float(cv)


@dataclass(frozen=True)
class Choice:
    """The family that was chosen, fitted to all; and how well each did on what it had not seen.

    scores: family -> (mean log-likelihood of a held-out observation, standard error of its
    difference from the best one's). others: fits of families that say as much with as many
    parameters.
    """

    fit: Fit
    scores: dict[str, tuple[float, float]]
    others: tuple[Fit, ...] = ()

    def draws(self, random: np.random.Generator, n: int) -> list[dict[str, Any]]:
        """n distributions as a scenario states them: of the chosen family, and of others as often
        as their likelihood says; so what the family is counts among what is not known."""
        fits = (self.fit, *(other for other in self.others if len(other.covariance)))
        weight = np.exp(np.array([one.likelihood for one in fits]) - max(
            one.likelihood for one in fits))
        which = random.choice(len(fits), n, p=weight / weight.sum())
        each = [one.draws(random, n) for one in fits]
        return [each[k][i] for i, k in enumerate(which)] if each[0] else []


def choose(sample: Sample, families: Sequence[str] = tuple(FAMILIES), *, folds: int = 5,
           seed: int = 1) -> Choice:
    """The family that predicts best what it has not seen; of those within a standard error of it,
    or within what LEAST_GAIN in all would be, the one named first.

    seed: of the folds (Philox). Raises ValueError as `fit` does, and for fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"{folds} folds; allowed: 2 or more")
    fits = {family: fit(sample, family) for family in families}
    held = _held_out(sample, fits, folds, seed)
    n = len(sample)
    best = max(families, key=lambda name: float(held[name].mean()))
    table = {}
    for name in families:
        behind = held[best] - held[name]
        table[name] = (float(held[name].mean()), float(behind.std(ddof=1) / np.sqrt(n)))
    chosen = next(name for name in families if name == best or table[best][0] - table[name][0]
                  <= max(table[name][1], LEAST_GAIN / n))
    return Choice(fits[chosen], table)


def _held_out(sample: Sample, fits: dict[str, Fit], folds: int, seed: int) -> dict[str, Floats]:
    """family -> float64[n]: each observation's log-likelihood by a fit to the other folds."""
    rows, which = sample.different
    n = len(sample)
    fold = np.random.Generator(np.random.Philox(key=seed)).permutation(n) % folds
    result = {}
    for family, whole in fits.items():
        held = np.empty(n)
        for i in range(folds):
            counts = np.bincount(which[fold != i], minlength=len(rows)).astype(np.float64)
            used = counts > 0
            theta, _ = _search(rows.take(used), counts[used], family, [np.array(whole.theta)],
                               1e-4)
            held[fold == i] = log_likelihood(family, theta, rows)[which[fold == i]]
        result[family] = held
    return result


def choose_widely(sample: Sample, *, folds: int = 5, seed: int = 1) -> Choice:
    """As `choose`, among the plain families (the best of them), then with a shift or as a mixture
    of two.

    A mixture is tried of the best plain family alone, and only what gains more on the sample than
    its parameters cost (BIC) is held against the plain ones on what it has not seen.
    """
    fits = {family: fit(sample, family) for family in FAMILIES}
    scores = choose(sample, folds=folds, seed=seed).scores
    base = max(scores, key=lambda name: scores[name][0])
    others = tuple(found for name, found in fits.items() if name != base)
    price = 0.5 * np.log(len(sample))
    more = []
    for name in EXTENDED if len(sample) >= 20 * LEAST else ():
        if split(name)[0] == "shifted" or split(name)[1] == base:
            found = fit(sample, name)
            gain = found.likelihood - fits[base].likelihood
            if gain > price * (len(found.theta) - len(fits[base].theta)):
                more.append(name)
    if not more:
        return Choice(fits[base], scores, others)
    wide = choose(sample, (base, *more), folds=folds, seed=seed)
    others = others if wide.fit.family == base else ()
    return Choice(wide.fit, wide.scores | scores, others)
