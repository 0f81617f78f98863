"""The time-release view, as the WCO's Time Release Study lays out clocks, intervals and shares.

Clocks run between milestones: arrival of the vessel (T0), lodged with a first agency and
discharged (T3), last release (T15), gate-out (T17).
"""

from __future__ import annotations

from reports.content import Block, Cell, Column, Missing, Row, Section, Table, Text
from reports.facts import Facts, clean
from reports.labels import party
from reports.sections.maps import passages_of
from reports.stored import MissingTable

STATISTICS = ("mean", "p50", "p90", "p95", "within_24h", "within_48h", "within_72h")
CLOCKS = ("release", "clearance", "total")

# Stage -> (milestones, who works: a party, or 'agency' for the step's own).
INTERVALS: dict[str, tuple[str, str]] = {
    "papers": ("T3–T4", "agency"), "merge": ("T5–T6", "agency"),
    "admission": ("T6–T7", "operator"), "appointment": ("T7–T8", "operator"),
    "move-in": ("T8–T9", "operator"), "slotting": ("T9–T10", "operator"),
    "devanning": ("T10", "operator"), "examination": ("T11", "agency"),
    "deepening": ("T11", "operator"), "second-examination": ("T11", "agency"),
    "check": ("T11", "agency"), "restuffing": ("T13", "operator"), "treatment": ("T13", "operator"),
    "laboratory": ("T12", "agency"), "move-back": ("T14", "operator"),
    "correction": ("T14–T15", "trader"), "detention": ("T14–T15", "agency"),
    "notice": ("T14–T15", "agency"), "endorsement": ("T14–T15", "agency"),
    "clearance-form": ("T15", "agency"), "release": ("T15", "agency"), "pickup": ("T17", "trader"),
}

ORDER = {name: i for i, name in enumerate(INTERVALS)}


def section(facts: Facts) -> Section:
    """Milestones and intervals, by channel and party; both definitions of clearance."""
    blocks: list[Block] = [Text([facts.say("release.text"), facts.say("release.definitions")]),
                           _clocks(facts)]
    try:
        blocks.append(_intervals(facts))
    except MissingTable as missing:
        blocks.append(Missing(clean(str(missing), 400), "onestop run"))
    return Section("release", facts.say("section.release"), blocks)


def _clocks(facts: Facts) -> Table:
    columns = [Column(facts.say("release.clock")), Column(facts.say("maps.regime"))]
    columns += [Column(facts.say(f"statistic.{s}"), "number", "%" if "within" in s else
                       facts.say("unit.h")) for s in STATISTICS]
    rows = []
    for group in facts.segments:
        rows.append(Row([facts.group(group)], "head"))
        for clock in CLOCKS:
            for name in facts.names:
                found = [facts.level(name, f"time.{clock}.{group}.{s}") for s in STATISTICS]
                cells: list[Cell] = [level.value if level else "" for level in found]
                rows.append(Row([facts.say(f"release.{clock}"), facts.labels[name], *cells]))
    return Table("clocks", facts.say("release.clocks"), columns, rows,
                 [facts.say("release.note")])


def _intervals(facts: Facts) -> Table:
    """Every step as an interval between milestones, with the party that works or keeps waiting."""
    columns = [Column(facts.say(f"release.{k}")) for k in ("milestones", "step", "party")]
    columns += [Column(facts.say("maps.regime"))]
    columns += [Column(facts.say(f"maps.{k}"), "number", facts.say("unit.h") if k != "visits"
                       else "") for k in ("visits", "waiting", "working")]
    rows = []
    for group in facts.segments:
        rows.append(Row([facts.group(group)], "head"))
        for name in facts.names:
            passages = passages_of(facts, name, group)
            order = sorted(passages, key=lambda step: ORDER.get(step[0], len(ORDER)))
            for step in order:
                milestones, who = INTERVALS.get(step[0], ("", "agency"))
                p = passages[step]
                worker = facts.agency(step[1]) if who == "agency" else party(facts, who)
                rows.append(Row([milestones, facts.say_or(f"stage.{step[0]}", step[0]), worker,
                                 facts.labels[name], p.visits, p.waiting, p.working]))
    return Table("intervals", facts.say("release.intervals"), columns, rows,
                 [facts.say("release.parties")], folded=True)
