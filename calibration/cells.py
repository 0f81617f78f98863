"""Cells of attributes within which consignments are alike: a tree that is split where it pays.

A cell is split by an attribute into two sets of its values if the likelihood ratio between both and
the whole is beyond chance (see Breiman et al., Classification and Regression Trees, chapter 2).
Schwarz's criterion, which asks for log n for each parameter, leaves out differences of some per
cent that thousands of consignments do show; shares are then wrong by more than they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CHANCE = 0.005
"""Probability under which a split is beyond chance."""

DEEPEST = 4
MOST_SUBSETS = 6
"""Values of an attribute up to which every way to part them is tried, else each against the others.
"""

FEWEST = 20
"""Consignments that a cell needs."""


@dataclass(frozen=True)
class Cell:
    """Consignments that fit `when` (attribute -> values); rows: bool[n]."""

    when: dict[str, list[str]]
    rows: Flags


Score = Callable[[Flags], tuple[float, int]]
"""(log-likelihood, free parameters) of the consignments of some rows, at their own maximum."""


def grow(codes: Mapping[str, Ints], values: Mapping[str, list[str]], rows: Flags,
         score: Score) -> list[Cell]:
    """The cells, the largest last: as rules, that one needs no condition.

    codes: attribute -> int64[n], -1 unknown: such rows count neither way where a split asks for it,
    and go with the larger part, as the last rule has it.
    """
    return sorted(_split(Cell({}, rows), codes, values, score, DEEPEST),
                  key=lambda cell: int(cell.rows.sum()))


def _split(cell: Cell, codes: Mapping[str, Ints], values: Mapping[str, list[str]], score: Score,
           depth: int) -> list[Cell]:
    best: tuple[float, str, list[int], Flags] | None = None
    if depth and cell.rows.sum() >= 2 * FEWEST:
        for name, subset in _ways(cell, codes, values):
            known = cell.rows & (codes[name] >= 0)
            here = known & np.isin(codes[name], subset)
            there = known & ~here
            if min(here.sum(), there.sum()) < FEWEST:
                continue
            (one, p), (other, q), (whole, r) = score(here), score(there), score(known)
            gain = one + other - whole - beyond_chance(p + q - r)
            if gain > 0.0 and (best is None or gain > best[0]):
                best = gain, name, subset, here
    if best is None:
        return [cell]
    _, name, subset, here = best
    there = cell.rows & ~here
    if (codes[name][cell.rows & ~here] < 0).any() and here.sum() > there.sum():
        # Unknown values go with the larger part.
        here = here | (cell.rows & (codes[name] < 0))
        there = cell.rows & ~here
    present = [i for i in range(len(values[name])) if name not in cell.when
               or values[name][i] in cell.when[name]]
    parts = ((here, [i for i in present if i in subset]),
             (there, [i for i in present if i not in subset]))
    return [leaf for part, kept in parts
            for leaf in _split(Cell(cell.when | {name: [values[name][i] for i in kept]}, part),
                               codes, values, score, depth - 1)]


@cache
def beyond_chance(parameters: int) -> float:
    """What the log-likelihood gains by so many parameters of no meaning, but for CHANCE (Wilks)."""
    from scipy.special import chdtri

    return float(chdtri(parameters, CHANCE)) / 2.0


def _ways(cell: Cell, codes: Mapping[str, Ints], values: Mapping[str, list[str]]
          ) -> Iterator[tuple[str, list[int]]]:
    """(attribute, codes of its values on one side) of every way to part a cell in two."""
    for name, column in codes.items():
        seen = [int(v) for v in np.unique(column[cell.rows]) if v >= 0]
        sizes = range(1, len(seen) // 2 + 1) if len(seen) <= MOST_SUBSETS else (1,)
        for size in sizes if len(seen) > 1 else ():
            for subset in combinations(seen, size):
                if 2 * size < len(seen) or subset[0] == seen[0]:
                    yield name, list(subset)


def as_rules(cells: list[Cell]) -> list[dict[str, dict[str, list[str]]]]:
    """Each cell's condition as a rule begins with it; the last one's is left out."""
    return [{"when": cell.when} for cell in cells[:-1]] + [{}]
