"""Change of the mean clearance time by segment, and the share that is slower than before."""

from __future__ import annotations

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
        widths=(1.9, 1.0),
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
    name = style.clean(baseline, 22)
    return f"{label}\n{say(style.lang, 'segments base', value=number(mean.value, 1), name=name)}"


def _name(stored: Stored, style: Style, look: Look) -> str:
    if not stored.overloaded(look.name):
        return look.label
    return f"{look.label} ({say(style.lang, 'overloaded')})"


def _draw_changes(panel: Axes, style: Style, lines: list[Line]) -> None:
    texts, lows = [], [0.0]
    for line in lines:
        change, look = line.change, line.look
        low = change.value if change.low is None else change.low
        high = change.value if change.high is None else change.high
        _dot(panel, look, change.value, low, high, line.y)
        text = signed(change.value, 1) + interval(change.low, change.high, 1, signed)
        texts.append((max(high, change.value), text, line.y))
        lows.append(min(low, change.value))
    scale = make_room(
        panel, min(lows), [*((end, text) for end, text, _ in texts), (0.0, "")], VALUE
    )
    for end, text, y in texts:
        panel.text(end + 0.13 / scale, y, text, va="center", fontsize=VALUE)
    panel.axvline(0.0, color=INK, linewidth=1.2)
    panel.xaxis.set_major_formatter(lambda x, _: signed(x))
    panel.locator_params(axis="x", nbins=7)
    panel.set_xlabel(say(style.lang, "segments x"))


def _draw_shares(panel: Axes, style: Style, lines: list[Line]) -> None:
    for line in lines:
        share = line.slower
        if share is None or share.value is None:
            panel.text(0.01, line.y, "–", va="center", fontsize=VALUE)
            continue
        low = share.value if share.low is None else share.low
        high = share.value if share.high is None else share.high
        _dot(panel, line.look, share.value, low, high, line.y)
        right = share.value < 0.6
        panel.text(
            (high + 0.035) if right else (low - 0.035),
            line.y,
            f"{share.value:.1%}",
            ha="left" if right else "right",
            va="center",
            fontsize=VALUE,
        )
    panel.set_xlim(0.0, 1.0)
    panel.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0%", "25%", "50%", "75%", "100%"])
    panel.set_xlabel(say(style.lang, "segments slower x"))


def _dot(panel: Axes, look: Look, value: float, low: float, high: float, y: float) -> None:
    panel.plot([low, high], [y, y], color=look.colour, linewidth=2.2, solid_capstyle="butt")
    for end in (low, high):
        panel.plot([end, end], [y - 0.17, y + 0.17], color=look.colour, linewidth=1.6)
    panel.plot(
        [value],
        [y],
        marker=look.marker,
        color=look.colour,
        markersize=8,
        markeredgecolor="white",
        markeredgewidth=0.8,
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
