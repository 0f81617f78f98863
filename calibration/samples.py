"""Durations as a log shows them: whole, within an interval, or from below only; and cut off."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MANY = 500
"""Different observations from which on those that differ by GRAIN of their value count as one."""

GRAIN = 0.01


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

    @cached_property
    def different(self) -> tuple[Sample, NDArray[np.int64]]:
        """(the observations that differ, int64[n] which of them each one is).

        Stamps are rounded, so a large log has few that differ. Where there are still many, those
        whose width and distance are small beside their value are put into classes.
        """
        table, which = _unique(np.column_stack([self.lower, self.upper, self.left, self.right]))
        if len(table) > MANY:
            whole = np.isfinite(table[:, 1])
            width = np.where(whole, table[:, 1], table[:, 0]) - table[:, 0]
            grain = np.floor(np.log(np.maximum(table[:, 0] + width / 2.0, 1e-9)) / GRAIN)
            low, high = np.exp(grain * GRAIN), np.exp((grain + 1.0) * GRAIN)
            fine = (width < 0.5 * (high - low)) & (low >= table[:, 2]) & (high <= table[:, 3])
            table[fine, 0] = np.where(whole, low, np.sqrt(low * high))[fine]
            table[fine & whole, 1] = high[fine & whole]
            table, again = _unique(table)
            which = again[which]
        return Sample(*table.T), which


def _unique(table: Floats) -> tuple[Floats, NDArray[np.int64]]:
    rows, which = np.unique(table, axis=0, return_inverse=True)
    return rows, which.ravel().astype(np.int64)
