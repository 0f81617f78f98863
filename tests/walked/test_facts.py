"""What any model of this reform must satisfy: six facts that follow from arithmetic alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.measures import measure
from sim.measures.labour import Labour
from sim.measures.ledger import Ledger
from sim.measures.record import Measured
from sim.ports import PortRun, port_run
from sim.replication import Replication
from sim.traffic.tables import Traffic
from sim.verification.identity import CALM, constant
from sim.verification.ten_boxes import (
    CONSIGNMENTS,
    LABORATORY_SEED,
    PORT,
    Consignment,
    traffic_from,
)

DEPTHS = ("door", "one-third", "half", "full")


def pairs_of_depths() -> list[Consignment]:
    """A jointly selected box of each size for every pair of depths, spread over four days."""
    boxes = [(size, q, c) for size in (20, 40) for q in DEPTHS for c in DEPTHS]
    return [Consignment(f"P{i}", (5 + i % 4, "09:00"), (5 + i % 4, "06:00"), "yes", "general",
                        (box,)) for i, box in enumerate(boxes)]


def ran(scenario: Loaded, traffic: Traffic, seed: int = 1) -> tuple[PortRun, EventLog]:
    """A finished run of given traffic."""
    run = port_run(scenario, seed, 0, traffic=traffic)
    return run, simulate(run.plan, "reference")


def measured(scenario: Loaded, traffic: Traffic) -> Replication:
    """The measures of a run of given traffic."""
    run, log = ran(scenario, traffic)
    return measure(run, log, seed=1)


def value(replication: Replication, name: str) -> float:
    """A measure of one replication."""
    numerator, denominator = replication.sums[name]
    return numerator / denominator


# 1. Without queues and calendars the reduction is 1 / (2 + Y / X).


def test_1_without_queues_the_reduction_follows_the_fixed_share():
    """Beside the sweep of the check identity.reduction; X is 240 there and 300 here."""
    serial, together = (constant(regime, (33, 510), (120, 120), "reference")
                        for regime in ("separate", "one-stop"))
    assert serial == [33 + 600, 510 + 600] and together == [33 + 300, 510 + 300]
    for fixed, one, other in zip((33, 510), serial, together, strict=True):
        assert 1 - other / one == 1 / (2 + Fraction(fixed, 300))


# 2. The saving on handling is one move and the cheaper devanning.


def handling(regime: str) -> np.ndarray:
    """float64[n]: what the trader pays for moves and devannings of each pair of depths."""
    run, log = ran(load("xiamen-2015", regime, CALM), traffic_from(pairs_of_depths()))
    m = Measured(run, log, 1, 0)
    entries = Ledger(m, Labour(m)).entries
    return np.sum([e.amount for e in entries
                   if e.payer == "trader" and e.reason in ("move", "devanning")], axis=0)


def test_2_the_saving_on_handling_is_a_move_and_the_cheaper_devanning():
    move = {20: 420.0, 40: 630.0}
    devanning = {20: dict(zip(DEPTHS, (50.0, 300.0, 420.0, 800.0))),
                 40: dict(zip(DEPTHS, (80.0, 450.0, 600.0, 1100.0)))}
    before, after = handling("separate"), handling("one-stop")
    expected = [move[size] + min(devanning[size][q], devanning[size][c])
                for consignment in pairs_of_depths() for size, q, c in consignment.boxes]
    assert (before - after).tolist() == expected
    assert np.all(before - after <= before / 2)


# 3. Officer-hours fall only if one officer of each agency is enough.


def officer_hours(regime: str, *sets: str) -> float:
    """Officer-hours per jointly selected consignment."""
    result = measured(load("xiamen-2015", regime, [*CALM, *sets]),
                      traffic_from(pairs_of_depths()))
    return value(result, "labour.officer.joint.per_consignment")


def test_3_officer_hours_fall_with_one_of_each_agency_and_not_with_two():
    serial = officer_hours("separate")
    assert officer_hours("one-stop", "regime.officers=2") >= serial
    assert serial / 2 < officer_hours("one-stop", "regime.officers=1") < serial


# 4. A rule that fits nothing costs nothing.


def same(one: EventLog, other: EventLog) -> bool:
    """Whether two logs are the same, row by row, to the last bit."""
    names = ("consignment", "container", "node", "enabled", "start", "end", "done")
    return one.stopped == other.stopped and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in names) and np.array_equal(one.column("agency"), other.column("agency"))


@pytest.mark.parametrize("regime", ["separate", "one-stop"])
def test_4_recognition_with_nothing_eligible_is_the_identical_log(regime):
    general = [Consignment(c.name, c.lodged, c.discharged, c.licensed, "general", c.boxes)
               for c in CONSIGNMENTS]
    logs = [ran(load(PORT, name), traffic_from(general), LABORATORY_SEED)[1]
            for name in (regime, f"{regime}+recognition")]
    assert same(*logs)


def test_4_holds_for_drawn_traffic_too():
    sets = ["run.warmup=0 weeks", "run.measured=1 week", "run.drain=2 weeks",
            "traffic.attributes.goods.shares.general=1",
            "traffic.attributes.goods.shares.listed=0",
            "traffic.attributes.grade.shares.advanced=0",
            "traffic.attributes.grade.shares.credit=0.68"]
    logs = [simulate(port_run(load("xiamen-2015", name, sets), 1, 0).plan, "reference")
            for name in ("one-stop", "one-stop-recognition")]
    assert len(logs[0]) > 1000
    assert same(*logs)


def test_4_is_no_empty_test_because_listed_goods_do_change_the_log():
    logs = [ran(load(PORT, name), traffic_from(CONSIGNMENTS), LABORATORY_SEED)[1]
            for name in ("one-stop", "one-stop-recognition")]
    assert not same(*logs)


# 5. From 1 October 2015 the public pays for customs' examinations, and nothing else changes.


def paid(replication: Replication, group: str) -> dict[str, float]:
    """payer -> what it pays for moves and devannings of a group."""
    table = replication.tables["ledger"]
    rows = ((table["group"] == group) & (table["kind"] == "transfer")
            & np.isin(table["reason"].astype(str), ["move", "devanning"]))
    result = {"trader": 0.0, "public": 0.0}
    for payer, amount in zip(table["payer"][rows], table["amount"][rows]):
        result[payer] += float(amount)
    return result


def since(start: str, regime: str, *sets: str) -> Replication:
    """The ten boxes in a week that begins at the given Monday."""
    scenario = load(PORT, regime, [f"run.start={start}", *sets])
    assert scenario.run.start is not None
    run, log = ran(scenario, traffic_from(CONSIGNMENTS, scenario.run.start), LABORATORY_SEED)
    return measure(run, log, seed=LABORATORY_SEED)


@pytest.mark.parametrize("regime", ["separate", "one-stop"])
def test_5_the_payer_of_customs_examinations_switches_on_the_day(regime):
    before, after = since("2015-08-03", regime), since("2015-10-12", regime)
    for group in ("customs", "quarantine", "joint"):
        old, new = paid(before, group), paid(after, group)
        assert old["public"] == 0
        assert old["trader"] == new["trader"] + new["public"]
    assert paid(after, "customs")["trader"] == 0
    assert paid(after, "customs")["public"] == paid(before, "customs")["trader"] > 0
    assert paid(after, "quarantine") == paid(before, "quarantine")
    assert 0 < paid(after, "joint")["public"] < paid(after, "joint")["trader"]
    for group in ("all", "customs", "quarantine", "joint"):
        total = f"cost.total.{group}.per_teu"
        assert value(before, total) == value(after, total)
        change = [value(after, f"cost.{party}.{group}.per_teu")
                  - value(before, f"cost.{party}.{group}.per_teu")
                  for party in ("trader", "public")]
        assert sum(change) == pytest.approx(0, abs=1e-9)
        assert value(after, f"cost.operator.{group}.per_teu") == pytest.approx(
            value(before, f"cost.operator.{group}.per_teu"), abs=1e-9)


def test_5_the_day_counts_within_a_week():
    """Customs' part of A is over on Thursday the 8th of January, that of C begins on the 9th."""
    split = since("2015-01-05", "separate", "waivers.0.since=2015-01-09")
    never = since("2015-01-05", "separate")
    assert paid(split, "customs") == paid(never, "customs")
    assert paid(split, "joint")["public"] > 0


# 6. One form of 105 fields replaces two of 73 and 96, because 64 are shared.


@pytest.mark.parametrize(("regime", "fields"), [("separate", 73 + 96), ("one-stop", 105)])
def test_6_one_form_holds_the_union_of_the_fields(regime, fields):
    result = measured(load("xiamen-2015", regime, CALM), traffic_from(pairs_of_depths()))
    assert value(result, "count.fields.joint.per_consignment") == fields
