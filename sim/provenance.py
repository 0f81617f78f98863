"""Where results come from: digests, versions, the study that was run, and comparison of folders."""

from __future__ import annotations

import configparser
import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from scenarios.errors import InputError

DISTRIBUTION = "onestop"

MANIFEST = "manifest.json"

# Packages whose version may change a number or a byte of the results.
PACKAGES = ("numpy", "scipy", "simpy", "numba", "duckdb", "holidays")

_MISSING = object()


@dataclass(frozen=True)
class Study:
    """Everything that determines the results: enough to run or resume a study.

    scenarios holds the full resolved scenarios (JSON-able) in command order. primary holds
    (measure, margin or None). until, if the study looks at a half-width, says at which, and the
    most replications there may be (sim.sequential); `replications` then are those that it took,
    once it is finished. settings holds what does not change a number: engine, events kept,
    language; it is stored, but does not enter the digest.
    """

    command: tuple[str, ...]
    seed: int
    replications: int
    scenarios: dict[str, Any]
    baseline: str
    primary: tuple[tuple[str, float | None], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    until: dict[str, Any] | None = None

    def digest(self) -> str:
        """sha256 over scenarios and their order, seed, replications, baseline and family."""
        return digest(
            {
                "scenarios": list(self.scenarios.items()),
                "seed": self.seed,
                "replications": self.replications,
                "baseline": self.baseline,
                "primary": self.primary,
                **({"until": self.until} if self.until else {}),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The study as it stands in a manifest, with the digests of its scenarios."""
        return {
            **asdict(self),
            "digests": {name: digest(scenario) for name, scenario in self.scenarios.items()},
            "digest": self.digest(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Study:
        """The study of a manifest. KeyError or TypeError if it is not one."""
        return cls(
            command=tuple(fields["command"]),
            seed=fields["seed"],
            replications=fields["replications"],
            scenarios=dict(fields["scenarios"]),
            baseline=fields["baseline"],
            primary=tuple((name, margin) for name, margin in fields["primary"]),
            settings=dict(fields["settings"]),
            until=fields.get("until"),
        )


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8; ValueError for NaN and infinities."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def digest(value: Any) -> str:
    """sha256 (hexadecimal) of the canonical JSON of a JSON-able value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 (hexadecimal) of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def own_version() -> str:
    """Our version: of the checkout we run from, else of the installed distribution."""
    checkout = Path(__file__).resolve().parents[1] / "setup.cfg"
    if checkout.is_file():
        settings = configparser.ConfigParser()
        settings.read(checkout, encoding="utf-8")
        if settings.get("metadata", "name", fallback="") == DISTRIBUTION:
            return settings.get("metadata", "version", fallback="unknown")
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str | None]:
    """Versions of Python, ourselves and the packages that results depend on; None = absent."""
    found: dict[str, str | None] = {
        DISTRIBUTION: own_version(),
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def machine() -> dict[str, str]:
    """The platform, without the names of the machine and its user."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "byteorder": sys.byteorder,
    }


def compare_folders(first: Path, second: Path, limit: int = 50) -> list[str]:
    """What differs between two folders of results, one line each; empty if nothing does.

    Compares the bytes of the files that either manifest lists, manifest.json itself exempt, and
    names the keys that differ in JSON files (at most `limit` of them per file). Reports made
    afterwards are in no manifest and are not looked at. InputError if a folder has no manifest.
    """
    names = dict.fromkeys([*_listed(first), *_listed(second)])
    lines: list[str] = []
    for name in names:
        ours, theirs = first / name, second / name
        absent = [str(path.parent) for path in (ours, theirs) if not path.is_file()]
        if absent:
            lines.append(f"{name}: not in {' or '.join(absent)}")
        elif file_digest(ours) != file_digest(theirs):
            lines.extend(_explain(name, ours, theirs, limit))
    return lines


def _listed(folder: Path) -> list[str]:
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return [name for name in files if name != MANIFEST and Path(name).name == name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder} is not a folder of finished results") from error


def _explain(name: str, first: Path, second: Path, limit: int) -> list[str]:
    if name.endswith(".json"):
        try:
            pair = [json.loads(path.read_bytes()) for path in (first, second)]
        except ValueError:
            return [f"{name}: is not JSON in one of the folders"]
        paths = differing_keys(*pair)
        lines = [f"{name}: {path}" for path in paths[:limit]]
        if len(paths) > limit:
            lines.append(f"{name}: and {len(paths) - limit} more")
        return lines or [f"{name}: the same values in other bytes"]
    sizes = [path.stat().st_size for path in (first, second)]
    return [f"{name}: the bytes differ ({sizes[0]} and {sizes[1]} bytes)"]


def differing_keys(first: Any, second: Any, path: str = "") -> list[str]:
    """Where two JSON values differ, as lines 'a/b/0: 1.5 is not 2'; order of keys counts not."""
    if isinstance(first, dict) and isinstance(second, dict):
        keys = dict.fromkeys([*first, *second])
        pairs = [(key, first.get(key, _MISSING), second.get(key, _MISSING)) for key in keys]
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = [(str(i), a, b) for i, (a, b) in enumerate(zip(first, second, strict=True))]
    elif type(first) is type(second) and first == second:
        return []
    else:
        return [f"{path or 'the whole'}: {_show(first)} is not {_show(second)}"]
    lines: list[str] = []
    for key, a, b in pairs:
        lines.extend(differing_keys(a, b, f"{path}/{key}" if path else str(key)))
    return lines


def _show(value: Any) -> str:
    if value is _MISSING:
        return "(absent)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
