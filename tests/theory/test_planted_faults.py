"""Faults planted in the engine: the checks named for them fail, and without a fault they pass."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from benchmarks.planted import FAULTS, QUICK, SHRINK, found
from sim.engines import invariants
from sim.verification.suite import verify


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault):
    outcomes = found(fault, fault.by)
    assert not any(outcome.passed for outcome in outcomes)
    assert {outcome.id for outcome in outcomes} >= set(fault.by)
    assert all(outcome.note for outcome in outcomes)


def test_without_a_fault_the_same_checks_reject_nothing():
    outcomes = verify(QUICK, engine="reference", shrink=SHRINK)
    assert {id for fault in FAULTS for id in fault.by} <= {outcome.id for outcome in outcomes}
    assert [outcome for outcome in outcomes if outcome.rejected] == []


def test_a_fault_leaves_the_engine_as_it_was():
    before = [(owner, name, getattr(owner, name)) for fault in FAULTS
              for owner, name, _ in fault.patches]
    for fault in FAULTS:
        with fault.planted():
            assert all(getattr(owner, name) is value for owner, name, value in fault.patches)
    assert all(getattr(owner, name) is value for owner, name, value in before)


def test_an_early_release_is_found_even_without_the_laws_of_a_run():
    """The laws of every run stop it first; the stamps of the work before one gang tell it too."""
    early, = (fault for fault in FAULTS if fault.name == "early-release")
    noted, = found(early, ("calendar",))
    assert "breaks a law" in noted.note and noted.simulated is None
    with patch.object(invariants, "check", lambda plan, log: None):
        differing, = found(early, ("calendar",))
    assert differing.simulated is not None and differing.theory is not None
    assert 0 < differing.simulated < differing.theory and "before one gang" in differing.note


def test_the_order_of_service_does_not_move_a_mean():
    """Last come, first served has the same mean time in the system: only its P95 tells."""
    last, = (fault for fault in FAULTS if fault.name == "last-come")
    assert [outcome.id for outcome in found(last, ("queue.mm1",))] == ["queue.mm1.p95"]
