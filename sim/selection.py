"""Runs scenarios until the best is known: KN through a journal, survivors only."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scenarios.errors import Fault, InputError, Interrupted, nearest
from scenarios.load import Loaded
from sim.experiment import Job, Progress, run_study
from sim.journal import PARTIAL, Journal, json_bytes, write_aside
from sim.measures.measure import run_one
from sim.statistics.sample import Sample
from sim.statistics.selection import Selection
from sim.study import prepared_jobs, study_of

SCHEMA = "onestop.selection/1"
STAGE = 8
"""Replications of all survivors that are run at a time, or a quarter more of what there is; they
are judged one by one all the same."""


def select(scenarios: Sequence[Loaded], out: Path, *, measure: str, delta: float,
           highest: bool = False, confidence: float = 0.95, first: int = 10,
           replications: int = 1000, seed: int = 1, engine: str = "auto",
           workers: int | None = None, overwrite: bool = False,
           progress: Callable[[Progress], None] | None = None,
           command: Sequence[str] = ()) -> dict[str, Any]:
    """Select the scenario with the best mean of a measure over replications; writes `out` (JSON).

    delta: the smallest difference that matters, in the measure's unit. first: replications before
    anything is dropped. replications: at most; what survives then is not decided. An interrupted
    selection goes on when it is called again. Raises InputError, before anything is written, for
    one scenario, an unknown measure, numbers out of range, or an `out` that is there.
    """
    _check(scenarios, out, delta, first, replications, overwrite)
    study = study_of(scenarios, seed, replications, engine, "none", command,
                     area=measure.startswith("area."))
    journal = Journal.take_up(out.with_name(out.name + PARTIAL), study)
    jobs = {(job.scenario, job.replication): job for job in prepared_jobs(journal)}

    def run(names: Sequence[str], numbers: range) -> None:
        wanted: list[Job] = [jobs[name, number] for number in numbers for name in names]
        try:
            run_study(wanted, run_one, journal, workers=workers, progress=progress)
        except Interrupted as stopped:
            done = str(stopped).partition(";")[0]
            raise Interrupted(f"{done}; the same command goes on where it was") from None

    names = [scenario.name for scenario in scenarios]
    run(names[:1], range(1))
    _check_measure(journal.load(names[0], 0, tables=False).estimands, measure)
    run(names, range(first))
    selection = Selection({name: _values(journal, name, measure, range(first)) for name in names},
                          delta, confidence, highest)
    while not selection.decided and selection.replications < replications:
        taken = selection.replications
        numbers = range(taken, min(taken + max(STAGE, taken // 4), replications))
        run(selection.survivors, numbers)
        values = {name: _values(journal, name, measure, numbers) for name in selection.survivors}
        for i in range(len(numbers)):
            if not selection.decided:
                selection.take({name: values[name][i] for name in selection.survivors})
    content = {
        "schema": SCHEMA, "measure": measure, "best": "highest" if highest else "lowest",
        "delta": delta, "confidence": confidence, "first": first, "seed": seed,
        "scenarios": names, "decided": selection.decided, "survivors": selection.survivors,
        "replications": selection.replications,
        "needed_at_most": selection.most_replications(),
        "means": {name: sum(values) / len(values) for name, values in _taken(
            journal, selection, names, measure).items()},
        "dropped": [asdict(dropped) for dropped in selection.dropped]}
    write_aside(out, json_bytes(content))
    shutil.rmtree(journal.folder)
    return content


def _check(scenarios: Sequence[Loaded], out: Path, delta: float, first: int, replications: int,
           overwrite: bool) -> None:
    faults = []
    if len(scenarios) < 2:
        faults.append(Fault("a selection is one of two scenarios or more", found=len(scenarios)))
    if not 0.0 < delta < float("inf"):
        faults.append(Fault("out of range", key="--delta", found=delta, allowed="above 0",
                            hint="The smallest difference that matters, in the measure's unit."))
    if not 2 <= first <= replications:
        faults.append(Fault("out of range", key="--first", found=first,
                            allowed=f"2 to {replications} (--replications)"))
    if out.exists() and not overwrite:
        faults.append(Fault(f"{out} is there already", hint="Replace it with --overwrite"))
    if faults:
        raise InputError(faults)


def _check_measure(known: Any, measure: str) -> None:
    if measure not in known:
        raise InputError(Fault("unknown measure", key="--measure", found=measure,
                               hint=nearest(measure, sorted(known))))


def _values(journal: Journal, name: str, measure: str, numbers: range) -> Any:
    """The measure of some replications, each alone: float64[len(numbers)]."""
    sample = Sample([journal.load(name, number, tables=False) for number in numbers])
    values = sample.single(measure)
    if not (values == values).all() or abs(values).max() == float("inf"):
        raise InputError(Fault("the measure is undefined or censored in a replication",
                               key="--measure", found=f"{measure} of '{name}'",
                               hint="Choose a measure that every replication has."))
    return values


def _taken(journal: Journal, selection: Selection, names: Sequence[str], measure: str
           ) -> dict[str, list[float]]:
    """Scenario -> its values up to where it was dropped, or to the end."""
    last = dict.fromkeys(names, selection.replications)
    last |= {dropped.scenario: dropped.replications for dropped in selection.dropped}
    return {name: list(map(float, _values(journal, name, measure, range(last[name]))))
            for name in names}
