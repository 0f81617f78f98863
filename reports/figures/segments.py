"""Change of the mean clearance time by segment, and the share that is slower than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.figures.frame import (
    State,
    em_width,
    framed,
    group_label,
    line_key,
    make_room,
    states,
)
from reports.figures.measures import goods
from reports.figures.words import interval, number, say, signed
from reports.stored import Change, MissingTable, Stored, Value
from reports.style import INK, MUTED, Look, Style
from scenarios.words import regime_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, GAP = 0.27, 0.26
LABEL, VALUE = 10.5, 9.5


@dataclass(frozen=True)
class Line:
    """One scenario in one segment; y counts rows from the top."""

    look: Look
    group: str
    y: float
    change: Change
    slower: Value | None


Dot = tuple[Line, float | None, float | None, float | None, str]


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without a second scenario."""
    baseline = stored.results.summary.get("baseline")
    others = [look for look in looks if look.name != baseline]
    if not others:
        raise MissingTable(
            "there is no second scenario to compare with; onestop compare SCENARIO SCENARIO... "
            "makes such results"
        )
    groups = _groups(stored, others)
    lines = _lines(stored, others, groups)
    title = _title(stored, style, others, groups, lines)
    labels = [_label(stored, style, group, lines) for group in groups]
    widest = max(em_width(line) for label in labels for line in label.split("\n"))
    height = len(groups) * (len(others) * ROW + GAP)
    figure, (changes, shares) = framed(
        style,
        title,
        _notes(stored, style, lines),
        [
            (line_key(look, markersize=8, linestyle="none"), _name(stored, style, look))
            for look in others
        ],
        (1, 2),
        height,
        left=0.55 + widest * LABEL / 72,
        between=(0.9, 0.3),
        widths=(1.75, 1.0),
    )
    rows = len(others) + GAP / ROW
    for panel, column in ((changes, "segments change"), (shares, "segments slower")):
        panel.set_title(say(style.lang, column), fontsize=11.5)
        panel.set_ylim(len(groups) * rows, 0.0)
        panel.set_yticks([])
        panel.grid(visible=False, axis="y")
        for i in range(1, len(groups)):
            panel.axhline(i * rows, color=MUTED, linewidth=0.5)
    changes.set_yticks([(i + 0.5) * rows for i in range(len(groups))], labels, fontsize=LABEL)
    changes.tick_params(axis="y", length=0)
    _draw_changes(changes, style, lines)
    _draw_shares(shares, style, lines)
    return figure, title


def _groups(stored: Stored, others: list[Look]) -> list[str]:
    """All goods and the joint ones first, then each agency's, as far as a change is stated."""
    found: dict[str, None] = {}
    for look in others:
        for name in stored.results.summary.get("differences", {}).get(look.name, {}):
            parts = str(name).split(".")
            if len(parts) == 4 and parts[:2] == ["time", "clearance"] and parts[3] == "mean":
                if stored.difference(look.name, name) is not None:
                    found[parts[2]] = None
    if not found:
        raise MissingTable("summary.json states no change of a clearance time")
    first = [group for group in ("joint", "all") if group in found]
    return [*first, *(group for group in found if group not in (*first, "none"))]


def _lines(stored: Stored, others: list[Look], groups: list[str]) -> list[Line]:
    rows = len(others) + GAP / ROW
    lines = []
    for i, group in enumerate(groups):
        for j, look in enumerate(others):
            change = stored.difference(look.name, f"time.clearance.{group}.mean")
            if change is not None:
                slower = stored.measure(look.name, f"time.clearance.{group}.slower_share")
                y = (i + 0.5) * rows + j - (len(others) - 1) / 2
                lines.append(Line(look, group, y, change, slower))
    return lines


def _label(stored: Stored, style: Style, group: str, lines: list[Line]) -> str:
    """A segment, and its mean in the baseline."""
    label = group_label(stored, style, group)
    if any(line.change.primary for line in lines if line.group == group):
        label += " *"
    baseline = str(stored.results.summary.get("baseline"))
    mean = stored.measure(baseline, f"time.clearance.{group}.mean")
    if mean is None or mean.value is None:
        return label
    name = style.clean(regime_name(style.lang, baseline), 22)
    return f"{label}\n{say(style.lang, 'segments base', value=number(mean.value, 1), name=name)}"


def _name(stored: Stored, style: Style, look: Look) -> str:
    if not stored.overloaded(look.name):
        return look.label
    return f"{look.label} ({say(style.lang, 'overloaded')})"


def _draw_changes(panel: Axes, style: Style, lines: list[Line]) -> None:
    drawn = []
    for line in lines:
        change = line.change
        text = signed(change.value, 1) + interval(change.low, change.high, 1, signed)
        drawn.append((line, change.value, change.low, change.high, text))
    lows = [low for _, _, low, _, _ in drawn if low is not None]
    highs = [high for _, _, _, high, _ in drawn if high is not None]
    values = [line.change.value for line in lines]
    _dots(panel, drawn, min(0.0, *values, *lows), max(0.0, *values, *highs))
    panel.axvline(0.0, color=INK, linewidth=1.2)
    panel.xaxis.set_major_formatter(lambda x, _: signed(x, 0 if abs(x) >= 1 or not x else 2))
    panel.locator_params(axis="x", nbins=9)
    # The column of texts is no part of the axis.
    start, most = panel.get_xlim()[0], max(0.0, *values, *highs)
    panel.set_xticks([tick for tick in panel.get_xticks() if start <= tick <= most])
    panel.set_xlabel(say(style.lang, "segments x"))


def _draw_shares(panel: Axes, style: Style, lines: list[Line]) -> None:
    drawn: list[Dot] = []
    for line in lines:
        share = line.slower
        if share is None or share.value is None:
            drawn.append((line, None, None, None, "–"))
            continue
        text = f"{share.value:.1%}"
        if share.low is not None and share.high is not None:
            text += interval(100 * share.low, 100 * share.high, 1)
        drawn.append((line, share.value, share.low, share.high, text))
    _dots(panel, drawn, 0.0, 1.0)
    panel.set_xticks([0.0, 0.5, 1.0], ["0%", "50%", "100%"])
    panel.set_xlabel(say(style.lang, "segments slower x"))


def _dots(panel: Axes, drawn: Sequence[Dot], least: float, most: float) -> None:
    """A dot with its interval for each line, and the texts under one another to the right."""
    scale = make_room(panel, least, [(most, text) for *_, text in drawn], VALUE, 0.2)
    for line, value, low, high, text in drawn:
        panel.text(most + 0.2 / scale, line.y, text, va="center", fontsize=VALUE)
        if value is None:
            continue
        ends = [value if low is None else low, value if high is None else high]
        panel.plot(ends, [line.y] * 2, color=line.look.colour, linewidth=2.4)
        panel.plot(
            [value],
            [line.y],
            marker=line.look.marker,
            color=line.look.colour,
            markersize=7.5,
            linestyle="none",
            zorder=4,
            clip_on=False,
        )


def _title(
    stored: Stored, style: Style, others: list[Look], groups: list[str], lines: list[Line]
) -> str:
    """The first segment's change in each scenario, and the segment that gets slower by most."""
    first = [line for line in lines if line.group == groups[0]]
    values = [
        State(
            line.look,
            line.change.value,
            signed(line.change.value, 1),
            lambda text: say(style.lang, "hours", value=text),
            interval(line.change.low, line.change.high, 1, signed),
        )
        for line in first
    ]
    title = say(
        style.lang,
        "segments title",
        goods=goods(stored, style, groups[0]),
        states=states(style, values),
    )
    slower = [line for line in lines if line.change.low is not None and line.change.low > 0]
    if not slower:
        return title
    worst = max(slower, key=lambda line: line.change.value)
    return title + say(
        style.lang,
        "segments worst",
        segment=group_label(stored, style, worst.group),
        value=signed(worst.change.value, 1),
        interval=interval(worst.change.low, worst.change.high, 1, signed),
        name=style.clean(worst.look.label, 30),
    )


def _notes(stored: Stored, style: Style, lines: list[Line]) -> list[str]:
    changes = [line.change for line in lines]
    plain = {c.confidence for c in changes if not c.primary and c.confidence is not None}
    primary = {c.confidence for c in changes if c.primary and c.confidence is not None}
    family = stored.results.summary.get("statistics", {}).get("family_confidence")
    notes = [say(style.lang, "replications", n=stored.replications)]
    if len(plain) == 1:
        notes[0] += " " + say(style.lang, "whiskers", level=f"{plain.pop():.0%}")
    if len(primary) == 1 and isinstance(family, float):
        each, together = f"{primary.pop():.1%}", f"{family:.0%}"
        notes.append(say(style.lang, "segments primary", level=each, together=together))
    notes.append(say(style.lang, "segments note"))
    if any(stored.overloaded(line.look.name) for line in lines):
        notes.append(say(style.lang, "overloaded note"))
    return notes
