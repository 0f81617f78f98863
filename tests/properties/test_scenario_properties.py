"""Random ports under random feasible levers: what must hold of every run and of its measures."""

from __future__ import annotations

import copy
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scenarios.errors import InputError
from scenarios.load import Loaded, load, restore
from sim.engines import simulate
from sim.engines.invariants import check
from sim.measures.area import day_peaks
from sim.measures.cost import net_positions
from sim.measures.labour import Labour
from sim.measures.ledger import Ledger
from sim.measures.measure import measure_run
from sim.measures.record import Measured
from sim.ports import PortRun, port_run

LEVERS = {
    "declaration": ("chained", "parallel", "single"),
    "site": ("per-agency", "shared"),
    "appointment": ("per-agency", "single"),
    "examination": ("serial", "joint"),
    "recognition": ("off", "on"),
    "hours": ("own", "aligned"),
    "matching": ("off", "on"),
    "staffing": ("divided", "pooled", "restated"),
    "officers": (1, 2),
    "release": ("per-agency", "single"),
}
SHORT = ("run.warmup=0 weeks", "run.measured=1 week", "run.drain=6 weeks",
         "traffic.consignments_per_week=40")
SEPARATE = "layout.separate"
STAFF = {
    f"{SEPARATE}.gangs.quarantine": (1, 6), f"{SEPARATE}.gangs.customs": (1, 6),
    f"{SEPARATE}.officers.quarantine": (4, 12), f"{SEPARATE}.officers.customs": (4, 12),
    f"{SEPARATE}.clerks.quarantine": (1, 5), f"{SEPARATE}.clerks.customs": (1, 5),
    f"{SEPARATE}.tractors": (1, 8),
    f"{SEPARATE}.sites.quarantine-yard.slots": (1, 10),
    f"{SEPARATE}.sites.quarantine-yard.buffer": (1, 40),
    f"{SEPARATE}.sites.quarantine-yard.appointments_per_day": (2, 40),
    f"{SEPARATE}.sites.customs-yard.slots": (1, 10),
    f"{SEPARATE}.sites.customs-yard.buffer": (1, 40),
    "layout.shared.sites.joint-yard.slots": (1, 16),
    "layout.shared.sites.joint-yard.buffer": (1, 60),
    "layout.shared.sites.joint-yard.appointments_per_day": (2, 60),
    "layout.shared.joint_officers.quarantine": (2, 2),
    "layout.shared.joint_officers.customs": (2, 2),
}


def feasible(levers: dict[str, object]) -> bool:
    """The prerequisites of the levers, as docs/model.md states them."""
    shared, chained = levers["site"] == "shared", levers["declaration"] == "chained"
    single = levers["appointment"] == "single"
    return not (
        levers["examination"] == "joint" and not (shared and single and not chained)
        or single and (not shared or chained)
        or levers["release"] == "single" and chained
        or levers["staffing"] == "restated" and not shared)


regimes = st.fixed_dictionaries({k: st.sampled_from(v) for k, v in LEVERS.items()}).filter(feasible)
staffs = st.fixed_dictionaries({k: st.integers(*span) for k, span in STAFF.items()})
calls = st.sampled_from(["session", "chain", "atomic"])
places = st.sampled_from(["kept", "from-slot"])
joint_shares = st.sampled_from([0.0, 0.3, 0.8])
seeds = st.integers(0, 2**20)


@st.composite
def ports(draw) -> Loaded:
    """A small port with random staff under a random feasible set of levers."""
    changes = dict(draw(staffs))
    changes |= {f"regime.{lever}": value for lever, value in draw(regimes).items()}
    twice_in_one_stay = (changes["regime.appointment"] == "single"
                         and changes["regime.examination"] == "serial")
    place = "kept" if twice_in_one_stay else draw(places)
    changes |= {"joint.call": draw(calls), "yard.return_place": place}
    joint = draw(joint_shares)
    shares = {"customs": 0.2, "quarantine": 0.8 - joint, "quarantine+customs": joint}
    listed = {"when": {"goods": "listed"}, "shares": {"quarantine+customs": 1.0}}
    changes["selection.rules"] = [listed, {"shares": shares}]
    return changed(small(), changes)


@cache
def small(*sets: str) -> Loaded:
    """The small port with the staff of the shipped one."""
    return load("xiamen-2015", sets=[*SHORT, *sets])


def changed(scenario: Loaded, changes: dict[str, object]) -> Loaded:
    """The scenario with other values at these keys."""
    data = copy.deepcopy(scenario.resolved)
    for key, value in changes.items():
        *above, last = key.split(".")
        place = data
        for word in above:
            place = place[word]
        place[last] = value
    return restore(data)


def under(scenario: Loaded, levers: dict[str, object]) -> Loaded:
    """The same port under other levers."""
    changes = {f"regime.{lever}": value for lever, value in levers.items()}
    if levers.get("appointment") == "single" and levers.get("examination") == "serial":
        changes["yard.return_place"] = "kept"
    return changed(scenario, changes)


def finished(scenario: Loaded, seed: int, companion: bool = False) -> Measured:
    run = port_run(scenario, seed, 0, companion=companion)
    log = simulate(run.plan)
    check(run.plan, log)
    return Measured(run, log, seed, 0)


def test_the_scenario_refuses_exactly_the_infeasible_levers():
    names = ("declaration", "site", "appointment", "examination", "staffing", "release")
    for values in product(*(LEVERS[name] for name in names)):
        levers = dict(zip(names, values, strict=True))
        try:
            under(small(), levers)
            refused = False
        except InputError:
            refused = True
        assert refused != feasible(levers), levers


@settings(max_examples=40)
@given(ports(), seeds)
def test_every_run_obeys_the_laws_and_loses_nobody(scenario, seed):
    m = finished(scenario, seed)
    log, cohort = m.log, m.cohort
    assert log.stopped <= m.run.plan.cap
    over = ~np.isnan(log.done)
    # Each member of the cohort is released and gone, or still open at the cap.
    assert np.all(over[cohort] | (log.stopped == m.run.plan.cap))
    assert not np.isnan(m.released[over & cohort]).any()
    assert np.all(m.released[over] <= log.done[over])
    # Nobody is released before the goods are there and declared.
    assert np.all(m.released[over] >= m.traffic.clock_start[over])
    # Whatever is moved in and put into a slot comes out again.
    for stages in (("move-in", "move-back"), ("devanning", "restuffing")):
        first, second = (np.bincount(log.consignment[m.ended(s)],
                                     minlength=len(over)) for s in stages)
        assert np.all(first[over] == second[over])


@given(ports(), seeds)
def test_money_is_neither_made_nor_lost(scenario, seed):
    m = finished(scenario, seed)
    ledger = Ledger(m, Labour(m))
    positions = sum(net_positions(m, ledger).values())
    resources = sum(e.amount for e in ledger.entries if e.kind == "resource")
    np.testing.assert_allclose(positions, resources, rtol=1e-9, atol=1e-6)
    assert all(np.all(e.amount >= 0) for e in ledger.entries)
    assert all(e.payee for e in ledger.entries if e.kind == "transfer")


@settings(max_examples=15)
@given(ports(), seeds)
def test_measures_are_consistent_with_one_another(scenario, seed):
    result = measure_run(scenario, seed, 0)
    value = {name: n / d for name, (n, d) in result.sums.items() if d}
    for name, sample in result.samples.items():
        if name.startswith("time.") and len(sample):
            p50, p90, p95 = np.quantile(sample, [0.5, 0.9, 0.95], method="lower")
            assert 0 <= p50 <= p90 <= p95
            shares = [value[f"{name}.within_{h}h"] for h in (24, 48, 72)]
            assert 0 <= shares[0] <= shares[1] <= shares[2] <= 1
    for name, number in value.items():
        # Work begun before closing may be finished after it: overtime, beyond the open hours.
        if name.startswith(("labour", "count", "time", "queue", "flow", "use", "backlog")):
            assert number >= -1e-9, name
    for kind in ("officer", "clerk", "gang"):
        waiting = value[f"labour.{kind}.all.waiting"]
        assert waiting <= value[f"labour.{kind}.all.per_consignment"] + 1e-9
    assert value["time.clearance.all.mean"] <= value["time.release.all.mean"] + 1e-9
    assert value["time.release.all.mean"] <= value["time.total.all.mean"] + 1e-9
    ledger = result.tables["ledger"]
    teu = sum(dict(zip(ledger["group"], ledger["teu"], strict=True)).values())
    consumed = ledger["amount"][ledger["kind"] == "resource"].sum() / teu
    assert value["cost.total.all.per_teu"] == pytest.approx(consumed, rel=1e-9)
    parties = {name for name in value if name.startswith("cost.") and name.endswith(
        ".all.per_teu") and name.split(".")[1] not in ("total", "reason")}
    assert sum(value[name] for name in parties) == pytest.approx(consumed, rel=1e-9)


def same_arrays(first: dict[str, np.ndarray], second: dict[str, np.ndarray], names) -> None:
    for name in names:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


DRAWN = ("papers", "clearance-form", "release", "laboratory")


@given(ports(), regimes, seeds)
def test_all_regimes_have_the_same_traffic_and_the_same_drawn_times(scenario, levers, seed):
    first, second = port_run(scenario, seed, 0), port_run(under(scenario, levers), seed, 0)
    a, b = first.traffic, second.traffic
    for name in ("arrival", "discharged", "lodged", "owner", "size", "reefer", "cohort"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for name in ("attributes", "selected", "examined", "depth"):
        same_arrays(getattr(a, name), getattr(b, name), getattr(a, name))
    agencies = scenario.agencies
    same_arrays(first.columns.consignment, second.columns.consignment,
                ["discharged", "pickup", "merge", *(f"{s}.{x}" for s in DRAWN for x in agencies)])
    same_arrays(first.columns.container, second.columns.container,
                [f"{stage}.{x}" for stage in ("examination", "devanning", "deepening", "second")
                 for x in agencies])
    same_arrays({k: v.here for k, v in first.columns.findings.irregular.items()},
                {k: v.here for k, v in second.columns.findings.irregular.items()},
                scenario.findings.by_element)


@settings(max_examples=10)
@given(regimes, seeds)
def test_recognition_with_nobody_eligible_changes_no_stamp(levers, seed):
    port = small("recognition=[]")
    logs = [finished(under(port, {**levers, "recognition": word}), seed).log
            for word in ("off", "on")]
    for name in ("consignment", "container", "enabled", "start", "end", "done"):
        np.testing.assert_array_equal(getattr(logs[0], name), getattr(logs[1], name))
    assert logs[0].column("stage").tolist() == logs[1].column("stage").tolist()


@settings(max_examples=10)
@given(regimes, seeds)
def test_the_regime_of_goods_for_one_agency_alone_moves_each_box_once(levers, seed):
    port = small("selection.rules=[{shares: {customs: 0.5, quarantine: 0.5}}]")
    m = finished(under(port, levers), seed)
    over = ~np.isnan(m.log.done)
    moves = np.bincount(m.log.consignment[m.rows("move-in")], minlength=len(over))
    examined = np.any(list(m.traffic.examined.values()), axis=0)
    boxes = np.bincount(m.traffic.owner, weights=examined, minlength=len(over))
    np.testing.assert_array_equal(moves[over], boxes[over])
    assert not m.columns.container["joint"].any()


@settings(max_examples=10)
@given(regimes, seeds)
def test_unlimited_places_refuse_nobody(levers, seed):
    m = finished(under(small(), levers), seed, companion=True)
    rows = m.begun("admission")
    np.testing.assert_array_equal(m.log.start[rows], m.log.enabled[rows])


@settings(max_examples=10)
@given(regimes, seeds, st.integers(1, 6))
def test_boxes_in_slots_never_outnumber_the_gangs(levers, seed, gangs):
    """A box enters a slot only when a gang is ready, so with as many slots as one likes."""
    sets = [f"{SEPARATE}.gangs.{agency}={gangs}" for agency in ("quarantine", "customs")]
    assume(levers["staffing"] != "restated")
    m = finished(under(small(*sets), levers), seed, companion=True)
    apart = levers["site"] == "per-agency" and levers["staffing"] == "divided"
    for site in m.run.layout.sites:
        assert day_peaks(m, site)["slots"].max(initial=0) <= (gangs if apart else 2 * gangs)


def test_a_port_run_says_what_it_ran():
    run = port_run(small(), 3, 1)
    assert isinstance(run, PortRun) and run.scenario.name == "xiamen-2015"
    assert port_run(small(), 3, 1).plan.consignments == run.plan.consignments
    assert not np.array_equal(port_run(small(), 4, 1).traffic.arrival, run.traffic.arrival)
    assert not np.array_equal(port_run(small(), 3, 2).traffic.arrival, run.traffic.arrival)
