"""How far a reform's effect rests on each input: the effect at both ends of the inputs' ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.explained import End, Explained, Input, explanation
from reports.figures.frame import em_width, framed, panel_width
from reports.figures.levers import change_text
from reports.figures.measures import input_label, measure_label, unit_label
from reports.figures.words import interval, number, places, say, signed
from reports.stored import MissingTable, Stored
from reports.style import INK, MUTED, Look, Style
from scenarios.words import regime_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 12
LOW, HIGH = "#0072B2", "#D55E00"
HATCH = "////"
ROW = 0.52
LABEL, VALUE = 10.0, 9.0
TURNED = "★"


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without explain.json, or without inputs in it."""
    baseline = stored.results.summary.get("baseline")
    found = explanation(stored, [look.name for look in looks if look.name != baseline])
    known = [row for row in found.inputs if row.span is not None]
    if not known or found.total.estimate is None:
        raise MissingTable(
            "explain.json has no inputs with a range; onestop explain "
            f"{stored.results.folder} (without --no-sensitivity) tries those that state one"
        )
    known.sort(key=lambda row: -(row.span or 0.0))
    rows = [row for row in known[:SHOWN] if row.span] or known[:1]
    digits = places(found.total.estimate)
    title = _title(stored, style, found, digits)
    labels = [_label(stored, style, row) for row in rows]
    left = 0.5 + max(em_width(line) for text in labels for line in text.split("\n")) * LABEL / 72
    texts = [_text(style, end, digits) for row in rows for end in (row.low, row.high)]
    column = 0.25 + max(em_width(text) for text in texts) * VALUE / 72
    figure, (panel, values) = framed(
        style,
        title,
        _notes(style, found, rows),
        _key(style, found, rows),
        (1, 2),
        len(rows) * ROW,
        left=left,
        between=(0.9, 0.15),
        widths=(max(3.2, 11.5 - left - column), column),
    )
    _draw_panel(panel, found, rows)
    panel.set_yticks(range(len(rows)), labels, fontsize=LABEL)
    unit = unit_label(style, found.unit)
    base, name = (
        style.clean(regime_name(style.lang, text), 30)
        for text in (found.baseline_name, found.scenario)
    )
    x_label = say(style.lang, "sensitivity x", name=name, base=base, unit=unit)
    panel.set_xlabel(x_label.rstrip(", ，"))
    _write_values(values, style, rows, texts)
    return figure, title


def _label(stored: Stored, style: Style, row: Input) -> str:
    label = input_label(stored, style, row.key)
    value = say(style.lang, "sensitivity as stated", value=style.clean(row.value, 24))
    key = f"confidence.{row.confidence}"
    if row.confidence is not None and key in say:
        value = say(style.lang, "in brackets", value=value, more=say(style.lang, key))
    return f"{label}\n{value}"


def _text(style: Style, end: End, digits: int) -> str:
    value = style.clean(end.value, 18)
    if end.effect is None or end.effect.estimate is None:
        return f"{value}: {say(style.lang, 'sensitivity refused')}"
    effect = end.effect
    text = f"{value}: {signed(effect.estimate or 0.0, digits)}"
    text += interval(effect.low, effect.high, digits, signed)
    if end.overloaded:
        text += f" ▲ {say(style.lang, 'overloaded')}"
    return text + (f" {TURNED}" if end.reverses else "")


def _draw_panel(panel: Axes, found: Explained, rows: list[Input]) -> None:
    total = found.total.estimate or 0.0
    low, high = _limits(found, rows)
    panel.set_xlim(low, high)
    panel.set_ylim(len(rows) - 0.45, -0.55)
    for i, row in enumerate(rows):
        for end, y, colour, hatch in (
            (row.low, i - 0.19, LOW, ""),
            (row.high, i + 0.19, HIGH, HATCH),
        ):
            _draw_end(panel, end, y, total, colour, hatch)
        if i:
            panel.axhline(i - 0.5, color="#E4E4E4", linewidth=0.7, zorder=0)
    panel.axvline(0.0, color=INK, linewidth=1.4, zorder=3)
    panel.axvline(total, color=INK, linewidth=1.4, linestyle=(0, (4, 2)), zorder=3)
    panel.tick_params(axis="y", length=0)
    panel.grid(visible=False, axis="y")
    panel.locator_params(axis="x", nbins=7)
    digits = 0 if high - low >= 6 else 1 if high - low >= 0.6 else 3
    panel.xaxis.set_major_formatter(lambda x, _: signed(x, digits))


def _limits(found: Explained, rows: list[Input]) -> tuple[float, float]:
    """So that everything shows but what is overloaded, which would make all else small."""
    total = found.total.estimate or 0.0
    seen = [0.0, total]
    for row in rows:
        for end in (row.low, row.high):
            if end.effect is not None and not end.overloaded:
                seen += [x for x in (end.effect.estimate, end.effect.low, end.effect.high)
                         if x is not None]  # fmt: skip
    span = max(max(seen) - min(seen), 1e-9)
    return min(seen) - 0.09 * span, max(seen) + 0.09 * span


def _draw_end(panel: Axes, end: End, y: float, total: float, colour: str, hatch: str) -> None:
    """A bar from the total to the effect at this end, with its interval."""
    if end.effect is None or end.effect.estimate is None:
        return
    value, effect = end.effect.estimate, end.effect
    low, high = panel.get_xlim()
    shown = min(max(value, low), high)
    panel.barh(
        y, shown - total, left=total, height=0.32, color="white" if end.overloaded else colour,
        hatch=hatch, edgecolor=colour if end.overloaded else "white",
        linewidth=1.2 if end.overloaded else 0, linestyle=":" if end.overloaded else "solid",
    )  # fmt: skip
    if shown != value:
        # Beyond the axis: an arrow at its edge, and the numbers in the column beside it.
        _mark(panel, shown, y, "<" if value < shown else ">", 0)
    else:
        if effect.low is not None and effect.high is not None and effect.low < effect.high:
            ends = [min(max(x, low), high) for x in (effect.low, effect.high)]
            panel.plot(ends, [y, y], color=INK, linewidth=1.1, solid_capstyle="butt", zorder=4)
        if end.overloaded:
            _mark(panel, shown, y, "^", 0)
    if end.reverses:
        _mark(panel, shown, y, "*", 2 if shown != value or end.overloaded else 0)


def _mark(panel: Axes, x: float, y: float, marker: str, inwards: int) -> None:
    """A symbol at the end of a bar, so many places away from the edge of the panel."""
    low, high = panel.get_xlim()
    step = 0.11 * (high - low) / panel_width(panel)
    at = min(max(x, low + step), high - step)
    at += (-1 if at > (low + high) / 2 else 1) * inwards * step
    panel.plot([at], [y], marker=marker, color=INK, markersize=9 if marker == "*" else 7, zorder=6)


def _write_values(panel: Axes, style: Style, rows: list[Input], texts: list[str]) -> None:
    panel.set_axis_off()
    panel.set_title(say(style.lang, "sensitivity column"), fontsize=11)
    panel.set_xlim(0.0, 1.0)
    panel.set_ylim(len(rows) - 0.45, -0.55)
    for i, text in enumerate(texts):
        y = i // 2 + (-0.19 if i % 2 == 0 else 0.19)
        panel.text(0.0, y, text, va="center", fontsize=VALUE)


def _key(style: Style, found: Explained, rows: list[Input]) -> list[tuple[Artist, str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks: list[tuple[Artist, str]] = [
        (Patch(facecolor=LOW), say(style.lang, "sensitivity low")),
        (Patch(facecolor=HIGH, hatch=HATCH, edgecolor="white"),
         say(style.lang, "sensitivity high")),
        (Line2D([], [], color=INK, linewidth=1.4, linestyle=(0, (4, 2))),
         say(style.lang, "sensitivity total")),
    ]  # fmt: skip
    ends = [end for row in rows for end in (row.low, row.high)]
    if any(end.overloaded for end in ends):
        marks.append((Patch(facecolor="white", edgecolor=MUTED, linestyle=":", linewidth=1.2),
                      say(style.lang, "sensitivity off")))  # fmt: skip
    if any(end.reverses for end in ends):
        marks.append((Line2D([], [], color=INK, marker="*", markersize=9, linestyle="none"),
                      say(style.lang, "sensitivity sign")))  # fmt: skip
    return marks


def _title(stored: Stored, style: Style, found: Explained, digits: int) -> str:
    turned = [row for row in found.inputs if row.low.reverses or row.high.reverses]
    sound = any(
        end.reverses and not end.overloaded for row in turned for end in (row.low, row.high)
    )
    key = "sensitivity title" if sound else "sensitivity title overloaded"
    return say(
        style.lang,
        key if turned else "sensitivity title none",
        measure=measure_label(stored, style, found.measure),
        value=change_text(style, found.total, digits, unit_label(style, found.unit)),
        name=style.clean(regime_name(style.lang, found.scenario), 30),
        n=len(turned),
        all=len(found.inputs),
    )


def _notes(style: Style, found: Explained, rows: list[Input]) -> list[str]:
    level = f"{found.confidence:.0%}"
    shown = {row.key for row in rows}
    rest = [row for row in found.inputs if row.key not in shown]
    notes = [say(style.lang, "sensitivity note", n=found.replications, level=level)]
    notes.append(
        say(
            style.lang,
            "sensitivity rest",
            shown=len(rows),
            all=len(found.inputs),
            rest=len(rest),
            still=sum(not row.span for row in rest),
        )
    )
    refused = sum(row.low.effect is None or row.high.effect is None for row in found.inputs)
    if refused:
        notes[-1] += " " + say(style.lang, "sensitivity refusals", n=number(refused))
    crossing = sum(_crosses_zero(row.low) or _crosses_zero(row.high) for row in found.inputs)
    if crossing and not _crosses_zero(End("", found.total, False, False)):
        notes.append(say(style.lang, "sensitivity crossing", n=crossing))
    if any(end.overloaded for row in rows for end in (row.low, row.high)):
        notes.append(say(style.lang, "overloaded note"))
    return notes


def _crosses_zero(end: End) -> bool:
    """Whether the interval of the effect leaves its sign open."""
    effect = end.effect
    if effect is None or effect.low is None or effect.high is None:
        return False
    return effect.low < 0.0 < effect.high
