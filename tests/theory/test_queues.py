"""The engine against queueing theory: not rejected, and precise enough to mean something."""

from __future__ import annotations

import pytest

from tests.theory.cases import CASES, LEVEL, WITHIN, estimate


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mean_time_in_the_system(case):
    outcome = estimate(case)
    assert outcome.p_value >= LEVEL / len(CASES), outcome
    assert outcome.error <= WITHIN, outcome


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_on_other_seeds(case, seed):
    outcome = estimate(case, seed)
    assert outcome.p_value >= LEVEL / (3 * len(CASES)), outcome
    assert outcome.error <= WITHIN, outcome
