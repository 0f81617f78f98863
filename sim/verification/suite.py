"""All checks in their order, and `verify`, which runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from scenarios.errors import Fault, InputError, OnestopError, nearest
from sim.engines import ENGINES, have_numba
from sim.experiment import Progress
from sim.verification.calendars import CALENDARS
from sim.verification.checks import Exact, Experiment, Outcome, run_exact, run_experiment
from sim.verification.identity import IDENTITY
from sim.verification.networks import NETWORKS
from sim.verification.queues import QUEUES
from sim.verification.ten_boxes import WALKED

Check = Experiment | Exact

SUITE: tuple[Check, ...] = (*QUEUES, *NETWORKS, *CALENDARS, *WALKED, *IDENTITY)
IDS = tuple(id for check in SUITE for id in check.ids)
STATISTICAL = sum(len(check.ids) for check in SUITE if isinstance(check, Experiment))
"""The level of each statistical check is LEVEL divided by this, whichever of them are run."""


def chosen(only: Sequence[str]) -> list[Check]:
    """The checks whose ids begin with one of `only`; all if there is none.

    Raises InputError with every beginning that fits no id.
    """
    faults = [Fault("no check's id begins so", key="--only", found=word, allowed=", ".join(IDS),
                    hint=nearest(word, IDS)) for word in only
              if not any(id.startswith(word) for id in IDS)]
    if faults:
        raise InputError(faults)
    return [check for check in SUITE
            if not only or any(id.startswith(word) for id in check.ids for word in only)]


def engines_of(engine: str) -> tuple[str, ...]:
    """The engines that a check runs on: `auto` is every one that can be used.

    Raises InputError for an unknown engine.
    """
    if engine == "auto":
        return tuple(ENGINES) if have_numba() else ("reference",)
    if engine not in ENGINES:
        raise InputError(Fault("unknown engine", key="--engine", found=engine,
                               allowed=", ".join(("auto", *ENGINES))))
    return (engine,)


def verify(only: Sequence[str] = (), seed: int = 1, engine: str = "auto",
           progress: Callable[[Progress], None] | None = None,
           shrink: float = 1.0) -> list[Outcome]:
    """Run the checks whose ids begin with one of `only` (all if empty); their outcomes in order.

    engine      `auto` runs every check on each engine, which must give the very same numbers
    progress    told before the first replication and after each, as in a study
    shrink      below 1, replications are that much shorter, for a quick look: the intervals may
                then be too wide to pass, and only a rejection means something
    Raises InputError for an unknown engine or id. What else an engine raises fails its check.
    """
    engines = engines_of(engine)
    checks = chosen(only)
    total = len(engines) * sum(check.replications for check in checks)
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(Progress(done, total, 0))

    tell(0)
    outcomes: list[Outcome] = []
    for check in checks:
        found = []
        for name in engines:
            before = done
            found.append(outcomes_of(check, seed, name, tell, shrink))
            tell(before + check.replications - done)
        outcomes += [agreed(engines, each) for each in zip(*found, strict=True)]
    return [outcome for outcome in outcomes
            if not only or any(outcome.id.startswith(word) for word in only)]


def agreed(engines: Sequence[str], outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of one check on several engines: the first that failed, or that of all."""
    first = outcomes[0]
    for engine, outcome in zip(engines, outcomes, strict=True):
        if not outcome.passed:
            note = f"{engine}: {outcome.note}" if len(engines) > 1 else outcome.note
            return replace(outcome, note=note)
        if outcome != first:
            return replace(outcome, passed=False, rejected=True,
                           note=f"{engine} gives other numbers than {engines[0]}")
    return first


def outcomes_of(check: Check, seed: int, engine: str,
                tell: Callable[[int], None] = lambda more: None,
                shrink: float = 1.0) -> list[Outcome]:
    """The outcomes of one check; those of a run that could not be finished have failed."""
    try:
        if isinstance(check, Exact):
            return [run_exact(check, seed, engine)]
        return run_experiment(check, seed, engine, STATISTICAL, tell, shrink)
    except OnestopError as error:
        if isinstance(check, Exact):
            return [Outcome(check.id, "exact", check.what, None, None, None, None, None, 0.0,
                            False, str(error), True)]
        return [Outcome(q.id, "statistical", q.what, q.theory, None, None, None, None,
                        q.tolerance, False, str(error), True) for q in check.quantities]
