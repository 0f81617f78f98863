"""The rules of an instant, walked by hand through the reference engine."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.errors import InputError
from sim.engines import simulate
from sim.engines.failures import HorizonError
from sim.process.plan import UNLIMITED, Arrivals, Book, Calendar, Resource, build_plan
from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Need,
    Parallel,
    Sequence,
)

X, Y = Need("x"), Need("y")
ONE = [Resource("x", 1), Resource("y", 1)]


def use(need=X, stage="work", **more):
    """Take one need, work for the column d, give it back."""
    return Activity(stage, "d", ((need,),), (need,), **more)


def traffic(times, containers=None, each=None, **columns):
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return Arrivals(times, containers or [1] * len(times), arrays, each or {})


def run(tree, arrivals, resources=ONE, **more):
    return simulate(build_plan(tree, arrivals, resources, **more), "reference")


def rows(log, stage="work"):
    """(enabled, start, end) of a stage, in the log's order."""
    here = log.column("stage") == stage
    return list(zip(log.enabled[here], log.start[here], log.end[here], strict=True))


def starts(log, stage="work"):
    return [row[1] for row in rows(log, stage)]


def ends(log, stage="work"):
    return [row[2] for row in rows(log, stage)]


# Order and grants.


def test_requests_of_one_cycle_queue_by_container_whatever_came_first():
    """All three arrive at 5, listed in another order of times; the lower container goes first."""
    log = run(use(), traffic([5.0, 5.0, 5.0], d=[4.0, 2.0, 1.0]))
    assert starts(log) == [5.0, 9.0, 11.0]


def test_requests_of_one_container_queue_by_node():
    tree = Parallel((use(stage="first"), use(stage="second")))
    log = run(tree, traffic([0.0], d=[3.0]))
    assert (starts(log, "first"), starts(log, "second")) == ([0.0], [3.0])


def test_an_earlier_cycle_of_the_same_minute_goes_before_a_lower_container():
    """Both want x at 10 while it is taken to 20. Container 1 asks at once, container 0 only after
    work of no length, so one cycle later."""
    tree = Sequence((Choice("late", (Sequence(()), Activity("pause", "zero"))), use()))
    log = run(tree, traffic([10.0, 10.0, 0.0], d=[1.0, 1.0, 20.0], zero=[0.0] * 3,
                            late=[1, 0, 0]))
    assert starts(log) == [21.0, 20.0, 0.0]


def test_a_higher_class_that_comes_at_the_minute_of_a_release_goes_first():
    log = run(use(priority="class"),
              traffic([0.0, 1.0, 10.0], d=[10.0, 1.0, 1.0], **{"class": [5, 5, 0]}))
    assert starts(log) == [0.0, 11.0, 10.0]


def test_a_release_at_the_minute_of_a_request_counts():
    log = run(use(), traffic([0.0, 10.0], d=[10.0, 1.0]))
    assert starts(log) == [0.0, 10.0]


def test_nobody_overtakes_a_large_request():
    """Two of three units are free, the head wants three: the one behind it waits."""
    need = Need("x", "units")
    log = run(use(need), traffic([0.0, 1.0, 2.0], d=[10.0, 5.0, 5.0], units=[1, 3, 1]),
              [Resource("x", 3)])
    assert starts(log) == [0.0, 10.0, 15.0]


def test_an_atomic_set_takes_nothing_until_all_is_free_and_holds_up_both_queues():
    """x is busy to 10. The second waits for {x, y} and blocks the free y for the third."""
    tree = Choice("k", (use(X), Activity("work", "d", ((X, Y),), (X, Y)), use(Y)))
    log = run(tree, traffic([0.0, 1.0, 2.0], d=[10.0, 5.0, 5.0], k=[0, 1, 2]))
    assert starts(log) == [0.0, 10.0, 15.0]
    assert log.changes("y").time.tolist() == [10.0, 15.0, 15.0, 20.0]


def test_nobody_queues_for_what_is_endless_but_it_is_counted():
    """x is busy to 10. The set {x, z} waits for it and holds up nobody who wants z alone."""
    z = Need("z")
    tree = Choice("k", (use(X), Activity("work", "d", ((X, z),), (X, z)), use(z)))
    log = run(tree, traffic([0.0, 1.0, 2.0], d=[10.0, 5.0, 5.0], k=[0, 1, 2]),
              [Resource("x", 1), Resource("z", UNLIMITED)])
    assert starts(log) == [0.0, 10.0, 2.0]
    assert log.changes("z").units.tolist() == [1, -1, 1, -1]


def test_a_chain_holds_what_it_has():
    """The slot is taken while the gang is busy; the next container waits for the slot."""
    chain = Activity("work", "d", ((X,), (Y,)), (X, Y))
    log = run(Choice("k", (use(Y), chain)), traffic([0.0, 1.0, 2.0], d=[10.0, 5.0, 5.0],
                                                   k=[0, 1, 1]))
    assert starts(log) == [0.0, 10.0, 15.0]
    assert log.changes("x").time.tolist() == [1.0, 15.0, 15.0, 20.0]


def test_amount_zero_asks_for_nothing():
    need = Need("x", "units")
    log = run(use(need), traffic([0.0, 1.0], d=[10.0, 5.0], units=[1, 0]))
    assert starts(log) == [0.0, 1.0]
    assert log.changes("x").units.tolist() == [1, -1]


def test_zero_durations_end_at_their_minute_one_after_the_other():
    log = run(Sequence((use(), use())), traffic([3.0, 3.0, 3.0], d=[0.0, 0.0, 0.0]))
    assert starts(log) == ends(log) == [3.0] * 6
    assert log.stopped == 3.0


def test_a_unit_held_for_no_time_is_not_free_in_its_own_cycle():
    """At 0 the first takes x for no time and then joins y's queue behind the second, which had
    asked for y two cycles before."""
    tree = Sequence((Choice("k", (use(X), Sequence(()))),
                     Activity("then", "e", ((Y,),), (Y,))))
    log = run(tree, traffic([0.0, 0.0], d=[0.0, 0.0], e=[1.0, 1.0], k=[0, 1]))
    assert starts(log, "then") == [1.0, 0.0]


# Calendars.


DAY = Calendar([480.0, 1920.0], [1020.0, 2460.0])


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


# Windows.


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


# Levels, waits and appointments.


def test_each_container_and_gather():
    """Containers end at 3 and 8; the common activity runs once from 8; both go on at 10."""
    tree = EachContainer(Sequence((
        Activity("alone", "e"), Gather(Activity("together", "d")), Activity("after", "e"),
    )))
    log = run(tree, traffic([0.0], [2], {"e": np.array([3.0, 8.0])}, d=[2.0]))
    assert rows(log, "together") == [(8.0, 8.0, 10.0)]
    assert starts(log, "after") == [10.0, 10.0]
    assert log.container[log.column("stage") == "together"].tolist() == [-1]
    assert log.done.tolist() == [18.0]


def test_a_consignment_queues_as_its_first_container():
    tree = Choice("k", (use(), EachContainer(use())))
    log = run(tree, traffic([0.0, 0.0, 0.0], [1, 2, 1], d=[1.0, 1.0, 1.0], k=[0, 1, 0]))
    assert starts(log) == [0.0, 1.0, 2.0, 3.0]


def test_await_is_no_wait_for_a_minute_gone_by():
    log = run(Sequence((Await("t"), Activity("work"))), traffic([5.0, 5.0], t=[3.0, 9.0]))
    assert rows(log) == [(5.0, 5.0, 5.0), (9.0, 9.0, 9.0)]


def test_an_appointment_takes_the_first_day_with_room_before_its_cut_off():
    book = Book([1000.0, 2000.0, 3000.0], [500.0, 1500.0, 2500.0], 1)
    tree = Appointment("book", "b")
    log = run(tree, traffic([500.0, 10.0, 10.0], d=[0.0] * 3), books={"b": book})
    assert rows(log, "book") == [(500.0, 500.0, 3000.0), (10.0, 10.0, 1000.0), (10.0, 10.0, 2000.0)]


def test_an_appointment_for_a_day_that_is_open_already_goes_on_at_once():
    book = Book([100.0], [500.0], 5)
    log = run(Appointment("book", "b"), traffic([200.0]), books={"b": book})
    assert rows(log, "book") == [(200.0, 200.0, 200.0)]


# The end of a run.


def test_the_run_ends_with_the_watched_and_leaves_the_others_open():
    log = run(use(), traffic([0.0, 1.0, 2.0], d=[10.0, 5.0, 5.0]),
              watch=np.array([True, False, False]))
    assert log.stopped == 10.0
    assert np.isnan(log.done).tolist() == [False, True, True]
    assert starts(log)[:2] == [0.0, 10.0]
    assert np.isnan(starts(log)[2])
    assert np.isnan(ends(log)[1])


def test_the_run_ends_at_the_cap_and_the_minute_of_the_cap_still_happens():
    log = run(use(), traffic([0.0, 1.0], d=[10.0, 5.0]), cap=10.0)
    assert (log.stopped, log.done[0], starts(log)[1]) == (10.0, 10.0, 10.0)
    assert np.isnan(log.done[1])


def test_work_that_was_to_begin_after_the_end_has_not_begun():
    log = run(Activity("work", "d", calendars=("day",)), traffic([10.0], d=[1.0]), cap=100.0,
              calendars={"day": DAY})
    assert log.enabled.tolist() == [10.0]
    assert np.isnan(log.start).all()


@pytest.mark.parametrize("tree, resources", [
    (use(calendars=("day",)), ONE),
    (use(window="day"), ONE),
    (use(), [Resource("x", 1, "day")]),
    (Appointment("book", "b"), ONE),
])
def test_a_run_past_a_calendars_end_is_refused(tree, resources):
    with pytest.raises(HorizonError, match="beyond its end"):
        run(tree, traffic([2000.0, 3000.0], d=[100.0, 10.0]), resources,
            calendars={"day": DAY}, books={"b": Book([2500.0], [2400.0], 9)})


def test_a_queue_that_stands_at_the_last_closing_is_refused():
    with pytest.raises(HorizonError, match="'day'"):
        run(use(), traffic([2400.0, 2401.0], d=[100.0, 1.0]), [Resource("x", 1, "day")],
            calendars={"day": DAY})


def test_an_unknown_engine_is_refused_with_the_known_ones():
    plan = build_plan(use(), traffic([0.0], d=[1.0]), ONE)
    with pytest.raises(InputError, match="auto, reference"):
        simulate(plan, "referense")


def test_no_consignments_no_rows():
    log = run(use(), traffic([], d=[]))
    assert (len(log), log.stopped) == (0, 0.0)


def test_columns_of_the_log_come_from_the_nodes():
    chain = Activity("exam", "d", ((X,), (Y,)), (X, Y), agency="customs", site="yard", attempt=1)
    log = run(chain, traffic([0.0], d=[1.0]))
    got = [log.column(name)[0] for name in ("stage", "agency", "site", "attempt", "resources")]
    assert got == ["exam", "customs", "yard", 1, "x+y"]
