"""What a check is, and how it is judged.

A *statistical* check estimates a number that theory gives. It passes if theory is not rejected at
LEVEL divided by the number of statistical checks of the whole suite, and if the whole 95 % interval
lies within the tolerance around theory: so it can fail by being wrong, and by being too vague.

The estimates are regressed over independent replications on controls, quantities of the drawn input
whose means are known exactly. What the controls explain of an estimate's error is taken out; what
is left has a Student interval with as many degrees of freedom fewer as there are controls.

An *exact* check compares numbers that must be equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.01
CONFIDENCE = 0.95
MEAN_WITHIN = 0.01
QUANTILE_WITHIN = 0.02

Floats = NDArray[np.float64]
Sample = tuple[list[float], list[float]]
"""Of one replication: an estimate per quantity, and the controls' deviations from their means."""


@dataclass(frozen=True)
class Quantity:
    """A number that theory gives; ``tolerance`` is relative."""

    id: str
    what: str
    theory: float
    tolerance: float = MEAN_WITHIN


@dataclass(frozen=True)
class Experiment:
    """Independent replications that estimate one or more quantities.

    replicate       (seed, replication, size, engine) -> Sample; the mean of an estimate over
                    replications must be its quantity
    replications    how many; size: consignments in each
    """

    quantities: tuple[Quantity, ...]
    replicate: Callable[[int, int, int, str], Sample]
    replications: int
    size: int

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its checks."""
        return tuple(quantity.id for quantity in self.quantities)


@dataclass(frozen=True)
class Agreement:
    """How many of the numbers compared are equal, and the first that is not, in words."""

    equal: int
    compared: int
    first: str = ""


@dataclass(frozen=True)
class Exact:
    """compare    (seed, engine) -> Agreement of everything that must be equal"""

    id: str
    what: str
    compare: Callable[[int, str], Agreement]
    replications: int = 1

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of its check."""
        return (self.id,)


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    Of a statistical check: theory, simulated with its 95 % interval from low to high, the p-value
    of theory. Of an exact one: how many were compared as theory, how many of them are equal as
    simulated. What is not known because the engine failed is None.
    note says what went wrong; rejected, that it is not only an interval too wide.
    """

    id: str
    kind: str
    what: str
    theory: float | None
    simulated: float | None
    low: float | None
    high: float | None
    p: float | None
    tolerance: float
    passed: bool
    note: str = ""
    rejected: bool = False

    def as_dict(self) -> dict[str, object]:
        """The fields of `onestop verify --json`."""
        names = ("id", "kind", "what", "theory", "simulated", "low", "high", "p", "tolerance",
                 "passed")
        return {name: getattr(self, name) for name in names}


def controlled(values: Floats, controls: Floats) -> tuple[float, float, int]:
    """The mean of values, less what the controls explain: (mean, standard error, degrees of
    freedom). values: float64[R]; controls: float64[R, C], of mean 0.

    The intercept of a least-squares regression (Lavenberg and Welch 1981).
    """
    design = np.column_stack([np.ones(len(values)), controls])
    freedom = design.shape[0] - design.shape[1]
    if freedom < 1:
        raise ValueError(f"{len(values)} replications are too few for {controls.shape[1]} controls")
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    left = values - design @ coefficients
    variance = float(left @ left) / freedom * np.linalg.pinv(design.T @ design)[0, 0]
    return float(coefficients[0]), float(np.sqrt(variance)), freedom


def judge(quantity: Quantity, mean: float, error: float, freedom: int, checks: int) -> Outcome:
    """The outcome of an estimate with its standard error, as one of ``checks`` checks."""
    from scipy import special

    half = float(special.stdtrit(freedom, (1.0 + CONFIDENCE) / 2.0)) * error
    if error > 0.0:
        p = 2.0 * float(special.stdtr(freedom, -abs(mean - quantity.theory) / error))
    else:
        p = float(mean == quantity.theory)
    low, high = mean - half, mean + half
    farthest = max(abs(low - quantity.theory), abs(high - quantity.theory))
    rejected = p < LEVEL / checks
    wide = farthest > quantity.tolerance * abs(quantity.theory)
    reasons = [f"theory is rejected (p = {p:.2g})"] if rejected else []
    reasons += [f"the interval leaves {quantity.tolerance:.0%} around theory"] if wide else []
    return Outcome(quantity.id, "statistical", quantity.what, quantity.theory, mean, low, high, p,
                   quantity.tolerance, not reasons, " and ".join(reasons), rejected)


def run_experiment(experiment: Experiment, seed: int, engine: str, checks: int,
                   told: Callable[[int], None] = lambda done: None,
                   shrink: float = 1.0) -> list[Outcome]:
    """The outcomes of all quantities. ``told`` hears of each replication; ``shrink`` below 1
    makes replications shorter, for tests that ask less."""
    size = max(int(experiment.size * shrink), 1)
    samples = []
    for replication in range(experiment.replications):
        samples.append(experiment.replicate(seed, replication, size, engine))
        told(1)
    controls = np.array([controls for _, controls in samples])
    values = np.array([values for values, _ in samples])
    return [judge(quantity, *controlled(values[:, i], controls), checks)
            for i, quantity in enumerate(experiment.quantities)]


def run_exact(check: Exact, seed: int, engine: str) -> Outcome:
    """The outcome of an exact check."""
    found = check.compare(seed, engine)
    same = found.equal == found.compared > 0
    note = "" if same else f"{found.compared - found.equal} differ; the first: {found.first}"
    return Outcome(check.id, "exact", check.what, float(found.compared), float(found.equal), None,
                   None, None, 0.0, same, note, not same)


def agreement(expected: dict[str, float], found: dict[str, float]) -> Agreement:
    """Compares numbers by name; a name that only one side knows is a difference."""
    names = [*expected, *(name for name in found if name not in expected)]
    wrong = [name for name in names if expected.get(name) != found.get(name)]
    first = ""
    if wrong:
        name = wrong[0]
        first = f"{name}: {expected.get(name)} expected, {found.get(name)} simulated"
    return Agreement(len(names) - len(wrong), len(names), first)
