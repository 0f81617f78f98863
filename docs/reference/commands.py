"""docs/commands.md from the options of the command line itself."""

from __future__ import annotations

import re
from typing import Any

import click

PAGE = "commands.md"
HEAD = """\
# Commands

<!-- Made from the command line by: python -m docs.reference. Its words stand in commands.py of each
package. -->

`onestop COMMAND --help` says the same. Results go to stdout; progress, notices and faults to
stderr. Nothing ever asks. The same seed gives the same bytes, whatever the number of workers.

A SCENARIO is the name of a shipped port, a file, or the name of regimes joined by `+`, which then
stand for `xiamen-2015` under them: `one-stop+restated+recognition`. What stands above wins:
option, `--set`, regime, file, what the file extends.

`--set KEY=VALUE` takes any key of the [scenario reference](scenario-reference.md), with dots, and
a row of a list by its number: `--set "single.merge=20 min"`, `--set regime.officers=2`,
`--set selection.rules.1.shares.customs=0.3`.

"""
STATUSES = """\
## Exit status

| status | |
|---|---|
| 0 | done, also if a difference is not resolved |
| 1 | a check or a replay found a difference |
| 2 | the input is at fault; every fault is named |
| 3 | the environment: disk full, no permission, a worker that keeps dying |
| 70 | our own fault; a log file is named |
| 130 | interrupted; what is finished is kept, and the command that resumes is printed |
"""


NEEDS = {"calibrate": "a port's log of some months", "uncertainty": "a calibrated port",
         "explain": "a minute; the planner's guide does"}
"""Commands whose examples need what no page has, or too long."""


def commands() -> dict[str, click.Command]:
    """Every command by name, in the order of `onestop --help`."""
    # Loaded by name, as the command line itself is: no module may import it.
    from importlib import import_module

    root: Any = import_module("sim.cli").root
    context = click.Context(root)
    return {name: root.get_command(context, name) for name in root.list_commands(context)}


def words_of(command: click.Command) -> tuple[str, list[str]]:
    """(what a command does, its examples) from its help text."""
    text = " ".join((command.help or "").replace("\b", " ").split())
    about, _, examples = re.sub(r"Examples?: ", "\0", text).partition("\0")
    found = re.split(r"(?=\bonestop )", examples)
    return about.strip(), [example.strip() for example in found if example.strip()]


def usage(name: str, command: click.Command) -> str:
    """`onestop run [OPTIONS] [SCENARIO]`."""
    words = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            word = str(parameter.metavar or parameter.name).upper()
            word += "..." if parameter.nargs == -1 else ""
            words.append(word if parameter.required else f"[{word}]")
    return " ".join(["onestop", name, *words, "[OPTIONS]"])


def option_row(option: click.Option) -> str:
    """An option's row: how it is written, its default, what it does."""
    value = ""
    if not option.is_flag:
        kind = option.type
        value = " " + (r"\|".join(kind.choices) if isinstance(kind, click.Choice)
                       else str(option.metavar or kind.name.upper()))
    names = ", ".join(f"`{name}{value}`" for name in option.opts)
    default = f"`{option.default}`" if option.show_default else "-"
    if option.envvar:
        default += f", else `{option.envvar}`" if not option.show_default else (
            f" or `{option.envvar}`")
    return f"| {names} | {default} | {option.help or ''} |"


def page() -> str:
    """The page as the file holds it."""
    parts = [HEAD]
    for name, command in commands().items():
        about, examples = words_of(command)
        parts.append(f"## onestop {name}\n\n{about}\n\n```text\n{usage(name, command)}\n```\n")
        if examples:
            word = "Example" if len(examples) == 1 else "Examples"
            mark = f"<!-- not run: {NEEDS[name]} -->\n" if name in NEEDS else ""
            parts.append(f"{word}:\n\n{mark}```sh\n" + "\n".join(examples) + "\n```\n")
        options = [p for p in command.params if isinstance(p, click.Option)]
        if options:
            parts.append("| option | default | meaning |\n|---|---|---|")
            parts += [option_row(option) for option in options]
            parts.append("")
    return "\n".join(parts) + "\n" + STATUSES
