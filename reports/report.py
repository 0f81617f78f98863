"""A report of stored results: the content once per language, then a page and a workbook of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reports.content import Picture, Report
from reports.facts import Facts, clean
from reports.pictures import figure_svg
from reports.sections import (
    answers,
    calibration,
    evidence,
    levers,
    maps,
    register,
    release,
    tables,
)
from reports.stored import MissingTable, Stored, open_results
from reports.style import style_for
from scenarios.words import LANGUAGES
from sim.journal import write_aside

SECTIONS = (answers.section, maps.section, tables.segments, tables.money, tables.space,
            tables.people, tables.control, levers.section, release.section, tables.everything,
            register.section, calibration.section, evidence.section)


@dataclass(frozen=True)
class Written:
    """The files that were written, and one line for each thing that could not be shown."""

    paths: list[Path]
    notes: list[str]


def content_of(stored: Stored, lang: str) -> Report:
    """Everything that the report of a folder says in a language."""
    facts = Facts(stored, lang)
    described = stored.described.get(facts.baseline)
    port = clean(getattr(described.title, lang), 120) if described else ""
    names = [facts.labels[n] for n in facts.others or facts.names]
    parts = {"n": stored.replications, "weeks": facts.weeks("measured"),
             "version": clean(facts.manifest.get("version", "?"), 20)}
    if facts.others:
        title = facts.say("title", regimes=facts.say("and").join(names), port=port)
        subtitle = facts.say("subtitle", baseline=facts.labels[facts.baseline], **parts)
    else:
        title = facts.say("title one", regime=names[0], port=port)
        subtitle = facts.say("subtitle one", **parts)
    return Report(lang, title, subtitle, [make(facts) for make in SECTIONS],
                  _finished(facts.manifest.get("finished")))


def _finished(text: object) -> datetime:
    """The time that a manifest states, or the beginning of the calendar of workbooks."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        return datetime(1980, 1, 1)


def write_report(folder: Path | str) -> Written:
    """Write report.en.html, report.zh.html and report.xlsx into a folder of results.

    A section whose data are missing says which command makes them; InputError if the folder is
    not one of finished results, or a file of it is damaged.
    """
    from reports.page import render
    from reports.workbook import workbook_bytes

    stored = open_results(folder)
    reports = {lang: content_of(stored, lang) for lang in LANGUAGES}
    paths, notes = [], []
    for lang, report in reports.items():
        style = style_for(lang)
        pictures = {}
        for block in (b for s in report.sections for b in s.blocks if isinstance(b, Picture)):
            try:
                pictures[block.name] = figure_svg(block.name, stored, style)
            except MissingTable as missing:
                notes.append(f"{block.name} is not drawn: {missing}")
        notes += style.notes
        path = stored.results.folder / f"report.{lang}.html"
        write_aside(path, render(report, pictures).encode())
        paths.append(path)
    path = stored.results.folder / "report.xlsx"
    write_aside(path, workbook_bytes(reports))
    return Written([*paths, path], list(dict.fromkeys(notes)))


