"""list, show, new: the shipped scenarios, and one of your own."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scenarios.console import json_option, notice, print_table, set_option


@click.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """The shipped ports and regimes.

    Example: onestop list
    """
    from scenarios.load import library
    from scenarios.yamlfile import read_yaml

    rows = []
    for name, path in library().items():
        data = read_yaml(path, name).data
        rows.append({"name": name, "kind": data["kind"], "title": data["title"],
                     "description": " ".join(str(data.get("description", "")).split())})
    rows.sort(key=lambda row: (row["kind"] != "port", row["name"]))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    print_table("Shipped scenarios", ["name", "kind", "title"],
                [[r["name"], r["kind"], f"{r['title']['en']}\n{r['title']['zh']}"] for r in rows],
                ["A regime alone stands for xiamen-2015 under it; join regimes with '+'."])


@click.command("show")
@click.argument("scenario")
@click.option("--resolved", is_flag=True, help="With everything it extends, as JSON.")
@set_option
def show_command(scenario: str, resolved: bool, sets: tuple[str, ...]) -> None:
    """Print a scenario; what is printed runs as it is.

    Example: onestop show xiamen-2015 > mine.yaml
    """
    from scenarios.load import library, load

    shipped = library()
    if resolved or sets or scenario not in shipped:
        loaded = load(scenario, sets=sets)
        click.echo(json.dumps(loaded.resolved, ensure_ascii=False, indent=2))
    else:
        click.echo(shipped[scenario].read_text(encoding="utf-8"), nl=False)


TEMPLATE = """\
# Your port. It extends a shipped one: what you do not state is taken from there.
# Give every number its source and its confidence (published, derived, measured, assumed).
schema: onestop.scenario/1
kind: port
name: {name}
extends: {base}
title: {{en: "{name}", zh: "{name}"}}

# traffic:
#   consignments_per_week: {{value: 125, source: "where from", confidence: measured}}
#
# A port that states layout.separate must state layout.shared as well, before it can be put under
# one-stop: a shared yard is never taken over from another port.
"""


@click.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--base", default="xiamen-2015", show_default=True, help="The port to extend.")
def new_command(file: Path, base: str) -> None:
    """Start a scenario of your own.

    Example: onestop new my-port.yaml
    """
    import re

    from scenarios.errors import EnvironmentFailure, Fault, InputError
    from scenarios.load import library, load

    if load(base) and _kind(base) != "port":
        raise InputError(Fault("is a regime; a port of your own extends a port", key="--base",
                               found=base, hint="Put it under the regime with --regime."))
    if file.exists():
        raise InputError(Fault("is there already", file=str(file), hint="Choose another name."))
    if file.suffix not in (".yaml", ".yml"):
        raise InputError(Fault("must end in .yaml", file=str(file)))
    if not file.absolute().parent.is_dir():
        raise InputError(Fault("the folder is not there", file=str(file)))
    name = re.sub(r"[^a-z0-9-]+", "-", file.stem.lower()).strip("-")
    name = name if name[:1].isalpha() else f"port-{name}".rstrip("-")
    if base not in library():
        base = str(Path(base).resolve())
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(TEMPLATE.format(name=name, base=json.dumps(base, ensure_ascii=False)))
    except OSError as error:
        raise EnvironmentFailure(f"cannot write {file}: {error.strerror}") from None
    notice(f"Wrote {file}. Next: onestop check {file}")


def _kind(source: str) -> str:
    """Whether a shipped name or a file is a port or a regime; of names joined by '+', a regime."""
    from scenarios.load import library
    from scenarios.yamlfile import read_yaml

    path = library().get(source, Path(source))
    return str(read_yaml(path, source).data.get("kind", "port")) if path.exists() else "regime"
