"""The figures of a comparison, drawn from its stored results alone.

clearance   clearance-time distributions per segment
cost        cost by party, per TEU
yard        yard occupancy over the week against the yards' sizes
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reports.figures import clearance, cost, yard
from reports.figures.words import say
from reports.stored import MissingTable, Stored, open_results
from reports.style import MOST_SCENARIOS, Look, Style, save, settings, style_for
from scenarios.errors import InputError

FOLDER = "figures"

FIGURES = {
    "clearance-time": clearance.draw,
    "cost-by-party": cost.draw,
    "yard-occupancy": yard.draw,
}

__all__ = ["FIGURES", "FOLDER", "Drawn", "draw_figures"]


@dataclass(frozen=True)
class Drawn:
    """The files that were written, and one line for each thing that could not be drawn."""

    paths: list[Path]
    notes: list[str]


def draw_figures(folder: Path | str, lang: str = "en") -> Drawn:
    """Draw every figure as PNG and SVG into FOLDER/figures/ from the stored results.

    lang: 'en' or 'zh' (English with a note where no font has Chinese characters). A figure whose
    table is missing is left out with a note that says which command makes it; InputError if that
    leaves none, or if `folder` is not one of finished results.
    """
    stored = open_results(folder)
    style = style_for(lang)
    notes = list(style.notes)
    names = stored.scenarios
    if len(names) > MOST_SCENARIOS:
        notes.append(say("en", "first only", n=MOST_SCENARIOS))
        names = names[:MOST_SCENARIOS]
    looks = style.looks(names)
    paths: list[Path] = []
    for name in FIGURES:
        try:
            paths += _draw(name, stored, style, looks)
        except MissingTable as missing:
            notes.append(f"{name} is not drawn: {missing}")
    if not paths:
        raise InputError(notes[-1])
    return Drawn(paths, notes)


def _draw(name: str, stored: Stored, style: Style, looks: list[Look]) -> list[Path]:
    with settings(style):
        figure, title = FIGURES[name](stored, style, looks)
        try:
            return save(figure, stored.results.folder / FOLDER, name, title)
        finally:
            figure.clear()
