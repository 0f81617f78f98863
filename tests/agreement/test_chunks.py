"""A run in chunks of its arrivals gives the log of a run in one piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.errors import InputError, OnestopError
from scenarios.load import load
from sim.ports import port_run
from sim.process.plan import Arrivals, Plan, build_plan
from sim.process.tree import Await
from tests.properties.random_plans import plans

pytest.importorskip("numba")

from sim.engines import compiled  # noqa: E402
from sim.engines.chunks import by_week, run_in_chunks  # noqa: E402

COLUMNS = ("consignment", "container", "node", "enabled", "start", "end")


def in_order(plan: Plan, columns: Arrivals) -> Arrivals:
    """The arrivals of a plan by time, containers with their consignment."""
    order = np.argsort(plan.time, kind="stable")
    boxes = np.concatenate([np.arange(plan.first[i], plan.first[i + 1]) for i in order])
    return Arrivals(plan.time[order], columns.containers[order],
                    {name: values[order] for name, values in columns.consignment.items()},
                    {name: values[boxes] for name, values in columns.container.items()})


def split(arrivals: Arrivals, cuts: list[float]) -> list[Arrivals]:
    """Chunks that begin at these minutes."""
    edges = [0, *np.searchsorted(arrivals.time, sorted(set(cuts))).tolist(), len(arrivals.time)]
    first = np.concatenate([[0], np.cumsum(arrivals.containers)])
    return [
        Arrivals(arrivals.time[a:b], arrivals.containers[a:b],
                 {name: values[a:b] for name, values in arrivals.consignment.items()},
                 {name: values[first[a]:first[b]] for name, values in arrivals.container.items()})
        for a, b in zip(edges[:-1], edges[1:], strict=True) if b > a]


def assert_the_same(build, arrivals: Arrivals, chunks: list[Arrivals]) -> int:
    """Runs both; the number of consignments that were carried over from chunk to chunk."""
    plan = build(arrivals)
    try:
        whole = compiled.run(plan)
    except OnestopError as error:
        with pytest.raises(type(error)):
            list(run_in_chunks(build, chunks))
        return 0
    first, rows, done, times = plan.first, [], np.full(plan.consignments, np.nan), []
    carried, seen = 0, 0
    for chunk, part in zip(chunks, run_in_chunks(build, chunks), strict=False):
        seen += len(chunk.time)
        to = np.full(part.log.plan.consignments, -1)
        to[part.at] = part.ids
        consignment = to[part.log.consignment]
        assert (consignment >= 0).all()
        inside = part.log.container >= 0
        container = np.where(
            inside, part.log.container - part.log.plan.first[part.log.consignment]
            + first[consignment], -1)
        rows.append(np.stack([consignment, container, part.log.node]))
        times.append(np.stack([part.log.enabled, part.log.start, part.log.end]))
        done[part.ids] = part.log.done[part.at]
        carried += seen - int(np.count_nonzero(~np.isnan(done)))
        stopped = part.log.stopped
    ids, stamps = np.concatenate(rows, axis=1), np.concatenate(times, axis=1)
    order = np.lexsort((ids[2], ids[1], ids[0]))
    for k, name in enumerate(COLUMNS):
        values = (ids[k] if k < 3 else stamps[k - 3])[order]
        np.testing.assert_array_equal(values, getattr(whole, name), err_msg=name)
    np.testing.assert_array_equal(done, whole.done)
    assert stopped == whole.stopped
    return carried


@settings(deadline=None, max_examples=100, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans(with_arrivals=True), st.lists(st.integers(1, 25), min_size=1, max_size=4))
def test_random_plans_in_random_chunks(made, cuts):
    if made is not None:
        plan, arrivals, build = made
        ordered = in_order(plan, arrivals)
        assert_the_same(build, ordered, split(ordered, [float(cut) for cut in cuts]))


@pytest.mark.parametrize("regime", ["separate", "one-stop+recognition"])
def test_a_port_by_the_week(regime):
    run = port_run(load("xiamen-2015", regime,
                        ["run.warmup=1 week", "run.measured=4 weeks", "run.drain=3 weeks"]), 1, 0)
    plan = run.plan
    arrivals = in_order(plan, Arrivals(plan.time, run.traffic.containers,
                                       run.columns.consignment, run.columns.container))

    def build(part: Arrivals) -> Plan:
        return build_plan(plan.tree, part, plan.resources, calendars(), dict(plan.books))

    def calendars():
        from sim.process.layout import calendars_of

        return calendars_of(run.scenario, run.traffic)

    assert assert_the_same(build, arrivals, list(by_week(arrivals))) > 50


def test_chunks_that_overlap_are_refused():
    def build(part: Arrivals) -> Plan:
        return build_plan(Await("until"), part, [])

    chunks = [Arrivals(np.array([minute]), np.ones(1, int), {"until": np.array([9.0])})
              for minute in (5.0, 4.0)]
    with pytest.raises(InputError, match="chunks of arrivals overlap"):
        list(run_in_chunks(build, chunks))
