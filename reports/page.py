"""A report as one HTML page that needs nothing else: no network, no file beside it."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.content import Cell, Code, Column, Interval, Number, Report, Row, Verdict
from reports.facts import say
from reports.pictures import Drawing

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Heading:
    """A heading of a table on the page: one column, or several of one group in one cell."""

    title: str
    unit: str
    kind: str
    columns: range


def headings(columns: list[Column]) -> list[Heading]:
    """The columns as they stand on a page."""
    found, begin = [], 0
    for group, members in groupby(columns, key=lambda c: c.group or id(c)):
        parts = list(members)
        many = isinstance(group, str)
        found.append(Heading(str(group) if many else parts[0].title, "" if many else parts[0].unit,
                             "group" if many else parts[0].kind,
                             range(begin, begin + len(parts))))
        begin += len(parts)
    return found


def data_uri(svg: str) -> Markup:
    """An SVG as the address of an image, to stand between double quotes.

    Brackets stay as they are, which is a sixth less than escaping them: in an attribute only the
    ampersand and the quotes mean anything, in an address only # and %.
    """
    from markupsafe import Markup

    kept = svg.replace("&", "&amp;").replace('"', "'").replace("%", "%25").replace("#", "%23")
    return Markup("data:image/svg+xml,") + Markup(kept)


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def cell_kind(cell: Cell) -> str:
    """Which of a template's cases shows a cell."""
    kinds = {Number: "number", Interval: "interval", Verdict: "verdict", Code: "code"}
    return kinds.get(type(cell), "text")


def shared(row: Row) -> str:
    """What the sources of a row's numbers begin with, in whole words: it stands once, on the row.
    """
    numbers = [n for cell in row.cells for n in (
        (cell,) if isinstance(cell, Number) else
        (cell.low, cell.high) if isinstance(cell, Interval) else ())]
    sources = [n.source for n in numbers if n.source]
    common = os.path.commonprefix(sources) if len(sources) > 1 else ""
    return common[:common.rfind(" ") + 1]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["kind"] = cell_kind
    environment.filters["shared"] = shared
    environment.filters["headings"] = lambda table: headings(list(table.columns))
    environment.filters["data_uri"] = data_uri
    return environment


def render(report: Report, pictures: dict[str, Drawing]) -> str:
    """The page. pictures: figure name -> its drawing; those that are missing are left out."""
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    policy = (f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
              f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'")

    def words(key: str, **parts: Any) -> str:
        return say(report.lang, key, **parts)

    from markupsafe import Markup

    # Only our own files are put in as they are; whatever comes from results is escaped.
    return _environment().get_template("page.html").render(
        report=report, pictures=pictures, style=Markup(style), script=Markup(script),
        policy=policy, t=words)
