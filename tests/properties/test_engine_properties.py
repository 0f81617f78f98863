"""Random trees, resources and calendars with many ties: the laws hold, and chance has no say.

All times are small whole minutes, so that most things happen at the same minute as others.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engines.failures import InvariantError
from sim.engines.invariants import check
from sim.engines.pools import Clock
from sim.engines.reference import run
from sim.process.plan import Arrivals, Plan, Resource, build_plan
from sim.process.tree import Activity, EachContainer, Need, Sequence
from tests.properties.random_plans import CALENDARS, plans


class ShuffledClock(Clock):
    """A clock on which everything of one minute and priority happens in a random order."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        draws = np.random.Generator(np.random.PCG64(seed))
        self._eid = ((float(draws.random()), n) for n in count())  # type: ignore[assignment]


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
    return replace(log, **changes)


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
    with pytest.raises(InvariantError, match="'a' has more than 1 in use"):
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
