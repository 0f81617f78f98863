"""The comparison table: regimes across; time, cost, area, labour, counts down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scenarios.load import restore
from sim.results import Results

ROWS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Time", (
        ("clearance, jointly selected, mean", "time.clearance.joint.mean"),
        ("  median", "time.clearance.joint.p50"),
        ("  90th percentile", "time.clearance.joint.p90"),
        ("  within 48 h", "time.clearance.joint.within_48h"),
        ("  slower than in the baseline", "time.clearance.joint.slower_share"),
        ("  without laboratory, mean", "time.clearance.joint.routine.mean"),
        ("clearance, {agency} alone, mean", "time.clearance.{agency}.mean"),
        ("  slower than in the baseline", "time.clearance.{agency}.slower_share"),
        ("clearance, all, mean", "time.clearance.all.mean"),
        ("arrival to release, all, mean", "time.release.all.mean"),
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
    ("Labour, hours per consignment", (
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


@dataclass
class ScreenTable:
    """Cells ready to print, and the rows before which a section begins."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    sections: list[int]


def rows_of(results: Results) -> ScreenTable:
    """The table of stored results: each cell is the mean with its interval for the baseline, and
    for the others also the change with its interval and, for primary measures, the verdict."""
    summary = results.summary
    names = list(summary["scenarios"])
    wanted = _expanded(results)
    rows: list[list[str]] = []
    sections: list[int] = []
    for section, entries in wanted:
        known = [(label, measure) for label, measure in entries
                 if any(measure in summary["scenarios"][n]["measures"] for n in names)]
        if known:
            sections.append(len(rows))
            rows.append([section, "", *[""] * len(names)])
        for label, measure in known:
            unit = next(s["measures"][measure]["unit"] for s in summary["scenarios"].values()
                        if measure in s["measures"])
            mark = " *" if measure in summary["primary"] else ""
            cells = [_cell(summary, name, measure, unit) for name in names]
            shown = ("%" if _is_share(measure) else "") if unit == "1" else unit
            rows.append([label + mark, shown, *cells])
    count = next(iter(summary["scenarios"].values()))["replications"]
    title = f"{results.folder.name}: {count} replications, seed {results.manifest['seed']}"
    return ScreenTable(title, ["measure", "unit", *names], rows, sections)


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


def _cell(summary: dict[str, Any], name: str, measure: str, unit: str) -> str:
    entry = summary["scenarios"][name]["measures"].get(measure)
    if entry is None:
        return ""
    share = 100.0 if unit == "1" and _is_share(measure) else 1.0
    digits = _digits(entry, share)
    text = _number(entry["mean"], share, digits)
    if entry["mean"] is None and entry.get("censored_above") is not None:
        text = "> " + _number(entry["censored_above"], share, digits)
    if entry.get("label") == "lower bound":
        text = ">= " + text
    difference = summary["differences"].get(name, {}).get(measure)
    if difference is None or difference["difference"] is None:
        interval = _interval(entry["low"], entry["high"], share, digits)
        return f"{text}\n{interval}" if interval and entry.get("label") != "input" else text
    return f"{text}\n{_change(difference, share, digits)}"


def _change(d: dict[str, Any], share: float, digits: int) -> str:
    """'-47.3 (-36 %) [-49.1, -45.5] lower'."""
    if d["verdict"] is None and d["difference"] == 0 and d["low"] == 0 == d["high"]:
        return "same"
    text = _number(d["difference"], share, digits, sign=True)
    if d["relative"] is not None and share == 1.0:
        text += f" ({100 * d['relative']:+.1f} %)"
    interval = _interval(d["low"], d["high"], share, digits, sign=True)
    text += f"\n{interval}" if interval and d["low"] != d["high"] else ""
    if d["verdict"]:
        text += f"\n{d['verdict']}"
        if d["replications_needed"]:
            text += f" (about {d['replications_needed']} replications)"
    return text


def _digits(entry: dict[str, Any], share: float) -> int:
    """As many decimals as the interval supports, two significant digits of its half-width."""
    import math

    low, high = entry["low"], entry["high"]
    value = abs(entry["mean"] or 0.0) * share
    half = (high - low) / 2 * share if low is not None and high is not None else 0.0
    if not half:
        return 0 if value == round(value) or value >= 1000 else 1 if value >= 10 else 2
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
    notes.append("Second line: the interval; for other regimes the paired change on common random "
                 "numbers. Yard sizes, staff, tariffs and traffic are inputs.")
    for name, about in summary["scenarios"].items():
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
    return ["Beside what was published (not put in, not aimed at):", *lines] if lines else []
