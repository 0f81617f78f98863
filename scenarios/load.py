"""From a name or a file to a checked Scenario: extends < file < overlay < --set < option."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scenarios.annotations import Note, register, split_annotations
from scenarios.errors import Fault, InputError, nearest
from scenarios.faults import MAX_FAULTS, faults_of, placed, sorted_once
from scenarios.ids import SCHEMA
from scenarios.schema.scenario import LEVERS, Overlay, Scenario
from scenarios.validate import cross_check
from scenarios.yamlfile import WHOLE, Document, Key, merge, read_yaml, set_key

LIBRARY = Path(__file__).parent / "library"
DEFAULT_PORT = "xiamen-2015"
LIBRARY_LOG = "library:"
MAX_EXTENDS = 20


class Loaded(Scenario):
    """A scenario with its resolved text, and the source and confidence of its numbers."""

    _resolved: dict[str, Any] = {}
    _notes: dict[Key, Note] = {}
    _document: Document = Document({})

    @property
    def resolved(self) -> dict[str, Any]:
        """Plain data from which `restore` makes the same scenario again, on any machine."""
        return self._resolved

    def located(self, error: InputError) -> InputError:
        """The error with file and line of every key that its faults name."""
        return InputError([placed(fault, self._document) if fault.file is None and
                           (fault.key or "").split(".")[0] in self._document.data else fault
                           for fault in error.faults])

    def assumptions(self) -> list[dict[str, Any]]:
        """Every number with its value, source, confidence and range; see `register`."""
        return register(split_annotations(Document(self._resolved))[0], self._notes)


def library() -> dict[str, Path]:
    """The shipped files by name, ports first."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def load(source: str | Path, regime: str | None = None, sets: Sequence[str] = ()) -> Loaded:
    """Loads and checks a scenario.

    Args:
        source: a file, the name of a shipped port, or of shipped regimes ('one-stop+restated'),
            which then stand for xiamen-2015 under them.
        regime: overlays to put over a port, joined by '+'.
        sets: KEY=VALUE texts, laid over everything else.

    Raises InputError with every fault of the files, each with file, line and key.
    """
    document = _document(str(source))
    overlays = regime.split("+") if regime else []
    if document is None:
        overlays = [*str(source).split("+"), *overlays]
        document = _with_extends(str(library()[DEFAULT_PORT]), DEFAULT_PORT, ())
    elif document.data.get("kind") == "regime":
        overlays = [str(source), *overlays]
        document = _with_extends(str(library()[DEFAULT_PORT]), DEFAULT_PORT, ())
    names = []
    for overlay in overlays:
        name, levers = _overlay(overlay)
        names.append(name)
        document = merge(document, levers)
    if names:
        document.data = {**document.data, "name": "+".join(names)}
    for assignment in sets:
        document = set_key(document, assignment)
        if assignment.partition("=")[0].strip() == "traffic.log":
            _absolute_log(document, Path("--set"))
    return check(document)


def restore(resolved: dict[str, Any]) -> Loaded:
    """The scenario again from its `resolved` data (as stored in a manifest)."""
    return check(Document(resolved))


def under(scenario: Loaded, regime: str) -> Loaded:
    """The same port under other overlays, joined by '+'."""
    document = Document(scenario.resolved)
    for overlay in regime.split("+"):
        document = merge(document, _overlay(overlay)[1])
    document.data = {**document.data, "name": regime}
    return check(document)


def with_values(scenario: Loaded, values: Mapping[str, Any]) -> Loaded:
    """The scenario with other values: dotted key -> plain data, which replaces what stands there.

    What is known of the old value (source, confidence, range) goes with it. Raises InputError if
    a key names nothing that can hold the value, or the result is no scenario.
    """
    data = copy.deepcopy(scenario.resolved)
    for key, value in values.items():
        *above, last = key.split(".")
        node: Any = data
        for part in above:
            node = _below(node, part, key)
        place: Any = _place(node, last, key)
        if value is not None or isinstance(node, list):
            node[place] = value
        else:
            node.pop(place, None)
    return check(Document(data))


def _below(node: Any, part: str, key: str) -> Any:
    place = _place(node, part, key)
    return node[int(place)] if isinstance(node, list) else node.setdefault(place, {})


def _place(node: Any, part: str, key: str) -> str | int:
    """The key of a mapping or the index of a list. InputError if it names neither."""
    if isinstance(node, dict):
        return part
    if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return int(part)
    raise InputError(Fault("names no place in the scenario", key=key, found=part))


def check(document: Document) -> Loaded:
    """Checks a merged document. Raises InputError with all faults at once."""
    _check_schema(document)
    data, notes, faults = split_annotations(document)
    data = {key: value for key, value in data.items() if key != "extends"}
    scenario = None
    try:
        scenario = Loaded.model_validate(data)
    except ValidationError as error:
        faults += faults_of(error, document, Loaded)
    if scenario is not None:
        found = islice(cross_check(scenario), MAX_FAULTS)
        faults += [placed(fault, document) for fault in found]
    if faults or scenario is None:
        raise InputError(sorted_once(faults))
    scenario._resolved = {k: v for k, v in document.data.items() if k != "extends"}
    scenario._notes = notes
    scenario._document = Document(scenario._resolved, document.places)
    return scenario


def _document(source: str) -> Document | None:
    """The merged document behind a name or path; None for a '+' joined list of overlays."""
    shipped = library()
    if source in shipped:
        return _with_extends(str(shipped[source]), source, ())
    path = Path(source)
    is_name = path.suffix in (".yaml", ".yml", ".json") and "+" not in source
    if (is_name and "\0" not in source) or (source and os.path.exists(source)):
        return _with_extends(source, source, ())
    if "+" in source:
        return None
    raise InputError(Fault("no such scenario", found=source, hint=nearest(source, shipped),
                           allowed="a file, or one of: " + ", ".join(shipped)))


def _with_extends(path: str, shown: str, seen: tuple[str, ...]) -> Document:
    """A file laid over the files that it extends."""
    seen = (*seen, str(Path(path).resolve()))
    document = read_yaml(Path(path), shown)
    if "schema" in document.data:
        _check_schema(document)
    _absolute_log(document, Path(path))
    below = document.data.get("extends")
    if below is None:
        return document

    def fault(message: str, key: str = "extends", **more: Any) -> InputError:
        file, line = document.place((key,))
        return InputError(Fault(message, file=file, line=line, key=key, **more))

    shipped = library()
    if not isinstance(below, str):
        raise fault("must be the name of a scenario or file", found=below)
    target = str(shipped[below]) if below in shipped else str(Path(path).parent / below)
    if not os.path.isfile(target):
        raise fault("extends a file that is not there", found=below,
                    allowed="a file, or one of: " + ", ".join(shipped),
                    hint=nearest(below, shipped))
    if (identity := str(Path(target).resolve())) in seen:
        raise fault("'extends' runs in a circle",
                    found=" -> ".join(Path(p).name for p in (*seen, identity)))
    if len(seen) > MAX_EXTENDS:
        raise fault("too many files extend each other", allowed=f"{MAX_EXTENDS}")
    base = _with_extends(target, below if below in shipped else target, seen)
    kinds = [data.get("kind", "port") for data in (document.data, base.data)]
    if "kind" in document.data and kinds[0] != kinds[1]:
        raise fault("a regime extends regimes, a port extends ports", found=kinds[0], key="kind",
                    allowed=f"{kinds[1]} (the kind of '{below}')")
    return merge(_without_shared(base, document), document, WHOLE)


def _without_shared(base: Document, above: Document) -> Document:
    """A port that states its own separate layout takes over nothing of another's shared yard."""
    layout = above.data.get("layout")
    base_layout = base.data.get("layout")
    if isinstance(layout, dict) and isinstance(base_layout, dict) and "separate" in layout:
        kept = {k: v for k, v in base_layout.items() if k not in ("shared", "restated")}
        places = {key: place for key, place in base.places.items()
                  if key[:2] not in (("layout", "shared"), ("layout", "restated"))}
        return Document({**base.data, "layout": kept}, places)
    return base


def _absolute_log(document: Document, path: Path) -> None:
    """A log's path is relative to the file that names it; a shipped log keeps a portable name."""
    traffic = document.data.get("traffic")
    if isinstance(traffic, dict) and isinstance(traffic.get("log"), str):
        log = traffic["log"]
        if log.startswith(LIBRARY_LOG):
            return
        if path.resolve().parent == LIBRARY.resolve():
            traffic["log"] = LIBRARY_LOG + log
        else:
            traffic["log"] = str((path.parent / log).resolve())


def log_path(log: str) -> Path:
    """The file behind `traffic.log`."""
    return LIBRARY / log.removeprefix(LIBRARY_LOG) if log.startswith(LIBRARY_LOG) else Path(log)


def _overlay(source: str) -> tuple[str, Document]:
    """(name, levers) of an overlay by name or file; levers of what it extends lie below."""
    shipped = library()
    document = _document(source)
    if document is None:
        raise InputError(Fault("no such regime", file="--regime", found=source,
                               allowed=", ".join(shipped)))
    if document.data.get("kind") != "regime":
        regimes = [name for name in shipped if _is_regime(shipped[name])]
        raise InputError(Fault("is a port, not a regime", found=source, file="--regime",
                               allowed=", ".join(regimes), hint=nearest(source, regimes)))
    _check_schema(document)
    data, _, faults = split_annotations(document)
    data = {key: value for key, value in data.items() if key != "extends"}
    try:
        overlay = Overlay.model_validate(data)
        for lever in overlay.regime:
            if lever not in LEVERS:
                file, line = document.place(("regime", lever))
                faults.append(Fault("unknown lever", file=file, line=line, key=f"regime.{lever}",
                                    allowed=", ".join(LEVERS), hint=nearest(lever, LEVERS)))
    except ValidationError as error:
        faults += faults_of(error, document, Overlay)
    if faults:
        raise InputError(sorted_once(faults))
    places = {key: place for key, place in document.places.items() if key[:1] == ("regime",)}
    return overlay.name, Document({"regime": dict(overlay.regime)}, places)


def _is_regime(path: Path) -> bool:
    return "\nkind: regime" in path.read_text(encoding="utf-8")


def _check_schema(document: Document) -> None:
    """Refuses files of an unknown, perhaps newer, schema before anything else is said of them."""
    found = document.data.get("schema")
    file, line = document.place(("schema",))
    if found != SCHEMA:
        newer = isinstance(found, str) and found.startswith("onestop.scenario/")
        raise InputError(Fault("needs a newer onestop" if newer else "is not an onestop scenario",
                               file=file, line=line, key="schema", found=found, allowed=SCHEMA,
                               hint=None if newer else f"Begin the file with 'schema: {SCHEMA}'."))


__all__ = ["Loaded", "check", "library", "load", "log_path", "restore", "under",
           "with_values"]
