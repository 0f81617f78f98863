"""Welch's plot: weekly means from the empty port on, and where the warm-up ends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.figures.frame import framed
from reports.figures.words import say
from reports.style import INK, MUTED, save, settings, style_for


def draw_welch(found: Mapping[str, Any], folder: Path, name: str, lang: str = "en") -> list[Path]:
    """Draw the contents of a warm-up file as FOLDER/NAME.png and .svg; their paths."""
    style = style_for(lang)
    title = say(style.lang, "welch title", weeks=found["suggested_weeks"])
    notes = [say(style.lang, "welch note", n=found["replications"],
                 window=2 * found["window"] + 1)]
    with settings(style):
        figure, (panel,) = framed(style, title, notes, [], (1, 1), 3.0)
        weeks = range(1, len(found["weekly"]) + 1)
        panel.plot(weeks, found["weekly"], color=MUTED, linewidth=0.8, marker="o", markersize=2.5,
                   label=say(style.lang, "welch weekly"))
        panel.plot(weeks, found["moving_average"], color="#0072B2", linewidth=1.8,
                   label=say(style.lang, "welch average"))
        panel.axvline(found["stated_weeks"] + 0.5, color=INK, linewidth=1.0,
                      label=say(style.lang, "welch stated"))
        panel.axvline(found["suggested_weeks"] + 0.5, color="#D55E00", linewidth=1.2,
                      linestyle=(0, (4, 2)), label=say(style.lang, "welch suggested"))
        panel.set_xlabel(say(style.lang, "welch x"))
        panel.set_ylabel(say(style.lang, "welch y"))
        panel.set_ylim(bottom=0.0)
        panel.set_xlim(0.0, len(found["weekly"]) + 1.0)
        panel.legend(loc="best", fontsize="small")
        try:
            return save(figure, folder, name, title)
        finally:
            figure.clear()
