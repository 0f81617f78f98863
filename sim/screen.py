"""The comparison table: regimes across; time, cost, area, labour, counts down."""

from __future__ import annotations

from typing import Any

from scenarios.load import restore
from scenarios.words import currency_name, site_name
from sim.results import Results
from sim.rounding import decimals, is_share
from sim.sequential import stopped_at
from sim.tablefit import Cell, ScreenTable
from sim.words import say

ROWS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("section.time", (
        ("row.clearance.joint", "time.clearance.joint.mean"),
        ("  row.median", "time.clearance.joint.p50"),
        ("  row.p90", "time.clearance.joint.p90"),
        ("  row.within", "time.clearance.joint.within_service"),
        ("  row.slower", "time.clearance.joint.slower_share"),
        ("  row.routine", "time.clearance.joint.routine.mean"),
        ("row.clearance.only", "time.clearance.{agency}.mean"),
        ("  row.slower", "time.clearance.{agency}.slower_share"),
        ("row.clearance.all", "time.clearance.all.mean"),
        ("  row.within", "time.clearance.all.within_service"),
        ("row.release", "time.release.all.mean"),
    )),
    ("section.control", (
        ("row.found", "control.{agency}.found.per_1000"),
        ("  row.missed", "control.{agency}.missed.per_1000"),
        ("row.recognition", "control.recognition.missed.per_1000"),
    )),
    ("section.cost", (
        ("row.trader.joint", "cost.trader.joint.per_teu"),
        ("  row.handling", "cost.reason.handling.joint.per_teu"),
        ("row.trader.all", "cost.trader.all.per_teu"),
        ("row.operator", "cost.operator.all.per_teu"),
        ("row.agency", "cost.{agency}.all.per_teu"),
        ("row.resources", "cost.total.all.per_teu"),
    )),
    ("section.area", (
        ("row.required", "area.required"),
        ("row.size", "area.size"),
        ("row.refused", "area.{site}.blocked_hours"),
    )),
    ("section.labour", (
        ("row.officers.joint", "labour.officer.joint.per_consignment"),
        ("  row.waiting", "labour.officer.joint.waiting"),
        ("row.officers.all", "labour.officer.all.per_consignment"),
        ("row.clerks", "labour.clerk.joint.per_consignment"),
        ("row.gangs", "labour.gang.joint.per_consignment"),
        ("row.people", "labour.people.joint.per_consignment"),
    )),
    ("section.counts", (
        ("row.moves", "count.moves.joint.per_container"),
        ("row.devannings", "count.devannings.joint.per_container"),
        ("row.visits", "count.visits.joint.per_consignment"),
        ("row.fields", "count.fields.joint.per_consignment"),
        ("row.acts", "count.acts.joint.per_consignment"),
    )),
)
"""Sections, and their rows: the key of the words, behind blanks that indent them, and a measure."""


def rows_of(results: Results, lang: str = "en") -> ScreenTable:
    """The table of stored results: for each regime the mean with its interval; for others than the
    baseline the mean, the change, its interval and, for primary measures, the verdict."""
    summary = results.summary
    names = list(summary["scenarios"])
    table = ScreenTable(_title(results, lang), names, [], [], [])
    for section, entries in _expanded(results, lang):
        known = [(label, measure) for label, measure in entries
                 if any(measure in summary["scenarios"][n]["measures"] for n in names)]
        if known:
            table.sections.append(len(table.labels))
            table.labels.append(section)
            table.cells.append([[] for _ in names])
        for label, measure in known:
            unit = next(s["measures"][measure]["unit"] for s in summary["scenarios"].values()
                        if measure in s["measures"])
            shown = ("%" if is_share(measure) else "") if unit == "1" else _unit(unit, lang)
            mark = " *" if measure in summary["primary"] else ""
            table.labels.append((say(lang, "row", label=label, unit=shown) if shown else label)
                                + mark)
            share = 100.0 if shown == "%" else 1.0
            levels = [about["measures"][measure] for about in summary["scenarios"].values()
                      if measure in about["measures"]]
            changes = [d[measure] for d in summary["differences"].values() if measure in d]
            digits = decimals(levels, changes, share)
            table.cells.append([_cell(summary, name, measure, share, digits, lang)
                                for name in names])
    return table


def _title(results: Results, lang: str) -> str:
    """The port's title, how often it was run, and the seed."""
    summary = results.summary
    titles = dict.fromkeys(getattr(restore(e["scenario"]).title, lang)
                           for e in results.study.scenarios.values())
    return say(lang, "title", titles=" / ".join(titles), seed=results.manifest["seed"],
               n=summary["scenarios"][summary["baseline"]]["replications"])


def _agencies(results: Results, lang: str) -> dict[str, str]:
    """Agencies by name, and what they are called: in English by the name that files give them."""
    found: dict[str, str] = {}
    for entry in results.study.scenarios.values():
        for name, agency in restore(entry["scenario"]).agencies.items():
            found.setdefault(name, name if lang == "en" else getattr(agency.label, lang))
    return found


def _unit(unit: str, lang: str) -> str:
    """What a measure's unit is called."""
    if unit.endswith("/TEU"):
        return say(lang, "unit.per teu", currency=currency_name(lang, unit.removesuffix("/TEU")))
    return say(lang, f"unit.{unit}") if f"unit.{unit}" in say else unit


def _label(key: str, lang: str, **parts: str) -> str:
    """The words of a row, indented as its key is."""
    return " " * (len(key) - len(key.lstrip())) + say(lang, key.lstrip(), **parts)


def _expanded(results: Results, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """ROWS in words, with a row for every agency and every site."""
    agencies = _agencies(results, lang)
    measures = dict.fromkeys(m for s in results.summary["scenarios"].values()
                             for m in s["measures"])
    sites = {s: s if lang == "en" else site_name(lang, s) for s in (
        m.split(".")[1] for m in measures if m.endswith(".blocked_hours"))}
    expanded = []
    for section, entries in ROWS:
        rows: list[tuple[str, str]] = []
        agency_rows = [e for e in entries if "{agency}" in e[1]]
        for key, measure in entries:
            if "{agency}" in measure:
                if (key, measure) == agency_rows[0]:
                    rows += [(_label(a_key, lang, agency=called), a_measure.format(agency=a))
                             for a, called in agencies.items() for a_key, a_measure in agency_rows]
            elif "{site}" in measure:
                rows += [(_label(key, lang, site=called), measure.format(site=s))
                         for s, called in sites.items()]
            else:
                rows.append((_label(key, lang), measure))
        expanded.append((say(lang, section), rows))
    return expanded


def _cell(summary: dict[str, Any], name: str, measure: str, share: float, digits: int,
          lang: str) -> Cell:
    entry = summary["scenarios"][name]["measures"].get(measure)
    if entry is None:
        return []
    text = _number(entry["mean"], share, digits)
    if entry["mean"] is None and entry.get("censored_above") is not None:
        text = "> " + _number(entry["censored_above"], share, digits)
    if entry.get("label") == "lower bound":
        text = ">= " + text
    difference = summary["differences"].get(name, {}).get(measure)
    if difference is None or difference["difference"] is None:
        constant = entry.get("label") == "input" or entry["low"] == entry["high"]
        interval = "" if constant else _interval(entry["low"], entry["high"], share, digits)
        return [[text], [interval]] if interval else [[text]]
    return _change(text, difference, share, digits, lang)


def _change(text: str, d: dict[str, Any], share: float, digits: int, lang: str) -> Cell:
    """[['79.0', '-39.2 (-33.3 %)'], ['[-49.1, -29.3]'], ['lower']]."""
    same = d["difference"] == 0 and d["low"] == 0 == d["high"]
    change = say(lang, "same") if same else _number(d["difference"], share, digits, sign=True)
    if d["relative"] is not None and share == 1.0 and not same:
        change += f" ({100 * d['relative']:+.1f} %)"
    cell = [[text, change]]
    interval = _interval(d["low"], d["high"], share, digits, sign=True)
    if interval and d["low"] != d["high"]:
        cell.append([interval])
    verdict = say(lang, f"verdict.{d['verdict']}") if d["verdict"] else ""
    if d["verdict"] == "not resolved" and d["replications_needed"]:
        cell.append([verdict, say(lang, "about", n=d["replications_needed"])])
    elif verdict:
        cell.append([verdict] if len(verdict) < 20 else _halves(verdict))
    return cell


def _halves(text: str) -> list[str]:
    """A long verdict on two lines."""
    words = text.split()
    return [" ".join(words[:len(words) // 2]), " ".join(words[len(words) // 2:])]



def _number(value: float | None, share: float, digits: int, sign: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value * share:{'+' if sign else ''},.{digits}f}"


def _interval(low: float | None, high: float | None, share: float, digits: int,
              sign: bool = False) -> str:
    if low is None or high is None:
        return ""
    return f"[{_number(low, share, digits, sign)}, {_number(high, share, digits, sign)}]"


def notes_of(results: Results, lang: str = "en") -> list[str]:
    """What a reader must know: intervals, verdicts, inputs, overloads; and what was published."""
    summary = results.summary
    notes = []
    if summary["primary"]:
        level = f"{100 * summary['statistics']['family_confidence']:g}"
        notes.append(say(lang, "note.primary", level=level))
    notes.append(say(lang, "note.compared" if summary["differences"] else "note.alone"))
    if "looks" in summary:
        notes.append(stopped_at(summary["looks"], lang))
    notes.append(say(lang, "note.inputs"))
    service = restore(results.study.scenarios[summary["baseline"]]["scenario"]).service
    notes.append(say(lang, "note.service", share=f"{100 * service.share:g}",
                     hours=f"{service.within / 60:g}"))
    agencies = _agencies(results, lang)
    for name, about in summary["scenarios"].items():
        if about["open"]:
            notes.append(say(lang, "note.overloaded" if about["overloaded"] else "note.open",
                             name=name, n=f"{about['open']:,}", members=f"{about['members']:,}"))
        for measure, entry in about["measures"].items():
            if measure.startswith("use.") and measure.endswith(".offered") and (
                    entry["mean"] or 0.0) >= 1.0:
                notes.append(say(lang, "note.overload", name=name, times=f"{entry['mean']:.2f}",
                                 resource=_resource(measure[4:-8], agencies, lang)))
    return notes + _published(results, lang)


def _resource(name: str, agencies: dict[str, str], lang: str) -> str:
    """What a resource of the plan is called: in English as in the names of its measures."""
    kind, _, owner = name.partition(".")
    if lang == "en" or f"resource.{kind}" not in say:
        return name
    words = say(lang, f"resource.{kind}")
    return say(lang, "resource.of", resource=words, owner=agencies.get(owner, owner)) if (
        owner) else words


def _published(results: Results, lang: str) -> list[str]:
    """Published figures beside what emerged; they are no inputs of the model."""
    summary = results.summary
    baseline = restore(results.study.scenarios[summary["baseline"]]["scenario"])
    lines = []
    for item in baseline.published:
        emerged = []
        for name, measures in summary["differences"].items():
            d = measures.get(item.measure)
            if d is None or d["difference"] is None:
                continue
            if item.relative is not None and d["relative"] is not None:
                emerged.append(f"{name} {100 * d['relative']:+.1f} %")
            elif item.difference is not None:
                emerged.append(f"{name} {d['difference']:+,.0f}")
        wanted = (f"{100 * item.relative:+.1f} %" if item.relative is not None
                  else f"{item.difference:+,.0f}")
        if emerged:
            lines.append("  " + say(lang, "published.line", statement=getattr(item.statement, lang),
                                    wanted=wanted,
                                    found=say(lang, "published.others").join(emerged)))
    return [say(lang, "published"), *lines] if lines else []
