"""calibrate: options and printing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from calibration.tables import backtest_table, forecast_table
from scenarios.console import (
    json_option,
    notice,
    overwrite_option,
    print_table,
    seed_option,
    set_option,
    set_up_logging,
    talk_options,
    workers_option,
)


@click.command("calibrate")
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--base", default="xiamen-2015", show_default=True, metavar="SCENARIO",
              help="What the log does not show is as in this port.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE.yaml",
              help="The scenario; FILE.calibration/ is written beside it.")
@click.option("--map", "mapping", type=click.Path(path_type=Path), metavar="FILE",
              help="Which column means what, where the guess is wrong.")
@click.option("--shared", multiple=True, metavar="KEY=VALUE|FILE",
              help="The shared yard that the port plans, such as gangs=12; repeatable. Without it "
              "the port cannot be put under a shared regime.")
@click.option("--forecast", "regime", metavar="REGIME",
              help="Predict this regime on the log's own traffic, by segment, with bands "
              "(default: one-stop+restated with --shared).")
@click.option("--no-staff", is_flag=True,
              help="Fit what the log shows, and leave gangs, officers and places as in the base.")
@click.option("--no-validate", is_flag=True, help="No backtest on weeks held out.")
@set_option
@seed_option
@workers_option
@overwrite_option
@talk_options
@json_option
def calibrate_command(log: Path, base: str, out: Path, mapping: Path | None,
                      shared: tuple[str, ...], regime: str | None, no_staff: bool,
                      no_validate: bool, sets: tuple[str, ...], seed: int, workers: int | None,
                      overwrite: bool, quiet: bool, verbose: bool, as_json: bool) -> None:
    """Turn a port's own log into a scenario, with the uncertainty of every number.

    Reads, accounts for every row, fits, infers by simulation what a log does not show, and holds
    the outcome against weeks that it has not seen. Columns are guessed from their names, in Chinese
    or English, and printed; nothing is asked.

    Example: onestop calibrate log.csv --base xiamen-2015 --out my-port.yaml --shared gangs=12
    """
    from calibration.calibrate import calibrate
    from calibration.output import check_place, content_of, folder_of, write
    from scenarios.load import load

    set_up_logging(quiet, verbose)
    check_place(out, overwrite)
    found = calibrate(log, load(base, None, sets), base, mapping=mapping, shared=shared,
                      regime=regime, staff=not no_staff, validate=not no_validate, seed=seed,
                      workers=workers, say=lambda text: notice(text, quiet))
    write(found, out, seed, click.get_current_context().obj or ())
    content = content_of(found, out, seed)
    if as_json:
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        print_calibration(found, content)
    notice(f"Scenario: {out}. Evidence: {folder_of(out)}. Next: onestop check {out}", quiet)


def print_calibration(found: Any, content: dict[str, Any]) -> None:
    """The account of the log, the estimates, what the log cannot tell, the backtest."""
    click.echo(found.reading.account.render())
    rows = []
    for estimate in content["estimates"]:
        numbers = list(estimate["intervals"].items())
        for path, (value, low, high) in numbers[:_MOST]:
            name = f"{estimate['key']}.{path}" if path else estimate["key"]
            rows.append([name, f"{value:.4g}", f"{low:.4g} .. {high:.4g}", f"{estimate['n']:,}"])
        if len(numbers) > _MOST:
            rows.append([estimate["key"], "...", f"{len(numbers) - _MOST} more", ""])
        if not numbers:
            rows.append([estimate["key"], json.dumps(estimate["value"], ensure_ascii=False)[:60],
                         "", f"{estimate['n']:,}" if estimate["n"] else ""])
    remarks = list(dict.fromkeys(
        [*content["remarks"], *(r for e in content["estimates"] for r in e["remarks"])]))
    print_table(f"{content['name']}: estimates, times in minutes",
                ["key", "value", f"{content['level']:.0%} interval", "n"], rows,
                [f"- {remark}" for remark in remarks])
    for part, table in (("backtest", backtest_table), ("forecast", forecast_table)):
        if content[part] is not None:
            print_table(*table(content[part]))


_MOST = 4
"""Numbers of one estimate that the screen shows."""
