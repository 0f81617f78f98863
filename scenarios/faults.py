"""From what pydantic and the cross-checks find to faults with file, line, key and a hint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from scenarios.errors import Fault, nearest
from scenarios.yamlfile import Document, Key

MAX_FAULTS = 100


def faults_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Fault]:
    """Pydantic's errors as faults; of very many, the first."""
    items = error.errors(include_url=False)
    faults = [_fault(item, document, model) for item in items[:MAX_FAULTS]]
    if len(items) > MAX_FAULTS:
        faults.append(Fault(f"and {len(items) - MAX_FAULTS} more faults"))
    return faults


def _fault(item: Any, document: Document, model: type[BaseModel]) -> Fault:
    """One of pydantic's errors as a fault with the file and line of its key."""
    key = _key(item["loc"], document.data)
    file, line = document.place(key)
    kind, context = item["type"], item.get("ctx") or {}
    dotted = ".".join(str(part) for part in key)
    if kind == "extra_forbidden":
        known = _fields(model, key[:-1])
        return Fault("unknown key", file, line, dotted, allowed=", ".join(known) or None,
                     hint=nearest(str(key[-1]), known))
    if kind == "missing":
        # A key that a null has removed has a place of its own; others are missed in the part above.
        file, line = document.place(key)
        return Fault("is missing", file, line, dotted)
    if kind == "literal_error":
        known = re.findall(r"[^', ]+", context.get("expected", "").replace(" or ", ", "))
        return Fault("is not one of the known values", file, line, dotted, item["input"],
                     ", ".join(known), nearest(str(item["input"]), known))
    message = item["msg"].removeprefix("Value error, ")[:400]
    message = message[0].lower() + message[1:]
    found = item["input"] if not isinstance(item["input"], dict | list) else None
    return Fault(message, file, line, dotted, found)


def _key(loc: Iterable[str | int], data: Any) -> Key:
    """The part of pydantic's path that the file really has, with the last, missing, step."""
    key: list[str | int] = []
    for part in loc:
        if part == "[key]":
            continue
        if isinstance(data, list) and isinstance(part, str) and re.fullmatch("[0-9]+", part):
            part = int(part)
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data))
        key.append(part)
        data = data[part] if inside else None
    return tuple(key)


def _fields(model: type[BaseModel], key: Key) -> list[str]:
    """The keys that are allowed at a place of the schema."""
    current: Any = model
    for part in key:
        if (fields := _by_alias(current)) is not None:
            current = _bare(fields[str(part)].annotation) if str(part) in fields else None
        else:
            current = _bare(get_args(current)[-1]) if get_args(current) else None
    return list(_by_alias(current) or ())


def _by_alias(annotation: Any) -> dict[str, Any] | None:
    """A model's fields by the name that they have in a file; None for anything else."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {field.alias or name: field for name, field in annotation.model_fields.items()}
    return None


def _bare(annotation: Any) -> Any:
    """A type without what it may be besides (None) and without its validators."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    return annotation


def placed(fault: Fault, document: Document) -> Fault:
    """A cross-check's fault with the file and line of its key."""
    file, line = document.place(_key((fault.key or "").split("."), document.data))
    return Fault(fault.message, file, line, fault.key, fault.found, fault.allowed, fault.hint)


def sorted_once(faults: list[Fault]) -> list[Fault]:
    """Each fault once, in the order of files and lines; faults without a file last."""
    once = {str(fault): fault for fault in faults}
    return sorted(once.values(), key=lambda f: (f.file is None, f.file or "", f.line or 0))
