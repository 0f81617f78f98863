"""Stamps as ports write them -> seconds, compiled.

Read are: 2015-07-30 18:21[:05[.25]] with - / . or 年月日 and T or spaces, 30/07/2015 and 7/30/2015,
20150730[18[21[05]]], 6:21 PM and 下午6:21, full-width digits, Z and offsets from UTC, days of a
spreadsheet (42215.7646) and seconds, milli- or microseconds since 1970. Months in words are left to
`stamptexts`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.reading.fields import trimmed
from calibration.reading.jit import compiled
from calibration.reading.stampcodes import (
    ABSENT,
    COMPACT,
    DAY_ABOVE,
    EITHER,
    EPOCH_DAY,
    HALF_DAYS,
    IMPOSSIBLE,
    KNOWN,
    MONTH_ABOVE,
    NO_TIME,
    SERIAL,
    SINCE_1970,
    UNREADABLE,
    YEAR_FIRST,
    YEAR_LAST,
    ZONED,
    days_of,
    fits,
    number,
    shifted,
    two_digits,
)

Array = Any
ASCII_OF = np.zeros(1 << 16, dtype=np.uint8)
"""By the last two bytes of three: the plain letter that stands for a wide one, 0 for none."""
for _wide, _letter in zip("年月日号时時点點分秒：／－．　", "--  ::::: :/-. ", strict=True):
    _bytes = _wide.encode()
    ASCII_OF[_bytes[1] << 8 | _bytes[2]] = ord(_letter)
for _k in range(10):
    _bytes = chr(0xFF10 + _k).encode()
    ASCII_OF[_bytes[1] << 8 | _bytes[2]] = 48 + _k
_POWERS = 10.0 ** -np.arange(0, 20)


@compiled
def _plain(data: Array, start: int, end: int, text: Array) -> int:
    """The field in small ASCII letters, 年月日 and the like as marks; its length, -1 if it has
    other letters or is too long."""
    n, i = 0, start
    while i < end:
        c = data[i]
        if n >= len(text) - 1:
            return -1
        if c < 128:
            text[n] = c + 32 if 65 <= c <= 90 else c
            i += 1
        elif c == 0xC2 and i + 1 < end and data[i + 1] == 0xA0:
            text[n] = 32
            i += 2
        elif i + 2 < end:
            here = (np.int64(data[i + 1]) << 8) | data[i + 2]
            if c == 0xE4 and (here == 0xB88A or here == 0xB88B) and (
                    i + 5 < end and data[i + 3] == 0xE5 and data[i + 4] == 0x8D
                    and data[i + 5] == 0x88):
                text[n] = 97 if here == 0xB88A else 112
                i += 6
            elif ASCII_OF[here] and (c == 0xE5 or c == 0xE6 or c == 0xE7 or c == 0xE9
                                     or c == 0xEF or c == 0xE3):
                text[n] = ASCII_OF[here]
                i += 3
            elif n == 0 and end - start == 3 and (
                    (c == 0xE6 and here == 0x97A0) or (c == 0xE7 and here == 0xA9BA)):
                return 0
            else:
                return -1
        else:
            return -1
        n += 1
    while n and text[n - 1] == 32:
        n -= 1
    return n


@compiled
def _empty(text: Array, n: int) -> bool:
    """Whether the text says 'nothing': - -- / null none nan na n/a nat \\n, or a date of zeros."""
    if n == 0:
        return True
    zeros = n >= 8
    marks = n <= 3
    for i in range(n):
        c = text[i]
        zeros &= c == 48 or c == 45 or c == 58 or c == 32 or c == 47 or c == 46
        marks &= c == 45 or c == 47
    if zeros or marks:
        return True
    if text[0] == 110 and n <= 4:  # n...
        a, b, c = text[1], text[2], text[3]
        return ((n == 2 and a == 97) or (n == 3 and ((a == 47 or a == 97)
                and (b == 97 or b == 110 or b == 116)))
                or (n == 4 and ((a == 117 and b == 108 and c == 108)
                                or (a == 111 and b == 110 and c == 101))))
    return n == 2 and text[0] == 92 and text[1] == 110


@compiled
def _of_number(text: Array, n: int, order: int, counts: Array) -> tuple[int, int, int]:
    """A text of digits alone, with a fraction perhaps -> (seconds since 1970, whether they are of
    UTC, status). Status 0 is a stamp, 1 no number of any known kind."""
    value, at = number(text, 0, n)
    whole, fraction = at, 0.0
    if at < n and text[at] == 46:
        part, end = number(text, at + 1, n)
        if end < n or end - at > 18:
            return 0, 0, 1
        fraction = part * _POWERS[end - at - 1]
        at = end
    if at < n:
        return 0, 0, 1
    if whole == 5 and 25569 <= value < 73051:
        counts[SERIAL] += 1
        if fraction == 0.0:
            return 0, 0, NO_TIME
        seconds = round(fraction * 86400.0)
        if n - whole - 1 < 6:
            # Too few decimals for the second: the minute is what was meant.
            seconds = round(fraction * 1440.0) * 60
        return (value - 25569) * 86400 + seconds, 0, 0
    dated = 19 <= value // 10 ** max(whole - 2, 0) <= 20
    if (whole == 8 or whole == 12 or whole == 14 or whole == 17 or (
            whole == 10 and 2000010100 <= value <= 2032123123)) and dated:
        if whole == 17:
            value //= 1000
        elif whole < 14:
            value *= 10 ** (14 - whole)
        date, clock = value // 1000000, value % 1000000
        counts[COMPACT] += 1
        good = fits(date // 10000, date // 100 % 100, date % 100, clock // 10000,
                     clock // 100 % 100, clock % 100)
        if whole == 8:
            return 0, 0, NO_TIME if good else IMPOSSIBLE
        if not good:
            return 0, 0, IMPOSSIBLE
        return (days_of(date // 10000, date // 100 % 100, date % 100) * 86400
                + clock // 10000 * 3600 + clock // 100 % 100 * 60 + clock % 100), 0, 0
    unit = 1 if whole == 9 or whole == 10 else 10**3 if whole == 12 or whole == 13 else (
        10**6 if whole == 15 or whole == 16 else 0)
    if unit:
        counts[SINCE_1970] += 1
        return value // unit, 1, 0
    return 0, 0, 1


@compiled
def _of_text(text: Array, n: int, order: int, counts: Array) -> tuple[int, int, int, int]:
    """A date and a time -> (seconds since 1970, 2 if with an offset, the offset, status)."""
    bad = (0, 0, 0, 1)
    one, at = number(text, 0, n)
    wide = at
    if at >= n or not (text[at] == 45 or text[at] == 47 or text[at] == 46) or not (
            wide == 4 or 1 <= wide <= 2):
        if wide != 8 or at >= n:
            return bad
        one, two, three, at = one // 10000, one // 100 % 100, one % 100, at
        wide = 4
    else:
        mark = text[at]
        two, end = number(text, at + 1, n)
        if not 1 <= end - at - 1 <= 2 or end >= n or text[end] != mark:
            return bad
        three, at = number(text, end + 1, n)
        if not (1 <= at - end - 1 <= 2 or (wide <= 2 and at - end - 1 == 4)):
            return bad
        if wide <= 2 and at - end - 1 <= 2:
            three += 2000
    if wide == 4:
        year, month, day = one, two, three
        counts[YEAR_FIRST] += 1
    else:
        counts[YEAR_LAST] += 1
        counts[DAY_ABOVE] += one > 12
        counts[MONTH_ABOVE] += two > 12
        counts[EITHER] += one <= 12 and two <= 12 and one != two
        month_first = order == 2 or (order == 0 and two > 12)
        year, month, day = (three, one, two) if month_first else (three, two, one)
    begin = at
    while at < n and (text[at] == 32 or text[at] == 116 or text[at] == 44):
        at += 1
    if at >= n:
        return 0, 0, 0, NO_TIME if fits(year, month, day, 0, 0, 0) else IMPOSSIBLE
    half = 0
    if text[at] == 97 or text[at] == 112:
        half = 1 if text[at] == 97 else 2
        at += 2 if at + 1 < n and text[at + 1] == 109 else 1
        while at < n and text[at] == 32:
            at += 1
    hour, end = number(text, at, n)
    minute = second = 0
    if at == begin and half == 0:
        return bad
    if end - at == 4 or end - at == 6:
        packed = hour if end - at == 6 else hour * 100
        hour, minute, second, at = packed // 10000, packed // 100 % 100, packed % 100, end
    else:
        if not 1 <= end - at <= 2 or end >= n or text[end] != 58:
            return bad
        minute, at = number(text, end + 1, n)
        if not 1 <= at - end - 1 <= 2:
            return bad
        if at < n and text[at] == 58:
            second, end = number(text, at + 1, n)
            if end - at - 1 > 2:
                return bad
            at = end
            if at < n and (text[at] == 46 or text[at] == 44):
                _, at = number(text, at + 1, n)
    while at < n and text[at] == 32:
        at += 1
    if at < n and (text[at] == 97 or text[at] == 112):
        half = 1 if text[at] == 97 else 2
        at += 1
        if at < n and text[at] == 46:
            at += 1
        if at < n and text[at] == 109:
            at += 1
        if at < n and text[at] == 46:
            at += 1
        while at < n and text[at] == 32:
            at += 1
    zoned, offset, at = _offset(text, at, n)
    if at < n:
        return bad
    if half:
        counts[HALF_DAYS] += 1
        if hour > 12 and half == 1:
            return 0, 0, 0, IMPOSSIBLE
        hour = (0 if hour == 12 and half == 1 else hour + 12 if hour < 12 and half == 2 else hour)
    if not fits(year, month, day, hour, minute, second):
        return 0, 0, 0, IMPOSSIBLE
    return (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second, zoned, offset,
            0)


@compiled
def _offset(text: Array, at: int, n: int) -> tuple[int, int, int]:
    """Z, UTC, GMT or an offset such as +08:00 -> (whether there is one, seconds, its end)."""
    if at >= n:
        return 0, 0, at
    zoned = 0
    if text[at] == 122:
        return 2, 0, at + 1
    if at + 2 < n and ((text[at] == 117 and text[at + 1] == 116 and text[at + 2] == 99) or (
            text[at] == 103 and text[at + 1] == 109 and text[at + 2] == 116)):
        zoned = 2
        at += 3
    if at >= n or not (text[at] == 43 or text[at] == 45):
        return zoned, 0, at
    sign = 1 if text[at] == 43 else -1
    hours, end = number(text, at + 1, n)
    minutes = 0
    if end - at - 1 == 4:
        hours, minutes = hours // 100, hours % 100
    elif end - at - 1 > 2 or end == at + 1:
        return 0, 0, at
    elif end < n and text[end] == 58:
        minutes, end = number(text, end + 1, n)
    if hours > 14 or minutes > 59:
        return 0, 0, at
    return 2, sign * (hours * 3600 + minutes * 60), end


@compiled
def stamps(data: Array, starts: Array, ends: Array, rows: int, column: int, order: int,
           utc_at: Array, utc_shift: Array, own_at: Array, own_shift: Array, out: Array,
           counts: Array, odd: Array) -> int:
    """Fields -> int32[rows] stamps, or why not.

    order      of dates with the year last: 1 day first, 2 month first, 0 not known (day first
               unless only the other is possible)
    utc_*, own_*  shifts to the scenario's local time from UTC and from the log's own local time
    counts     int64: spellings, added to
    odd        int32[rows]: rows that are left to slower hands; returns how many there are
    """
    text = np.zeros(48, dtype=np.uint8)
    strange = 0
    for r in range(rows):
        start, end = trimmed(data, starts[r, column], ends[r, column])
        if start == end:
            out[r] = ABSENT
            continue
        n = end - start
        seconds, zoned, offset, status = 0, 0, 0, 1
        usual = (n == 16 or n == 19) and (data[start + 4] == 45 or data[start + 4] == 47) and (
            data[start + 7] == data[start + 4] and data[start + 13] == 58
            and (data[start + 10] == 32 or data[start + 10] == 84))
        if usual:
            one, two = two_digits(data, start), two_digits(data, start + 2)
            month, day = two_digits(data, start + 5), two_digits(data, start + 8)
            hour, minute = two_digits(data, start + 11), two_digits(data, start + 14)
            second = 0
            if n == 19:
                second = two_digits(data, start + 17) if data[start + 16] == 58 else -1
            usual = (one | two | month | day | hour | minute | second) >= 0
        if usual:
            year = one * 100 + two
            known = days_of(year, month, day)
            if known >= 0 and hour <= 23 and minute <= 59 and second <= 59:
                status = 0
                seconds = known * 86400 + hour * 3600 + minute * 60 + second
            elif known >= 0 and hour == 24 and minute == 0 and second == 0:
                status = 0
                seconds = (known + 1) * 86400
            else:
                zeros = one + two + month + day == 0
                status = ABSENT if zeros else IMPOSSIBLE
            counts[YEAR_FIRST] += 1
        else:
            n = _plain(data, start, end, text)
            if n >= 0 and _empty(text, n):
                out[r] = ABSENT
                continue
            if n > 0:
                seconds, zoned, status = _of_number(text, n, order, counts)
                if status == 1:
                    seconds, zoned, offset, status = _of_text(text, n, order, counts)
        if status == 1:
            out[r] = UNREADABLE
            odd[strange] = r
            strange += 1
        elif status != 0:
            out[r] = status
        else:
            seconds -= EPOCH_DAY * 86400
            if zoned:
                counts[ZONED] += zoned == 2
                seconds = shifted(seconds - offset, utc_at, utc_shift)
            else:
                seconds = shifted(seconds, own_at, own_shift)
            out[r] = seconds if KNOWN < seconds < 2**31 else IMPOSSIBLE
    return strange
