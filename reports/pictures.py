"""The figures of a folder as small SVG texts, to stand inside a page."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from reports.figures import FIGURES
from reports.stored import MissingTable, Stored
from reports.style import MOST_SCENARIOS, Style, settings


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG, and the finding that its title states."""

    svg: str
    title: str


def figure_svg(name: str, stored: Stored, style: Style) -> Drawing:
    """Draw a figure from stored results; MissingTable if its data are not there."""
    if name not in FIGURES:
        raise MissingTable(f"there is no figure '{name}'")
    looks = style.looks(stored.scenarios[:MOST_SCENARIOS])
    with settings(style):
        figure, title = FIGURES[name](stored, style, looks)
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", facecolor="white",
                       metadata={"Creator": "onestop", "Date": None, "Title": title})
        figure.clear()
    return Drawing(shortened(stream.getvalue().decode()), title)


_LETTER = r"\1"


def shortened(svg: str) -> str:
    """The same picture in fewer characters: without the prologue, comments and metadata, with
    coordinates to a hundredth of a point."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r"(?<![\d.])([1-9]\d*\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><").strip()
    # In a path a letter needs no blank beside it.
    return re.sub(r' d="([^"]*)"', lambda m: f' d="{re.sub(r" ?([A-Za-z]) ?", _LETTER, m[1])}"',
                  svg)
