"""Yard occupancy over the week, against each yard's size and the area that it requires."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures.frame import NAMED, State, amount, framed, states
from reports.figures.words import number, say
from reports.stored import HOURS_OF_WEEK, Floats, MissingTable, Stored
from reports.style import INK, MUTED, Look, Style
from scenarios.words import site_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HIGH = 0.95
FIXED, FIXED_LINES = "#F1F1F1", "#B5B5B5"
CLOSE = 0.09
SIZE_LINE: Any = "solid"
REQUIRED_LINE: Any = (0, (4, 1.5, 1, 1.5))
P95_LINE: Any = (0, (2.5, 1.2))


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without the occupancy."""
    weeks = {look.name: stored.occupancy(look.name) for look in looks}
    shown = [(look, site) for look in looks for site in weeks[look.name]]
    if not shown:
        raise MissingTable("the table of occupancy has no rows for these scenarios")
    title = _title(stored, style, looks)
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, panels = framed(
        style,
        title,
        _notes(stored, style, shown, weeks),
        _key(style),
        (rows, columns),
        3.0 if rows == 1 else 2.4,
        between=(1.05, 0.4),
    )
    top = _top(stored, shown, weeks)
    for i, (panel, (look, site)) in enumerate(zip(panels, shown)):
        _panel(panel, stored, style, look, site, weeks[look.name][site], top)
        if i % columns == 0:
            panel.set_ylabel(say(style.lang, "yard y"))
        else:
            panel.tick_params(labelleft=False)
        if i + columns >= len(shown):
            panel.set_xlabel(say(style.lang, "yard x"))
    for panel in panels[len(shown) :]:
        panel.set_axis_off()
    return figure, title


def profile(weeks: Floats, first_weekday: int | None) -> tuple[Floats, Floats]:
    """Mean and 95 % point over weeks of each hour, from Monday 0:00 if the weekday is known.

    weeks: float64[weeks, 168], m2, NaN where an hour was not measured.
    """
    measured = ~np.isnan(weeks).all(axis=0)
    mean, high = np.full(HOURS_OF_WEEK, np.nan), np.full(HOURS_OF_WEEK, np.nan)
    mean[measured] = np.nanmean(weeks[:, measured], axis=0)
    high[measured] = np.nanquantile(weeks[:, measured], HIGH, axis=0)
    turn = 24 * (first_weekday or 0)
    return np.roll(mean, turn), np.roll(high, turn)


def _number(stored: Stored, scenario: str, name: str) -> float | None:
    value = stored.measure(scenario, name)
    return None if value is None else value.value


def _top(stored: Stored, shown: list[tuple[Look, str]], weeks: dict[str, Any]) -> float:
    highest = [1.0]
    for look, site in shown:
        fixed = stored.fixed_area(look.name, site) or 0.0
        highest.append(fixed + float(np.nanmax(profile(weeks[look.name][site], None)[1])))
        for name in ("size", "required"):
            highest.append(_number(stored, look.name, f"area.{site}.{name}") or 0.0)
    return 1.13 * max(highest)


def _panel(
    panel: Axes, stored: Stored, style: Style, look: Look, site: str, weeks: Floats, top: float
) -> None:
    fixed = stored.fixed_area(look.name, site) or 0.0
    first = stored.first_weekday()
    mean, high = (np.append(values, values[-1]) + fixed for values in profile(weeks, first))
    hours = np.arange(HOURS_OF_WEEK + 1)
    panel.fill_between(hours, fixed, mean, step="post", color=look.colour, alpha=0.35, linewidth=0)
    panel.fill_between(
        hours, 0.0, fixed, facecolor=FIXED, hatch="///", edgecolor=FIXED_LINES, linewidth=0.8
    )
    panel.step(hours, mean, where="post", color=look.colour, linewidth=2)
    panel.step(hours, high, where="post", color=look.colour, linewidth=1.4, linestyle=P95_LINE)
    _levels(panel, stored, style, look, site, top)
    yard = style.clean(site_name(style.lang, site), 29)
    panel.set_title(f"{style.clean(look.label, 29)}\n{yard}", fontsize=11, linespacing=1.25)
    panel.set_xlim(0, HOURS_OF_WEEK)
    panel.set_ylim(0, top)
    days = (
        say(style.lang, "no weekdays").split(",")
        if first is None
        else say(style.lang, "weekdays").split()
    )
    panel.set_xticks(np.arange(0, HOURS_OF_WEEK + 1, 24), [""] * 8)
    panel.set_xticks(np.arange(12, HOURS_OF_WEEK, 24), days, minor=True, fontsize=9.5)
    panel.tick_params(axis="x", which="minor", length=0)
    panel.yaxis.set_major_formatter(lambda y, _: f"{y / 1000:g}")


def _levels(panel: Axes, stored: Stored, style: Style, look: Look, site: str, top: float) -> None:
    """The yard's size and the area required, named above their lines if there is room."""
    levels = []
    for name, line in (("size", SIZE_LINE), ("required", REQUIRED_LINE)):
        value = _number(stored, look.name, f"area.{site}.{name}")
        if value is not None:
            panel.axhline(value, color=INK, linewidth=1.6, linestyle=line)
            levels.append((value, say(style.lang, name, value=number(value))))
    levels.sort(reverse=True)
    for i, (value, text) in enumerate(levels):
        below = i == 1 and levels[0][0] - value < CLOSE * top
        panel.text(
            HOURS_OF_WEEK - 2,
            value + (-0.012 if below else 0.012) * top,
            text,
            ha="right",
            va="top" if below else "bottom",
            fontsize=9,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.8},
            zorder=5,
        )


def _key(style: Style) -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        (
            Line2D([], [], color=INK, linewidth=1.6, linestyle=SIZE_LINE),
            say(style.lang, "size key"),
        ),
        (
            Line2D([], [], color=INK, linewidth=1.6, linestyle=REQUIRED_LINE),
            say(style.lang, "required key"),
        ),
        (Line2D([], [], color=MUTED, linewidth=1.4, linestyle=P95_LINE), say(style.lang, "p95")),
        (Line2D([], [], color=MUTED, linewidth=2.4), say(style.lang, "mean")),
        (Patch(facecolor=FIXED, hatch="///", edgecolor=FIXED_LINES), say(style.lang, "fixed")),
    ]


def _title(stored: Stored, style: Style, looks: list[Look]) -> str:
    values = []
    for look in looks:
        required = stored.measure(look.name, "area.required")
        text = amount(style, required, 0)
        size = amount(style, stored.measure(look.name, "area.size"), 0)
        if required is None or required.value is None or text is None or size is None:
            return say(style.lang, "yard plain")
        of = partial(_of, style.lang, size)
        values.append(State(look, required.value, text, of))
    sizes = {state.unit("") for state in values[1:]}
    if len(values) > NAMED and len(sizes) > 1:
        return say(style.lang, "yard plain")
    return say(style.lang, "yard title", states=states(style, values))


def _of(lang: str, size: str, required: str) -> str:
    return say(lang, "yard state", value=required, size=size)


def _notes(
    stored: Stored, style: Style, shown: list[tuple[Look, str]], weeks: dict[str, Any]
) -> list[str]:
    counted = max(len(weeks[look.name][site]) for look, site in shown)
    notes = [say(style.lang, "yard note", weeks=counted)]
    names = [(look.name, f"area.{site}.required") for look, site in shown]
    if any(_number(stored, *name) is not None for name in names):
        notes.append(say(style.lang, "required note", n=stored.replications))
    if any(stored.fixed_area(look.name, site) is None for look, site in shown):
        notes.append(say(style.lang, "no fixed"))
    return notes
