"""How a sample is judged: intervals, levels, tolerances, controls."""

from __future__ import annotations

import numpy as np
import pytest

from sim.verification.checks import (
    Agreement,
    Exact,
    Experiment,
    Quantity,
    agreement,
    controlled,
    judge,
    run_exact,
    run_experiment,
)

HUNDRED = Quantity("x", "a number", 100.0)
T_19 = 2.0930240544
"""The 97.5 % quantile of Student's t with 19 degrees of freedom, from a table."""


def test_the_interval_is_student_s():
    outcome = judge(HUNDRED, 100.2, 0.1, 19, 10)
    assert outcome.low == pytest.approx(100.2 - 0.1 * T_19)
    assert outcome.high == pytest.approx(100.2 + 0.1 * T_19)
    assert judge(HUNDRED, 100.0 + 0.1 * T_19, 0.1, 19, 10).p == pytest.approx(0.05)


@pytest.mark.parametrize("mean, error, passed, rejected, word", [
    (100.0, 0.1, True, False, ""),
    (100.7, 0.14, False, True, "rejected"),         # p = 0.00007; up to 100.993
    (100.0, 0.5, False, False, "the interval leaves 1%"),   # right, but vague
    (98.0, 0.1, False, True, "rejected (p = "),
    (99.8, 0.38, True, False, ""),                  # from 99.005
    (99.8, 0.39, False, False, "leaves"),           # from 98.984
])
def test_the_pass_rule(mean, error, passed, rejected, word):
    outcome = judge(HUNDRED, mean, error, 19, 10)
    assert (outcome.passed, outcome.rejected) == (passed, rejected), outcome
    assert word in outcome.note and bool(word) == bool(outcome.note)


def test_more_checks_reject_less_easily():
    few, many = (judge(HUNDRED, 100.3, 0.1, 100, checks) for checks in (1, 20))
    assert few.p == many.p and 0.01 / 20 < few.p < 0.01
    assert few.rejected and not many.rejected


def test_a_quantile_may_lie_farther_off():
    quantile = Quantity("x.p95", "a quantile", 100.0, 0.02)
    assert judge(quantile, 100.0, 0.9, 19, 10).passed
    assert not judge(quantile, 100.0, 1.0, 19, 10).passed


def test_controls_take_out_what_they_explain():
    rng = np.random.Generator(np.random.PCG64(3))
    controls, noise = rng.normal(size=(40, 2)), rng.normal(size=40) * 0.01
    values = 5.0 + controls @ [2.0, -1.0] + noise
    mean, error, freedom = controlled(values, controls)
    assert freedom == 37
    assert abs(mean - 5.0) < 0.01 and 0.001 < error < 0.003
    raw, raw_error, _ = controlled(values, np.empty((40, 0)))
    assert raw == pytest.approx(values.mean())
    assert raw_error == pytest.approx(values.std(ddof=1) / np.sqrt(40))


def test_too_few_replications_for_the_controls_are_refused():
    with pytest.raises(ValueError, match="too few"):
        controlled(np.zeros(3), np.zeros((3, 2)))


def test_about_one_interval_in_twenty_misses():
    """Of 400 experiments with a true mean of 100, the intervals hold it 95 times in 100."""
    rng = np.random.Generator(np.random.PCG64(8))

    def replicate(seed, replication, size, engine):
        control = rng.normal()
        return [100.0 + control + rng.normal()], [control]

    experiment = Experiment((HUNDRED,), replicate, 12, 1)
    missed = 0
    for _ in range(400):
        outcome, = run_experiment(experiment, 1, "auto", 1)
        missed += not outcome.low <= 100.0 <= outcome.high
    assert 8 <= missed <= 34


def test_replications_can_be_shortened_and_are_told():
    sizes, told = [], []

    def replicate(seed, replication, size, engine):
        sizes.append((seed, replication, size, engine))
        return [float(replication)], []

    run_experiment(Experiment((HUNDRED,), replicate, 3, 1000), 9, "reference", 1, told.append, 0.1)
    assert sizes == [(9, k, 100, "reference") for k in range(3)]
    assert told == [1, 1, 1]


def test_numbers_are_compared_by_name():
    assert agreement({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.0}) == Agreement(2, 2)
    one = agreement({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.5})
    assert (one.equal, one.compared) == (1, 2) and "b: 2.0 expected, 2.5" in one.first
    assert agreement({"a": 1.0}, {"a": 1.0, "c": 3.0}).equal == 1
    assert agreement({"a": 1.0, "c": 3.0}, {"a": 1.0}).equal == 1


@pytest.mark.parametrize("found, passed", [
    (Agreement(4, 4), True), (Agreement(3, 4, "d"), False), (Agreement(0, 0), False)])
def test_an_exact_check_wants_all_and_something(found, passed):
    outcome = run_exact(Exact("e", "numbers", lambda seed, engine: found), 1, "auto")
    assert (outcome.passed, outcome.rejected) == (passed, not passed)
    assert (outcome.theory, outcome.simulated) == (found.compared, found.equal)
    assert outcome.low is outcome.high is outcome.p is None
