"""The journal of a study at work: what is finished survives a crash, and can be resumed.

OUT.partial/manifest.json                        the study: scenarios, seed, version, command
OUT.partial/journal/SCENARIO/NNNN.replication    one file per scenario and replication

Each file is written aside and renamed, and begins with a digest of its contents; one that is
truncated or corrupt counts as missing and is computed again. A file holds

    onestop.replication/2 SHA256 NEWLINE length of the header NEWLINE header arrays

The header is JSON and says type, length and place of every array; these follow as they are in
memory, nothing is pickled. Texts are stored as codes into the different ones among them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from scenarios.errors import EnvironmentFailure, InputError
from sim import estimands
from sim.provenance import MANIFEST, Study, own_version, versions
from sim.replication import Array, Replication

MANIFEST_SCHEMA = "onestop.manifest/1"
PARTIAL = ".partial"

_MAGIC = b"onestop.replication/2 "
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn the file system's refusals into EnvironmentFailure with the path named."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or "No space left" in str(error):
            raise EnvironmentFailure(f"the disk is full: cannot write {path}") from error
        raise EnvironmentFailure(f"cannot write {path}: {error.strerror or error}") from error


def write_aside(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; EnvironmentFailure if it cannot be."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with storing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(aside, path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


@dataclass(frozen=True)
class Journal:
    """The folder OUT.partial of one study."""

    folder: Path
    study: Study
    started: str

    @classmethod
    def create(cls, folder: Path, study: Study) -> Journal:
        """Begin a study in a new folder. InputError if one is there that holds anything."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(
                f"{folder} is there already, from a study that was interrupted: "
                f"resume it with --resume {folder}, or discard it with --overwrite"
            )
        started = datetime.now(UTC).isoformat(timespec="seconds")
        content = {
            "schema": MANIFEST_SCHEMA,
            "state": "partial",
            "started": started,
            "version": own_version(),
            "versions": versions(),
            **study.to_json(),
        }
        write_aside(folder / MANIFEST, json_bytes(content))
        return cls(folder, study, started)

    @classmethod
    def take_up(cls, folder: Path, study: Study) -> Journal:
        """The journal in `folder` if it is of this very study, else a new one in its place."""
        if folder.exists():
            try:
                return cls.resume(folder, digest=study.digest())
            except InputError:  # of another study, or damaged
                with storing(folder):
                    shutil.rmtree(folder)
        return cls.create(folder, study)

    @classmethod
    def resume(cls, folder: Path, *, digest: str | None = None, seed: int | None = None) -> Journal:
        """Take up the study in `folder`, whose manifest holds its scenarios and seed.

        digest, seed: what the caller has at hand, if anything. InputError if either differs, if
        the manifest is damaged, or if another version of ours wrote it.
        """
        manifest = read_manifest(folder)
        if manifest.get("state") == "complete" and not folder.name.endswith(PARTIAL):
            raise InputError(f"{folder} is finished: there is nothing to resume")
        try:
            study = Study.from_json(manifest)
            started, stored, version = (manifest[k] for k in ("started", "digest", "version"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / MANIFEST} does not describe a study") from error
        again = "Start the study again instead of resuming it"
        if study.digest() != stored:
            raise InputError(f"{folder / MANIFEST} was changed after it was written. {again}")
        if digest is not None and digest != stored:
            raise InputError(f"{folder} belongs to other scenarios (digest {stored[:12]}). {again}")
        if seed is not None and seed != study.seed:
            raise InputError(f"{folder} belongs to seed {study.seed}, not {seed}. {again}")
        if version != own_version():
            raise InputError(
                f"{folder} was begun by version {version}, this is {own_version()}. {again}"
            )
        return cls(folder, study, started)

    def path(self, scenario: str, replication: int) -> Path:
        """The file of one replication."""
        return replication_path(self.folder, scenario, replication)

    def holds(self, scenario: str, replication: int) -> bool:
        """True if the replication is stored whole."""
        return _checked(self.path(scenario, replication)) is not None

    def save(self, result: Replication) -> None:
        """Store one replication; EnvironmentFailure if the disk is full."""
        save(self.folder, result)

    def load(self, scenario: str, replication: int, tables: bool = True) -> Replication:
        """One stored replication, with its tables or without. InputError if it is not whole."""
        path = self.path(scenario, replication)
        content = _checked(path)
        if content is None:
            raise InputError(f"{path} is missing or damaged; resume the study to compute it again")
        return decode(content, tables)

    def discard(self) -> None:
        """Delete the stored replications, once the results are written."""
        shutil.rmtree(self.folder / "journal", ignore_errors=True)


def replication_path(folder: Path, scenario: str, replication: int) -> Path:
    """The journal file of one replication; any scenario name gives a plain folder name."""
    name = quote(scenario, safe="+-_ ").replace("~", "%7E")
    return folder / "journal" / name.replace(".", "%2E") / f"{replication:04d}.replication"


def save(folder: Path, result: Replication) -> None:
    """Store one replication in the journal under `folder`; called in worker processes."""
    write_aside(replication_path(folder, result.scenario, result.replication), sealed(result))


def sealed(result: Replication) -> bytes:
    """A replication as it stands in the journal: its digest, then `encode`."""
    content = encode(result)
    return _MAGIC + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def encode(result: Replication) -> bytes:
    """A replication as a JSON header and plain arrays."""
    parts: list[bytes] = []
    size = 0

    def keep(value: Any) -> list[Any]:
        nonlocal size
        array = np.asarray(value)
        texts: list[str] = []
        if array.dtype.kind in "OU":
            array, texts = _coded(array)
        if array.ndim != 1 or array.dtype.hasobject:
            raise TypeError(f"an array of {array.ndim} dimensions of {array.dtype}")
        data = array.tobytes()
        # Everything begins at a multiple of 8 bytes, as numpy would have it.
        parts.append(data + bytes(-len(data) % 8))
        where = [array.dtype.str, len(array), size, *([texts] if texts else [])]
        size += len(parts[-1])
        return where

    header = {
        "scenario": result.scenario,
        "replication": int(result.replication),
        "sums": {name: [float(a), float(b)] for name, (a, b) in result.sums.items()},
        "estimands": {name: estimands.to_json(one) for name, one in result.estimands.items()},
        "units": result.units,
        "labels": result.labels,
        "groups": list(result.groups),
        "members": int(result.members),
        "open": int(result.open),
        "samples": {
            name: keep(np.asarray(one, dtype=float)) for name, one in result.samples.items()
        },
        "cohort": {name: keep(one) for name, one in result.cohort.items()},
        "tables": {
            name: {column: keep(one) for column, one in table.items()}
            for name, table in result.tables.items()
        },
    }
    text = json.dumps(header).encode()
    return b"".join([f"{len(text) + -len(text) % 8:7d}\n".encode(), text,
                     b" " * (-len(text) % 8), *parts])


def _coded(array: Array) -> tuple[Array, list[str]]:
    """int32 codes of an array of texts, and the different texts in order of appearance."""
    values = array.tolist()
    places = {text: place for place, text in enumerate(dict.fromkeys(values))}
    if not all(isinstance(text, str) for text in places):
        # Texts only: anything else would need pickle.
        raise TypeError("an array of objects that are not all text cannot be stored")
    codes = np.fromiter(map(places.__getitem__, values), dtype=np.int32, count=len(values))
    return codes, list(places)


def decode(content: bytes, tables: bool = True) -> Replication:
    """The replication that `encode` stored; its tables are left empty if not asked for."""
    text = content.index(b"\n") + 1
    begin = text + int(content[:text])
    header = json.loads(content[text:begin])

    def array(where: list[Any]) -> Array:
        kind, size, place, *texts = where
        found: Array = np.frombuffer(content, np.dtype(kind), size, begin + place)
        return np.array(texts[0], dtype=object)[found] if texts else found

    return Replication(
        scenario=header["scenario"],
        replication=header["replication"],
        sums={name: (pair[0], pair[1]) for name, pair in header["sums"].items()},
        samples={name: array(where) for name, where in header["samples"].items()},
        estimands={name: estimands.from_json(one) for name, one in header["estimands"].items()},
        units=header["units"],
        labels=header["labels"],
        cohort={name: array(where) for name, where in header["cohort"].items()},
        groups=header["groups"],
        members=header["members"],
        open=header["open"],
        tables={
            name: {column: array(where) for column, where in table.items()}
            for name, table in (header["tables"] if tables else {}).items()
        },
    )


def _checked(path: Path) -> bytes | None:
    """The contents of a journal file, or None if the file is missing, truncated or corrupt."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    seal, newline, archive = content.partition(b"\n")
    expected = _MAGIC + hashlib.sha256(archive).hexdigest().encode()
    return archive if newline and seal == expected else None


def json_bytes(value: Any) -> bytes:
    """Indented JSON in UTF-8 with a final newline; ValueError for NaN or an infinity."""
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder, partial or finished.

    InputError if there is none, if it is not ours, or if a newer version of ours wrote it.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder} has no {MANIFEST}: it is not a folder of results") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    check_schema(content, MANIFEST_SCHEMA, path)
    return dict(content)


def check_schema(content: Any, known: str, path: Path) -> None:
    """InputError unless a JSON document says that it has the schema that we know."""
    found = content.get("schema") if isinstance(content, dict) else None
    if found == known:
        return
    family, _, number = known.partition("/")
    text = str(found)
    if text.startswith(family + "/") and text[len(family) + 1 :].isdigit():
        if int(text[len(family) + 1 :]) > int(number):
            raise InputError(f"{path} was written by a newer version: {found}; we know {known}")
    raise InputError(f"{path} is not a {family} file: schema {found!r}, expected {known!r}")
