"""check, run, compare, replay: options and printing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from scenarios.console import (
    ProgressLine,
    cluster_option,
    engine_option,
    json_option,
    notice,
    overwrite_option,
    print_table,
    screen_width,
    seed_option,
    set_option,
    set_up_logging,
    study_options,
    talk_options,
    workers_option,
)

report_option = click.option(
    "--report", is_flag=True,
    help="Also the report: a page in English, one in Chinese, and a workbook.")

SETTLED = {"regime": "--regime", "regimes": "--regime", "replications": "--replications",
           "seed": "--seed", "out": "--out", "engine": "--engine", "sets": "--set",
           "events": "--events", "until": "--half-width"}
"""Options by their parameter that a study, once begun, takes no more."""


@click.command("check")
@click.argument("files", nargs=-1, required=True)
@click.option("--as", "port", default="port-log", show_default=True,
              help="The scenario whose column map reads a log.")
@set_option
@json_option
def check_command(files: tuple[str, ...], port: str, sets: tuple[str, ...],
                  as_json: bool) -> None:
    """Validate scenario or log files; every fault at once, with file, line and key.

    Example: onestop check my-port.yaml
    """
    from scenarios.errors import InputError
    from scenarios.load import load
    from sim.ports import port_run
    from sim.study import account_of

    faults, facts = [], []
    for file in files:
        is_log = file.lower().endswith((".csv", ".csv.gz"))
        try:
            scenario = load(port if is_log else file,
                            sets=[*sets, f"traffic.log={file}"] if is_log else sets)
            run = port_run(scenario, 1, 0)
        except InputError as error:
            faults += error.faults
            facts.append({"file": file, "valid": False,
                          "faults": [asdict(fault) for fault in error.faults]})
            continue
        account = account_of(scenario)
        facts.append({"file": file, "valid": True, "consignments": len(run.traffic.arrival),
                      "overloaded": list(run.plan.overloaded),
                      "offered": dict(run.plan.offered),
                      "account": account.as_dict() if account else None})
        if not as_json:
            click.echo(f"{file}: valid")
            if account:
                click.echo(account.render())
            for name in run.plan.overloaded:
                click.echo(f"{file}: overload: {name} is offered {run.plan.offered[name]:.2f} "
                           "times what it can do")
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False, default=str))
    if faults:
        raise InputError(faults)


@click.command("run")
@click.argument("scenario", required=False)
@click.option("--regime", metavar="REGIME", help="Put the port under shipped regimes, as a+b.")
@click.option("--no-area", is_flag=True,
              help="No companion run: about half the time, but no area.required.")
@report_option
@study_options
@click.pass_context
def run_command(ctx: click.Context, scenario: str | None, regime: str | None, report: bool,
                **options: Any) -> None:
    """Simulate one scenario: a table on screen, a folder of results.

    Example: onestop run one-stop --replications 10
    """
    from scenarios.load import load

    _begin(options, scenario is not None)
    loaded = [load(scenario, regime, options["sets"])] if scenario else []
    folder = _study(loaded, options)
    if report:
        _call(ctx, "report", folder, options)


@click.command("compare")
@click.argument("scenarios", nargs=-1)
@click.option("--regime", "regimes", multiple=True, metavar="REGIME",
              help="Put one port under regimes (repeatable), as a+b; the first is the base.")
@click.option("--no-figures", is_flag=True, help="Draw no figures.")
@click.option("--explain", is_flag=True,
              help="Also why: lever by lever, queues apart, what rests on assumptions.")
@click.option("--uncertainty", is_flag=True,
              help="Of a calibrated port, also how sure: luck, what its log leaves open, what only "
              "the reform would show.")
@report_option
@study_options
@click.pass_context
def compare_command(ctx: click.Context, scenarios: tuple[str, ...], regimes: tuple[str, ...],
                    no_figures: bool, explain: bool, uncertainty: bool, report: bool,
                    **options: Any) -> None:
    """Compare scenarios on common random numbers; the first is the baseline.

    \b
    Examples: onestop compare separate one-stop one-stop-recognition
              onestop compare my-port.yaml --regime separate --regime one-stop+restated
    """
    _begin(options, bool(scenarios))
    loaded = _several(scenarios, regimes, options["sets"]) if scenarios or regimes else []
    calibration = _calibration(scenarios)
    if uncertainty and calibration is None:
        raise click.UsageError("--uncertainty needs a port that onestop calibrate wrote, with its "
                               "folder of the same name in .calibration beside it.")
    folder = _study(loaded, options)
    if calibration is not None:
        shutil.copyfile(calibration / "calibration.json", folder / "calibration.json")
    if uncertainty and calibration is not None:
        from sim.uncertainty.commands import split_folder

        split_folder(folder, calibration, options["workers"], options["quiet"],
                     options["as_json"])
    if explain:
        from sim.explain.commands import explain_folder, print_explanation

        found = explain_folder(folder, options["workers"], options["quiet"])
        if not options["as_json"]:
            print_explanation(found)
    if not no_figures:
        _call(ctx, "figures", folder, options, "--lang", options["lang"])
    if report:
        _call(ctx, "report", folder, options)


def _call(ctx: click.Context, name: str, folder: Path, options: dict[str, Any],
          *more: str) -> None:
    """Calls a command of another package by its name, on the stored files."""
    root = ctx.find_root().command
    assert isinstance(root, click.Group)
    command = root.get_command(ctx, name)
    # In a root of fewer commands there is nothing to call.
    if command is not None:
        quiet = ["--quiet"] if options["quiet"] or options["as_json"] else []
        command.main([str(folder), *more, *quiet], prog_name=f"onestop {name}",
                     standalone_mode=False)


@click.command("select")
@click.argument("scenarios", nargs=-1, required=True)
@click.option("--regime", "regimes", multiple=True, metavar="REGIME",
              help="Put one port under regimes (repeatable), as a+b.")
@click.option("--measure", metavar="MEASURE", help="What is best (default: the first primary one).")
@click.option("--best", type=click.Choice(["lowest", "highest"]), default="lowest",
              show_default=True, help="Which value of it is.")
@click.option("--delta", type=float, metavar="D",
              help="Smallest difference that matters, in the measure's unit (default: the "
              "measure's margin).")
@click.option("--first", type=int, default=10, show_default=True, metavar="N",
              help="Replications of all before anything is dropped.")
@click.option("--replications", type=click.IntRange(2, 100_000), default=1000, show_default=True,
              metavar="N", help="At most so many of each.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/selection.json"),
              show_default=True, metavar="PATH", help="The file of the outcome.")
@seed_option
@engine_option
@workers_option
@set_option
@overwrite_option
@talk_options
@json_option
def select_command(scenarios: tuple[str, ...], regimes: tuple[str, ...], measure: str | None,
                   best: str, delta: float | None, as_json: bool, quiet: bool, verbose: bool,
                   sets: tuple[str, ...], **options: Any) -> None:
    """Select the best of many scenarios: each is run only until another one is surely better.

    Kim and Nelson's procedure on common random numbers. Where the best one is ahead of all others
    by D or more, it is selected with the confidence of the study. Exit status 1 if it is not
    decided after the most replications.

    Example: onestop select separate shared-yard one-stop --measure time.clearance.all.mean
    """
    from scenarios.errors import Difference
    from sim.selection import select

    set_up_logging(quiet, verbose)
    loaded = _several(scenarios, regimes, sets)
    declared = {p.measure: p.margin for p in loaded[0].study.primary}
    wanted = measure or next(iter(declared))
    margin = declared.get(wanted) if delta is None else delta
    if not margin:
        raise click.UsageError(f"'{wanted}' has no margin in the scenario: give --delta D.")
    found = select(loaded, measure=wanted, highest=best == "highest", delta=margin,
                   confidence=loaded[0].study.level, progress=ProgressLine(quiet),
                   command=click.get_current_context().obj or ("select",), **options)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        dropped = {row["scenario"]: row for row in found["dropped"]}
        rows = [[name, f"{found['means'][name]:.4g}",
                 *((str(dropped[name]["replications"]), dropped[name]["ahead"])
                   if name in dropped else (str(found["replications"]), "-"))]
                for name in found["scenarios"]]
        print_table(f"The {best} {wanted}, differences of {margin:g} or more",
                    ["scenario", "mean", "replications", "dropped for"], rows)
    notice(f"Result: {options['out']}", quiet)
    if not found["decided"]:
        raise Difference(f"not decided after {found['replications']} replications: "
                         f"{', '.join(found['survivors'])}; with {found['needed_at_most']} it is")
    if not as_json:
        click.echo(f"Best: {found['survivors'][0]}")


def _several(scenarios: Sequence[str], regimes: Sequence[str], sets: Sequence[str]) -> list[Any]:
    """The scenarios that are named, or one port under regimes."""
    from scenarios.load import load

    if regimes and len(scenarios) != 1:
        raise click.UsageError("--regime goes with exactly one port.")
    if len(regimes or scenarios) < 2:
        raise click.UsageError("Name at least two scenarios, or one port with --regime twice.")
    if regimes:
        return [load(scenarios[0], regime, sets) for regime in regimes]
    return [load(name, None, sets) for name in scenarios]


def _begin(options: dict[str, Any], named: bool) -> None:
    """Refuses options that contradict each other."""
    set_up_logging(options["quiet"], options["verbose"])
    if named == (options["partial"] is not None):
        raise click.UsageError("--resume takes no scenario." if named else
                               "Name a scenario, or resume a study with --resume DIR.")
    if options["partial"] is not None:
        context = click.get_current_context()
        given = [word for name, word in SETTLED.items() if context.get_parameter_source(
            name) == click.core.ParameterSource.COMMANDLINE]
        if given:
            raise click.UsageError(f"--resume takes no {' and no '.join(given)}: the study is "
                                   "settled.")


def _study(scenarios: Sequence[Any], options: dict[str, Any]) -> Path:
    """Runs or resumes a study and prints its table; the folder of its results."""
    from sim.screen import notes_of, rows_of
    from sim.study import account_of, compare, resume
    from sim.tablefit import fit

    quiet, progress = options["quiet"], ProgressLine(options["quiet"])
    for scenario in scenarios:
        account = account_of(scenario)
        if account:
            notice(account.render(), quiet)
            break
    if options["partial"] is not None:
        results = resume(options["partial"], workers=options["workers"],
                         cluster=options["cluster"], overwrite=options["overwrite"],
                         progress=progress)
    else:
        out = options["out"] or Path("results") / _name(scenarios)
        results = compare(
            scenarios, out, seed=options["seed"], replications=options["replications"],
            workers=options["workers"], cluster=options["cluster"], engine=options["engine"],
            events=options["events"], area=not options.get("no_area", False),
            until=options["until"], overwrite=options["overwrite"], progress=progress,
            command=click.get_current_context().obj or ())
    if options["as_json"]:
        click.echo(json.dumps(results.summary, indent=2, ensure_ascii=False))
    else:
        table = rows_of(results, options["lang"])
        blocks = fit(table, screen_width())
        for block in blocks:
            print_table(table.title if block is blocks[0] else "", block.columns, block.rows,
                        notes_of(results, options["lang"]) if block is blocks[-1] else (),
                        table.sections)
    notice(f"Results: {results.folder}", quiet)
    return results.folder


def _calibration(scenarios: Sequence[str]) -> Path | None:
    """The folder of the calibration that wrote the first scenario's file, if there is one."""
    folder = Path(scenarios[0]).with_suffix(".calibration") if scenarios else None
    return folder if folder and (folder / "calibration.json").is_file() else None


def _name(scenarios: Sequence[Any]) -> str:
    """The default folder's name: the scenarios' names."""
    return "-vs-".join(scenario.name for scenario in scenarios)[:120]


@click.command("replay")
@click.argument("folder", type=click.Path(path_type=Path))
@workers_option
@cluster_option
@talk_options
def replay_command(folder: Path, workers: int | None, cluster: str | None, quiet: bool,
                   verbose: bool) -> None:
    """Run stored results again from their manifest and compare; exit status 1 if they differ.

    Example: onestop replay results/one-stop
    """
    from scenarios.errors import Difference
    from sim.provenance import own_version
    from sim.study import replay

    set_up_logging(quiet, verbose)
    differing, earlier = replay(folder, workers=workers, cluster=cluster,
                                progress=ProgressLine(quiet))
    version = earlier.manifest["version"]
    if version != own_version():
        notice(f"The results are of version {version}; this is {own_version()}.", quiet)
    if differing:
        raise Difference("the replay differs:\n" + "\n".join(differing))
    click.echo(f"{folder}: the replay is the same")
