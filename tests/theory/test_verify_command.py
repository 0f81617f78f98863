"""onestop verify: its table, its JSON, its exit status."""

from __future__ import annotations

import json

import pytest

from benchmarks.planted import FAULTS
from sim.cli import main
from sim.provenance import own_version

FIELDS = ["id", "kind", "what", "theory", "simulated", "low", "high", "p", "tolerance", "passed"]


@pytest.fixture
def onestop(monkeypatch, capsys):
    """Runs a command: (status, stdout, stderr)."""
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words):
        capsys.readouterr()
        status = main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return status, captured.out, captured.err

    return run


def test_a_table_on_stdout_and_progress_on_stderr(onestop):
    status, out, err = onestop("verify", "--only", "walked", "--only", "calendar")
    assert status == 0
    assert "4 checks, seed 1" in out
    assert out.count("passed") == 4 and "173 of 173" in out
    assert "8 of 8 replications" in err


def test_json_has_the_fields_of_its_schema(onestop):
    status, out, err = onestop("verify", "--json", "--quiet", "--only", "walked.separate",
                               "--only", "queue.md1", "--seed", "3", "--engine", "reference")
    found = json.loads(out)
    assert status == 0 and err == ""
    assert list(found) == ["schema", "version", "engines", "seed", "checks", "passed"]
    assert (found["schema"], found["version"]) == ("onestop.verification/1", own_version())
    assert (found["engines"], found["seed"], found["passed"]) == (["reference"], 3, True)
    statistical, exact = found["checks"]
    assert list(statistical) == list(exact) == FIELDS
    assert statistical["id"] == "queue.md1" and statistical["kind"] == "statistical"
    assert statistical["low"] < statistical["simulated"] < statistical["high"]
    assert 0 < statistical["p"] <= 1 and statistical["tolerance"] == 0.01
    assert exact["kind"] == "exact" and exact["theory"] == exact["simulated"] == 173
    assert exact["low"] is exact["high"] is exact["p"] is None and exact["tolerance"] == 0


def test_a_check_that_fails_is_exit_status_1(onestop):
    with FAULTS[0].planted():
        status, out, err = onestop("verify", "--quiet", "--only", "walked.separate",
                                   "--only", "calendar")
    assert status == 1
    assert "FAILED" in out and "passed" in out
    assert err.startswith("onestop: 1 of 2 checks failed:\nwalked.separate: ")
    assert "A1, move-in" in err and "3990.0) walked" in err


def test_a_run_that_breaks_off_has_failed_and_the_others_go_on(onestop):
    early, = (fault for fault in FAULTS if fault.name == "early-release")
    with early.planted():
        status, out, err = onestop("verify", "--quiet", "--json", "--only", "walked")
    found = json.loads(out)
    assert status == 1 and not found["passed"]
    assert [check["passed"] for check in found["checks"]] == [False, True, True]
    assert found["checks"][0]["simulated"] is None
    assert "breaks a law" in err


@pytest.mark.parametrize("words, wanted", [
    (["--only", "walkd"], "found 'walkd'; allowed: queue.mm1"),
    (["--engine", "warp"], "'auto', 'reference'"),
    (["--seed", "-1"], "--seed"),
    (["--no-such-option"], "--no-such-option"),
])
def test_a_wrong_word_is_the_input_s_fault(onestop, words, wanted):
    status, out, err = onestop("verify", *words)
    assert (status, out) == (2, "") and wanted in err


def test_it_explains_itself_with_an_example(onestop):
    status, out, _ = onestop("verify", "--help")
    assert status == 0 and "Examples: onestop verify" in out and "--only" in out
