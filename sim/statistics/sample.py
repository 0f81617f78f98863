"""One scenario's replications, and every estimand evaluated on all of them or all but one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.estimands import Constant, Estimand, Quantile, Ratio, Total
from sim.replication import Replication
from sim.statistics.quantile import Pool, Without
from sim.statistics.ratio import Floats, divide, leave_one_out


class Sample:
    """The replications of one scenario in the order of their numbers.

    Evaluates a measure on all replications (`estimate`), on each alone (`single`) and on all but
    one (`without`). Values are floats; NaN is undefined, +inf censored.
    """

    def __init__(self, replications: Sequence[Replication]):
        """ValueError if replications are missing, doubled, or differ in their measures."""
        if not replications:
            raise ValueError("a scenario without replications has no statistics")
        ordered = sorted(replications, key=lambda one: one.replication)
        first = ordered[0]
        self.numbers = [one.replication for one in ordered]
        if len(set(self.numbers)) < len(ordered):
            raise ValueError(f"{first.scenario}: a replication occurs twice")
        self.replications = ordered
        self.n = len(ordered)
        self.estimands: dict[str, Estimand] = dict(first.estimands)
        self.units = dict(first.units)
        self.labels: dict[str, str] = {}
        for one in ordered:
            if one.estimands != first.estimands:
                odd = {key for key, _ in one.estimands.items() ^ first.estimands.items()}
                raise ValueError(
                    f"{first.scenario}: replication {one.replication} has other estimands than "
                    f"replication {first.replication}: {', '.join(sorted(odd)[:5])}"
                )
            self.labels.update({name: text for name, text in one.labels.items() if text})
        self.members = sum(one.members for one in ordered)
        self.open = sum(one.open for one in ordered)
        self._sums: dict[str, tuple[Floats, Floats]] = {}
        self._pools: dict[str, Pool] = {}
        self._without: dict[str, Without] = {}
        for name in self.estimands:
            self._check(name, ())

    def _check(self, name: str, above: tuple[str, ...]) -> None:
        estimand = self.estimands.get(name)
        if estimand is None or name in above:
            raise ValueError(f"'{above[-1]}' is a total of '{name}', which is unknown or itself")
        if isinstance(estimand, Total):
            for part in estimand.names:
                self._check(part, (*above, name))

    def add_ratio(self, name: str, numerators: Floats, denominators: Floats, unit: str) -> None:
        """Add a ratio of sums, given per replication, that needs another scenario to be known."""
        self.estimands[name] = Ratio()
        self.units[name] = unit
        self._sums[name] = (numerators, denominators)

    def constant(self, name: str) -> bool:
        """True if the measure is an input, or a total of inputs."""
        estimand = self.estimands[name]
        if isinstance(estimand, Total):
            return all(self.constant(part) for part in estimand.names)
        return isinstance(estimand, Constant)

    def estimate(self, name: str) -> float:
        """The measure over all replications: NaN if undefined, +inf if censored."""
        match self.estimands[name]:
            case Ratio():
                numerators, denominators = self.sums(name)
                below = math.fsum(denominators)
                return math.fsum(numerators) / below if below != 0.0 else math.nan
            case Quantile(sample, q, offset):
                return self.pool(sample).quantile(q) + offset
            case Total(names):
                return math.fsum(self.estimate(part) for part in names)
            case Constant(value):
                return value

    def censored_above(self, name: str) -> float | None:
        """The largest value that was seen, where the estimate itself is censored (+inf)."""
        match self.estimands[name]:
            case Quantile(sample, _, offset):
                bound = self.pool(sample).largest + offset
            case Total(names):
                bounds = [
                    value if math.isfinite(value) else self.censored_above(part)
                    for part, value in ((part, self.estimate(part)) for part in names)
                ]
                known = [value for value in bounds if value is not None]
                bound = math.fsum(known) if len(known) == len(bounds) else math.nan
            case _:
                return None
        return bound if math.isfinite(bound) else None

    def without(self, name: str) -> Without:
        """The measure with each replication left out in turn; a quantile to first order."""
        if name not in self._without:
            self._without[name] = self._compute_without(name)
        return self._without[name]

    def _compute_without(self, name: str) -> Without:
        match self.estimands[name]:
            case Ratio():
                numerators, denominators = self.sums(name)
                return Without.same(
                    divide(leave_one_out(numerators), leave_one_out(denominators))
                )
            case Quantile(sample, q, offset):
                fixed = Without.same(np.full(self.n, offset))
                return Without.total([self.pool(sample).without(q), fixed])
            case Total(names):
                return Without.total([self.without(part) for part in names])
            case Constant(value):
                return Without.same(np.full(self.n, value))

    def single(self, name: str) -> Floats:
        """The measure in each replication alone: float64[n]."""
        match self.estimands[name]:
            case Ratio():
                return divide(*self.sums(name))
            case Quantile(sample, q, offset):
                return self.pool(sample).single(q) + offset
            case Total(names):
                with np.errstate(invalid="ignore"):
                    return np.sum([self.single(part) for part in names], axis=0)
            case Constant(value):
                return np.full(self.n, value)

    def sums(self, name: str) -> tuple[Floats, Floats]:
        """Numerators and denominators of a ratio, one per replication; ValueError if missing."""
        if name not in self._sums:
            missing = [one.replication for one in self.replications if name not in one.sums]
            if missing:
                raise ValueError(f"'{name}' has no sums in replication {missing[0]}")
            pairs = np.array([one.sums[name] for one in self.replications], dtype=float)
            self._sums[name] = (pairs[:, 0], pairs[:, 1])
        return self._sums[name]

    def pool(self, sample: str) -> Pool:
        """The pooled values of one sample; ValueError if a replication does not have it."""
        if sample not in self._pools:
            missing = [one.replication for one in self.replications if sample not in one.samples]
            if missing:
                raise ValueError(f"sample '{sample}' is missing in replication {missing[0]}")
            try:
                self._pools[sample] = Pool([one.samples[sample] for one in self.replications])
            except ValueError as error:
                raise ValueError(f"sample '{sample}': {error}") from error
        return self._pools[sample]

