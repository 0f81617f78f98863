"""The commands of reports: options and printing only."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("figures")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default="en",
    envvar="ONESTOP_LANG",
    show_default=True,
    show_envvar=True,
    help="Language of the labels.",
)
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
