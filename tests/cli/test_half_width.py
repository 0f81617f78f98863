"""--half-width: as many replications as an interval needs, and the same bytes again."""

from __future__ import annotations

import json

import pytest

from sim.sequential import until_of, widest

MEASURE = "time.clearance.all.mean"


def summary_in(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("width", "taken", "enough"), [("100", 8, True), ("1e-9", 12, False)])
def test_a_study_stops_when_its_interval_is_narrow_enough(onestop, tmp_path, tiny, width, taken,
                                                          enough):
    told = onestop("run", tiny, "--half-width", f"{MEASURE}={width}", "--replications", 12,
                   "--workers", 1)
    assert told.status == 0
    assert f"{'was' if enough else 'was NOT'} reached after {taken} replications" in " ".join(
        told.out.split())
    folder = tmp_path / "results" / "tiny"
    looks = summary_in(folder)["looks"]
    assert looks["looks"][-1]["n"] == taken and looks["looks"][-1]["enough"] is enough
    assert looks["confidence"] == 0.95 and looks["looks"][-1]["confidence"] == pytest.approx(0.965)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["replications"] == taken and manifest["until"]["replications"] == 12
    stated = summary_in(folder)["scenarios"]["tiny"]["measures"][MEASURE]
    arm = max(stated["mean"] - stated["low"], stated["high"] - stated["mean"])
    assert arm == pytest.approx(looks["looks"][-1]["half_width"])
    assert onestop("replay", folder).status == 0


def test_workers_and_an_interruption_leave_the_same_summary(onestop, tmp_path, tiny, monkeypatch):
    import sim.study as study

    words = ("compare", tiny, "--regime", "separate", "--regime", "one-stop", "--half-width",
             f"{MEASURE}=1e-9", "--replications", 12, "--no-figures")
    assert onestop(*words, "--workers", 2, "--out", "whole").status == 0
    run_one, calls = study.run_one, []

    def interrupted(payload, name, replication):
        calls.append(name)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return run_one(payload, name, replication)

    monkeypatch.setattr(study, "run_one", interrupted)
    assert onestop(*words, "--workers", 1, "--out", "taken-up").status == 130
    monkeypatch.setattr(study, "run_one", run_one)
    assert onestop("compare", "--resume", "taken-up.partial", "--workers", 1,
                   "--no-figures").status == 0
    one, other = (tmp_path / name / "summary.json" for name in ("whole", "taken-up"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(("width", "says"), [
    ("x", "is no half-width"), ("0", "is no half-width"), ("-1%", "is no half-width"),
    ("=3", "is no half-width"), ("time.clearance.al.mean=3", "Did you mean"),
])
def test_what_is_no_half_width_is_refused(onestop, tiny, tmp_path, width, says):
    told = onestop("run", tiny, "--half-width", width)
    assert told.status == 2 and "--half-width" in told.err and says in told.err
    assert not (tmp_path / "results").exists()


def test_fewer_replications_than_the_first_look_takes_are_refused(onestop, tiny):
    told = onestop("run", tiny, "--half-width", 3, "--replications", 5)
    assert told.status == 2 and "--replications" in told.err and "at least 8" in told.err


def test_a_share_is_one_of_the_baseline_and_the_widest_change_counts():
    until = until_of("5%", ["m"], 20)
    assert (until["measure"], until["half_width"], until["relative"]) == ("m", 0.05, True)
    summary = {
        "baseline": "a", "scenarios": {"a": {"measures": {"m": {"mean": -20.0}}}},
        "differences": {"b": {"m": {"difference": 1.0, "low": 0.0, "high": 1.5}},
                        "c": {"m": {"difference": 2.0, "low": 1.5, "high": 4.0}}}}
    assert widest(summary, "m", relative=False).high == 4.0
    assert widest(summary, "m", relative=True).high == pytest.approx(0.2)
    summary["differences"]["b"]["m"]["high"] = None
    assert widest(summary, "m", relative=False).estimate is None
