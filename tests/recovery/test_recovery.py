"""Three known ports are found again from their dirty logs; with the marker `slow`, more of them.

A few ports cannot show that intervals hold the truth as often as they say; they show that nothing
is far off. The table of fifty ports stands in docs/verification.md.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.recovery import HIGH, LOW, Found, run
from benchmarks.what_if import run as what_if

pytestmark = pytest.mark.slow

PORTS = range(3)
MANY = range(50)

AT_LEAST = {"rates": 60.0, "shares": 75.0, "durations": 65.0, "hours": 80.0, "capacities": 65.0}
"""Per cent of the intervals that hold the truth, which three ports must reach in any case."""


@cache
def found(ports: range) -> list[Found]:
    return run(ports).found


def of_kind(kind: str, ports: range = PORTS) -> list[Found]:
    return [one for one in found(ports) if one.kind == kind]


@pytest.mark.parametrize("kind", AT_LEAST)
def test_intervals_hold_the_truth(kind):
    some = of_kind(kind)
    assert some
    assert 100.0 * np.mean([one.held for one in some]) >= AT_LEAST[kind]


@pytest.mark.parametrize("kind", AT_LEAST)
def test_medians_are_near(kind):
    some = of_kind(kind)
    assert np.mean([one.close for one in some]) >= 0.8


@pytest.mark.parametrize("kind", ["gangs", "officers"])
def test_gangs_and_officers_are_within_one_where_they_bind(kind):
    binding = [one for one in of_kind("capacities") if one.name.startswith(kind) and one.binds]
    assert binding
    assert all(abs(round(one.median) - one.truth) <= 1.0 for one in binding)


@pytest.mark.slow
@pytest.mark.parametrize("kind", AT_LEAST)
def test_of_fifty_ports_intervals_hold_the_truth_as_often_as_promised(kind):
    held = 100.0 * np.mean([one.held for one in of_kind(kind, MANY)])
    assert LOW <= held <= HIGH


@pytest.mark.slow
def test_changes_are_predicted_where_the_port_can_do_the_work():
    answers = [a for a in what_if(range(5)) if a.light]
    assert np.mean([a.near for a in answers]) >= 0.9
    clear = [a for a in answers if a.resolved]
    assert np.mean([a.right for a in clear]) >= 0.95
