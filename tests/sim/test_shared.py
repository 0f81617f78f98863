"""What several runs share: the same results as if each had worked it out by itself."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.load import load
from sim.engines import have_numba, simulate
from sim.eventlog import EventLog
from sim.journal import decode, encode
from sim.ports import companion_of, port_run
from sim.process.opentimes import OpenTimes
from sim.replication import Replication
from sim.traffic import tables
from sim.traffic.drawn import Draws

SHORT = ["run.measured=4 weeks", "run.warmup=1 weeks", "run.drain=4 weeks"]
STAMPS = ("consignment", "container", "node", "enabled", "start", "end", "done")


def same_log(one: EventLog, other: EventLog) -> bool:
    """Row for row, and grant for grant."""
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
               for name in STAMPS) and one.granted.keys() == other.granted.keys() and all(
        np.array_equal(one.granted[key], other.granted[key], equal_nan=True)
        for key in one.granted)


def test_regimes_share_a_traffic_and_get_what_they_would_get_alone():
    reform = load("one-stop-recognition", sets=SHORT)
    tables._drawn.cache_clear()
    alone = port_run(reform, 5, 2)
    tables._drawn.cache_clear()
    before = port_run(load("separate", sets=SHORT), 5, 2)
    shared = port_run(reform, 5, 2)
    assert shared.traffic is before.traffic and shared.traffic is not alone.traffic
    for level in ("consignment", "container"):
        mine, theirs = getattr(alone.columns, level), getattr(shared.columns, level)
        assert list(mine) == list(theirs)
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)
    assert same_log(simulate(alone.plan, "reference"), simulate(shared.plan, "reference"))


@pytest.mark.parametrize("change", [
    "agencies.customs.exam.fixed=0.9 h", "devanning.restuff=1.2", "agencies.customs.officers=1",
    "traffic.pickup={distribution: constant, value: 3 h}"])
def test_a_scenario_that_differs_takes_over_nothing_that_depends_on_it(change):
    port_run(load("separate", sets=SHORT), 5, 2)
    after = port_run(load("separate", sets=[*SHORT, change]), 5, 2)
    tables._drawn.cache_clear()
    alone = port_run(load("separate", sets=[*SHORT, change]), 5, 2)
    for level in ("consignment", "container"):
        mine, theirs = getattr(alone.columns, level), getattr(after.columns, level)
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_what_is_shared_cannot_be_written_to():
    draw = Draws(1, 0, {})
    for values in (draw("size", 4), draw("size", 4)):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0.5


@pytest.mark.skipif(not have_numba(), reason="needs Numba")
@pytest.mark.parametrize("regime", ["separate", "one-stop"])
def test_a_companion_that_shares_the_lowered_plan_runs_as_one_that_was_built_anew(regime):
    scenario = load(regime, sets=SHORT)
    run = port_run(scenario, 3, 1)
    first = simulate(run.plan, "compiled")
    companion = simulate(companion_of(run).plan, "compiled")
    anew = port_run(scenario, 3, 1, companion=True)
    assert anew.plan.kept is not run.plan.kept
    assert same_log(companion, simulate(anew.plan, "compiled"))
    assert same_log(companion, simulate(anew.plan, "reference"))
    assert same_log(first, simulate(run.plan, "compiled"))


def test_open_times_by_table_are_those_by_search():
    rng = np.random.default_rng(4)
    edges = np.cumsum(rng.choice([1.0, 30.0, 700.0, 1440.0, 9000.0], 400))
    times = OpenTimes(edges[::2], edges[1::2])
    minutes = np.concatenate([edges, rng.random(5000) * (edges[-1] + 5000.0), [0.0]])
    minutes = np.round(minutes * 1024.0) / 1024.0
    place = np.searchsorted(times.opens, minutes, side="right")
    assert np.array_equal(times.place(minutes), place)
    inside = [any(a <= t < b for a, b in zip(times.opens, times.closes, strict=True))
              for t in minutes[:900]]
    assert times.open_at(minutes)[:900].tolist() == inside
    before = [sum(max(0.0, min(b, t) - a) for a, b in zip(times.opens, times.closes, strict=True))
              for t in minutes[:900]]
    assert times.before(minutes)[:900].tolist() == before
    unknown = np.append(minutes, np.nan)
    assert not times.open_at(unknown)[-1] and np.isnan(times.before(unknown)[-1])


def test_the_journal_gives_back_texts_and_arrays_as_they_were():
    table = {"text": np.array(["b", "", "b", "港"], dtype=object), "flag": np.array([True] * 4),
             "when": np.array(["2015-01-01", "NaT"] * 2, dtype="datetime64[us]"),
             "minute": np.array([0.5, np.nan, np.inf, -0.0]), "code": np.arange(4, dtype=np.int32)}
    found = decode(encode(Replication("x", 0, tables={"t": table}))).tables["t"]
    for name, values in table.items():
        assert found[name].dtype == values.dtype and found[name].flags.aligned
        assert found[name].tolist() == values.tolist() or name == "minute"
    assert found["minute"].tobytes() == table["minute"].tobytes()
    with pytest.raises(TypeError, match="not all text"):
        encode(Replication("x", 0, tables={"t": {"odd": np.array(["a", 1], dtype=object)}}))
