"""YAML in, plain data out, with the file and line of every key.

The file is read as a stream of YAML 1.2 events. Tags, anchors, aliases and merge keys are refused
(`extends:` is the one way to reuse), duplicate keys too; size and depth are limited, so that no
file can exhaust the machine.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from scenarios.errors import Fault, InputError, shorten

MAX_BYTES = 1_000_000
MAX_NODES = 60_000
MAX_DEPTH = 40
MAX_KEY = 200
MAX_LINE = 200_000
Key = tuple[str | int, ...]
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass
class Document:
    """Plain data of one file, or of several merged, and where each key was written."""

    data: dict[str, Any]
    places: dict[Key, tuple[str, int | None]] = field(default_factory=dict, compare=False)

    def place(self, key: Key) -> tuple[str | None, int | None]:
        """(file, line) of a key, or of the nearest key above it."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places.get(key, (None, None))


def read_yaml(path: Path, name: str | None = None) -> Document:
    """Reads one YAML file whose top level is a mapping. Raises InputError with file and line."""
    name = name or str(path)
    return copy.deepcopy(_parsed(read_text(path, name), name))


# A comparison reads the same port once per regime.
@lru_cache(maxsize=16)
def _parsed(text: str, name: str) -> Document:
    return parse_yaml(text, name)


def read_text(path: Path, name: str) -> str:
    """The text of a UTF-8 file of at most MAX_BYTES. Raises InputError."""
    try:
        if path.exists() and not path.is_file():
            what = "is a folder" if path.is_dir() else "is not a file"
            raise InputError(Fault(what, file=name, allowed="a scenario file"))
        if path.stat().st_size > MAX_BYTES:
            raise InputError(Fault("is too large for a scenario", file=name,
                                   found=f"{path.stat().st_size} bytes",
                                   allowed=f"at most {MAX_BYTES} bytes"))
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(Fault(f"cannot be read ({error.strerror})", file=name)) from None
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise InputError(Fault("is binary or UTF-16", file=name, line=line, found="byte 0x00",
                               hint="Save the file as UTF-8."))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(Fault("is not UTF-8", file=name, line=line,
                               found=f"byte 0x{raw[error.start]:02x}",
                               hint="Save the file as UTF-8.")) from None


def parse_yaml(text: str, name: str) -> Document:
    """Parses YAML text; `name` stands for the file in messages."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    for number, row in enumerate(text.split("\n"), start=1):
        # The parser's time grows with the square of the length of a single word.
        if len(row) > MAX_LINE:
            raise InputError(Fault("the line is too long", file=name, line=number,
                                   found=f"{len(row)} characters", hint="Break it.",
                                   allowed=f"at most {MAX_LINE} characters"))
    try:
        builder = _Builder(name)
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(Fault(f"is not YAML ({error.problem or error.context})", file=name,
                               line=mark.line + 1 if mark else None)) from None
    except ReaderError as error:
        where = text[: error.position].count("\n") + 1
        raise InputError(Fault("holds a character that no text file should", file=name, line=where,
                               found=chr(error.character))) from None
    except (YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(Fault(f"is not YAML ({reason})", file=name)) from None
    if builder.faults:
        raise InputError(builder.faults)
    if not isinstance(builder.root, dict):
        raise InputError(Fault("holds no scenario", file=name, line=1, found=builder.root,
                               allowed="keys such as 'schema:', 'name:', 'extends:'"))
    return Document(builder.root, {(): (name, 1), **builder.places})


class _Builder:
    """Builds plain data from YAML events, keeping the place of every key."""

    def __init__(self, name: str):
        self.name = name
        self.root: Any = None
        self.documents = 0
        self.nodes = 0
        self.places: dict[Key, tuple[str, int | None]] = {}
        self.faults: list[Fault] = []
        self.open: list[tuple[Any, Key]] = []
        self.pending: list[str | None] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents == 2:
                self.fault("only one YAML document is read", line, hint="Remove the second '---'.")
        elif kind == "AliasEvent":
            self.count(line)
            self.fault("aliases are not read", line, found=f"*{event.anchor}",
                       hint="Use 'extends:' to reuse a file.")
            self.add(None, line)
        elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent"):
            self.count(line)
            self.refuse_tag_and_anchor(event, line)
            if kind == "ScalarEvent":
                if bad := _CONTROL.search(event.value):
                    self.fault("control characters are not read", line, found=bad[0])
                self.add(scalar(event.value, event.style), line, key_text=event.value)
            else:
                self.enter({} if kind == "MappingStartEvent" else [], line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.open.pop()
            self.pending.pop()

    def count(self, line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise InputError(Fault("holds too much for a scenario", file=self.name, line=line,
                                   allowed=f"at most {MAX_NODES} keys and values"))

    def refuse_tag_and_anchor(self, event: Any, line: int) -> None:
        tag = event.tag if isinstance(event.tag, str | None) else str(event.tag)
        if tag:
            self.fault("YAML tags are not read", line, found=tag, hint="Remove the tag.")
        if event.anchor:
            self.fault("anchors are not read", line, found=f"&{event.anchor}",
                       hint="Use 'extends:' to reuse a file.")

    def enter(self, container: Any, line: int) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise InputError(Fault("is nested too deeply", file=self.name, line=line,
                                   allowed=f"{MAX_DEPTH} levels"))
        if self.open and isinstance(self.open[-1][0], dict) and self.pending[-1] is None:
            self.fault("a key must be a single word or number", line)
        key = self.add(container, line)
        self.open.append((container, key))
        self.pending.append(None)

    def add(self, value: Any, line: int, key_text: str | None = None) -> Key:
        """Puts a value where it belongs and returns its key."""
        if not self.open:
            if self.documents < 2:
                self.root = value
            return ()
        parent, above = self.open[-1]
        if isinstance(parent, list):
            parent.append(value)
            key = (*above, len(parent) - 1)
        elif self.pending[-1] is None:
            self.start_key(parent, above, key_text, line)
            return above
        else:
            word = self.pending[-1]
            self.pending[-1] = None
            parent[word] = value
            key = (*above, word)
            line = (self.places.get(key) or (self.name, line))[1] or line
        self.places[key] = (self.name, line)
        return key

    def start_key(self, parent: dict[str, Any], above: Key, text: str | None, line: int) -> None:
        word = text if text is not None else "?"
        if len(word) > MAX_KEY:
            self.fault("the key is too long", line, found=word,
                       allowed=f"{MAX_KEY} characters")
            word = word[:MAX_KEY]
        dotted = ".".join(str(part) for part in (*above, word))
        if word == "<<":
            self.fault("merge keys are not read", line, key=dotted,
                       hint="Use 'extends:' to reuse a file.")
        if word in parent:
            first = self.places.get((*above, word), (None, None))[1]
            self.fault("the key stands twice", line, key=dotted, hint=f"First on line {first}.")
        self.pending[-1] = word
        self.places[(*above, word)] = (self.name, line)

    def fault(self, message: str, line: int, **more: Any) -> None:
        if len(self.faults) < 50:
            self.faults.append(Fault(message, file=self.name, line=line, **more))


def scalar(text: str, style: str | None) -> Any:
    """YAML 1.2 core: null, true/false, integers and decimals; everything else stays text."""
    if style is not None:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.match(text) and len(text) < 19:
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


WHOLE = frozenset(("depths", "shares", "sizes", "table", "probability"))
"""Tables that a file replaces whole when it extends another: parts of two do not sum to 1."""


def merge(below: Document, above: Document, whole: frozenset[str] = frozenset()) -> Document:
    """`above` laid over `below`: mappings are merged key by key, everything else is replaced,
    and so are the mappings whose keys are named in `whole`. A null removes what lies below."""
    replaced: set[Key] = set()

    def lay(low: dict[str, Any], high: dict[str, Any], path: Key) -> dict[str, Any]:
        result = dict(low)
        for key, value in high.items():
            here = (*path, key)
            if value is None:
                replaced.add(here)
                result.pop(key, None)
            elif (isinstance(value, dict) and isinstance(low.get(key), dict)
                    and key not in whole and not _whole(value)):
                result[key] = lay(low[key], value, here)
            else:
                replaced.add(here)
                result[key] = value
        return result

    data = lay(below.data, above.data, ())
    kept = {key: place for key, place in below.places.items()
            if not any(key[:i] in replaced for i in range(1, len(key) + 1))}
    return Document(data, {**kept, **above.places})


def _whole(value: dict[str, Any]) -> bool:
    """A distribution or an annotated number replaces the old one whole: no parameter survives."""
    return "distribution" in value or "value" in value


def set_key(document: Document, assignment: str) -> Document:
    """Lays one KEY=VALUE of the command line over a document. KEY is dotted, VALUE is YAML."""
    origin = "--set " + shorten(assignment, 120).strip("'")
    key, equals, text = assignment.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts) or len(parts) > MAX_DEPTH:
        raise InputError(Fault("needs KEY=VALUE", file="--set", found=assignment,
                               hint="For example --set layout.shared.gangs=24"))
    value = parse_yaml("value: " + text, origin).data["value"] if text.strip() else None
    data: Any = value
    node: Any = document.data
    path: list[str | int] = []
    for part in parts:
        if isinstance(node, list):
            index = _index(part, node, key)
            path.append(index)
            node = node[index]
        else:
            path.append(part)
            node = node.get(part) if isinstance(node, dict) else None
    if any(isinstance(part, int) for part in path):
        return _set_in_list(document, path, value, origin)
    for step in reversed(path):
        data = {step: data}
    places: dict[Key, tuple[str, int | None]] = {tuple(path[: i + 1]): (origin, None)
                                                 for i in range(len(path))}
    merged = merge(document, Document(data, {tuple(path): (origin, None)}))
    for above, place in places.items():
        merged.places.setdefault(above, place)
    return merged


def _index(part: str, node: list[Any], key: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", part) or int(part) >= len(node):
        raise InputError(Fault("names no row of the list", file="--set", key=key, found=part,
                               allowed=f"0 to {len(node) - 1}" if node else "an empty list"))
    return int(part)


def _set_in_list(document: Document, path: list[str | int], value: Any, origin: str) -> Document:
    data = copy.deepcopy(document.data)
    node: Any = data
    places: dict[Key, tuple[str, int | None]] = {tuple(path): (origin, None)}
    for i, part in enumerate(path[:-1]):
        below = node[part] if isinstance(node, list) else node.get(part)  # type: ignore[index]
        if not isinstance(below, list | dict):
            # A number, or nothing: the schema says whether something may stand below it.
            below = node[part] = {}
            places[tuple(path[: i + 1])] = (origin, None)
        node = below
    node[path[-1]] = value
    return Document(data, {**document.places, **places})
