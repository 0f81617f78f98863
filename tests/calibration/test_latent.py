"""What a log does not show is found again, within intervals; where it cannot be, that is said."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.known_ports import keep_log, known_port
from calibration.estimates import DRAWS, Estimate, generator
from calibration.latent import infer
from calibration.latent_runs import Bench, as_dirty, part_of, reordered, with_values
from calibration.records import BLANK, Records
from calibration.replay_traffic import traffic_of_records
from calibration.simulated import records_of
from calibration.summaries import port_of, summarise
from calibration.yard_days import YardDays
from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.ports import port_run

SEPARATE = "layout.separate"


@cache
def port() -> tuple[Loaded, Records]:
    scenario = load("xiamen-2015", None, [
        "run.warmup=0 weeks", "run.measured=7 weeks", "selection.simulate=all", "findings=null",
        "recognition=[]"])
    run = port_run(scenario, 3, 0)
    return scenario, records_of(run, simulate(run.plan))


@cache
def found(runs: int = 64) -> dict[str, Estimate]:
    scenario, records = port()
    return {e.key.removeprefix(f"{SEPARATE}."): e for e in infer(scenario, records, [], runs=runs)}


def ends(estimate: Estimate) -> tuple[int, int]:
    low, high = np.quantile(estimate.draws, [0.05, 0.95], method="nearest")
    return int(low), int(high)


TRUTH = {"gangs.quarantine": 18, "gangs.customs": 14, "officers.quarantine": 20,
         "officers.customs": 16, "clerks.quarantine": 12, "clerks.customs": 14, "tractors": 20}


@pytest.mark.parametrize(("key", "truth"), TRUTH.items())
def test_what_binds_is_found_within_one(key: str, truth: int) -> None:
    estimate = found()[key]
    low, high = ends(estimate)
    assert abs(estimate.value - truth) <= 1
    # Officers examine in pairs, and here are seldom waited for.
    assert high - low <= (8 if key.startswith("officers") else 4)


def test_intervals_hold_what_binds_but_for_one_in_ten() -> None:
    # Of seven 90 % intervals all hold in 48 % of the cases, two or more miss in 15 %.
    held = [low <= truth <= high for key, truth in TRUTH.items()
            for low, high in (ends(found()[key]),)]
    assert sum(held) >= 6


def test_what_never_binds_is_said_to_be_unknown() -> None:
    estimate = found()["sites.quarantine-yard.appointments_per_day"]
    low, high = ends(estimate)
    assert low <= 90 <= high
    assert high > 1.3 * low
    assert any(f"cannot tell {low} from {high}" in remark for remark in estimate.remarks)


def test_every_number_has_draws_of_whole_numbers_around_its_value() -> None:
    assert set(found()) == {
        *(f"{kind}.{agency}" for kind in ("gangs", "officers", "clerks")
          for agency in ("quarantine", "customs")), "tractors",
        *(f"sites.{agency}-yard.{what}" for agency in ("quarantine", "customs")
          for what in ("buffer", "slots", "appointments_per_day"))}
    for estimate in found().values():
        assert len(estimate.draws) == DRAWS
        assert all(type(draw) is int and draw >= 1 for draw in estimate.draws)
        assert type(estimate.value) is int and estimate.how
        assert min(estimate.draws) <= estimate.value <= max(estimate.draws)


def test_slots_follow_the_gangs_draw_by_draw() -> None:
    assert (found()["sites.customs-yard.slots"].draws == found()["gangs.customs"].draws)


def test_what_is_told_is_not_estimated_and_progress_counts_the_runs() -> None:
    scenario, records = port()
    seen: list[tuple[int, int]] = []
    told = {f"{SEPARATE}.tractors": 20, f"{SEPARATE}.sites.customs-yard.slots": 14}
    estimates = infer(scenario, records, [], runs=8, told=told,
                      progress=lambda done, of: seen.append((done, of)))
    assert not told.keys() & {estimate.key for estimate in estimates}
    assert seen == [(i, 8) for i in range(1, 9)]


def test_one_seed_gives_the_same_draws_on_any_number_of_workers() -> None:
    scenario, records = port()
    one, two = (infer(scenario, records, [], runs=4, seed=5, workers=workers)
                for workers in (1, 2))
    assert one == two


def test_draws_of_the_other_parameters_are_run() -> None:
    scenario, records = port()
    law = {"distribution": "lognormal", "mean": "10 h", "cv": 0.5}
    odd = Estimate("agencies.customs.papers", law, [law])
    part = part_of(records)
    names = summarise(part.shown, port_of(scenario, traffic_of_records(part.traffic, scenario)),
                      part.since).names
    place = names.index("clerk.customs.wait.mean")
    usual, slow = (Bench(scenario.resolved, estimates, part, 1, {}).run(0, {
        f"{SEPARATE}.gangs.quarantine": 18, f"{SEPARATE}.gangs.customs": 14})[place]
        for estimates in ((), (odd,)))
    assert slow > usual + 0.7


def test_runs_at_the_true_numbers_look_like_the_log() -> None:
    scenario, records = port()
    part = part_of(records)
    truth = {f"{SEPARATE}.gangs.quarantine": 18, f"{SEPARATE}.gangs.customs": 14}
    bench = Bench(scenario.resolved, (), part, 1, {})
    runs = np.array([bench.run(i, truth) for i in range(6)])
    shown = summarise(part.shown, port_of(scenario, traffic_of_records(part.traffic, scenario)),
                      part.since)
    spread = np.maximum(runs.std(axis=0, ddof=1), 0.02)
    far = np.abs(shown.values - runs.mean(axis=0)) / spread
    assert np.median(far) < 1.0
    assert np.quantile(far, 0.9) < 3.0


def test_appointments_that_run_out_day_after_day_are_seen_as_they_are() -> None:
    """Thirty a day, of which a stamp may lack; and a yard whose evenings end as work has it."""
    draw = generator(1, "days")
    asked = draw.poisson(29.0, 120).astype(np.float64)
    moved, over = np.empty(120), 0.0
    left = np.empty(120)
    for day, more in enumerate(asked):
        moved[day] = min(over + more, 30.0)
        over = left[day] = over + more - moved[day]
    seen = moved - (draw.random(120) < 0.3)
    none = np.zeros(0)
    assert (left > 4.0).sum() > 20
    assert YardDays(none, seen, left, moved).limit == (30, int((left > 0.1 * (left + seen)).sum()))
    assert YardDays(none, asked, left, moved).limit == (None, 0)
    assert YardDays(none, seen, 0.0 * left, moved).limit == (None, 0)


def test_a_few_wrong_stamps_do_not_make_anybody_scarce() -> None:
    """With officers enough for all no box waits for them; three that seem to wait for some minutes
    say nothing of how many there are."""
    scenario = load("xiamen-2015", None, [
        "run.warmup=0 weeks", "run.measured=7 weeks", "selection.simulate=all", "findings=null",
        "recognition=[]", "layout.separate.officers.customs=80"])
    run = port_run(scenario, 3, 0)
    records = records_of(run, simulate(run.plan))
    shape = port_of(scenario, run.traffic)
    opened = records.seconds["end.devanning.customs"]
    few = np.flatnonzero((opened != BLANK) & (opened % 86400 > 9 * 3600)
                         & (opened % 86400 < 10 * 3600))[[5, 25, 45]]
    late = {}
    for name in ("start.examination.customs", "end.examination.customs"):
        late[name] = records.seconds[name].copy()
        late[name][few] += 20 * 60
    wrong = replace(records, seconds={**records.seconds, **late})
    clean, dirty = (summarise(some, shape) for some in (records, wrong))
    at_work = clean.of(["officer.customs.at-work"])
    assert dirty.values[at_work] == pytest.approx(clean.values[at_work], abs=0.05)


def test_the_busiest_weeks_of_a_long_log_are_compared() -> None:
    _, records = port()
    part = part_of(records, most=600)
    arrival = part.traffic.of_consignments("arrival")
    counted = part.traffic.boxes[arrival >= part.since].sum()
    assert 300 < counted <= 800
    assert (part.until - part.since) % 10080.0 == 0.0
    assert max(column.max() for column in part.shown.seconds.values()) <= 60.0 * part.until


def test_values_are_put_at_dotted_keys_and_the_rest_is_left() -> None:
    data = {"a": {"b": [1, {"c": 2}]}, "d": 3}
    changed = with_values(data, {"a.b.1.c": 7, "a.b.0": 5, "e.f": 1})
    assert changed == {"a": {"b": [5, {"c": 7}]}, "d": 3, "e": {"f": 1}}
    assert data == {"a": {"b": [1, {"c": 2}]}, "d": 3}


def test_consignments_in_another_order_are_the_same_consignments() -> None:
    _, records = port()
    order = np.arange(len(records.first))[::-1].copy()
    turned = reordered(records, order)
    assert np.array_equal(turned.boxes, records.boxes[::-1])
    again = reordered(turned, order)
    for name, column in records.seconds.items():
        assert np.array_equal(again.seconds[name], column)


def test_a_blank_stamp_of_the_log_is_blank_in_its_runs() -> None:
    _, records = port()
    name = "start.devanning.customs"
    column = records.seconds[name].copy()
    column[::2] = BLANK
    lacking = replace(records, seconds={**records.seconds, name: column})
    alike = as_dirty(records, lacking)
    assert np.array_equal(alike.seconds[name], column)
    assert np.array_equal(alike.seconds["lodged"], records.seconds["lodged"])


@pytest.mark.slow
def test_intervals_hold_the_truth_on_known_ports() -> None:
    """Intervals of 90 % on 20 random ports: a binomial that far below 0.9 has probability 1 %."""
    held: dict[str, list[bool]] = {}
    near = []
    for seed in range(1, 21):
        truth = known_port(seed)
        records = keep_log(truth, seed).records
        for estimate in infer(truth, records, [], workers=2):
            node = truth.layout.separate
            *above, last = estimate.key.split(".")[2:]
            for name in above:
                node = node[name] if isinstance(node, dict) else getattr(node, name)
            number = node[last] if isinstance(node, dict) else getattr(node, last)
            low, high = ends(estimate)
            kind = last if "sites" in above else (above or [last])[0]
            held.setdefault(kind, []).append(low <= number <= high)
            if kind in ("gangs", "officers"):
                near.append(abs(estimate.value - number) <= 1)
    assert np.mean(near) >= 0.95
    for kind, hits in held.items():
        assert sum(hits) >= 0.9 * len(hits) - 2.33 * np.sqrt(0.09 * len(hits)), kind
