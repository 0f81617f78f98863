"""The rules of an instant, walked by hand through the reference engine."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.errors import InputError
from sim.engines import simulate
from sim.engines.failures import HorizonError
from sim.process.plan import UNLIMITED, Book, Resource, build_plan
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
from tests.sim.hand import DAY, ONE, X, Y, ends, rows, run, starts, traffic, use

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
