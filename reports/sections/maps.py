"""The regimes' process maps, drawn from the process tree, with where the time goes on each step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reports.content import Column, Missing, Number, Row, Section, Special, Table, Text
from reports.facts import Facts, clean
from reports.stored import MissingTable

Step = tuple[str, str, str]
"""Stage, agency, site."""

FEW = 0.02
"""Steps with fewer passages per consignment are left to the table."""
SEEN = 0.05
"""Hours of the mean clearance time below which a stage is left to the table."""
UNUSUAL = 0.25
"""A way that so few take, of those who take the most usual one, is folded."""


@dataclass(frozen=True)
class Passage:
    """What happens at a step, from the stages' table, all replications together."""

    visits: Number
    waiting: Number
    working: Number
    binding_waiting: Number
    binding_working: Number

    @property
    def binding(self) -> float:
        """Hours of the mean clearance time that the step accounts for."""
        return (self.binding_waiting.value or 0.0) + (self.binding_working.value or 0.0)


@dataclass
class Node:
    """A box of the map: 'step', 'sequence', 'parallel', 'choice', 'option', 'boxes', 'gather'."""

    kind: str
    children: list[Node] = field(default_factory=list)
    title: str = ""
    agency: str = ""
    who: str = ""
    passage: Passage | None = None
    again: bool = False
    some: bool = False
    """A step that only some come through."""
    unusual: Number | None = None
    """How many come this way, where few do."""
    step: Step | None = None


def section(facts: Facts) -> Section:
    """The section of process maps: one map per regime, and the steps as a table."""
    found = Section("maps", facts.say("section.maps"))
    group = next((g for g in ("joint", *facts.segments) if g in facts.segments), "all")
    try:
        passages = {name: passages_of(facts, name, group) for name in facts.names}
    except MissingTable as missing:
        found.blocks.append(Missing(clean(str(missing), 400), "onestop run"))
        return found
    found.blocks.append(Text([facts.say("maps.text", goods=facts.goods(group))]))
    longest = max((p.binding for of in passages.values() for p in of.values()), default=1.0)
    maps = []
    for name in facts.names:
        tree = facts.stored.processes.get(name)
        drawn = _Map(facts, passages[name]).node(tree) if tree else None
        if drawn is not None:
            _mark_again(drawn, set())
            maps.append({"name": facts.labels[name], "root": drawn,
                         "level": facts.level(name, f"time.clearance.{group}.mean")})
    found.blocks += [_hours(facts, passages, group),
                     Special("maps", {"maps": maps, "longest": longest or 1.0}),
                     _table(facts, passages, group)]
    return found


def passages_of(facts: Facts, name: str, group: str) -> dict[Step, Passage]:
    """Step -> its passage for a group ('all': every group), in the order of the stages' table.

    MissingTable if the folder has no table of stages.
    """
    rows = facts.stages[name]
    own = np.ones(len(rows["group"]), dtype=bool)
    if group != "all":
        own = rows["group"].astype(str) == group
    columns = {key: values[own] for key, values in rows.items()}
    # A group's consignments stand on each of its rows of a replication.
    groups = zip(*(columns[k].tolist() for k in ("replication", "group", "consignments")),
                 strict=True)
    members = sum(n for *_, n in set(groups)) or 1
    keys = list(zip(*(columns[k].astype(str).tolist() for k in ("stage", "agency", "site")),
                    strict=True))
    steps = {step: i for i, step in enumerate(dict.fromkeys(keys))}
    code = np.array([steps[key] for key in keys], dtype=np.int64)
    sums = {k: np.bincount(code, columns[k], len(steps)) for k in (
        "visits", "waiting_h", "working_h", "binding_waiting_h", "binding_working_h")}
    place = f"t{facts.names.index(name)} {group}"
    return {step: _passage(f"{place} {'|'.join(step)}",
                           {k: float(values[i]) for k, values in sums.items()}, members)
            for step, i in steps.items()}


def _passage(place: str, sums: dict[str, float], members: int) -> Passage:
    def number(key: str, below: str, digits: int) -> Number:
        under = members if below == "members" else sums[below] or 1.0
        return Number(sums[key] / under, digits, f"{place} {key}/{below}")

    return Passage(number("visits", "members", 2), number("waiting_h", "visits", 1),
                   number("working_h", "visits", 1), number("binding_waiting_h", "members", 1),
                   number("binding_working_h", "members", 1))


class _Map:
    """A process tree as boxes, without what nobody comes through."""

    def __init__(self, facts: Facts, passages: dict[Step, Passage]) -> None:
        self.facts, self.passages = facts, passages

    def node(self, tree: Any) -> Node | None:
        """The box of a node of process.json, or None if there is nothing to draw."""
        match tree["kind"]:
            case "activity" | "appointment":
                return self.step(tree)
            case "sequence":
                return _group("sequence", self.nodes(tree["children"]))
            case "parallel":
                return _group("parallel", self.nodes(tree["children"]))
            case "choice":
                return self.choice(tree)
            case "each-container" | "gather":
                kind = "boxes" if tree["kind"] == "each-container" else "gather"
                inner = self.node(tree["child"])
                return inner and Node(kind, [inner], self.facts.say(f"maps.{kind}"))
        return None

    def nodes(self, trees: list[Any]) -> list[Node]:
        return [found for tree in trees if (found := self.node(tree)) is not None]

    def step(self, tree: Any) -> Node | None:
        key = (tree["stage"], tree["agency"], tree["site"])
        passage = self.passages.get(key)
        if passage is None or (passage.visits.value or 0.0) < FEW:
            return None
        facts = self.facts
        return Node("step", title=facts.say_or(f"stage.{key[0]}", key[0]),
                    agency=_tone(facts, key[1]), who=facts.agency(key[1]), passage=passage,
                    step=key)

    def choice(self, tree: Any) -> Node | None:
        """What the branches begin with in common, once; then the rest of each."""
        branches = [list(_flat(self.node(branch))) for branch in tree["branches"]]
        common = 0
        while all(len(b) > common and b[common].step for b in branches) and len(
                {b[common].step for b in branches}) == 1:
            common += 1
        shared, rests = branches[0][:common], [b[common:] for b in branches]
        drawn = [box for rest in rests if (box := _group("sequence", rest))]
        if len(drawn) > 1:
            drawn.sort(key=lambda box: -(_passed(box).value or 0.0))
            most = _passed(drawn[0]).value or 0.0
            for box in drawn[1:]:
                if (_passed(box).value or 0.0) < UNUSUAL * most:
                    box.unusual = _passed(box)
            shared = [*shared, Node("choice", drawn, self.facts.say("maps.choice"))]
        elif drawn:
            box = drawn[0]
            if _optional(box, shared):
                if box.kind == "step":
                    box.some = True
                else:
                    box = Node("option", drawn, self.facts.say("maps.option"))
            shared = [*shared, box]
        return _group("sequence", shared)


def _passed(box: Node) -> Number:
    """The passages of the step of a box that most come through."""
    own = [box.passage.visits] if box.passage else []
    return max((*own, *(_passed(child) for child in box.children)), key=lambda n: n.value or 0.0)


def _optional(box: Node, before: list[Node]) -> bool:
    """Whether a box that stands alone in its choice is passed over by some who come there."""
    first = next(iter(_flat(box)), None)
    if first is None or first.passage is None:
        return False
    usual = before[-1].passage.visits.value if before and before[-1].passage else None
    return (first.passage.visits.value or 0.0) < (0.995 if usual is None else 0.995 * usual)


def _mark_again(root: Node, seen: set[Step]) -> None:
    """Marks the steps that stand in the map a second time: their numbers are of all places."""
    if root.step:
        root.again = root.step in seen
        seen.add(root.step)
    for child in root.children:
        _mark_again(child, seen)


def _flat(node: Node | None) -> Iterator[Node]:
    if node is None:
        return
    if node.kind == "sequence":
        yield from node.children
    else:
        yield node


def _group(kind: str, children: list[Node]) -> Node | None:
    """Children in one box; without it where there is only one, flat within a sequence."""
    flat = [c for child in children for c in (_flat(child) if kind == "sequence" else [child])]
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else Node(kind, flat)


def _tone(facts: Facts, agency: str) -> str:
    """Which of the page's tones an agency has: its number, 'both' for several, '' for none."""
    if "+" in agency:
        return "both"
    return str(facts.agencies.index(agency) % 4) if agency in facts.agencies else ""


def _hours(facts: Facts, passages: dict[str, dict[Step, Passage]], group: str) -> Table:
    """The mean clearance time of every regime, divided among the stages that releases wait for."""
    hours: dict[str, defaultdict[str, float]] = {n: defaultdict(float) for n in passages}
    for name, of in passages.items():
        for step, passage in of.items():
            hours[name][step[0]] += passage.binding
    order = sorted(dict.fromkeys(s for found in hours.values() for s in found),
                   key=lambda s: -max(found[s] for found in hours.values()))
    for found in hours.values():
        found["*"] = sum(found.values())

    def row(which: str, title: str, kind: str = "") -> Row:
        cells = [Number(hours[name][which], 1, f"t{facts.names.index(name)} {group} {which}|*|* "
                        "binding_waiting_h+binding_working_h/members") for name in facts.names]
        return Row([title, *cells], kind)

    rows = [row(s, facts.say_or(f"stage.{s}", s)) for s in order
            if max(found[s] for found in hours.values()) >= SEEN]
    rows.append(row("*", facts.say("maps.hours.all"), "total"))
    columns = [Column(facts.say("maps.stage")), *(
        Column(facts.labels[name], "number", facts.say("unit.h"), series=True)
        for name in facts.names)]
    return Table("hours", facts.say("maps.hours", goods=facts.goods(group)), columns, rows,
                 [facts.say("maps.hours.note")])


def _table(facts: Facts, passages: dict[str, dict[Step, Passage]], group: str) -> Table:
    columns = [Column(facts.say(f"maps.{k}")) for k in ("regime", "stage", "agency", "site")]
    columns += [Column(facts.say(f"maps.{k}"), "number", facts.say("unit.h") if k != "visits"
                       else "") for k in ("visits", "waiting", "working", "binds waiting",
                                          "binds working")]
    rows = [Row([facts.labels[name], facts.say_or(f"stage.{step[0]}", step[0]),
                 facts.agency(step[1]), facts.site(step[2]) if step[2] else "",
                 p.visits, p.waiting, p.working, p.binding_waiting, p.binding_working])
            for name, of in passages.items() for step, p in of.items()]
    return Table("steps", facts.say("maps.table", goods=facts.goods(group)), columns,
                 rows, [facts.say("maps.note")], folded=True)
