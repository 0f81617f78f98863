"""What became of every row of a log: used + repeated + rejected = all rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.errors import OnestopError

UNKNOWN_WEEK = "unknown"


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be used: its line in the file (from 1), what is known of it, and why."""

    line: int
    container: str
    declaration: str
    reason: str


@dataclass(frozen=True)
class Lost:
    """Boxes lost with rejected rows; `teu` counts those whose size is known, the rest are
    `unsized` boxes."""

    boxes: int
    teu: int
    unsized: int


@dataclass(frozen=True)
class Account:
    """The account of one log.

    faults: field -> {kind: used rows}. A fault blanks its field unless the kind says otherwise.
    blanks: field -> used rows whose field is still blank in the end and has to be drawn.
    notes: what was put right and how often (used rows).
    lost: week (ISO date of its Monday, or 'unknown') -> what was lost with rejected rows. The week
    is that of the arrival, else of the discharge, else of the lodging.
    Raises OnestopError (our own fault) when the rows do not add up.
    """

    file: str
    rows: int
    used: int
    repeated: int
    rejected: tuple[Rejected, ...]
    teu: int
    declarations: int
    faults: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    blanks: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, Lost] = field(default_factory=dict)

    def __post_init__(self) -> None:
        total = self.used + self.repeated + len(self.rejected)
        boxes_lost = sum(week.boxes for week in self.lost.values())
        if total != self.rows or boxes_lost != len(self.rejected):
            raise OnestopError(
                f"the rows of {self.file} do not add up: {self.used} used + {self.repeated} "
                f"repeated + {len(self.rejected)} rejected != {self.rows} rows "
                f"({boxes_lost} boxes lost by week)"
            )

    def as_dict(self) -> dict[str, Any]:
        """The account as plain data for JSON."""
        return {
            "file": self.file,
            "rows": self.rows,
            "used": self.used,
            "repeated": self.repeated,
            "rejected": len(self.rejected),
            "teu": self.teu,
            "declarations": self.declarations,
            "faults": {name: dict(kinds) for name, kinds in self.faults.items()},
            "blanks": dict(self.blanks),
            "notes": dict(self.notes),
            "lost": {
                week: {"boxes": lost.boxes, "teu": lost.teu, "unsized": lost.unsized}
                for week, lost in self.lost.items()
            },
            "rejected_rows": [
                {"line": row.line, "container": row.container,
                 "declaration": row.declaration, "reason": row.reason}
                for row in self.rejected
            ],
        }

    def render(self, most_rejected: int = 5) -> str:
        """A short text table; names at most `most_rejected` rejected rows by their line."""
        rejected = len(self.rejected)
        out = [
            f"Rows of {self.file}",
            *_table([("used", self.used), ("repeated", self.repeated), ("rejected", rejected),
                     ("all rows", self.rows)]),
            f"  {self.used} used + {self.repeated} repeated + {rejected} rejected = "
            f"{self.rows} rows; {self.declarations} declarations, {self.teu} TEU of known size",
        ]
        kinds = [(f"{name}: {kind}", count)
                 for name, of_field in self.faults.items() for kind, count in of_field.items()]
        out += _section("Faults in used rows", kinds)
        out += _section("Put right", list(self.notes.items()))
        out += _section("Blank, to be drawn (used rows)",
                        [(name, count) for name, count in self.blanks.items() if count])
        if rejected:
            out.append("Lost with rejected rows, by week of arrival")
            out += _table([(week, _lost_text(lost)) for week, lost in self.lost.items()])
            out.append("Rejected rows")
            out += [f"  line {row.line}: {row.container or '(no box number)'}: {row.reason}"
                    for row in self.rejected[:most_rejected]]
            if rejected > most_rejected:
                out.append(f"  and {rejected - most_rejected} more")
        return "\n".join(out)


def _lost_text(lost: Lost) -> str:
    boxes = f"{lost.boxes} box" + ("es" if lost.boxes > 1 else "")
    unsized = f" + {lost.unsized} of unknown size" if lost.unsized else ""
    return f"{boxes}, {lost.teu} TEU{unsized}"


def _section(title: str, entries: list[tuple[str, int]]) -> list[str]:
    return [title, *_table(entries)] if entries else []


def _table(entries: list[tuple[str, Any]]) -> list[str]:
    """Two columns, indented: names to the left, figures to the right under one another."""
    names = max(len(name) for name, _ in entries)
    figures = max(len(str(figure)) for _, figure in entries)
    return [f"  {name:<{names}}  {figure!s:>{figures}}" for name, figure in entries]
