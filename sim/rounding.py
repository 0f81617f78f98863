"""How many decimals a number deserves: what its interval supports."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

MOST_DECIMALS = 3


def is_share(measure: str) -> bool:
    """Whether a measure is shown in per cent."""
    return measure.endswith(("share", "utilisation")) or ".within_" in measure


def supported(entry: dict[str, Any], factor: float = 1.0) -> int | None:
    """The decimals that the interval of an entry (`low`, `high`) supports: two significant digits
    of its half width; None if there is none."""
    low, high = entry.get("low"), entry.get("high")
    if low is None or high is None or low == high:
        return None
    half = (high - low) / 2 * factor
    return min(max(1 - math.floor(math.log10(half)), 0), MOST_DECIMALS)


def decimals(levels: Iterable[dict[str, Any]], changes: Iterable[dict[str, Any]] = (),
             factor: float = 1.0) -> int:
    """Decimals of a row of levels and changes: two significant digits of the narrowest change, or,
    without changes, of the widest interval of a level; at most 3."""
    levels = list(levels)
    wanted = [digits for d in changes if (digits := supported(d, factor)) is not None]
    if wanted:
        return max(wanted)
    wanted = [digits for e in levels if (digits := supported(e, factor)) is not None]
    if wanted:
        return min(wanted)
    values = [abs(e.get("mean") or 0.0) * factor for e in levels]
    whole = all(value == round(value) or value >= 1000 for value in values)
    return 0 if whole else 1 if min(values) >= 10 else 2
