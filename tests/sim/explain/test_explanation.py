"""Explanations of small studies: they add up, can be taken up, and do not depend on workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sim.explain.explanation as explanation
import sim.explain.variants as variants
from scenarios.errors import InputError, Interrupted
from scenarios.load import load, under
from sim.explain.explanation import explain
from sim.study import compare

TINY = str(Path(__file__).parents[2] / "cli" / "tiny.yaml")
INPUTS = ("agencies.quarantine.papers", "traffic.consignments_per_week", "yard.slot")
TIME = "time.clearance.joint.mean"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    port = load(TINY)
    out = tmp_path_factory.mktemp("explain") / "study"
    return compare([under(port, "separate"), under(port, "one-appointment+restated")], out,
                   replications=3, workers=1, events="none").folder


@pytest.fixture(autouse=True)
def few_inputs(monkeypatch):
    every = variants._inputs
    monkeypatch.setattr(variants, "_inputs", lambda baseline: [
        row for row in every(baseline) if row.key in INPUTS])


@pytest.fixture(scope="module")
def explained(study):
    with pytest.MonkeyPatch.context() as patch:
        every = variants._inputs
        patch.setattr(variants, "_inputs", lambda baseline: [
            row for row in every(baseline) if row.key in INPUTS])
        explain(study, workers=1)
    return (study / "explain.json").read_bytes()


def test_shares_and_parts_add_up_to_the_total_of_the_study(study, explained):
    found = json.loads(explained)
    assert found["schema"] == "onestop.explain/1" and found["replications"] == 3
    (name, reform), = found["scenarios"].items()
    summary = json.loads((study / "summary.json").read_text(encoding="utf-8"))
    for measure, entry in reform["measures"].items():
        total = entry["total"]["estimate"]
        theirs = summary["differences"][name][measure]["difference"]
        assert total == pytest.approx(theirs, abs=1e-9)
        for rows in (entry["waterfall"], entry["shapley"]):
            assert sum(row["estimate"] for row in rows) == pytest.approx(total, abs=1e-9)
        parts = entry["own_effect"]["estimate"] + entry["queue_relief"]["estimate"]
        assert parts == pytest.approx(total, abs=1e-9)
        assert entry["total"]["low"] <= total <= entry["total"]["high"]
    assert reform["left_out"] == ["area.required"]


def test_infeasible_coalitions_are_not_run(explained):
    reform, = json.loads(explained)["scenarios"].values()
    chosen = [set(row["levers"]) for row in reform["measures"][TIME]["coalitions"]]
    assert set() in chosen and {"declaration"} in chosen
    assert all({"declaration", "site"} <= levers for levers in chosen if "appointment" in levers)
    assert all("site" in levers for levers in chosen if "staffing" in levers)


def test_inputs_are_sorted_by_what_they_move_and_ends_that_cannot_be_are_named(explained):
    reform, = json.loads(explained)["scenarios"].values()
    rows = reform["measures"][TIME]["sensitivity"]
    assert {row["key"] for row in rows} == set(INPUTS)
    spans = [row["span"] for row in rows if row["span"] is not None]
    assert spans == sorted(spans, reverse=True) and spans[0] > 0
    slot = next(row for row in rows if row["key"] == "yard.slot")
    assert "smaller than" in slot["high"]["refused"]


def test_workers_and_interruptions_leave_the_same_bytes(study, explained, monkeypatch):
    whole = explanation.run_one
    calls = []

    def interrupted(payload, name, replication):
        calls.append(name)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return whole(payload, name, replication)

    monkeypatch.setattr(explanation, "run_one", interrupted)
    with pytest.raises(Interrupted, match="go on with: onestop explain"):
        explain(study, workers=1)
    monkeypatch.setattr(explanation, "run_one", whole)
    told = []
    explain(study, workers=2, progress=told.append)
    assert told[0].resumed > 0
    assert (study / "explain.json").read_bytes() == explained
    assert not list(study.parent.glob("*.partial"))


def test_what_compares_nothing_or_two_ports_is_refused(tmp_path):
    port = load(TINY)
    one = compare([port], tmp_path / "one", replications=1, workers=1)
    with pytest.raises(InputError, match="compares nothing"):
        explain(one.folder)
    busy = load(TINY, "one-stop", ["traffic.consignments_per_week=100"])
    two = compare([under(port, "separate"), busy], tmp_path / "two", replications=2, workers=1)
    with pytest.raises(InputError, match="not two regimes of one port") as refused:
        explain(two.folder)
    assert refused.value.faults[0].found == "they differ in traffic"


def test_the_command_prints_levers_queues_and_inputs(study, explained, capsys, monkeypatch):
    from sim.cli import main

    monkeypatch.setenv("COLUMNS", "160")
    assert main(["explain", str(study), "--workers", "1", "--quiet"]) == 0
    shown = capsys.readouterr().out
    for words in ("appointment", "in this order", "queues that are shorter", "Shapley",
                  "at its low end", "agencies.quarantine.papers"):
        assert words in shown
    assert (study / "explain.json").read_bytes() == explained
