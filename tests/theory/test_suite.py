"""The engine against theory. Here theory must not be rejected; the slow test asks for precision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.errors import InputError
from sim.verification.checks import LEVEL, Exact, Experiment
from sim.verification.suite import IDS, STATISTICAL, SUITE, chosen, outcomes_of, verify

EXPERIMENTS = [check for check in SUITE if isinstance(check, Experiment)]
EXACT = [check for check in SUITE if isinstance(check, Exact)]


def test_the_ids_are_stable():
    assert IDS == (
        "queue.mm1", "queue.mm1.p95", "queue.mmc", "queue.mmc.wait-p95", "queue.md1", "queue.mg1",
        "queue.mmc-priority.high", "queue.mmc-priority.low", "network.tandem",
        "network.fork-join", "network.blocking-tandem", "calendar.working-hours",
        "walked.separate", "walked.one-stop", "walked.one-stop-recognition",
        "identity.reduction", "identity.erosion.unequal", "identity.erosion.random",
        "identity.erosion.boxes")
    assert len(set(IDS)) == len(IDS)
    assert STATISTICAL == sum(len(e.quantities) for e in EXPERIMENTS) == 13


@pytest.mark.parametrize("check", EXPERIMENTS, ids=lambda check: check.ids[0])
def test_theory_is_not_rejected(check):
    fewer = replace(check, replications=24)
    for outcome in outcomes_of(fewer, 1, "auto", shrink=0.1):
        assert outcome.p is not None and outcome.p >= LEVEL / STATISTICAL, outcome
        assert not outcome.rejected
        assert outcome.low < outcome.simulated < outcome.high


@pytest.mark.parametrize("check", EXACT, ids=lambda check: check.id)
def test_what_must_be_equal_is_equal(check):
    outcome, = outcomes_of(check, 7, "reference")
    assert outcome.passed, outcome
    assert outcome.theory is not None and outcome.theory >= 14


def test_a_beginning_chooses_checks_in_their_order():
    assert [check.ids[0] for check in chosen(("walked", "queue.md1"))] == [
        "queue.md1", "walked.separate", "walked.one-stop", "walked.one-stop-recognition"]
    assert chosen(()) == list(SUITE)
    outcomes = verify(("queue.mm1.p95",), shrink=0.01)
    assert [outcome.id for outcome in outcomes] == ["queue.mm1.p95"]


def test_an_unknown_beginning_and_an_unknown_engine_are_refused():
    with pytest.raises(InputError, match="found 'queue.mm9'; allowed: queue.mm1, .*Did you mean 'queue.mm"):
        verify(("walked", "queue.mm9"))
    with pytest.raises(InputError, match="found 'warp'; allowed: auto, reference"):
        verify(("walked",), engine="warp")


def test_progress_comes_to_its_end():
    told = []
    verify(("queue.md1", "walked"), shrink=0.01, progress=told.append)
    assert (told[0].done, told[-1].done) == (0, told[0].total)
    assert [p.done for p in told] == sorted(p.done for p in told)


def test_the_same_seed_gives_the_same_numbers_and_another_one_does_not():
    one, same, other = (verify(("queue.md1",), seed, shrink=0.01) for seed in (5, 5, 6))
    assert one == same
    assert one[0].simulated != other[0].simulated


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_all_checks_pass(seed):
    outcomes = verify(seed=seed)
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert tuple(outcome.id for outcome in outcomes) == IDS
