"""Shifts and windows, walked by hand through the reference engine."""

from __future__ import annotations

import pytest

from sim.process.plan import Calendar, Resource
from sim.process.tree import Activity, Choice, Need
from tests.sim.hand import DAY, X, Y, ends, rows, run, starts, traffic, use


def test_a_resource_off_shift_grants_nothing_and_lets_run_what_runs():
    resources = [Resource("x", 1, "day")]
    log = run(use(), traffic([100.0, 1000.0, 1001.0], d=[10.0, 50.0, 5.0]), resources,
              calendars={"day": DAY})
    assert starts(log) == [480.0, 1000.0, 1920.0]
    assert ends(log)[1] == 1050.0


def test_an_opening_grants_as_many_as_there_are_units():
    log = run(use(), traffic([0.0, 1.0, 2.0], d=[9.0, 9.0, 9.0]), [Resource("x", 2, "day")],
              calendars={"day": DAY})
    assert starts(log) == [480.0, 480.0, 489.0]


def test_several_units_given_back_at_once_are_all_granted():
    need = Need("x", "units")
    log = run(use(need), traffic([0.0, 1.0, 2.0, 3.0], d=[9.0] * 4, units=[3, 1, 1, 1]),
              [Resource("x", 3)])
    assert starts(log) == [0.0, 9.0, 9.0, 9.0]


def test_the_minute_of_closing_is_closed_and_that_of_opening_is_open():
    resources = [Resource("x", 2, "day")]
    log = run(use(), traffic([480.0, 1020.0], d=[1.0, 1.0]), resources, calendars={"day": DAY})
    assert starts(log) == [480.0, 1920.0]


def test_units_still_in_use_at_the_opening_are_not_granted_twice():
    night = Calendar([0.0, 20.0], [10.0, 100.0])
    log = run(use(), traffic([9.0, 10.0, 11.0], d=[30.0, 1.0, 1.0]), [Resource("x", 1, "c")],
              calendars={"c": night})
    assert starts(log) == [9.0, 39.0, 40.0]


def test_a_release_at_the_closing_does_not_let_the_next_one_start():
    log = run(use(), traffic([1000.0, 1001.0], d=[20.0, 1.0]), [Resource("x", 1, "day")],
              calendars={"day": DAY})
    assert starts(log) == [1000.0, 1920.0]


@pytest.mark.parametrize("rule, handover, end", [
    ("suspend", 0.0, 1980.0), ("finish", 0.0, 1080.0), ("hand-over", 15.0, 1995.0),
])
def test_work_in_hand_at_a_closing(rule, handover, end):
    calendar = Calendar(DAY.opens, DAY.closes, rule, handover)
    log = run(use(calendars=("day",)), traffic([960.0], d=[120.0]), calendars={"day": calendar})
    assert rows(log) == [(960.0, 960.0, end)]


def test_several_parties_work_when_all_are_open():
    other = Calendar([600.0, 1980.0], [700.0, 2460.0])
    log = run(use(calendars=("day", "other")), traffic([100.0], d=[120.0]),
              calendars={"day": DAY, "other": other})
    assert rows(log) == [(100.0, 600.0, 2000.0)]


def test_work_that_ends_at_the_closing_ends_there():
    log = run(use(calendars=("day",)), traffic([960.0], d=[60.0]), calendars={"day": DAY})
    assert ends(log) == [1020.0]


EVENING = Calendar([100.0, 200.0, 300.0], [120.0, 220.0, 320.0])


def test_a_window_withdraws_at_its_closing_and_asks_again_at_its_opening():
    """x is busy from 110 to 120. The grant at 120 would be too late by the closing."""
    tree = Choice("k", (use(), use(window="evening")))
    log = run(tree, traffic([110.0, 111.0], d=[10.0, 5.0], k=[0, 1]),
              calendars={"evening": EVENING})
    assert starts(log) == [110.0, 200.0]


def test_a_withdrawn_request_loses_its_place_and_frees_the_queue():
    """At 112 the windowed container asks, at 113 the other. x comes free at 130: the windowed one
    has left the queue, and comes back at 200 behind whoever asked in the meantime."""
    tree = Choice("k", (use(), use(window="evening")))
    log = run(tree, traffic([110.0, 112.0, 113.0, 150.0], d=[20.0, 5.0, 40.0, 60.0],
                            k=[0, 1, 0, 0]), calendars={"evening": EVENING})
    assert starts(log) == [110.0, 300.0, 130.0, 170.0]


def test_a_withdrawal_lets_go_on_who_stood_behind_it():
    """The windowed request for {x, y} waits for x from 110; y is free, but its queue is led by it
    until the window closes at 120."""
    both = Activity("work", "d", ((X, Y),), (X, Y), window="evening")
    log = run(Choice("k", (use(X), both, use(Y))),
              traffic([0.0, 110.0, 111.0], d=[150.0, 5.0, 1.0], k=[0, 1, 2]),
              calendars={"evening": EVENING})
    assert starts(log) == [0.0, 200.0, 120.0]


def test_requests_made_again_keep_the_order_of_containers_within_a_cycle():
    tree = use(window="evening")
    log = run(tree, traffic([50.0, 40.0, 30.0], d=[4.0, 4.0, 4.0]),
              calendars={"evening": EVENING})
    assert starts(log) == [100.0, 104.0, 108.0]


def test_what_the_chain_holds_stays_held_over_the_closing():
    chain = Activity("work", "d", ((X,), (Y,)), (X, Y), window="evening")
    log = run(Choice("k", (use(Y), chain, use(X))),
              traffic([105.0, 110.0, 130.0], d=[50.0, 5.0, 1.0], k=[0, 1, 2]),
              calendars={"evening": EVENING})
    assert starts(log) == [105.0, 200.0, 205.0]
    assert log.changes("x").time.tolist() == [110.0, 205.0, 205.0, 206.0]


def test_a_window_without_resources_still_waits_for_the_opening():
    log = run(Activity("work", "d", window="evening"), traffic([0.0, 110.0, 120.0], d=[1.0] * 3),
              calendars={"evening": EVENING})
    assert starts(log) == [100.0, 110.0, 200.0]


def test_a_window_that_closes_and_opens_at_once_only_asks_again():
    touching = Calendar([100.0, 120.0], [120.0, 140.0])
    tree = Choice("k", (use(), use(window="w")))
    log = run(tree, traffic([100.0, 101.0, 120.0], d=[20.0, 5.0, 3.0], k=[0, 1, 1]),
              calendars={"w": touching})
    assert starts(log) == [100.0, 120.0, 125.0]
