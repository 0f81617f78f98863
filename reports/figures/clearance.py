"""Clearance-time distributions: a panel for each segment, a curve for each scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures.frame import State, amount, framed, group_label, line_key, states
from reports.figures.words import number, say
from reports.stored import Floats, MissingTable, Stored
from reports.style import Look, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLIP = 0.99
POINTS = 500
DAY = 24.0
MARKS = (("p50", 0.50), ("p90", 0.90))

Samples = dict[str, dict[str, Floats]]


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without the distributions."""
    samples = {look.name: stored.clearance(look.name) for look in looks}
    groups = _groups(samples)
    edge = _edge(samples, groups)
    title = _title(stored, style, looks, groups)
    columns = min(2, len(groups))
    rows = -(-len(groups) // columns)
    figure, panels = framed(
        style,
        title,
        _notes(stored, style, looks, samples, groups, edge),
        [(line_key(look), look.label) for look in looks],
        (rows, columns),
        2.6 + 0.12 * len(looks),
        below=0.95,
        between=(0.95, 0.75),
    )
    for i, (panel, group) in enumerate(zip(panels, groups)):
        _panel(panel, stored, style, looks, samples, group, edge)
        if i % columns == 0:
            panel.set_ylabel(say(style.lang, "clearance y"))
        if i + columns >= len(groups):
            panel.set_xlabel(say(style.lang, "clearance x"))
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    return figure, title


def _groups(samples: Samples) -> list[str]:
    """All goods and the joint ones first, then each agency's."""
    found = dict.fromkeys(group for of in samples.values() for group in of)
    if "all" not in found:
        raise MissingTable("the table of distributions has no rows for these scenarios")
    first = [group for group in ("joint", "all") if group in found]
    return [*first, *(g for g in found if g not in (*first, "none"))]


def _edge(samples: Samples, groups: list[str]) -> float:
    """Hours at which the axis ends: the slowest segment's 99 %, as far as it was cleared."""
    edges = [DAY]
    for of in samples.values():
        for group in groups:
            hours = of.get(group, np.empty(0))
            cleared = hours[np.isfinite(hours)]
            if len(cleared):
                place = min(int(np.ceil(CLIP * len(hours))), len(cleared)) - 1
                edges.append(float(cleared[place]))
    return max(edges)


def _panel(
    panel: Axes,
    stored: Stored,
    style: Style,
    looks: list[Look],
    samples: Samples,
    group: str,
    edge: float,
) -> None:
    handles, labels = [], []
    grid = np.linspace(0.0, edge, POINTS)
    # What lies under another curve still shows at its edges.
    for look, width in zip(looks, np.linspace(2.8, 1.5, len(looks))):
        hours = samples[look.name].get(group, np.empty(0))
        if not len(hours):
            continue
        share = np.searchsorted(hours, grid, side="right") / len(hours)
        panel.plot(grid / DAY, share, color=look.colour, linestyle=look.line, linewidth=width)
        texts = [
            _mark(panel, stored, style, look, group, *mark, edge, 4.2 * width) for mark in MARKS
        ]
        handles.append(line_key(look, markersize=6))
        labels.append(" / ".join(text or "–" for text in texts))
    panel.set_title(group_label(stored, style, group))
    panel.set_xlim(0.0, edge / DAY)
    panel.set_ylim(0.0, 1.03)
    panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    panel.set_yticks([0.0, 0.25, 0.5, 0.75, 0.9, 1.0])
    _day_axis(panel, edge / DAY)
    legend = panel.legend(
        handles,
        labels,
        loc="lower right",
        fontsize=9,
        handlelength=3.0,
        title=say(style.lang, "clearance key"),
        title_fontsize=9,
        frameon=True,
        framealpha=0.92,
        edgecolor="none",
        alignment="left",
    )
    legend.set_zorder(5)


def _mark(
    panel: Axes,
    stored: Stored,
    style: Style,
    look: Look,
    group: str,
    name: str,
    share: float,
    edge: float,
    size: float,
) -> str | None:
    """Mark a quantile that summary.json states; its value in days as text."""
    value = stored.measure(look.name, f"time.clearance.{group}.{name}")
    if value is not None and value.value is not None and value.value <= edge:
        panel.plot(
            [value.value / DAY],
            [share],
            marker=look.marker,
            color=look.colour,
            markersize=size,
            markeredgecolor="white",
            markeredgewidth=1,
            zorder=4,
        )
    text = amount(style, value, 1, 1 / DAY)
    return None if text is None else say(style.lang, "days", value=text)


def _day_axis(panel: Axes, days: float) -> None:
    """Whole days, with the hours under them."""
    step = next((s for s in (1, 2, 5, 7, 10, 14, 20, 30, 50, 100, 200) if days / s <= 9), 500)
    ticks = np.arange(0, days + 1e-9, step)
    panel.set_xticks(ticks, [f"{tick:.0f}\n({tick * DAY:.0f} h)" for tick in ticks])


def _title(stored: Stored, style: Style, looks: list[Look], groups: list[str]) -> str:
    def days(text: str) -> str:
        return say(style.lang, "days", value=text)

    group = groups[0]
    values = []
    for look in looks:
        value = stored.measure(look.name, f"time.clearance.{group}.p50")
        text = amount(style, value, 1, 1 / DAY)
        if value is None or text is None:
            return say(style.lang, "clearance plain")
        known = value.value if value.value is not None else value.above
        values.append(State(look, known or 0.0, text, days))
    goods = say(style.lang, f"goods.{group}")
    return say(style.lang, "clearance title", goods=goods, states=states(style, values))


def _notes(
    stored: Stored,
    style: Style,
    looks: list[Look],
    samples: Samples,
    groups: list[str],
    edge: float,
) -> list[str]:
    curves: list[Any] = [of[group] for of in samples.values() for group in groups if group in of]
    curves = [hours for hours in curves if len(hours)]
    beyond = max(float(np.mean(hours > edge)) for hours in curves)
    still = max(float(np.mean(np.isinf(hours))) for hours in curves)
    slowest = max(float(np.max(hours[np.isfinite(hours)], initial=0.0)) for hours in curves)
    names = [f"time.clearance.{group}.p50" for group in groups]
    found = any(stored.measure(look.name, name) for look in looks for name in names)
    numbers = {
        "edge": number(edge / DAY, 1),
        "share": f"{beyond:.1%}",
        "slowest": number(slowest / DAY, 1),
        "open": say(style.lang, "at most", value=f"{still:.2%}")
        if still
        else say(style.lang, "nothing"),
    }
    first = say(style.lang, "replications", n=stored.replications)
    notes = [f"{first} {say(style.lang, 'clock')}", say(style.lang, "beyond", **numbers)]
    return notes if found else [*notes, say(style.lang, "no quantiles")]
