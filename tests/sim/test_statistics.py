"""Estimates, intervals and verdicts, against formulas worked out otherwise and by coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.errors import InputError
from sim.estimands import Constant, Estimand, Quantile, Ratio, Total, from_json, to_json
from sim.replication import Replication
from sim.statistics import Interval, Sample, replications_needed, slower_share, summarise, verdict
from sim.statistics.looks import looks, until_half_width
from sim.statistics.quantile import Pool
from sim.statistics.ratio import divide, jackknife, leave_one_out
from sim.statistics.verdict import each_confidence


def stream(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[*key, 0][:2]))


def ratios(pairs: list[tuple[float, float]], scenario: str = "a") -> list[Replication]:
    return [
        Replication(scenario, i, sums={"m": pair}, estimands={"m": Ratio()}, members=100)
        for i, pair in enumerate(pairs)
    ]


def quantiles(values: list[np.ndarray], q: float = 0.5, scenario: str = "a") -> list[Replication]:
    return [
        Replication(
            scenario, i, samples={"s": one}, estimands={"m": Quantile("s", q)}, members=len(one)
        )
        for i, one in enumerate(values)
    ]


def compare(a: list[Replication], b: list[Replication], margin: float | None = None) -> dict:
    summary = summarise({"a": a, "b": b}, baseline="a", primary=[("m", margin)])
    return summary["differences"]["b"]["m"]


# --- ratios -----------------------------------------------------------------------------------


def test_the_jackknife_of_a_mean_of_symmetric_values_is_the_t_interval():
    half_of_them = stream(1).random(6)
    values = np.concatenate([half_of_them, -half_of_them])
    sample = Sample(ratios([(value, 1.0) for value in values]))
    interval = jackknife(sample.estimate("m"), sample.without("m").both, 0.95)
    half = 2.200985160082949 * values.std(ddof=1) / math.sqrt(12)
    assert interval.estimate == pytest.approx(0.0, abs=1e-15)
    assert interval.high == pytest.approx(half, rel=1e-9)
    assert interval.low == pytest.approx(-half, rel=1e-9)


def test_the_long_side_of_a_skew_mean_is_lengthened_by_the_first_term_of_cornish_and_fisher():
    values = stream(20).random(9) ** 6
    s, n, t = values.std(ddof=1), len(values), 2.306004135204166
    skewness = n / ((n - 1) * (n - 2)) * np.sum(((values - values.mean()) / s) ** 3)
    assert skewness > 1.0
    longer = skewness * (2 * 1.959963984540054**2 + 1) / (6 * math.sqrt(n))
    for sign in (1.0, -1.0):
        study = {"a": ratios([(sign * value, 1.0) for value in values])}
        entry = summarise(study, baseline="a")["scenarios"]["a"]["measures"]["m"]
        arms = [entry["high"] - entry["mean"], entry["mean"] - entry["low"]][:: int(sign)]
        assert arms == pytest.approx([(t + longer) * s / 3, t * s / 3], rel=1e-9)


def test_a_ratio_is_the_ratio_of_sums_not_the_mean_of_ratios():
    summary = summarise({"a": ratios([(1.0, 1.0), (1.0, 3.0)])}, baseline="a")
    assert summary["scenarios"]["a"]["measures"]["m"]["mean"] == 0.5


def test_a_ratio_without_denominator_is_null_and_one_known_replication_has_no_interval():
    undefined = summarise({"a": ratios([(0.0, 0.0)] * 3)}, baseline="a")
    entry = undefined["scenarios"]["a"]["measures"]["m"]
    assert (entry["mean"], entry["low"], entry["high"]) == (None, None, None)
    single = summarise({"a": ratios([(1.0, 2.0), (0.0, 0.0)])}, baseline="a")
    entry = single["scenarios"]["a"]["measures"]["m"]
    assert (entry["mean"], entry["low"], entry["high"]) == (0.5, None, None)


def test_one_replication_has_estimates_but_no_intervals_and_no_verdict():
    entry = compare(ratios([(4.0, 2.0)]), ratios([(2.0, 2.0)]), margin=10.0)
    assert entry["difference"] == -1.0 and entry["relative"] == -0.5
    assert entry["low"] is None and entry["relative_high"] is None
    assert entry["verdict"] == "not resolved" and entry["replications_needed"] is None


@pytest.mark.parametrize("n", [8, 20])
def test_jackknife_intervals_cover_as_they_say(n):
    draw = stream(n)
    hits, trials = 0, 2000
    for _ in range(trials):
        below = np.ceil(60 * draw.random(n) + 40)
        above = below * (5.0 + draw.standard_normal(n) * 0.5)
        without = divide(leave_one_out(above), leave_one_out(below))
        interval = jackknife(above.sum() / below.sum(), without, 0.95)
        hits += interval.low <= 5.0 <= interval.high
    assert 0.93 <= hits / trials <= 0.97


# --- pooled quantiles -------------------------------------------------------------------------


def weighted(values: list[np.ndarray], q: float, weights: np.ndarray) -> float:
    """The pooled quantile in which replication i counts weights[i] times (no whole numbers)."""
    pooled = np.concatenate(values)
    mass = np.repeat(weights, [len(one) for one in values])
    order = np.argsort(pooled)
    above = np.cumsum(mass[order]) >= q * mass.sum()
    return float(pooled[order][np.argmax(above)])


@pytest.mark.parametrize("q", [0.3, 0.5, 0.95])
def test_delete_one_values_follow_the_weight_of_a_replication(q):
    """A large sample: giving a replication less weight moves the quantile as its slope says."""
    draw = stream(21)
    values = [np.exp(0.03 * i + 0.6 * draw.standard_normal(20_000 + 900 * i)) for i in range(8)]
    pool = Pool(values)
    moved = pool.without(q).both - pool.quantile(q)
    for i in range(8):
        weights = np.ones(8)
        weights[i] = 0.0
        expected = weighted(values, q, weights) - pool.quantile(q)
        assert moved[i] == pytest.approx(expected, rel=0.15, abs=0.004)
    assert np.ptp(moved) > 0.02


def test_the_arms_of_a_quantile_follow_its_skewness():
    draw = stream(22)
    values = [np.exp(draw.standard_normal(200)) for _ in range(10)]
    interval = summarise({"a": quantiles(values, 0.9)}, baseline="a")
    entry = interval["scenarios"]["a"]["measures"]["m"]
    assert entry["high"] - entry["mean"] > 1.2 * (entry["mean"] - entry["low"]) > 0.0
    mirrored = summarise({"a": quantiles([-v for v in values], 0.1)}, baseline="a")
    other = mirrored["scenarios"]["a"]["measures"]["m"]
    assert other["low"] == pytest.approx(-entry["high"], rel=0.02)
    assert other["high"] == pytest.approx(-entry["low"], rel=0.02)


def test_equal_values_may_stand_in_any_order_and_alone_leave_no_spread():
    draw = stream(23)
    values = [np.floor(6.0 * draw.random(50 + i)) for i in range(9)]
    shuffled = [draw.permutation(one) for one in values]
    np.testing.assert_array_equal(Pool(values).without(0.9).both, Pool(shuffled).without(0.9).both)
    flat = [np.full(5 + i, 7.0) for i in range(4)]
    entry = summarise({"a": quantiles(flat, 0.95)}, baseline="a")["scenarios"]["a"]["measures"]["m"]
    assert entry["low"] == entry["mean"] == entry["high"] == 7.0


def test_replications_without_values_have_no_weight_and_the_only_one_with_any_no_interval():
    draw = stream(24)
    values = [draw.random(40) for _ in range(6)]
    empty = [np.empty(0)]
    assert Pool(values + empty).quantile(0.5) == Pool(values).quantile(0.5)
    assert np.isfinite(Pool(values + empty).without(0.5).both).all()
    assert np.isnan(Pool(values[:1] + empty).without(0.5).both).any()
    assert np.isnan(Pool(empty * 3).quantile(0.5))


def test_the_largest_value_has_no_interval():
    """A sample does not say how much larger than its largest value others may be."""
    values = [stream(25, i).random(30) for i in range(8)]
    summary = summarise({"a": quantiles(values, 1.0)}, baseline="a")
    entry = summary["scenarios"]["a"]["measures"]["m"]
    assert entry["mean"] == max(one.max() for one in values)
    assert entry["low"] is None and entry["high"] is None


def test_the_definition_is_the_inverted_distribution_function():
    values = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    for q, expected in ((0.25, 1.0), (0.26, 2.0), (0.5, 2.0), (0.75, 3.0), (1.0, 4.0)):
        assert Sample(quantiles(values, q)).estimate("m") == expected
        together = np.concatenate(values)
        assert expected == np.quantile(together, q, method="inverted_cdf")


def test_rounding_of_the_level_does_not_ask_for_the_next_value():
    values = [np.arange(1.0, 101.0)]
    assert Sample(quantiles(values, 0.07)).estimate("m") == 7.0


def test_a_quantile_among_censored_values_is_censored_not_a_number():
    values = [np.array([1.0, 2.0, np.inf]), np.array([3.0, np.inf, np.inf])]
    summary = summarise({"a": quantiles(values, 0.9)}, baseline="a")
    entry = summary["scenarios"]["a"]["measures"]["m"]
    assert entry["mean"] is None and entry["censored_above"] == 3.0
    half = summarise({"a": quantiles(values, 0.5)}, baseline="a")
    entry = half["scenarios"]["a"]["measures"]["m"]
    assert entry["mean"] == 3.0 and "censored_above" not in entry
    assert entry["high"] is None and entry["low"] is not None


def test_nan_in_a_sample_is_refused_by_its_name():
    with pytest.raises(ValueError, match="sample 's'.*NaN"):
        Sample(quantiles([np.array([1.0, np.nan])])).estimate("m")


# --- totals and constants ---------------------------------------------------------------------


def test_a_total_moves_together_with_its_parts():
    """Two parts that cancel: apart each varies, together they do not."""
    values = stream(3).random((10, 30))
    replications = [
        Replication(
            "a",
            i,
            samples={"up": values[i], "down": -values[i]},
            estimands={
                "up": Quantile("up", 0.5),
                "fixed": Constant(100.0),
                "twice": Total(("up", "up")),
                "m": Total(("fixed", "twice")),
            },
        )
        for i in range(10)
    ]
    measures = summarise({"a": replications}, baseline="a")["scenarios"]["a"]["measures"]
    assert measures["m"]["mean"] == pytest.approx(100.0 + 2 * measures["up"]["mean"])
    sample = Sample(replications)
    both = sample.without("m").both
    np.testing.assert_allclose(both, 100.0 + 2 * sample.without("up").both)
    for one in replications:
        one.estimands["cancel"] = Total(("up", "down"))
        one.estimands["down"] = Quantile("down", 0.5)
    both = Sample(replications).without("cancel").both
    assert np.ptp(both) < 0.1 * np.ptp(Sample(replications).without("up").both)
    fixed = measures["fixed"]
    assert fixed["low"] == fixed["mean"] == fixed["high"] == 100.0
    assert fixed["confidence"] == 1.0 and fixed["estimand"] == "input"


def test_a_total_of_ratios_takes_the_jackknife_and_a_total_of_itself_is_refused():
    replications = ratios([(1.0, 2.0), (2.0, 2.0), (4.0, 2.0)])
    for one in replications:
        one.estimands = {"m": Ratio(), "t": Total(("m", "m"))}
    sample = Sample(replications)
    assert sample.estimate("t") == pytest.approx(2 * 7 / 6)
    np.testing.assert_allclose(sample.without("t").both, 2 * sample.without("m").both)
    for one in replications:
        one.estimands = {"m": Ratio(), "t": Total(("m", "t"))}
    with pytest.raises(ValueError, match="itself"):
        Sample(replications)


@pytest.mark.parametrize(
    "estimand", [Ratio(), Quantile("s", 0.9, 4.0), Total(("a", "b")), Constant(3.5)]
)
def test_estimands_survive_json(estimand: Estimand):
    assert from_json(to_json(estimand)) == estimand


# --- differences and verdicts -----------------------------------------------------------------


def test_pairing_removes_what_both_scenarios_share():
    shared = stream(4).random(10) * 100.0
    noise = stream(5).random(10)
    a = ratios([(x, 1.0) for x in shared])
    b = ratios([(x - 3.0 + e, 1.0) for x, e in zip(shared, noise)], "b")
    entry = compare(a, b)
    assert entry["verdict"] == "lower"
    paired = noise - 3.0
    assert entry["difference"] == pytest.approx(paired.mean(), rel=1e-12)
    half = 2.2621571627409915 * paired.std(ddof=1) / math.sqrt(10)
    assert entry["high"] - entry["difference"] == pytest.approx(half, rel=1e-6)


def test_a_scaled_quantile_has_an_exact_relative_difference():
    values = [stream(6, i).random(50) + 1.0 for i in range(10)]
    entry = compare(quantiles(values), quantiles([v * 0.8 for v in values], scenario="b"))
    assert entry["relative"] == pytest.approx(-0.2)
    assert entry["relative_low"] == pytest.approx(-0.2)
    assert entry["relative_high"] == pytest.approx(-0.2)
    assert entry["verdict"] == "lower"


def test_no_relative_difference_from_a_baseline_that_is_not_positive():
    entry = compare(ratios([(-1.0, 1.0), (-2.0, 1.0)]), ratios([(1.0, 1.0), (3.0, 1.0)], "b"))
    assert entry["relative"] is entry["relative_low"] is entry["relative_high"] is None
    assert entry["difference"] == 3.5


def test_the_same_difference_everywhere_is_exact():
    a = ratios([(x, 10.0) for x in (3.3, 4.1, 7.7)])
    b = ratios([(x - 0.1, 10.0) for x in (3.3, 4.1, 7.7)], "b")
    entry = compare(a, b, margin=1.0)
    assert entry["verdict"] == "exact"
    assert entry["low"] == entry["difference"] == entry["high"] == pytest.approx(-0.01)
    assert compare(a, ratios([(x, 10.0) for x in (3.3, 4.1, 7.7)], "b"))["difference"] == 0.0


def test_quantiles_that_differ_alike_everywhere_only_by_chance_are_not_exact():
    """The pooled medians agree whichever replication is left out, but one alone differs."""
    a = [np.array([1.0, 5.0, 5.0, 5.0, 9.0])] * 6
    b = [*a[:5], np.array([1.0, 6.0, 6.0, 6.0, 9.0])]
    entry = compare(quantiles(a), quantiles(b, scenario="b"))
    assert entry["verdict"] != "exact"


@pytest.mark.parametrize(
    ("interval", "margin", "expected"),
    [
        (Interval(-0.2, -0.3, -0.1), 0.5, "no difference that matters"),
        (Interval(-0.2, -0.3, -0.1), None, "lower"),
        (Interval(0.2, 0.1, 0.3), 0.25, "higher"),
        (Interval(0.2, -0.1, 0.5), 0.25, "not resolved"),
        (Interval(0.2, 0.1, None), 0.25, "higher"),
        (Interval(0.2, None, None), 0.25, "not resolved"),
        (Interval(None, None, None), 0.25, "not resolved"),
        (Interval(0.0, -0.1, 0.1), 0.1, "no difference that matters"),
    ],
)
def test_verdicts_follow_the_interval(interval, margin, expected):
    assert verdict(interval, margin, exact=False, overload=False) == expected
    assert verdict(interval, margin, exact=False, overload=True) == "overloaded"


def test_more_than_one_percent_open_gives_no_verdict():
    a, b = ratios([(1.0, 1.0), (2.0, 1.0)]), ratios([(0.0, 1.0), (1.1, 1.0)], "b")
    b[0].open = 2
    assert compare(a, b)["verdict"] != "overloaded"  # 2 of 200 are not more than 1 %
    b[1].open = 1
    assert compare(a, b)["verdict"] == "overloaded"


def test_the_replications_needed_resolve_it():
    interval = Interval(1.0, -1.0, 3.0)
    needed = replications_needed(interval, 10, 0.95)
    # The half-width 2 at n = 10 means s = 2 * sqrt(10) / t(9); it has to fall below 1.
    s = 2.0 * math.sqrt(10) / 2.2621571627409915
    t = {33: 2.036933343460101, 34: 2.0345152974493383, 35: 2.032244509317718}
    assert needed is not None and 30 < needed < 36
    assert t.get(needed, 2.035) * s / math.sqrt(needed) < 1.0
    assert replications_needed(Interval(0.0, -1.0, 1.0), 10, 0.95) is None
    assert replications_needed(Interval(0.0, -1.0, 1.0), 10, 0.95, margin=0.5) is not None
    assert replications_needed(Interval(1e-9, -1.0, 1.0), 10, 0.95) is None
    assert replications_needed(Interval(1.0, -1.0, 3.0), 1, 0.95) is None


def test_primary_intervals_hold_together_and_others_are_marked():
    a, b = ratios([(1.0, 1.0), (2.0, 1.0), (4.0, 1.0)]), ratios([(2.0, 1.0)] * 3, "b")
    for one in a + b:
        one.estimands["other"], one.sums["other"] = Ratio(), one.sums["m"]
    c = [Replication(**{**vars(one), "scenario": "c"}) for one in b]
    summary = summarise({"a": a, "b": b, "c": c}, baseline="a", primary=[("m", None)])
    primary, other = (summary["differences"]["b"][name] for name in ("m", "other"))
    assert primary["confidence"] == each_confidence(0.95, 1, 2) == pytest.approx(0.975)
    assert primary["primary"] and not other["primary"]
    assert other["confidence"] == 0.95 and other["verdict"] is None
    assert primary["high"] - primary["low"] > other["high"] - other["low"]
    assert list(summary["scenarios"]) == ["a", "b", "c"]
    assert list(summary["differences"]) == ["b", "c"]


def test_a_primary_family_is_checked_whole():
    replications = ratios([(1.0, 1.0), (2.0, 1.0)])
    family = [("mm", None), ("m", -1.0), ("m", None)] + [(f"x{i}", None) for i in range(6)]
    with pytest.raises(InputError) as caught:
        summarise({"a": replications}, baseline="a", primary=family)
    text = str(caught.value)
    assert "at most 8" in text and "twice" in text and "margin" in text and "'m'" in text


def test_scenarios_on_different_replications_are_refused():
    with pytest.raises(ValueError, match="different replications"):
        compare(ratios([(1.0, 1.0)]), ratios([(1.0, 1.0)] * 2, "b"))


def test_a_measure_that_not_every_replication_has_is_refused():
    replications = ratios([(1.0, 1.0)] * 2)
    replications[1].estimands = {"other": Ratio()}
    with pytest.raises(ValueError, match="replication 1 has other estimands"):
        Sample(replications)


def test_the_slower_share_pairs_the_same_consignments():
    ids, group = np.arange(6), np.array([0, 0, 0, 1, 1, 1])
    before = np.array([1.0, 2.0, 3.0, 4.0, np.inf, 6.0])
    after = np.array([1.0 + 1e-12, 2.5, 1.0, np.inf, np.inf, 7.0])
    a, b = (
        Replication(
            name,
            0,
            cohort={"id": ids, "group": group, "clearance": hours},
            groups=["joint", "customs"],
        )
        for name, hours in (("a", before), ("b", after))
    )
    shares = slower_share(b, a)
    assert shares == {"all": (3.0, 6.0), "joint": (1.0, 3.0), "customs": (2.0, 3.0)}
    summary = summarise({"a": [a], "b": [b]}, baseline="a")
    measures = summary["scenarios"]["b"]["measures"]
    assert measures["time.clearance.customs.slower_share"]["mean"] == pytest.approx(2 / 3)
    assert "time.clearance.all.slower_share" not in summary["scenarios"]["a"]["measures"]
    b.cohort["id"] = ids[::-1]
    with pytest.raises(ValueError, match="cohort"):
        slower_share(b, a)


# --- looks ------------------------------------------------------------------------------------


def test_looks_are_at_fixed_numbers():
    assert list(looks(100)) == [8, 12, 18, 27, 40, 60, 90, 100]
    assert list(looks(8)) == [8]
    with pytest.raises(ValueError, match="first look is at 8"):
        list(looks(7))


def test_looking_stops_on_the_longer_arm_and_records_what_it_spent():
    arms = {8: (1.0, 3.0), 12: (None, 1.0), 18: (1.5, 2.0), 27: (0.1, 0.1)}
    asked = []

    def interval_of(n: int, confidence: float) -> Interval:
        asked.append((n, confidence))
        low, high = arms[n]
        return Interval(5.0, None if low is None else 5.0 - low, 5.0 + high)

    stopped = until_half_width(interval_of, 2.0, maximum=200)
    assert asked == [(n, pytest.approx(0.965)) for n in (8, 12, 18)]
    assert stopped.interval == Interval(5.0, 3.5, 7.0) and stopped.confidence == 0.95
    assert [(look.n, look.half_width, look.enough) for look in stopped.looks] == [
        (8, 3.0, False), (12, None, False), (18, 2.0, True)]
    assert stopped.as_json()["looks"][2]["confidence"] == pytest.approx(0.965)
    never = until_half_width(interval_of, 0.01, maximum=27)
    assert len(never.looks) == 4 and not never.looks[-1].enough
    with pytest.raises(ValueError, match="above zero"):
        until_half_width(interval_of, 0.0, maximum=20)
