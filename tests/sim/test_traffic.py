"""Traffic: the same under every regime, near the stated rates, and true to a log."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from scenarios.errors import InputError
from scenarios.load import Loaded, load, under
from scenarios.schema.demand import SelectionRule
from sim.ports import port_run
from sim.streams import uniforms
from sim.traffic import Traffic, traffic_of
from sim.traffic.selection import select
from sim.traffic.tables import group_names, groups_of
from sim.traffic.trace import trace_of

SHORT = ["run.warmup=0 weeks", "run.measured=8 weeks", "run.drain=2 weeks"]
LONG = ["run.warmup=0 weeks", "run.measured=200 weeks", "run.drain=2 weeks"]


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b)


def same(a: Traffic, b: Traffic, *left_out: str) -> bool:
    return all(equal(vars(a)[key], vars(b)[key]) for key in vars(a) if key not in left_out)


@pytest.fixture(scope="module")
def short() -> Loaded:
    return load("xiamen-2015", sets=SHORT)


@pytest.fixture(scope="module")
def long() -> tuple[Loaded, Traffic]:
    scenario = load("xiamen-2015", sets=[*LONG, "selection.simulate=all"])
    return scenario, traffic_of(scenario, 1, 0)


@pytest.mark.parametrize("name", ["xiamen-2015", "port-log"])
@pytest.mark.parametrize("regime", ["one-stop", "one-stop+restated+recognition"])
def test_every_regime_has_the_same_traffic(name: str, regime: str) -> None:
    port = load(name, sets=SHORT if name == "xiamen-2015" else [])
    assert same(traffic_of(port, 3, 2), traffic_of(under(port, regime), 3, 2))


def test_seed_and_replication_change_it(short: Loaded) -> None:
    base = traffic_of(short, 1, 0)
    assert same(base, traffic_of(short, 1, 0))
    for other in (traffic_of(short, 2, 0), traffic_of(short, 1, 1)):
        n = min(len(base.arrival), len(other.arrival))
        assert np.mean(base.arrival[:n] == other.arrival[:n]) < 0.01


def test_a_longer_run_begins_with_the_same_vessels(short: Loaded) -> None:
    every = ["selection.simulate=all"]
    brief = traffic_of(load("xiamen-2015", sets=[*SHORT, *every]), 1, 0)
    more = traffic_of(load("xiamen-2015", sets=[*SHORT, *every, "run.measured=12 weeks"]), 1, 0)
    n, boxes = len(brief.arrival), len(brief.owner)
    assert np.array_equal(more.arrival[:n], brief.arrival)
    assert np.array_equal(more.lodged[:n], brief.lodged)
    assert np.array_equal(more.owner[:boxes], brief.owner)
    assert np.array_equal(more.size[:boxes], brief.size)


def test_tables_hold_together(short: Loaded) -> None:
    t = traffic_of(short, 1, 0)
    n, boxes = len(t.arrival), len(t.owner)
    assert np.array_equal(np.unique(t.owner), np.arange(n)) and np.all(np.diff(t.owner) >= 0)
    assert t.containers.sum() == boxes and t.containers.min() >= 1
    assert np.all(t.discharged >= t.arrival) and np.all(t.lodged >= 0)
    assert np.all(t.clock_start == np.maximum(t.lodged, t.discharged))
    for agency in short.agencies:
        assert not np.any(t.examined[agency] & ~t.selected[agency][t.owner])
        assert np.array_equal(t.examined[agency], t.depth[agency] >= 0)
        firsts = np.r_[True, np.diff(t.owner) > 0]
        assert np.array_equal(t.examined[agency][firsts], t.selected[agency])
    assert np.any(list(t.selected.values()), axis=0).all()
    for values in (t.arrival, t.discharged, t.lodged):
        assert np.all(values * 1024 == np.round(values * 1024))


def test_flows_are_near_the_stated_rates(long: tuple[Loaded, Traffic]) -> None:
    scenario, t = long
    n, boxes, weeks = len(t.arrival), len(t.owner), 202
    week = np.bincount((t.arrival // 10080).astype(int), minlength=weeks)[:weeks]
    error = week.std(ddof=1) / np.sqrt(weeks)
    assert week.mean() == pytest.approx(125.76, abs=4 * error)
    for name, attribute in scenario.traffic.attributes.items():
        if attribute.shares:
            found = np.bincount(t.attributes[name], minlength=len(attribute.shares)) / n
            assert found == pytest.approx(list(attribute.shares.values()), abs=0.015)
    listed = t.fits({"goods": ["listed"]})
    assert t.containers[listed].mean() == pytest.approx(4.52, rel=0.2)
    assert t.containers[~listed].mean() == pytest.approx(1.51, rel=0.02)
    assert np.mean(t.size == 20) == pytest.approx(0.45, abs=0.015)
    assert np.mean(t.reefer) == pytest.approx(0.08, abs=4 * np.sqrt(0.08 * 0.92 / boxes))
    groups = np.bincount(groups_of(scenario, t), minlength=4) / n
    assert group_names(scenario) == ["none", "quarantine", "customs", "joint"]
    assert groups == pytest.approx([0, 0.9733 * 0.4328, 0.9733 * 0.2705,
                                    0.9733 * 0.2967 + 0.0267], abs=0.015)


def test_vessels_follow_the_weekday_and_the_hour(long: tuple[Loaded, Traffic]) -> None:
    scenario, t = long
    calls = np.unique(t.arrival)
    assert len(calls) == pytest.approx(56 * 202 * 0.85, rel=0.15)
    weekday = np.bincount((calls // 1440).astype(int) % 7, minlength=7)
    # The run starts on a Monday; a call without consignments is not seen.
    assert stats.chisquare(weekday, np.array(scenario.traffic.calls.weekday) * len(calls)
                           ).pvalue > 1e-4
    hour = np.bincount((calls % 1440 // 60).astype(int), minlength=24)
    assert stats.chisquare(hour).pvalue > 1e-4


def test_the_week_is_the_calendars_not_the_runs() -> None:
    sunday = "traffic.calls.weekday=[0, 0, 0, 0, 0, 0, 1.0]"
    t = traffic_of(load("xiamen-2015", sets=[*SHORT, "run.start=2015-01-08", sunday]), 1, 0)
    assert set((t.arrival // 1440).astype(int) % 7) == {3}


def test_unselected_consignments_are_kept_on_demand() -> None:
    rules = "selection.rules=[{shares: {none: 0.6, customs: 0.3, quarantine: 0.1}}]"
    every = traffic_of(load("xiamen-2015", sets=[*SHORT, rules, "selection.simulate=all"]), 1, 0)
    only = traffic_of(load("xiamen-2015", sets=[*SHORT, rules]), 1, 0)
    kept = np.any(list(every.selected.values()), axis=0)
    assert 0.3 < kept.mean() < 0.5
    assert np.array_equal(every.arrival[kept], only.arrival)
    assert np.array_equal(every.containers[kept], only.containers)
    assert not np.any(list(every.examined.values()), axis=0)[~kept[every.owner]].any()


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
def test_the_copula_keeps_each_probability_and_correlates(correlation: float) -> None:
    n = 200_000
    rule = SelectionRule(probability={"a": 0.1, "b": 0.25}, correlation=correlation)
    latent = {agency: uniforms(1, 0, agency, n) for agency in "abc"}
    chosen = select(rule, ["a", "b", "c"], uniforms(1, 0, "together", n), latent)
    assert chosen["a"].mean() == pytest.approx(0.1, abs=0.003)
    assert chosen["b"].mean() == pytest.approx(0.25, abs=0.004)
    assert not chosen["c"].any()
    both = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf(
        stats.norm.ppf([0.1, 0.25]))
    assert np.mean(chosen["a"] & chosen["b"]) == pytest.approx(both, abs=0.003)


def test_certain_selections() -> None:
    rule = SelectionRule(probability={"a": 1.0, "b": 0.0})
    u = uniforms(1, 0, "u", 1000)
    chosen = select(rule, ["a", "b"], u, {"a": u, "b": u})
    assert chosen["a"].all() and not chosen["b"].any()


def test_papers_are_lodged_in_office_hours(short: Loaded) -> None:
    minute = traffic_of(short, 1, 0).lodged % 1440
    inside = (minute >= 510) & (minute < 720) | (minute >= 810) & (minute < 1050)
    assert inside.all()


def test_papers_that_come_after_the_end_of_time_end_nothing() -> None:
    late = "traffic.lodging.delay={distribution: lognormal, median: 1e6 d, sigma: 5}"
    assert len(traffic_of(load("xiamen-2015", sets=[*SHORT, late]), 1, 0).lodged) > 0


def test_hardly_any_traffic_is_no_crash() -> None:
    scenario = load("xiamen-2015", sets=[*SHORT, "traffic.consignments_per_week=0.0001"])
    try:
        assert port_run(scenario, 1, 0).plan.consignments == 0
    except InputError as error:
        assert "traffic" in str(error) or "consignment" in str(error)


def test_every_used_row_of_a_selected_consignment_is_a_box() -> None:
    port = load("port-log")
    trace, t = trace_of(port), traffic_of(port, 1, 0)
    every = traffic_of(load("port-log", sets=["selection.simulate=all"]), 1, 0)
    assert trace.account.used == len(trace)
    row = list(zip(trace.declaration.tolist(), trace.container.tolist(), strict=True))
    box = [(every.declaration[o], c) for o, c in zip(every.owner, every.container_id, strict=True)]
    assert sorted(box) == sorted(row)
    kept = [(t.declaration[o], c) for o, c in zip(t.owner, t.container_id, strict=True)]
    chosen = {d for d, yes in zip(every.declaration, np.any(list(every.selected.values()), axis=0),
                                  strict=True) if yes}
    assert sorted(kept) == sorted(pair for pair in row if pair[0] in chosen)


def test_a_trace_keeps_what_the_log_says() -> None:
    port = load("port-log")
    trace, t = trace_of(port), traffic_of(port, 1, 0)
    line = {pair: i for i, pair in enumerate(zip(
        trace.declaration.tolist(), trace.container.tolist(), strict=True))}
    rows = np.array([line[t.declaration[o], c]
                     for o, c in zip(t.owner, t.container_id, strict=True)])
    sized = trace.size[rows] > 0
    assert np.array_equal(t.size[sized], trace.size[rows][sized])
    for agency, flags in trace.selected.items():
        assert t.selected[agency][t.owner[flags[rows] == 1]].all()
        assert not t.examined[agency][flags[rows] == 0].any()
    monday = np.datetime64(t.start, "s")
    assert t.start.weekday() == 0
    minutes = (trace.arrival[rows] - monday).astype(float) / 60
    np.testing.assert_allclose(t.arrival[t.owner], minutes, rtol=0, atol=0.5 / 1024)


def test_weeks_may_be_uneven_and_consignments_spread_after_their_call() -> None:
    sets = [*LONG, "selection.simulate=all"]
    plain = traffic_of(load("xiamen-2015", sets=sets), 1, 0)
    uneven = traffic_of(load("xiamen-2015", sets=[*sets, "traffic.calls.week_cv=0.4"]), 1, 0)
    counts = [np.bincount((t.arrival // 10080.0).astype(int))[:200] for t in (plain, uneven)]
    assert counts[1].mean() == pytest.approx(counts[0].mean(), rel=0.1)
    assert counts[1].std() > 1.7 * counts[0].std()
    spread = traffic_of(load("xiamen-2015", sets=[*sets, "traffic.calls.spread=90 min"]), 1, 0)
    np.testing.assert_array_equal(spread.arrival, plain.arrival + 90.0)


def test_bursts_may_be_of_discharge() -> None:
    sets = [*SHORT, "selection.simulate=all"]
    plain = traffic_of(load("xiamen-2015", sets=sets), 1, 0)
    late = traffic_of(load("xiamen-2015", sets=[*sets, "traffic.calls.of=discharge"]), 1, 0)
    np.testing.assert_array_equal(late.discharged, plain.arrival)
    expected = np.maximum(plain.arrival - (plain.discharged - plain.arrival), 0.0)
    np.testing.assert_array_equal(late.arrival, expected)
