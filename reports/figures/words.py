"""The words and numbers of the figures."""

from __future__ import annotations

from pathlib import Path

from scenarios.words import Catalogue, terms

say = Catalogue(Path(__file__).parents[1], "figures", terms)


def number(value: float, digits: int = 0) -> str:
    """A number with thousands set apart and a true minus sign; never '-0'."""
    text = f"{value:,.{digits}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "−")
