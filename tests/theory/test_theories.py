"""The numbers that theory gives, against other ways to come by them."""

from __future__ import annotations

from math import erf, exp, log1p, sqrt

import numpy as np
import pytest

from sim.verification.calendars import DAY, Hours, Party
from sim.verification.identity import EROSIONS, lognormal_max
from sim.verification.networks import blocking, blocking_chain
from sim.verification.queues import erlang_c, mm1, mmc, priority
from sim.verification.traffic import quantile_estimate, walk, walk_mean


def test_erlang_s_formula():
    assert erlang_c(1, 0.4) == pytest.approx(0.4)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    rho = 0.3
    assert erlang_c(2, 2 * rho) == pytest.approx(2 * rho**2 / (1 + rho))


def test_the_p95_of_an_exponential_time():
    mean, p95 = (quantity.theory for quantity in mm1(0.5).quantities)
    assert mean == 120.0
    assert exp(-p95 / mean) == pytest.approx(0.05)


def test_the_share_that_waits_longer_is_five_in_a_hundred():
    mean, p95 = (quantity.theory for quantity in mmc(2, 0.5).quantities)
    assert mean == pytest.approx(80.0)
    assert exp(-p95 / 60.0) / 3 == pytest.approx(0.05)


def test_classes_share_the_waiting_of_one_queue():
    """Priorities move waiting about; the mean over the classes is that of M/M/c (conservation)."""
    high, low = (quantity.theory - 60.0 for quantity in priority(2, 0.3, 0.2).quantities)
    assert 0.6 * high + 0.4 * low == pytest.approx(erlang_c(2, 1.0) / (2 / 60 - 1 / 60))


def test_with_much_room_nothing_blocks():
    """The chain with room for 24 is two queues in series: rho / (1 - rho) each."""
    assert blocking_chain(0.3, 1.0, 0.8, 24, 30) == pytest.approx(3 / 7 + 3 / 5, rel=1e-8)


def test_little_room_costs_time_and_cutting_off_does_not():
    one, two, three = (blocking_chain(0.3, 1.0, 1.0, room, 60) for room in (1, 2, 3))
    assert one > two > three > 2 * 0.3 / 0.7
    assert blocking_chain(0.5, 1.0, 1.25, 2, 60) == pytest.approx(
        blocking_chain(0.5, 1.0, 1.25, 2, 90), rel=1e-12)
    quantity, = blocking(0.3, 60.0, 1).quantities
    assert quantity.theory == pytest.approx(one / 0.3 * 60.0)


def test_saturation_of_two_equal_stations_without_a_queue_between():
    """Room for one: the line carries 2/3 of a station's rate, so load 0.66 holds and 0.67 not."""
    assert blocking_chain(0.6, 1.0, 1.0, 1, 99) < 20.0
    assert blocking_chain(0.67, 1.0, 1.0, 1, 99) > 40.0


@pytest.mark.parametrize("cv", [0.0, 0.7, 1.0])
def test_a_long_walk_has_the_mean_wait_of_pollaczek_and_khinchine(cv):
    assert walk_mean(200, 0.5, cv) == pytest.approx(0.5**2 * (1 + cv**2) / (2 * 0.5), rel=1e-6)


def test_a_walk_is_the_largest_sum_that_leads_up_to_it():
    steps = np.array([1.0, -3.0, 2.0, 1.5, -1.0])
    assert walk(steps, 1).tolist() == [0.0, 1.0, 0.0, 2.0, 1.5, 0.0]
    assert walk(steps, 2).tolist() == [0.0, 1.0, 0.0, 2.0, 3.5, 0.5]
    assert walk(steps, 5).tolist() == [0.0, 1.0, 0.0, 2.0, 3.5, 2.5]


def test_the_mean_of_drawn_walks():
    rng = np.random.Generator(np.random.PCG64(11))
    steps = rng.exponential(0.6, 400_000) - rng.exponential(1.0, 400_000)
    for depth in (1, 4):
        assert walk(steps, depth).mean() == pytest.approx(walk_mean(depth, 0.6, 1.0), rel=0.02)


def test_a_quantile_follows_the_share_beyond_it():
    values = np.arange(100.0)
    assert quantile_estimate(values, 94.5, 0.05, 0.01) == pytest.approx(94.5)
    assert quantile_estimate(values + 2.0, 94.5, 0.05, 0.01) == pytest.approx(96.5)


def test_the_larger_of_two_lognormal_variables():
    """E[max] = 2 m Phi(s / sqrt 2), with s^2 = ln(1 + cv^2)."""
    mean, cv = 240.0, 0.8
    sigma = sqrt(log1p(cv * cv))
    assert lognormal_max(mean, cv, 1) == pytest.approx(mean)
    assert lognormal_max(mean, cv, 2) == pytest.approx(mean * (1.0 + erf(sigma / 2.0)))


def test_the_largest_of_many_lognormal_variables():
    rng = np.random.Generator(np.random.PCG64(2))
    sigma = sqrt(log1p(0.25))
    drawn = np.exp(sigma * rng.normal(size=(100_000, 6)) - sigma**2 / 2.0).max(axis=1)
    assert lognormal_max(1.0, 0.5, 6) == pytest.approx(drawn.mean(), rel=0.01)


def test_random_examinations_erode_the_rule():
    for erosion in EROSIONS:
        assert erosion.theory < erosion.rule
        assert erosion.experiment(1, 1).quantities[0].theory == erosion.theory


def test_the_table_of_minutes_on_a_day_that_can_be_counted():
    """Monday 08:30-12:00 and 13:30-17:30; hand-overs of 15 minutes."""
    office = ((510, 720), (810, 1050))
    plain, handed = Hours((Party(office),)), Hours((Party(office, 5, "hand-over", 15),))
    assert [plain.start(t) for t in (0.0, 510.5, 720.0, 1050.0)] == [510.0, 510.5, 810.0, 1950.0]
    assert plain.end(700.0, 20.0) == 720.0
    assert plain.end(700.0, 20.5) == 810.5
    assert plain.end(700.0, 20.0 + 240.0) == 1050.0
    assert plain.end(700.25, 20.0 + 240.0) == 1950.25
    assert handed.end(700.0, 21.0) == 826.0
    assert handed.end(700.0, 20.0 + 225.0) == 1050.0
    assert plain.work_until_closing(700.0, 1) == 260.0
    assert handed.work_until_closing(700.0, 1) == 245.0
    assert plain.start(4 * DAY + 1050.0) == 7 * DAY + 510.0
