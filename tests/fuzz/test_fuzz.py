"""Hostile scenarios, logs and options, some hundreds of them; ten thousand: benchmarks/fuzz.py."""

from __future__ import annotations

import pytest

from tests.fuzz.cases import KINDS, case_of
from tests.fuzz.runner import run_case, run_cases


def told(failures: list) -> str:
    return "\n".join(f"python -m benchmarks.fuzz --case SEED:{f.number}: {f.faults}"
                     for f in failures)


def test_a_case_is_the_same_wherever_it_is_made() -> None:
    assert [case_of(3, number) for number in range(30)] == [
        case_of(3, number) for number in range(30)]
    assert case_of(3, 0) != case_of(4, 0)


def test_a_case_can_be_run_again_by_itself() -> None:
    assert run_case(1, 0).faults == ()


def test_three_hundred_cases_end_as_a_user_would_wish() -> None:
    account = run_cases(1, 300, workers=2)
    assert account.cases == 300 and not account.failures, told(account.failures)
    assert {kind for kind, _ in account.table} == set(KINDS)
    # Neither everything refused nor everything accepted: both sides of the line are tried.
    statuses = {status for _, status in account.table}
    assert statuses <= {0, 1, 2} and {0, 2} <= statuses


def test_what_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge itself: a crash behind the command line is a failure with its traceback."""
    def crash(*_: object) -> None:
        raise ZeroDivisionError("hidden")

    monkeypatch.setattr("sim.ports.traffic_of", crash)
    numbers = [n for n in range(60) if case_of(1, n).kind == "log cells"]
    outcomes = [run_case(1, n) for n in numbers[:3]]
    assert any(o.status == 70 and "hidden" in o.faults[0] for o in outcomes)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_more_cases(seed: int) -> None:
    account = run_cases(seed, 2000, workers=2)
    assert not account.failures, told(account.failures)
