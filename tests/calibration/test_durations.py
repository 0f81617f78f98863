"""Durations are recovered although the log shows only a part of them."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.durations import FAMILIES, Fit, Sample, choose, fit, log_likelihood
from scenarios.units import minutes
from sim.distributions import gamma, lognormal

INF = np.inf


def uniforms(seed: int, n: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=seed)).random(n)


def exact(values: np.ndarray) -> Sample:
    return Sample(values, values)


def near(found: Fit, mean: float, cv: float, errors: float = 3.0) -> bool:
    return (abs(found.mean - mean) < errors * found.mean_error
            and abs(found.cv - cv) < errors * found.cv_error)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cv", [0.3, 0.9])
def test_the_truth_is_found_again(family: str, cv: float) -> None:
    values = FAMILIES[family](45.0, cv).ppf(uniforms(1, 4000))
    found = fit(exact(values), family)
    assert near(found, 45.0, cv) and not found.remark
    low, high = found.interval()
    assert low < 45.0 < high and high / low < 1.1


def test_the_laws_are_those_that_a_scenario_draws() -> None:
    u = uniforms(2, 200)
    assert FAMILIES["lognormal"](30.0, 0.6).ppf(u) == pytest.approx(lognormal(30.0, 0.6, u))
    assert FAMILIES["gamma"](30.0, 0.6).ppf(u) == pytest.approx(gamma(30.0, 0.6, u))


def test_open_cases_are_not_left_out() -> None:
    """A fifth is censored: without them the mean would be far too short."""
    values = lognormal(60.0, 0.8, uniforms(3, 5000))
    seen = 30.0 + 120.0 * uniforms(4, 5000)
    known = values <= seen
    assert 0.15 < 1.0 - known.mean() < 0.35
    sample = Sample(np.minimum(values, seen), np.where(known, values, INF))
    found = fit(sample, "lognormal")
    assert near(found, 60.0, 0.8) and found.censored == int((~known).sum())
    naive = fit(exact(values[known]), "lognormal")
    assert naive.mean < 60.0 - 10.0 * naive.mean_error


def test_minutes_that_were_rounded() -> None:
    """Short work in whole minutes: the difference of two stamps is off by up to one."""
    n = 6000
    values = lognormal(3.0, 0.7, uniforms(5, n))
    begin = 60.0 * uniforms(6, n)
    apart = np.floor(begin + values) - np.floor(begin)
    found = fit(Sample(np.maximum(apart - 1.0, 0.0), apart + 1.0), "lognormal")
    assert found.mean == pytest.approx(3.0, rel=0.04)
    assert found.cv == pytest.approx(0.7, rel=0.12)


def test_what_was_too_short_to_be_seen() -> None:
    values = gamma(30.0, 0.8, uniforms(7, 8000))
    seen = values[values > 15.0]
    found = fit(Sample(seen, seen, np.full(len(seen), 15.0)), "gamma")
    assert near(found, 30.0, 0.8)
    assert fit(exact(seen), "gamma").mean > 35.0


def test_the_likelihood_is_that_of_scipy() -> None:
    from scipy import stats

    values = lognormal(20.0, 0.5, uniforms(8, 300))
    censored = values > 25.0
    data = stats.CensoredData(uncensored=values[~censored], right=np.full(censored.sum(), 25.0))
    sample = Sample(np.minimum(values, 25.0), np.where(censored, INF, values))
    shape, _, scale = stats.lognorm.fit(data, floc=0.0)
    found = fit(sample, "lognormal")
    sigma = np.sqrt(np.log1p(found.cv**2))
    assert sigma == pytest.approx(shape, rel=1e-4)
    assert found.mean * np.exp(-sigma**2 / 2.0) == pytest.approx(scale, rel=1e-4)
    assert found.likelihood == pytest.approx(
        float(log_likelihood("lognormal", np.array(found.theta), sample).sum()))


def test_intervals_hold_as_often_as_they_say() -> None:
    held = 0
    for seed in range(80):
        u = uniforms(100 + seed, 60)
        values = lognormal(40.0, 0.6, u)
        seen = 20.0 + 80.0 * uniforms(900 + seed, 60)
        sample = Sample(np.minimum(values, seen), np.where(values <= seen, values, INF))
        low, high = fit(sample, "lognormal").interval()
        held += low <= 40.0 <= high
    assert 0.80 <= held / 80 <= 0.97


@pytest.mark.parametrize("truth", FAMILIES)
def test_the_family_is_told_by_what_it_predicts(truth: str) -> None:
    values = FAMILIES[truth](50.0, 0.9).ppf(uniforms(11, 4000))
    found = choose(exact(values))
    assert found.fit.family == truth
    assert set(found.scores) == set(FAMILIES) and found.scores[truth][1] == 0.0


def test_what_cannot_be_told_is_the_first_named() -> None:
    values = FAMILIES["gamma"](50.0, 0.2).ppf(uniforms(12, 40))
    assert choose(exact(values), ("lognormal", "gamma")).fit.family == "lognormal"


def test_a_fit_can_stand_in_a_scenario() -> None:
    found = fit(exact(lognormal(31.25, 0.41, uniforms(13, 3000))), "lognormal")
    stated = found.as_scenario()
    assert stated["distribution"] == "lognormal"
    assert minutes(stated["mean"]) == pytest.approx(found.mean, rel=1e-3)
    assert found.quantile([0.5])[0] < found.mean


@pytest.mark.parametrize(("bounds", "message"), [
    (([-1.0], [1.0]), "0 <= left"), (([2.0], [1.0]), "0 <= left"),
    (([np.nan], [1.0]), "0 <= left"), (([1.0, 2.0], [1.0]), "shape"),
    (([1.0], [1.0], [2.0]), "0 <= left"), (([1.0], [5.0], [0.0], [4.0]), "0 <= left")])
def test_impossible_durations_are_refused(bounds: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sample(*(np.array(one) for one in bounds))


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        fit(exact(np.array([1.0, 2.0])), "gamma")
    with pytest.raises(ValueError, match="known from above"):
        fit(Sample(np.ones(10), np.full(10, INF)), "gamma")
    with pytest.raises(ValueError, match="unknown family"):
        fit(exact(np.ones(10)), "normal")
    with pytest.raises(ValueError, match="folds"):
        choose(exact(np.arange(1.0, 20.0)), folds=1)


def test_durations_that_are_all_alike_have_no_errors_but_a_remark() -> None:
    found = fit(exact(np.full(50, 12.0)), "lognormal")
    assert found.mean == pytest.approx(12.0, rel=0.01) and found.remark
