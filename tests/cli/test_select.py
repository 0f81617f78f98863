"""select: options, what is refused, what an interruption leaves."""

from __future__ import annotations

import json

import pytest

REGIMES = ("--regime", "separate", "--regime", "one-stop", "--workers", 1)
FEW = ("--first", 4, "--replications", 12)


def test_it_prints_the_best_and_keeps_the_outcome(onestop, tiny, tmp_path):
    told = onestop("select", tiny, *REGIMES, *FEW, "--delta", 5)
    assert told.status == 0 and "Best: one-stop" in told.out
    found = json.loads((tmp_path / "results" / "selection.json").read_text(encoding="utf-8"))
    assert found["schema"] == "onestop.selection/1" and found["survivors"] == ["one-stop"]
    again = onestop("select", tiny, *REGIMES, *FEW, "--delta", 5)
    assert again.status == 2 and "--overwrite" in again.err


def test_what_is_not_decided_is_said(onestop, tiny):
    told = onestop("select", tiny, *REGIMES, "--first", 4, "--replications", 5, "--delta", 0.001,
                   "--measure", "count.visits.joint.per_consignment", "--json")
    assert told.status in (0, 1)
    found = json.loads(told.out)
    assert found["decided"] is (told.status == 0)


@pytest.mark.parametrize(("words", "says"), [
    (("--delta", "0"), "no margin"), (("--delta", "-1"), "--delta"),
    (("--delta", "nan"), "--delta"), (("--first", "1"), "--first"),
    (("--measure", "time.clearance.all.p9", "--delta", "1"), "Did you mean"),
    (("--measure", "count.moves.joint.per_container"), "give --delta"),
])
def test_what_cannot_be_is_refused(onestop, tiny, tmp_path, words, says):
    told = onestop("select", tiny, *REGIMES, *words)
    assert told.status == 2 and says in told.err


def test_one_scenario_is_no_choice(onestop, tiny):
    assert "at least two" in onestop("select", tiny).err


def test_an_interrupted_selection_goes_on(onestop, tiny, tmp_path, monkeypatch):
    import sim.selection as selection

    words = ("select", tiny, *REGIMES, *FEW, "--delta", 5)
    assert onestop(*words, "--out", "whole.json").status == 0
    run_one, calls = selection.run_one, []

    def interrupted(payload, name, replication):
        calls.append(name)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return run_one(payload, name, replication)

    monkeypatch.setattr(selection, "run_one", interrupted)
    told = onestop(*words, "--out", "again.json")
    assert told.status == 130 and "goes on where it was" in told.err
    monkeypatch.setattr(selection, "run_one", run_one)
    assert "resumed" not in onestop(*words, "--out", "again.json").err
    assert (tmp_path / "whole.json").read_bytes() == (tmp_path / "again.json").read_bytes()
