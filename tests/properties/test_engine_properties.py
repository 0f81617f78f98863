"""Random trees, resources and calendars with many ties: the laws hold, and chance has no say.

All times are small whole minutes, so that most things happen at the same minute as others.
"""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.errors import InputError
from sim.engines.failures import InvariantError
from sim.engines.invariants import check
from sim.engines.pools import Clock
from sim.engines.reference import run
from sim.process.plan import Arrivals, Book, Calendar, Plan, Resource, build_plan
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

NAMES = ("a", "b", "c", "d")
"""Resources in their global order: a tree that holds one asks only for later ones."""

PERIODS = np.arange(3000) * 20.0
CALENDARS = {
    "early": Calendar(PERIODS, PERIODS + 12.0),
    "late": Calendar(PERIODS + 6.0, PERIODS + 20.0, "hand-over", 1.0),
    "overtime": Calendar(PERIODS + 2.0, PERIODS + 14.0, "finish"),
}
BOOKS = {"book": Book(PERIODS + 3.0, PERIODS, 2)}


class ShuffledClock(Clock):
    """A clock on which everything of one minute and priority happens in a random order."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        draws = np.random.Generator(np.random.PCG64(seed))
        self._eid = ((float(draws.random()), n) for n in count())  # type: ignore[assignment]


@st.composite
def needs(draw, lowest):
    names = draw(st.lists(st.sampled_from(NAMES[lowest:]), unique=True, min_size=1, max_size=3))
    return [Need(name, draw(st.sampled_from([1, 1, 2, "units"]))) for name in sorted(names)]


@st.composite
def activities(draw, lowest, at_container):
    wanted = draw(needs(lowest)) if lowest < len(NAMES) else []
    cut = draw(st.integers(0, len(wanted)))
    chain = [tuple(wanted)] if draw(st.booleans()) else [tuple(wanted[:cut]), tuple(wanted[cut:])]
    calendars = draw(st.lists(st.sampled_from(sorted(CALENDARS)), unique=True, max_size=2))
    return Activity(
        draw(st.sampled_from(["s", "t"])),
        draw(st.sampled_from([None, "each" if at_container else "work", "work"])),
        tuple(group for group in chain if group),
        tuple(reversed(wanted)),
        tuple(calendars),
        draw(st.sampled_from([None, None, "early", "overtime"])),
        priority=draw(st.sampled_from([0, 0, 1, "class"])),
    )


@st.composite
def trees(draw, depth=3, lowest=0, at_container=False, may_gather=False):
    """A tree; ``lowest`` = index of the first resource that it may ask for."""

    def below(**changes):
        state = {"lowest": lowest, "at_container": at_container, "may_gather": may_gather}
        return draw(trees(depth=depth - 1, **state | changes))

    def several():
        return tuple(below() for _ in range(draw(st.sampled_from([2, 3, 1, 0]))))

    kinds = ["activity"] * 6 + ["await", "appointment"]
    if depth > 0:
        kinds = ["activity", "sequence", "sequence", "parallel", "parallel", "choice"]
        kinds += ["hold"] if lowest < len(NAMES) else []
        kinds += ["gather"] if may_gather else []
        kinds += [] if at_container else ["each", "each"]
    match draw(st.sampled_from(kinds)):
        case "activity":
            return draw(activities(lowest, at_container))
        case "await":
            return Await("moment")
        case "appointment":
            return Appointment("book", "book")
        case "sequence":
            return Sequence(several())
        case "parallel":
            return Parallel(several())
        case "choice":
            return Choice("way", (below(), below()))
        case "each":
            return EachContainer(below(at_container=True, may_gather=True))
        case "gather":
            return Gather(below(at_container=False, may_gather=False))
        case _:
            index = draw(st.integers(lowest, len(NAMES) - 1))
            need = Need(NAMES[index])
            return Sequence((
                Activity("take", None, ((need,),)),
                below(lowest=index + 1, may_gather=False),
                Activity("give", "work", (), (need,)),
            ))


def whole(low, high, size):
    return st.lists(st.integers(low, high), min_size=size, max_size=size).map(np.array)


@st.composite
def plans(draw) -> Plan | None:
    """A plan, or None where build_plan refuses the tree."""
    n = draw(st.integers(2, 9))
    containers = draw(whole(1, 3, n))
    total = int(containers.sum())
    arrivals = Arrivals(
        draw(whole(0, 25, n)) * 1.0,
        containers,
        {"work": draw(whole(0, 9, n)) * 0.5, "way": draw(whole(0, 1, n)),
         "units": draw(whole(0, 2, n)), "class": draw(whole(0, 2, n)),
         "moment": draw(whole(0, 60, n)) * 1.0},
        {"each": draw(whole(0, 9, total)) * 0.5},
    )
    resources = [
        Resource(name, draw(st.integers(2, 4)), draw(st.sampled_from([None, None, *CALENDARS])))
        for name in NAMES
    ]
    cap = draw(st.sampled_from([float("inf"), float("inf"), 30.0]))
    try:
        tree = Sequence((draw(trees()), draw(trees())))
        return build_plan(tree, arrivals, resources, CALENDARS, BOOKS, cap=cap)
    except InputError:
        return None


usual = settings(deadline=None, max_examples=150, derandomize=True,
                 suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@usual
@given(plans(), st.integers(0, 2**32))
def test_the_laws_hold_and_the_order_within_an_instant_does_not_matter(plan, seed):
    if plan is None:
        return
    log = run(plan)
    check(plan, log)
    shuffled = run(plan, ShuffledClock(seed))
    assert shuffled.stopped == log.stopped
    for name in ("consignment", "container", "node", "enabled", "start", "end", "done"):
        np.testing.assert_array_equal(getattr(shuffled, name), getattr(log, name), err_msg=name)
    for key, times in log.granted.items():
        np.testing.assert_array_equal(shuffled.granted[key], times)
    assert plan.cap < float("inf") or not np.isnan(log.done).any()


@usual
@given(plans())
def test_a_run_is_repeated_to_the_last_bit(plan):
    if plan is not None:
        first, second = run(plan), run(plan)
        assert first.enabled.tobytes() == second.enabled.tobytes()
        assert first.end.tobytes() == second.end.tobytes()


def busy_plan() -> Plan:
    """Ten consignments for one unit on a calendar, in a chain with another."""
    need, then = Need("a"), Need("b")
    tree = Sequence((
        Activity("s", "work", ((need,), (then,)), (then, need), ("early",)),
        EachContainer(Activity("t", "work", ((then,),), (then,))),
    ))
    arrivals = Arrivals(np.arange(10.0), np.full(10, 2), {"work": np.full(10, 3.0)})
    return build_plan(tree, arrivals, [Resource("a", 1), Resource("b", 2, "early")], CALENDARS)


def altered(log, **changes):
    """The log with other arrays."""
    return type(log)(**{**vars(log), **changes})


@pytest.mark.parametrize("stamp, row, shift, law", [
    ("start", 3, -100.0, "not in order"),
    ("end", 3, 0.5, "duration"),
    ("end", 3, np.nan, "missing"),
    ("enabled", 0, np.nan, "not in order"),
    ("start", 0, 13.0, "not in order"),
])
def test_a_falsified_stamp_is_found(stamp, row, shift, law):
    plan = busy_plan()
    log = run(plan)
    check(plan, log)
    values = getattr(log, stamp).copy()
    values[row] += shift
    with pytest.raises(InvariantError, match=law):
        check(plan, altered(log, **{stamp: values}))


def test_a_falsified_grant_is_found():
    plan = busy_plan()
    log = run(plan)
    early = {key: times.copy() for key, times in log.granted.items()}
    early[1, 0][5] = 0.0
    with pytest.raises(InvariantError, match="'a' has 2 of 1 in use"):
        check(plan, altered(log, granted=early))
    off = {key: times.copy() for key, times in log.granted.items()}
    off[1, 1][0] = 15.0
    with pytest.raises(InvariantError, match="off shift"):
        check(plan, altered(log, granted=off))


def test_a_lost_row_is_found():
    plan = busy_plan()
    log = run(plan)
    keep = np.arange(len(log)) != 4
    names = ("consignment", "container", "node", "enabled", "start", "end")
    with pytest.raises(InvariantError, match="rows are missing"):
        check(plan, altered(log, **{name: getattr(log, name)[keep] for name in names}))
