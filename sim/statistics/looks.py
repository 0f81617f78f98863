"""As many replications as a half-width needs: looks at fixed numbers of replications.

A study looks at its interval at n = 8, 12, 18, 27, ... replications (0 to n - 1, the same in all
scenarios) and stops at the first look at which the half-width is small enough. It never stops on
significance, which would make any confidence untrue.

Stopping on the half-width picks looks at which the spread happens to come out small. For means of
normal values with these looks that costs up to 1.7 points of coverage (95 % becomes 93.3 %), and
nothing in the limit of small half-widths (Chow and Robbins 1965). So every look spends only SHARE
of the error that is allowed, 3.5 % for a stated confidence of 95 %: the smallest correction that
gives back what is lost at worst. What stopping costs does not add up over looks, as at most one
of them counts, so sharing the error out among the looks (alpha / k**2, alpha / 2**k) would waste
most of it: docs/design/0006-statistics.md has the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sim.statistics.ratio import Interval

FIRST_LOOK = 8
SHARE = 0.7


def looks(maximum: int) -> Iterator[int]:
    """The numbers of replications to look at: 8, 12, 18, 27, 40, 60, 90, ..., then `maximum`."""
    if maximum < FIRST_LOOK:
        raise ValueError(f"the first look is at {FIRST_LOOK} replications, found {maximum}")
    n = FIRST_LOOK
    while n < maximum:
        yield n
        n = n * 3 // 2
    yield maximum


def look_confidence(confidence: float) -> float:
    """The confidence of the interval at each look, so that the last one holds the stated one."""
    return 1.0 - SHARE * (1.0 - confidence)


@dataclass(frozen=True)
class Look:
    """One look: after `n` replications, at `confidence`, the longer arm was `half_width` (or None:
    unbounded), which was `enough` or not."""

    n: int
    confidence: float
    half_width: float | None
    enough: bool


@dataclass(frozen=True)
class Stopped:
    """The last look's interval, which holds with `confidence`, and all looks in their order."""

    interval: Interval
    confidence: float
    looks: tuple[Look, ...]

    def as_json(self) -> dict[str, Any]:
        """The interval, its confidence, and what every look found and spent."""
        return asdict(self)


def until_half_width(
    interval_of: Callable[[int, float], Interval],
    half_width: float,
    *,
    confidence: float = 0.95,
    maximum: int,
) -> Stopped:
    """Looks until both arms of an interval are at most `half_width` (in the measure's unit).

    interval_of(n, confidence) gives the interval of the measure, or of its difference, from
    replications 0 to n - 1 of all scenarios. The last look is at `maximum` replications, enough
    or not. Raises ValueError for a half-width that is not above zero.
    """
    if not half_width > 0.0:
        raise ValueError(f"a half-width is above zero, found {half_width}")
    each = look_confidence(confidence)
    made: list[Look] = []
    for n in looks(maximum):
        interval = interval_of(n, each)
        arm = _longer_arm(interval)
        made.append(Look(n, each, arm, arm is not None and arm <= half_width))
        if made[-1].enough:
            break
    return Stopped(interval, confidence, tuple(made))


def _longer_arm(interval: Interval) -> float | None:
    estimate, low, high = interval.estimate, interval.low, interval.high
    if estimate is None or low is None or high is None:
        return None
    arm = max(estimate - low, high - estimate)
    return arm if math.isfinite(arm) else None
