"""uncertainty: options and printing."""

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


@click.command("uncertainty")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--draws", required=True, type=click.Path(path_type=Path), metavar="PATH",
              help="The folder that onestop calibrate wrote beside the port's file.")
@click.option("--replications", type=click.IntRange(2, 100_000), metavar="N",
              help="Of every regime, in each of three ways (default: the study's).")
@workers_option
@talk_options
@json_option
def uncertainty_command(folder: Path, draws: Path, replications: int | None, workers: int | None,
                        quiet: bool, verbose: bool, as_json: bool) -> None:
    """How sure a comparison of a calibrated port is: luck, the log, what only a reform shows.

    Every replication is run with the estimates, with a draw of what the log leaves open, and with
    that and a draw of the assumptions on the reform. Writes uncertainty.json into FOLDER.
    Interrupted, it goes on where it was when it is called again.

    Example: onestop uncertainty results/separate-vs-one-stop --draws my-port.calibration
    """
    set_up_logging(quiet, verbose)
    split_folder(folder, draws, workers, quiet, False, replications, as_json)


def split_folder(folder: Path, draws: Path, workers: int | None, quiet: bool, silent: bool,
                 replications: int | None = None, as_json: bool = False) -> None:
    """Splits the uncertainty of stored results, and prints it unless `silent`."""
    from sim.uncertainty.split import uncertainty

    found = uncertainty(folder, draws, replications=replications, workers=workers,
                        progress=ProgressLine(quiet))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif not silent:
        print_uncertainty(found)
    notice(f"All of it: {folder / 'uncertainty.json'}", quiet)


def print_uncertainty(found: dict[str, Any]) -> None:
    """A table per reform: each primary measure's change, with the parts of its uncertainty."""
    columns = ["change of", "estimate", "luck", "log", "assumptions", "together"]
    notes = [f"Luck: {found['replications']} replications. Log: what it leaves open of "
             f"{len(found['measured'])} inputs. Assumptions: the ranges of "
             f"{len(found['assumptions'])} inputs that only a reform would show."]
    if found["overloaded"]:
        notes.append(f"In {found['overloaded']} of {found['replications']} replications some port, "
                     "as drawn, does not get its work done: ends that come from it grow with the "
                     "length of the run, and are no forecast.")
    for name, measures in found["scenarios"].items():
        rows = [[f"{measure}, {entry['unit']}", f"{entry['difference']:+.4g}",
                 *(_span(entry[part]) for part in ("noise", "ignorance", "assumptions",
                                                   "together"))]
                for measure, entry in measures.items() if entry["difference"] is not None]
        print_table(f"{name} against {found['baseline']}: {found['confidence']:.0%} intervals",
                    columns, rows,
                    notes)


def _span(part: dict[str, Any]) -> str:
    return "-" if part["low"] is None else f"{part['low']:+.4g} .. {part['high']:+.4g}"
