"""What a report says, before it becomes a page or a workbook: sections of texts, tables, figures.

A number is carried with the place in the stored files that it was read from, so that any page can
be checked against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from reports.figures.words import number


@dataclass(frozen=True)
class Number:
    """A stored number. `source`: where it stands; `factor` 100 shows a share in per cent.

    bound: '' or what goes before a number that is only known to be more ('>', '≥'). size: how
    large the stored number is, whatever its sign.
    """

    value: float | None
    digits: int
    source: str
    factor: float = 1.0
    sign: bool = False
    bound: str = ""
    suffix: str = ""
    size: bool = False

    @property
    def text(self) -> str:
        """As it is shown: rounded, a sign where it is a change; an en dash where undefined."""
        if self.value is None:
            return "–"
        shown = number(self.value * self.factor, self.digits)
        plus = "+" if self.sign and self.value * self.factor > 0 and shown.strip("0.,") else ""
        return f"{self.bound} {plus}{shown}{self.suffix}".lstrip()


@dataclass(frozen=True)
class Interval:
    """Both ends of an interval."""

    low: Number
    high: Number

    @property
    def text(self) -> str:
        """[low, high]; empty where there is none."""
        if self.low.value is None or self.high.value is None:
            return ""
        return f"[{self.low.text}, {self.high.text}]"


@dataclass(frozen=True)
class Verdict:
    """A verdict by its stable word; what is shown depends on the language."""

    word: str
    text: str
    sign: str


@dataclass(frozen=True)
class Sentence:
    """A text with numbers in it."""

    parts: Sequence[str | Number]

    @property
    def text(self) -> str:
        """As it is shown."""
        return "".join(p.text if isinstance(p, Number) else p for p in self.parts)


@dataclass(frozen=True)
class Code:
    """A command or a key: shown as typed."""

    text: str


Cell: TypeAlias = "str | Number | Interval | Verdict | Code"


@dataclass(frozen=True)
class Column:
    """A column's heading and kind: text, number or interval. Columns of one `group` that stand
    together share a cell on a page. `series`: drawn in the native chart of its sheet."""

    title: str
    kind: str = "text"
    unit: str = ""
    group: str = ""
    series: bool = False


@dataclass(frozen=True)
class Row:
    """A row; `kind` is '', 'head' (a subheading: one cell), 'primary' or 'total'."""

    cells: Sequence[Cell]
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table; `key` names it on the page, and with `sheet.KEY` its sheet (KEY-1: the first of
    several); `folded` hides it behind its title on a page."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    folded: bool = False
    unit_column: bool = False
    """Whether the second column is each row's unit."""

    kind = "table"


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    paragraphs: Sequence[str]

    kind = "text"


@dataclass(frozen=True)
class Picture:
    """A figure of the folder by its name, with the finding that it shows as text."""

    name: str
    caption: str

    kind = "picture"


@dataclass(frozen=True)
class Missing:
    """What is not there, and the command that makes it."""

    text: str
    command: str

    kind = "missing"


@dataclass(frozen=True)
class Special:
    """A block with a layout of its own: `template` names the macro that shows `data`, which
    `sentences` sum up where it cannot be laid out."""

    template: str
    data: Any
    sentences: Sequence[Sentence] = ()

    kind = "special"


Block: TypeAlias = "Table | Text | Picture | Missing | Special"


@dataclass
class Section:
    """A section of the report with its heading."""

    key: str
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Report:
    """A whole report in one language."""

    lang: str
    title: str
    subtitle: str
    sections: list[Section]
    made: datetime
    """When the study was finished."""

    @property
    def tables(self) -> list[Table]:
        """Every table, in order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Table)]
