"""Whole numbers learned from runs whose summaries are compared with a log's.

Two waves of runs: over all that is possible, and over what history matching left of it. Where no
number explains both how many were at work and how long work waited, the model has the resource do
what it does not do at the port, or not do what it does; then the waits count, because they are what
a change of the port is judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.capacity import Capacity
from calibration.design import (
    adjusted,
    hinges,
    implausibility,
    ranked,
    regress,
    space_filling,
)
from calibration.estimates import generator
from calibration.records import Flags, Floats, Ints
from calibration.summaries import Summary

CANDIDATES = 8192
"""Combinations that history matching looks at."""

RANK = 3
"""Of a point's distances, the one that counts: not the largest, since of many summaries one is far
off by chance."""

IMPLAUSIBLE = 3.0
"""Standard deviations (Pukelsheim's rule: 95 % of any unimodal law lie within)."""

MODEL_ERROR = {"at-work": 0.01, "wait": 0.2, "waited": 0.3, "share": 0.03, "late": 0.03,
               "left": 0.07, "moved": 0.03, "held": 0.03, "moved-left": 0.05, "held-left": 0.05,
               "full": 0.015, "pile": 0.03}
"""Standard deviation of what model and log may be off, by kind of summary and on its scale: a
hundredth of a number at work, a fifth of a wait (near full load, waits follow from small errors of
the durations). Summaries of one kind are off together."""

@dataclass(frozen=True)
class Unknown:
    """One number that the log does not show.

    low, high: what is thought possible before any run. bears: beginnings of the summaries that
    tell of it. known: what the log alone says of it, in teams of `team` units.
    evenings: on which boxes were left over, where these show it.
    """

    key: str
    name: str
    low: int
    high: int
    bears: tuple[str, ...]
    known: Capacity | None = None
    team: int = 1
    evenings: int = 0


@dataclass(frozen=True, eq=False)
class Learned:
    """values, weights: float64[n, d], see calibration.design.adjusted. contradicted: names of
    resources of which numbers at work and waits contradict each other."""

    values: Floats
    weights: Floats
    contradicted: frozenset[str]


def learn(unknowns: Sequence[Unknown], observed: Summary, run: Callable[[Ints, int], Floats],
          runs: int, seed: int) -> Learned:
    """The posterior of the unknowns. run: points and the number of the first -> their summaries."""
    low, high = ends_of(unknowns)
    points = space_filling(low, high, CANDIDATES, generator(seed, "latent.design"))
    first = runs // 2
    summaries = run(points[:first], 0)
    used = ~np.isnan(observed.values) & ~np.isnan(summaries).any(axis=0)
    kinds, error = _model_errors(observed.names)
    emulator = regress(hinges(points[:first], low, high), np.where(used, summaries, 0.0))
    far = implausibility(emulator, hinges(points, low, high), observed.values, error)
    contradicted = frozenset(
        u.name for u in unknowns if _contradicts(u.name, observed, far, used))
    for name in contradicted:
        used[observed.of([f"{name}.at-work"])] = False
    tried = np.concatenate([points[:first], _plausible(points, far[:, used], runs - first)])
    summaries = np.concatenate([summaries, run(tried[first:], first)])
    used &= ~np.isnan(summaries).any(axis=0)
    off = generator(seed, "latent.error").standard_normal((runs, kinds.max() + 1))
    shown = summaries + off[:, kinds] * error
    groups = [[i for i in observed.of(u.bears) if used[i]] for u in unknowns]
    values, weights = adjusted(tried.astype(np.float64), shown, observed.values,
                               np.sqrt(emulator.error**2 + error**2), groups)
    return Learned(values, weights, contradicted)


def ends_of(unknowns: Sequence[Unknown]) -> tuple[Ints, Ints]:
    """The lowest and the highest that each may be, int64[d] both."""
    return (np.array([u.low for u in unknowns], dtype=np.int64),
            np.array([u.high for u in unknowns], dtype=np.int64))


def _plausible(points: Ints, far: Floats, wanted: int) -> Ints:
    """int64[wanted, d]: the points that are not implausible, in the order of their design."""
    farthest = ranked(far, RANK)
    limit = max(IMPLAUSIBLE, float(np.partition(farthest, wanted - 1)[wanted - 1]))
    return points[farthest <= limit][:wanted]


def _contradicts(name: str, observed: Summary, far: Floats, used: Flags) -> bool:
    """Whether wherever the numbers at work are plausible (or least implausible) the waits are not.
    """
    at_work, waits = ([i for i in observed.of(prefixes) if used[i]] for prefixes in (
        [f"{name}.at-work"], [f"{name}.wait"]))
    if not at_work or not waits:
        return False
    by_work = ranked(far[:, at_work], 2)
    agree = by_work <= max(IMPLAUSIBLE, float(np.quantile(by_work, 0.01)))
    return bool(ranked(far[agree][:, waits], 2).min() > IMPLAUSIBLE)


def _model_errors(names: Sequence[str]) -> tuple[Ints, Floats]:
    """(kind, error), both [k]: the model's error of each summary, such as clerk.customs.wait.mean,
    and the number of the kind (here clerk.customs.wait) with which it is off together."""
    stems, errors = [], []
    for name in names:
        parts = name.split(".")
        last = max(i for i, part in enumerate(parts) if part in MODEL_ERROR)
        stems.append(".".join(parts[:last + 1]))
        errors.append(MODEL_ERROR[parts[last]])
    return np.unique(stems, return_inverse=True)[1].astype(np.int64), np.array(errors)
