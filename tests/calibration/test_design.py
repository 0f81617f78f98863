"""Designs fill their space, emulators foretell, regression adjustment gives a known posterior."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.design import (
    adjusted,
    correlation,
    hinges,
    implausibility,
    ranked,
    regress,
    space_filling,
    weighted_draws,
    whole,
)
from calibration.estimates import generator

LOW, HIGH = np.array([4, 10, 7]), np.array([12, 90, 7])


def test_a_design_stays_within_its_ends_and_reaches_them() -> None:
    points = space_filling(LOW, HIGH, 500, generator(1, "design"))
    assert points.shape == (500, 3)
    assert np.array_equal(points.min(axis=0), LOW)
    assert np.array_equal(points.max(axis=0), HIGH)


@pytest.mark.parametrize("part", [32, 128])
def test_any_first_part_of_a_design_fills_the_space_on_a_logarithmic_scale(part: int) -> None:
    points = space_filling(LOW, HIGH, 500, generator(2, "design"))[:part]
    below = np.mean(points[:, 1] <= 30)
    assert abs(below - np.log(31 / 10) / np.log(91 / 10)) < 0.06


def test_a_design_is_the_same_for_the_same_seed_alone() -> None:
    one, same, other = (space_filling(LOW, HIGH, 64, generator(seed, "design"))
                        for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_an_emulator_foretells_a_wait_that_ends_where_a_resource_no_longer_binds() -> None:
    points = space_filling(LOW, HIGH, 160, generator(3, "design"))
    noise = generator(3, "noise").standard_normal((160, 1))
    told = np.maximum(np.log(25.0 / points[:, 1:2]), 0.0) + 0.1 * np.log(points[:, :1])
    line = regress(hinges(points[:128], LOW, HIGH), (told + 0.02 * noise)[:128])
    off = line.at(hinges(points[128:], LOW, HIGH)) - told[128:]
    assert np.sqrt(np.mean(off**2)) < 0.06
    assert 0.015 < line.error[0] < 0.09


def test_an_emulator_of_noise_foretells_its_mean() -> None:
    points = space_filling(LOW, HIGH, 96, generator(4, "design"))
    noise = generator(4, "noise").standard_normal((96, 1))
    line = regress(hinges(points, LOW, HIGH), noise)
    assert np.std(line.at(hinges(points, LOW, HIGH))) < 0.4
    assert line.error[0] == pytest.approx(np.std(noise), rel=0.15)


def test_the_error_is_that_of_a_run_that_was_left_out() -> None:
    draw = generator(5, "ridge")
    x = draw.standard_normal((12, 1))
    y = 2.0 * x + 0.3 * draw.standard_normal((12, 1))
    off = []
    for i in range(12):
        rest = np.arange(12) != i
        slope, level = np.polyfit(x[rest, 0], y[rest, 0], 1)
        off.append(y[i, 0] - level - slope * x[i, 0])
    assert regress(x, y).error[0] == pytest.approx(np.sqrt(np.mean(np.square(off))), rel=0.02)


def test_points_that_could_not_have_shown_what_was_observed_are_implausible() -> None:
    points = space_filling(LOW, HIGH, 256, generator(6, "design"))
    noise = generator(6, "noise").standard_normal((256, 3))
    shown = np.log(points[:, [1, 1, 0]]) + 0.05 * noise
    line = regress(hinges(points, LOW, HIGH), shown)
    observed = np.log([30.0, 30.0, 8.0])
    far = ranked(implausibility(line, hinges(points, LOW, HIGH), observed, np.full(3, 0.05)), 2)
    near = np.abs(np.log(points[:, 1] / 30.0)) < 0.05
    assert far[near].max() < 3.0
    assert far[points[:, 1] > 60].min() > 3.0


def test_regression_adjustment_gives_the_posterior_of_a_normal_law() -> None:
    # number ~ N(20, 4), shown = number + N(0, 1): given 23, N(20 + 3 * 0.8, 0.8).
    draw = generator(7, "abc")
    number = 20.0 + 2.0 * draw.standard_normal((400, 1))
    shown = number + draw.standard_normal((400, 1))
    values, weights = adjusted(number, shown, np.array([23.0]), np.ones(1), [[0]])
    draws = weighted_draws(values, weights, 400, draw)
    assert np.mean(draws) == pytest.approx(22.4, abs=0.2)
    assert np.std(draws) == pytest.approx(np.sqrt(0.8), rel=0.2)


def test_what_tells_nothing_of_a_number_leaves_it_as_it_was() -> None:
    draw = generator(8, "abc")
    number = draw.uniform(10.0, 30.0, (200, 1))
    shown = draw.standard_normal((200, 4))
    values, weights = adjusted(number, shown, np.zeros(4), np.ones(4), [[0, 1, 2, 3]])
    draws = weighted_draws(values, weights, 400, draw)
    assert np.quantile(draws, 0.05) < 12.5
    assert np.quantile(draws, 0.95) > 27.5


def test_an_observation_beyond_all_runs_moves_no_number_beyond_them() -> None:
    draw = generator(9, "abc")
    number = draw.uniform(10.0, 30.0, (100, 1))
    shown = number + 0.1 * draw.standard_normal((100, 1))
    values, _ = adjusted(number, shown, np.array([500.0]), np.ones(1), [[0]])
    assert values.max() < 31.0


def test_what_the_model_cannot_show_moves_no_number() -> None:
    """The log waits far longer than any run, for a reason that the model lacks; the number has
    nothing to do with it but what chance has it."""
    ends = []
    for seed in range(20):
        draw = generator(seed, "abc.misfit")
        places = draw.uniform(10.0, 160.0, (192, 1))
        shown = np.hstack([np.minimum(places, 40.0) / 40.0, 3.7 + 0.08 * draw.standard_normal(
            (192, 3))]) + 0.03 * draw.standard_normal((192, 4))
        values, weights = adjusted(places, shown, np.array([1.0, 4.6, 4.7, 4.7]),
                                   np.full(4, 0.1), [[0, 1, 2, 3]])
        ends.append(np.quantile(weighted_draws(values, weights, 400, draw), [0.05, 0.95]))
    low, high = np.array(ends).T
    assert np.mean(low < 70.0) >= 0.9 and np.mean(high > 130.0) >= 0.9, ends


def test_draws_keep_the_correlation_of_the_runs() -> None:
    draw = generator(10, "copula")
    together = draw.standard_normal((150, 1))
    values = np.hstack([together, -together, np.full((150, 1), 5.0)])
    values[:, :2] += 0.3 * draw.standard_normal((150, 2))
    assert correlation(values)[2, 2] == 1.0
    draws = weighted_draws(values, np.ones_like(values), 300, draw)
    assert np.corrcoef(draws[:, 0], draws[:, 1])[0, 1] < -0.6
    assert np.all(draws[:, 2] == 5.0)


def test_whole_numbers_stay_within_their_range() -> None:
    assert whole(np.array([[3.4, 9.6]]), np.array([4, 2]), np.array([8, 9])).tolist() == [[4, 9]]
