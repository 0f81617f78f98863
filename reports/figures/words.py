"""The words and numbers of the figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scenarios.words import Catalogue, terms

say = Catalogue(Path(__file__).parents[1], "figures", terms)


def number(value: float, digits: int = 0) -> str:
    """A number with thousands set apart and a true minus sign; never '-0'."""
    text = f"{value:,.{digits}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "−")


def signed(value: float, digits: int = 0) -> str:
    """A change as text: with its sign, but nought without one."""
    text = number(value, digits)
    return text if not text.strip("0.,") or text.startswith("−") else f"+{text}"


def interval(
    low: float | None, high: float | None, digits: int = 0, write: Callable[..., str] = number
) -> str:
    """An interval in brackets after a space; no text if it is not known."""
    if low is None or high is None:
        return ""
    return f" [{write(low, digits)}, {write(high, digits)}]"


def places(*values: float | None) -> int:
    """Decimals that fit the largest of some numbers: three figures of it, at most three."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return 0 if largest >= 1000 else 1 if largest >= 10 else 2 if largest >= 0.1 else 3
