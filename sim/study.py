"""A study from scenarios to a folder of results: run, compare, resume, replay."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.errors import Fault, InputError, Interrupted
from scenarios.load import Loaded, log_path, restore
from sim import results as stored
from sim.engines import fastest, prepare
from sim.experiment import Job, Progress, jobs_of, resume_command, run_study
from sim.journal import Journal
from sim.measures.measure import run_one
from sim.provenance import Study, compare_folders, file_digest
from sim.replication import Replication
from sim.results import Results
from sim.sequential import check_until, from_the_start, run_until, until_of
from sim.statistics import check_primary
from sim.tablefiles import csv_bytes

Report = Callable[[Progress], None] | None
MAXIMUM_REPLICATIONS = 100_000


def compare(scenarios: Sequence[Loaded], out: Path | str, *, seed: int = 1,
            replications: int = 20, workers: int | None = None, cluster: str | None = None,
            engine: str = "auto", events: str = "first", area: bool = True,
            until: str | None = None, overwrite: bool = False, progress: Report = None,
            command: Sequence[str] = ()) -> Results:
    """Runs scenarios on common random numbers and stores the results in `out`.

    The first scenario is the baseline; with one scenario nothing is compared. The primary family
    is the baseline's. area=False leaves out the companion runs, and with them area.required.
    cluster: a scheduler of dask.distributed whose workers run it (sim.cluster), instead of ours.
    until: a half-width, as `sim.sequential.until_of` reads it; replications are then the most.
    command: the words after `onestop`, kept in the manifest. Raises InputError for scenarios that
    cannot run or are named alike, before anything is written; Interrupted on Ctrl-C, with what is
    finished kept.
    """
    names = [scenario.name for scenario in scenarios]
    study = study_of(scenarios, seed, replications, engine, events,
                     command or ("compare", *names), area, until)
    stored.check_output(Path(out), overwrite)
    first = _first_look(study)
    journal = stored.begin(Path(out), study, overwrite)
    journal.save(first)
    return _complete(journal, workers, cluster, progress, overwrite=overwrite)


def resume(partial: Path | str, *, workers: int | None = None, cluster: str | None = None,
           overwrite: bool = False, progress: Report = None) -> Results:
    """Takes up an interrupted study from its OUT.partial and finishes it.

    Raises InputError, before anything is run, if it cannot be taken up or OUT is in the way.
    """
    journal = Journal.resume(Path(partial))
    out = stored.output_folder(journal)
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there already. Replace it with --overwrite")
    _check_logs(journal.study)
    return _complete(journal, workers, cluster, progress, overwrite=overwrite)


def replay(folder: Path | str, *, workers: int | None = None, cluster: str | None = None,
           progress: Report = None) -> tuple[list[str], Results]:
    """Runs a finished study again and compares; the files and keys that differ, and the results.

    Raises Difference if files were changed since, InputError if a log is gone or changed.
    """
    earlier = stored.read_results(folder)
    _check_logs(earlier.study)
    with tempfile.TemporaryDirectory(prefix="onestop-replay-") as scratch:
        journal = stored.begin(Path(scratch) / "again", from_the_start(earlier.study))
        try:
            again = _complete(journal, workers, cluster, progress)
        except Interrupted:
            raise Interrupted(f"interrupted; {earlier.folder} is as it was") from None
        return compare_folders(earlier.folder, again.folder), earlier


def study_of(scenarios: Sequence[Loaded], seed: int, replications: int, engine: str, events: str,
             command: Sequence[str], area: bool = True, until: str | None = None) -> Study:
    """The study of these scenarios. Raises InputError if two have the same name."""
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(Fault("two scenarios have the same name", key="name", found=name,
                                   hint="Give one of them a 'name:' of its own."))
    if not 1 <= replications <= MAXIMUM_REPLICATIONS:
        raise InputError(Fault("out of range", key="--replications", found=replications,
                               allowed=f"1 to {MAXIMUM_REPLICATIONS}"))
    declared = scenarios[0].study.primary
    primary = declared if len(scenarios) > 1 else []
    return Study(
        command=("onestop", *command), seed=seed, replications=replications,
        scenarios={s.name: {"scenario": s.resolved, "log_sha256": _log_digest(s)}
                   for s in scenarios},
        baseline=names[0], primary=tuple((p.measure, p.margin) for p in primary),
        settings={"engine": engine, "events": events, "area": area},
        until=until_of(until, [p.measure for p in declared], replications) if until else None)


def _jobs(study: Study, engine: str = "auto") -> list[Job]:
    settings = study.settings | ({"engine": engine} if engine != "auto" else {})
    return [Job(job.scenario, job.replication,
                {**job.payload, "seed": study.seed, **settings})
            for job in jobs_of(study)]


def prepared_jobs(journal: Journal) -> list[Job]:
    """The jobs of a study, with the engine that is fastest for all of them, which is loaded."""
    engine = _engine(journal)
    prepare(engine)
    return _jobs(journal.study, engine)


def _engine(journal: Journal) -> str:
    """The engine for all replications: with `auto`, the fastest for as many as there are."""
    study = journal.study
    if study.settings["engine"] != "auto":
        return str(study.settings["engine"])
    if not journal.holds(study.baseline, 0):
        return "auto"
    runs = study.replications * len(study.scenarios) * (2 if study.settings["area"] else 1)
    return fastest(runs * journal.load(study.baseline, 0, tables=False).members)


def _first_look(study: Study) -> Replication:
    """The baseline's first replication, and every other plan built, in this process: what cannot
    run, or names a measure that is not there, is said at once, and nothing is written."""
    from sim.ports import port_run

    same_traffic = True
    job = _jobs(study)[0]
    first = run_one(job.payload, job.scenario, job.replication)
    for name, entry in study.scenarios.items():
        if name != study.baseline:
            traffic = port_run(restore(entry["scenario"]), study.seed, 0).traffic
            same_traffic &= np.array_equal(np.flatnonzero(traffic.cohort), first.cohort["id"])
    # Paired consignment by consignment, so only where the traffic is the same.
    slower = [f"time.clearance.{group}.slower_share" for group in ("all", *first.groups)]
    check_primary(study.primary, [*first.estimands, *(slower if same_traffic else [])])
    check_until(study, first)
    return first


def _complete(journal: Journal, workers: int | None, cluster: str | None, progress: Report,
              overwrite: bool = False) -> Results:
    study = journal.study
    with _resumable(journal):
        jobs = prepared_jobs(journal)
        scenarios = {name: restore(entry["scenario"]) for name, entry in study.scenarios.items()}
        level = scenarios[study.baseline].study.level

        def run_first(replications: int) -> None:
            run_study(jobs[:replications * len(scenarios)], run_one, journal, workers=workers,
                      cluster=cluster, progress=progress)

        if study.until is None:
            run_first(study.replications)
            summary = stored.summary_of(journal, level)
        else:
            journal, summary = run_until(journal, run_first, level)
        return stored.finish(journal, summary, overwrite=overwrite, extra=_extra(scenarios))


@contextmanager
def _resumable(journal: Journal) -> Iterator[None]:
    """Ctrl-C after the last replication, too, says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted while the results were being written; "
                          f"resume with: {resume_command(journal)}") from None


def _extra(scenarios: dict[str, Loaded]) -> dict[str, Any]:
    """assumptions.json, process.json, and the account and rejected rows of a log."""
    from sim.process.describe import describe
    from sim.process.layout import effective_layout
    from sim.process.regimes import ProcessBuilder

    extra: dict[str, Any] = {
        "assumptions.json": {
            "schema": "onestop.assumptions/1",
            "scenarios": {name: s.assumptions() for name, s in scenarios.items()}},
        "process.json": {
            "schema": "onestop.process/1",
            "scenarios": {name: describe(ProcessBuilder(s, effective_layout(s)).build())
                          for name, s in scenarios.items()}},
    }
    accounts = {name: account for name, s in scenarios.items() if (account := account_of(s))}
    if accounts:
        extra["log-account.json"] = {
            "schema": "onestop.log-account/1",
            "scenarios": {name: account.as_dict() for name, account in accounts.items()}}
        rows = [(name, r.line, r.container, r.declaration, r.reason)
                for name, account in accounts.items() for r in account.rejected]
        extra["rejected.csv"] = csv_bytes(
            ("scenario", "line", "container", "declaration", "reason"), rows)
    return extra


def account_of(scenario: Loaded) -> Any:
    """The row account of a scenario's log, or None where traffic is drawn."""
    if not scenario.traffic.log:
        return None
    from sim.traffic.trace import trace_of

    return trace_of(scenario).account


def _log_digest(scenario: Loaded) -> str | None:
    if not scenario.traffic.log:
        return None
    path = log_path(scenario.traffic.log)
    if not path.is_file():
        raise InputError(Fault("no such log", key="traffic.log", found=str(path)))
    return file_digest(path)


def _check_logs(study: Study) -> None:
    """Raises InputError unless every log is as it was when the study began."""
    for name, entry in study.scenarios.items():
        if entry["log_sha256"] != _log_digest(restore(entry["scenario"])):
            raise InputError(Fault("the log has changed since the study was begun",
                                   key=f"{name}: traffic.log"))


