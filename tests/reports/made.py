"""Contents of summary.json and explain.json made up for the figures, and what a figure says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.load import load
from sim.provenance import Study

HOSTILE = [
    "<script>alert('x')</script>",
    "$math$ \\frac{1}{0} $x^",
    "\u202eright to left\u202c \u200f mark",
    "x" * 10_000,
    "x" * 9_999 + "y",
    "\U0001f6a2\U0001f6a2",
]

GROUPS = ("all", "quarantine", "customs", "joint")


def stated(mean: float, unit: str, half: float = 0.0) -> dict[str, Any]:
    return {"unit": unit, "mean": mean, "low": mean - half, "high": mean + half,
            "confidence": 0.95}


def more_measures(i: int) -> dict[str, Any]:
    """Hours held and mean clearance times of the scenario number i."""
    found = {}
    for group in ("joint", "all"):
        for j, kind in enumerate(("officer", "clerk", "gang")):
            name = f"labour.{kind}.{group}"
            found[f"{name}.per_consignment"] = stated(4.0 + j - 0.5 * i, "h", 0.125)
            found[f"{name}.waiting"] = stated(0.25 * j, "h")
    for j, group in enumerate(GROUPS):
        found[f"time.clearance.{group}.mean"] = stated(90.0 + j - 10.0 * i, "h")
        if i:
            found[f"time.clearance.{group}.slower_share"] = stated(0.1 * j, "1", 0.01)
    return found


def differences(i: int) -> dict[str, Any]:
    """Customs' goods alone get slower; joint and all goods are primary."""
    changes = {"joint": -50.25 - i, "all": -20.5, "quarantine": -0.5, "customs": 2.25}
    return {
        f"time.clearance.{group}.mean": {
            "difference": change, "low": change - 2.0, "high": change + 2.0,
            "confidence": 0.99 if group in ("joint", "all") else 0.95,
            "primary": group in ("joint", "all")}
        for group, change in changes.items()
    }


def effect(value: float, half: float = 4.0) -> dict[str, float]:
    return {"estimate": value, "low": value - half, "high": value + half}


def end(value: str, change: float, overloaded: bool = False) -> dict[str, Any]:
    return {"value": value, "effect": effect(change), "change": effect(change + 50.0),
            "reverses": change > 0.0, "overloaded": overloaded}


def inputs() -> list[dict[str, Any]]:
    """One that turns the sign where it is overloaded, one that turns it soundly, 12 small ones."""
    rows = [
        ("agencies.customs.papers", end("1 h", -45.0), end("4 h", 408.5, True), 458.5),
        ("move.duration", {"value": "0 h", "refused": "no"}, end("3 h", 7.5), 57.5),
        *((f"nobody.knows.{j}", end("1", -62.0 + j), end("3", -50.0), 12.0 - j)
          for j in range(12)),
    ]
    value = {"distribution": "lognormal", "mean": "2 h", "cv": 0.5}
    return [{"key": key, "value": value, "source": "made up", "confidence": "assumed",
             "low": low, "high": high, "span": span} for key, low, high, span in rows]


def explanation(names: Sequence[str]) -> dict[str, Any]:
    """Two levers that change 90 h by -60 and +10, by way of an overloaded port."""
    levers = [["declaration"], ["site", "<b>new</b>"]]
    coalitions = [([], 90.0), (levers[0], 30.0), ([*levers[0], *levers[1]], 40.0)]
    measure = {
        "unit": "h", "total": effect(-50.0), "baseline": effect(90.0),
        "waterfall": [{"levers": one, **effect(by)} for one, by in zip(levers, (-60.0, 10.0))],
        "shapley": [{"levers": one, **effect(by)} for one, by in zip(levers, (-55.5, 5.5))],
        "own_effect": effect(-35.25), "queue_relief": effect(-14.75), "sensitivity": inputs(),
        "coalitions": [{"levers": one, "overloaded": level == 30.0, **effect(level)}
                       for one, level in coalitions]}
    about = {"players": levers, "orders": 2, "left_out": [],
             "measures": {"area.required": {}, "time.clearance.joint.mean": measure}}
    return {"schema": "onestop.explain/1", "baseline": names[0], "seed": 1, "replications": 4,
            "confidence": 0.95, "scenarios": dict.fromkeys(names[1:], about)}


def make(folder: Path, names: Sequence[str]) -> Path:
    """A folder of made-up results without tables; explained, if there is what to explain."""
    folder.mkdir(parents=True)
    port = load("separate").resolved
    summary = {
        "schema": "onestop.summary/1", "baseline": names[0],
        "primary": ["time.clearance.joint.mean", "time.clearance.all.mean"],
        "statistics": {"family_confidence": 0.95, "interval_confidence": 0.99, "comparisons": 1},
        "scenarios": {name: {"replications": 2, "measures": more_measures(i)}
                      for i, name in enumerate(names)},
        "differences": {name: differences(i) for i, name in enumerate(names) if i}}
    scenarios = {name: {"scenario": port} for name in names}
    if len(names) > 1:
        reform = {**port, "regime": {**port["regime"], "declaration": "single"}}
        scenarios[names[1]] = {"scenario": reform}
    study = Study(("onestop", "compare"), 1, 2, scenarios, names[0])
    manifest = {"schema": "onestop.manifest/1", "state": "complete", "files": {}, **study.to_json()}
    contents = {"summary": summary, "manifest": manifest}
    if len(names) > 1:
        contents["explain"] = explanation(names)
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def drawn_texts(folder: Path, which: Any, lang: str = "en") -> list[str]:
    """Every text of a figure, drawn from a folder."""
    from matplotlib.text import Text

    from reports.stored import open_results
    from reports.style import settings, style_for

    stored, style = open_results(folder), style_for(lang)
    with settings(style):
        figure, _ = which(stored, style, style.looks(stored.scenarios))
        return [text.get_text() for text in figure.findobj(Text)]
