"""verify: options and printing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from scenarios.console import ProgressLine, json_option, print_table
from sim.engines import ENGINES

if TYPE_CHECKING:
    from sim.verification.checks import Outcome

COLUMNS = ["check", "what", "theory", "simulated", "95 % interval", "p", "verdict"]


@click.command("verify")
@click.option("--only", multiple=True, metavar="ID",
              help="Only checks whose id begins so, as queue or walked.one-stop; repeatable.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True,
              metavar="N", help="Names the random numbers.")
@click.option("--engine", type=click.Choice(["auto", *ENGINES]), default="auto",
              show_default=True, help="What runs the plans; auto: every engine in "
              "turn, which must give the same numbers.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def verify_command(only: tuple[str, ...], seed: int, engine: str, quiet: bool,
                   as_json: bool) -> None:
    """The engines against queueing theory, calendars and boxes walked by hand; exit status 1 if a
    check fails. Takes about a minute and a half.

    \b
    Examples: onestop verify
              onestop verify --only walked --only identity --seed 2
    """
    from scenarios.errors import Difference
    from sim.provenance import own_version
    from sim.verification.suite import engines_of, verify

    outcomes = verify(only, seed, engine, ProgressLine(quiet))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if as_json:
        click.echo(json.dumps({
            "schema": "onestop.verification/1", "version": own_version(),
            "engines": list(engines_of(engine)), "seed": seed,
            "checks": [outcome.as_dict() for outcome in outcomes], "passed": not failed,
        }, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_table(f"{len(outcomes)} checks, seed {seed}, engines: "
                    f"{' and '.join(engines_of(engine))}", COLUMNS,
                    [row_of(outcome) for outcome in outcomes])
    if failed:
        raise Difference(f"{len(failed)} of {len(outcomes)} checks failed:\n" + "\n".join(
            f"{outcome.id}: {outcome.note}" for outcome in failed))


def row_of(outcome: Outcome) -> list[str]:
    """An outcome as cells of the table."""
    verdict = "passed" if outcome.passed else "FAILED"
    if outcome.kind == "exact":
        known = outcome.simulated is not None and outcome.theory is not None
        simulated = f"{outcome.simulated:.0f} of {outcome.theory:.0f}" if known else "-"
        return [outcome.id, outcome.what, "equal", simulated, "", "", verdict]
    simulated, interval, p = "-", "", ""
    if outcome.simulated is not None:
        simulated = figure(outcome.simulated)
        interval = f"{figure(outcome.low)} .. {figure(outcome.high)}"
        p = f"{outcome.p:.3f}"
    return [outcome.id, outcome.what, figure(outcome.theory), simulated, interval, p, verdict]


def figure(value: float | None) -> str:
    """Minutes with two decimals, a share with four."""
    if value is None:
        return "-"
    return f"{value:.2f}" if abs(value) >= 1.0 else f"{value:.4f}"
