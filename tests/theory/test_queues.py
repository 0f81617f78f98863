"""The engine against queueing theory: not rejected, and precise enough to mean something."""

from __future__ import annotations

import pytest

from tests.theory.cases import CASES, LEVEL, WITHIN, estimate


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mean_time_in_the_system(case):
    outcome = estimate(case)
    assert outcome.p_value >= LEVEL / len(CASES), outcome
    assert outcome.error <= WITHIN, outcome
