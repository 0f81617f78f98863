"""What became of every row and of every field of a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios.errors import OnestopError


@dataclass(frozen=True)
class FieldAccount:
    """Of one field, in how many rows it was used as written, repaired or blanked (each with the
    reasons), absent, or stands in a row that is not used: together all rows."""

    used: int
    repaired: Mapping[str, int]
    blanked: Mapping[str, int]
    absent: int
    left_out: int

    @property
    def total(self) -> int:
        return (self.used + sum(self.repaired.values()) + sum(self.blanked.values())
                + self.absent + self.left_out)

    def as_dict(self) -> dict[str, Any]:
        return {"used": self.used, "repaired": dict(self.repaired), "blanked": dict(self.blanked),
                "absent": self.absent, "left_out": self.left_out}


@dataclass(frozen=True)
class LeftOut:
    """A row that is not used: its line in the file, what is known of it, and why."""

    line: int
    kind: str
    container: str
    declaration: str
    reason: str


@dataclass(frozen=True)
class QualityAccount:
    """The account of one log.

    rows = used + repeated + rejected. cells: what `fields` count in, rows of the file, or the
    containers that the rows of a long log tell of. stamps: stamp -> its rounding step and heaping.
    notes: what else was seen, and how often; of rows that are used. window: first and last stamp of
    the log. left_out: the rows that are not used, in the order of the file.
    Raises OnestopError (our own fault) if sums do not add up.
    """

    file: str
    layout: str
    rows: int
    used: int
    repeated: Mapping[str, int]
    rejected: Mapping[str, int]
    cells: int
    fields: Mapping[str, FieldAccount]
    stamps: Mapping[str, Mapping[str, Any]]
    notes: Mapping[str, int]
    window: tuple[str, str]
    containers: int
    consignments: int
    left_out: Any = field(default=(), repr=False)

    def __post_init__(self) -> None:
        rows = self.used + sum(self.repeated.values()) + sum(self.rejected.values())
        wrong = [name for name, of in self.fields.items() if of.total != self.cells]
        if rows != self.rows or wrong:
            raise OnestopError(
                f"the account of {self.file} does not add up: {self.used} used + "
                f"{sum(self.repeated.values())} repeated + {sum(self.rejected.values())} rejected "
                f"!= {self.rows} rows; fields: {', '.join(wrong) or 'in order'}")

    def left_out_rows(self) -> Iterator[LeftOut]:
        """The rows that are not used, one by one."""
        yield from self.left_out

    def write_left_out(self, path: Path) -> None:
        """Writes these rows as CSV."""
        import csv

        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["line", "kind", "container", "declaration", "reason"])
            writer.writerows([row.line, row.kind, row.container, row.declaration, row.reason]
                             for row in self.left_out_rows())

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the single rows."""
        return {
            "file": self.file, "layout": self.layout, "rows": self.rows, "used": self.used,
            "repeated": dict(self.repeated), "rejected": dict(self.rejected), "cells": self.cells,
            "fields": {name: of.as_dict() for name, of in self.fields.items()},
            "stamps": {name: dict(of) for name, of in self.stamps.items()},
            "notes": dict(self.notes), "window": list(self.window),
            "containers": self.containers, "consignments": self.consignments,
        }

    def render(self, most: int = 5) -> str:
        """The account as text; at most `most` rows that are not used are named."""
        repeated, rejected = sum(self.repeated.values()), sum(self.rejected.values())
        out = [f"Rows of {self.file} ({self.layout})",
               f"  {self.used} used + {repeated} repeated + {rejected} rejected = {self.rows} rows;"
               f" {self.containers} containers of {self.consignments} consignments",
               f"  kept from {self.window[0]} to {self.window[1]}"]
        out += _counts("Repeated", self.repeated) + _counts("Rejected", self.rejected)
        what = "rows" if self.cells == self.rows else "containers"
        out.append(f"Fields (used + repaired + blanked + absent + in rows left out = "
                   f"{self.cells} {what})")
        table: list[tuple[str, ...]] = [("", "used", "repaired", "blanked", "absent", "left out")]
        table += [
            (name, str(of.used), str(sum(of.repaired.values())), str(sum(of.blanked.values())),
             str(of.absent), str(of.left_out)) for name, of in self.fields.items()]
        out += _aligned(table)
        reasons = [(f"{name}: {why}", count) for name, of in self.fields.items()
                   for why, count in of.repaired.items()]
        out += _counts("Repaired", dict(reasons))
        reasons = [(f"{name}: {why}", count) for name, of in self.fields.items()
                   for why, count in of.blanked.items()]
        out += _counts("Blanked", dict(reasons))
        out.append("Stamps: rounded to; on full quarters of an hour (by chance)")
        out += _aligned([(name, f"{of['step']} s", _percent(of.get("share")),
                          f"({_percent(of.get('expected'))})") for name, of in self.stamps.items()])
        out += _counts("Also seen", self.notes)
        shown = [row for _, row in zip(range(most + 1), self.left_out_rows())]
        if shown:
            out.append("Rows that are not used")
            out += [f"  line {row.line}: {row.container or '(no box number)'}: {row.kind}, "
                    f"{row.reason}" for row in shown[:most]]
            if repeated + rejected > most:
                out.append(f"  and {repeated + rejected - most} more")
        return "\n".join(out)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.1f} %"


def _counts(title: str, table: Mapping[str, int]) -> list[str]:
    if not any(table.values()):
        return []
    return [title, *_aligned([(name, str(n)) for name, n in table.items() if n])]


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns under one another, the first to the left, figures to the right."""
    if not rows:
        return []
    from scenarios.textwidth import cells, pad_left

    widths = [max(cells(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  " + row[0] + " " * (widths[0] - cells(row[0])) + "".join(
        "  " + pad_left(cell, width) for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows]
