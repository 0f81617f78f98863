"""Intervals hold the truth as often as they say: a sample of the table, and (slow) all of it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.coverage import Count, Table, looking_rows, made_rows, queue_rows, run
from benchmarks.studies import CUSTOMERS, PRIMARY, made_study, queue_truths, truths
from sim.statistics import summarise


def wide(count: Count) -> bool:
    """Not rejected as 95 %, four standard errors either way."""
    error = 100.0 * (0.95 * 0.05 / count.studies) ** 0.5
    return abs(count.percent - 95.0) <= 4.0 * error


def test_two_hundred_studies_of_eight_replications_hold_every_truth():
    table = Table()
    made_rows(table, 8, 200, seed=11)
    assert len(table.counts) == 2 * len(PRIMARY) + 2
    for row, column, count in table.cells():
        assert count.studies == 200 and wide(count), (row, column, count.percent)


def test_a_biased_truth_is_noticed():
    """The check has teeth: an interval around something a tenth off would not pass."""
    rng = np.random.Generator(np.random.PCG64(12))
    base, _, _ = truths()
    count = Count()
    for _ in range(100):
        summary = summarise(made_study(rng, 20, ("p95",)), baseline="base")
        entry = summary["scenarios"]["base"]["measures"]["p95"]
        count.add(entry["low"], entry["high"], 1.1 * base["p95"])
    assert not wide(count)


def test_runs_of_the_engine_hold_the_truth_of_another_code():
    table = Table()
    errors = queue_rows(table, 40, CUSTOMERS, (8,), seed=13, truth_runs=40_000)
    for row, column, count in table.cells():
        assert wide(count), (row, column, count.percent)
    assert len(table.counts) == 3
    assert max(errors.values()) <= 0.1


def test_studies_that_stop_on_a_half_width_hold_the_truth():
    fixed, table = Table(), Table()
    made_rows(fixed, 20, 20, seed=14)
    looking_rows(table, fixed, 40, seed=15)
    shipped = [count for _, rule, count in table.cells() if rule == "shipped"]
    assert len(shipped) == 12
    assert all(wide(count) for count in shipped)
    used = [count.replications / count.studies for count in shipped]
    assert min(used) < 24 and max(used) > 40  # they do stop, and at different looks


def test_the_queues_truth_agrees_with_theory_for_its_first_customer():
    """With one customer the time in the system is the service: mean 60, P(120 min) = 1 - e^-2."""
    mean, within, p90 = queue_truths(1, replications=200_000).values()
    assert mean[0] == pytest.approx(60.0, abs=5.0 * mean[1])
    assert within[0] == pytest.approx(0.8646647, abs=5.0 * within[1])
    assert p90[0] == pytest.approx(60.0 * 2.302585, abs=5.0 * p90[1])


@pytest.mark.slow
def test_the_whole_table_lies_between_93_and_97_per_cent():
    results = run()
    outside = [(row, column, count.percent) for row, column, count in results.promised
               if not count.passed]
    assert not outside
    assert max(results.errors.values()) <= 0.1
