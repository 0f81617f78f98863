"""Findings: chances, what recognition gives up, and what follows in the process."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.ids import DEPTHS
from scenarios.load import load
from scenarios.schema.findings import Irregularity
from sim.engines import simulate
from sim.measures import measure
from sim.measures.labour import Labour
from sim.measures.ledger import Ledger
from sim.measures.record import Measured
from sim.ports import port_run
from sim.process.findings import Irregular, chance, units_sampled

FRACTION = np.array([0.0, 0.08, 0.35, 0.5, 1.0])
SHORT = ("run.warmup=1 week", "run.measured=4 weeks", "run.drain=4 weeks")
ALWAYS = tuple(f"findings.elements.{e}.rates.{i}.share=1" for e in ("quantity", "origin")
               for i in range(3))
CUSTOMS = ("name", "quantity", "weight", "origin", "intellectual-property")


def ran(regime: str, *sets: str):
    """A short run of the shipped port, and its log."""
    run = port_run(load("xiamen-2015", regime, [*SHORT, *sets]), 1, 0)
    return run, simulate(run.plan)


def in_cohort(run) -> np.ndarray:
    """bool[N]: boxes that the run waits for."""
    return run.traffic.cohort[run.traffic.owner]


def certain(element: str, agency: str, probability: float = 1.0) -> list[str]:
    """An agency finds an element with this probability at any depth."""
    return [f"findings.elements.{element}.found_by.{agency}.by_depth.{depth}={probability:g}"
            for depth in DEPTHS]


def sampled(**more) -> Irregularity:
    """A pest that one agency looks for in a sample of units."""
    spread = {"units": 200, "mean": 0.1, "cv": 0.5, "arrangement": "stretch"} | more
    return Irregularity.model_validate({
        "of": "a", "rates": [{"share": 0.1}], "spread": spread, "follows": [],
        "found_by": {"a": {"sample": {"units": 30}, "sensitivity": 0.7}}})


# the chance of finding


def test_a_sample_is_as_large_as_the_standard_says():
    element = Irregularity.model_validate({
        "of": "a", "rates": [{"share": 0.1}], "follows": [],
        "spread": {"units": 10_000, "mean": 0.1, "cv": 1.0, "arrangement": "even"},
        "found_by": {"a": {"sample": {"to_find": {"share": 0.05, "probability": 0.95}},
                           "sensitivity": 1.0}}})
    assert element.spread
    # ISPM 31, tables for large lots: 59 units find 5 % with 95 % confidence.
    assert units_sampled(element.found_by["a"], element.spread) == 59


@pytest.mark.parametrize("arrangement", ["even", "stretch"])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_chance_is_that_of_looking_at_units_one_by_one(arrangement, depth):
    element, rng = sampled(arrangement=arrangement), np.random.default_rng(7)
    units, irregular, begin = 200, 20, 0.2
    position = np.arange(units) / units
    lots = 20_000
    if arrangement == "stretch":
        bad = np.tile((position >= begin) & (position < begin + irregular / units), (lots, 1))
    else:
        bad = np.argsort(rng.random((lots, units)), axis=1) < irregular
    looked = (position < FRACTION[depth]) & (rng.random((lots, units)) < 30 / units)
    found = np.any(bad & looked & (rng.random((lots, units)) < 0.7), axis=1).mean()
    p = chance(element, "a", Irregular(np.ones(1, bool), np.array([20.0]), np.array([begin])),
               np.array([depth]), FRACTION)[0]
    # An even spread leaves the number within reach to chance; its mean is what the formula takes.
    slack = 0.02 if arrangement == "even" else 0.0
    assert abs(found - p) < slack + 4 * np.sqrt(p * (1 - p) / lots) + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from(["even", "stretch"]))
def test_a_deeper_look_never_finds_less(units, place, arrangement):
    element = sampled(arrangement=arrangement)
    begin = place * (1 - units / 200)
    what = Irregular(np.ones(5, bool), np.full(5, float(units)), np.full(5, begin))
    p = chance(element, "a", what, np.arange(5), FRACTION)
    assert np.all(np.diff(p) >= 0) and p[0] == 0 and np.all(p <= 1)


# what a regime finds


def test_what_is_wrong_does_not_depend_on_the_regime():
    runs = [ran(regime)[0] for regime in ("separate", "one-stop", "one-stop-recognition")]
    for name, first in runs[0].columns.findings.irregular.items():
        for run in runs[1:]:
            assert np.array_equal(first.here, run.columns.findings.irregular[name].here)


def test_found_and_missed_are_what_was_there():
    totals = []
    for regime in ("separate", "one-stop", "one-stop-recognition"):
        run, log = ran(regime)
        sums = measure(run, log).sums
        for agency in ("customs", "quarantine"):
            found, missed = (sums[f"control.{agency}.{kind}.per_1000"]
                             for kind in ("found", "missed"))
            assert found[1] == missed[1] > 0
            totals.append((agency, found[0] + missed[0]))
    assert len(set(totals)) == 2


def test_more_recognition_never_finds_more_of_what_it_does_not_examine():
    """The boxes in which customs' own look finds an element are ever fewer as more is accepted,
    and so are all finds of what customs alone looks for."""
    before, alone = None, None
    numbers = []
    for accepted in (0.0, 0.25, 0.5, 0.75, 1.0):
        sets = [f"recognition.{i}.{key}={value}" for i in (0, 1) for key, value in (
            ("accepted", accepted), ("refused", 1 - accepted))]
        findings = ran("one-stop-recognition", *sets, *ALWAYS)[0].columns.findings
        own = {e: findings.found["customs", e] for e in CUSTOMS}
        only = {e: findings.known("customs", e) for e in ("origin", "intellectual-property")}
        if before is not None:
            assert all(np.all(own[e] <= before[e]) for e in CUSTOMS)
            assert all(np.all(only[e] <= alone[e]) for e in only)
        before, alone = own, only
        numbers.append(int(only["origin"].sum()))
    assert numbers[0] > numbers[-1]


def test_what_recognition_misses_is_the_difference_to_the_same_run_without_it():
    with_, log = ran("one-stop-recognition", *ALWAYS)
    without = ran("one-stop", *ALWAYS)[0]
    lost = 0
    # Quarantine loses too: what it examines alone is devanned to its own depth only.
    for name, element in with_.scenario.findings.by_element.items():
        was, is_ = (run.columns.findings.known(element.of, name) for run in (without, with_))
        lost += int((was & ~is_ & with_.traffic.cohort[with_.traffic.owner]).sum())
    found, boxes = measure(with_, log).sums["control.recognition.missed.per_1000"]
    assert found == 1000 * lost > 0 and boxes > 0
    assert measure(*ran("one-stop", *ALWAYS)).sums["control.recognition.missed.per_1000"][0] == 0


def test_recognised_elements_count_as_quarantine_found_them():
    sets = [*ALWAYS, *certain("quantity", "quarantine"), *certain("quantity", "customs", 0),
            "findings.notice.share.on=0"]
    run, _ = ran("one-stop-recognition", *sets)
    accepted = (run.columns.outcome["customs"] == 1)[run.traffic.owner]
    known = run.columns.findings.known("customs", "quantity")
    assert accepted.any() and np.all(known[accepted])
    assert not known[~accepted].any()


def test_in_part_customs_checks_the_other_elements_and_only_those():
    sets = [f"recognition.{i}.{key}" for i in (0, 1) for key in ("accepted=0", "in_part=1")]
    sets += [*ALWAYS, *certain("quantity", "customs"), *certain("origin", "customs"),
             *certain("quantity", "quarantine", 0)]
    run, log = ran("one-stop-recognition", *sets)
    in_part = (run.columns.outcome["customs"] == 2)[run.traffic.owner]
    findings = run.columns.findings
    assert in_part.any()
    assert np.all(findings.found["customs", "origin"][in_part])
    assert not findings.found["customs", "quantity"][in_part].any()
    checks = log.column("stage") == "check"
    assert not (set(log.container[checks]) - set(np.flatnonzero(in_part)))
    assert set(log.container[checks]) >= set(np.flatnonzero(in_part & in_cohort(run)))
    devanned = log.container[log.column("stage") == "devanning"]
    often = np.bincount(devanned, minlength=len(in_part))
    assert np.all(often[in_part & in_cohort(run)] == 1)


def test_a_third_agency_takes_part_of_the_results_and_checks_the_rest_at_a_joint_examination():
    sets = [f"findings.elements.{e}.rates.{i}.share=1"
            for e, rates in (("quantity", 3), ("label", 3)) for i in range(rates)]
    sets += ["recognition.0.accepted=0", "recognition.0.in_part=1", "recognition.0.refused=0",
             "findings.elements.label.found_by.food-safety.sample.units=400",
             "findings.elements.label.found_by.food-safety.sensitivity=1",
             *certain("quantity", "food-safety"), *certain("quantity", "quarantine", 0)]
    run = port_run(load("three-agencies", "one-stop+recognition", [*SHORT, *sets]), 1, 0)
    log, findings, owner = simulate(run.plan), run.columns.findings, run.traffic.owner
    in_part = (run.columns.outcome["food-safety"] == 2)[owner]
    assert in_part.any()
    # What the rule covers is left to quarantine.
    assert not findings.found["food-safety", "quantity"][in_part].any()
    full = run.traffic.depth["food-safety"] == DEPTHS.index("full")
    assert (in_part & full).any()
    assert np.all(findings.found["food-safety", "label"][in_part & full])
    checked = {(box, who) for box, stage, who in zip(
        log.container, log.column("stage"), log.column("agency"), strict=True) if stage == "check"}
    for box in np.flatnonzero(in_part & in_cohort(run)):
        assert (box, "food-safety") in checked


def test_refused_means_a_second_appointment_and_a_second_devanning():
    sets = [f"recognition.{i}.{key}" for i in (0, 1) for key in ("accepted=0", "refused=1")]
    run, log = ran("one-stop-recognition", *sets)
    refused = (run.columns.outcome["customs"] == 3)[run.traffic.owner] & in_cohort(run)
    assert refused.any()
    for stage in ("appointment", "move-in", "devanning"):
        boxes = log.container[log.column("stage") == stage]
        assert np.all(np.bincount(boxes, minlength=len(refused))[refused] == 2)


def test_another_agency_is_told_by_the_share_of_notices():
    for share, expected in (("0", False), ("1", True)):
        run, log = ran("separate", *ALWAYS, f"findings.notice.share.off={share}",
                       *certain("quantity", "quarantine"))
        alone = run.traffic.selected["quarantine"] & ~run.traffic.selected["customs"]
        known = run.columns.findings.known("customs", "quantity")
        assert known[alone[run.traffic.owner]].any() == expected
        assert ("notice" in log.column("stage")) == expected


# what follows


def test_without_irregularities_the_log_is_that_of_a_port_without_findings():
    rates = [f"findings.elements.{e}.rates.{i}.share=0" for e in (*CUSTOMS, "pest", "label")
             for i in range(3 if e in CUSTOMS else 2)]
    rows = []
    for sets in (rates, ["findings=null"]):
        _, log = ran("one-stop-recognition", *sets)
        order = np.lexsort((log.enabled, log.column("stage"), log.container, log.consignment))
        rows.append([log.consignment[order], log.container[order], log.column("stage")[order],
                     log.column("agency")[order], log.enabled[order], log.start[order],
                     log.end[order]])
    for one, other in zip(*rows, strict=True):
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_a_deeper_look_follows_the_first_and_goes_to_the_full_depth():
    run, log = ran("one-stop", *ALWAYS, *certain("quantity", "customs"))
    stage = log.column("stage")
    ends = {}
    for name in ("examination", "deepening", "second-examination", "restuffing"):
        rows = (stage == name) & (log.column("agency") == "customs")
        ends[name] = dict(zip(log.container[rows], zip(log.start[rows], log.end[rows],
                                                       strict=True), strict=True))
    deepened = run.columns.findings.visits["customs"].deepened
    assert deepened.any() and not set(ends["deepening"]) - set(np.flatnonzero(deepened))
    assert set(ends["deepening"]) >= set(np.flatnonzero(deepened & in_cohort(run)))
    for box in np.flatnonzero(deepened & in_cohort(run)):
        start, end = ends["deepening"][box]
        assert start >= ends["examination"][box][1]
        assert ends["restuffing"][box][0] >= ends["second-examination"][box][1] >= end
    shallow = deepened & (run.traffic.depth["customs"] < DEPTHS.index("full"))
    assert np.array_equal(shallow, deepened)
    assert np.all(run.columns.findings.visits["customs"].depth[deepened] == DEPTHS.index("full"))


def test_a_treated_box_waits_in_its_place_and_the_release_waits_for_it():
    run, log = ran("one-stop", "findings.elements.pest.rates.0.share=1",
                   "findings.elements.pest.rates.1.share=1",
                   "findings.elements.pest.spread.mean=0.5",
                   "findings.elements.pest.spread.cv=0.2", "findings.treatment=31 h")
    stage = log.column("stage")
    treated = np.flatnonzero((stage == "treatment") & ~np.isnan(log.end))
    assert len(treated) > 50
    assert np.all(log.end[treated] - log.start[treated] == 31 * 60)
    back = {log.container[i]: log.enabled[i] for i in np.flatnonzero(stage == "move-back")}
    assert all(back[log.container[i]] >= log.end[i] for i in treated)
    released = np.full(run.plan.consignments, np.nan)
    rows = stage == "release"
    released[log.consignment[rows]] = log.end[rows]
    known = ~np.isnan(released[log.consignment[treated]])
    assert np.all((released[log.consignment[treated]] > log.end[treated])[known])


def test_a_detained_consignment_waits_before_its_release():
    sets = [f"findings.elements.intellectual-property.rates.{i}.share=1" for i in range(3)]
    run, log = ran("one-stop", *sets, *certain("intellectual-property", "customs"),
                   "findings.detention=3 d")
    rows = log.column("stage") == "detention"
    assert rows.any()
    assert np.all((log.end - log.start)[rows & ~np.isnan(log.end)] == 3 * 1440)
    boxes = run.columns.findings.found["customs", "intellectual-property"]
    assert set(log.consignment[rows]) <= set(run.traffic.owner[boxes])


def test_a_waiver_is_for_boxes_found_in_order():
    """After the day of the waiver the trader still pays for customs' examinations that found
    something, and for no others."""
    sets = ["run.start=2015-10-12", *ALWAYS, *certain("quantity", "customs")]
    paid = []
    for more in ([], [f"findings.elements.{e}.rates.{i}.share=0" for e in CUSTOMS
                      for i in range(3)]):
        run, log = ran("separate", *sets, *more)
        m = Measured(run, log, 1, 0)
        alone = m.group == m.groups.index("customs")
        paid.append(sum(e.amount[alone].sum() for e in Ledger(m, Labour(m)).entries
                        if e.payer == "trader" and e.reason in ("move", "devanning")))
    assert paid[0] > 0 and paid[1] == 0


def test_what_takes_days_is_left_out_of_routine_in_every_regime():
    masks = []
    for regime in ("separate", "one-stop-recognition"):
        run, log = ran(regime)
        m = Measured(run, log, 1, 0)
        masks.append(m.routine)
        for stage in ("treatment", "detention", "laboratory"):
            assert not m.routine[log.consignment[log.column("stage") == stage]].any()
    assert np.array_equal(*masks) and 0 < masks[0].mean() < 1
