"""Every error that a user can meet.

OnestopError                 70  our own fault, unless a subclass says otherwise
├── Difference                1  a check or a replay found a difference
├── InputError                2  the input is at fault: one or more `Fault`s
├── EnvironmentFailure        3  disk full, a missing extra, a worker that keeps dying
└── Interrupted             130  stopped by the user; what is finished is kept
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input: where it stands, what was found, what to do."""

    message: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    found: Any = None
    allowed: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        text = f"{where}: " if where else ""
        text += f"{self.key}: " if self.key else ""
        text += self.message
        if self.found is not None:
            text += f"; found {shorten(self.found)}"
        if self.allowed:
            allowed = self.allowed if len(self.allowed) <= 600 else self.allowed[:597] + "..."
            text += f"; allowed: {allowed}"
        if self.hint:
            text += f". {self.hint}"
        return text


class OnestopError(Exception):
    """The root of all our errors; `exit_status` is what the command line returns."""

    exit_status = 70


class Difference(OnestopError):
    """A verification, a check of results or a replay found a difference."""

    exit_status = 1


class InputError(OnestopError):
    """The input is at fault. Holds every fault that was found, not only the first."""

    exit_status = 2

    def __init__(self, faults: str | Fault | Iterable[Fault]):
        if isinstance(faults, str):
            faults = [Fault(faults)]
        elif isinstance(faults, Fault):
            faults = [faults]
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class EnvironmentFailure(OnestopError):
    """The machine cannot do it: disk full, no permission, a worker that keeps dying."""

    exit_status = 3


class Interrupted(OnestopError):
    """The user stopped the work; the message says how to resume."""

    exit_status = 130


def shorten(value: Any, limit: int = 80) -> str:
    """The value as text on one line of at most `limit` characters, control characters escaped."""
    text = repr(value) if not isinstance(value, str) else f"'{value[:4 * limit]}'"
    text = text[: 4 * limit]
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A hint naming the known word nearest to a misspelt one, or None if nothing is near."""
    match = difflib.get_close_matches(str(name)[:100], list(known), n=1, cutoff=0.55)
    return f"Did you mean '{match[0]}'?" if match else None
