"""The register of assumptions: every input with value, source and confidence."""

from __future__ import annotations

from typing import Any

from reports.content import Cell, Code, Column, Missing, Row, Section, Table, Text
from reports.facts import Facts, clean
from reports.labels import label
from reports.sections.levers import shown_value

MOST = 5
"""Inputs of each effect that are said to move it most."""
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
        found.blocks.append(_few(facts, carrying))
    found.blocks.append(_all(facts, carrying))
    return found


def _carrying(facts: Facts) -> dict[str, str]:
    """Input -> how it carries the conclusion: it reverses the effect on a primary measure, or is
    among the five that move it most. Those that reverse one come first."""
    turned: dict[str, dict[str, None]] = {}
    moved: dict[str, dict[str, None]] = {}
    for about in (facts.explained or {}).get("scenarios", {}).values():
        for measure, found in about["measures"].items():
            for i, row in enumerate(found.get("sensitivity") or []):
                if any((row.get(end) or {}).get("reverses") for end in ("low", "high")):
                    turned.setdefault(row["key"], {})[label(facts, measure)] = None
                elif i < MOST and row.get("span"):
                    moved.setdefault(row["key"], {})[label(facts, measure)] = None
    reasons: dict[str, str] = {}
    for key in dict.fromkeys((*turned, *moved)):
        said = [facts.say(words, measures=facts.say("unresolved.list").join(by[key]))
                for words, by in (("register.reverses", turned), ("register.moves", moved))
                if key in by]
        reasons[key] = facts.say("full stop").join(said)
    return reasons


def _merged(facts: Facts) -> dict[tuple[str, str], tuple[dict[str, Any], list[str]]]:
    """Key and value -> the input, and the scenarios that have it so."""
    merged: dict[tuple[str, str], tuple[dict[str, Any], list[str]]] = {}
    for name, inputs in facts.stored.assumptions.items():
        for one in inputs:
            if not one["key"].startswith(NO_INPUT):
                merged.setdefault((one["key"], str(one["value"])), (one, []))[1].append(name)
    return merged


def _cells(facts: Facts, one: dict[str, Any]) -> list[Cell]:
    """Value, range, confidence and source of an input."""
    confidence = one["confidence"] or ("choice" if one["kind"] == "choice" else "none")
    return [shown_value(one["value"]), " – ".join(clean(end, 40) for end in one["range"] or ()),
            facts.say(f"confidence.{confidence}"),
            clean(one["source"], 300) if one["source"] else ""]


def _few(facts: Facts, carrying: dict[str, str]) -> Table:
    """The inputs that carry the conclusion, in words."""
    rows = [Row([facts.input(key), *_cells(facts, one), reason])
            for key, reason in carrying.items()
            for (known, _), (one, _) in _merged(facts).items() if known == key]
    columns = [Column(facts.say(k)) for k in ("input", "value", "range", "confidence", "source",
                                              "register.why")]
    return Table("carrying", facts.say("register.carrying"), columns, rows)


def _all(facts: Facts, carrying: dict[str, str]) -> Table:
    """Every input, by its key."""
    columns = [Column(facts.say(k)) for k in ("input", "value", "range", "confidence", "source",
                                              "maps.regime", "remark")]
    everywhere = len(facts.stored.assumptions)
    rows: list[Row] = []
    head = ""
    merged = _merged(facts)
    parts = list(dict.fromkeys(key.split(".")[0] for key, _ in merged))
    for (key, _), (one, names) in sorted(merged.items(),
                                         key=lambda item: parts.index(item[0][0].split(".")[0])):
        if key.split(".")[0] != head:
            head = key.split(".")[0]
            rows.append(Row([facts.say_or(f"head.{head}", head)], "head"))
        where = "" if len(names) == everywhere else facts.say("list").join(
            facts.labels.get(n, clean(n)) for n in names)
        remarks = [facts.say("register.carries")] if key in carrying else []
        if one["note"]:
            remarks.append(clean(one["note"], 300))
        rows.append(Row([Code(clean(key, 100)), *_cells(facts, one), where,
                         facts.say("full stop").join(remarks)],
                        "primary" if key in carrying else ""))
    return Table("register", facts.say("register.table"), columns, rows,
                 [facts.say("register.note")], folded=True)
