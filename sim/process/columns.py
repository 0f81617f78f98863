"""The columns that the process tree reads: durations and choices, per consignment or container.

Durations are drawn by address, so they are the same under every regime; a regime only decides
which of them are used and how they combine (the deeper depth, the longer examination).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scenarios.ids import DEPTHS
from scenarios.schema.scenario import Scenario
from sim.distributions import Floats, lognormal, on_clock, times
from sim.traffic.drawn import Draws
from sim.traffic.tables import Flags, Ints, Traffic

ACCEPTED, IN_PART, REFUSED = 1, 2, 3


@dataclass
class Columns:
    """Columns by level.

    outcome: agency -> int64[n], 0 where nothing is recognised, else ACCEPTED, IN_PART or REFUSED
    visits: agency -> bool[N], boxes that the agency examines with devanning, jointly or alone
    """

    consignment: dict[str, np.ndarray] = field(default_factory=dict)
    container: dict[str, np.ndarray] = field(default_factory=dict)
    outcome: dict[str, Ints] = field(default_factory=dict)
    visits: dict[str, Flags] = field(default_factory=dict)
    matched: Flags = field(default_factory=lambda: np.empty(0, bool))


def joint_subsets(scenario: Scenario) -> list[tuple[str, ...]]:
    """The agencies of joint examination k, for the values k = 1, 2, ... of the column `joint`."""
    if scenario.regime.examination == "serial":
        return []
    codes = range(1, 1 << len(scenario.order))
    subsets = [tuple(a for k, a in enumerate(scenario.order) if code >> k & 1) for code in codes]
    return [members for members in subsets if len(members) > 1]


def columns_of(scenario: Scenario, traffic: Traffic, seed: int, replication: int) -> Columns:
    """All columns of one replication under the scenario's regime."""
    draw = Draws(seed, replication)
    columns = Columns()
    columns.outcome = recognition_outcomes(scenario, traffic, draw)
    _paper_columns(scenario, traffic, draw, columns)
    _visit_columns(scenario, traffic, draw, columns)
    _work_columns(scenario, traffic, draw, columns)
    return columns


def recognition_outcomes(scenario: Scenario, traffic: Traffic, draw: Draws) -> dict[str, Ints]:
    """agency -> int64[n]: what becomes of its examination by the first rule that fits.

    A rule applies to consignments that both agencies selected. Outcomes are drawn whether or not
    the lever is on, and used only if it is.
    """
    n = len(traffic.arrival)
    outcome = {agency: np.zeros(n, dtype=np.int64) for agency in scenario.agencies}
    if scenario.regime.recognition == "off":
        return outcome
    for rule in scenario.recognition:
        both = traffic.selected[rule.by] & traffic.selected[rule.of] & traffic.fits(rule.when)
        # An agency whose own examination is left out has no result that others could accept.
        both &= (outcome[rule.by] == 0) & (outcome[rule.of] == 0)
        u = draw(f"recognition.{rule.by}", n)
        drawn = np.where(u < rule.accepted, ACCEPTED,
                         np.where(u < rule.accepted + rule.in_part, IN_PART, REFUSED))
        outcome[rule.by] = np.where(both, drawn, outcome[rule.by])
    return outcome


def _paper_columns(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    n = len(traffic.arrival)
    table = columns.consignment
    table["discharged"] = traffic.discharged
    table["pickup"] = times(scenario.traffic.pickup, draw("pickup", n))
    table["merge"] = times(scenario.single.merge, draw("merge", n))
    found = scenario.matching.found[scenario.regime.matching]
    columns.matched = draw("matching", n) < found
    several = np.sum(list(traffic.selected.values()), axis=0) > 1
    saved = np.where(several & columns.matched & (scenario.regime.matching == "on"),
                     scenario.matching.acts_saved, 0.0)
    declared_by = np.zeros(n, dtype=np.int64)
    for name, agency in scenario.agencies.items():
        declared = traffic.selected[name] | traffic.fits(agency.declared)
        declared_by += declared
        table[f"declared.{name}"] = declared.astype(np.int64)
        acts = traffic.selected[name] & (columns.outcome[name] != ACCEPTED)
        table[f"acts.{name}"] = acts.astype(np.int64)
        for stage, law in (("papers", agency.papers), ("clearance-form", agency.clearance_form),
                           ("release", agency.release)):
            table[f"{stage}.{name}"] = times(law, draw(f"{stage}.{name}", n))
        work = agency.clerical.acts * agency.clerical.time
        table[f"endorsement.{name}"] = on_clock(work * (1.0 - saved))
        sampled = np.zeros(n, dtype=bool)
        if agency.laboratory:
            sampled = draw(f"sampled.{name}", n) < agency.laboratory.share
            sampled &= traffic.selected[name]
            table[f"laboratory.{name}"] = times(agency.laboratory.duration,
                                                draw(f"laboratory.{name}", n))
        else:
            table[f"laboratory.{name}"] = np.zeros(n)
        # A consignment drawn for the laboratory is sampled by whoever examines it; not if the
        # agency leaves its examination to another.
        table[f"sampled.{name}"] = (sampled & (columns.outcome[name] != ACCEPTED)).astype(np.int64)
    table["several"] = (declared_by > 1).astype(np.int64)


def routine(scenario: Scenario, traffic: Traffic, seed: int, replication: int) -> Flags:
    """bool[n]: consignments without a drawn laboratory flag, the same under every regime."""
    draw = Draws(seed, replication)
    n = len(traffic.arrival)
    result = np.ones(n, dtype=bool)
    for name, agency in scenario.agencies.items():
        if agency.laboratory:
            drawn = draw(f"sampled.{name}", n) < agency.laboratory.share
            result &= ~(drawn & traffic.selected[name])
    return result


def _visit_columns(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    """Who examines which box, alone or jointly, and who only checks."""
    owner, total = traffic.owner, len(traffic.owner)
    refused = np.zeros(total, dtype=bool)
    number = np.zeros(total, dtype=np.int64)
    for k, name in enumerate(scenario.order):
        outcome = columns.outcome[name][owner]
        examined = traffic.examined[name]
        columns.visits[name] = examined & ((outcome == 0) | (outcome == REFUSED))
        checks = (examined & (outcome == IN_PART)).astype(np.int64)
        columns.container[f"check.{name}"] = checks
        columns.container[f"check-officers.{name}"] = checks * scenario.agencies[name].officers
        refused |= outcome == REFUSED
        number += columns.visits[name].astype(np.int64) << k
    joint = np.zeros(total, dtype=np.int64)
    if scenario.regime.examination == "joint":
        together = columns.matched[owner] & ~refused & (number & (number - 1) != 0)
        for k, members in enumerate(joint_subsets(scenario), start=1):
            code = sum(1 << scenario.order.index(member) for member in members)
            joint[together & (number == code)] = k
    columns.container["joint"] = joint
    one_stay = scenario.regime.appointment == "single" and scenario.regime.examination == "serial"
    together = (number > 0) if one_stay else (joint > 0)
    columns.container["visited"] = (number > 0).astype(np.int64)
    columns.container["final.together"] = together.astype(np.int64)
    later = np.zeros(total, dtype=bool)
    for name in reversed(scenario.order):
        alone = columns.visits[name] & (joint == 0)
        columns.container[f"visit.{name}"] = alone.astype(np.int64)
        columns.container[f"between.{name}"] = (alone & later & ~together).astype(np.int64)
        columns.container[f"final.{name}"] = (alone & ~later & ~together).astype(np.int64)
        later |= alone


def _work_columns(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    """Moves, devanning, examination and restuffing of every visit."""
    total = len(traffic.owner)
    table = columns.container
    full = np.zeros(total)
    left = np.ones(total, dtype=bool)
    u = draw("devanning", total)
    for by_size in scenario.devanning.full:
        here = left & traffic.fits_box(by_size.when)
        full[here] = times(by_size.duration, u[here])
        left &= ~here
    by_code = np.array([scenario.devanning.by_depth.get(depth, 0.0) for depth in DEPTHS] + [0.0])
    fraction = {name: by_code[traffic.depth[name]] for name in scenario.order}
    exam: dict[str, Floats] = {}
    for name in scenario.order:
        law = scenario.agencies[name].exam
        mean = law.fixed + law.by_depth * fraction[name]
        exam[name] = on_clock(lognormal(mean, law.cv, draw(f"examination.{name}", total)))
        table[f"examination.{name}"] = exam[name]
        _devanning_columns(scenario, table, name, full * fraction[name])
    attempt = np.zeros(total, dtype=np.int64)
    moves = {way: [times(scenario.move.duration, draw(f"move-{way}", total, k))
                   for k in range(len(scenario.order))] for way in ("in", "back")}
    for way, draws in moves.items():
        table[f"move-{way}.together"] = draws[0]
    for name in scenario.order:
        for way, draws in moves.items():
            table[f"move-{way}.{name}"] = np.choose(attempt, draws)
        attempt = attempt + table[f"visit.{name}"]
    for k, members in enumerate(joint_subsets(scenario), start=1):
        longest = np.maximum.reduce([exam[a] for a in members])
        deepest = np.maximum.reduce([fraction[a] for a in members])
        table[f"examination.joint{k}"] = on_clock(longest + scenario.joint.extra)
        _devanning_columns(scenario, table, f"joint{k}", full * deepest)
    for rule in scenario.recognition:
        table[f"checking.{rule.by}"] = times(rule.check, draw(f"check.{rule.by}", total))
    for name in scenario.order:
        table.setdefault(f"checking.{name}", np.zeros(total))


def _devanning_columns(scenario: Scenario, table: dict[str, np.ndarray], visit: str,
                       minutes: Floats) -> None:
    table[f"devanning.{visit}"] = on_clock(minutes)
    table[f"restuffing.{visit}"] = on_clock(minutes * scenario.devanning.restuff)
