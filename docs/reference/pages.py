"""Pages that run as they are written: their commands, the files they state, what they show.

A fenced block may have a comment on the line before it:

    <!-- not run: REASON -->    the block's commands are for the reader alone
    <!-- exits: N -->           the last command of the block ends with this status
    <!-- file: NAME -->         the block is written to a file of that name
    <!-- output: all -->        the block is what the last command printed
    <!-- output: A | B -->      the lines of it that begin with A or B, with their continuations

and so may an image: <!-- figure: PATH -->, a picture that the commands before have drawn.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

WITH_OUTPUTS = ("README.md", "docs/tutorial.md", "docs/planners-guide.md")
WIDTH = "160"
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[a-z ]+): (?P<value>.*?) -->\n)?"
                   r"(?:^```(?P<lang>\w*)\n(?P<text>.*?)^```$|^!\[.*?\]\((?P<image>.+?)\)$)",
                   re.MULTILINE | re.DOTALL)
STUDIES = ("run", "compare", "verify")
ONE = ("--replications", "1", "--workers", "1")
FEW_WEEKS = ("--set", "run.warmup=0 weeks", "--set", "run.measured=1 week", "--set",
             "run.drain=4 weeks")
SHORT = {
    "run": (*FEW_WEEKS, *ONE),
    "select": (*FEW_WEEKS, "--workers", "1"),
    "replay": ("--workers", "1"),
    "verify": ("--only", "walked"),
}
SHORT["explain"] = ("--no-sensitivity", "--replications", "2", "--quiet")
SHORT["compare"] = (*SHORT["run"], "--no-figures")


@dataclass(frozen=True)
class Block:
    """A fenced block or an image of a page, with the comment before it."""

    line: int
    lang: str
    text: str
    mark: str = ""
    value: str = ""
    span: tuple[int, int] = (0, 0)

    @property
    def commands(self) -> list[list[str]]:
        """The words of every `onestop` command of a shell block; a redirection stays in them."""
        if self.lang != "sh":
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        parts = [part for line in lines for part in line.split("&&")]
        found = [shlex.split(part, comments=True) for part in parts]
        return [words[1:] for words in found if words and words[0].endswith("onestop")]


@dataclass(frozen=True)
class Told:
    """What a command left: its words, its exit status, its results and what else it said."""

    words: list[str]
    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """What a reader sees who runs it: the results, or the faults."""
        return self.out if self.status == 0 and self.out.strip() else self.out + self.err

    @property
    def is_study(self) -> bool:
        """Whether its numbers come from a simulation."""
        return self.words[0] in STUDIES


def blocks(text: str) -> list[Block]:
    """All fenced blocks and images of a page, in their order."""
    found = []
    for match in BLOCK.finditer(text):
        inside = match.span("text") if match["image"] is None else match.span("image")
        found.append(Block(text.count("\n", 0, match.start()) + 1, match["lang"] or "",
                           match["text"] if match["image"] is None else match["image"],
                           match["mark"] or "", match["value"] or "", inside))
    return found


def run(text: str, folder: Path, whole: bool = False) -> Iterator[tuple[Block, list[Told]]]:
    """Runs a page's blocks in their order in a folder; yields each with what was told by it, or,
    for an output or a figure, by the command before it.

    whole: studies whose output is shown run as written; all others are shortened. Raises
    AssertionError if a command ends otherwise than the page says.
    """
    last: list[Told] = []
    found = blocks(text)
    for number, block in enumerate(found):
        if block.mark == "file":
            (folder / block.value).write_text(block.text, encoding="utf-8", newline="\n")
        if block.mark == "not run" or not block.commands:
            yield block, last
            continue
        as_written = whole and _is_shown(found[number + 1:])
        last = [call(words if as_written else shorter(words), folder) for words in block.commands]
        wanted = [0] * (len(last) - 1) + [int(block.value) if block.mark == "exits" else 0]
        for told, status in zip(last, wanted, strict=True):
            assert told.status == status, (f"line {block.line}: onestop {' '.join(told.words)}: "
                                           f"exit status {told.status}\n{told.out}{told.err}")
        yield block, last


def _is_shown(following: list[Block]) -> bool:
    """Whether an output or a figure comes before the next command."""
    for block in following:
        if block.mark in ("output", "figure"):
            return True
        if block.commands and block.mark != "not run":
            return False
    return False


def call(words: list[str], folder: Path) -> Told:
    """Runs a command in this process, in a folder; `> FILE` takes its results."""
    target = None
    if len(words) > 1 and words[-2] == ">":
        words, target = words[:-2], folder / words[-1]
    out, err = io.StringIO(), io.StringIO()
    before = {name: os.environ.get(name) for name in ("COLUMNS", "ONESTOP_LANG")}
    os.environ["COLUMNS"] = WIDTH
    os.environ.pop("ONESTOP_LANG", None)
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            status = import_module("sim.cli").main(words)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    told = Told(words, status, out.getvalue(), err.getvalue())
    if target is None:
        return told
    target.write_text(told.out, encoding="utf-8", newline="\n")
    return replace(told, out="")


def shorter(words: list[str]) -> list[str]:
    """A command's words with options that let it end in a second or two."""
    if "port-log" in words and words[0] in STUDIES:
        # Its weeks are those of the log.
        return [*words, *ONE]
    return [*words, *SHORT.get(words[0], ())]


def shown(told: Told, wanted: str) -> str:
    """The part of what was told that an output block shows."""
    lines = [line.rstrip() for line in told.text.splitlines()]
    if wanted != "all":
        starts = tuple(word.strip() for word in wanted.split("|"))
        kept, inside = [], False
        for line in lines:
            continues = line.startswith(" " * 20)
            # A header stands as far to the right as a continuation, but is asked for by name.
            inside = line.strip().startswith(starts) or (inside and continues)
            kept += [line] if inside else []
        lines = _narrower(kept)
    return "\n".join(lines).strip("\n") + "\n"


def _narrower(lines: list[str]) -> list[str]:
    """Rows of a table without the width that only rows left out needed: gaps become two blanks."""
    width = max(map(len, lines), default=0)
    padded = [line.ljust(width) for line in lines]
    blank = [all(line[i] == " " for line in padded) for i in range(width)]
    keep = [i for i in range(width) if not (i > 1 and blank[i] and blank[i - 1] and blank[i - 2])]
    return ["".join(line[i] for i in keep).rstrip() for line in padded]


def renewed(text: str, folder: Path, pictures: Path | None = None) -> str:
    """The page with every output as its commands, run whole, print it; pictures are copied."""
    result, place = [], 0
    for block, told in run(text, folder, whole=True):
        if block.mark == "figure" and pictures is not None:
            shutil.copy(folder / block.value, pictures / block.text)
        if block.mark == "output":
            result += [text[place:block.span[0]], shown(told[-1], block.value)]
            place = block.span[1]
    return "".join([*result, text[place:]])


def renew(page: Path) -> None:
    """Writes a page anew with what its commands print."""
    with tempfile.TemporaryDirectory() as scratch:
        text = renewed(page.read_text(encoding="utf-8"), Path(scratch), page.parent)
    page.write_text(text, encoding="utf-8", newline="\n")
