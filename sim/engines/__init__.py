"""Engines run a plan and return its event log. They are stateless, and all obey the same rules.

``reference`` walks the tree with SimPy and is written to be read; ``compiled`` runs the plan as
flat arrays, some thirty times faster, and gives the same times to the last bit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from scenarios.errors import EnvironmentFailure, Fault, InputError, nearest

if TYPE_CHECKING:
    from sim.eventlog import EventLog
    from sim.process.plan import Plan

ENGINES = {"reference": "sim.engines.reference", "compiled": "sim.engines.compiled"}
"""Engine -> the module whose ``run(plan)`` returns the event log, imported at first use."""

TINY = 200
"""Consignments that the reference engine runs faster than the compiled one is loaded (0.5 s)."""

WORTH_COMPILING = 40_000
"""Consignments that take the reference engine as long as compiling takes (10 s, once a machine)."""


def simulate(plan: Plan, engine: str = "auto") -> EventLog:
    """Run a plan, check the laws that every run obeys, and return the event log.

    engine: ``auto`` is what `fastest` says of this plan.
    Raises InputError for an unknown engine; HorizonError if the run gets past a calendar's end;
    StuckError or InvariantError if plan or engine are wrong; EnvironmentFailure if the compiled
    engine is asked for and Numba cannot be imported.
    """
    if engine not in ("auto", *ENGINES):
        known = ["auto", *ENGINES]
        raise InputError(Fault("unknown engine", found=engine, allowed=", ".join(known),
                               hint=nearest(engine, known)))
    name = fastest(plan.consignments) if engine == "auto" else engine
    if name == "compiled" and not have_numba():
        raise EnvironmentFailure("the compiled engine needs Numba, which cannot be imported "
                                 f"({_import_numba()}); use --engine reference")
    run: Callable[[Plan], EventLog] = import_module(ENGINES[name]).run
    log = run(plan)
    import_module("sim.engines.invariants").check(plan, log)
    return log


def have_numba() -> bool:
    """True if the compiled engine can be used."""
    return _import_numba() is None


def fastest(consignments: int) -> str:
    """The engine that simulates so many consignments, over all replications, in the least time."""
    if consignments < TINY or not have_numba():
        return "reference"
    ready: Callable[[], bool] = import_module(ENGINES["compiled"]).ready
    return "compiled" if consignments >= WORTH_COMPILING or ready() else "reference"


def prepare(engine: str) -> None:
    """Compile the engine, if it has to be, before processes that need it are started."""
    if engine == "compiled" and have_numba():
        compiled = import_module(ENGINES[engine])
        if not compiled.ready():
            compiled.kernel()


@lru_cache(maxsize=1)
def _import_numba() -> str | None:
    """None, or why Numba cannot be imported; said once, in one line."""
    try:
        import_module("numba")
    except Exception as error:  # whatever an incomplete installation raises
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        logging.getLogger("onestop").warning(
            "the compiled engine is not available, the reference engine is used (%s)", why)
        return why
    return None
