"""Orders of levers, and the shares that they give."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.explain.coalitions import orders_of

LEVERS = ("a", "b", "c", "d")
NEEDS = st.fixed_dictionaries({
    lever: st.sets(st.sampled_from(LEVERS[:i])) if i else st.just(set())
    for i, lever in enumerate(LEVERS)})


def feasible_under(needs):
    return lambda chosen: all(needs[lever] <= chosen for lever in chosen)


def by_hand(needs, value):
    """Mean marginal effects over all orders that respect what levers need, and their number."""
    feasible = feasible_under(needs)
    orders = [order for order in permutations(LEVERS)
              if all(feasible(frozenset(order[:k])) for k in range(len(order) + 1))]
    shares = {lever: np.mean([value(frozenset(order[:order.index(lever) + 1]))
                              - value(frozenset(order[:order.index(lever)]))
                              for order in orders]) for lever in LEVERS}
    return shares, len(orders)


@given(NEEDS, st.lists(st.integers(-9, 9), min_size=16, max_size=16))
def test_shares_are_the_means_over_all_feasible_orders(needs, values):
    def value(chosen):
        return values[sum(1 << LEVERS.index(lever) for lever in chosen)]

    orders = orders_of(LEVERS, feasible_under(needs))
    game = np.array([value(frozenset(orders.levers(mask))) for mask in orders.coalitions], float)
    expected, number = by_hand(needs, value)
    assert orders.number == number
    assert orders.players == tuple((lever,) for lever in LEVERS)
    np.testing.assert_allclose(orders.shapley @ game, list(expected.values()), atol=1e-12)
    for weights in (orders.shapley, orders.steps):
        assert np.sum(weights @ game) == pytest.approx(game[-1] - game[0])


def test_an_additive_game_gives_every_lever_its_own_worth_and_a_dummy_nothing():
    worth = {"a": 3.0, "b": -1.0, "c": 0.0, "d": 3.0}
    orders = orders_of(LEVERS, lambda chosen: True)
    game = np.array([sum(worth[lever] for lever in orders.levers(mask))
                     for mask in orders.coalitions])
    np.testing.assert_allclose(orders.shapley @ game, list(worth.values()), atol=1e-12)
    np.testing.assert_allclose(orders.steps @ game, list(worth.values()), atol=1e-12)
    assert orders.number == 24 and orders.waterfall == (0, 1, 2, 3)


def test_the_waterfall_takes_the_first_lever_that_can_be_switched():
    needs = {"a": {"c"}, "b": set(), "c": set(), "d": {"a"}}
    orders = orders_of(LEVERS, feasible_under(needs))
    assert [orders.players[i] for i in orders.waterfall] == [("b",), ("c",), ("a",), ("d",)]


def test_levers_that_must_go_together_are_one_player():
    orders = orders_of(LEVERS, lambda chosen: ("a" in chosen) == ("c" in chosen))
    assert orders.players == (("a", "c"), ("b",), ("d",)) and orders.number == 6


def test_where_no_order_leads_through_all_levers_are_one_player():
    orders = orders_of(LEVERS, lambda chosen: len(chosen) != 2)
    assert orders.players == (LEVERS,) and orders.coalitions == (0, 1)


def test_no_lever_is_refused():
    with pytest.raises(ValueError, match="no lever"):
        orders_of((), lambda chosen: True)
