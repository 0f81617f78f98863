"""The compiled engine: lays a plan out as flat arrays, and runs the kernel on them.

The kernel is compiled by Numba at first use (some seconds) and kept on disk; later processes load
it. The copy on disk is named after the text that it was compiled from, so it is never stale. Where
it may be kept: the folder in NUMBA_CACHE_DIR, else `onestop` in the user's cache folder; where
neither can be written to, every process compiles for itself.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from math import inf, nan
from pathlib import Path
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from sim.engines import _kernel, worktime
from sim.engines.failures import HorizonError, StuckError
from sim.engines.machinery import machinery
from sim.engines.program import Program, lower
from sim.eventlog import EventLog
from sim.process.plan import Plan

log = logging.getLogger("onestop")
Memory: TypeAlias = dict[str, Any]

PROGRAM = ("node", "entity", "after", "minutes", "klass", "granted_at", "missing", "target_from",
           "target")
SHARED = (worktime.interval_of, worktime.next_open, worktime.end_of_work)


def run(plan: Plan) -> EventLog:
    """Run the plan and return its event log, the same as the reference engine's to the last bit.

    Raises HorizonError and StuckError as the reference engine does.
    """
    program = lower(plan)
    memory = memory_of(plan, program)
    return event_log(plan, program, memory, call(plan, memory)[1])


def call(plan: Plan, memory: Memory) -> tuple[int, float]:
    """Run the kernel on its memory: (status, minute). Raises what the run's failure asks for."""
    status, stopped, index = kernel()(*(_typed(name, memory[name]) for name in PARAMETERS))
    _raise_if_failed(plan, status, stopped, index, memory)
    return status, stopped


def memory_of(plan: Plan, program: Program) -> Memory:
    """All that the kernel takes, by name: the program, its tables, and the state at the start."""
    table = machinery(plan)
    rows, pools, shifts = len(program.node), len(plan.resources), len(plan.shifts)
    order = np.argsort(plan.time, kind="stable")
    # A request stands in as many queues as its set has resources.
    widest = int(np.max(np.diff(table["set_from"]), initial=0))
    values: Memory = {
        **{name: getattr(program, name) for name in PROGRAM}, **table,
        # The kernel counts down here; everything else of the program it only reads.
        "missing": program.missing.copy(),
        "book_first": table["book_from"][:-1].copy(),
        "times": plan.time[order], "entry": program.entry[order], "watch": plan.watch,
        "cap": plan.cap, "until": inf, "classes": len(program.levels),
        "counters": np.array([0, 0, -1, 0, np.count_nonzero(plan.watch)]),
        "done": np.full(plan.consignments, nan), "granted": np.full(program.grants, nan),
        **{name: np.full(rows, nan) for name in ("enabled", "start", "end")},
        "free": np.where(np.array(plan.resource_shift) < 0, table["capacity"], 0),
    }
    # Memory that is not touched costs nothing, so all of it is as large as it could have to be.
    for size, names in ((rows + 1, ROOM_PER_ROW), (rows * widest + 1, ROOM_PER_DEMAND),
                        (rows + len(program.target) + plan.consignments + 1, ("codes",)),
                        (pools + 1, ("touched",))):
        values |= {name: np.empty(size, dtype=_dtype(name)) for name in names}
    # The heap looks at four events at a time, and there is always a fourth.
    values["heap_time"] = np.full(rows + 4, inf)
    for size, names in ((pools, ("over", "is_touched")), (shifts, ("is_open", "window_over")),
                        (rows, ("place", "withdrawn"))):
        values |= {name: np.zeros(size, dtype=_dtype(name)) for name in names}
    for size, names in ((pools * len(program.levels), ("head", "tail")),
                        (shifts, ("window_waits",)), (rows, ("waits_next",))):
        values |= {name: np.full(size, -1, dtype=_dtype(name)) for name in names}
    return {name: _typed(name, values[name]) for name in PARAMETERS}


F8 = ("minutes", "opens", "closes", "worked", "handover", "edge_time", "book_opens", "cutoffs",
      "times", "heap_time", "enabled", "start", "end", "granted", "done")
FLAGS = ("works", "finish", "watch", "over", "is_open", "window_over", "withdrawn", "is_touched")
U4 = ("node", "entity", "klass", "kind", "resource", "place", "waiter", "heap_row", "wake", "ended",
      "notes", "touched", "granted_at", "target_from", "chain_from", "set_from", "back_from")
I4 = ("after", "missing", "target", "shift", "window", "book", "edge_kind", "edge_pool",
      "edge_window", "entry", "head", "tail", "link", "window_waits", "waits_next", "codes")
ROOM_PER_ROW = ("heap_row", "wake", "ended", "notes")
ROOM_PER_DEMAND = ("link", "waiter")
SCALARS = {"cap": float, "until": float, "classes": np.uint32}
PARAMETERS = _kernel.simulate.__code__.co_varnames[:_kernel.simulate.__code__.co_argcount]


def _dtype(name: str) -> type:
    if name in F8:
        return np.float64
    if name in FLAGS:
        return np.bool_
    if name in U4:
        return np.uint32
    return np.int32 if name in I4 else np.int64


def _typed(name: str, value: Any) -> Any:
    """The one door to the kernel: contiguous, writeable, and of the type of the signature. Another
    type would be compiled anew without a word."""
    if name in SCALARS:
        return SCALARS[name](value)
    if _dtype(name) is np.uint32 and value.dtype == np.int32:
        value = value.view(np.uint32)  # the same bits; nothing here is negative
    return np.require(value, dtype=_dtype(name), requirements=["C", "W"])


def _raise_if_failed(plan: Plan, status: int, now: float, index: int, memory: Memory) -> None:
    """The errors of the reference engine, with the same words."""
    match status:
        case _kernel.STUCK:
            left = int(np.count_nonzero(plan.watch & np.isnan(memory["done"])))
            raise StuckError(f"nothing can happen after minute {now:g}, "
                             f"and {left} watched consignments are not done")
        case _kernel.SHIFT_ENDS:
            shift = plan.shifts[plan.resource_shift[-2 - index] if index < 0 else index]
            raise HorizonError.of("calendar", shift.name, shift.horizon, now)
        case _kernel.BOOK_ENDS:
            name, book = plan.books[index]
            raise HorizonError.of("book", name, float(book.cutoffs[-1]), now)


def event_log(plan: Plan, program: Program, memory: Memory, stopped: float) -> EventLog:
    """The rows that were reached, in the order of the log."""
    order = program.log_order
    consignment, container = program.log_consignment, program.log_container
    reached = ~np.isnan(memory["enabled"])
    here = reached[order]
    kept: dict[Any, Any] = plan.kept.setdefault("all rows", {})
    if not here.all():
        order, consignment, container, kept = order[here], consignment[here], container[here], {}
    start = memory["start"][order]
    start[start > stopped] = nan
    granted = {}
    for step in plan.steps:
        if step.seize:
            rows = program.rows_of[step.number][1]
            at = program.granted_at[rows[reached[rows]]]
            for place in range(len(step.seize)):
                granted[step.number, place] = memory["granted"][at + place]
    return EventLog(
        plan=plan, consignment=consignment, container=container, node=program.node[order],
        enabled=memory["enabled"][order], start=start, end=memory["end"][order],
        done=memory["done"], stopped=float(stopped), granted=granted, kept=kept,
    )


def ready() -> bool:
    """True if the kernel need not be compiled any more: this process has it, or the disk."""
    folder = _cache_folder()
    return bool(kernel.cache_info().currsize) or bool(
        folder and any(folder.rglob(f"*{_kernel.simulate.__name__}*.nbi")))


@lru_cache(maxsize=1)
def kernel() -> Callable[..., Any]:
    """The compiled `_kernel.simulate`; the calling process compiles or loads it once.

    Raises ImportError where Numba is not installed or cannot be imported.
    """
    numba: Any = import_module("numba")
    config: Any = import_module("numba.core").config
    before = config.CACHE_DIR
    folder = _cache_folder()
    if not ready():
        log.warning("compiling the engine, once on this machine: about ten seconds")
    config.CACHE_DIR = str(folder) if folder else ""
    try:
        options = {"nogil": True, "cache": folder is not None, "error_model": "numpy"}
        shared: dict[str, Any] = {}
        for function in (*SHARED, _kernel.push, _kernel.pop, _kernel.arrange):
            shared[function.__name__] = numba.njit(_copy(function, shared), **options)
        signature = tuple(_numba_type(numba, name) for name in PARAMETERS)
        compiled: Callable[..., Any] = numba.njit(signature, **options)(
            _copy(_kernel.simulate, shared))
        return compiled
    finally:
        config.CACHE_DIR = before


def _copy(function: Any, names: dict[str, Any]) -> FunctionType:
    """The function, with other functions under these names; Numba calls compiled ones only."""
    return FunctionType(function.__code__, {**function.__globals__, **names},
                        function.__name__, function.__defaults__)


def _numba_type(numba: Any, name: str) -> Any:
    types = {np.float64: numba.float64, np.bool_: numba.boolean, np.int32: numba.int32,
             np.uint32: numba.uint32, np.int64: numba.int64, float: numba.float64}
    if name in SCALARS:
        return types[SCALARS[name]]
    return numba.types.Array(types[_dtype(name)], 1, "C")


@lru_cache(maxsize=1)
def _cache_folder() -> Path | None:
    """A folder that can be written to, for the kernel of this very text; None if there is none."""
    text = b"".join(Path(str(module.__file__)).read_bytes()
                    for module in (_kernel, worktime, sys.modules[__name__]))
    versions = f"{version('numba')} {version('llvmlite')} {sys.version}"
    name = f"kernel-{hashlib.sha256(text + versions.encode()).hexdigest()[:16]}"
    if os.environ.get("NUMBA_CACHE_DIR"):
        places = [Path(os.environ["NUMBA_CACHE_DIR"])]
    elif sys.platform == "win32":
        places = [Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")]
    elif sys.platform == "darwin":
        places = [Path.home() / "Library" / "Caches"]
    else:
        places = [Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")]
    for place in places:
        folder = place / "onestop" / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f"probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return folder
    return None

