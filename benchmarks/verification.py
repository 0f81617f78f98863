"""docs/verification.md, put together from sections that are renewed one by one.

    python -m benchmarks.verification [NAME ...]

A section is what the function `markdown` of a module returns: a title `## ...`, what was done and
by which command. It stands between `<!-- begin NAME -->` and `<!-- end NAME -->`, with the day on
which it was renewed; sections that are not named stay as they are.
"""

from __future__ import annotations

import platform
import re
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "verification.md"
SECTIONS = {
    "theory": "benchmarks.theory",
    "faults": "benchmarks.faults",
    "coverage": "benchmarks.coverage",
    "fuzz": "benchmarks.fuzz",
    "recognition": "benchmarks.recognition",
    "cost": "benchmarks.cost",
    "growth": "benchmarks.growth",
    "study": "benchmarks.study",
    "scaling": "benchmarks.scaling",
    "report": "benchmarks.report",
    "recovery": "benchmarks.recovery",
    "what-if": "benchmarks.what_if",
}
"""Name -> module, in the order of the page."""

HEAD = """\
# Verification

What was done to find out whether the model computes what it says. `make evidence` runs the long
tests and renews every section, `python -m benchmarks.verification NAME` one of them. Each carries
its day. That the numbers fit a port is another question: docs/model.md, section 7.
"""


def sections_of(page: str) -> dict[str, str]:
    """Name -> text between its markers."""
    found = re.findall(r"<!-- begin (\S+) -->\n(.*?)\n?<!-- end \1 -->", page, re.S)
    return {name: text.strip() for name, text in found}


def page_of(sections: Mapping[str, str]) -> str:
    """The page; sections in the order of SECTIONS, others behind them."""
    names = [*(n for n in SECTIONS if n in sections), *(n for n in sections if n not in SECTIONS)]
    parts = [f"<!-- begin {name} -->\n{sections[name]}\n<!-- end {name} -->\n" for name in names]
    return "\n".join([HEAD, *parts])


def dated(text: str) -> str:
    """A section with the day, Python and system below its title. Raises ValueError without one."""
    title, _, rest = text.strip().partition("\n")
    if not title.startswith("## "):
        raise ValueError(f"a section begins with '## ' and a title; found {title!r}")
    day = (f"Renewed on {date.today().isoformat()} with Python {platform.python_version()} on "
           f"{platform.system()}.")
    return f"{title}\n\n{day}\n\n{rest.strip()}"


def renew(names: Sequence[str], page: Path = PAGE) -> list[str]:
    """Renew these sections of the page, writing it after each; the names of those that could not
    be, because their module is missing."""
    missing = []
    for name in names:
        if find_spec(SECTIONS[name]) is None:
            print(f"{name}: there is no module {SECTIONS[name]}; the section stays as it is",
                  file=sys.stderr)
            missing.append(name)
            continue
        begun = time.monotonic()
        text: str = import_module(SECTIONS[name]).markdown()
        old = sections_of(page.read_text(encoding="utf-8")) if page.exists() else {}
        page.write_text(page_of(old | {name: dated(text)}), encoding="utf-8", newline="\n")
        print(f"{name}: renewed in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Renews the sections named, or all; 2 for a name that is none."""
    names = list(sys.argv[1:] if arguments is None else arguments)
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        print(f"no such section: {', '.join(unknown)}; allowed: {', '.join(SECTIONS)}",
              file=sys.stderr)
        return 2
    renew(names or list(SECTIONS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
