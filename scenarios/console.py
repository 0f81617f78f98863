"""What all commands share: options, printing, progress. Results go to stdout, the rest to stderr.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from scenarios.textwidth import GLUE, is_wide, wrap

Command = Callable[..., Any]


def stack(*options: Command) -> Command:
    """One decorator out of several, applied in the order in which they are listed."""

    def decorate(function: Command) -> Command:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


set_option = click.option("--set", "sets", multiple=True, metavar="KEY=VALUE",
                          help="Change one value of the scenario; repeatable.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
workers_option = click.option("--workers", type=click.IntRange(1, 1024), metavar="N",
                              help="Worker processes (default: the processors).")
cluster_option = click.option("--cluster", metavar="ADDRESS",
                              help="Run on the workers of a dask.distributed scheduler, such as "
                              "tls://10.0.0.5:8786; a port alone is one on this machine.")
lang_option = click.option("--lang", type=click.Choice(["en", "zh"]), default="en",
                           envvar="ONESTOP_LANG", show_default=True, show_envvar=True,
                           help="Language of the labels.")
talk_options = stack(
    click.option("--quiet", is_flag=True, help="No progress, no notices."),
    click.option("--verbose", is_flag=True, help="More notices."),
)
seed_option = click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1,
                           show_default=True, metavar="N", help="Names the random numbers.")
engine_option = click.option("--engine", type=click.Choice(["auto", "reference", "compiled"]),
                             default="auto", show_default=True, help="What runs the plan.")
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace existing results.")
study_options = stack(
    click.option("--replications", type=click.IntRange(1, 100_000), default=20,
                 show_default=True, metavar="N", help="Runs with different random numbers."),
    click.option("--half-width", "until", metavar="[MEASURE=]WIDTH",
                 help="Look after 8, 12, 18, ... replications, --replications at most, and stop "
                 "when the interval is WIDTH (in the measure's unit, or 5%) to each side. Without "
                 "MEASURE: the first primary one."),
    seed_option,
    click.option("--out", type=click.Path(path_type=Path), metavar="PATH",
                 help="Folder of results (default: results/NAME)."),
    engine_option,
    workers_option,
    cluster_option,
    set_option,
    click.option("--resume", "partial", type=click.Path(path_type=Path), metavar="DIR",
                 help="Take up an interrupted study from its .partial folder."),
    overwrite_option,
    click.option("--events", type=click.Choice(["none", "first", "all"]), default="first",
                 show_default=True, help="Event logs to keep."),
    lang_option,
    talk_options,
    json_option,
)


def set_up_logging(quiet: bool, verbose: bool) -> None:
    """Notices of the packages to stderr, by the wish of the user."""
    level = logging.ERROR if quiet else logging.DEBUG if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger = logging.getLogger("onestop")
    logger.handlers[:] = [handler]
    logger.setLevel(level)


def notice(text: str, quiet: bool = False) -> None:
    """A line for the reader, on stderr."""
    if not quiet:
        click.echo(text, err=True)


class ProgressLine:
    """Replications done, rate and time left: a bar on a terminal, a few lines elsewhere."""

    def __init__(self, quiet: bool):
        self.quiet = quiet
        self.terminal = sys.stderr.isatty()
        self.begun = time.monotonic()
        self.told = -1

    def __call__(self, progress: Any) -> None:
        """Takes a Progress with `done`, `total`, `resumed` and `job` (None: work begins)."""
        if self.quiet or progress.total == 0:
            return
        if progress.job is None:
            self.begun, self.told = time.monotonic(), -1
        fresh = progress.done - progress.resumed
        spent = time.monotonic() - self.begun
        left = spent / fresh * (progress.total - progress.done) if fresh else None
        text = f"{progress.done} of {progress.total} replications"
        if left is not None:
            text += f", {fresh / max(spent, 1e-9):.2f} a second, {left:.0f} s left"
        if self.terminal:
            room = shutil.get_terminal_size().columns - len(text) - 4
            width = max(min(room, 30), 0)
            filled = width * progress.done // progress.total
            bar = f"[{'#' * filled}{'.' * (width - filled)}] " if width else ""
            end = "\n" if progress.done == progress.total else ""
            click.echo(f"\r\x1b[K{bar}{text}{end}", err=True, nl=False)
        else:
            step = 10 * progress.done // progress.total
            if step != self.told:
                self.told = step
                click.echo(text, err=True)


def screen_width() -> int:
    """Characters to a line: of the terminal, elsewhere what COLUMNS says, or 160."""
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else 160


def print_table(title: str, columns: list[str], rows: list[list[str]], notes: Sequence[str] = (),
                sections: Sequence[int] = ()) -> None:
    """A table on stdout. `sections` are the rows at which a section begins: its title."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, soft_wrap=False, highlight=False, emoji=False,
                      width=screen_width())
    table = Table(title=Text(title) if title else None, title_justify="left", title_style="bold",
                  header_style="bold", box=box.SIMPLE_HEAD)
    for i, name in enumerate(columns):
        table.add_column(Text(name), justify="right" if sections and i else "left",
                         vertical="top", overflow="fold")
    for i, row in enumerate(rows):
        if i in sections and i:
            table.add_section()
        table.add_row(*[Text(cell) for cell in row], style="bold" if i in sections else None)
    console.print(table)
    for note in notes:
        # rich ends lines at blanks alone, of which Chinese has few.
        indent = " " * (len(note) - len(note.lstrip()))
        whole = note.strip().replace(" %", GLUE + "%")
        for line in wrap(whole, console.width, indent, indent) if is_wide(note) else [note]:
            console.print(Text(line.replace(GLUE, " ")))
