"""Which sets of levers can be switched, in which orders, and what each order says of a lever.

A reform switches several levers, of which some need others first. Its total effect is shared out
among them by the mean of each lever's marginal effect over all feasible orders: the Shapley value
of a game with precedence constraints (Faigle and Kern 1992; without constraints, Shapley 1953).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Orders:
    """All feasible orders of switching some levers.

    players     the levers; those that no feasible set tells apart are one player
    coalitions  the sets that lie on a feasible order, as bits by player, ascending: from nothing
                switched (0) to all
    number      how many feasible orders there are
    waterfall   one of them, by player: at each step the first player that can be switched
    shapley     float64[players, coalitions]: times the coalitions' values, each player's mean
                marginal effect over all orders
    steps       the same for the marginal effects along the waterfall
    """

    players: tuple[tuple[str, ...], ...]
    coalitions: tuple[int, ...]
    number: int
    waterfall: tuple[int, ...]
    shapley: Floats
    steps: Floats

    def levers(self, coalition: int) -> tuple[str, ...]:
        """The levers that a coalition switches."""
        return tuple(lever for i, player in enumerate(self.players) if coalition >> i & 1
                     for lever in player)


def orders_of(levers: Sequence[str], feasible: Callable[[frozenset[str]], bool]) -> Orders:
    """The orders in which `levers` can be switched one after the other through feasible sets.

    The empty and the full set are taken to be feasible. Where no order of single players leads
    from one to the other, all levers are one player. Raises ValueError without levers.
    """
    if not levers:
        raise ValueError("there is no lever to switch")
    every = frozenset(levers)
    sets = [chosen for bits in range(2 ** len(levers))
            if not (chosen := _members(levers, bits)) or chosen == every or feasible(chosen)]
    patterns: dict[tuple[bool, ...], list[str]] = {}
    for lever in levers:
        patterns.setdefault(tuple(lever in chosen for chosen in sets), []).append(lever)
    players = tuple(map(tuple, patterns.values()))
    masks = {sum(1 << i for i, player in enumerate(players) if player[0] in chosen)
             for chosen in sets}
    up, down = _counted(masks, len(players))
    if not down[0]:
        players, masks = (tuple(levers),), {0, 1}
        up, down = _counted(masks, 1)
    return _orders(players, up, down)


def _members(levers: Sequence[str], bits: int) -> frozenset[str]:
    return frozenset(lever for i, lever in enumerate(levers) if bits >> i & 1)


def _counted(masks: set[int], players: int) -> tuple[dict[int, int], dict[int, int]]:
    """For each set, the ways up to it from nothing, and from it to everything."""
    everything = 2 ** players - 1
    up, down = {0: 1}, {everything: 1}
    singles = [1 << i for i in range(players)]
    for mask in sorted(masks - {0}):
        up[mask] = sum(up.get(mask ^ one, 0) for one in singles if mask & one)
    for mask in sorted(masks - {everything}, reverse=True):
        down[mask] = sum(down.get(mask | one, 0) for one in singles if not mask & one)
    return up, down


def _orders(players: tuple[tuple[str, ...], ...], up: dict[int, int], down: dict[int, int]
            ) -> Orders:
    coalitions = tuple(sorted(mask for mask in up if up[mask] and down[mask]))
    at = {mask: i for i, mask in enumerate(coalitions)}
    shapley = np.zeros((len(players), len(coalitions)))
    steps = np.zeros_like(shapley)
    for mask in coalitions:
        for i in range(len(players)):
            joined = mask | 1 << i
            if joined != mask and joined in at:
                weight = up[mask] * down[joined] / down[0]
                shapley[i, at[joined]] += weight
                shapley[i, at[mask]] -= weight
    order: list[int] = []
    mask = 0
    while len(order) < len(players):
        i = next(i for i in range(len(players)) if not mask >> i & 1 and mask | 1 << i in at)
        steps[i, at[mask | 1 << i]], steps[i, at[mask]] = 1.0, -1.0
        order.append(i)
        mask |= 1 << i
    return Orders(players, coalitions, down[0], tuple(order), shapley, steps)
