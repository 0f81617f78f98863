"""Local date-and-time stamps as ports write them.

Known forms: a date `2015-07-30`, `2015/7/30`, `2015.7.30`, `20150730` or `2015年7月30日`, then a
space or `T`, then `18:21`, `18:21:05` or `18:21:05.250`. A stamp with a time zone is not local and
a date alone does not say when; neither is read.

The two fixed layouts of nearly every log (16 and 19 characters) are read as arrays; the rest one
distinct text at a time.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GOOD, BLANK, UNREADABLE, IMPOSSIBLE = range(4)
FAULTS = {BLANK: "missing", UNREADABLE: "not a date and time", IMPOSSIBLE: "impossible date"}
# Years outside are typing faults, not port traffic.
FIRST_YEAR, LAST_YEAR = 1970, 2099

Stamps = NDArray[np.datetime64]
_BLANKS = {"", "-", "--", "/", "null", "none", "nan", "n/a", "na", "nat", "无", "空"}
_DATE = r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?"
_LOOSE = re.compile(
    rf"(?:{_DATE}|(\d{{4}})(\d\d)(\d\d))(?: |T|(?<=日))"
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\Z",
    re.ASCII,
)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def parse_stamps(texts: Sequence[str]) -> tuple[Stamps, NDArray[np.int8]]:
    """n texts -> (datetime64[s] of n, status int8 of n).

    Status is GOOD, BLANK, UNREADABLE or IMPOSSIBLE (such as 30 February); where it is not GOOD
    the stamp is NaT. Fractions of a second are cut off.
    """
    clean = [text.strip() for text in texts]
    stamps = np.full(len(clean), np.datetime64("NaT"), dtype="datetime64[s]")
    status = np.full(len(clean), UNREADABLE, dtype=np.int8)
    lengths = np.fromiter(map(len, clean), dtype=np.int64, count=len(clean))
    status[lengths == 0] = BLANK
    for length in (16, 19):
        rows = np.flatnonzero(lengths == length)
        if rows.size:
            stamps[rows], status[rows] = _parse_fixed([clean[i] for i in rows], length)
    known: dict[str, tuple[np.datetime64, int]] = {}
    for i in np.flatnonzero(status == UNREADABLE):
        text = clean[i]
        if text not in known:
            known[text] = _parse_loose(text)
        stamps[i], status[i] = known[text]
    return stamps, status


def minutes_since(stamps: Stamps, start: datetime.datetime) -> NDArray[np.float64]:
    """Minutes from `start` (naive local) to each stamp, float64; NaN where the stamp is NaT."""
    seconds = (stamps - np.datetime64(start, "s")).astype("timedelta64[s]")
    minutes = seconds.astype(np.float64) / 60.0
    minutes[np.isnat(stamps)] = np.nan
    return minutes


def parse_minutes(
    texts: Sequence[str], start: datetime.datetime
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """n texts -> (minutes since `start`, float64 of n, NaN where not GOOD; status int8 of n)."""
    stamps, status = parse_stamps(texts)
    return minutes_since(stamps, start), status


def _parse_fixed(texts: list[str], length: int) -> tuple[Stamps, NDArray[np.int8]]:
    """Texts of 16 (to the minute) or 19 characters (to the second), both with full padding."""
    codes = np.array(texts, dtype=f"U{length}").view(np.uint32).reshape(len(texts), length)
    digits = codes.astype(np.int64) - ord("0")
    places = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15] + ([17, 18] if length == 19 else [])
    separator = codes[:, 4]
    shaped = np.all((digits[:, places] >= 0) & (digits[:, places] <= 9), axis=1)
    shaped &= np.isin(separator, [ord(c) for c in "-/."]) & (codes[:, 7] == separator)
    shaped &= np.isin(codes[:, 10], [ord(" "), ord("T")]) & (codes[:, 13] == ord(":"))
    if length == 19:
        shaped &= codes[:, 16] == ord(":")

    def number(*columns: int) -> NDArray[np.int64]:
        total = np.zeros(len(texts), dtype=np.int64)
        for column in columns:
            total = 10 * total + digits[:, column]
        return total

    year, month, day = number(0, 1, 2, 3), number(5, 6), number(8, 9)
    second = number(17, 18) if length == 19 else np.zeros(len(texts), dtype=np.int64)
    return _assemble(year, month, day, number(11, 12), number(14, 15), second, shaped)


def _assemble(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64],
    hour: NDArray[np.int64], minute: NDArray[np.int64], second: NDArray[np.int64],
    shaped: NDArray[np.bool_],
) -> tuple[Stamps, NDArray[np.int8]]:
    """Calendar fields -> stamps and status; `shaped` says which rows have the right layout."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    possible = shaped & (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12)
    month_days = _MONTH_DAYS[np.where(possible, month, 0)] + (leap & (month == 2))
    possible &= (day >= 1) & (day <= month_days)
    possible &= (hour <= 23) & (minute <= 59) & (second <= 59)
    stamps = np.full(len(year), np.datetime64("NaT"), dtype="datetime64[s]")
    months = ((year - 1970) * 12 + month - 1)[possible].astype("datetime64[M]")
    seconds = ((day - 1) * 86400 + hour * 3600 + minute * 60 + second)[possible]
    stamps[possible] = months.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    status = np.full(len(year), IMPOSSIBLE, dtype=np.int8)
    status[possible] = GOOD
    status[~shaped] = UNREADABLE
    return stamps, status


def _parse_loose(text: str) -> tuple[np.datetime64, int]:
    """One text of any known form -> (stamp or NaT, status)."""
    nothing = np.datetime64("NaT", "s")
    if len(text) > 60:
        return nothing, UNREADABLE
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if text.lower() in _BLANKS:
        return nothing, BLANK
    match = _LOOSE.match(text)
    if not match:
        return nothing, UNREADABLE
    numbers = [int(part) for part in match.groups() if part is not None]
    try:
        moment = datetime.datetime(*numbers)  # type: ignore[arg-type]
    except ValueError:
        return nothing, IMPOSSIBLE
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return nothing, IMPOSSIBLE
    return np.datetime64(moment, "s"), GOOD
