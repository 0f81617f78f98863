"""Stamps with months in words, and the shifts between time zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration.reading.stampcodes import EPOCH_DAY
from calibration.records import Ints

_MONTHS = {name: k for k, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}
_MONTH = r"(?P<month>[a-z]{3})[a-z]*\.?"
_WORDED = re.compile(
    rf"(?:[a-z]{{3,9}},? +)?(?:(?P<day>\d{{1,2}})[ -/]*{_MONTH}[ -/,]*(?P<year>\d{{4}}|\d\d)"
    rf"|{_MONTH.replace('month', 'month2')} +(?P<day2>\d{{1,2}}),? +(?P<year2>\d{{4}}))"
    r"(?P<rest>[ ,t].*)?\Z")


def in_numbers(text: str) -> str:
    """A stamp with its month in words, such as 30-Jul-2015 18:21, in numbers; '' if none."""
    match = _WORDED.match(" ".join(text[:60].split()).casefold())
    if not match:
        return ""
    part = match.groupdict()
    month = _MONTHS.get(part["month"] or part["month2"] or "", 0)
    year = int(part["year"] or part["year2"])
    year += 2000 if year < 100 else 0
    day = int(part["day"] or part["day2"])
    return f"{year}-{month}-{day} {(part['rest'] or '').strip(' ,t')}".strip() if month else ""


@lru_cache(maxsize=8)
def shifts(from_zone: str, to_zone: str) -> tuple[Ints, Ints]:
    """(at, shift): local seconds of one zone are moved by shift[k] from at[k] on to be another's.

    Seconds count from the scanner's epoch. Empty for zones that are the same. In the hour that
    comes twice in autumn the later holds; the hour that spring leaves out is taken as after it.
    """
    if from_zone == to_zone:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    before, after = _offsets(from_zone), _offsets(to_zone)
    moments = sorted({*before, *after})
    at, shift = [], []
    for moment in moments:
        old, new = _holds(before, moment), _holds(after, moment)
        at.append(moment + old - EPOCH_DAY * 86400)
        shift.append(new - old)
    return np.array(at, dtype=np.int64), np.array(shift, dtype=np.int64)


def _holds(offsets: dict[int, int], moment: int) -> int:
    return offsets[max((at for at in offsets if at <= moment), default=min(offsets))]


@lru_cache(maxsize=8)
def _offsets(zone: str) -> dict[int, int]:
    """Seconds since 1970 (UTC) from which on -> seconds that the zone is ahead of UTC."""
    from zoneinfo import ZoneInfo

    info = ZoneInfo(zone)

    def ahead(moment: int) -> int:
        offset = info.utcoffset((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
                                 ).astimezone(info))
        return int(offset.total_seconds()) if offset is not None else 0

    day = 86400
    found = {0: ahead(0)}
    previous = found[0]
    for week in range(7 * day, 47482 * day, 7 * day):
        here = ahead(week)
        if here != previous:
            low, high = week - 7 * day, week
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if ahead(middle) == previous else (low, middle)
            found[high], previous = here, here
    return found


def known_zone(zone: str) -> bool:
    """Whether there is such a time zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def dates_of(stamps: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """Stamps as dates and times."""
    return np.datetime64("1970-01-01", "s") + (
        stamps.astype(np.int64) + EPOCH_DAY * 86400).astype("timedelta64[s]")
