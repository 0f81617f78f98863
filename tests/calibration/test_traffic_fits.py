"""Fits of what comes to a port, one by one: bursts, cells, missing values, limits."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from calibration.arrivals import fit_arrivals
from calibration.calls import (
    calls_of,
    clusters,
    gap_within_calls,
    shared_stamps,
    sizes,
    spread_by_bin,
    unrounded,
)
from calibration.cells import grow
from calibration.choices import fit_choices
from calibration.durations import Sample, choose_widely
from calibration.dwell import discharge
from calibration.estimates import DRAWS, Estimate, generator
from calibration.goods import fit_goods
from calibration.laws import FAMILIES, law_of, moments, weibull_shape
from calibration.lodging import lodging
from calibration.posterior import normal
from calibration.shares import rounded, shrunk
from calibration.traffic import fit_traffic
from scenarios.errors import InputError
from scenarios.load import check, load
from scenarios.yamlfile import Document
from sim import distributions
from tests.calibration.simulated_traffic import port, records_of

UNEVEN = ["traffic.calls.per_week=30", "traffic.consignments_per_week=200"]


def by_key(estimates: list[Estimate]) -> dict[str, Estimate]:
    return {estimate.key: estimate for estimate in estimates}


def test_calls_are_seen_where_stamps_are_shared() -> None:
    random = generator(1, "test")
    calls = np.sort(random.random(300)) * 60_000.0
    stamps = np.repeat(np.floor(calls), random.integers(1, 6, 300))
    assert gap_within_calls(stamps) == 0
    minute, number = calls_of(stamps, 0)
    assert number.sum() == len(stamps) and abs(len(minute) - 300) < 5
    late = stamps + np.floor(4.0 * random.random(len(stamps)))
    assert gap_within_calls(late) == 3
    assert abs(len(calls_of(late, 3)[0]) - 300) < 15


def test_no_calls_are_seen_in_a_poisson_stream() -> None:
    assert gap_within_calls(np.sort(generator(1, "test").random(3000)) * 60_000.0) is None


def test_empty_calls_are_allowed_for() -> None:
    """A third of the calls bring nothing and are unseen: their number is found all the same."""
    random = generator(2, "test")
    rate = random.standard_gamma(1.0 / 0.8**2, (40, 60)) * 0.8**2 * 1.8
    number = random.poisson(rate)
    assert 0.2 < np.mean(number == 0) < 0.4
    table = np.array([np.bincount(row, minlength=40)[:40] for row in number], dtype=np.float64)
    table[:, 0] = 0.0
    (mean, cv), draws = sizes(table, np.ones((5, 40)))
    assert mean == pytest.approx(1.8, rel=0.06) and cv == pytest.approx(0.8, rel=0.1)
    np.testing.assert_allclose(draws, np.tile([mean, cv], (5, 1)), rtol=0.02)


def test_bursts_that_spread_are_found_by_how_counts_vary_together() -> None:
    sets = [*UNEVEN, "traffic.calls.size_cv=0.5"]
    spread = {"distribution": "uniform", "low": "0 min", "high": "600 min"}
    scenario = port(*sets, weeks=52)
    data = scenario.resolved
    data["traffic"]["calls"]["spread"] = spread
    scenario = check(Document(data))
    found = by_key(fit_arrivals(records_of(scenario, 3), scenario, 1))
    calls, reach = found["traffic.calls.per_week"], found["traffic.calls.spread"]
    assert found["traffic.calls.of"].value == "arrival"
    _, low, high = calls.intervals()[""]
    assert low < 30.0 < high and high < 2.0 * low
    assert reach.intervals()["high"][0] == pytest.approx(600.0, rel=0.15)
    assert any("size_cv is that of the base" in remark for remark in calls.remarks)


def test_one_by_one_is_no_burst() -> None:
    random = generator(3, "test")
    counts = random.poisson(0.6, (30, 336)).astype(np.float64)
    weights = random.multinomial(30, np.full(30, 1 / 30), DRAWS).astype(np.float64)
    assert not clusters(counts, weights).resolved


@pytest.mark.parametrize("kernel", ["uniform", "exponential"])
def test_a_spread_is_a_probability_with_its_mean(kernel: str) -> None:
    probability = spread_by_bin(kernel, 500.0)
    assert probability.sum() == pytest.approx(1.0, abs=2e-3)
    mean = 30.0 * probability @ np.arange(len(probability))
    assert mean == pytest.approx(250.0 if kernel == "uniform" else 500.0, rel=0.02)


def test_bursts_of_discharge_are_told_from_bursts_of_arrival() -> None:
    """Vessels discharge together what came one by one: a day before, at any hour."""
    data = port(*UNEVEN, weeks=30).resolved
    data["traffic"]["calls"] |= {"of": "discharge", "size_cv": 0.3, "spread": {
        "distribution": "uniform", "low": "0 min", "high": "240 min"}}
    data["traffic"]["discharge"] = {"distribution": "uniform", "low": "0 h", "high": "24 h"}
    scenario = check(Document(data))
    found = by_key(fit_arrivals(records_of(scenario, 1), scenario, 1))
    assert found["traffic.calls.of"].value == "discharge"
    assert found["traffic.calls.spread"].intervals()["high"][0] == pytest.approx(240.0, rel=0.2)


def test_weeks_that_differ_are_told() -> None:
    calm, uneven = (port(f"traffic.calls.week_cv={cv}") for cv in (0, 0.4))
    assert by_key(fit_arrivals(records_of(calm, 1), calm, 1))["traffic.calls.week_cv"].value == 0.0
    found = by_key(fit_arrivals(records_of(uneven, 1), uneven, 1))["traffic.calls.week_cv"]
    _, low, high = found.intervals()[""]
    assert low < 0.4 < high


def test_too_short_a_log_is_refused() -> None:
    scenario = port(weeks=2)
    with pytest.raises(InputError, match="too short") as caught:
        fit_arrivals(records_of(scenario, 1), scenario, 1)
    assert "3 or more" in str(caught.value)


def test_profiles_are_drawn_towards_even_shares() -> None:
    random = generator(4, "test")
    flat = np.array([12.0, 9.0, 11.0, 10.0, 8.0, 13.0, 7.0])
    point, draws = shrunk(random, flat, DRAWS)
    assert np.all(np.abs(point - 1 / 7) < np.abs(flat / flat.sum() - 1 / 7) + 1e-12)
    assert draws.shape == (DRAWS, 7) and draws.sum(axis=1) == pytest.approx(1.0)
    steep = np.array([400.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0])
    assert shrunk(random, steep, DRAWS)[0][0] == pytest.approx(0.4, abs=0.01)


def test_hours_that_follow_one_another_are_alike() -> None:
    """A smooth day is found as such: quarters of the day are held by their intervals, which they
    are not if each hour is evened out by itself; a single busy hour stays one."""
    random = generator(5, "test")
    held, alone = [], []
    for _ in range(60):
        size = 0.8 * random.random()
        day = 1.0 + size * np.cos((np.arange(24) - 24.0 * random.random()) * np.pi / 12.0)
        day /= day.sum()
        counts = random.multinomial(1200, day).astype(np.float64)
        for waves, found in ((3, held), (0, alone)):
            draws = shrunk(random, counts, DRAWS, waves)[1].reshape(DRAWS, 4, 6).sum(axis=2)
            low, high = np.quantile(draws, [0.05, 0.95], axis=0)
            quarter = day.reshape(4, 6).sum(axis=1)
            found.append((low <= quarter) & (quarter <= high))
    assert 0.82 < np.mean(held) < 0.96
    assert np.mean(alone) < np.mean(held)
    busy = np.full(24, 40.0)
    busy[7] = 400.0
    assert shrunk(random, busy, DRAWS, 3)[0][7] == pytest.approx(400.0 / busy.sum(), rel=0.05)


def test_rounded_shares_sum_to_one() -> None:
    for seed in range(20):
        shares = rounded(generator(seed, "test").random(24))
        assert abs(sum(shares) - 1.0) < 1e-9


def test_a_cell_is_split_only_where_it_pays() -> None:
    random = generator(5, "test")
    codes = {"risk": random.integers(0, 2, 2000), "trade": random.integers(0, 3, 2000)}
    codes["trade"][:100] = -1
    chosen = random.random(2000) < np.where(codes["risk"] == 1, 0.6, 0.1)
    values = {"risk": ["low", "high"], "trade": ["a", "b", "c"]}

    def score(rows: np.ndarray) -> tuple[float, int]:
        p = np.clip(chosen[rows].mean(), 1e-9, 1 - 1e-9)
        return float((chosen[rows] * np.log(p) + ~chosen[rows] * np.log(1 - p)).sum()), 1

    cells = grow(codes, values, np.ones(2000, dtype=bool), score)
    assert sorted(cell.when["risk"][0] for cell in cells) == ["high", "low"]
    assert np.sum([cell.rows for cell in cells], axis=0).tolist() == [1] * 2000


def test_unknown_attributes_are_left_out_and_counted() -> None:
    scenario = port()
    records = records_of(scenario, 1)
    grade = records.attributes["grade"].copy()
    grade[np.isin(records.consignment, np.flatnonzero(np.arange(len(records.boxes)) % 4 == 0))] = -1
    thinned = replace(records, attributes={**records.attributes, "grade": grade})
    found = by_key(fit_goods(thinned, scenario, 1))["traffic.attributes.grade"]
    assert found.censored == int(np.ceil(len(records.boxes) / 4))
    assert found.value["shares"]["credit"] == pytest.approx(0.62, abs=0.03)


def test_an_attribute_that_depends_on_another_is_a_table() -> None:
    scenario = port("traffic.attributes.goods.shares={general: 0.7, listed: 0.3}")
    found = by_key(fit_goods(records_of(scenario, 1), scenario, 1))
    licensed = found["traffic.attributes.licensed"].value
    assert licensed["given"] == "goods"
    assert licensed["table"]["listed"]["yes"] > 0.99
    assert "given" not in found["traffic.attributes.risk"].value


def test_a_log_of_the_selected_alone_says_so() -> None:
    scenario = load("xiamen-2015", sets=["run.warmup=0 weeks", "run.measured=10 weeks"])
    found = by_key(fit_choices(records_of(scenario, 1), scenario, 1))
    assert found["selection.simulate"].value == "selected"
    assert "none" not in found["selection.rules"].value[-1]["shares"]


def test_depths_that_depend_on_goods_are_remarked() -> None:
    scenario = port()
    records = records_of(scenario, 1)
    depth = records.depth["customs"].copy()
    high = records.attributes["risk"] == records.values["risk"].index("high")
    depth[(depth >= 0) & high] = 4
    changed = replace(records, depth={**records.depth, "customs": depth})
    found = by_key(fit_choices(changed, scenario, 1))
    assert any("depend on risk" in r for r in found["agencies.customs.depths"].remarks)
    assert not any("depend on risk" in r for r in found["agencies.quarantine.depths"].remarks)


def test_lodging_round_the_clock_is_noticed() -> None:
    """The base has office hours for it, the port has not."""
    data = port().resolved
    del data["traffic"]["lodging"]["calendar"]
    open_port = check(Document(data))
    base = port()
    records = records_of(open_port, 1)
    found = by_key(lodging(records, base, 1, base.calendars["office"]))
    assert found["traffic.lodging.calendar"].value is None
    delay = found["traffic.lodging.delay"].intervals()
    assert delay["mean"][1] < 1200.0 < delay["mean"][2]


def test_a_port_where_nobody_is_early_has_no_lead() -> None:
    scenario = port("traffic.lodging.before_arrival=0")
    found = by_key(lodging(records_of(scenario, 1), scenario, 1, scenario.calendars["office"]))
    assert found["traffic.lodging.before_arrival"].value == 0.0
    assert "traffic.lodging.lead" not in found
    assert found["traffic.lodging.delay"].intervals()["mean"][0] == pytest.approx(1200, rel=0.06)


def test_what_a_log_lacks_is_not_estimated() -> None:
    records = records_of(port(), 1)
    seconds = {k: v for k, v in records.seconds.items() if k != "discharged"}
    assert discharge(replace(records, seconds=seconds), 1) == []


@pytest.mark.parametrize(("family", "theta"), [
    ("shifted-gamma", (np.log(60.0), np.log(0.8), np.log(30.0))),
    ("mixture-lognormal", (np.log(40.0), np.log(0.5), np.log(15.0), np.log(0.4), -1.1))])
def test_a_wider_family_is_chosen_where_it_predicts_better(
        family: str, theta: tuple[float, ...]) -> None:
    law = law_of(family, theta)
    values = np.round(law.ppf(generator(1, "test").random(2500)))
    found = choose_widely(Sample(np.maximum(values - 1.0, 0.0), values + 1.0)).fit
    assert found.family == family
    assert abs(found.mean - moments(family, theta)[0]) < 3.0 * found.mean_error
    grid = law.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert grid.mean() == pytest.approx(moments(family, theta)[0], rel=0.01)
    assert len(found.draws(generator(1, "draws"), 7)) == 7


@pytest.mark.parametrize("family", FAMILIES)
def test_plain_families_stay_plain(family: str) -> None:
    values = np.round(FAMILIES[family](500.0, 0.4).ppf(generator(2, "test").random(1000)))
    assert choose_widely(Sample(np.maximum(values - 1.0, 0.0), values + 1.0)).fit.family == family


def test_the_shape_of_weibull_is_the_simulators() -> None:
    for cv in (0.02, 0.3, 1.0, 4.0, 20.0):
        assert weibull_shape(cv) == pytest.approx(distributions.weibull_shape(cv), rel=1e-9)


def test_a_draw_far_out_can_still_stand_in_a_scenario() -> None:
    from pydantic import TypeAdapter

    from calibration.laws import stated
    from scenarios.schema.distributions import Time

    for theta in ([6.0, 0.1, -1.0, 3.4, -3.0], [6.0, -9.0, 40.0, 3.4, -3.0]):
        found = TypeAdapter(Time).validate_python(stated("mixture-gamma", theta))
        assert max(part.cv for part in found.parts) == 20.0


def test_what_cannot_be_told_is_among_the_draws() -> None:
    """At this cv gamma and Weibull are much alike: draws are of both."""
    values = np.round(FAMILIES["gamma"](500.0, 0.8).ppf(generator(2, "test").random(300)))
    found = choose_widely(Sample(np.maximum(values - 1.0, 0.0), values + 1.0))
    drawn = {draw["distribution"] for draw in found.draws(generator(1, "test"), DRAWS)}
    assert drawn == {"gamma", "weibull"}


def test_draws_have_the_mean_and_the_spread_that_they_stand_for() -> None:
    covariance = np.array([[4.0, 1.5], [1.5, 1.0]])
    drawn = normal(generator(1, "test"), [3.0, -2.0], covariance, DRAWS)
    assert drawn.mean(axis=0) == pytest.approx([3.0, -2.0])
    np.testing.assert_allclose(np.cov(drawn.T, bias=True), covariance, atol=1e-9)


def test_every_value_and_every_draw_can_stand_in_a_scenario() -> None:
    scenario = port("traffic.attributes.goods.shares={general: 0.7, listed: 0.3}")
    estimates = fit_traffic(records_of(scenario, 1), scenario)
    for i in (None, 0, DRAWS - 1):
        data = copy.deepcopy(scenario.resolved)
        for estimate in estimates:
            *path, last = estimate.key.split(".")
            part = data
            for word in path:
                part = part[word]
            part[last] = estimate.value if i is None or not estimate.draws else estimate.draws[i]
        assert check(Document(data)).traffic.calls.per_week > 0.0


def test_the_same_seed_gives_the_same_draws() -> None:
    scenario = port(weeks=8)
    records = records_of(scenario, 1)
    assert fit_arrivals(records, scenario, 5) == fit_arrivals(records, scenario, 5)


def test_of_the_stamps_of_a_consignment_the_one_that_others_share_counts() -> None:
    minutes = np.array([1003.0, 1000.0, 1003.0, 1003.0, np.nan, 1500.0, np.nan])
    consignment = np.array([0, 0, 1, 2, 2, 3, 4])
    found = shared_stamps(minutes, consignment)
    np.testing.assert_array_equal(found, [1003.0, 1003.0, 1003.0, 1500.0, np.nan])


def test_lone_stamps_of_full_minutes_join_the_call_just_after() -> None:
    """Calls of four consignments; of every third call one was typed to the full five minutes."""
    random = np.random.default_rng(1)
    calls = np.sort(random.choice(100_000, 400, replace=False)).astype(float)
    calls = calls[np.diff(calls, prepend=-100.0) > 20.0]
    stamps = np.repeat(calls, 4)
    typed = stamps.copy()
    typed[::12] = np.floor(typed[::12] / 5.0) * 5.0
    assert len(calls_of(typed, 0)[0]) > 1.2 * len(calls)
    mended, moved = unrounded(typed)
    np.testing.assert_array_equal(mended, stamps)
    assert moved == np.count_nonzero(typed != stamps)
    untouched, none = unrounded(stamps)
    np.testing.assert_array_equal(untouched, stamps)
    assert none == 0
