"""Reference and compiled engine give the same start and end of everything, to the last bit."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.errors import OnestopError
from scenarios.load import load
from sim.engines.failures import HorizonError, StuckError
from sim.eventlog import EventLog
from sim.ports import port_run
from sim.process import plan as plans_made
from sim.process.plan import Arrivals, Plan, Resource, build_plan
from sim.process.tree import Activity, Need, Parallel, Sequence
from tests.properties.random_plans import plans

pytest.importorskip("numba")

from sim.engines import _kernel, compiled, reference  # noqa: E402

COLUMNS = ("consignment", "container", "node", "enabled", "start", "end", "done")
PORTS = ("xiamen-2015", "port-log", "small-port", "congested-port", "three-agencies",
         "reefer-port", "reefer-port-hours")
REGIMES = ("separate", "one-stop", "one-stop+recognition")
LADDER = ("parallel-papers", "single-form", "shared-yard", "one-appointment", "pooled-gangs",
          "aligned-hours", "joint-two-officers", "one-stop+restated")
RUN = ["run.warmup=1 week", "run.measured=3 weeks", "run.drain=2 weeks"]

# `make evidence` asks for more of them.
MANY = int(os.environ.get("ONESTOP_PLANS", "200"))
usual = settings(deadline=None, max_examples=MANY, derandomize=True, database=None,
                 suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def outcome(engine, plan: Plan) -> EventLog | tuple[str, str]:
    """The event log, or how the run failed."""
    try:
        return engine.run(plan)
    except OnestopError as error:
        return type(error).__name__, str(error)


def assert_the_same(plan: Plan) -> EventLog | tuple[str, str]:
    """Runs both engines; they agree in everything that they say."""
    log, other = (outcome(engine, plan) for engine in (reference, compiled))
    if isinstance(log, tuple) or isinstance(other, tuple):
        assert log == other
        return log
    for name in COLUMNS:
        ours, theirs = getattr(log, name), getattr(other, name)
        assert ours.dtype == theirs.dtype
        assert ours.tobytes() == theirs.tobytes(), name
    assert log.stopped == other.stopped
    assert log.granted.keys() == other.granted.keys()
    for key, times in log.granted.items():
        assert times.tobytes() == other.granted[key].tobytes(), key
    return log


@usual
@given(plans())
def test_random_plans(plan):
    if plan is not None:
        assert_the_same(plan)


@usual
@given(plans(everybody=False))
def test_random_plans_that_do_not_wait_for_everybody(plan):
    if plan is not None:
        assert_the_same(plan)


@settings(usual, max_examples=max(MANY // 4, 50))
@given(st.sampled_from([2, 4, 8]).flatmap(lambda days: plans(days=days)))
def test_random_plans_whose_calendars_end(plan):
    if plan is not None:
        assert_the_same(plan)


@pytest.mark.parametrize(("port", "regime"), [
    *((port, regime) for port in PORTS for regime in REGIMES),
    *(("xiamen-2015", regime) for regime in LADDER)])
def test_the_shipped_ports(port, regime):
    sets = [] if port == "port-log" else RUN
    for companion in (False, True):
        run = port_run(load(port, regime, sets), 3, 1, companion=companion)
        assert len(assert_the_same(run.plan)) > 100


def crossed(monkeypatch) -> Plan:
    """Two activities that take the same two units in opposite order, unchecked."""
    class Unchecked(plans_made.HoldingsWalk):
        def finish(self) -> None:
            del self.faults[:]

    monkeypatch.setattr(plans_made, "HoldingsWalk", Unchecked)
    a, b = Need("a"), Need("b")

    def both(first: Need, second: Need) -> Sequence:
        return Sequence((Activity("one", "work", ((first,),)),
                         Activity("two", "work", ((second,),)),
                         Activity("back", None, (), (first, second))))

    return build_plan(Parallel((both(a, b), both(b, a))),
                      Arrivals(np.arange(3.0), np.ones(3, np.int64), {"work": np.full(3, 2.0)}),
                      [Resource("a", 1), Resource("b", 1)])


def test_a_deadlock_is_reported_as_such(monkeypatch):
    kind, message = assert_the_same(crossed(monkeypatch))
    assert kind == StuckError.__name__ and "3 watched consignments are not done" in message


def test_a_calendar_that_ends_is_reported_as_such():
    run = port_run(load("xiamen-2015", "separate", RUN), 1, 0)
    short = [replace(s, opens=s.opens[:5], closes=s.closes[:5], worked=s.worked[:6])
             for s in run.plan.shifts]
    kind, message = assert_the_same(replace(run.plan, shifts=tuple(short)))
    assert kind == HorizonError.__name__ and "beyond its end" in message


@pytest.mark.parametrize(("name", "fault"), [
    # Requests of one minute in whatever order they come.
    ("arrange", lambda values, size: None),
    # Work that does not pause at closings.
    ("end_of_work", lambda opens, closes, worked, handover, start, work: start + work),
])
def test_a_fault_in_the_kernel_is_seen(monkeypatch, name, fault):
    """The kernel as plain Python, right and with a fault planted in it."""
    plan = port_run(load("congested-port", "separate", RUN), 1, 0).plan
    right = reference.run(plan)
    monkeypatch.setattr(compiled, "kernel", lambda: _kernel.simulate)
    assert compiled.run(plan).end.tobytes() == right.end.tobytes()
    monkeypatch.setattr(_kernel, name, fault)
    assert compiled.run(plan).end.tobytes() != right.end.tobytes()
