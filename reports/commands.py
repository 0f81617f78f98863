"""The commands of reports: options and printing only."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scenarios.console import (
    ProgressLine,
    engine_option,
    json_option,
    lang_option,
    print_table,
    seed_option,
    set_option,
    set_up_logging,
    talk_options,
)


@click.command("figures")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@lang_option
@click.option("--quiet", is_flag=True, help="Do not print the paths.")
def figures_command(folder: Path, lang: str, quiet: bool) -> None:
    """Draw the figures of the results in DIR into DIR/figures/, and print their paths.

    Example: onestop figures results/one-stop --lang zh
    """
    from reports.figures import draw_figures

    drawn = draw_figures(folder, lang)
    for path in () if quiet else drawn.paths:
        click.echo(str(path))
    for note in drawn.notes:
        click.echo(note, err=True)


@click.command("report")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--quiet", is_flag=True, help="Do not print the paths.")
def report_command(folder: Path, quiet: bool) -> None:
    """Write the report of the results in DIR, and print the paths of its files.

    DIR/report.en.html and DIR/report.zh.html need nothing else, not even a network; DIR/report.xlsx
    holds the same tables. Everything comes from stored files; a part whose data are missing names
    the command that makes them.

    Example: onestop report results/one-stop
    """
    from reports.report import write_report

    written = write_report(folder)
    for path in () if quiet else written.paths:
        click.echo(str(path))
    for note in written.notes:
        click.echo(note, err=True)


@click.command("warmup")
@click.argument("scenario")
@click.option("--replications", type=click.IntRange(1, 100_000), default=20, show_default=True,
              metavar="N", help="Runs with different random numbers.")
@click.option("--window", type=click.IntRange(0, 260), default=2, show_default=True,
              metavar="WEEKS", help="Weeks to each side in the moving average.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH",
              help="The file (default: results/warmup-NAME.json); the plot stands beside it.")
@lang_option
@seed_option
@engine_option
@set_option
@talk_options
@json_option
def warmup_command(scenario: str, replications: int, window: int, out: Path | None, lang: str,
                   seed: int, engine: str, sets: tuple[str, ...], quiet: bool, verbose: bool,
                   as_json: bool) -> None:
    """See how long a port takes to settle: weekly means, MSER, Welch's plot.

    One warm-up serves all regimes that are compared: take the longest.

    Example: onestop warmup separate --set "run.measured=52 weeks"
    """
    from reports.figures.welch import draw_welch
    from scenarios.load import load
    from sim.journal import json_bytes, write_aside
    from sim.warmup import settling_of

    set_up_logging(quiet, verbose)
    loaded = load(scenario, None, sets)
    found = settling_of(loaded, seed=seed, replications=replications, engine=engine,
                        progress=ProgressLine(quiet)).as_json(window)
    out = out or Path("results") / f"warmup-{loaded.name}.json"
    write_aside(out, json_bytes(found))
    paths = draw_welch(found, out.parent, out.stem, lang)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        rows = [[str(week + 1), f"{mean:.2f}", f"{average:.2f}"] for week, (mean, average)
                in enumerate(zip(found["weekly"], found["moving_average"], strict=True))]
        print_table(f"Mean clearance time of {loaded.name} by week (h)",
                    ["week", "mean", "moving average"], rows, [found["verdict"]])
    if not quiet:
        for path in (out, *paths):
            click.echo(str(path), err=True)
