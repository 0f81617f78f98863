"""Which lever earns what, the relief of queues apart, and what the assumed inputs would change."""

from __future__ import annotations

from typing import Any

from reports.content import (
    Block,
    Cell,
    Code,
    Column,
    Missing,
    Number,
    Picture,
    Row,
    Section,
    Table,
    Text,
)
from reports.facts import Facts, clean
from reports.labels import label
from sim.rounding import supported

MOST_INPUTS = 25


def section(facts: Facts) -> Section:
    """The section on levers; without explain.json, the command that makes it."""
    found = Section("levers", facts.say("section.levers"))
    explained = facts.explained
    if not facts.others:
        found.blocks.append(Missing(facts.say("levers.alone"),
                                    "onestop compare SCENARIO SCENARIO --explain --report"))
        return found
    if explained is None:
        found.blocks.append(Missing(facts.say("levers.missing"),
                                    f"onestop explain {facts.folder_shown}"))
        return found
    found.blocks += [Text([facts.say("levers.text", n=explained["replications"],
                                     level=f"{100 * explained['confidence']:g}%")]),
                     Picture("levers", facts.say("levers.figure"))]
    for name, about in explained["scenarios"].items():
        found.blocks += [_levers(facts, name, about)]
    found.blocks.append(Picture("sensitivity", facts.say("sensitivity.figure")))
    for name, about in explained["scenarios"].items():
        found.blocks += _sensitivities(facts, name, about)
    return found


def _names(facts: Facts, levers: list[str]) -> str:
    return " + ".join(facts.say(f"lever.{lever}") for lever in levers)


def _levers(facts: Facts, name: str, about: dict[str, Any]) -> Table:
    """Waterfall and Shapley value of every lever, for every primary measure."""
    columns = [Column(facts.say("lever")),
               Column(facts.say("levers.waterfall"), "number", series=True),
               Column(facts.say("interval"), "interval"),
               Column(facts.say("levers.shapley"), "number", series=True),
               Column(facts.say("interval"), "interval")]
    rows = []
    for measure, found in about["measures"].items():
        place = f"{measure} explain {_index(facts, name)}"
        digits = supported(found["total"]) or 0
        rows.append(Row([f"{label(facts, measure)}, {facts.unit(found['unit'], measure)}"], "head"))
        for i, (step, share) in enumerate(zip(found["waterfall"], found["shapley"])):
            rows.append(Row([_names(facts, step["levers"]),
                             *facts.estimate(step, f"{place} waterfall/{i}", digits),
                             *facts.estimate(share, f"{place} shapley/{i}", digits)]))
        for key in ("total", "own_effect", "queue_relief"):
            if found.get(key):
                rows.append(Row([facts.say(f"levers.{key}"),
                                 *facts.estimate(found[key], f"{place} {key}", digits), "", ""],
                                "primary" if key == "total" else ""))
    title = facts.say("levers.table", name=_label(facts, name))
    return Table(f"levers-{_index(facts, name)}", title, columns,
                 rows, [facts.say("levers.note", orders=f"{about['orders']:,}")], folded=True)


def _label(facts: Facts, name: str) -> str:
    return facts.labels.get(name, clean(name))


def _index(facts: Facts, name: str) -> int:
    return facts.names.index(name) if name in facts.names else len(facts.names)


def _sensitivities(facts: Facts, name: str, about: dict[str, Any]) -> list[Block]:
    """The effect of the reform at both ends of every stated range, for every primary measure."""
    blocks: list[Block] = []
    columns = [Column(facts.say("input")), Column(facts.say("key")), Column(facts.say("value")),
               Column(facts.say("confidence"))]
    for end in ("low", "high"):
        columns += [Column(facts.say(f"sensitivity.{end}")),
                    Column(facts.say("sensitivity.effect"), "number"),
                    Column(facts.say("interval"), "interval")]
    columns.append(Column(facts.say("remark")))
    rows: list[Row] = []
    for measure, found in about["measures"].items():
        sensitivity = found.get("sensitivity") or []
        moving = [(i, row) for i, row in enumerate(sensitivity) if row.get("span")]
        if not moving:
            continue
        rows.append(Row([f"{label(facts, measure)}, {facts.unit(found['unit'], measure)}"], "head"))
        place = f"{measure} explain {_index(facts, name)} sensitivity"
        digits = supported(found["total"]) or 0
        rows += [_sensitivity(facts, row, f"{place}/{i}", digits)
                 for i, row in moving[:MOST_INPUTS]]
    if rows:
        title = facts.say("sensitivity.table", name=_label(facts, name))
        blocks.append(Table(f"sensitivity-{_index(facts, name)}", title, columns, rows,
                            [facts.say("sensitivity.note", n=MOST_INPUTS)], folded=True))
    return blocks


def _sensitivity(facts: Facts, row: dict[str, Any], place: str, digits: int) -> Row:
    cells: list[Cell] = [facts.input(row["key"]), Code(clean(row["key"], 80)),
                         shown_value(row["value"]),
                         facts.say(f"confidence.{row['confidence'] or 'none'}")]
    remarks = []
    for end in ("low", "high"):
        at = row.get(end) or {}
        effect = at.get("effect")
        cells.append(shown_value(at.get("value", "")))
        if effect:
            cells += facts.estimate(effect, f"{place}/{end}/effect", digits)
        else:
            cells += [Number(None, 0, ""), ""]
            remarks.append(facts.say("sensitivity.cannot", end=facts.say(f"sensitivity.{end}")))
        for flag in ("overloaded", "reverses"):
            if at.get(flag):
                remarks.append(facts.say(f"sensitivity.{flag}",
                                         end=facts.say(f"sensitivity.{end}")))
    return Row([*cells, facts.say("list").join(dict.fromkeys(remarks))])


def shown_value(value: Any) -> str:
    """An input's value as one line."""
    if isinstance(value, dict):
        head = str(value.get("distribution", ""))
        rest = ", ".join(f"{k} {v}" for k, v in value.items() if k != "distribution")
        return clean(f"{head}: {rest}" if head else rest, 160)
    if isinstance(value, list):
        return clean(", ".join(str(one) for one in value), 160)
    return clean(value, 160) if value is not None and value != "" else ""
