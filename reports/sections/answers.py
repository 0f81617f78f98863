"""The first screen: one answer per question, what is not resolved, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from reports.content import Column, Number, Row, Section, Sentence, Special, Table
from reports.facts import Change, Facts, Level, clean
from reports.labels import label, resource

QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("time", ("time.clearance.joint.mean", "time.clearance.all.mean")),
    ("money", ("cost.trader.joint.per_teu", "cost.total.all.per_teu")),
    ("space", ("area.required",)),
    ("people", ("labour.officer.joint.per_consignment", "labour.clerk.joint.per_consignment")),
    ("control", ("control.{agency}.missed.per_1000", "control.recognition.missed.per_1000")),
)
SHOWN_KEYS = 5
CONFIDENCES = ("measured", "published", "derived", "assumed")


@dataclass(frozen=True)
class Line:
    """One measure under one regime."""

    what: str
    unit: str
    label: str
    level: Level
    base: Level | None
    change: Change | None
    primary: bool


@dataclass
class Card:
    """A question with its answers."""

    key: str
    title: str
    sentences: list[Sentence] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Remark:
    """A sentence, and a command that makes what is missing."""

    text: str
    command: str = ""


def section(facts: Facts) -> Section:
    """The section "In brief"."""
    cards = [card for key, measures in QUESTIONS if (card := _card(facts, key, measures)).lines]
    for card in cards:
        if card.key == "time":
            card.remarks += _slower(facts)
    data = {"cards": cards, "open": list(_unresolved(facts)), "trust": list(_trust(facts))}
    found = Section("answers", facts.say("section.answers"), [
        Special("answers", data, [s for card in cards for s in card.sentences])])
    published = _published(facts)
    if published:
        found.blocks.append(published)
    return found


def _card(facts: Facts, key: str, measures: tuple[str, ...]) -> Card:
    card = Card(key, facts.say(f"question.{key}"))
    for pattern in measures:
        for agency in facts.agencies if "{agency}" in pattern else [""]:
            card.lines += _lines(facts, pattern.replace("{agency}", agency))
    for name in facts.others:
        card.sentences += _sentence(facts, key, measures[0], name)
    return card


def _sentence(facts: Facts, key: str, pattern: str, name: str) -> Iterator[Sentence]:
    """The answer in words: what the first measure of a question does under a regime."""
    measure = pattern.replace("{agency}", facts.agencies[0] if facts.agencies else "")
    change, base = facts.change(name, measure), facts.level(facts.baseline, measure)
    level = facts.level(name, measure)
    if change is None or base is None or level is None or change.value.value is None:
        return
    low, high = change.interval.low.value, change.interval.high.value
    sure = low is not None and high is not None and low * high > 0.0
    word = change.verdict.word if change.verdict else "descriptive"
    way = ("open" if word in ("not resolved", "overloaded") or not sure and change.value.value
           else "same" if word in ("no difference that matters", "exact") or not change.value.value
           else "lower" if change.value.value < 0.0 else "higher")
    by = replace(change.value, sign=False, value=abs(change.value.value), size=True)
    yield facts.sentence(f"answer.{key}.{way}", name=facts.labels[name], by=by, new=level.value,
                         old=base.value, unit=facts.unit_of(measure),
                         agency=facts.agency(facts.agencies[0]) if facts.agencies else "")


def _lines(facts: Facts, measure: str) -> Iterator[Line]:
    base = facts.level(facts.baseline, measure)
    for name in facts.others or [facts.baseline]:
        level = facts.level(name, measure)
        if level is not None:
            yield Line(label(facts, measure), facts.unit_of(measure), facts.labels[name], level,
                       base if facts.others else None, facts.change(name, measure),
                       measure in facts.primary)


def _slower(facts: Facts) -> Iterator[str]:
    """Which segments are slower on average, whatever the headline says."""
    none = []
    for name in facts.others:
        slower = []
        for group in facts.segments:
            change = facts.change(name, f"time.clearance.{group}.mean")
            if group != "all" and change and (change.interval.low.value or 0.0) > 0.0:
                slower.append(f"{facts.goods(group)} ({change.value.text} {facts.say('unit.h')})")
        if slower:
            yield facts.say("segments worse", name=facts.labels[name],
                            goods=facts.say("list").join(slower))
        else:
            none.append(facts.labels[name])
    if none:
        yield facts.say("segments none", name=facts.say("list").join(none))


def _unresolved(facts: Facts) -> Iterator[Remark]:
    found = False
    for name in facts.names:
        about = facts.summary["scenarios"][name]
        if about.get("overloaded"):
            found = True
            yield Remark(facts.say("unresolved.overloaded", name=facts.labels[name],
                                   open=f"{about['open']:,}", members=f"{about['members']:,}"))
        for measure in about["measures"]:
            if measure.startswith("use.") and measure.endswith(".offered"):
                load = about["measures"][measure]["mean"] or 0.0
                if load >= 1.0:
                    found = True
                    yield Remark(facts.say("unresolved.offered", name=facts.labels[name],
                                           resource=resource(facts, measure[4:-8]),
                                           load=f"{load:.2f}"))
    for name in facts.others:
        items = []
        for measure in facts.primary:
            change = facts.change(name, measure)
            if change and change.verdict and change.verdict.word == "not resolved":
                items.append(label(facts, measure) + (
                    facts.say("unresolved.needed", n=change.needed) if change.needed else ""))
        if items:
            found = True
            yield Remark(facts.say("unresolved.item", name=facts.labels[name],
                                   what=facts.say("unresolved.list").join(items)))
    if not found and facts.others and facts.primary:
        yield Remark(facts.say("unresolved.none", level=facts.family_level))


def _trust(facts: Facts) -> Iterator[Remark]:
    counts = facts.confidences
    yield Remark(facts.say("trust.basis", **{c: counts.get(c, 0) for c in CONFIDENCES}))
    measured = counts.get("measured", 0)
    yield Remark(facts.say("trust.calibrated", measured=measured) if measured else
                 facts.say("trust.uncalibrated"))
    yield Remark(facts.say("trust.replications", n=facts.stored.replications,
                           seed=facts.manifest.get("seed")))
    checks = facts.verification
    if checks is None:
        command = f"onestop verify --json > {facts.folder_shown}/verification.json"
        yield Remark(facts.say("trust.unverified"), command)
    else:
        passed = sum(bool(check.get("passed")) for check in checks)
        yield Remark(facts.say("trust.verified", passed=passed, total=len(checks)))
    if not facts.others:
        return
    hangs, flips = _hangs(facts)
    if facts.explained is None:
        yield Remark(facts.say("trust.unexplained"), f"onestop explain {facts.folder_shown}")
    if hangs:
        yield Remark(facts.say("trust.hangs", keys=facts.say("list").join(hangs)))
    if flips:
        yield Remark(facts.say("trust.flips", keys=facts.say("list").join(flips)))


def _hangs(facts: Facts) -> tuple[list[str], list[str]]:
    """The inputs that move the first primary effect most, and those that turn it around."""
    explained = facts.explained or {}
    about: dict[str, Any] = next(iter(explained.get("scenarios", {}).values()), {})
    measures = about.get("measures", {})
    first = next((measures[m] for m in facts.primary if m in measures), None)
    if first is None:
        return [], []
    rows = first.get("sensitivity", [])
    flips = [row["key"] for row in rows if any((row.get(end) or {}).get("reverses")
                                               for end in ("low", "high"))]
    return ([facts.input(row["key"]) for row in rows[:SHOWN_KEYS]],
            [facts.input(key) for key in flips[:SHOWN_KEYS]])


def _published(facts: Facts) -> Table | None:
    """What was published of the case beside what emerged."""
    described = facts.stored.described.get(facts.baseline)
    rows = []
    for item in described.published if described else ():
        cells: list[Any] = []
        for name in facts.others:
            change = facts.change(name, item.measure)
            empty = Number(None, 0, "")
            cells.append(empty if change is None else
                         change.relative if item.relative is not None else change.value)
        if any(cell.value is not None for cell in cells):
            wanted = (Number(item.relative, 1, "", 100.0, sign=True, suffix=" %")
                      if item.relative is not None else Number(item.difference, 0, "", sign=True))
            unit = "%" if item.relative is not None else facts.unit_of(item.measure)
            what = label(facts, item.measure) + (f", {unit}" if unit else "")
            said = clean(getattr(item.statement, facts.lang), 160)
            rows.append(Row([said, what, wanted, *cells]))
    columns = [Column(facts.say("published.statement")), Column(facts.say("measure")),
               Column(facts.say("published.figure"), "number"),
               *(Column(facts.labels[name], "number") for name in facts.others)]
    return Table("published", facts.say("published.title"), columns, rows,
                 [facts.say("published.note")]) if rows else None
