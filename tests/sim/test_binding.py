"""Clearance time divided over the steps that bound it: adds up, and is what walking back gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from math import nan
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from scenarios.load import load
from sim.engines import simulate
from sim.measures.binding import binding
from sim.measures.record import Measured
from sim.measures.time import clock_hours, stage_table
from sim.ports import port_run

SHORT = ["run.warmup=1 weeks", "run.measured=2 weeks"]
REGIMES = ("separate", "one-stop", "one-stop-recognition", "three-agencies", "reefer-port")


def measured(name: str, replication: int = 0) -> Measured:
    run = port_run(load(name, None, SHORT), 1, replication)
    return Measured(run, simulate(run.plan, "auto"), 1, replication)


def walked(m: Measured, who: int) -> Iterator[tuple[int, float]]:
    """The rows that bound one consignment's release, with their minutes: step by step."""
    log = m.log
    mine = [i for i in np.flatnonzero(log.consignment == who).tolist()
            if log.end[i] <= m.released[who]]
    path = sorted(mine, key=lambda i: (log.end[i], i))
    begin, until = m.traffic.clock_start[who], m.released[who]
    while path:
        row = path.pop()
        path = [i for i in path if log.end[i] <= log.enabled[row]]
        since = max(log.end[path[-1]], begin) if path else begin
        yield row, until - since
        if since <= begin:
            return
        until = since


def test_of_two_branches_the_slower_one_binds() -> None:
    # Minutes. The clock starts at 10, the last release is at 120: 110 to divide.
    #
    #   row  container  stage        enabled  end  work   on the path, walked back from 120
    #    0      -1      papers           0     30    15   10 to 30: 15 work, 5 waiting
    #    1      -1      release        100    120    20   100 to 120: 20 work
    #    2      -1      pickup         120    150    30   after the release: nothing
    #    3       0      devanning       30     60    30   the box was not waited for: nothing
    #    4       0      move-back       60    nan     5   open: nothing
    #    5       1      devanning       40     70    10   30 to 70, since papers ended: 10 work
    #    6       1      examination     70    100    25   70 to 100: 25 work, 5 waiting
    #    7      -1      papers           0     40    15   a consignment that is still open: nothing
    log = SimpleNamespace(consignment=np.array([0, 0, 0, 0, 0, 0, 0, 1]),
                          enabled=np.array([0.0, 100, 120, 30, 60, 40, 70, 0]),
                          end=np.array([30.0, 120, 150, 60, nan, 70, 100, 40]))
    m = SimpleNamespace(log=log, released=np.array([120.0, nan]), cohort=np.array([True, True]),
                        traffic=SimpleNamespace(clock_start=np.array([10.0, 10.0])),
                        work=np.array([15.0, 20, 30, 30, 5, 10, 25, 15]))
    found = binding(cast(Measured, m))
    pieces = zip(found.row.tolist(), found.waiting.tolist(), found.working.tolist(), strict=True)
    assert sorted(pieces) == [(0, 5.0, 15.0), (1, 0.0, 20.0), (5, 30.0, 10.0), (6, 5.0, 25.0)]


@pytest.mark.parametrize("name", REGIMES)
def test_the_pieces_add_up_to_the_clearance_time(name: str) -> None:
    m = measured(name)
    found = binding(m)
    assert np.all(found.waiting >= 0.0) and np.all(found.working >= 0.0)
    hours = clock_hours(m)["clearance"]
    n = len(hours)
    sums = np.bincount(m.log.consignment[found.row], found.waiting + found.working, n) / 60.0
    done = m.cohort & np.isfinite(hours)
    assert np.allclose(sums[done], hours[done], rtol=0.0, atol=1e-9)
    assert not sums[~done].any()


@pytest.mark.parametrize("name", ["separate", "one-stop"])
def test_it_is_what_walking_back_one_by_one_gives(name: str) -> None:
    m = measured(name, 1)
    found = binding(m)
    pieces: dict[int, dict[int, float]] = {}
    for row, minutes in zip(found.row.tolist(), (found.waiting + found.working).tolist()):
        pieces.setdefault(int(m.log.consignment[row]), {})[row] = minutes
    for who, rows in pieces.items():
        other = dict(walked(m, who))
        assert rows == pytest.approx(other, abs=1e-9)


def test_work_is_not_more_than_the_step_takes() -> None:
    m = measured("separate")
    found = binding(m)
    assert np.all(found.working <= m.work[found.row])


def test_the_table_says_it_by_step() -> None:
    m = measured("one-stop-recognition")
    table = stage_table(m)
    steps = list(zip(table["group"], table["stage"], table["agency"], table["site"], strict=True))
    assert len(set(steps)) == len(steps)
    assert "quarantine+customs" in set(table["agency"])
    hours = clock_hours(m)["clearance"]
    for code, group in enumerate(m.groups):
        mine = table["group"] == group
        bound = math.fsum(table["binding_waiting_h"][mine]) + math.fsum(
            table["binding_working_h"][mine])
        of_group = hours[m.cohort & (m.group == code) & np.isfinite(hours)]
        assert bound == pytest.approx(math.fsum(of_group), abs=1e-6)
