"""What a measure estimates: the four kinds of number that a comparison can state.

A measure is named once, with its estimand; `sim.statistics` knows how each kind is estimated
from several replications. The kinds are

Ratio      a ratio of sums over the replications (shares, means, figures per TEU)
Quantile   a quantile of values pooled over the replications, plus a fixed offset
Total      the sum of other measures of the same replications
Constant   a number that is an input, known exactly
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ratio:
    """Sum of numerators over sum of denominators; both stand in `Replication.sums[measure]`."""


@dataclass(frozen=True)
class Quantile:
    """The `q` quantile of `Replication.samples[sample]` pooled over replications, plus `offset`.

    `sample` may hold +inf for values that are censored; `offset` is in the measure's unit.
    """

    sample: str
    q: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.q <= 1.0:
            raise ValueError(f"a quantile lies in (0, 1], found {self.q!r}")


@dataclass(frozen=True)
class Total:
    """The sum of the measures in `names`, each an estimand of the same replication."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("a total needs at least one measure")


@dataclass(frozen=True)
class Constant:
    """A number that is put in, not simulated; it has no sampling error."""

    value: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a constant is a finite number, found {self.value!r}")


Estimand = Ratio | Quantile | Total | Constant


def to_json(estimand: Estimand) -> list[Any]:
    """The estimand as a JSON list: its kind, then its fields."""
    match estimand:
        case Ratio():
            return ["ratio"]
        case Quantile(sample, q, offset):
            return ["quantile", sample, q, offset]
        case Total(names):
            return ["total", *names]
        case Constant(value):
            return ["constant", value]


def from_json(fields: list[Any]) -> Estimand:
    """The estimand that `to_json` wrote; ValueError for an unknown kind."""
    kind, *rest = fields
    match kind:
        case "ratio":
            return Ratio()
        case "quantile":
            return Quantile(*rest)
        case "total":
            return Total(tuple(rest))
        case "constant":
            return Constant(*rest)
    raise ValueError(f"unknown kind of estimand {kind!r}")
