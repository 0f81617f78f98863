"""Hours in which people are held per consignment, by kind of people, and how many are waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.figures.frame import State, em_width, framed, make_room, states
from reports.figures.measures import goods
from reports.figures.words import interval, number, say
from reports.stored import MissingTable, Stored, Value
from reports.style import INK, MUTED, Look, Style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("officer", "clerk", "gang")
GROUPS = ("joint", "all")
BAR, GAP = 0.24, 0.25
LABEL, VALUE = 10.5, 9.0


@dataclass(frozen=True)
class Bar:
    """Hours per consignment: all that are held with their interval, and those of it waiting."""

    held: float
    low: float
    high: float
    waiting: float | None


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without hours in summary.json."""
    bars = {
        (look.name, kind, group): bar
        for look in looks
        for kind in KINDS
        for group in GROUPS
        if (bar := _bar(stored, look.name, kind, group)) is not None
    }
    kinds = [kind for kind in KINDS if any(key[1] == kind for key in bars)]
    groups = [group for group in GROUPS if any(key[2] == group for key in bars)]
    if not bars:
        raise MissingTable("summary.json states no hours per consignment")
    title = _title(stored, style, looks, groups[0])
    labels = [say(style.lang, f"labour.{kind}") for kind in kinds]
    rows = len(looks) + GAP / BAR
    figure, panels = framed(
        style,
        title,
        _notes(stored, style, looks),
        _key(stored, style, looks),
        (1, len(groups)),
        len(kinds) * rows * BAR,
        left=0.55 + max(em_width(label) for label in labels) * LABEL / 72,
        between=(0.9, 0.35),
    )
    for i, (panel, group) in enumerate(zip(panels, groups)):
        _panel(panel, style, looks, kinds, {k: b for k, b in bars.items() if k[2] == group})
        panel.set_title(say(style.lang, f"group.{group}"))
        panel.set_xlabel(say(style.lang, "labour x"))
        panel.set_ylim(len(kinds) * rows, 0.0)
        ticks = [(j + 0.5) * rows for j in range(len(kinds))]
        panel.set_yticks(ticks, labels if i == 0 else [""] * len(kinds), fontsize=LABEL)
        panel.tick_params(axis="y", length=0)
        panel.grid(visible=False, axis="y")
    return figure, title


def _bar(stored: Stored, scenario: str, kind: str, group: str) -> Bar | None:
    held = stored.measure(scenario, f"labour.{kind}.{group}.per_consignment")
    if held is None or held.value is None:
        return None
    waiting = stored.measure(scenario, f"labour.{kind}.{group}.waiting")
    low = held.value if held.low is None else held.low
    high = held.value if held.high is None else held.high
    return Bar(held.value, low, high, None if waiting is None else waiting.value)


def _key(stored: Stored, style: Style, looks: list[Look]) -> list[tuple[Artist, str]]:
    from matplotlib.patches import Patch

    marks: list[tuple[Artist, str]] = [
        (
            Patch(facecolor=look.colour, hatch=look.hatch, edgecolor="white"),
            f"{look.label} ({say(style.lang, 'overloaded')})"
            if stored.overloaded(look.name)
            else look.label,
        )
        for look in looks
    ]
    marks.append((Patch(facecolor=MUTED), say(style.lang, "labour working")))
    marks.append(
        (
            Patch(facecolor="white", edgecolor=MUTED, linewidth=1.4),
            say(style.lang, "labour waiting"),
        )
    )
    return marks


def _panel(
    panel: Axes,
    style: Style,
    looks: list[Look],
    kinds: list[str],
    bars: dict[tuple[str, str, str], Bar],
) -> None:
    """Filled from zero: work; in outline beyond it: waiting. The whisker is of both together."""
    rows = len(looks) + GAP / BAR
    texts = []
    for i, kind in enumerate(kinds):
        for j, look in enumerate(looks):
            bar = next((b for key, b in bars.items() if key[:2] == (look.name, kind)), None)
            if bar is None:
                continue
            y = (i + 0.5) * rows + j - (len(looks) - 1) / 2
            _draw_bar(panel, look, bar, y)
            texts.append((max(bar.high, bar.held), _text(style, bar), y))
    scale = make_room(panel, 0.0, [(end, text) for end, text, _ in texts], VALUE)
    for end, text, y in texts:
        panel.text(end + 0.08 / scale, y, text, va="center", fontsize=VALUE)
    panel.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    panel.locator_params(axis="x", nbins=7)


def _draw_bar(panel: Axes, look: Look, bar: Bar, y: float) -> None:
    working = bar.held - (bar.waiting or 0.0)
    panel.barh(
        y, working, height=0.8, color=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0
    )
    if bar.waiting:
        panel.barh(
            y,
            bar.waiting,
            left=working,
            height=0.74,
            facecolor="white",
            edgecolor=look.colour,
            linewidth=1.4,
        )
    if bar.high > bar.low:
        panel.plot([bar.low, bar.high], [y, y], color=INK, linewidth=1.2, solid_capstyle="butt")
        for end in (bar.low, bar.high):
            panel.plot([end, end], [y - 0.2, y + 0.2], color=INK, linewidth=1.2)


def _text(style: Style, bar: Bar) -> str:
    held = number(bar.held, 2)
    if not bar.waiting:
        return held
    return say(style.lang, "labour text", held=held, waiting=number(bar.waiting, 2))


def _title(stored: Stored, style: Style, looks: list[Look], group: str) -> str:
    found = [stored.measure(look.name, f"labour.officer.{group}.per_consignment") for look in looks]
    values = [
        State(
            look,
            held.value,
            number(held.value, 2),
            lambda text: say(style.lang, "hours", value=text),
            _interval(held),
        )
        for look, held in zip(looks, found)
        if held is not None and held.value is not None
    ]
    if len(values) < len(looks):
        return say(style.lang, "labour plain")
    return say(
        style.lang,
        "labour title",
        goods=goods(stored, style, group),
        states=states(style, values),
    )


def _interval(held: Value) -> str:
    return "" if held.low == held.high else interval(held.low, held.high, 2)


def _notes(stored: Stored, style: Style, looks: list[Look]) -> list[str]:
    notes = [say(style.lang, "replications", n=stored.replications)]
    levels = {
        entry.get("confidence")
        for look in looks
        for kind in KINDS
        for group in GROUPS
        if isinstance(entry := _entry(stored, look.name, kind, group), dict)
    }
    if len(levels) == 1 and isinstance(level := levels.pop(), float):
        notes[0] += " " + say(style.lang, "whiskers", level=f"{level:.0%}")
    notes.append(say(style.lang, "labour note"))
    if any(stored.overloaded(look.name) for look in looks):
        notes.append(say(style.lang, "overloaded note"))
    return notes


def _entry(stored: Stored, scenario: str, kind: str, group: str) -> object:
    measures = stored.results.summary["scenarios"][scenario]["measures"]
    return measures.get(f"labour.{kind}.{group}.per_consignment")
