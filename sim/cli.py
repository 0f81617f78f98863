"""The root of the command line: names every command, imports none until it is called."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from importlib import import_module
from typing import Any

import click

from scenarios.errors import OnestopError, shorten

COMMANDS = {
    "list": ("scenarios.commands:list_command", "The shipped ports and regimes."),
    "show": ("scenarios.commands:show_command", "Print a scenario."),
    "new": ("scenarios.commands:new_command", "Start a scenario of your own."),
    "check": ("sim.commands:check_command", "Validate scenario or log files."),
    "calibrate": ("calibration.commands:calibrate_command", "A port's own log into a scenario."),
    "run": ("sim.commands:run_command", "Simulate one scenario."),
    "compare": ("sim.commands:compare_command", "Scenarios side by side; the first is the base."),
    "select": ("sim.commands:select_command", "The best of many scenarios, at least effort."),
    "warmup": ("reports.commands:warmup_command", "How long a port takes to settle."),
    "explain": ("sim.explain.commands:explain_command", "Why a comparison came out as it did."),
    "uncertainty": ("sim.uncertainty.commands:uncertainty_command", "How sure a comparison is."),
    "replay": ("sim.commands:replay_command", "Run stored results again and compare."),
    "verify": ("sim.verification.commands:verify_command", "The engine against theory."),
    "report": ("reports.commands:report_command", "Pages and a workbook of stored results."),
    "figures": ("reports.commands:figures_command", "Draw the figures of stored results."),
}
OURS = ("scenarios", "sim", "calibration", "reports")


class Root(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from scenarios.errors import nearest

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            hint = nearest(args[0], COMMANDS) or "See onestop --help."
            raise click.UsageError(f"No such command '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from sim.provenance import own_version

        click.echo(f"onestop {own_version()}")
        ctx.exit()


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]},
             epilog="Example: onestop compare separate one-stop one-stop-recognition")
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True,
              help="Print the version.")
def root() -> None:
    """onestop simulates joint customs and quarantine inspection of containers at a port."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit status; no traceback reaches the user."""
    words = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    try:
        if any("\0" in word for word in words):
            raise click.UsageError("No option or name can hold the character NUL.")
        check_neighbours()
        result = root.main(words, prog_name="onestop", standalone_mode=False, obj=words)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except OnestopError as error:
        if error.exit_status == OnestopError.exit_status:
            return _own_fault(words)
        click.echo(f"onestop: {error}" if error.exit_status != 2 else f"{error}", err=True)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        click.echo("onestop: interrupted", err=True)
        return 130
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.ENOSPC):
            _drop_output()
        if error.errno == errno.EPIPE:
            # The reader of a pipe has gone: nothing is wrong with the work.
            return 0
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            click.echo(f"{shorten(error.filename or '')}: is no file name ({error.strerror})",
                       err=True)
            return 2
        if error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOMEM):
            click.echo(f"onestop: {error}", err=True)
            return 3
        return _own_fault(words)
    except MemoryError:
        click.echo("onestop: out of memory", err=True)
        return 3
    except SystemExit:
        # click ends the process so when the reader of a pipe has gone.
        _drop_output()
        return 0
    except Exception:
        return _own_fault(words)


def _drop_output() -> None:
    """What is still unwritten goes nowhere, or the interpreter would complain as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


def _own_fault(words: list[str]) -> int:
    """A fault of ours: the traceback goes to a file, its name to the user."""
    with tempfile.NamedTemporaryFile("w", prefix="onestop-", suffix=".log", delete=False,
                                     encoding="utf-8") as stream:
        stream.write(f"command: {words}\n\n{traceback.format_exc()}")
    click.echo(f"onestop: this is a fault of ours, not of your input. What happened is in "
               f"{stream.name}", err=True)
    return 70


def check_neighbours() -> None:
    """Raises EnvironmentFailure if another distribution has put a package of our names over ours.
    """
    from importlib.util import find_spec

    from scenarios.errors import EnvironmentFailure

    folders = {}
    for name in OURS:
        spec = find_spec(name)
        folders[name] = os.path.dirname(os.path.dirname(spec.origin)) if (
            spec and spec.origin) else None
    if len(set(folders.values())) != 1:
        raise EnvironmentFailure(f"packages of onestop lie in different places: {folders}. Another "
                                 "distribution has put a package of that name over ours.")
