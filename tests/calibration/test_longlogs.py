"""Of a long log the last weeks are fitted, whole and in their own window; what is left is said."""

from __future__ import annotations

from functools import cache

import pytest

from calibration.backtest import LEAST_TRAINING, origins
from calibration.longlogs import BEFORE, LEAST, last_weeks
from calibration.pipeline import fit_records, settings_of
from calibration.records import Records
from calibration.replay_traffic import arrival_of
from calibration.simulated import records_of
from scenarios.errors import InputError
from scenarios.load import Loaded, load, with_values
from scenarios.schema.scenario import WEEK
from sim.engines import simulate
from sim.ports import port_run


@cache
def port() -> tuple[Loaded, Records]:
    scenario = load("xiamen-2015", None, [
        "run.warmup=0 weeks", "run.measured=20 weeks", "selection.simulate=all", "findings=null",
        "traffic.consignments_per_week=120"])
    run = port_run(scenario, 1, 0)
    return scenario, records_of(run, simulate(run.plan))


def test_a_log_that_is_not_long_stays_as_it_is() -> None:
    _, records = port()
    assert last_weeks(records) == (records, None)


def test_the_last_weeks_are_kept_whole_with_the_work_before_them() -> None:
    _, records = port()
    most = len(records) * 2 // 3
    kept, said = last_weeks(records, most)
    weeks = (kept.until - kept.since) / WEEK
    assert weeks == int(weeks) and weeks >= LEAST and kept.until == records.until
    arrival, own = arrival_of(records), arrival_of(kept)
    inside = own >= kept.since
    assert int(kept.boxes[inside].sum()) == int(
        records.boxes[arrival >= kept.since].sum()) <= most
    assert own.min() >= kept.since - BEFORE and (~inside).any()
    # One more week would have been too much.
    assert records.boxes[arrival > kept.since - WEEK].sum() > most
    assert kept.share == pytest.approx(len(kept) / len(records))
    assert said and f"last {weeks:.0f} of" in said and f"of {len(records):,} containers" in said


def test_few_weeks_are_kept_even_if_they_are_many_containers() -> None:
    _, records = port()
    kept, _ = last_weeks(records, 100)
    assert kept.until - kept.since == pytest.approx(LEAST * WEEK)


def test_what_a_backtest_cuts_off_a_short_log_can_still_be_fitted() -> None:
    """Of eleven weeks it fits the first six, fewer than a log must have to be calibrated."""
    scenario, records = port()
    since = records.until - 11 * WEEK
    short = records.take(arrival_of(records) >= since, since=since)
    at = origins(short)[0][0]
    past = short.take(arrival_of(short) < at, until=at)
    with pytest.raises(InputError, match="covers too little time"):
        fit_records(past, scenario, runs=0)
    assert fit_records(past, scenario, runs=0, least=LEAST_TRAINING).estimates


def test_as_many_weeks_are_measured_as_a_run_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, records = port()
    assert settings_of(records, scenario, 20)["run.measured"] == "16 weeks"
    each = len(records) / ((records.until - records.since) / WEEK)
    around = 4 + scenario.run.drain / WEEK
    monkeypatch.setattr("calibration.pipeline.MOST_BOXES", int((around + 7.5) * each / 0.9))
    few = settings_of(records, scenario, 20)["run.measured"]
    assert few == "7 weeks"
    assert with_values(scenario, {"run.measured": few}).run.measured == 7 * WEEK
    monkeypatch.setattr("calibration.pipeline.MOST_BOXES", int(around * each))
    with pytest.raises(InputError, match="more traffic than a run can hold") as caught:
        settings_of(records, scenario, 20)
    assert "one terminal" in str(caught.value)
