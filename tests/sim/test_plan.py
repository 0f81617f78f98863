"""What build_plan resolves, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.errors import InputError
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
    walk,
)

X, Y = Need("x"), Need("y")
RESOURCES = [Resource("x", 2), Resource("y", 3), Resource("free", UNLIMITED)]
DAY = Calendar([480.0], [1020.0])
NIGHT = Calendar([1020.0], [1440.0])


def arrivals(**columns):
    """Two consignments: one container, two containers."""
    base = {"d": np.array([10.0, 20.0]), "k": np.array([0, 1]), "boxes": np.array([1, 2])}
    return Arrivals(np.array([0.0, 100.0]), np.array([1, 2]), base | columns,
                    {"e": np.array([1.0, 2.0, 4.0]), "kc": np.array([0, 0, 1])})


def plan_of(tree, resources=RESOURCES, traffic=None, **more):
    return build_plan(tree, traffic or arrivals(), resources, **more)


def work(seize=(), release=(), duration="d", **more):
    return Activity("work", duration, seize, release, **more)


def refusal(tree, **more):
    with pytest.raises(InputError) as caught:
        plan_of(tree, **more)
    return str(caught.value)


def test_nodes_are_numbered_depth_first():
    leaf = work()
    tree = Sequence((leaf, Parallel((leaf, Choice("k", (leaf, Await("d"))))), leaf))
    plan = plan_of(tree)
    assert [step.node for step in plan.steps] == list(walk(tree))
    assert [step.number for step in plan.steps] == list(range(8))
    assert plan.steps[2].children == (3, 4)


def test_columns_are_looked_up_at_their_level():
    tree = Sequence((work(), EachContainer(Sequence((work(duration="e"), work())))))
    plan = plan_of(tree)
    assert plan.steps[1].duration.tolist() == [10.0, 20.0]
    assert plan.steps[4].duration.tolist() == [1.0, 2.0, 4.0]
    assert plan.steps[5].duration.tolist() == [10.0, 20.0, 20.0]


def test_a_column_may_be_blank_where_it_is_not_used():
    blank = arrivals(d=np.array([np.nan, 20.0]))
    tree = Choice("k", (Sequence(()), work()))
    plan = plan_of(tree, traffic=blank)
    assert plan.steps[2].runs.tolist() == [False, True]
    assert "not a number" in refusal(work(), traffic=blank)


def test_unknown_names_are_all_named_at_once_with_the_nearest():
    tree = Sequence((
        work(((Need("xx"),),)), work(duration="dd"), Choice("kk", ()), Appointment("a", "bok"),
        work(calendars=("dya",)), work(window="nite"), Await("nothing"),
    ))
    text = refusal(tree, calendars={"day": DAY}, books={"book": Book([1.0], [0.0], 1)})
    for name in ("xx", "dd", "kk", "bok", "dya", "nite", "nothing"):
        assert f"'{name}'" in text
    assert "Did you mean 'day'" in text


def test_container_columns_are_unknown_to_the_consignment():
    assert "unknown column" in refusal(work(duration="e"))


@pytest.mark.parametrize("values, message", [
    ([10.0, np.nan], "not a number"),
    ([10.0, np.inf], "not a number"),
    ([10.0, 0.1], "2**-10"),
    ([10.0, -1.0], "below 0"),
    ([10.0, 2.0**50], "too far"),
    (["a", "b"], "not numeric"),
    ([1.0], "2 values"),
])
def test_durations_that_are_refused(values, message):
    assert message in refusal(work(), traffic=arrivals(d=np.array(values)))


def test_times_off_the_clock_are_refused():
    shifted = Arrivals(np.array([0.3]), np.array([1]))
    assert "2**-10" in refusal(Sequence(()), traffic=shifted)
    assert "before the start" in refusal(Sequence(()), traffic=Arrivals([-1.0], [1]))
    assert "without a container" in refusal(Sequence(()), traffic=Arrivals([1.0], [0]))


@pytest.mark.parametrize("calendar, message", [
    (Calendar([], []), "never opens"),
    (Calendar([10.0], [10.0]), "empty, overlap"),
    (Calendar([10.0, 15.0], [20.0, 30.0]), "empty, overlap"),
    (Calendar([10.0], [20.0, 30.0]), "as many closings"),
    (Calendar([0.1], [20.0]), "2**-10"),
    (Calendar([1.0], [20.0], "sleep"), "unknown rule"),
    (Calendar([1.0], [20.0], "hand-over", -1.0), "less than no time"),
])
def test_calendars_that_are_refused(calendar, message):
    assert message in refusal(Sequence(()), calendars={"c": calendar})


@pytest.mark.parametrize("book, message", [
    (Book([], [], 1), "no room"),
    (Book([5.0], [1.0], 0), "no room"),
    (Book([5.0, 4.0], [1.0, 2.0], 1), "out of order"),
    (Book([5.0], [1.0, 2.0], 1), "as many cut-offs"),
])
def test_books_that_are_refused(book, message):
    assert message in refusal(Sequence(()), books={"b": book})


def test_choices_and_amounts_must_be_whole_numbers_in_range():
    branches = (Sequence(()), Sequence(()))
    assert "selects no branch" in refusal(
        Choice("k", branches), traffic=arrivals(k=np.array([0, 2])))
    assert "whole numbers" in refusal(Choice("d", branches))
    plan_of(Choice("flag", branches), traffic=arrivals(flag=np.array([True, False])))
    assert "below 0" in refusal(
        work(((Need("x", "k"),),), (Need("x", "k"),)), traffic=arrivals(k=np.array([0, -1])))


def test_levels_are_kept_apart():
    assert "inside another" in refusal(EachContainer(EachContainer(Sequence(()))))
    assert "outside EachContainer" in refusal(Gather(Sequence(())))
    some = EachContainer(Choice("kc", (Gather(Sequence(())), Sequence(()))))
    assert "wait for ever" in refusal(some)


def test_a_need_above_the_capacity_is_refused():
    assert "needs more of 'x'" in refusal(work(((Need("x", 3),),), (Need("x", 3),)))
    tree = work(((Need("x", "boxes"),),), (Need("x", "boxes"),))
    assert "needs more of 'x'" in refusal(tree, resources=[Resource("x", 1)])
    plan_of(tree)


def test_what_is_taken_must_be_given_back():
    assert "not given back" in refusal(work(((X,),)))
    assert "more of 'x' than is held" in refusal(work((), (X,)))
    assert "not given back" in refusal(Choice("k", (work(((X,),)), work())))


def test_held_across_activities_and_choices():
    plan_of(Sequence((work(((X,),)), Choice("k", (work(), work())), work((), (X,)))))
    plan_of(Sequence((Choice("k", (work(), work(((X,),)))),
                      Choice("k", (work(), work((), (X,)))))))


def test_containers_may_give_back_what_their_consignment_took():
    tree = Sequence((
        work(((Need("y", "boxes"),),)),
        EachContainer(Activity("leave", "e", (), (Y,))),
    ))
    assert plan_of(tree).offered["y"] > 0


def test_one_order_of_acquisition():
    down, up = work(((X,), (Y,)), (X, Y)), work(((Y,), (X,)), (X, Y))
    plan_of(Sequence((down, down)))
    text = refusal(Sequence((down, up)))
    assert "x -> y -> x" in text
    plan_of(Sequence((work(((X, Y),), (X, Y)), work(((Y, X),), (X, Y)))))


def test_asking_for_more_of_what_is_held_is_refused():
    assert "x -> x" in refusal(work(((X,), (X,)), (Need("x", 2),)))


def test_a_set_and_a_chain_of_the_same_resources_are_refused():
    """The set may stand first in y's queue while it waits for x, which the chain holds while it
    waits in y's queue behind the set."""
    chain, at_once = work(((X,), (Y,)), (X, Y)), work(((X, Y),), (X, Y))
    assert "x -> y -> x" in refusal(Parallel((chain, at_once)))
    plan_of(Parallel((at_once, at_once)))


def test_sets_that_share_a_resource_join_the_queues_of_all_theirs():
    z = Need("z")
    resources = [Resource(name, 1) for name in "xyz"]
    chain = work(((X,), (z,)), (X, z))
    sets = work(((X, Y),), (X, Y)), work(((Y, z),), (Y, z))
    assert "x -> z -> y -> x" in refusal(Sequence((chain, *sets)), resources=resources)
    plan_of(Sequence((chain, sets[0])), resources=resources)


def test_unlimited_resources_need_no_order():
    free = Need("free")
    plan_of(Sequence((work(((X,), (free,)), (X, free)), work(((free,), (X,)), (X, free)))))


def test_containers_that_hold_while_they_wait_for_each_other_are_refused():
    hold = EachContainer(Sequence((work(((X,),)), Gather(Sequence(())), work((), (X,)))))
    assert "x -> x" in refusal(hold)
    one_each = Arrivals([0.0, 1.0], [1, 1], {"d": np.array([1.0, 1.0])})
    plan_of(hold, traffic=one_each)
    kept = Sequence((EachContainer(work(((X,),))), EachContainer(work((), (X,)))))
    assert "x -> x" in refusal(kept)


def test_parallel_branches_that_both_hold_past_the_join_are_refused():
    kept = Sequence((Parallel((work(((X,),)), work(((Y,),)))), work((), (X, Y))))
    assert "->" in refusal(kept)
    plan_of(Parallel((work(((X,),), (X,)), work(((Y,),), (Y,)))))


def test_a_resource_twice_in_one_set_is_refused():
    assert "twice" in refusal(work(((X, X),), (Need("x", 2),)))


def test_calendars_never_open_together_are_refused():
    calendars = {"day": DAY, "night": NIGHT}
    assert "never open together" in refusal(work(calendars=("day", "night")), calendars=calendars)
    assert "never open together" in refusal(
        work(calendars=("day",), window="night"), calendars=calendars)


def test_the_intersection_of_calendars():
    a = Calendar([0.0, 100.0, 200.0], [50.0, 150.0, 250.0])
    b = Calendar([40.0, 240.0], [120.0, 300.0], "hand-over", 5.0)
    plan = plan_of(work(calendars=("a", "b")), calendars={"a": a, "b": b})
    shift = plan.shifts[plan.steps[0].shift]
    assert shift.opens == [40.0, 100.0, 240.0]
    assert shift.closes == [50.0, 120.0, 250.0]
    assert shift.handover == 5.0
    assert not shift.finish


def test_offered_load_counts_work_while_units_are_held():
    tree = Sequence((work(((X,),)), Parallel((work(), work())), work((), (X,))))
    plan = plan_of(tree)
    assert plan.offered["x"] == (30.0 + 60.0) / (2 * 100.0)
    assert plan.offered["y"] == 0.0
    assert plan.overloaded == ()


def test_overload_is_reported_not_refused():
    day = Calendar([50.0], [60.0])
    plan = plan_of(work(((X,),), (X,)), resources=[Resource("x", 2, "day")],
                   calendars={"day": day})
    assert plan.offered["x"] == 30.0 / (2 * 10.0)
    assert plan.overloaded == ("x",)


def test_no_arrivals_make_an_empty_plan():
    plan = plan_of(work(((X,),), (X,)), traffic=Arrivals([], [], {"d": np.array([])}))
    assert plan.consignments == 0


def test_watch_and_cap_are_checked():
    assert "watch" in refusal(Sequence(()), watch=np.array([1, 0]))
    assert "cap" in refusal(Sequence(()), cap=float("nan"))
