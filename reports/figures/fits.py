"""Graphical checks of a calibration: what the log shows against what was fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures.frame import framed, wrap
from reports.figures.words import number, say
from reports.inputs import input_name
from reports.stored import MissingTable, Stored
from reports.style import INK, MUTED, Look, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, MOST = 4, 16
FEWEST = 7
"""Points that make a picture: shares of two or three kinds are read from the table."""

LOG_SPAN = 20.0
"""Quantiles that span more than this are drawn on logarithmic axes."""


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without a calibration that has checks."""
    found = [e for e in (stored.calibration or {}).get("estimates", []) if _drawable(e)][:MOST]
    if not found:
        raise MissingTable("no calibration.json with checks; onestop calibrate writes it")
    title = say(style.lang, "fits title", n=len(found))
    rows = -(-len(found) // COLUMNS)
    figure, panels = framed(style, title, [say(style.lang, "fits note")], [], (rows, COLUMNS), 2.2,
                            left=0.75, between=(1.1, 0.65))
    for panel, estimate in zip(panels, found, strict=False):
        _panel(panel, stored, style, estimate)
    for panel in panels[len(found):]:
        panel.set_axis_off()
    return figure, title


def _drawable(estimate: dict[str, Any]) -> bool:
    check = estimate.get("check") or {}
    return (check.get("kind") in ("quantiles", "profile")
            and FEWEST <= len(check.get("observed", ())) == len(check.get("fitted", ())))


def _panel(panel: Axes, stored: Stored, style: Style, estimate: dict[str, Any]) -> None:
    check = estimate["check"]
    observed, fitted = (np.asarray(check[k], dtype=np.float64) for k in ("observed", "fitted"))
    name = input_name(style.lang, estimate["key"],
                      lambda agency: stored.agency_label(agency, style.lang) or agency,
                      lambda text: style.clean(text, 30)) or style.clean(estimate["key"], 46)
    lines = wrap(style.clean(name, 60), 10, 2.4)
    panel.set_title("\n".join(lines[:2]), fontsize=10)
    if check["kind"] == "profile":
        x = np.arange(len(observed))
        panel.plot(x, observed, color=MUTED, marker="o", markersize=3, linewidth=0.8)
        panel.plot(x, fitted, color="#0072B2", linewidth=1.6)
        panel.set_ylim(bottom=0.0)
        if check.get("unit"):
            panel.set_xlabel(style.clean(check["unit"], 40), fontsize=9)
        return
    both = np.concatenate([observed, fitted])
    low, high = float(both.min()), float(both.max())
    if low > 0 and high / low > LOG_SPAN:
        panel.set_xscale("log")
        panel.set_yscale("log")
    panel.plot([low, high], [low, high], color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
    panel.plot(fitted, observed, color="#0072B2", marker="o", markersize=3, linestyle="none")
    panel.set_xlabel(say(style.lang, "fits fitted", unit=style.clean(check.get("unit") or "–", 24)),
                     fontsize=9)
    panel.set_ylabel(say(style.lang, "fits observed", n=number(estimate["n"])), fontsize=9)
