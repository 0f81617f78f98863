"""Known ports: the same for the same seed, runnable, loaded but not overloaded, and all unlike."""

from __future__ import annotations

import pytest

from benchmarks.known_ports import AGENCIES, BUSIEST, base, keep_log, known_port, plain
from scenarios.load import restore, under
from sim.ports import port_run

SEEDS = range(3)


@pytest.fixture(scope="module", params=SEEDS)
def seed(request) -> int:
    return request.param


def test_a_seed_is_a_port(seed):
    port = known_port(seed, 6)
    assert known_port(seed, 6).resolved == port.resolved
    assert restore(port.resolved).resolved == port.resolved
    assert port.run.measured == 6 * 10080.0
    assert port.resolved != known_port(seed + 100, 6).resolved


def test_resources_are_loaded_and_none_is_overloaded(seed):
    run = port_run(known_port(seed, 6), seed, 0)
    busy = {name: load for name, load in run.plan.offered.items()
            if name.startswith(("gang", "officer", "clerk", "tractor"))}
    assert max(busy.values()) < BUSIEST
    assert max(busy.values()) > 0.5 and min(busy.values()) > 0.05


def test_the_log_is_of_the_measured_weeks(seed):
    kept = keep_log(known_port(seed, 6), seed)
    records = kept.records
    assert records.until - records.since == 6 * 10080.0
    assert list(records.agencies) == list(AGENCIES)
    assert len(records) > 500
    assert all((records.selected[agency] == 1).any() for agency in AGENCIES)
    assert set(records.attributes) == {"grade", "licensed", "risk"}


def test_the_base_states_what_the_log_cannot_say_and_nothing_else(seed):
    known, assumed = plain(known_port(seed, 6)), plain(base())
    same = {key for key in assumed if key in known and known[key] == assumed[key]}
    assert {"tariffs", "costs", "single", "joint", "matching", "yard", "regime"} <= same
    assert {"traffic", "selection", "devanning", "layout"}.isdisjoint(same)


def test_the_planned_yard_is_there_for_the_change_of_regime(seed):
    reformed = under(known_port(seed, 6), "one-stop")
    assert port_run(reformed, seed, 0).layout.joint_officers
