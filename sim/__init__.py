"""onestop: a discrete-event simulator of joint customs and quarantine inspection at a port.

    from sim import load, plan_of, simulate, compare
    plan = plan_of(load("xiamen-2015"), regime="one-stop", seed=1, replication=0)
    log = simulate(plan)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "load": "scenarios.load",
    "build_plan": "sim.process.plan",
    "plan_of": "sim.ports",
    "simulate": "sim.engines",
    "measure": "sim.measures",
    "compare": "sim.study",
    "read_results": "sim.results",
}

__all__ = ["load", "build_plan", "plan_of", "simulate", "measure", "compare", "read_results"]


def __getattr__(name: str) -> Any:
    """The public face, loaded when it is used."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
