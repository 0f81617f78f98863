"""Verdicts on the primary measures, their simultaneous confidence, and replications needed.

The primary family is declared before the run: at most MAXIMUM_FAMILY measures, each with a margin
(the largest difference that does not matter, in the measure's unit) or none. The intervals of all
its measures in all compared scenarios hold together with the stated confidence (Bonferroni), and
a verdict never says more than its interval:

overloaded                     more than 1 % of the cohort is open in either scenario
exact                          the difference is the same in every replication
no difference that matters     the interval lies within +- margin; this comes before a direction
lower, higher                  the interval excludes zero
not resolved                   anything else
"""

from __future__ import annotations

import math

from sim.statistics.ratio import Interval, student

MAXIMUM_FAMILY = 8

# Above this many replications the present estimate says too little to promise a number.
MAXIMUM_NEEDED = 10_000

OVERLOADED_SHARE = 0.01


def each_confidence(family: float, measures: int, comparisons: int) -> float:
    """The confidence of one interval so that all hold together with `family` (Bonferroni)."""
    return 1.0 - (1.0 - family) / max(measures * comparisons, 1)


def overloaded(open_members: int, members: int) -> bool:
    """True if more than 1 % of the cohort was still open when the runs ended."""
    return open_members > OVERLOADED_SHARE * members


def verdict(interval: Interval, margin: float | None, exact: bool, overload: bool) -> str:
    """The verdict on one difference; see the module's text for the words and their order."""
    if overload:
        return "overloaded"
    if exact:
        return "exact"
    low, high = interval.low, interval.high
    if margin is not None and low is not None and high is not None:
        if -margin <= low and high <= margin:
            return "no difference that matters"
    if high is not None and high < 0.0:
        return "lower"
    if low is not None and low > 0.0:
        return "higher"
    return "not resolved"


def replications_needed(
    interval: Interval, n: int, confidence: float, margin: float | None = None
) -> int | None:
    """Replications in all (not further ones) at which the difference should be resolved.

    Takes the present estimate and spread for true and shrinks the arms like t(n - 1) / sqrt(n)
    until the interval excludes zero or lies within the margin, whichever comes first. None when
    that cannot be said: no interval, an estimate of zero or on the margin, or above 10,000.
    """
    if n < 2 or interval.estimate is None or interval.low is None or interval.high is None:
        return None
    below, above = interval.estimate - interval.low, interval.high - interval.estimate
    shrinks = []
    arm, room = (below, interval.estimate) if interval.estimate > 0 else (above, -interval.estimate)
    if room > 0.0:
        shrinks.append(math.inf if arm == 0.0 else room / arm)
    if margin is not None and abs(interval.estimate) < margin:
        up, down = margin - interval.estimate, margin + interval.estimate
        shrinks.append(
            min(
                math.inf if above == 0.0 else up / above,
                math.inf if below == 0.0 else down / below,
            )
        )
    return _first_n(max(shrinks), n, confidence) if shrinks else None


def _first_n(shrink: float, n: int, confidence: float) -> int | None:
    """The smallest m > n whose arms are less than `shrink` times those of n replications."""

    def fits(m: int) -> bool:
        scale = student(confidence, m) / student(confidence, n) * math.sqrt(n / m)
        return scale < shrink

    low, high = n, MAXIMUM_NEEDED
    if not fits(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
