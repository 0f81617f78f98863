"""The register of assumptions: every input with value, source and confidence."""

from __future__ import annotations

from typing import Any

from reports.content import Cell, Code, Column, Missing, Row, Section, Table, Text
from reports.facts import Facts, clean
from reports.sections.levers import shown_value

NO_INPUT = "published."
"""What is printed beside results and enters none of them."""


def section(facts: Facts) -> Section:
    """The register; inputs that carry the conclusion are marked."""
    found = Section("register", facts.say("section.register"))
    if not facts.stored.assumptions:
        found.blocks.append(Missing(facts.say("register.missing"), "onestop run"))
        return found
    carrying = _carrying(facts)
    found.blocks.append(Text([facts.say("register.text"),
                              facts.say("register.marked" if carrying else "register.unmarked")]))
    if carrying:
        found.blocks.append(_table(facts, carrying, only=True))
    found.blocks.append(_table(facts, carrying))
    return found


def _carrying(facts: Facts) -> dict[str, str]:
    """Input -> why it carries the conclusion: it reverses an effect, or is among the five that
    move the effect on a primary measure most."""
    reasons: dict[str, str] = {}
    for about in (facts.explained or {}).get("scenarios", {}).values():
        for found in about["measures"].values():
            rows = found.get("sensitivity") or []
            for i, row in enumerate(rows):
                if any((row.get(end) or {}).get("reverses") for end in ("low", "high")):
                    reasons[row["key"]] = facts.say("register.reverses")
                elif i < 5 and row.get("span"):
                    reasons.setdefault(row["key"], facts.say("register.moves"))
    return reasons


def _table(facts: Facts, carrying: dict[str, str], only: bool = False) -> Table:
    """Every input, or only those that carry the conclusion."""
    columns = [Column(facts.say(k)) for k in ("input", "value", "range", "confidence", "source",
                                              "maps.regime", "remark")]
    merged: dict[tuple[str, str], tuple[dict[str, Any], list[str]]] = {}
    for name, inputs in facts.stored.assumptions.items():
        for one in inputs:
            if one["key"] in carrying if only else not one["key"].startswith(NO_INPUT):
                merged.setdefault((one["key"], str(one["value"])), (one, []))[1].append(name)
    everywhere = len(facts.stored.assumptions)
    heads = dict.fromkeys(key.split(".")[0] for key, _ in merged)
    rows = []
    for head in heads:
        if not only:
            rows.append(Row([facts.say_or(f"head.{head}", head)], "head"))
        for (key, _), (one, names) in merged.items():
            if key.split(".")[0] != head:
                continue
            confidence = one["confidence"] or ("choice" if one["kind"] == "choice" else "none")
            where = "" if len(names) == everywhere else facts.say("list").join(
                facts.labels.get(n, clean(n)) for n in names)
            remark = ". ".join(p for p in (carrying.get(key, ""), clean(one["note"], 300)
                                           if one["note"] else "") if p)
            cells: list[Cell] = [facts.input(key) if only else Code(clean(key, 100)),
                                 shown_value(one["value"]),
                                 " – ".join(clean(e, 40) for e in one["range"] or ()),
                                 facts.say(f"confidence.{confidence}"),
                                 clean(one["source"], 300) if one["source"] else "", where, remark]
            rows.append(Row(cells, "primary" if key in carrying else ""))
    if only:
        return Table("carrying", facts.say("register.carrying"), columns, rows)
    return Table("register", facts.say("register.table"), columns, rows,
                 [facts.say("register.note")], folded=True)
