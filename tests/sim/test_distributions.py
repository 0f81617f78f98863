"""Own quantile functions against scipy's, and against the means that were asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from scenarios.schema.distributions import Boxes, Time
from sim.distributions import counts, lognormal, on_clock, pick, poisson, quantile, times
from sim.streams import uniforms

U = np.array([1e-12, 1e-6, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1 - 1e-6, 1 - 1e-12])
GRID = (np.arange(200_000) + 0.5) / 200_000


def time(**parameters: Any) -> Any:
    return TypeAdapter(Time).validate_python(parameters)


def boxes(**parameters: Any) -> Any:
    return TypeAdapter(Boxes).validate_python(parameters)


@pytest.mark.parametrize(("parameters", "frozen"), [
    ({"distribution": "uniform", "low": "3 min", "high": "9 min"}, stats.uniform(3, 6)),
    ({"distribution": "triangular", "low": "2 min", "mode": "3 min", "high": "10 min"},
     stats.triang(1 / 8, 2, 8)),
    ({"distribution": "triangular", "low": "2 min", "mode": "2 min", "high": "10 min"},
     stats.triang(0, 2, 8)),
    ({"distribution": "triangular", "low": "2 min", "mode": "10 min", "high": "10 min"},
     stats.triang(1, 2, 8)),
    ({"distribution": "exponential", "mean": "7 min"}, stats.expon(scale=7)),
    ({"distribution": "gamma", "shape": 2.5, "scale": "4 min"}, stats.gamma(2.5, scale=4)),
    ({"distribution": "gamma", "mean": "10 min", "cv": 0.5}, stats.gamma(4, scale=2.5)),
    ({"distribution": "lognormal", "median": "20 min", "sigma": 0.7},
     stats.lognorm(0.7, scale=20)),
    ({"distribution": "weibull", "shape": 1.7, "scale": "30 min"},
     stats.weibull_min(1.7, scale=30)),
    ({"distribution": "weibull", "mean": "30 min", "cv": 1}, stats.expon(scale=30)),
], ids=lambda v: "-".join(map(str, v.values())) if isinstance(v, dict) else "")
def test_against_scipy(parameters: dict[str, Any], frozen: Any) -> None:
    np.testing.assert_allclose(quantile(time(**parameters), U), frozen.ppf(U), rtol=1e-9)


@pytest.mark.parametrize("name", ["gamma", "lognormal", "weibull"])
@pytest.mark.parametrize("cv", [0.001, 0.05, 0.35, 1.0, 1.5])
def test_mean_and_cv_are_recovered(name: str, cv: float) -> None:
    values = quantile(time(distribution=name, mean="40 min", cv=cv), GRID)
    assert values.mean() == pytest.approx(40, rel=2e-3)
    assert values.std() / values.mean() == pytest.approx(cv, rel=3e-2)


@pytest.mark.parametrize("cv", [0.001, 0.01, 0.3, 1.0, 3.0, 20.0])
def test_weibull_shape_has_the_cv(cv: float) -> None:
    from sim.distributions import weibull_shape

    frozen = stats.weibull_min(weibull_shape(cv))
    assert frozen.std() / frozen.mean() == pytest.approx(cv, rel=1e-6)


def test_constants_and_empirical_values() -> None:
    assert quantile(time(distribution="constant", value="3 min"), U).tolist() == [3.0] * len(U)
    values = time(distribution="empirical", values=["1 min", "2 min", "9 min"], weights=[0, 1, 3])
    assert np.unique(quantile(values, GRID)).tolist() == [2, 9]
    assert quantile(values, GRID).mean() == pytest.approx(0.25 * 2 + 0.75 * 9, abs=1e-4)


def test_times_lie_on_the_clock() -> None:
    values = times(time(distribution="lognormal", mean="33 min", cv=0.35), U)
    assert np.all(values * 1024 == np.round(values * 1024)) and np.all(values >= 0)
    assert on_clock(1 / 3) == 341 / 1024


@pytest.mark.parametrize("mean", [1.0000001, 1.51, 4.52, 30.0])
def test_geometric_boxes(mean: float) -> None:
    drawn = counts(boxes(distribution="geometric", mean=mean), U)
    assert drawn.tolist() == np.maximum(stats.geom(1 / mean).ppf(U), 1).tolist()


@pytest.mark.parametrize("mean", [0.0, 1e-6, 0.3, 2.25, 40.0, 5000.0])
def test_poisson_numbers(mean: float) -> None:
    drawn = poisson(np.full(U.shape, mean), U)
    assert drawn.tolist() == stats.poisson(mean).ppf(U).tolist()


def test_poisson_boxes_begin_at_one() -> None:
    drawn = counts(boxes(distribution="poisson", mean=2.5), GRID)
    assert drawn.min() == 1 and drawn.mean() == pytest.approx(2.5, abs=1e-3)
    assert counts(boxes(distribution="poisson", mean=1), U).tolist() == [1] * len(U)


def test_pick_follows_the_shares_and_skips_those_of_zero() -> None:
    index = pick({"none": 0.0, "a": 0.2, "b": 0.0, "c": 0.8, "last": 0.0}, GRID)
    assert np.bincount(index, minlength=5).tolist() == [0, 40_000, 0, 160_000, 0]
    assert pick({"a": 0.0, "b": 1.0, "c": 0.0}, np.array([2.0**-54, 1 - 2.0**-53])).tolist() == [
        1, 1]


def test_all_are_finite_and_rise_at_every_uniform() -> None:
    ends = np.array([2.0**-54, 0.5, 1 - 2.0**-53])
    assert np.all(np.isfinite(lognormal(33.0, 5.0, ends)))
    for name in ("gamma", "lognormal", "weibull"):
        values = quantile(time(distribution=name, mean="33 min", cv=2), np.sort(
            uniforms(1, 0, name, 10_000)))
        assert np.all(np.isfinite(values)) and np.all(np.diff(values) >= 0)


def test_a_shift_is_added_and_a_mixture_has_its_parts() -> None:
    shifted = time(distribution="gamma", mean="40 min", cv=0.5, shift="10 min")
    np.testing.assert_allclose(quantile(shifted, U), 10.0 + stats.gamma(4, scale=10).ppf(U),
                               rtol=1e-9)
    parts = [{"share": 0.75, "distribution": "lognormal", "mean": "40 min", "cv": 0.5},
             {"share": 0.25, "distribution": "weibull", "mean": "600 min", "cv": 1.0}]
    values = quantile(time(distribution="mixture", parts=parts), GRID)
    assert values.mean() == pytest.approx(0.75 * 40 + 0.25 * 600, rel=2e-3)
    for part, law in ((slice(0, 150_000), stats.lognorm(np.sqrt(np.log1p(0.25)))),
                      (slice(150_000, None), stats.expon(scale=600))):
        scale = 40 / np.sqrt(1.25) if part.stop else 1.0
        assert np.median(values[part]) == pytest.approx(scale * law.median(), rel=1e-3)
