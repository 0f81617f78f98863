"""What a fit says: a value for a key of the scenario, with its uncertainty and where it is from.

Uncertainty is carried as draws of the whole value: intervals are their quantiles, and a study with
`--uncertainty` runs the scenario with one draw after the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scenarios.units import minutes

DRAWS = 200
"""Draws of every estimate. Draw i of one and draw i of another belong together."""

LEVEL = 0.9
"""Of the intervals that are printed and written."""


@dataclass(frozen=True)
class Estimate:
    """One key of the scenario, from the log.

    key      dotted path in a scenario file, such as agencies.customs.papers
    value    what a scenario file states there: plain data, times as text with their unit
    draws    DRAWS values of the same form and shape: the uncertainty; empty: taken as certain
    n        observations that it rests on; censored: of them, known in part only
    how      one sentence for the scenario's `source`
    check    what a graphical check draws: {"kind": "quantiles", "unit": ..., "observed": [...],
             "fitted": [...]} or {"kind": "profile", "observed": [...], "fitted": [...]}; or empty
    remarks  what a reader has to know: limits, what cannot be told, what was tried
    confidence   as scenario files mark it: measured, derived from what was, assumed, published
    """

    key: str
    value: Any
    draws: Sequence[Any] = ()
    n: int = 0
    censored: int = 0
    how: str = ""
    check: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    confidence: str = "measured"

    def intervals(self, level: float = LEVEL) -> dict[str, tuple[float, float, float]]:
        """path within the value -> (value, low, high) of every number; times in minutes.

        The path of a value that is a number itself is ''.
        """
        drawn: dict[str, list[float]] = {}
        for draw in self.draws:
            for path, number in numbers_of(draw):
                drawn.setdefault(path, []).append(number)
        result = {}
        for path, number in numbers_of(self.value):
            if path in drawn:
                low, high = np.quantile(drawn[path], ((1.0 - level) / 2.0, (1.0 + level) / 2.0))
                result[path] = (number, float(low), float(high))
        return result


def numbers_of(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """(path, number) of every number of a value; times in minutes, texts that are none left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers_of(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from numbers_of(inner, f"{path}.{i}" if path else str(i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, float(value)
    elif isinstance(value, str):
        try:
            yield path, minutes(value)
        except ValueError:
            return


def generator(seed: int, purpose: str) -> np.random.Generator:
    """The generator of a purpose: the same for the same seed, whatever else was drawn before."""
    key = int.from_bytes(hashlib.blake2b(f"{seed}|{purpose}".encode(), digest_size=16).digest(),
                         "little")
    return np.random.Generator(np.random.Philox(key=key))
