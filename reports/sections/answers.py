"""The first screen: one answer per question, what is not resolved, and how far to trust it."""

from __future__ import annotations

import math
import re
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
"""A question and its measures: what holds for the first is said in words. Agencies are all of it.
"""
SHOWN_KEYS = 5
FIGURES = 3
"""A number in a sentence has at most so many, unless they stand before its point."""
CONFIDENCES = ("measured", "published", "derived", "assumed")


@dataclass(frozen=True)
class Line:
    """One measure under one regime. what: empty if the sentence above says it."""

    what: str
    unit: str
    level: Level
    change: Change | None


@dataclass
class Answer:
    """What is answered of one regime."""

    sentence: Sentence
    lines: list[Line] = field(default_factory=list)
    remarks: list[Sentence] = field(default_factory=list)


@dataclass
class Question:
    """A question with an answer per regime."""

    key: str
    title: str
    asks: str
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True)
class Remark:
    """A sentence, and a command that makes what is missing."""

    sentence: Sentence
    command: str = ""


def section(facts: Facts) -> Section:
    """The section "In brief"."""
    questions = [question for key, measures in QUESTIONS
                 if (question := _question(facts, key, measures)).answers]
    reading = facts.say("how to read", level=facts.family_level)
    unresolved, trust = list(_unresolved(facts)), list(_trust(facts))
    data = {"questions": questions, "reading": reading, "open": unresolved, "trust": trust}
    sentences = [*(s for q in questions for a in q.answers for s in (a.sentence, *a.remarks)),
                 Sentence([reading]), *(remark.sentence for remark in (*unresolved, *trust))]
    found = Section("answers", facts.say("section.answers"), [Special("answers", data, sentences)])
    published = _published(facts)
    if published:
        found.blocks.append(published)
    return found


def _question(facts: Facts, key: str, patterns: tuple[str, ...]) -> Question:
    found = Question(key, facts.say(f"question.{key}"), facts.say(f"question.{key}.asks"))
    about, *further = [[pattern.replace("{agency}", agency) for agency in facts.agencies]
                       if "{agency}" in pattern else [pattern] for pattern in patterns]
    for name in facts.others or [facts.baseline]:
        answer = Answer(_sentence(facts, key, about, name))
        alone = len(about) == 1
        for measure in (*about, *(m for more in further for m in more)):
            level = facts.level(name, measure)
            if level is not None:
                what = "" if alone and measure == about[0] else label(facts, measure)
                answer.lines.append(Line(what, facts.unit_of(measure), level,
                                         facts.change(name, measure)))
        if key == "time" and facts.others and not _overloaded(facts, name):
            answer.remarks.append(_slower(facts, name))
        if answer.lines:
            found.answers.append(answer)
    return found


def _sentence(facts: Facts, key: str, measures: list[str], name: str) -> Sentence:
    """The answer in words: what the measures of a question do under a regime."""
    shown = facts.labels[name]
    which = _overloaded(facts, name)
    if which:
        return facts.sentence("answer.overloaded", n=len(which), name=shown,
                              which=facts.say("and").join(which))
    if len(measures) != 1:
        return _together(facts, key, measures, name)
    measure = measures[0]
    level, base = facts.level(name, measure), facts.level(facts.baseline, measure)
    change, unit = facts.change(name, measure), facts.unit_of(measure)
    if level is None or base is None or change is None or change.value.value is None:
        return facts.sentence(f"answer.{key}.level", name=shown, unit=unit,
                              new=level.value if level else "–")
    by, new, old = _spoken(change.value, level.value, base.value)
    return facts.sentence(f"answer.{key}.{_way(change)}", name=shown, unit=unit, by=by, new=new,
                          old=old)


def _overloaded(facts: Facts, name: str) -> list[str]:
    """Which of a regime and the baseline do not get their work done."""
    return [facts.labels[n] for n in dict.fromkeys((facts.baseline, name))
            if facts.stored.overloaded(n)]


def _together(facts: Facts, key: str, measures: list[str], name: str) -> Sentence:
    """The answer on one measure of every agency: which way they go, and each one's levels."""
    each: list[Sentence] = []
    ways = set()
    for agency, measure in zip(facts.agencies, measures):
        level, base = facts.level(name, measure), facts.level(facts.baseline, measure)
        change = facts.change(name, measure)
        if level is None:
            continue
        if base is None or change is None or change.value.value is None:
            ways.add("level")
            each.append(Sentence([f"{facts.agency(agency)} ", level.value]))
        else:
            ways.add(_way(change))
            _, new, old = _spoken(change.value, level.value, base.value)
            each.append(facts.sentence("answer.each", agency=facts.agency(agency), new=new,
                                       old=old))
    way = ways.pop() if len(ways) == 1 else "mixed"
    return facts.sentence(f"answer.{key}.{way}", name=facts.labels[name], each=facts.listed(each))


def _way(change: Change) -> str:
    """What a change amounts to: lower, higher, same, open."""
    low, high = change.interval.low.value, change.interval.high.value
    value = change.value.value or 0.0
    word = change.verdict.word if change.verdict else "descriptive"
    if word == "not resolved":
        return "open"
    if word in ("no difference that matters", "exact") or not value:
        return "same"
    if low is not None and high is not None and low * high <= 0.0:
        return "open"
    return "lower" if value < 0.0 else "higher"


def _spoken(change: Number, *levels: Number) -> list[Number]:
    """Numbers as a sentence says them: the size of the change, and levels, in as many decimals."""
    size = abs(change.value or 0.0) * change.factor
    most = FIGURES - 1 - math.floor(math.log10(size)) if size else FIGURES
    digits = min(change.digits, max(most, 0))
    by = replace(change, sign=False, value=abs(change.value or 0.0), size=True)
    return [replace(number, digits=digits) for number in (by, *levels)]


def _slower(facts: Facts, name: str) -> Sentence:
    """Which segments are slower on average, whatever the headline says."""
    slower = []
    for group in facts.segments:
        change = facts.change(name, f"time.clearance.{group}.mean")
        if group != "all" and change and (change.interval.low.value or 0.0) > 0.0:
            slower.append(facts.sentence("segment slower", goods=facts.goods(group),
                                         by=change.value))
    if not slower:
        return facts.sentence("segments none")
    return facts.sentence("segments worse", goods=facts.listed(slower))


def _unresolved(facts: Facts) -> Iterator[Remark]:
    found = False
    for name in facts.names:
        about = facts.summary["scenarios"][name]
        if about.get("overloaded"):
            found = True
            yield Remark(facts.sentence("unresolved.overloaded", name=facts.labels[name],
                                        open=f"{about['open']:,}", members=f"{about['members']:,}"))
        for measure in about["measures"]:
            load = facts.level(name, measure) if _OFFERED.fullmatch(measure) else None
            if load and (load.value.value or 0.0) >= 1.0:
                found = True
                yield Remark(facts.sentence(
                    "unresolved.offered", name=facts.labels[name],
                    load=replace(load.value, digits=2),
                    resource=resource(facts, _OFFERED.sub(r"\1", measure))))
    for name in facts.others:
        items = []
        for measure in facts.primary:
            change = facts.change(name, measure)
            if change and change.verdict and change.verdict.word == "not resolved":
                items.append(label(facts, measure) + (
                    facts.say("unresolved.needed", n=change.needed) if change.needed else ""))
        if items:
            found = True
            yield Remark(facts.sentence("unresolved.item", name=facts.labels[name],
                                        what=facts.say("unresolved.list").join(items)))
    if not found and facts.others and facts.primary:
        yield Remark(facts.sentence("unresolved.none", level=facts.family_level))


_OFFERED = re.compile(r"use\.(.+)\.offered")


def _trust(facts: Facts) -> Iterator[Remark]:
    yield Remark(Sentence([basis(facts)]))
    measured = facts.confidences.get("measured", 0)
    yield Remark(facts.sentence("trust.calibrated", measured=measured) if measured else
                 facts.sentence("trust.uncalibrated"))
    yield Remark(facts.sentence("trust.replications" if facts.others else "trust.replications one",
                                n=facts.stored.replications, seed=facts.manifest.get("seed")))
    yield from _as_calibrated(facts)
    checks = facts.verification
    if checks is None:
        command = f"onestop verify --json > {facts.folder_shown}/verification.json"
        yield Remark(facts.sentence("trust.unverified"), command)
    else:
        passed = sum(bool(check.get("passed")) for check in checks)
        yield Remark(facts.sentence("trust.verified", passed=passed, total=len(checks)))
    if not facts.others:
        return
    if facts.explained is None:
        yield Remark(facts.sentence("trust.unexplained"), f"onestop explain {facts.folder_shown}")
    for key, inputs in _hangs(facts).items():
        if inputs:
            yield Remark(facts.sentence(key, keys=facts.say("list").join(
                facts.input(name) for name in inputs[:SHOWN_KEYS])))


def _as_calibrated(facts: Facts) -> Iterator[Remark]:
    """Of a calibrated port: how it did on weeks held out, and how sure the first change is."""
    content = facts.stored.calibration
    if content is None:
        return
    held = (content.get("backtest") or {}).get("coverage", {}).get("all")
    if held:
        place = "json calibration backtest/coverage/all"
        yield Remark(facts.sentence(
            "trust.held", points=Number(held["points"], 0, f"{place}/points"),
            share=Number(held["inside_90"], 0, f"{place}/inside_90", 100.0, suffix=" %")))
    else:
        yield Remark(facts.sentence("trust.not held"))
    found = facts.stored.uncertainty
    if found is None:
        yield Remark(facts.sentence("trust.unsplit"),
                     f"onestop uncertainty {facts.folder_shown} --draws PORT.calibration")
        return
    for name, measures in found["scenarios"].items():
        for measure, one in list(measures.items())[:1]:
            ends = [Number(one["together"][end], facts.digits(measure),
                           f"json uncertainty scenarios/{name}/{measure}/together/{end}", sign=True)
                    for end in ("low", "high")]
            if all(end.value is not None for end in ends):
                yield Remark(facts.sentence(
                    "trust.together", name=facts.labels.get(name, clean(name)),
                    measure=label(facts, measure), unit=facts.unit_of(measure), low=ends[0],
                    high=ends[1], level=f"{found['confidence']:.0%}"))


def basis(facts: Facts) -> str:
    """How many inputs rest on what."""
    return facts.say("trust.basis", **{c: facts.confidences.get(c, 0) for c in CONFIDENCES})


def _hangs(facts: Facts) -> dict[str, list[str]]:
    """The inputs that move the first primary effect most, those that turn it around, and those
    that do so only where a regime is overloaded."""
    about: dict[str, Any] = next(iter((facts.explained or {}).get("scenarios", {}).values()), {})
    measures = about.get("measures", {})
    first: dict[str, Any] = next((measures[m] for m in facts.primary if m in measures), {})
    found: dict[str, list[str]] = {"trust.hangs": [], "trust.flips": [],
                                   "trust.flips overloaded": []}
    for row in first.get("sensitivity") or []:
        found["trust.hangs"].append(row["key"])
        turned = [row[end] for end in ("low", "high") if (row.get(end) or {}).get("reverses")]
        if turned:
            only = all(end.get("overloaded") for end in turned)
            found["trust.flips overloaded" if only else "trust.flips"].append(row["key"])
    return found


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
            wanted = (Number(item.relative, 1, "", 100.0, sign=True, suffix="%")
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
