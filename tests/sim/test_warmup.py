"""Where a series has settled, and the interval of a mean from one long run."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.errors import InputError
from scenarios.load import load
from sim.statistics import batch_means
from sim.statistics.warmup import moving_average, mser
from sim.warmup import settling_of


def test_a_series_that_rises_and_then_stays_is_cut_where_it_stays():
    rng = np.random.default_rng(1)
    rise = np.concatenate([np.linspace(0, 10, 8, endpoint=False), np.full(60, 10.0)])
    assert mser(rise) == 8
    cuts = [mser(rise + rng.normal(scale=0.5, size=68)) for _ in range(50)]
    assert 6 <= np.median(cuts) <= 9
    flat = [mser(rng.normal(size=40)) for _ in range(200)]
    assert np.median(flat) <= 4
    assert mser(np.arange(30.0)) == 15


@pytest.mark.parametrize("means", [np.ones(3), np.array([1.0, 2.0, np.nan, 1.0])])
def test_too_few_or_undefined_means_are_refused(means):
    with pytest.raises(ValueError, match="4 weeks"):
        mser(means)


def test_the_moving_average_is_shorter_near_the_ends():
    means = np.array([1.0, 5.0, 3.0, 7.0, 2.0])
    assert moving_average(means, 1).tolist() == pytest.approx([1.0, 3.0, 5.0, 4.0, 2.0])
    assert moving_average(means, 2)[2] == pytest.approx(18 / 5)
    assert moving_average(means, 0).tolist() == means.tolist()
    with pytest.raises(ValueError, match="window"):
        moving_average(means, -1)


def autoregressive(rng, n, phi):
    """A stationary AR(1) series with mean 0."""
    from scipy.signal import lfilter

    noise = rng.normal(size=n)
    noise[0] /= (1 - phi * phi) ** 0.5
    return lfilter([1.0], [1.0, -phi], noise)


def test_batches_hold_the_mean_of_a_series_whose_values_depend_on_each_other():
    rng, runs = np.random.default_rng(2), 400
    found = [batch_means(autoregressive(rng, 3000, 0.8)) for _ in range(runs)]
    held = np.mean([one.interval.low <= 0.0 <= one.interval.high for one in found])
    naive = [batch_means(autoregressive(rng, 3000, 0.8)[::1][:20]) for _ in range(runs)]
    assert 0.91 <= held <= 0.985
    assert np.median([one.size for one in found]) >= 4
    assert all(one.number >= 20 for one in found)
    # A run that is too short says so, most of the time.
    assert np.mean([not one.independent for one in naive]) > 0.5


def test_batches_of_independent_values_stay_single():
    rng = np.random.default_rng(3)
    found = [batch_means(rng.normal(size=100)) for _ in range(100)]
    assert np.mean([one.size == 1 for one in found]) > 0.6
    same = batch_means(np.full(40, 3.0))
    assert (same.interval.low, same.interval.high, same.independent) == (3.0, 3.0, True)
    with pytest.raises(ValueError, match="20 values"):
        batch_means(np.ones(19))


def test_weekly_means_are_those_of_the_runs():
    scenario = load("tests/cli/tiny.yaml", None, ["run.measured=6 weeks"])
    settling = settling_of(scenario, replications=3)
    assert settling.weekly.shape == (3, 6)
    assert settling.stated == 0
    assert "terminating" in settling_of(
        load("tests/cli/tiny.yaml", None, ["run.measured=4 weeks", "run.study=terminating"]),
        replications=2).verdict()
    with pytest.raises(InputError, match="too short"):
        settling_of(load("tests/cli/tiny.yaml"), replications=2)


def test_an_overloaded_port_does_not_settle():
    scenario = load("tests/cli/tiny.yaml", "separate", [
        "run.measured=20 weeks", "traffic.consignments_per_week=300"])
    assert "never settles" in settling_of(scenario, replications=2).verdict()
