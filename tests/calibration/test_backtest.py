"""A known port, its log cut: the forecast from there, with the truth as what was fitted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from calibration.backtest import Backtest, backtest, band, origins
from calibration.inprogress import rest
from calibration.quantities import Way, groups_of, kind_of, samples_of, weekly
from calibration.records import BLANK, Records
from calibration.resumed import Cut, chosen, held_out, joined, open_at, resumed_run, shown
from calibration.simulated import records_of
from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.ports import port_run

WEEK = 10080.0
CUT = 8 * WEEK
WAY = Way(("quarantine", "customs"), True)
TIGHT = ("layout.separate.gangs.quarantine=14", "layout.separate.clerks.quarantine=9")


@cache
def port(*sets: str) -> Loaded:
    return load("xiamen-2015", sets=["run.warmup=0 weeks", "run.measured=13 weeks",
                                     "run.drain=2 weeks", "findings=null", *sets])


@cache
def log_of(seed: int = 5, *sets: str) -> Records:
    run = port_run(port(*sets), seed, 0)
    return records_of(run, simulate(run.plan), since=2 * WEEK, until=12 * WEEK)


@cache
def cut() -> Cut:
    return Cut.of(log_of(), CUT)


@cache
def result(seed: int = 5, *sets: str) -> Backtest:
    return backtest(log_of(seed, *sets), lambda past: [port(*sets)], shares=(0.6,), weeks=4)


def without(records: Records, stamps: tuple[str, ...], share: float) -> Records:
    """The records with a share of some stamps missing."""
    draw = np.random.default_rng(3)
    gone = draw.random(len(records.first)) < share
    seconds = {name: np.where(gone[records.consignment] & (name in stamps), BLANK, column)
               .astype(np.int32) for name, column in records.seconds.items()}
    return replace(records, seconds=seconds)


def test_a_cut_shows_nothing_that_came_later():
    past = cut().past
    assert all(column.max() <= 60 * CUT for column in past.seconds.values())
    released = log_of().of_consignments("released")
    arrival = log_of().of_consignments("arrival")
    assert len(cut().open.first) == np.sum((arrival < CUT) & ~(released <= CUT))


def test_a_release_that_is_missing_does_not_leave_a_consignment_open():
    past = Cut.of(without(log_of(), ("released", "gate-out"), 0.1), CUT).past
    truly = len(cut().open.first)
    still = int(open_at(past).sum())
    missing = int(0.1 * len(past.first))
    assert truly <= still < truly + 0.35 * missing


def test_what_is_shown_keeps_the_stamps_from_before_the_cut():
    until = CUT + 2 * WEEK
    run = resumed_run(port(), cut(), until, 1, 0)
    records = shown(run, simulate(run.plan), cut(), until)
    at_work, count = cut().open, len(cut().open)
    for name, column in at_work.seconds.items():
        known = column != BLANK
        assert np.array_equal(records.seconds[name][:count][known], column[known]), name
        later = records.seconds[name][:count][~known]
        assert np.all((later == BLANK) | (later >= 60 * CUT)), name
    assert np.all(records.of_consignments("arrival")[len(at_work.first):] >= CUT)
    truth = held_out(cut(), log_of(), until)
    assert np.array_equal(truth.size[:count], at_work.size)


def test_what_is_open_goes_on_as_it_does_in_truth():
    """Of the consignments open at the cut the same are through a week later, within luck."""
    until = CUT + WEEK
    truth = held_out(cut(), log_of(), until)
    n = len(cut().open.first)
    really = np.isfinite(truth.of_consignments("released")[:n]).sum()
    counts = []
    for number in range(8):
        run = resumed_run(port(), cut(), until, 1, number)
        records = shown(run, simulate(run.plan), cut(), until)
        counts.append(np.isfinite(records.of_consignments("released")[:n]).sum())
    assert abs(np.mean(counts) - really) < 0.1 * n


def test_the_same_seed_gives_the_same_run():
    one, other = (resumed_run(port(), cut(), CUT + WEEK, 4, 2) for _ in range(2))
    assert np.array_equal(one.plan.time, other.plan.time)
    assert simulate(one.plan).end.tobytes() == simulate(other.plan).end.tobytes()


def test_engines_agree_on_a_resumed_port():
    compiled = pytest.importorskip("sim.engines.compiled")
    from sim.engines import reference

    run = resumed_run(port(), cut(), CUT + WEEK, 1, 1)
    ours, theirs = reference.run(run.plan), compiled.run(run.plan)
    for name in ("consignment", "container", "node", "enabled", "start", "end"):
        assert getattr(ours, name).tobytes() == getattr(theirs, name).tobytes(), name


def test_the_rest_of_work_follows_its_law_given_what_has_passed():
    """Of exponential work the same is left however long it has lasted."""
    draw = np.random.default_rng(1)
    passed = np.repeat([0.0, 30.0, 60.0], 4000)
    left = rest(passed, draw.exponential(40.0, (60, len(passed)))).reshape(3, -1)
    assert left.mean(axis=1) == pytest.approx(40.0, rel=0.06)
    assert rest(np.array([9.0]), np.full((5, 1), 8.0)) == 0.0


def test_bands_hold_the_truth_as_often_as_they_say():
    """Bands made with the true parameters. Statistics of one log hang together (one busy week
    moves them all), so the limits for two ports are wide."""
    inside = {50: 0.0, 90: 0.0}
    points = 0
    for seed, sets in ((5, ()), (6, TIGHT)):
        found = result(seed, *sets).coverage()["all"]
        points += int(found["points"])
        for level in inside:
            inside[level] += found["points"] * found[f"inside_{level}"]
    assert points > 250
    assert 0.25 < inside[50] / points < 0.75
    assert 0.75 < inside[90] / points < 0.99


@pytest.mark.slow
@pytest.mark.parametrize("sets", [(), TIGHT])
def test_truth_ranks_evenly_among_the_runs(sets):
    """Over many logs: one number of each log and statistic, so that they are independent. Mean rank
    of 40 within 3.3 standard errors of a half; the outermost twentieths hold about a tenth."""
    ranks: dict[str, list[float]] = {}
    for seed in range(100, 140):
        (found,) = backtest(log_of(seed, *sets), lambda past: [port(*sets)], shares=(0.6,),
                            weeks=4, runs=19, seed=seed).forecasts
        for name in ("arrivals", "released.all", "open.all", "clearance.all.mean"):
            for week in (0, -1):
                drawn, real = found.drawn[name][:, week], found.real[name][week]
                rank = np.mean(drawn < real) + 0.5 * np.mean(drawn == real)
                ranks.setdefault(f"{name}.{week}", []).append(float(rank))
    for name, values in ranks.items():
        assert abs(np.mean(values) - 0.5) < 3.3 * 0.289 / np.sqrt(len(values)), name
        assert np.mean((np.array(values) == 0.0) | (np.array(values) == 1.0)) < 0.25, name


def test_account_of_a_backtest():
    account = json.loads(json.dumps(result().as_dict(), allow_nan=False))
    (origin,) = account["origins"]
    assert origin == {"cut": "2015-03-02", "weeks": 4, "open": len(cut().open.first), "runs": 24}
    assert set(account["references"]) >= {"cycle", "relative", "absolute", "circadian"}
    for row in account["references"].values():
        assert set(row) == {"model", "b0", "b1"}
    assert account["references"]["circadian"]["model"] < account["references"]["circadian"]["b0"]
    rows = account["bands"]
    assert len({len(column) for column in rows.values()}) == 1
    assert all(low <= high for low, high in zip(rows["low90"], rows["high90"], strict=True)
               if low is not None)
    assert set(account["bias"]["joint"]) == {"mean", "p50", "p90"}
    clearance = account["distances"]["clearance"]["joint"]
    assert clearance["ratio"] == pytest.approx(clearance["distance"] / clearance["floor"])


def test_a_log_too_short_has_no_origin():
    short = log_of().take(np.ones(len(log_of().first), dtype=bool), since=2 * WEEK, until=7 * WEEK)
    assert origins(short) == []
    nothing = backtest(short, lambda past: [port()])
    assert nothing.as_dict()["origins"] == [] and nothing.as_dict()["coverage"] == {}


def test_origins_are_mondays_with_room_on_both_sides():
    assert origins(log_of(), (0.6, 0.8, 0.95), 5) == [(8 * WEEK, 4), (10 * WEEK, 2)]


def test_bands_are_those_of_one_more_draw():
    draw = np.random.default_rng(2)
    drawn = draw.normal(size=(24, 20_000))
    low, high = band(drawn, 0.9)
    once_more = draw.normal(size=20_000)
    assert np.mean((once_more >= low) & (once_more <= high)) == pytest.approx(0.9, abs=0.01)
    assert np.isnan(band(drawn[:10], 0.9)[0]).all()


def test_weekly_statistics_add_up():
    found = weekly(log_of(), WAY, 4 * WEEK, 5)
    groups = ("none", "quarantine", "customs", "joint")
    for what in ("released", "open"):
        assert np.array_equal(sum(found[f"{what}.{g}"] for g in groups), found[f"{what}.all"])
    ready = np.maximum(log_of().of_consignments("lodged"), log_of().of_consignments("discharged"))
    ready = ready[np.isfinite(ready)]
    came = np.histogram(ready, 4 * WEEK + WEEK * np.arange(6))[0]
    assert np.array_equal(np.diff(found["open.all"]), (came - found["released.all"])[1:])
    assert {kind_of(name) for name in found} == {
        "arrivals", "released", "open", "clearance mean", "clearance p90", "waiting", "working"}


def test_samples_have_the_group_of_their_consignment():
    samples = samples_of(log_of(), WAY)
    assert set(np.unique(samples["devanning.customs.waiting"].group)) == {2, 3}
    assert np.array_equal(np.unique(groups_of(log_of(), WAY)), [1, 2, 3])
    assert all((sample.hours >= 0.0).all() for sample in samples.values())


def test_traffic_can_be_chosen_from_and_joined():
    traffic = port_run(port(), 5, 0).traffic
    which = np.array([4, 1, 1])
    some = chosen(traffic, which)
    assert np.array_equal(some.containers, traffic.containers[which])
    assert np.array_equal(some.size[some.owner == 0], traffic.size[traffic.owner == 4])
    both = joined(some, chosen(traffic, np.array([0])))
    assert len(both.arrival) == 4 and both.arrival[3] == traffic.arrival[0]
    assert np.array_equal(both.containers[:3], some.containers)


@pytest.mark.parametrize("bad, message", [
    (lambda: Cut.of(log_of(), 0.0), "between"),
    (lambda: backtest(log_of(), lambda past: [port()], runs=10), "19 or more")])
def test_messages(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()


def test_days_are_dates():
    assert result().day(CUT) == date(2015, 3, 2)
