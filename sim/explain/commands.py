"""explain: options and printing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from scenarios.console import (
    ProgressLine,
    json_option,
    notice,
    print_table,
    set_up_logging,
    talk_options,
    workers_option,
)

SHOWN = 5
"""Inputs that are shown, those that move the effect most."""


@click.command("explain")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--replications", type=click.IntRange(2, 100_000), metavar="N",
              help="Of every variant (default: 10, or the study's if it has fewer).")
@click.option("--no-sensitivity", is_flag=True,
              help="Levers and queues only, not the inputs with a range.")
@workers_option
@talk_options
@json_option
def explain_command(folder: Path, replications: int | None, no_sensitivity: bool,
                    workers: int | None, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Explain a comparison: lever by lever, queues apart, and what rests on assumptions.

    Runs every feasible coalition of the levers that differ, the port without limits, and both
    ends of every stated range, on the study's random numbers. Writes explain.json into FOLDER.
    Interrupted, it goes on where it was when it is called again.

    Example: onestop explain results/separate-vs-one-stop-vs-one-stop-recognition
    """
    set_up_logging(quiet, verbose)
    found = explain_folder(folder, workers, quiet, replications=replications,
                           sensitivity=not no_sensitivity)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_explanation(found)
    notice(f"All primary measures: {folder / 'explain.json'}", quiet)


def explain_folder(folder: Path, workers: int | None, quiet: bool, **options: Any
                   ) -> dict[str, Any]:
    """Explains with progress on the error stream; what explain.json holds."""
    from sim.explain.explanation import explain

    return explain(folder, workers=workers, progress=ProgressLine(quiet),
                   announce=lambda text: notice(text, quiet), **options)


def print_explanation(found: dict[str, Any]) -> None:
    """The tables of every reform's first primary measure."""
    for name, reform in found["scenarios"].items():
        for measure, entry in list(reform["measures"].items())[:1]:
            _print(f"{name} against {found['baseline']}: {measure} ({entry['unit']})", entry,
                   reform["orders"], found["confidence"])


def _print(title: str, entry: dict[str, Any], orders: int, confidence: float) -> None:
    """The tables of one measure."""
    shapley = {tuple(row["levers"]): row for row in entry["shapley"]}
    rows = [["baseline", _text(entry["baseline"], False), ""]]
    rows += [[" + ".join(row["levers"]), _text(row), _text(shapley[tuple(row["levers"])])]
             for row in entry["waterfall"]]
    rows.append(["in all", _text(entry["total"]), _text(entry["total"])])
    rows.append(["of which without any queue", _text(entry["own_effect"]), ""])
    rows.append(["of which queues that are shorter", _text(entry["queue_relief"]), ""])
    print_table(title, ["lever", "in this order", "mean over all orders"], rows,
                [f"In brackets the {confidence:.0%} interval. Mean over all {orders} feasible "
                 "orders: the Shapley value."])
    inputs = [row for row in entry["sensitivity"] if row["span"]]
    if not inputs:
        return
    cells = [[row["key"], _end(row["low"]), _end(row["high"]), row["confidence"] or ""]
             for row in inputs[:SHOWN]]
    reversing = [row["key"] for row in inputs
                 if any(row[end].get("reverses") for end in ("low", "high"))]
    refused = sum(any("refused" in row[end] for end in ("low", "high"))
                  for row in entry["sensitivity"])
    notes = [f"The {len(cells)} of {len(entry['sensitivity'])} inputs with a range that move the "
             "effect most."]
    if any(row[end].get("overloaded") for row in inputs[:SHOWN] for end in ("low", "high")):
        notes.append("Overloaded: a regime does not get its work done there; the effect grows with "
                     "the length of the run and is no forecast.")
    if refused:
        notes.append(f"{refused} could not be run at an end of their range (explain.json says "
                     "why).")
    notes.append("The effect changes its sign at an end of: " + ", ".join(reversing)
                 if reversing else "No input changes the sign of the effect.")
    print_table("The effect at the ends of each input's range",
                ["input", "at its low end", "at its high end", "confidence"], cells, notes)


def _text(row: dict[str, Any], sign: bool = True) -> str:
    """Estimate and interval."""
    if row["estimate"] is None:
        return "-"
    form = "+.2f" if sign else ".2f"
    text = format(row["estimate"], form)
    if row["low"] is not None and row["high"] is not None:
        text += f" [{row['low']:{form}}, {row['high']:{form}}]"
    return text


def _end(row: dict[str, Any]) -> str:
    if "effect" not in row:
        return f"{row['value']}: cannot be run"
    return f"{row['value']}: {_text(row['effect'])}" + (" overloaded" if row["overloaded"] else "")
