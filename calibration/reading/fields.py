"""From the bytes of a table to its fields, and from fields to boxes, keys and codes. All compiled.

A block is uint8[size] of UTF-8. Field c of row r lies in data[starts[r, c]:ends[r, c]]. A text is
taken without the white space around it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.reading.jit import compiled
from sim.portlog import iso6346

Array = Any
LONGEST_QUOTED = 1 << 16
MOST_QUOTED_LINES = 200
"""A quoted field that is longer was never meant as one: its quote is taken for a character."""

GOOD, MISSING, NOT_ONE, WRONG_DIGIT, NO_DIGIT, TOO_LONG, DAMAGED, ODD = range(8)
"""What became of a container's or a declaration's number. ODD is left to slower hands."""

_QUOTE, _LF, _CR = 34, 10, 13
_FILLER = np.zeros(256, dtype=np.bool_)
_FILLER[[ord(c) for c in " \t\r\n-_./'\"" ]] = True
_VALUE = np.full(256, -1, dtype=np.int64)
for _letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
    _VALUE[ord(_letter)] = iso6346.value(_letter)


@compiled
def split(data: Array, size: int, delimiter: int, last: bool, starts: Array, ends: Array,
          lines: Array, fields: Array) -> tuple[int, int, int]:
    """Finds the fields of the rows that are whole in data[:size].

    last      nothing follows this block
    starts, ends  int32[most, width], filled; fields that a row lacks are empty
    lines     int32[most]: lines of the block above each row
    fields    int32[most]: fields that each row has
    Returns (rows, bytes and lines that they take). Lines of white space are no rows. Lines end with
    LF, CR LF or CR. Quotes follow RFC 4180; a quote that nothing closes is a character.
    """
    most, width = starts.shape
    row = pos = line = 0
    while pos < size and row < most:
        begin, begin_line, column, filled = pos, line, 0, False
        while True:
            start = pos
            while pos < size and data[pos] == 32 and data[pos] != delimiter:
                pos += 1
            end = -1
            if pos < size and data[pos] == _QUOTE:
                close, inner = _closing(data, pos, size, delimiter, last)
                if close == -2:
                    return row, begin, begin_line
                if close >= 0:
                    start, end, pos = pos + 1, close, close + 1
                    line += inner
                    filled = True
                    while pos < size and data[pos] == 32 and data[pos] != delimiter:
                        pos += 1
            if end < 0:
                while pos < size and data[pos] != delimiter and (
                        data[pos] != _LF and data[pos] != _CR):
                    filled |= data[pos] > 32
                    pos += 1
                end = pos
            if not last and (pos >= size or (data[pos] == _CR and pos + 1 >= size)):
                return row, begin, begin_line
            if column < width:
                starts[row, column], ends[row, column] = start, end
            column += 1
            if pos >= size:
                break
            if data[pos] == delimiter:
                pos += 1
                continue
            pos += 2 if data[pos] == _CR and pos + 1 < size and data[pos + 1] == _LF else 1
            line += 1
            break
        if column > 1 or filled:
            for k in range(column, width):
                starts[row, k] = ends[row, k] = 0
            lines[row], fields[row] = begin_line, column
            row += 1
    return row, pos, line


@compiled
def _closing(data: Array, pos: int, size: int, delimiter: int, last: bool) -> tuple[int, int]:
    """Where the quote at `pos` is closed, and the lines that end inside: -1 nowhere, -2 the block
    ends before that can be said."""
    at, inner = pos + 1, 0
    limit = min(size, pos + LONGEST_QUOTED)
    while at < limit and inner <= MOST_QUOTED_LINES:
        if data[at] == _QUOTE:
            if at + 1 < size and data[at + 1] == _QUOTE:
                at += 2
                continue
            after = at + 1
            while after < size and data[after] == 32 and data[after] != delimiter:
                after += 1
            if after >= size:
                return (at if last else -2), inner
            ended = data[after] == delimiter or data[after] == _LF or data[after] == _CR
            return (at if ended else -1), inner
        if data[at] == _LF:
            inner += 1
        at += 1
    if at >= size and not last:
        return -2, 0
    return -1, 0


@compiled
def trimmed(data: Array, start: int, end: int) -> tuple[int, int]:
    """The field without white space, also the wide space and that which does not break."""
    while start < end:
        c = data[start]
        if c <= 32:
            start += 1
        elif c == 0xC2 and start + 1 < end and data[start + 1] == 0xA0:
            start += 2
        elif (c == 0xE3 and start + 2 < end and data[start + 1] == 0x80
              and data[start + 2] == 0x80):
            start += 3
        else:
            break
    while end > start:
        c = data[end - 1]
        if c <= 32:
            end -= 1
        elif c == 0xA0 and end - start >= 2 and data[end - 2] == 0xC2:
            end -= 2
        elif c == 0x80 and end - start >= 3 and data[end - 2] == 0x80 and data[end - 3] == 0xE3:
            end -= 3
        else:
            break
    return start, end


@compiled
def _mixed(key: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3."""
    key ^= key >> np.uint64(33)
    key *= np.uint64(0xFF51AFD7ED558CCD)
    key ^= key >> np.uint64(33)
    key *= np.uint64(0xC4CEB9FE1A85EC53)
    return key ^ (key >> np.uint64(33))


@compiled
def hashed(rows: Array, out: Array) -> None:
    """FNV-1a over the bytes of each row of uint8[n, width], mixed -> uint64[n]."""
    for i in range(rows.shape[0]):
        key = np.uint64(0xCBF29CE484222325)
        for j in range(rows.shape[1]):
            if rows[i, j] == 0:
                break
            key = (key ^ np.uint64(rows[i, j])) * np.uint64(0x100000001B3)
        out[i] = _mixed(key)


@compiled
def boxes(data: Array, starts: Array, ends: Array, rows: int, column: int, out: Array,
          status: Array) -> None:
    """Container numbers (ISO 6346) -> uint8[rows, 11] and what became of each."""
    for r in range(rows):
        start, end = trimmed(data, starts[r, column], ends[r, column])
        n, total = 0, 0
        state = MISSING if start == end else GOOD
        for i in range(start, end):
            c = data[i]
            if _FILLER[c]:
                continue
            if 97 <= c <= 122:
                c -= 32
            if c >= 128:
                state = ODD
                break
            letter = 65 <= c <= 90
            if n >= 11 or (n < 4 and not letter) or (n >= 4 and not 48 <= c <= 57):
                state = NOT_ONE
            if n < 11:
                out[r, n] = c
            if n < 10:
                total += _VALUE[c] << n
            n += 1
        if state == GOOD:
            digit = total % 11 % 10
            if n == 10:
                out[r, 10] = 48 + digit
                state = NO_DIGIT
            elif n == 11:
                state = GOOD if out[r, 10] == 48 + digit else WRONG_DIGIT
            else:
                state = NOT_ONE if n else MISSING
        if state == NOT_ONE or state == MISSING or state == ODD:
            out[r, :] = 0
        status[r] = state


@compiled
def keys(data: Array, starts: Array, ends: Array, rows: int, column: int, out: Array,
         status: Array) -> None:
    """Numbers of any kind -> uint8[rows, width], upper case, without spaces, and their status.

    DAMAGED is what a spreadsheet makes of a long number (3.7E+17).
    """
    width = out.shape[1]
    for r in range(rows):
        start, end = trimmed(data, starts[r, column], ends[r, column])
        n, digits, points, exponent, signs, other = 0, 0, 0, 0, 0, 0
        state = GOOD
        for i in range(start, end):
            c = data[i]
            if c <= 32:
                continue
            if c >= 128:
                state = ODD
                break
            if 97 <= c <= 122:
                c -= 32
            if n >= width:
                state = TOO_LONG
                break
            digits += 48 <= c <= 57
            points += c == 46
            exponent += c == 69 and n > 0
            signs += c == 43 or c == 45
            other += not (48 <= c <= 57 or c == 46 or c == 69 or c == 43 or c == 45)
            out[r, n] = c
            n += 1
        if state == GOOD and (digits + other + exponent == 0):
            state = MISSING
        elif state == GOOD and exponent == 1 and points == 1 and digits > 1 and other == 0:
            state = DAMAGED
        if state != GOOD:
            out[r, :] = 0
        status[r] = state


@compiled
def codes(data: Array, starts: Array, ends: Array, rows: int, column: int, slots: Array,
          of_slot: Array, known: int, first: Array, out: Array) -> int:
    """Texts -> numbers in the order of first appearance, through a table that is kept.

    slots, of_slot  uint64 and int32 of a power of two: hash -> number
    known     texts known so far; first[k] becomes the row that first has text k
    Returns the number of texts now known, or -1 when the table is full.
    """
    mask = len(slots) - 1
    for r in range(rows):
        start, end = trimmed(data, starts[r, column], ends[r, column])
        key = np.uint64(0xCBF29CE484222325)
        for i in range(start, end):
            key = (key ^ np.uint64(data[i])) * np.uint64(0x100000001B3)
        key = _mixed(key) | np.uint64(1)
        at = int(key >> np.uint64(1)) & mask
        while slots[at] != 0 and slots[at] != key:
            at = (at + 1) & mask
        if slots[at] == 0:
            if known >= len(first):
                return -1
            slots[at], of_slot[at], first[known] = key, known, r
            known += 1
        out[r] = of_slot[at]
    return known
