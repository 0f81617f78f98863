"""Engines run a plan and return its event log. They are stateless, and all obey the same rules.

``reference`` walks the tree with SimPy and is written to be read; ``auto`` is the fastest one that
is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from scenarios.errors import Fault, InputError, nearest

if TYPE_CHECKING:
    from sim.eventlog import EventLog
    from sim.process.plan import Plan

ENGINES = {"reference": "sim.engines.reference", "compiled": "sim.engines.compiled"}
"""Engine -> the module whose ``run(plan)`` returns the event log, imported at first use."""

AUTO = "reference"


def simulate(plan: Plan, engine: str = "auto") -> EventLog:
    """Run a plan, check the laws that every run obeys, and return the event log.

    Raises InputError for an unknown engine; HorizonError if the run gets past a calendar's end;
    StuckError or InvariantError if plan or engine are wrong.
    """
    name = AUTO if engine == "auto" else engine
    if name not in ENGINES:
        known = ["auto", *ENGINES]
        raise InputError(Fault("unknown engine", found=engine, allowed=", ".join(known),
                               hint=nearest(engine, known)))
    run: Callable[[Plan], EventLog] = import_module(ENGINES[name]).run
    log = run(plan)
    import_module("sim.engines.invariants").check(plan, log)
    return log
