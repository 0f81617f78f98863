"""Selection of the best of several scenarios (Kim and Nelson 2001, procedure KN with c = 1).

Of k scenarios whose replications are normal, and may depend on each other as those on common
random numbers do, KN selects the one with the best mean with a probability of at least the stated
confidence whenever it is better than all others by `delta` or more. After `first` replications of
all, every scenario is dropped as soon as another one is ahead of it by more than

    W = max(0, delta / (2 r) * (h2 * S2 / delta**2 - r)),    h2 = 2 * eta * (first - 1),
    eta = ((2 * (1 - confidence) / (k - 1)) ** (-2 / (first - 1)) - 1) / 2,

r being the replications so far and S2 the variance of the two scenarios' difference over the first
ones. Dropping one after the other, it spends far fewer replications than a procedure that takes
its number of replications once (Rinott 1978).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Dropped:
    """A scenario that was dropped after `replications` of it, as `ahead` was better by more than
    chance allows: by `lead` (in the measure's unit)."""

    scenario: str
    replications: int
    ahead: str
    lead: float


class Selection:
    """KN over scenarios; `screen` takes one replication of all survivors after the other."""

    def __init__(self, first: Mapping[str, Floats], delta: float, confidence: float,
                 highest: bool = False):
        """first: scenario -> float64[n0], the first replications, n0 >= 2, paired by number.

        delta: the smallest difference worth detecting, above 0. Raises ValueError for less than
        two scenarios, unequal or undefined values, or numbers out of range.
        """
        n0 = {len(values) for values in first.values()}
        if len(first) < 2 or len(n0) != 1 or min(n0) < 2:
            raise ValueError("needs two scenarios with the same number of replications, 2 or more")
        if not (delta > 0.0 and 0.0 < confidence < 1.0):
            raise ValueError(f"delta above 0 and a confidence in (0, 1): {delta}, {confidence}")
        self.delta, self.replications = delta, min(n0)
        self.survivors = list(first)
        self.dropped: list[Dropped] = []
        self._sign = 1.0 if highest else -1.0
        values = {name: self._sign * _defined(name, numbers) for name, numbers in first.items()}
        self._sums = {name: math.fsum(numbers) for name, numbers in values.items()}
        degrees = self.replications - 1
        eta = ((2.0 * (1.0 - confidence) / (len(first) - 1)) ** (-2.0 / degrees) - 1.0) / 2.0
        self._h2 = 2.0 * eta * degrees
        self._variance = {
            frozenset((one, other)): float(np.var(values[one] - values[other], ddof=1))
            for i, one in enumerate(first) for other in list(first)[:i]}
        self._screen()

    @property
    def decided(self) -> bool:
        """Whether one scenario is left."""
        return len(self.survivors) == 1

    def take(self, values: Mapping[str, float]) -> None:
        """One more replication of every survivor. Raises ValueError if one is undefined."""
        self.replications += 1
        for name in self.survivors:
            value, = _defined(name, [values[name]])
            self._sums[name] += self._sign * float(value)
        self._screen()

    def most_replications(self) -> int:
        """The replications after which no scenario can be left beside another one, at most."""
        widest = max((self._variance[frozenset((one, other))] for one in self.survivors
                      for other in self.survivors if one != other), default=0.0)
        return max(self.replications, math.floor(self._h2 * widest / self.delta ** 2) + 1)

    def _screen(self) -> None:
        r, still = self.replications, self.survivors
        mean = {name: self._sums[name] / r for name in still}
        behind: dict[str, tuple[str, float]] = {}
        for name in still:
            for other in still:
                if name != other:
                    s2 = self._variance[frozenset((name, other))]
                    reach = max(0.0, self.delta / (2 * r) * (self._h2 * s2 / self.delta ** 2 - r))
                    lead = mean[other] - mean[name]
                    if lead > reach and lead > behind.get(name, ("", 0.0))[1]:
                        behind[name] = (other, lead)
        self.dropped += [Dropped(name, r, *behind[name]) for name in still if name in behind]
        self.survivors = [name for name in still if name not in behind]
        if len(self.survivors) > 1 and r >= self.most_replications():
            # Exactly equal, so that none is ahead: the first one stands for all.
            self.dropped += [Dropped(name, r, self.survivors[0], 0.0)
                             for name in self.survivors[1:]]
            self.survivors = self.survivors[:1]


def _defined(name: str, values: Sequence[float] | Floats) -> Floats:
    numbers = np.asarray(values, dtype=float)
    if not np.all(np.isfinite(numbers)):
        raise ValueError(f"'{name}' has a replication in which the measure is undefined")
    return numbers
