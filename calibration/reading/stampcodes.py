"""Stamps as numbers: int32 seconds, and why there is none. The calendar, compiled.

A stamp is int32 seconds from an epoch, local time of the scenario; from 1970 to 2099 all fit. What
is no stamp is one of the numbers up to KNOWN, which say why.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.reading.jit import compiled

Array = Any
EPOCH_DAY = 23741
"""2035-01-01, a Monday, in days since 1970."""

ABSENT = -(2**31)
UNREADABLE, IMPOSSIBLE, NO_TIME, MIDNIGHT, OUTSIDE, REVERSED, CONTRADICTED, FAR = (
    ABSENT + k for k in range(1, 9))
KNOWN = ABSENT + 32
"""Stamps are larger than this; a number up to it says why there is none."""

YEAR_FIRST, YEAR_LAST, COMPACT, SERIAL, SINCE_1970, HALF_DAYS, ZONED, DAY_ABOVE, MONTH_ABOVE, \
    EITHER, WORDS = range(11)
"""What is counted: spellings; of dates with the year last those whose first (DAY_ABOVE) or second
number (MONTH_ABOVE) exceeds 12, and those that can be read either way."""

_DAYS = np.full(130 * 416, -1, dtype=np.int64)
"""Days since 1970 of each date, at 416 (year - 1970) + 32 month + day; -1 where there is none."""
_dates = np.arange(47482).astype("datetime64[D]")
_months = _dates.astype("datetime64[M]")
_DAYS[_months.astype(np.int64) // 12 * 416 + (_months.astype(np.int64) % 12 + 1) * 32
      + (_dates - _months.astype("datetime64[D]")).astype(np.int64) + 1] = np.arange(47482)


@compiled
def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date from then to 2099, -1 if there is none."""
    if not (1970 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31):
        return -1
    return _DAYS[(year - 1970) * 416 + month * 32 + day]


@compiled
def shifted(seconds: int, at: Array, shift: Array) -> int:
    """Seconds moved by the shift that holds then: shift[k] from at[k] on."""
    if len(at) == 0:
        return seconds
    k = np.searchsorted(at, seconds, side="right") - 1
    return seconds + shift[max(k, 0)]


@compiled
def fits(year: int, month: int, day: int, hour: int, minute: int, second: int) -> bool:
    """Whether there is such a date, from 1970 to 2099, and such a time (24:00:00 is one)."""
    if days_of(year, month, day) < 0:
        return False
    return (hour <= 23 and minute <= 59 and second <= 59) or (
        hour == 24 and minute == 0 and second == 0)


@compiled
def number(text: Array, at: int, n: int) -> tuple[int, int]:
    """The digits from `at` on, as a number, and where they end."""
    total = 0
    while at < n and 48 <= text[at] <= 57 and total < 10**17:
        total = total * 10 + text[at] - 48
        at += 1
    return total, at


@compiled
def two_digits(data: Array, at: int) -> int:
    """Two digits as a number, -1 if they are none."""
    tens, ones = int(data[at]) - 48, int(data[at + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1
