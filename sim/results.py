"""The folder of results: begun as OUT.partial, finished as OUT, read back by reports and replay.

summary.json      measures, intervals and differences
NAME.parquet      the tables of all replications, in command order
manifest.json     files and digests, the study, versions, machine, duration
and what the command adds: assumptions.json, process.json, rejected.csv
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scenarios.errors import Difference, InputError
from sim.journal import (
    MANIFEST_SCHEMA,
    PARTIAL,
    Journal,
    check_schema,
    json_bytes,
    read_manifest,
    storing,
    write_aside,
)
from sim.provenance import MANIFEST, Study, file_digest, machine, own_version, versions
from sim.replication import Table
from sim.statistics import SUMMARY_SCHEMA, summarise
from sim.tablefiles import Tables, read_table

SUMMARY = "summary.json"


def partial_folder(out: Path) -> Path:
    """Where a study works until it becomes `out`: beside it, following a link."""
    real = Path(os.path.realpath(out))
    place = real if out.is_symlink() else out
    return place.with_name(place.name + PARTIAL)


def output_folder(journal: Journal) -> Path:
    """The folder that a study in OUT.partial becomes."""
    return journal.folder.with_name(journal.folder.name.removesuffix(PARTIAL))


def check_output(out: Path, overwrite: bool = False) -> None:
    """Refuse (InputError) a place for results before anything is run; writes nothing.

    An existing folder is refused unless `overwrite`, and one that does not hold results of ours
    always, so that nothing else is ever deleted. The same goes for an unfinished study beside it.
    """
    _refuse(out, overwrite, "Choose another place with --out, or replace it with --overwrite")
    partial = partial_folder(out)
    _refuse(
        partial,
        overwrite,
        f"It is a study that was interrupted: resume it with --resume {partial}, "
        "or discard it with --overwrite",
    )


def _refuse(folder: Path, overwrite: bool, way_out: str) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not _is_ours(folder):
        raise InputError(f"{folder} is there and holds no results of ours. Choose another --out")
    if not overwrite:
        raise InputError(f"{folder} is there already. {way_out}")


def begin(out: Path, study: Study, overwrite: bool = False) -> Journal:
    """Check the place and begin the journal of a study in OUT.partial."""
    check_output(out, overwrite)
    partial = partial_folder(out)
    if partial.exists():
        with storing(partial):
            shutil.rmtree(partial)
    return Journal.create(partial, study)


def summary_of(journal: Journal, confidence: float = 0.95) -> dict[str, Any]:
    """The summary of a study whose replications are all in the journal (InputError if not)."""
    study = journal.study
    return summarise(
        {
            name: [journal.load(name, number, tables=False) for number in range(study.replications)]
            for name in study.scenarios
        },
        baseline=study.baseline,
        primary=study.primary,
        confidence=confidence,
    )


def finish(
    journal: Journal,
    summary: Mapping[str, Any],
    *,
    out: Path | None = None,
    overwrite: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Results:
    """Write the files of a finished study and turn OUT.partial into OUT.

    summary: of `summary_of`. out: default is what OUT.partial says. extra: file name -> bytes, or
    a JSON-able value for names in .json. Nothing is left in OUT if it fails; the study can then be
    resumed. InputError if OUT is in the way, EnvironmentFailure if the disk is full.
    """
    out = out or output_folder(journal)
    _refuse(out, overwrite, "Replace it with --overwrite")
    folder = journal.folder
    names = [SUMMARY]
    write_aside(folder / SUMMARY, json_bytes(summary))
    for name, content in (extra or {}).items():
        if Path(name).name != name or name in (SUMMARY, MANIFEST, "journal"):
            raise ValueError(f"not a name for a further file: {name!r}")
        data = content if isinstance(content, bytes) else json_bytes(content)
        write_aside(folder / name, data)
        names.append(name)
    names += _write_tables(journal)
    write_aside(folder / MANIFEST, json_bytes(_manifest(journal, names)))
    journal.discard()
    _place(folder, out)
    return read_results(out, check=False)


def _write_tables(journal: Journal) -> list[str]:
    scratch = journal.folder / "scratch"
    try:
        with Tables(scratch) as tables:
            for name in journal.study.scenarios:
                for number in range(journal.study.replications):
                    tables.add(journal.load(name, number))
            return tables.write(journal.folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _manifest(journal: Journal, names: list[str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    took = now - datetime.fromisoformat(journal.started)
    paths = {name: journal.folder / name for name in names}
    return {
        "schema": MANIFEST_SCHEMA,
        "state": "complete",
        "started": journal.started,
        "finished": now.isoformat(timespec="seconds"),
        "duration_s": round(took.total_seconds(), 1),
        "version": own_version(),
        "versions": versions(),
        "machine": machine(),
        "files": {
            name: {"sha256": file_digest(path), "bytes": path.stat().st_size}
            for name, path in paths.items()
        },
        **journal.study.to_json(),
    }


def _is_ours(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except InputError:
        return False
    return True


def _place(partial: Path, out: Path) -> None:
    """Rename `partial` to `out`; earlier results are deleted only when the new ones are there."""
    out = Path(os.path.realpath(out))
    earlier = out.with_name(f"{out.name}.{os.getpid()}.old")
    with storing(out):
        if out.exists():
            os.replace(out, earlier)
        try:
            os.replace(partial, out)
        except OSError:
            if earlier.exists():
                os.replace(earlier, out)
            raise
        shutil.rmtree(earlier, ignore_errors=True)


@dataclass(frozen=True)
class Results:
    """A folder of finished results."""

    folder: Path
    summary: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def study(self) -> Study:
        """What was run: enough to run it again."""
        return Study.from_json(self.manifest)

    @property
    def tables(self) -> list[str]:
        """The names of the tables that are there."""
        files = self.manifest["files"]
        return [name.removesuffix(".parquet") for name in files if name.endswith(".parquet")]

    def table(
        self, name: str, scenario: str | None = None, replication: int | None = None
    ) -> Table:
        """Column -> array of a table, read when asked for; of one scenario or replication, or all.

        InputError if there is no such table.
        """
        if name not in self.tables:
            raise InputError(
                f"{self.folder} has no table '{name}'; there are: {', '.join(self.tables)}"
            )
        wanted = {"scenario": scenario, "replication": replication}
        where = {column: value for column, value in wanted.items() if value is not None}
        return read_table(self.folder / f"{name}.parquet", where)

    def check(self) -> None:
        """Raise Difference, naming each file, if files are missing or not as they were written."""
        faults = []
        for name, about in self.manifest["files"].items():
            path = self.folder / name
            if not path.is_file():
                faults.append(f"{path} is missing")
            elif file_digest(path) != about["sha256"]:
                faults.append(f"{path} was changed after it was written")
        if faults:
            raise Difference("\n".join(faults))


def read_results(folder: Path | str, check: bool = True) -> Results:
    """The results in a folder, their digests checked unless `check` is False.

    InputError if it is not a folder of finished results or a newer version of ours wrote it;
    Difference if a file was changed.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.get("state") != "complete":
        raise InputError(f"{folder} is not finished: resume it with --resume {folder}")
    try:
        Study.from_json(manifest)
        valid = all("sha256" in about for about in manifest["files"].values())
    except (KeyError, TypeError, ValueError, AttributeError):
        valid = False
    if not valid:
        raise InputError(f"{folder / MANIFEST} is damaged")
    if check:
        Results(folder, {}, manifest).check()
    summary = _read_json(folder / SUMMARY)
    check_schema(summary, SUMMARY_SCHEMA, folder / SUMMARY)
    return Results(folder, summary, manifest)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
