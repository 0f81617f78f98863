"""Segments, distributions, cost by party, yards, labour: figures with the tables behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reports.content import Block, Cell, Column, Number, Picture, Row, Section, Table, Text
from reports.facts import Facts
from reports.labels import FAMILIES, family, label, party

COLUMNS = (("level", "number"), ("interval", "interval"), ("change", "number"),
           ("relative", "number"), ("interval of change", "interval"), ("verdict", "text"))
"""Of a regime that is compared; on a page its own interval is shown only without a change."""
EMPTY = Number(None, 0, "")


@dataclass(frozen=True)
class Part:
    """Measures under a heading; said: what of their names the heading says already."""

    head: str
    measures: list[str]
    said: str = ""


def of_goods(facts: Facts, group: str, *measures: str) -> Part:
    """Measures of a segment under its name; '*' in a measure stands for the segment."""
    return Part(facts.group(group), [m.replace("*", group) for m in measures],
                facts.say("of goods", goods=facts.goods(group)))


def compared(facts: Facts, key: str, title: str, parts: Iterable[Part], *,
             notes: Sequence[str] = (), folded: bool = False, chart: bool = False) -> Table:
    """Measures down, regimes across: value and interval of the baseline; of the others value,
    change, relative change, interval of the change, verdict."""
    base = facts.labels[facts.baseline]
    columns = [Column(facts.say("measure")), Column(facts.say("unit")),
               Column(facts.say("level"), "number", group=base, series=chart),
               Column(facts.say("interval"), "interval", group=base)]
    for name in facts.others:
        columns += [Column(facts.say(what), kind, group=facts.labels[name],
                           series=chart and what == "level") for what, kind in COLUMNS]
    rows = []
    for part in parts:
        known = [m for m in part.measures if facts.has(m)]
        if known and part.head:
            rows.append(Row([part.head], "head"))
        rows += [_row(facts, measure, part.said) for measure in known]
    return Table(key, title, columns, rows, notes, folded, unit_column=True)


def _row(facts: Facts, measure: str, said: str) -> Row:
    base = facts.level(facts.baseline, measure)
    levels = [facts.level(name, measure) for name in facts.names]
    text = label(facts, measure).replace(said, "")
    if any(level and level.label == "input" for level in levels):
        text += facts.say("mark input")
    cells: list[Cell] = [text, facts.unit_of(measure), base.value if base else EMPTY,
                         base.interval if base else ""]
    for name in facts.others:
        level, change = facts.level(name, measure), facts.change(name, measure)
        cells += [level.value if level else EMPTY, level.interval if level else "",
                  change.value if change else EMPTY, change.relative if change else EMPTY,
                  change.interval if change else "", (change.verdict or "") if change else ""]
    return Row(cells, "primary" if measure in facts.primary else "")


def segments(facts: Facts) -> Section:
    """Every segment: a reform can slow some consignments while it speeds others."""
    statistics = ("mean", "p50", "p90", "slower_share", "routine.mean")
    parts = [of_goods(facts, g, *(f"time.clearance.*.{s}" for s in statistics))
             for g in facts.segments]
    table = compared(facts, "segments", facts.say("segments.table"), parts, chart=True)
    blocks: list[Block] = [Text([facts.say("segments.text")])]
    if facts.others:
        blocks.append(Picture("segments", facts.say("segments.figure")))
    blocks += [Picture("clearance-time", facts.say("clearance.figure")), table]
    return Section("segments", facts.say("section.segments"), blocks)


def money(facts: Facts) -> Section:
    """Who pays, who gains."""
    groups = [g for g in ("joint", "all") if g in facts.segments]
    parties = list(dict.fromkeys(m.split(".")[1] for m in facts.measures if m.startswith("cost.")
                                 and m.split(".")[1] not in ("reason", "total")))
    reasons = list(dict.fromkeys(m.split(".")[2] for m in facts.measures
                                 if m.startswith("cost.reason.")))
    of_parties = [of_goods(facts, g, *(f"cost.{p}.*.per_teu" for p in [*parties, "total"]))
                  for g in groups]
    of_reasons = [of_goods(facts, g, *(f"cost.reason.{r}.*.per_teu" for r in reasons))
                  for g in groups]
    gains = [line for g in groups[:1] if facts.others for line in _gains(facts, parties, g)]
    blocks: list[Block] = [
        Text([*gains, facts.say("money.text")]),
        Picture("cost-by-party", facts.say("money.figure")),
        compared(facts, "parties", facts.say("money.table"), of_parties, chart=True),
        compared(facts, "reasons", facts.say("money.reasons"), of_reasons, folded=True)]
    return Section("money", facts.say("section.money"), blocks)


def _gains(facts: Facts, parties: list[str], group: str) -> Iterator[str]:
    """Who is better and who is worse off, as far as intervals show it."""
    yield facts.say("money.gains title", goods=facts.goods(group))
    for name in facts.others:
        changes = {p: facts.change(name, f"cost.{p}.{group}.per_teu") for p in parties}
        better = [party(facts, p) for p, c in changes.items()
                  if c and (c.interval.high.value or 0.0) < 0.0]
        worse = [party(facts, p) for p, c in changes.items()
                 if c and (c.interval.low.value or 0.0) > 0.0]
        none = facts.say("nobody")
        yield facts.say("money.gains", name=facts.labels[name],
                        better=facts.say("list").join(better) or none,
                        worse=facts.say("list").join(worse) or none)


def space(facts: Facts) -> Section:
    """Yard occupancy against size, and what is required."""
    sites = list(dict.fromkeys(m.split(".")[1] for m in facts.measures
                               if m.startswith("area.") and m.count(".") > 1))
    figures = ("required", "size", "utilisation", "slots.p95", "buffer.p95", "blocked_hours")
    parts = [Part(facts.say("space.all"), ["area.required", "area.size"])]
    parts += [Part(facts.site(s), [*(f"area.{s}.{f}" for f in figures), f"backlog.{s}.close"],
                   facts.say("measure.area.site", site=facts.site(s), what="")) for s in sites]
    blocks: list[Block] = [
        Text([facts.say("space.text")]), Picture("yard-occupancy", facts.say("space.figure")),
        compared(facts, "yards", facts.say("space.table"), parts)]
    return Section("space", facts.say("section.space"), blocks)


def people(facts: Facts) -> Section:
    """Labour by kind, counts of what is done, and how busy people are."""
    kinds = ("officer", "clerk", "gang", "people")
    held = [f"labour.{k}.*.{w}" for k in kinds for w in ("per_consignment", "waiting")]
    parts = [of_goods(facts, g, *held) for g in ("joint", "all") if g in facts.segments]
    parts.append(Part(facts.say("people.agencies"), [
        m for m in facts.measures if m.startswith("labour.") and m.split(".")[1] not in kinds]))
    counted = "joint" if "joint" in facts.segments else "all"
    parts.append(replace(of_goods(facts, counted, *(
        m for m in facts.measures if m.startswith("count.") and m.split(".")[2] == counted)),
        head=facts.say("people.counts", goods=facts.goods(counted))))
    blocks: list[Block] = [
        Text([facts.say("people.text")]), Picture("labour", facts.say("people.figure")),
        compared(facts, "labour", facts.say("people.table"), parts)]
    return Section("people", facts.say("section.people"), blocks)


def control(facts: Facts) -> Section:
    """What is found and what is missed."""
    parts = [Part("", [m for m in facts.measures if m.startswith("control.")])]
    blocks: list[Block] = [Text([facts.say("control.text")]),
                           compared(facts, "control", facts.say("control.table"), parts)]
    return Section("control", facts.say("section.control"), blocks)


def everything(facts: Facts) -> Section:
    """Every measure that the study stored."""
    parts = [Part(facts.say(f"family.{f}"), [m for m in facts.measures if family(m) == f])
             for f in FAMILIES]
    table = compared(facts, "measures", facts.say("measures.table"), parts,
                     notes=[facts.say("measures.note", level=facts.family_level)], folded=True)
    return Section("measures", facts.say("section.measures"), [table])
