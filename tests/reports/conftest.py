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


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 3.25, "high": value + 4.5}


def calibration() -> dict[str, Any]:
    """Made-up contents of calibration.json, in its form, with names that are markup."""
    papers = {"key": "agencies.customs.papers", "value": {"distribution": "gamma"}, "n": 812,
              "censored": 3, "how": "made up", "confidence": "measured", "remarks": ["a remark"],
              "intervals": {"mean": [95.25, 90.5, 99.75], "cv": [0.615, 0.5925, 0.6475]},
              "check": {"kind": "quantiles", "unit": "min",
                        "fitted": [10.0 * k for k in range(1, 9)],
                        "observed": [10.5 * k for k in range(1, 9)]}}
    other = {**papers, "key": "<script>alert('x')</script>" + "x" * 10_000,
             "intervals": {"": [9, 8, 11]},
             "remarks": ["=HYPERLINK(\"http://x\") \u202e<script>alert('x')"],
             "check": {"kind": "profile", "observed": [0.25, 0.75], "fitted": [0.5, 0.5]}}
    figures = {"mean": {"real": 61.5, "predicted": 63.25, "low": 55.0, "high": 93.5}}
    groups = {"joint": {"mean": {**interval(181.5), "change": interval(-80.25),
                                 "relative": interval(-0.4)}}}
    regimes = {name: {"groups": groups, "overloaded": late, "open": 0.0, "tightest": None,
                      "load": None} for name, late in (("separate", False), ("one-stop", True))}
    return {
        "schema": "onestop.calibration/1", "name": "port", "base": "xiamen-2015", "seed": 1,
        "level": 0.9, "log": {"file": "log.csv", "start": "2015-03-02", "containers": 18534,
                              "consignments": 10275},
        "account": {"rows": 18612, "used": 18534, "repeated": {"says nothing else": 78}},
        "estimates": [papers, other], "shared": [], "remarks": ["<b>bold</b>"],
        "backtest": {"bias": {"customs": figures},
                     "coverage": {"all": {"points": 402, "inside_50": 0.54, "inside_90": 0.89}}},
        "forecast": {"level": 0.9, "runs": 24, "regimes": regimes,
                     "observed": {"joint": {"mean": 128.75}}}}


def uncertainty() -> dict[str, Any]:
    """Made-up contents of uncertainty.json, in its form."""
    parts = {part: {"low": -12.5 - i, "high": 3.75 + i} for i, part in enumerate(
        ("noise", "ignorance", "assumptions", "together"))}
    entry = {"unit": "h", "difference": -5.5, **parts}
    return {"schema": "onestop.uncertainty/1", "baseline": "separate", "replications": 12,
            "confidence": 0.9, "seed": 1, "measured": ["a"], "assumptions": ["b", "c"],
            "not_varied": [], "draws_refused": 0, "overloaded": 2,
            "scenarios": {"one-stop": {"time.clearance.joint.mean": entry}}}


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
    for name, made in (("calibration", calibration()), ("uncertainty", uncertainty())):
        (out / f"{name}.json").write_text(json.dumps(made), encoding="utf-8")
    write_report(out)
    return out
