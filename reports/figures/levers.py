"""A reform's effect on its first primary measure, lever by lever, and queues apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.explained import Effect, Explained, Step, explanation
from reports.figures.frame import NOTE, em_width, framed, make_room, panel_width, wrap
from reports.figures.measures import lever_change, lever_label, measure_label, unit_label
from reports.figures.words import interval, number, places, say, signed
from reports.stored import MissingTable, Stored
from reports.style import INK, MUTED, Look, Style
from scenarios.words import regime_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOWER, HIGHER = "#009E73", "#D55E00"
HATCH = "\\\\\\\\"
ROW = 0.44
LABEL, VALUE = 10.0, 9.0


@dataclass(frozen=True)
class Row:
    """A bar from `start` to `end`: a level, from nought, or a change, from the level before it.

    whisker: the interval, where the bar ends.
    """

    label: str
    start: float
    end: float
    whisker: tuple[float, float] | None
    text: str
    level: Look | None = None


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without explain.json."""
    baseline = stored.results.summary.get("baseline")
    found = explanation(stored, [look.name for look in looks if look.name != baseline])
    digits = places(found.baseline.estimate, found.total.estimate)
    title = _title(stored, style, found, digits)
    steps = _level_rows(stored, style, looks, found, digits, found.waterfall)
    queues = _level_rows(stored, style, looks, found, digits, _queues(found))
    queues = [_renamed(style, row, i) for i, row in enumerate(queues)]
    labels = [row.label for row in (*steps, *queues)]
    left = 0.5 + max(em_width(line) for label in labels for line in label.split("\n")) * LABEL / 72
    heights = [len(steps), len(queues)]
    figure, panels = framed(
        style,
        title,
        _notes(stored, style, found),
        _key(style),
        (2, 2),
        sum(heights) * ROW / 2,
        left=left,
        between=(1.05, 0.35),
        widths=(1.45, 1.0),
        heights=heights,
    )
    shapley = {step.levers: step.effect for step in found.shapley}
    means = [*(shapley.get(step.levers) for step in found.waterfall), found.total]
    _draw_rows(panels[0], steps, say(style.lang, "levers order"))
    _draw_means(panels[1], style, means, digits, found)
    _draw_rows(panels[2], queues, say(style.lang, "levers queues"))
    _explain(panels[3], style)
    measure = say(
        style.lang,
        "level",
        measure=measure_label(stored, style, found.measure),
        unit=unit_label(style, found.unit),
    )
    for panel in (panels[0], panels[2]):
        panel.set_xlabel(measure.rstrip(", ，"))
    panels[2].set_xlim(panels[0].get_xlim())
    return figure, title


def _queues(found: Explained) -> list[Step]:
    return [Step(("own",), found.own_effect), Step(("relief",), found.queue_relief)]


def _renamed(style: Style, row: Row, number_of: int) -> Row:
    """The rows between the two levels say what happens to queues, not which lever is set."""
    key = {1: "levers own", 2: "levers relief"}.get(number_of)
    label = row.label if key is None else say(style.lang, key)
    return Row(label, row.start, row.end, row.whisker, row.text, row.level)


def _level_rows(
    stored: Stored,
    style: Style,
    looks: list[Look],
    found: Explained,
    digits: int,
    steps: Sequence[Step],
) -> list[Row]:
    """From the baseline's level step by step to the scenario's."""
    level = found.baseline.estimate
    if level is None or any(step.effect.estimate is None for step in steps):
        raise MissingTable(f"{found.measure} is not defined for every combination of levers")
    first = found.baseline
    known = {look.name: look for look in looks}
    rows = [
        Row(
            style.clean(regime_name(style.lang, found.baseline_name), 30),
            0.0,
            level,
            _whisker(first, 0.0),
            number(level, digits) + interval(first.low, first.high, digits),
            known.get(found.baseline_name, looks[0]),
        )
    ]
    for step in steps:
        assert step.effect.estimate is not None
        after = level + step.effect.estimate
        rows.append(
            Row(
                _lever_text(stored, style, found, step),
                level,
                after,
                _whisker(step.effect, level),
                _change_text(style, step.effect, digits, step.overloaded),
            )
        )
        level = after
    name = style.clean(regime_name(style.lang, found.scenario), 30)
    last = found.reform
    text = number(level, digits) + interval(last.low, last.high, digits)
    rows.append(Row(name, 0.0, level, _whisker(last, 0.0), text, known[found.scenario]))
    return rows


def _lever_text(stored: Stored, style: Style, found: Explained, step: Step) -> str:
    change = lever_change(stored, style, step.levers, found.baseline_name, found.scenario)
    label = lever_label(style, step.levers)
    return f"{label}\n{change}" if change else label


def _change_text(style: Style, effect: Effect, digits: int, overloaded: bool = False) -> str:
    if effect.estimate is None:
        return "–"
    text = signed(effect.estimate, digits)
    shown = interval(effect.low, effect.high, digits, signed)
    # What is always the same needs no interval.
    text += "" if shown == f" [{text}, {text}]" else shown
    return f"{text} ▲ {say(style.lang, 'overloaded')}" if overloaded else text


def _whisker(effect: Effect, since: float) -> tuple[float, float] | None:
    if effect.low is None or effect.high is None:
        return None
    return since + effect.low, since + effect.high


def _draw_rows(panel: Axes, rows: Sequence[Row], title: str) -> None:
    """Bars from level to level, joined by thin lines."""
    texts = []
    lowest = min(0.0, *(min(row.start, row.end, *(row.whisker or ())) for row in rows))
    for y, row in enumerate(rows):
        if row.level is not None:
            look = row.level
            panel.barh(
                y, row.end, height=0.6, color=look.colour, hatch=look.hatch, edgecolor="white",
                linewidth=0,
            )  # fmt: skip
        else:
            _bar(panel, y, row.start, row.end)
        _draw_whisker(panel, y, row.whisker)
        if y + 1 < len(rows):
            panel.plot([row.end, row.end], [y, y + 1], color=MUTED, linewidth=0.8, zorder=1)
        texts.append((max(row.start, row.end, *(row.whisker or ())), row.text))
    scale = make_room(panel, lowest, texts, VALUE)
    for y, (end, text) in enumerate(texts):
        panel.text(end + 0.09 / scale, y, text, va="center", fontsize=VALUE)
    _finish(panel, len(rows), title)
    panel.set_yticks(range(len(rows)), [row.label for row in rows], fontsize=LABEL)


def _draw_means(
    panel: Axes, style: Style, means: Sequence[Effect | None], digits: int, found: Explained
) -> None:
    """The Shapley values, beside the levers' rows."""
    texts, lows = [], [0.0]
    for y, effect in enumerate(means, start=1):
        value = 0.0 if effect is None or effect.estimate is None else effect.estimate
        whisker = None if effect is None else _whisker(effect, 0.0)
        if y < len(means):
            _bar(panel, y, 0.0, value)
        else:
            _draw_total(panel, y, value)
        _draw_whisker(panel, y, whisker)
        text = "–" if effect is None else _change_text(style, effect, digits)
        texts.append((max(0.0, value, *(whisker or ())), text))
        lows.append(min(0.0, value, *(whisker or ())))
    scale = make_room(panel, min(lows), texts, VALUE)
    for y, (end, text) in enumerate(texts, start=1):
        panel.text(end + 0.09 / scale, y, text, va="center", fontsize=VALUE)
    _finish(panel, len(means) + 1, say(style.lang, "levers mean"))
    panel.axvline(0.0, color=INK, linewidth=1)
    panel.set_yticks([])
    panel.set_xlabel(
        say(style.lang, "levers change x", unit=unit_label(style, found.unit)).rstrip(", ，")
    )
    panel.xaxis.set_major_formatter(lambda x, _: signed(x, _axis_digits(panel)))


def _draw_total(panel: Axes, y: float, value: float) -> None:
    """The sum of what stands above it."""
    panel.axhline(y - 0.5, color=INK, linewidth=0.8)
    panel.barh(y, value, height=0.6, color=MUTED)


def _explain(panel: Axes, style: Style) -> None:
    """What the rows beside it mean."""
    panel.set_axis_off()
    lines = wrap(say(style.lang, "levers twin"), NOTE, panel_width(panel))
    panel.text(
        0.0,
        1.0,
        "\n".join(lines),
        transform=panel.transAxes,
        va="top",
        fontsize=NOTE,
        color=MUTED,
        linespacing=1.4,
    )


def _finish(panel: Axes, rows: int, title: str) -> None:
    panel.set_ylim(rows - 0.4, -0.6)
    panel.set_title(title, fontsize=11.5)
    panel.tick_params(axis="y", length=0)
    panel.grid(visible=False, axis="y")
    panel.locator_params(axis="x", nbins=6)
    panel.xaxis.set_major_formatter(lambda x, _: number(x, _axis_digits(panel)))


def _axis_digits(panel: Axes) -> int:
    low, high = panel.get_xlim()
    return 0 if high - low >= 6 else 1 if high - low >= 0.6 else 3


def _bar(panel: Axes, y: float, start: float, end: float) -> None:
    """A change; downwards and upwards differ in hatch too."""
    if end == start:
        panel.plot([end, end], [y - 0.3, y + 0.3], color=INK, linewidth=1.4)
        return
    lower = end < start
    panel.barh(
        y, end - start, left=start, height=0.6, color=LOWER if lower else HIGHER,
        hatch="" if lower else HATCH, edgecolor="white", linewidth=0,
    )  # fmt: skip


def _draw_whisker(panel: Axes, y: float, whisker: tuple[float, float] | None) -> None:
    if whisker is None or whisker[0] == whisker[1]:
        return
    panel.plot(whisker, [y, y], color=INK, linewidth=1.2, solid_capstyle="butt", zorder=4)
    for end in whisker:
        panel.plot([end, end], [y - 0.14, y + 0.14], color=INK, linewidth=1.2, zorder=4)


def _key(style: Style) -> list[tuple[Artist, str]]:
    from matplotlib.patches import Patch

    return [
        (Patch(facecolor=LOWER), say(style.lang, "levers lower")),
        (Patch(facecolor=HIGHER, hatch=HATCH, edgecolor="white"), say(style.lang, "levers higher")),
    ]


def _title(stored: Stored, style: Style, found: Explained, digits: int) -> str:
    measure = measure_label(stored, style, found.measure)
    name = style.clean(regime_name(style.lang, found.scenario), 30)
    steps = [step for step in found.waterfall if step.effect.estimate]
    if not steps or not found.total.estimate:
        return say(style.lang, "levers plain", measure=measure, name=name)
    most = max(steps, key=lambda step: abs(step.effect.estimate or 0.0))
    unit = unit_label(style, found.unit)
    return say(
        style.lang,
        "levers title",
        measure=measure,
        name=name,
        value=change_text(style, found.total, digits, unit),
        lever=lever_label(style, most.levers),
        part=change_text(style, most.effect, digits, unit),
    )


def change_text(style: Style, effect: Effect, digits: int, unit: str) -> str:
    """A change with unit and interval, for a sentence."""
    text = say(style.lang, "with unit", value=signed(effect.estimate or 0.0, digits), unit=unit)
    return text.rstrip() + interval(effect.low, effect.high, digits, signed)


def _notes(stored: Stored, style: Style, found: Explained) -> list[str]:
    level = f"{found.confidence:.0%}"
    notes = [
        say(style.lang, "levers note", n=found.replications, level=level),
        say(style.lang, "levers shapley", n=number(found.orders)),
    ]
    if found.replications != stored.replications:
        notes[0] += " " + say(style.lang, "levers other", n=stored.replications)
    if found.overloaded:
        notes.append(say(style.lang, "levers overloaded", n=found.overloaded, all=found.coalitions))
    return notes
