"""The frame that the figures share: title, key of the scenarios, panels, notes, in that order.

Sizes are in inches and computed from the texts, so that nothing overlaps and the same results
give the same picture.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.figures.words import number, say
from reports.stored import Stored, Value
from reports.style import MUTED, Look, Style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 12.0
MARGIN = 0.35
TITLE, KEY, NOTE = 16.0, 11.0, 9.5
LINE_HEIGHT = 1.35 / 72

# Titles name at most so many scenarios one by one, so long, and then the range of the others.
NAMED = 3
TITLE_NAME = 30


def em_width(text: str) -> float:
    """About the width of a text in units of its font size."""
    return sum(1.02 if unicodedata.east_asian_width(c) in "WF" else 0.6 for c in text)


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines of at most `width` inches; Chinese may break anywhere, other texts between words."""
    room = width * 72 / size
    lines, line = [], ""
    for piece in _pieces(text):
        if line and em_width(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece if line or piece.strip() else ""
        # A word without a break that is wider than the page is cut.
        while em_width(line.rstrip()) > room:
            cut = max(1, int(room / 1.02))
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    pieces = [""]
    for c in text:
        pieces[-1] += c
        closing = c == " " or unicodedata.east_asian_width(c) in "WF"
        if closing:
            pieces.append("")
    # A Chinese comma or stop never begins a line.
    joined: list[str] = []
    for piece in pieces:
        if joined and piece[:1] in "，。；：、）％":
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return joined


def framed(
    style: Style,
    title: str,
    notes: Sequence[str],
    key: Sequence[tuple[Artist, str]],
    grid: tuple[int, int],
    panel_height: float,
    *,
    left: float = 0.95,
    below: float = 0.72,
    between: tuple[float, float] = (0.95, 0.55),
    width: float = WIDTH,
    widths: Sequence[float] | None = None,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """A figure and its panels (rows x columns of `grid`), row by row.

    key: (handle, label) of what the panels share. left: inches for the labels of the first
    column, below: for those under the last row. between: inches between rows and between columns.
    widths, heights: of the columns and rows to one another; `panel_height` is then their mean.
    """
    from matplotlib.figure import Figure

    rows, columns = grid
    lines = wrap(title, TITLE, width - 2 * MARGIN)
    foot = [line for note in notes for line in wrap(note, NOTE, width - 2 * MARGIN)]
    key_columns = _key_columns([label for _, label in key], width)
    key_rows = math.ceil(len(key) / key_columns)
    head = MARGIN + len(lines) * TITLE * LINE_HEIGHT
    under_key = head + (0.12 + key_rows * KEY * LINE_HEIGHT * 1.12 if key else 0.0)
    top = under_key + 0.5
    body = rows * panel_height + (rows - 1) * between[0]
    bottom = below + len(foot) * NOTE * LINE_HEIGHT + 0.6 * MARGIN
    height = top + body + bottom
    figure = Figure(figsize=(width, height))
    figure.text(
        MARGIN / width,
        1 - MARGIN / height,
        "\n".join(lines),
        fontsize=TITLE,
        fontweight=style.weight,
        va="top",
        linespacing=1.2,
    )
    if key:
        figure.legend(
            [handle for handle, _ in key],
            [label for _, label in key],
            loc="upper left",
            bbox_to_anchor=(MARGIN / width, 1 - (head + 0.12) / height),
            ncols=key_columns,
            fontsize=KEY,
            borderaxespad=0,
            borderpad=0,
            handlelength=2.8,
            columnspacing=1.6,
        )
    figure.text(
        MARGIN / width,
        0.6 * MARGIN / height,
        "\n".join(foot),
        fontsize=NOTE,
        color=MUTED,
        va="bottom",
        linespacing=1.3,
    )
    inner = (width - left - MARGIN - (columns - 1) * between[1]) / columns
    panels = figure.subplots(
        rows,
        columns,
        squeeze=False,
        width_ratios=widths,
        height_ratios=heights,
        gridspec_kw={
            "left": left / width,
            "right": 1 - MARGIN / width,
            "top": 1 - top / height,
            "bottom": bottom / height,
            "wspace": between[1] / inner,
            "hspace": between[0] / panel_height,
        },
    )
    return figure, list(panels.flat)


def _key_columns(labels: Sequence[str], width: float) -> int:
    every = sum(em_width(label) * KEY / 72 + 0.75 for label in labels)
    if labels and every <= width - 2 * MARGIN:
        return len(labels)
    widest = max((em_width(label) for label in labels), default=1.0) * KEY / 72 + 0.75
    return min(max(len(labels), 1), max(1, int((width - 2 * MARGIN) / widest)))


@dataclass(frozen=True)
class State:
    """What a title says of one scenario: a number, its text, and the words around the text.

    detail: what follows where the scenario is named, such as the interval.
    """

    look: Look
    value: float
    text: str
    unit: Callable[[str], str]
    detail: str = ""


def states(style: Style, values: Sequence[State]) -> str:
    """What holds in each scenario, in words.

    The first ones by name; if there are more than a title can hold, the range of the others.
    """
    named = values if len(values) <= NAMED else values[:1]
    texts = [
        say(
            style.lang,
            "under",
            value=state.unit(state.text) + state.detail,
            name=style.clean(state.look.label, TITLE_NAME),
        )
        for state in named
    ]
    others = sorted(values[len(named) :], key=lambda state: state.value)
    if others:
        low, high = others[0], others[-1]
        text = low.text
        if low.text != high.text:
            text = say(style.lang, "range", low=low.text, high=high.text)
        texts.append(say(style.lang, "under others", value=high.unit(text), n=len(others)))
    return say(style.lang, "separator").join(texts)


def amount(style: Style, value: Value | None, digits: int, factor: float = 1.0) -> str | None:
    """A measure as text, 'more than x' where it is only known to be more; None if undefined."""
    if value is None:
        return None
    if value.value is not None:
        return number(value.value * factor, digits)
    if value.above is not None:
        return say(style.lang, "more than", value=number(value.above * factor, digits))
    return None


def group_label(stored: Stored, style: Style, group: str) -> str:
    """The heading of a segment: all, joint, none, or the agency that selected the goods alone."""
    if group in ("all", "joint", "none"):
        return say(style.lang, f"group.{group}")
    label = stored.agency_label(group, style.lang) or group
    return say(style.lang, "group.only", agency=style.clean(label, 40))


def line_key(look: Look, **extra: Any) -> Artist:
    """A handle that shows a scenario's colour, line and marker."""
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        **{
            "color": look.colour,
            "linestyle": look.line,
            "marker": look.marker,
            "linewidth": 2,
            **extra,
        },
    )


def panel_width(panel: Axes) -> float:
    """Inches."""
    figure = panel.get_figure(root=True)
    assert figure is not None
    return float(panel.get_position().width * figure.get_size_inches()[0])


def make_room(
    panel: Axes, low: float, ends: Sequence[tuple[float, str]], size: float, margin: float = 0.14
) -> float:
    """Set the limits of a panel so that a text fits to the right of each end; inches per unit.

    low: the least number drawn; ends: (where the marks of a line end, its text). margin: inches
    between them.
    """
    inches = panel_width(panel)
    span = max(max((end for end, _ in ends), default=low) - low, 1e-9)
    start = low - 0.03 * span if low < 0 else low
    stop = start + span
    for end, text in ends:
        part = min(0.9, (em_width(text) * size / 72 + margin + 0.05) / inches)
        stop = max(stop, (end - part * start) / (1 - part))
    panel.set_xlim(start, stop)
    return inches / (stop - start)
