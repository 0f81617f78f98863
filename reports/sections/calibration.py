"""Calibration: what a port's own log said, how surely, and how it did on weeks held out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports.content import (
    Block,
    Cell,
    Code,
    Column,
    Interval,
    Missing,
    Number,
    Picture,
    Row,
    Section,
    Table,
    Text,
)
from reports.facts import Facts, clean
from reports.labels import label
from scenarios.words import Catalogue, regime_name, terms

say = Catalogue(Path(__file__).parents[1], "calibration", terms)

MOST_REMARKS = 40


def section(facts: Facts) -> Section:
    """The section; without a calibration it says which command makes one."""
    lang, stored = facts.lang, facts.stored
    found = Section("calibration", say(lang, "section"))
    content = stored.calibration
    if content is None:
        found.blocks.append(Missing(say(lang, "none"), "onestop calibrate LOG --out PORT.yaml"))
        return found
    log = content["log"]
    found.blocks.append(Text([say(lang, "text", file=clean(log["file"], 80),
                                  containers=f"{log['containers']:,}",
                                  consignments=f"{log['consignments']:,}",
                                  start=clean(log["start"]), base=clean(content["base"]))]))
    found.blocks += [_split(facts)] if stored.uncertainty else [
        Missing(say(lang, "no uncertainty"), "onestop compare PORT.yaml --uncertainty")]
    found.blocks += _studies(facts, content)
    found.blocks += [Picture("fits", say(lang, "fits")), _estimates(facts, content),
                     _account(facts, content)]
    remarks = list(dict.fromkeys(
        [*content["remarks"], *(r for e in content["estimates"] for r in e["remarks"])]))
    if remarks:
        found.blocks.append(Table(
            "remarks", say(lang, "remarks"), [Column(say(lang, "remark"))],
            [Row([clean(remark, 400)]) for remark in remarks[:MOST_REMARKS]], folded=True))
    return found


def _number(value: Any, digits: int, source: str, sign: bool = False) -> Number:
    known = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    return Number(known, digits, source, sign=sign)


def _digits(*values: Any) -> int:
    """Decimals that a number needs beside its interval: two digits of the interval's width."""
    from math import floor, log10

    known = [v for v in values if isinstance(v, int | float)]
    width = max(known) - min(known) if len(known) > 1 else 0.0
    width = width or max((abs(v) for v in known), default=1.0) / 10 or 1.0
    return min(max(1 - floor(log10(width)), 0), 4)


def _estimates(facts: Facts, content: Mapping[str, Any]) -> Table:
    """Every number of every estimate, with its interval and sample size."""
    lang = facts.lang
    rows = []
    for i, one in enumerate(content["estimates"]):
        name = facts.input(one["key"])
        for path, (value, low, high) in one["intervals"].items():
            source = f"json calibration estimates/{i}/intervals/{path}"
            digits = _digits(value, low, high)
            cells: list[Cell] = [
                name, Code(clean(f"{one['key']}.{path}".rstrip("."), 90)),
                _number(value, digits, f"{source}/0"),
                Interval(_number(low, digits, f"{source}/1"),
                         _number(high, digits, f"{source}/2")),
                _number(one["n"], 0, f"json calibration estimates/{i}/n")]
            rows.append(Row(cells))
    columns = [Column(say(lang, "what")), Column(say(lang, "key")),
               Column(say(lang, "value"), "number"), Column(
                   say(lang, "interval", level=f"{content['level']:.0%}"), "interval"),
               Column("n", "number")]
    return Table("estimates", say(lang, "estimates"), columns, rows,
                 [say(lang, "minutes")], folded=True)


def _account(facts: Facts, content: Mapping[str, Any]) -> Table:
    """Every number of the account of the log, under the path where it stands."""
    rows = [Row([Code(clean(path.replace("/", " › "), 120)),
                 _number(value, 0, f"json calibration account/{path}")])
            for path, value in _counts(content["account"])]
    return Table("account", say(facts.lang, "account"),
                 [Column(say(facts.lang, "what")), Column(say(facts.lang, "rows"), "number")],
                 rows[:400], folded=True)


def _counts(node: Any, path: str = "") -> Iterator[tuple[str, int]]:
    for key, value in node.items():
        here = f"{path}/{key}" if path else str(key)
        if isinstance(value, dict):
            yield from _counts(value, here)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield here, value


def _split(facts: Facts) -> Table:
    """The change of each primary measure: luck, what the log leaves open, assumptions."""
    lang, found = facts.lang, facts.stored.uncertainty or {}
    columns = [Column(facts.say("measure")), Column(facts.say("unit")),
               Column(say(lang, "change"), "number")]
    parts = ("noise", "ignorance", "assumptions", "together")
    columns += [Column(say(lang, f"part.{part}"), "interval") for part in parts]
    rows = []
    for name, measures in found["scenarios"].items():
        rows.append(Row([facts.labels.get(name, clean(name))], "head"))
        for measure, entry in measures.items():
            place = f"json uncertainty scenarios/{name}/{measure}"
            ends = [entry[part][end] for part in parts for end in ("low", "high")]
            digits = _digits(entry["difference"], *ends)
            cells: list[Cell] = [label(facts, measure), facts.unit_of(measure),
                                 _number(entry["difference"], digits, f"{place}/difference", True)]
            cells += [Interval(*(_number(entry[part][end], digits, f"{place}/{part}/{end}", True)
                                 for end in ("low", "high"))) for part in parts]
            rows.append(Row(cells))
    notes = [say(lang, "uncertainty note", n=found["replications"],
                 level=f"{found['confidence']:.0%}", measured=len(found["measured"]),
                 assumed=len(found["assumptions"]))]
    if found.get("overloaded"):
        notes.append(say(lang, "uncertainty overloaded", k=found["overloaded"],
                         n=found["replications"]))
    return Table("uncertainty", say(lang, "uncertainty"), columns, rows, notes)


def _studies(facts: Facts, content: Mapping[str, Any]) -> list[Block]:
    """The backtest and the forecast."""
    made = {"backtest": _backtest, "forecast": _forecast}
    return [make(facts, content[part]) if content.get(part) else Missing(
        say(facts.lang, f"no.{part}"), "onestop calibrate LOG --out PORT.yaml")
        for part, make in made.items()]


def _hours(value: Any, source: str, sign: bool = False) -> Number:
    return _number(value, 1, source, sign)


def _figure(facts: Facts, group: str, figure: str) -> str:
    return f"{facts.group(group)}, {say(facts.lang, f'figure.{figure}')}"


def _backtest(facts: Facts, found: Mapping[str, Any]) -> Table:
    """Clearance in the weeks held out, and how often the bands held what happened."""
    lang = facts.lang
    rows = []
    for group, figures in found["bias"].items():
        for figure, one in figures.items():
            place = f"json calibration backtest/bias/{group}/{figure}"
            rows.append(Row([_figure(facts, group, figure), _hours(one["real"], f"{place}/real"),
                             _hours(one["predicted"], f"{place}/predicted"),
                             Interval(_hours(one["low"], f"{place}/low"),
                                      _hours(one["high"], f"{place}/high"))]))
    whole = found["coverage"].get("all")
    notes = [say(lang, "coverage", points=whole["points"], half=f"{whole['inside_50']:.0%}",
                 most=f"{whole['inside_90']:.0%}")] if whole else []
    columns = [Column(say(lang, "goods")), Column(say(lang, "in log"), "number"),
               Column(say(lang, "predicted"), "number"), Column(say(lang, "band"), "interval")]
    return Table("backtest", say(lang, "table.backtest"), columns, rows, notes)


def _forecast(facts: Facts, found: Mapping[str, Any]) -> Table:
    """Clearance by segment under each regime, on the traffic of the log."""
    lang = facts.lang
    first, *others = found["regimes"]
    columns = [Column(say(lang, "goods")), Column(say(lang, "in log"), "number")]
    for name in found["regimes"]:
        label_ = clean(regime_name(lang, name))
        columns += [Column(say(lang, "predicted"), "number", group=label_),
                    Column(say(lang, "band"), "interval", group=label_)]
        if name != first:
            columns += [Column(say(lang, "change"), "number", group=label_),
                        Column(say(lang, "band"), "interval", group=label_)]
    rows = []
    for group, figures in found["regimes"][first]["groups"].items():
        for figure in figures:
            seen = found["observed"].get(group, {}).get(figure)
            cells: list[Cell] = [_figure(facts, group, figure), _hours(
                seen, f"json calibration forecast/observed/{group}/{figure}")]
            for name in found["regimes"]:
                place = f"json calibration forecast/regimes/{name}/groups/{group}/{figure}"
                entry = found["regimes"][name]["groups"][group][figure]
                cells += _with_band(entry, place)
                if name != first:
                    cells += _with_band(entry["change"], f"{place}/change", True)
            rows.append(Row(cells))
    notes = [say(lang, "overloaded", name=clean(regime_name(lang, name)))
             for name, one in found["regimes"].items() if one["overloaded"]]
    return Table("forecast", say(lang, "table.forecast"), columns, rows, notes)


def _with_band(entry: Mapping[str, Any], place: str, sign: bool = False) -> list[Cell]:
    return [_hours(entry["value"], f"{place}/value", sign),
            Interval(*(_hours(entry[end], f"{place}/{end}", sign) for end in ("low", "high")))]
