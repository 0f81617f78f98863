"""A reform predicted on a log's own weeks: the same traffic under both regimes."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from calibration.forecast import Prediction, predict
from calibration.records import Records
from calibration.simulated import records_of
from scenarios.errors import InputError
from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.ports import port_run

WEEK = 10080.0


@cache
def port() -> Loaded:
    return load("xiamen-2015", sets=["run.warmup=0 weeks", "run.measured=8 weeks",
                                     "run.drain=4 weeks", "findings=null"])


@cache
def log_of() -> Records:
    run = port_run(port(), 8, 0)
    return records_of(run, simulate(run.plan), since=0.0, until=8 * WEEK)


@cache
def prediction() -> Prediction:
    return predict([port()], log_of(), runs=8)


def test_the_baseline_is_what_the_log_shows():
    """Counted as the log counts, without what was still open at its end."""
    found = prediction().as_dict()
    for group in ("quarantine", "customs", "joint", "all"):
        alike = found["counted_alike"][group]["mean"]
        assert alike["low"] * 0.9 <= found["observed"][group]["mean"] <= alike["high"] * 1.1, group
        # What is left out took long.
        assert alike["value"] <= found["regimes"]["separate"]["groups"][group]["mean"]["value"]


def test_changes_are_those_of_pairs():
    found, entry = prediction(), prediction().as_dict()["regimes"]["one-stop+restated"]
    before, after = (found.hours[regime, "joint", "mean"] for regime in found.regimes)
    change = entry["groups"]["joint"]["mean"]["change"]
    assert change["value"] == pytest.approx(np.mean(after - before))
    assert change["low"] <= change["value"] <= change["high"] < 0.0
    assert "change" not in prediction().as_dict()["regimes"]["separate"]["groups"]["joint"]["mean"]


def test_more_work_than_the_staff_can_do_is_said():
    few = load("xiamen-2015", sets=["run.warmup=0 weeks", "run.measured=8 weeks",
                                    "run.drain=4 weeks", "findings=null",
                                    "layout.separate.clerks.customs=6"])
    found = predict([few], log_of(), ["separate"], runs=2).as_dict()["regimes"]["separate"]
    assert found["overloaded"] and found["tightest"] == "clerk.customs" and found["load"] > 1.0
    usual = prediction().as_dict()["regimes"]["separate"]
    assert not usual["overloaded"] and usual["load"] < 1.0


def test_plain_data_and_no_group_that_is_not_simulated():
    found = json.loads(json.dumps(prediction().as_dict(), allow_nan=False))
    assert set(found["regimes"]["separate"]["groups"]) == {"all", "quarantine", "customs", "joint"}


def test_any_number_of_workers_gives_the_same():
    one, two = (predict([port()], log_of(), runs=3, workers=w).as_dict() for w in (1, 2))
    assert one == two


def test_messages():
    with pytest.raises(ValueError, match="2 or more"):
        predict([port()], log_of(), runs=1)
    with pytest.raises(InputError, match="no-such"):
        predict([port()], log_of(), ["separate", "no-such"])
