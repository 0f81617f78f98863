"""Source, confidence and range of every number of a scenario.

A number may be written plain (`12 min`) or annotated:
`{value: 12 min, source: "...", confidence: assumed, range: [8 min, 20 min]}`.
The annotation keys may stand in any mapping; they then speak for all numbers beneath it that have
none of their own. A distribution annotates itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from scenarios.errors import Fault, nearest
from scenarios.ids import ANNOTATIONS, CONFIDENCE
from scenarios.yamlfile import Document, Key

_QUANTITY = re.compile(r"[0-9.]+ ?[A-Za-z]")
TEXT_KEYS = {"title", "description", "label", "name", "schema", "kind", "extends", "note"}


@dataclass(frozen=True)
class Note:
    """What is known of a number: where it comes from and how far it can be trusted."""

    source: str | None = None
    confidence: str | None = None
    range: tuple[Any, Any] | None = None
    note: str | None = None


def split_annotations(document: Document) -> tuple[dict[str, Any], dict[Key, Note], list[Fault]]:
    """(plain data, notes by key, faults): the data without its annotations."""
    notes: dict[Key, Note] = {}
    faults: list[Fault] = []

    def walk(value: Any, key: Key) -> Any:
        if isinstance(value, list):
            return [walk(item, (*key, i)) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        own = {k: value[k] for k in ANNOTATIONS if k in value}
        rest = {k: v for k, v in value.items() if k not in ANNOTATIONS}
        if own:
            note = _note(own, key, document, faults)
            if note:
                notes[key] = note
        if set(rest) == {"value"} and "distribution" not in value:
            return rest["value"]
        return {k: walk(v, (*key, k)) for k, v in rest.items()}

    return walk(document.data, ()), notes, faults


def _note(own: dict[str, Any], key: Key, document: Document, faults: list[Fault]) -> Note | None:
    def fault(word: str, message: str, **more: Any) -> None:
        file, line = document.place((*key, word))
        faults.append(Fault(message, file=file, line=line, found=own[word],
                            key=".".join(map(str, (*key, word))), **more))

    span = own.get("range")
    before = len(faults)
    if "confidence" in own and own["confidence"] not in CONFIDENCE:
        fault("confidence", "unknown confidence", allowed=", ".join(CONFIDENCE),
              hint=nearest(str(own["confidence"]), CONFIDENCE))
    if "source" in own and (not isinstance(own["source"], str) or not own["source"].strip()):
        fault("source", "must be a text")
    if "range" in own and (not isinstance(span, list) or len(span) != 2 or any(
            isinstance(end, list | dict | bool) or end is None for end in span)):
        fault("range", "must be [low, high]")
    elif span and all(isinstance(end, int | float) for end in span) and span[0] > span[1]:
        fault("range", "must be [low, high], and low is above high")
    if "note" in own and not isinstance(own["note"], str):
        fault("note", "must be a text")
    if len(faults) > before:
        return None
    return Note(own.get("source"), own.get("confidence"), tuple(span) if span else None,
                own.get("note"))


def register(data: Any, notes: dict[Key, Note]) -> list[dict[str, Any]]:
    """Every number and choice of a scenario: rows of key, kind, value, source, confidence, range.

    A row stands for each scalar, list or distribution; for source and confidence the nearest
    annotation above it speaks. `kind` is 'number' or 'choice' (a word, a date, a list of words).
    """
    rows: list[dict[str, Any]] = []

    def nearest_note(key: Key, word: str) -> Any:
        for length in range(len(key), -1, -1):
            found = getattr(notes.get(key[:length]), word, None)
            if found is not None:
                return found
        return None

    def add(key: Key, value: Any) -> None:
        own = notes.get(key)
        rows.append({"key": ".".join(map(str, key)), "kind": _kind(value), "value": value,
                     "source": nearest_note(key, "source"),
                     "confidence": nearest_note(key, "confidence"),
                     "note": own.note if own else None,
                     "range": list(own.range) if own and own.range else None})

    def walk(value: Any, key: Key) -> None:
        if key and key[-1] in TEXT_KEYS:
            return
        if isinstance(value, dict):
            if "distribution" in value:
                add(key, value)
            else:
                for word, item in value.items():
                    walk(item, (*key, word))
        elif isinstance(value, list):
            if value and all(not isinstance(item, dict | list) for item in value):
                add(key, value)
            else:
                for i, item in enumerate(value):
                    walk(item, (*key, i))
        elif value is not None:
            add(key, value)

    walk(data, ())
    return rows


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "number"
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, str):
        return "number" if _QUANTITY.match(first) else "choice"
    return "number" if isinstance(first, int | float) else "choice"
