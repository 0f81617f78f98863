"""What the inputs of a scenario file are called."""

from __future__ import annotations

import re
from collections.abc import Callable

from scenarios.words import terms

_NAMED = re.compile(r"^(agencies|layout\.[^.]+\.sites)\.([^.]+)\.(.+)$")
_NUMBERED = re.compile(r"^(recognition|tariffs|waivers)\.(\d+)\.(.+)$")


def input_name(lang: str, key: str, agency: Callable[[str], str],
               site: Callable[[str], str]) -> str | None:
    """An input in words, by its key; None where there are none.

    agency, site: what an agency and a yard are called.
    """
    name, known = "", key
    if found := _NAMED.match(key):
        name = agency(found[2]) if found[1] == "agencies" else site(found[2])
        known = f"{found[1].split('.')[-1]}.*.{found[3]}"
    elif found := _NUMBERED.match(key):
        name, known = str(int(found[2]) + 1), f"{found[1]}.*.{found[3]}"
    return terms(lang, f"input.{known}", name=name) if f"input.{known}" in terms else None
