"""The working-time axis by hand, and against a slow walk through the intervals."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from sim.engines.worktime import (
    end_of_work,
    interval_of,
    next_open,
    open_minutes,
    working_axis,
)

OPENS = [480.0, 780.0, 1920.0]
CLOSES = [720.0, 1020.0, 2160.0]
"""08:00-12:00 and 13:00-17:00 on the first day, 08:00-12:00 on the second."""


def end(start, work, handover=0.0, opens=OPENS, closes=CLOSES):
    axis = working_axis(opens, closes, handover)
    return end_of_work(opens, closes, axis, handover, start, work)


def test_intervals_are_closed_at_the_opening_and_open_at_the_closing():
    assert interval_of(OPENS, 479.0) == -1
    assert interval_of(OPENS, 480.0) == 0
    assert interval_of(OPENS, 5000.0) == 2
    assert next_open(OPENS, CLOSES, 0.0) == 480.0
    assert next_open(OPENS, CLOSES, 480.0) == 480.0
    assert next_open(OPENS, CLOSES, 719.0) == 719.0
    assert next_open(OPENS, CLOSES, 720.0) == 780.0
    assert next_open(OPENS, CLOSES, 2160.0) == inf


def test_work_within_a_shift_ends_at_start_plus_work():
    assert end(500.0, 100.0) == 600.0


def test_work_that_ends_at_the_closing_does_not_end_at_the_next_opening():
    assert end(480.0, 240.0) == 720.0
    assert end(480.0, 480.0) == 1020.0


def test_work_pauses_at_closings():
    assert end(700.0, 30.0) == 790.0
    assert end(700.0, 20.0 + 240.0 + 10.0) == 1930.0


def test_work_of_no_length_ends_where_it_begins():
    assert end(500.0, 0.0) == 500.0


def test_every_closing_crossed_costs_a_hand_over():
    assert end(700.0, 20.0, handover=15.0) == 720.0
    assert end(700.0, 30.0, handover=15.0) == 805.0
    assert end(700.0, 20.0 + 225.0 + 10.0, handover=15.0) == 1920.0 + 15.0 + 10.0


def test_a_shift_too_short_for_its_hand_over_gets_no_work_done():
    opens, closes = [0.0, 100.0, 200.0], [50.0, 110.0, 300.0]
    assert end(40.0, 15.0, 20.0, opens, closes) == 200.0 + 20.0 + 5.0


def test_past_the_calendars_end_there_is_no_answer():
    assert end(2000.0, 161.0) == inf
    assert end(2000.0, 160.0) == 2160.0
    assert end(inf, 1.0) == inf


def test_open_minutes():
    assert open_minutes(OPENS, CLOSES, 0.0, 3000.0) == 720.0
    assert open_minutes(OPENS, CLOSES, 500.0, 800.0) == 240.0
    assert open_minutes(OPENS, CLOSES, 730.0, 770.0) == 0.0


def slow_end(opens, closes, handover, start, work):
    """Walk through the intervals one by one."""
    left = work
    for i, (begin, close) in enumerate(zip(opens, closes, strict=True)):
        if close <= start:
            continue
        from_ = max(begin, start)
        if begin > start:
            from_ = min(begin + handover, close)
        if left <= close - from_ and (left > 0 or i == 0 or begin <= start):
            return from_ + left
        left -= close - from_
    return inf


@pytest.mark.parametrize("seed", range(5))
def test_the_binary_search_agrees_with_a_walk(seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    for _ in range(200):
        edges = np.unique(rng.integers(0, 2000, 12)).astype(float)
        edges = edges[: len(edges) // 2 * 2]
        opens, closes = edges[::2].tolist(), edges[1::2].tolist()
        handover = float(rng.choice([0.0, 7.0, 60.0]))
        start = next_open(opens, closes, float(rng.integers(0, 1500)))
        work = float(rng.integers(1, 600)) + 0.5
        axis = working_axis(opens, closes, handover)
        got = end_of_work(opens, closes, axis, handover, start, work)
        if start == inf:
            assert got == inf
        else:
            assert got == slow_end(opens, closes, handover, start, work)


def test_lists_and_arrays_give_the_same_bits():
    opens, closes = np.asarray(OPENS), np.asarray(CLOSES)
    axis = np.asarray(working_axis(OPENS, CLOSES, 5.0))
    assert end_of_work(opens, closes, axis, 5.0, 700.0, 300.0) == end(700.0, 300.0, 5.0)
