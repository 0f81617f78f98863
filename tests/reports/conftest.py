"""A small study with everything that can stand beside it, and its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.report import write_report
from scenarios.load import load
from sim.study import compare

REGIMES = ("separate", "one-stop", "one-stop-recognition")
SHORT = ["run.warmup=1 weeks", "run.measured=2 weeks", "run.drain=4 weeks"]


def estimate(value: float) -> dict[str, float]:
    return {"estimate": value, "low": value - 1.25, "high": value + 1.75}


def explanation() -> dict[str, Any]:
    """Made-up contents of explain.json, in its form."""
    ends = {"value": "1 h", "effect": estimate(3.5), "change": estimate(9.0), "reverses": True,
            "overloaded": False}
    rows = [
        {"key": "agencies.customs.papers", "value": {"distribution": "lognormal", "mean": "1.5 h"},
         "source": "made up", "confidence": "assumed", "low": {**ends, "reverses": False},
         "high": ends, "span": 9.0},
        {"key": "costs.clerk", "value": "45 CNY/h", "source": None, "confidence": None,
         "low": {"value": "1 CNY/h", "error": "cannot run"}, "high": ends, "span": 1.0},
    ]
    measures = {
        name: {"unit": unit, "total": estimate(-50.5), "baseline": estimate(140.25),
               "waterfall": [{"levers": ["declaration"], **estimate(-20.125)},
                             {"levers": ["site", "appointment"], **estimate(-30.375)}],
               "shapley": [{"levers": ["declaration"], **estimate(-22.0)},
                           {"levers": ["site", "appointment"], **estimate(-28.5)}],
               "own_effect": estimate(-40.0), "queue_relief": estimate(-10.5),
               "coalitions": [], "sensitivity": rows}
        for name, unit in (("time.clearance.joint.mean", "h"),
                           ("cost.trader.joint.per_teu", "CNY/TEU"))}
    about = {"players": [["declaration"], ["site", "appointment"]], "orders": 2, "left_out": [],
             "measures": measures}
    return {"schema": "onestop.explain/1", "baseline": "separate", "seed": 1, "replications": 4,
            "confidence": 0.95, "scenarios": {"one-stop": about}}


CHECKS = [{"id": "queue.mm1", "what": "M/M/1", "theory": 120.0, "simulated": 120.073,
           "passed": True}]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study of three regimes with everything that can stand beside it, and its report."""
    out = tmp_path_factory.mktemp("study") / "results"
    scenarios = [load(name, None, SHORT) for name in REGIMES]
    compare(scenarios, out, replications=3, workers=1)
    (out / "explain.json").write_text(json.dumps(explanation()), encoding="utf-8")
    (out / "verification.json").write_text(
        json.dumps({"schema": "onestop.verification/1", "checks": CHECKS}), encoding="utf-8")
    write_report(out)
    return out
