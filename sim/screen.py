"""The comparison table: regimes across; time, cost, area, labour, counts down."""

from __future__ import annotations

import math
from typing import Any

from scenarios.load import restore
from sim.results import Results
from sim.sequential import stopped_at
from sim.tablefit import Cell, ScreenTable

ROWS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Time", (
        ("clearance, jointly selected, mean", "time.clearance.joint.mean"),
        ("  median", "time.clearance.joint.p50"),
        ("  90th percentile", "time.clearance.joint.p90"),
        ("  within the service level", "time.clearance.joint.within_service"),
        ("  slower than in the baseline", "time.clearance.joint.slower_share"),
        ("  without laboratory, mean", "time.clearance.joint.routine.mean"),
        ("clearance, {agency} alone, mean", "time.clearance.{agency}.mean"),
        ("  slower than in the baseline", "time.clearance.{agency}.slower_share"),
        ("clearance, all, mean", "time.clearance.all.mean"),
        ("  within the service level", "time.clearance.all.within_service"),
        ("arrival to release, all, mean", "time.release.all.mean"),
    )),
    ("Control", (
        ("{agency}: irregularities found", "control.{agency}.found.per_1000"),
        ("  missed", "control.{agency}.missed.per_1000"),
        ("no longer known for recognition", "control.recognition.missed.per_1000"),
    )),
    ("Cost", (
        ("trader, jointly selected", "cost.trader.joint.per_teu"),
        ("  of it box moves and devannings", "cost.reason.handling.joint.per_teu"),
        ("trader, all", "cost.trader.all.per_teu"),
        ("operator, all", "cost.operator.all.per_teu"),
        ("{agency}, all", "cost.{agency}.all.per_teu"),
        ("resources consumed, all", "cost.total.all.per_teu"),
    )),
    ("Yard area", (
        ("required", "area.required"),
        ("as it is (input)", "area.size"),
        ("{site}: places refused", "area.{site}.blocked_hours"),
    )),
    ("Labour per consignment", (
        ("officers, jointly selected", "labour.officer.joint.per_consignment"),
        ("  of it waiting", "labour.officer.joint.waiting"),
        ("officers, all", "labour.officer.all.per_consignment"),
        ("clerks, jointly selected", "labour.clerk.joint.per_consignment"),
        ("gangs, jointly selected", "labour.gang.joint.per_consignment"),
        ("all people, jointly selected", "labour.people.joint.per_consignment"),
    )),
    ("Counts, jointly selected", (
        ("box moves per container", "count.moves.joint.per_container"),
        ("devannings per container", "count.devannings.joint.per_container"),
        ("visits of the agent", "count.visits.joint.per_consignment"),
        ("fields to fill in", "count.fields.joint.per_consignment"),
        ("clerical acts", "count.acts.joint.per_consignment"),
    )),
)


def rows_of(results: Results) -> ScreenTable:
    """The table of stored results: for each regime the mean with its interval; for others than the
    baseline the mean, the change, its interval and, for primary measures, the verdict."""
    summary = results.summary
    names = list(summary["scenarios"])
    table = ScreenTable(_title(results), names, [], [], [])
    for section, entries in _expanded(results):
        known = [(label, measure) for label, measure in entries
                 if any(measure in summary["scenarios"][n]["measures"] for n in names)]
        if known:
            table.sections.append(len(table.labels))
            table.labels.append(section)
            table.cells.append([[] for _ in names])
        for label, measure in known:
            unit = next(s["measures"][measure]["unit"] for s in summary["scenarios"].values()
                        if measure in s["measures"])
            shown = ("%" if _is_share(measure) else "") if unit == "1" else unit
            mark = " *" if measure in summary["primary"] else ""
            table.labels.append(label + (f", {shown}" if shown else "") + mark)
            share = 100.0 if shown == "%" else 1.0
            digits = _digits(summary, measure, share)
            table.cells.append([_cell(summary, name, measure, share, digits) for name in names])
    return table


def _title(results: Results) -> str:
    """The port's title, how often it was run, and the seed."""
    summary = results.summary
    titles = dict.fromkeys(restore(e["scenario"]).title.en
                           for e in results.study.scenarios.values())
    count = summary["scenarios"][summary["baseline"]]["replications"]
    often = f"{count} replication" + ("s" if count > 1 else "")
    return f"{' / '.join(titles)}: {often}, seed {results.manifest['seed']}"


def _expanded(results: Results) -> list[tuple[str, list[tuple[str, str]]]]:
    """ROWS with a row for every agency and every site."""
    scenarios = [restore(e["scenario"]) for e in results.study.scenarios.values()]
    agencies = list(dict.fromkeys(a for s in scenarios for a in s.agencies))
    measures = dict.fromkeys(m for s in results.summary["scenarios"].values()
                             for m in s["measures"])
    sites = [m.split(".")[1] for m in measures if m.endswith(".blocked_hours")]
    expanded = []
    for section, entries in ROWS:
        rows: list[tuple[str, str]] = []
        agency_rows = [e for e in entries if "{agency}" in e[1]]
        for label, measure in entries:
            if "{agency}" in measure:
                if (label, measure) == agency_rows[0]:
                    rows += [(a_label.format(agency=a), a_measure.format(agency=a))
                             for a in agencies for a_label, a_measure in agency_rows]
            elif "{site}" in measure:
                rows += [(label.format(site=s), measure.format(site=s)) for s in sites]
            else:
                rows.append((label, measure))
        expanded.append((section, rows))
    return expanded


def _is_share(measure: str) -> bool:
    return measure.endswith(("share", "utilisation")) or ".within_" in measure


def _cell(summary: dict[str, Any], name: str, measure: str, share: float, digits: int) -> Cell:
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
    return _change(text, difference, share, digits)


def _change(text: str, d: dict[str, Any], share: float, digits: int) -> Cell:
    """[['79.0', '-39.2 (-33.3 %)'], ['[-49.1, -29.3]'], ['lower']]."""
    same = d["difference"] == 0 and d["low"] == 0 == d["high"]
    change = "same" if same else _number(d["difference"], share, digits, sign=True)
    if d["relative"] is not None and share == 1.0 and not same:
        change += f" ({100 * d['relative']:+.1f} %)"
    cell = [[text, change]]
    interval = _interval(d["low"], d["high"], share, digits, sign=True)
    if interval and d["low"] != d["high"]:
        cell.append([interval])
    if d["verdict"] == "not resolved" and d["replications_needed"]:
        cell.append([d["verdict"], f"(about {d['replications_needed']})"])
    elif d["verdict"]:
        cell.append([d["verdict"]] if len(d["verdict"]) < 20 else _halves(d["verdict"]))
    return cell


def _halves(text: str) -> list[str]:
    """A long verdict on two lines."""
    words = text.split()
    return [" ".join(words[:len(words) // 2]), " ".join(words[len(words) // 2:])]


def _digits(summary: dict[str, Any], measure: str, share: float) -> int:
    """Decimals of a row: two significant digits of the narrowest change, or, without changes, of
    the widest interval of a level; at most 3."""
    levels = [s["measures"][measure] for s in summary["scenarios"].values()
              if measure in s["measures"]]
    changes = [d[measure] for d in summary["differences"].values() if measure in d]
    wanted = [digits for d in changes if (digits := _supported(d, share)) is not None]
    if wanted:
        return max(wanted)
    wanted = [digits for e in levels if (digits := _supported(e, share)) is not None]
    if wanted:
        return min(wanted)
    values = [abs(e["mean"] or 0.0) * share for e in levels]
    whole = all(value == round(value) or value >= 1000 for value in values)
    return 0 if whole else 1 if min(values) >= 10 else 2


def _supported(entry: dict[str, Any], share: float) -> int | None:
    """The decimals that an interval supports; None if there is none."""
    if entry["low"] is None or entry["high"] is None or entry["low"] == entry["high"]:
        return None
    half = (entry["high"] - entry["low"]) / 2 * share
    return min(max(1 - math.floor(math.log10(half)), 0), 3)


def _number(value: float | None, share: float, digits: int, sign: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value * share:{'+' if sign else ''},.{digits}f}"


def _interval(low: float | None, high: float | None, share: float, digits: int,
              sign: bool = False) -> str:
    if low is None or high is None:
        return ""
    return f"[{_number(low, share, digits, sign)}, {_number(high, share, digits, sign)}]"


def notes_of(results: Results) -> list[str]:
    """What a reader must know: intervals, verdicts, inputs, overloads; and what was published."""
    summary = results.summary
    level = summary["statistics"]["family_confidence"]
    notes = []
    if summary["primary"]:
        notes.append(f"* primary measures, declared before the run: intervals hold together at "
                     f"{100 * level:g} %, verdicts agree with them. All others are descriptive, "
                     f"{100 * level:g} % each.")
    if summary["differences"]:
        notes.append("Under the baseline its interval; under the others the change, in square "
                     "brackets the interval of the change, paired on common random numbers; after "
                     "'not resolved' the replications that should resolve it.")
    else:
        notes.append("In square brackets the interval.")
    if "looks" in summary:
        notes.append(stopped_at(summary["looks"]))
    notes.append("Yard sizes, staff, tariffs and traffic are inputs.")
    service = restore(results.study.scenarios[summary["baseline"]]["scenario"]).service
    notes.append(f"Service level: {100 * service.share:g} % cleared within "
                 f"{service.within / 60:g} h.")
    for name, about in summary["scenarios"].items():
        if about["open"]:
            notes.append(f"Open at the end under {name}: {about['open']:,} of "
                         f"{about['members']:,} consignments; their times are lower bounds"
                         + (", and no verdict is given." if about["overloaded"] else "."))
        for measure, entry in about["measures"].items():
            if measure.startswith("use.") and measure.endswith(".offered") and (
                    entry["mean"] or 0.0) >= 1.0:
                notes.append(f"Overload: {measure[4:-8]} under {name} is offered "
                             f"{entry['mean']:.2f} times what it can do.")
    return notes + _published(results)


def _published(results: Results) -> list[str]:
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
            lines.append(f"  {item.statement}: published {wanted}; here " + ", ".join(emerged))
    head = "Beside what was published (not aimed at; where it follows from an input, that is said):"
    return [head, *lines] if lines else []
