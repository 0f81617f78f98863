"""Estimates, intervals and verdicts, against formulas worked out otherwise and by coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.errors import InputError
from sim.estimands import Constant, Estimand, Quantile, Ratio, Total, from_json, to_json
from sim.replication import Replication
from sim.statistics import Interval, Sample, replications_needed, slower_share, summarise, verdict
from sim.statistics.quantile import Pool, bootstrap_interval, resample_counts
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
    summary = summarise({"a": a, "b": b}, baseline="a", seed=1, primary=[("m", margin)])
    return summary["differences"]["b"]["m"]


# --- ratios -----------------------------------------------------------------------------------


def test_the_jackknife_of_a_mean_is_the_t_interval():
    values = stream(1).random(12)
    sample = Sample(ratios([(value, 1.0) for value in values]))
    interval = jackknife(sample.estimate("m"), sample.without("m"), 0.95)
    half = 2.200985160082949 * values.std(ddof=1) / math.sqrt(12)
    assert interval.estimate == pytest.approx(values.mean(), rel=1e-14)
    assert interval.high - interval.low == pytest.approx(2 * half, rel=1e-9)


def test_a_ratio_is_the_ratio_of_sums_not_the_mean_of_ratios():
    summary = summarise({"a": ratios([(1.0, 1.0), (1.0, 3.0)])}, baseline="a", seed=1)
    assert summary["scenarios"]["a"]["measures"]["m"]["mean"] == 0.5


def test_a_ratio_without_denominator_is_null_and_one_known_replication_has_no_interval():
    undefined = summarise({"a": ratios([(0.0, 0.0)] * 3)}, baseline="a", seed=1)
    entry = undefined["scenarios"]["a"]["measures"]["m"]
    assert (entry["mean"], entry["low"], entry["high"]) == (None, None, None)
    single = summarise({"a": ratios([(1.0, 2.0), (0.0, 0.0)])}, baseline="a", seed=1)
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


def slow_quantile(values: list[np.ndarray], q: float, weights: np.ndarray) -> float:
    pooled = np.concatenate([np.repeat(v, int(w)) for v, w in zip(values, weights)])
    if not len(pooled):
        return math.nan
    return np.sort(pooled)[max(math.ceil(q * len(pooled) - 1e-6), 1) - 1]


@pytest.mark.parametrize("size", [3, 64, 700])
@pytest.mark.parametrize("q", [0.05, 0.5, 0.95, 1.0])
def test_the_weighted_pooled_quantile_is_that_of_the_repeated_values(size, q):
    draw = stream(size)
    # Ties across and within replications, an empty replication, and censored values.
    values = [np.round(draw.random(size + i) * 50) for i in range(5)] + [np.empty(0)]
    values[2][:2] = np.inf
    weights = np.floor(draw.random((40, 6)) * 3)
    weights[0] = [0, 0, 0, 0, 0, 4]
    found = Pool(values).quantile(q, weights)
    expected = [slow_quantile(values, q, row) for row in weights]
    np.testing.assert_array_equal(found, expected)


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
    summary = summarise({"a": quantiles(values, 0.9)}, baseline="a", seed=1)
    entry = summary["scenarios"]["a"]["measures"]["m"]
    assert entry["mean"] is None and entry["censored_above"] == 3.0
    half = summarise({"a": quantiles(values, 0.5)}, baseline="a", seed=1)
    entry = half["scenarios"]["a"]["measures"]["m"]
    assert entry["mean"] == 3.0 and "censored_above" not in entry
    assert entry["high"] is None and entry["low"] is not None


def test_nan_in_a_sample_is_refused_by_its_name():
    with pytest.raises(ValueError, match="sample 's'.*NaN"):
        Sample(quantiles([np.array([1.0, np.nan])])).estimate("m")


def test_resamples_are_addressed_by_seed_and_measure():
    counts = resample_counts(1, "m", 9, 50)
    assert counts.shape == (50, 9) and np.all(counts.sum(axis=1) == 9)
    np.testing.assert_array_equal(counts, resample_counts(1, "m", 9, 50))
    assert not np.array_equal(counts, resample_counts(2, "m", 9, 50))
    assert not np.array_equal(counts, resample_counts(1, "other", 9, 50))


@pytest.mark.parametrize(("n", "confidence"), [(8, 0.95), (20, 0.95), (20, 0.995)])
def test_bootstrap_intervals_cover_about_as_they_say(n, confidence):
    """Lognormal values with a lognormal effect shared within a replication; p90 is known."""
    draw = stream(n, int(confidence * 1000))
    truth = math.exp(1.2815515655446004 * math.sqrt(0.8**2 + 0.3**2))
    hits, trials = 0, 300
    for trial in range(trials):
        effects = 0.3 * draw.standard_normal((n, 1))
        values = list(np.exp(effects + 0.8 * draw.standard_normal((n, 60))))
        pool = Pool(values)
        resampled = pool.quantile(0.9, resample_counts(trial, "m", n, 399))
        estimate = pool.quantile(0.9, np.ones((1, n)))[0]
        interval = bootstrap_interval(estimate, resampled, n, confidence)
        hits += interval.low <= truth <= interval.high
    assert confidence - 0.045 <= hits / trials <= min(confidence + 0.04, 1.0)


# --- totals and constants ---------------------------------------------------------------------


def test_a_total_is_resampled_together_with_its_parts():
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
    measures = summarise({"a": replications}, baseline="a", seed=1)["scenarios"]["a"]["measures"]
    assert measures["m"]["mean"] == pytest.approx(100.0 + 2 * measures["up"]["mean"])
    counts = resample_counts(1, "m", 10)
    sample = Sample(replications)
    np.testing.assert_allclose(
        sample.resampled("m", counts), 100.0 + 2 * sample.resampled("up", counts)
    )
    fixed = measures["fixed"]
    assert fixed["low"] == fixed["mean"] == fixed["high"] == 100.0
    assert fixed["confidence"] == 1.0 and fixed["estimand"] == "input"


def test_a_total_of_ratios_takes_the_jackknife_and_a_total_of_itself_is_refused():
    replications = ratios([(1.0, 2.0), (2.0, 2.0), (4.0, 2.0)])
    for one in replications:
        one.estimands = {"m": Ratio(), "t": Total(("m", "m"))}
    sample = Sample(replications)
    assert sample.smooth("t") and sample.estimate("t") == pytest.approx(2 * 7 / 6)
    np.testing.assert_allclose(sample.without("t"), 2 * sample.without("m"))
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


def test_quantiles_that_differ_alike_in_all_resamples_only_by_chance_are_not_exact():
    """The pooled medians agree in every resample, but one replication alone differs."""
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
    summary = summarise({"a": a, "b": b, "c": c}, baseline="a", seed=1, primary=[("m", None)])
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
        summarise({"a": replications}, baseline="a", seed=1, primary=family)
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
    summary = summarise({"a": [a], "b": [b]}, baseline="a", seed=1)
    measures = summary["scenarios"]["b"]["measures"]
    assert measures["time.clearance.customs.slower_share"]["mean"] == pytest.approx(2 / 3)
    assert "time.clearance.all.slower_share" not in summary["scenarios"]["a"]["measures"]
    b.cohort["id"] = ids[::-1]
    with pytest.raises(ValueError, match="cohort"):
        slower_share(b, a)
