"""Three known ports are found again from their dirty logs; with the marker `slow`, more of them.

A few ports cannot show that intervals hold the truth as often as they say; they show that nothing
is far off. The table of fifty ports stands in docs/verification.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from benchmarks.recovery import HIGH, LOW, Found, run
from benchmarks.what_if import run as what_if

MANY = range(50)

AT_LEAST = {"rates": 60.0, "shares": 75.0, "durations": 70.0, "hours": 80.0, "capacities": 65.0}
"""Per cent of the intervals that hold the truth, which three ports must reach in any case."""


def held(found: Sequence[Found]) -> float:
    return 100.0 * float(np.mean([one.held for one in found]))


def test_three_known_ports_are_found_again():
    """One test, so that the ports are calibrated once, whatever workers there are."""
    found = run(range(3)).found
    for kind, least in AT_LEAST.items():
        some = [one for one in found if one.kind == kind]
        assert some
        assert held(some) >= least, kind
        assert np.mean([one.close for one in some]) >= 0.8, kind
    binding = [one for one in found if one.name.startswith(("gangs", "officers")) and one.binds]
    assert binding
    assert all(abs(round(one.median) - one.truth) <= 1.0 for one in binding)


@cache
def of_fifty() -> list[Found]:
    return run(MANY).found


@pytest.mark.slow
@pytest.mark.parametrize("kind", AT_LEAST)
def test_of_fifty_ports_intervals_hold_the_truth_as_often_as_promised(kind):
    assert LOW <= held([one for one in of_fifty() if one.kind == kind]) <= HIGH


@pytest.mark.slow
def test_changes_are_predicted_where_the_port_can_do_the_work():
    answers = [a for a in what_if(range(5)) if a.light]
    assert np.mean([a.near for a in answers]) >= 0.9
    clear = [a for a in answers if a.resolved]
    assert np.mean([a.right for a in clear]) >= 0.95
