"""Segments, distributions, cost by party, yards, labour: figures with the tables behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.content import Block, Cell, Column, Number, Picture, Row, Section, Table, Text
from reports.facts import Facts, clean
from reports.labels import FAMILIES, family, label, party

PARTS = (("level", "number"), ("change", "number"), ("relative", "number"),
         ("interval of change", "interval"), ("verdict", "text"))
EMPTY = Number(None, 0, "")


def compared(facts: Facts, key: str, title: str,
             groups: Iterable[tuple[str, list[str]]], *, notes: Sequence[str] = (),
             folded: bool = False, chart: bool = False) -> Table:
    """Measures down, regimes across: level and interval of the baseline; of the others level,
    change, relative change, interval of the change, verdict. groups: (subheading, measures)."""
    base = facts.labels[facts.baseline]
    columns = [Column(facts.say("measure")), Column(facts.say("unit")),
               Column(facts.say("level"), "number", group=base, series=chart),
               Column(facts.say("interval"), "interval", group=base)]
    for name in facts.others:
        columns += [Column(facts.say(title), kind, group=facts.labels[name],
                           series=chart and title == "level") for title, kind in PARTS]
    rows = []
    for head, measures in groups:
        known = [m for m in measures if facts.has(m)]
        if known and head:
            rows.append(Row([head], "head"))
        rows += [_row(facts, measure) for measure in known]
    return Table(key, title, columns, rows, notes, folded, unit_column=True)


def _row(facts: Facts, measure: str) -> Row:
    base = facts.level(facts.baseline, measure)
    input_ = base is not None and base.label == "input"
    text = label(facts, measure) + (facts.say("mark input") if input_ else "")
    cells: list[Cell] = [text, facts.unit_of(measure), base.value if base else EMPTY,
                         base.interval if base else ""]
    for name in facts.others:
        level, change = facts.level(name, measure), facts.change(name, measure)
        cells += [level.value if level else EMPTY, change.value if change else EMPTY,
                  change.relative if change else EMPTY, change.interval if change else "",
                  (change.verdict or "") if change else ""]
    return Row(cells, "primary" if measure in facts.primary else "")


def segments(facts: Facts) -> Section:
    """Every segment: a reform can slow some consignments while it speeds others."""
    statistics = ("mean", "p50", "p90", "slower_share", "routine.mean")
    groups = [(facts.group(g), [f"time.clearance.{g}.{s}" for s in statistics])
              for g in facts.segments]
    table = compared(facts, "segments", facts.say("segments.table"), groups,
                     chart=True)
    blocks: list[Block] = [Text([facts.say("segments.text")]),
                           Picture("segments", facts.say("segments.figure")),
                           Picture("clearance-time", facts.say("clearance.figure")), table]
    return Section("segments", facts.say("section.segments"), blocks)


def money(facts: Facts) -> Section:
    """Who pays, who gains."""
    groups = [g for g in ("joint", "all") if g in facts.segments]
    parties = list(dict.fromkeys(m.split(".")[1] for m in facts.measures if m.startswith("cost.")
                                 and m.split(".")[1] not in ("reason", "total")))
    reasons = list(dict.fromkeys(m.split(".")[2] for m in facts.measures
                                 if m.startswith("cost.reason.")))
    rows = [(facts.group(g), [*(f"cost.{p}.{g}.per_teu" for p in parties),
                              f"cost.total.{g}.per_teu"]) for g in groups]
    blocks: list[Block] = [
        Text([facts.say("money.text")]), Picture("cost-by-party", facts.say("money.figure")),
        compared(facts, "parties", facts.say("money.table"), rows,
                 notes=[_gains(facts, parties, g) for g in groups if facts.others],
                 chart=True),
        compared(facts, "reasons", facts.say("money.reasons"), [
            (facts.group(g), [f"cost.reason.{r}.{g}.per_teu" for r in reasons]) for g in groups],
            folded=True)]
    return Section("money", facts.say("section.money"), blocks)


def _gains(facts: Facts, parties: list[str], group: str) -> str:
    """Who is better and who is worse off, as far as intervals show it."""
    texts = []
    for name in facts.others:
        changes = {p: facts.change(name, f"cost.{p}.{group}.per_teu") for p in parties}
        better = [party(facts, p) for p, c in changes.items()
                  if c and (c.interval.high.value or 0.0) < 0.0]
        worse = [party(facts, p) for p, c in changes.items()
                 if c and (c.interval.low.value or 0.0) > 0.0]
        none = facts.say("nobody")
        texts.append(facts.say("money.gains", name=facts.labels[name], goods=facts.goods(group),
                               better=facts.say("list").join(better) or none,
                               worse=facts.say("list").join(worse) or none))
    return " ".join(texts)


def space(facts: Facts) -> Section:
    """Yard occupancy against size, and what is required."""
    sites = list(dict.fromkeys(m.split(".")[1] for m in facts.measures
                               if m.startswith("area.") and m.count(".") > 1))
    parts = ("required", "size", "utilisation", "slots.p95", "buffer.p95", "blocked_hours")
    groups = [(facts.say("space.all"), ["area.required", "area.size"])]
    groups += [(clean(s, 40), [*(f"area.{s}.{p}" for p in parts), f"backlog.{s}.close"])
               for s in sites]
    blocks: list[Block] = [
        Text([facts.say("space.text")]), Picture("yard-occupancy", facts.say("space.figure")),
        compared(facts, "yards", facts.say("space.table"), groups)]
    return Section("space", facts.say("section.space"), blocks)


def people(facts: Facts) -> Section:
    """Labour by kind, counts of what is done, and how busy people are."""
    kinds = ("officer", "clerk", "gang", "people")
    groups = [(facts.group(g), [f"labour.{k}.{g}.{w}" for k in kinds
                                for w in ("per_consignment", "waiting")])
              for g in ("joint", "all") if g in facts.segments]
    groups.append((facts.say("people.agencies"), [
        m for m in facts.measures if m.startswith("labour.") and m.split(".")[1] not in kinds]))
    groups.append((facts.say("family.count"), [
        m for m in facts.measures if m.startswith("count.") and m.split(".")[2] == "joint"]))
    blocks: list[Block] = [
        Text([facts.say("people.text")]), Picture("labour", facts.say("people.figure")),
        compared(facts, "labour", facts.say("people.table"), groups)]
    return Section("people", facts.say("section.people"), blocks)


def control(facts: Facts) -> Section:
    """What is found and what is missed."""
    rows = [("", [m for m in facts.measures if m.startswith("control.")])]
    blocks: list[Block] = [Text([facts.say("control.text")]),
                           compared(facts, "control", facts.say("control.table"), rows)]
    return Section("control", facts.say("section.control"), blocks)


def everything(facts: Facts) -> Section:
    """Every measure that the study stored."""
    groups = [(facts.say(f"family.{f}"), [m for m in facts.measures if family(m) == f])
              for f in FAMILIES]
    table = compared(facts, "measures", facts.say("measures.table"), groups,
                     notes=[facts.say("measures.note", level=facts.family_level)], folded=True)
    return Section("measures", facts.say("section.measures"), [table])
