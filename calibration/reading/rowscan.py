"""Work along the rows of a log, compiled: consignments, repeated rows, agreement, order.

Rows of one consignment stand together. Values up to `limit` are none: they say why.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.reading.jit import compiled
from calibration.reading.stampcodes import KNOWN

Array = Any
UNCHANGED, FILLED, REPLACED, NO_MAJORITY = range(4)
MAJORITY, FIRST, LAST = range(3)


@compiled
def day_counts(values: Array, low: int, out: Array) -> None:
    """Adds the stamps of each day to out; day 0 begins at `low`."""
    for value in values:
        if value > KNOWN:
            day = (value - low) // 86400
            if 0 <= day < len(out):
                out[day] += 1


@compiled
def seconds_of_day(values: Array, out: Array) -> None:
    """Adds to int64[86400] how often each time of the day stands in a column."""
    for value in values:
        if value > KNOWN:
            out[value % 86400] += 1


@compiled
def anchors(arrival: Array, discharged: Array, lodged: Array, out: Array) -> None:
    """The middle one of three stamps, the earlier of two."""
    for i in range(len(out)):
        a, b, c = arrival[i], discharged[i], lodged[i]
        if a > KNOWN and b > KNOWN and c > KNOWN:
            out[i] = max(min(a, b), min(max(a, b), c))
        else:
            best = 2**31 - 1
            if a > KNOWN:
                best = a
            if KNOWN < b < best:
                best = b
            if KNOWN < c < best:
                best = c
            if best < 2**31 - 1:
                out[i] = best


@compiled
def far_arrivals(arrival: Array, discharged: Array, lodged: Array, far: int, reason: int) -> None:
    """Arrivals that are far from both discharge and lodging, where these two agree, become
    `reason`."""
    for i in range(len(arrival)):
        a, d, q = arrival[i], discharged[i], lodged[i]
        if a > KNOWN and d > KNOWN and q > KNOWN and (
                abs(a - d) > far and abs(a - q) > far and abs(d - q) <= far):
            arrival[i] = reason


@compiled
def groups(key: Array, anchor: Array, order: Array, gap: int, out: Array) -> tuple[int, int]:
    """Numbers consignments: rows of one key, apart where their stamps are.

    key, anchor  of each row; order: rows by key, changed so that those of one are in the order of
    the file and its parts stand together
    out   int32[n]: consignment of order[i]
    Returns (consignments, keys that were split).
    """
    n, number, split, i = len(order), -1, 0, 0
    while i < n:
        j = i + 1
        while j < n and key[order[j]] == key[order[i]]:
            j += 1
        if j - i > 1:
            order[i:j].sort()
        number += 1
        low, high = 2**31 - 1, KNOWN
        for k in range(i, j):
            at = anchor[order[k]]
            if at > KNOWN:
                low, high = min(low, at), max(high, at)
            out[k] = number
        if high > KNOWN and high - low > gap:
            rows = order[i:j].copy()
            moment = np.empty(j - i, dtype=np.int64)
            for k in range(j - i):
                at = anchor[rows[k]]
                moment[k] = at if at > KNOWN else low
            sorting = np.argsort(moment, kind="mergesort")
            before = moment[sorting[0]]
            parts = 0
            for k in range(j - i):
                here = moment[sorting[k]]
                if here - before > gap:
                    number += 1
                    parts += 1
                before = here
                order[i + k], out[i + k] = rows[sorting[k]], number
            split += parts > 0
        i = j
    return number + 1, split


@compiled
def neighbours(key: Array, order: Array, out: Array) -> None:
    """Marks the rows whose key another row has, too; order: rows by key."""
    for k in range(1, len(order)):
        if key[order[k]] == key[order[k - 1]]:
            out[order[k]] = out[order[k - 1]] = True


@compiled
def repeats(first_of_group: Array, box: Array, boxed: Array, out: Array) -> None:
    """out[r]: the first row of r's consignment with the same box (r itself, if it is the first)."""
    n = len(out)
    for g in range(len(first_of_group)):
        i = first_of_group[g]
        j = first_of_group[g + 1] if g + 1 < len(first_of_group) else n
        for r in range(i, j):
            out[r] = r
        if j - i == 1:
            continue
        if j - i <= 8:
            for r in range(i + 1, j):
                for k in range(i, r):
                    if boxed[r] and boxed[k] and box[k] == box[r]:
                        out[r] = out[k]
                        break
            continue
        sorting = np.argsort(box[i:j], kind="mergesort")
        lead = -1
        for k in range(j - i):
            r = i + sorting[k]
            if not boxed[r]:
                continue
            if lead >= 0 and box[lead] == box[r]:
                out[r] = lead
            else:
                lead = r


@compiled
def fill(values: Array, limit: int, step: int, first: Array, filled: Array, differs: Array) -> int:
    """First rows take what they lack from the rows that repeat them; marks both kinds of rows.
    filled: uint8 of first rows; differs: uint8 of rows that say something else."""
    count = 0
    for r in range(len(first)):
        f = first[r]
        if f == r or values[r] <= limit:
            continue
        if values[f] <= limit:
            values[f] = values[r]
            filled[f] = 1
            count += 1
        elif abs(values[f] - values[r]) >= step:
            differs[r] = 1
    return count


@compiled
def disagreement(values: Array, limit: int, step: int, first_of_group: Array,
                 used: Array) -> tuple[int, int]:
    """(consignments with two or more values, of them those whose values differ)."""
    n, several, differing = len(values), 0, 0
    for g in range(len(first_of_group)):
        i = first_of_group[g]
        j = first_of_group[g + 1] if g + 1 < len(first_of_group) else n
        known, low, high = 0, 0, 0
        for r in range(i, j):
            if used[r] == 0 and values[r] > limit:
                low = values[r] if known == 0 else min(low, values[r])
                high = values[r] if known == 0 else max(high, values[r])
                known += 1
        several += known > 1
        differing += known > 1 and high - low >= step
    return several, differing


@compiled
def agree(values: Array, limit: int, step: int, first_of_group: Array, used: Array, how: int,
          contradicted: int, flags: Array) -> None:
    """One value per consignment: that of most rows, or the first or last of them.

    Values that differ by less than `step` are one, the smallest. Without a value that more than
    half of the rows share, all become `contradicted`. flags: uint8[n], what became of each row.
    """
    n = len(values)
    for g in range(len(first_of_group)):
        i = first_of_group[g]
        j = first_of_group[g + 1] if g + 1 < len(first_of_group) else n
        if j - i == 1:
            continue
        known, lacking, low, high = 0, 0, 0, 0
        for r in range(i, j):
            if used[r]:
                continue
            if values[r] > limit:
                low = values[r] if known == 0 else min(low, values[r])
                high = values[r] if known == 0 else max(high, values[r])
                known += 1
            else:
                lacking += 1
        if known == 0 or (lacking == 0 and low == high):
            continue
        best, common = low, known
        if high - low >= step:
            if how == LAST:
                best = high
            elif how == MAJORITY:
                some = np.empty(known, dtype=np.int64)
                k = 0
                for r in range(i, j):
                    if not used[r] and values[r] > limit:
                        some[k] = values[r]
                        k += 1
                some.sort()
                common, k = 0, 0
                while k < known:
                    m = k
                    while m < known and some[m] - some[k] < step:
                        m += 1
                    if m - k > common:
                        common, best = m - k, some[k]
                    k = m
        lost = 2 * common <= known
        for r in range(i, j):
            if used[r]:
                continue
            if lost:
                if values[r] > limit:
                    values[r] = contradicted
                    flags[r] = NO_MAJORITY
            elif values[r] <= limit:
                values[r] = best
                flags[r] = FILLED
            else:
                if abs(values[r] - best) >= step:
                    flags[r] = REPLACED
                values[r] = best


@compiled
def disorder(table: Array, before: Array, after: Array, least: Array) -> Array:
    """How often each pair of stamps is known, and reversed -> int64[pairs, 2].

    table  int32[stamps, rows]; before[p] should not be later than after[p] by least[p] or more
    """
    out = np.zeros((len(before), 2), dtype=np.int64)
    for p in range(len(before)):
        a, b = table[before[p]], table[after[p]]
        for r in range(table.shape[1]):
            if a[r] > KNOWN and b[r] > KNOWN:
                out[p, 0] += 1
                out[p, 1] += a[r] - b[r] >= least[p]
    return out


@compiled
def put_right(table: Array, begin: Array, after: Array, least: Array, reason: int) -> int:
    """Blanks what is out of order with the fewest blanks, row by row; returns how many.

    table  int32[stamps, rows]; stamp s should not be later than after[p] by least[p] or more, for
    p from begin[s] to begin[s + 1]
    The stamp that disagrees with most others goes first. Two that disagree with each other alone
    both go: either may be wrong, and where they were exchanged both are.
    """
    stamps, rows = table.shape
    wrong = np.zeros(stamps, dtype=np.int64)
    total = 0
    for r in range(rows):
        worst = 2
        while worst > 1:
            worst = 0
            for s in range(stamps):
                a = table[s, r]
                if a <= KNOWN:
                    continue
                for p in range(begin[s], begin[s + 1]):
                    b = table[after[p], r]
                    if b > KNOWN and a - b >= least[p]:
                        if worst == 0:
                            wrong[:] = 0
                        wrong[s] += 1
                        wrong[after[p]] += 1
                        worst = max(worst, wrong[s], wrong[after[p]])
            if worst == 0:
                break
            for s in range(stamps):
                if wrong[s] == worst:
                    table[s, r] = reason
                    total += 1
                    if worst > 1:
                        break
    return total
