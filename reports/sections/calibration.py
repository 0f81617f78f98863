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
from scenarios.words import Catalogue, terms

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
                name, Code(clean(f"{one['key']}.{path}".rstrip("."), 120)),
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
    return Table("log-account", say(facts.lang, "account"),
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
    return Table("uncertainty", say(lang, "uncertainty"), columns, rows, notes)


def _studies(facts: Facts, content: Mapping[str, Any]) -> list[Block]:
    """The backtest and the forecast: tables whose rows calibration.json holds as they are."""
    blocks: list[Block] = []
    for part in ("backtest", "forecast"):
        found = content.get(part)
        if not found:
            blocks.append(Missing(say(facts.lang, f"no.{part}"),
                                  "onestop calibrate LOG --out PORT.yaml"))
            continue
        columns = [Column(clean(name, 60), "number" if i and _numeric(found["rows"], i) else "text")
                   for i, name in enumerate(found["columns"])]
        rows = [Row([_cell(value, f"json calibration {part}/rows/{r}/{c}", clean)
                     for c, value in enumerate(row)]) for r, row in enumerate(found["rows"])]
        blocks.append(Table(part, say(facts.lang, f"table.{part}"), columns, rows,
                            [clean(note, 400) for note in found.get("notes", ())]))
    return blocks


def _numeric(rows: list[list[Any]], column: int) -> bool:
    return any(isinstance(row[column], int | float) for row in rows)


def _cell(value: Any, source: str, shown: Any) -> Cell:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return _number(value, 0 if isinstance(value, int) else _digits(value), source)
    return str(shown(value, 120))
