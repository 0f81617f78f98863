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
from sim.process.findings import Examinations, Findings, Visit, lasting
from sim.process.followup import followup_columns
from sim.traffic.drawn import Draws
from sim.traffic.tables import Flags, Ints, Traffic

ACCEPTED, IN_PART, REFUSED = 1, 2, 3


@dataclass
class Columns:
    """Columns by level.

    outcome: agency -> int64[n], 0 where nothing is recognised, else ACCEPTED, IN_PART or REFUSED
    accepted: (by, of, element) -> bool[n], elements that `by` accepts as `of` found them
    visits: agency -> bool[N], boxes that the agency examines with devanning, jointly or alone
    findings: what the examinations find; None where the scenario states no findings
    """

    consignment: dict[str, np.ndarray] = field(default_factory=dict)
    container: dict[str, np.ndarray] = field(default_factory=dict)
    outcome: dict[str, Ints] = field(default_factory=dict)
    accepted: dict[tuple[str, str, str], Flags] = field(default_factory=dict)
    checks: dict[tuple[str, str], Flags] = field(default_factory=dict)
    findings: Findings | None = None
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
    draw = Draws(seed, replication, traffic.kept)
    columns = Columns()
    if scenario.regime.recognition == "on":
        _recognise(scenario, traffic, draw, columns)
    else:
        columns.outcome = {a: np.zeros(len(traffic.arrival), dtype=np.int64)
                           for a in scenario.agencies}
    _paper_columns(scenario, traffic, draw, columns)
    _visit_columns(scenario, traffic, draw, columns)
    if scenario.findings:
        columns.findings = examine(scenario, traffic, draw, columns)
    _work_columns(scenario, traffic, draw, columns)
    if columns.findings:
        followup_columns(scenario, traffic, draw, columns)
    return columns


def findings_without_recognition(scenario: Scenario, traffic: Traffic, seed: int,
                                 replication: int) -> Findings:
    """What the same examinations would have found had nothing been recognised."""
    draw = Draws(seed, replication, traffic.kept)
    columns = Columns(outcome={a: np.zeros(len(traffic.arrival), dtype=np.int64)
                               for a in scenario.agencies})
    columns.matched = matched(scenario, draw, len(traffic.arrival))
    _visit_columns(scenario, traffic, draw, columns)
    return examine(scenario, traffic, draw, columns)


def _recognise(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    """What becomes of every agency's examination by the first rule that fits, and what it accepts.

    A rule applies to consignments that both agencies selected.
    """
    n = len(traffic.arrival)
    outcome = {agency: np.zeros(n, dtype=np.int64) for agency in scenario.agencies}
    columns.outcome = outcome
    for rule in scenario.recognition:
        both = traffic.selected[rule.by] & traffic.selected[rule.of] & traffic.fits(rule.when)
        # An agency whose own examination is left out has no result that others could accept.
        both &= (outcome[rule.by] == 0) & (outcome[rule.of] == 0)
        u = draw(f"recognition.{rule.by}", n)
        drawn = np.where(u < rule.accepted, ACCEPTED,
                         np.where(u < rule.accepted + rule.in_part, IN_PART, REFUSED))
        outcome[rule.by] = np.where(both, drawn, outcome[rule.by])
        for element in rule.elements:
            key = (rule.by, rule.of, element)
            here = both & (drawn != REFUSED)
            columns.accepted[key] = columns.accepted.get(key, here) | here


def matched(scenario: Scenario, draw: Draws, n: int) -> Flags:
    """bool[n]: consignments whose double selection, if there is one, is found in time."""
    return draw("matching", n) < scenario.matching.found[scenario.regime.matching]


def _paper_columns(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    n = len(traffic.arrival)
    table = columns.consignment
    table["discharged"] = traffic.discharged
    table["pickup"] = draw.times(scenario.traffic.pickup, "pickup", n)
    table["merge"] = draw.times(scenario.single.merge, "merge", n)
    columns.matched = matched(scenario, draw, n)
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
            table[f"{stage}.{name}"] = draw.times(law, f"{stage}.{name}", n)
        work = agency.clerical.acts * agency.clerical.time
        table[f"endorsement.{name}"] = on_clock(work * (1.0 - saved))
        sampled = np.zeros(n, dtype=bool)
        if agency.laboratory:
            sampled = draw(f"sampled.{name}", n) < agency.laboratory.share
            sampled &= traffic.selected[name]
            table[f"laboratory.{name}"] = draw.times(
                agency.laboratory.duration, f"laboratory.{name}", n)
        else:
            table[f"laboratory.{name}"] = np.zeros(n)
        # A consignment drawn for the laboratory is sampled by whoever examines it; not if the
        # agency leaves its examination to another.
        table[f"sampled.{name}"] = (sampled & (columns.outcome[name] != ACCEPTED)).astype(np.int64)
    table["several"] = (declared_by > 1).astype(np.int64)


def routine(scenario: Scenario, traffic: Traffic, seed: int, replication: int) -> Flags:
    """bool[n]: consignments without what would take days (a sample drawn for the laboratory, an
    irregularity with such a consequence, found or not); the same under every regime."""
    draw = Draws(seed, replication, traffic.kept)
    parts = (scenario.findings, *scenario.agencies.values())
    return draw.once("routine", parts, lambda: _routine(scenario, traffic, draw))


def _routine(scenario: Scenario, traffic: Traffic, draw: Draws) -> Flags:
    n = len(traffic.arrival)
    result = ~lasting(scenario, traffic, draw)
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
    _check_columns(scenario, traffic, columns)


def visit_names(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Visit -> its agencies: each agency's own examination, and jointK of the subset K."""
    alone = {name: (name,) for name in scenario.order}
    return alone | {f"joint{k}": m for k, m in enumerate(joint_subsets(scenario), start=1)}


def boxes_of(visit: str, columns: Columns) -> Flags:
    """bool[N]: the boxes of a visit."""
    if visit.startswith("joint"):
        return np.asarray(columns.container["joint"] == int(visit.removeprefix("joint")))
    return np.asarray(columns.container[f"visit.{visit}"] == 1)


def checkers_of(scenario: Scenario, members: tuple[str, ...]) -> list[str]:
    """Agencies that may check at the open box what they do not accept of these members' result."""
    return [other for other in scenario.order if other not in members
            and any(r.by == other and r.of in members for r in scenario.recognition)]


def _check_columns(scenario: Scenario, traffic: Traffic, columns: Columns) -> None:
    """check.AGENCY.VISIT: boxes recognised in part, checked during the visit that devans them."""
    for visit, members in visit_names(scenario).items():
        for by in checkers_of(scenario, members):
            accepted = [flags for (to, of, _), flags in columns.accepted.items()
                        if to == by and of in members]
            whose = np.logical_or.reduce([np.zeros(len(traffic.arrival), dtype=bool), *accepted])
            in_part = (whose & (columns.outcome[by] == IN_PART))[traffic.owner]
            flags = in_part & traffic.examined[by] & boxes_of(visit, columns)
            columns.checks[by, visit] = flags
            checks = flags.astype(np.int64)
            columns.container[f"check.{by}.{visit}"] = checks
            columns.container[f"check-officers.{by}.{visit}"] = (
                checks * scenario.agencies[by].officers)


def examine(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> Findings:
    """What the examinations of the columns' visits find."""
    visits = {}
    for name, members in visit_names(scenario).items():
        boxes = boxes_of(name, columns)
        depth = np.maximum.reduce([traffic.depth[member] for member in members])
        checks = {by: flags for (by, visit), flags in columns.checks.items() if visit == name}
        visits[name] = Visit(members, boxes, depth, np.zeros_like(boxes), checks)
    return Examinations(scenario, traffic, draw, visits, columns.accepted).hold()


def _work_columns(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    """Moves, devanning, examination and restuffing of every visit."""
    total = len(traffic.owner)
    table = columns.container
    full = draw.once("full", (scenario.devanning,), lambda: _full(scenario, traffic, draw))
    by_code = np.array([scenario.devanning.by_depth.get(depth, 0.0) for depth in DEPTHS] + [0.0])
    fraction = {name: by_code[traffic.depth[name]] for name in scenario.order}
    for name in scenario.order:
        table[f"examination.{name}"], table[f"second.{name}"] = _looks(
            scenario, draw, name, fraction[name])
    _move_columns(scenario, draw, table, total)
    for visit, members in visit_names(scenario).items():
        deepest = np.maximum.reduce([fraction[a] for a in members])
        if len(members) > 1:
            for stage, extra in (("examination", scenario.joint.extra), ("second", 0.0)):
                longest = np.maximum.reduce([table[f"{stage}.{a}"] for a in members])
                table[f"{stage}.{visit}"] = on_clock(longest + extra)
        table[f"devanning.{visit}"] = on_clock(full * deepest)
        if columns.findings:
            deepened = columns.findings.visits[visit].deepened
            table[f"deeper.{visit}"] = deepened.astype(np.int64)
            table[f"deepening.{visit}"] = on_clock(full * (1.0 - deepest))
            deepest = np.where(deepened, 1.0, deepest)
        table[f"restuffing.{visit}"] = on_clock(full * deepest * scenario.devanning.restuff)
    for rule in scenario.recognition:
        table[f"checking.{rule.by}"] = draw.times(rule.check, f"check.{rule.by}", total)
    for name in scenario.order:
        table.setdefault(f"checking.{name}", np.zeros(total))


def _full(scenario: Scenario, traffic: Traffic, draw: Draws) -> Floats:
    """float64[N]: minutes of a full devanning, by the first rule that fits."""
    total = len(traffic.owner)
    full = np.zeros(total)
    left = np.ones(total, dtype=bool)
    u = draw("devanning", total)
    for by_size in scenario.devanning.full:
        here = left & traffic.fits_box(by_size.when)
        full[here] = times(by_size.duration, u[here])
        left &= ~here
    return full


def _looks(scenario: Scenario, draw: Draws, name: str, fraction: Floats) -> tuple[Floats, Floats]:
    """float64[N] twice: an agency's examination of the fraction devanned, and a deeper look: the
    same examination of the rest, with the same luck."""
    law = scenario.agencies[name].exam

    def looks() -> tuple[Floats, Floats]:
        u = draw(f"examination.{name}", len(fraction))
        return (on_clock(lognormal(law.fixed + law.by_depth * fraction, law.cv, u)),
                on_clock(lognormal(law.by_depth * (1.0 - fraction), law.cv, u)))

    return draw.once(("looks", name), (scenario.devanning, law), looks)


def _move_columns(scenario: Scenario, draw: Draws, table: dict[str, np.ndarray],
                  total: int) -> None:
    attempt = np.zeros(total, dtype=np.int64)
    moves = {way: [draw.times(scenario.move.duration, f"move-{way}", total, k)
                   for k in range(len(scenario.order))] for way in ("in", "back")}
    for way, draws in moves.items():
        table[f"move-{way}.together"] = draws[0]
    for name in scenario.order:
        for way, draws in moves.items():
            table[f"move-{way}.{name}"] = np.choose(attempt, draws)
        attempt = attempt + table[f"visit.{name}"]
