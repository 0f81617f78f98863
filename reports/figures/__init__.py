"""The figures of a comparison, drawn from its stored results alone.

clearance   clearance-time distributions per segment
segments    change of the mean clearance time per segment, and who gets slower
cost        cost by party, per TEU
labour      hours of officers, clerks and gangs per consignment, waiting apart
yard        yard occupancy over the week against the yards' sizes
levers      from explain.json: the effect lever by lever, and queues apart
sensitivity from explain.json: the effect at both ends of the inputs' ranges
fits        from calibration.json: what the log shows against what was fitted
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reports.figures import clearance, cost, fits, labour, levers, segments, sensitivity, yard
from reports.figures.words import say
from reports.stored import MissingTable, Stored, open_results
from reports.style import MOST_SCENARIOS, Look, Style, save, settings, style_for
from scenarios.errors import InputError

FOLDER = "figures"

FIGURES = {
    "clearance-time": clearance.draw,
    "segments": segments.draw,
    "cost-by-party": cost.draw,
    "labour": labour.draw,
    "yard-occupancy": yard.draw,
    "levers": levers.draw,
    "sensitivity": sensitivity.draw,
    "fits": fits.draw,
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
    missed: dict[str, list[str]] = {}
    for name in FIGURES:
        try:
            paths += _draw(name, stored, style, looks)
        except MissingTable as missing:
            missed.setdefault(str(missing), []).append(name)
    for reason, figures in missed.items():
        notes.append(
            f"{', '.join(figures)} {'is' if len(figures) == 1 else 'are'} not drawn: {reason}"
        )
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
