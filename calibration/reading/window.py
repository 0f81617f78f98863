"""What single stamps tell by their company: the log's window, its rounding, dates without time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from calibration.reading.cells import Cells
from calibration.reading.rowscan import day_counts, seconds_of_day
from calibration.reading.stampcodes import KNOWN, MIDNIGHT, OUTSIDE

DAY = 86400
_FIRST_DAY = -23742
_DAYS = 2 * 23743
SPARSE = 0.02
"""A day belongs to the log if it has this part of what such a weekday usually has."""
GAP = 60
"""Days without such a day that part one stretch of the log from the next."""
BEFORE = 366 * DAY
"""Stamps so long before the log may belong to a container that it still shows; no earlier ones."""
STEPS = (3600, 1800, 900, 600, 300, 60, 30, 10, 5, 1)
USUAL_SHARE = 0.95
"""Of a column's stamps that must be multiples of a step for it to be the step."""


def find_window(cells: Cells) -> tuple[int, int]:
    """The first and the last stamp of the days on which the log was kept.

    Days count by their number of stamps beside the median of their weekday, so one mistyped year
    does not stretch the log. Of stretches that are far apart those with 2 % of all stamps are kept.
    """
    counts = np.zeros(_DAYS, dtype=np.int64)
    for values in cells.stamps.values():
        day_counts(values, _FIRST_DAY * DAY, counts)
    days = np.flatnonzero(counts)
    if not len(days):
        return 0, 0
    # The epoch's day is a Monday.
    weekday = (days + _FIRST_DAY) % 7
    usual = np.ones(len(days))
    for k in range(7):
        of_day = weekday == k
        if of_day.any():
            middle = np.sort(counts[days[of_day]])
            # Half of all stamps stand on days that are at least so full.
            at = np.searchsorted(np.cumsum(middle), middle.sum() / 2.0)
            usual[of_day] = max(SPARSE * middle[min(at, len(middle) - 1)], 1.0)
    dense = days[counts[days] >= usual]
    parts = np.split(dense, np.flatnonzero(np.diff(dense) > GAP) + 1)
    sums = np.array([counts[part[0]:part[-1] + 1].sum() for part in parts])
    kept = [part for part, size in zip(parts, sums, strict=True)
            if size == sums.max() or size >= max(0.02 * counts.sum(), 20)]
    low = (int(kept[0][0]) + _FIRST_DAY) * DAY
    high = (int(kept[-1][-1]) + 1 + _FIRST_DAY) * DAY
    first, last = high, low
    for values in cells.stamps.values():
        inside = values[(values >= low) & (values < high)]
        if len(inside):
            first, last = min(first, int(inside.min())), max(last, int(inside.max()))
    return first, last


def blank_outside(cells: Cells, window: tuple[int, int]) -> None:
    """Blanks stamps after the log's end, or long before its start: years that were mistyped."""
    since, until = window
    for values in cells.stamps.values():
        values[(values > until) | ((values > KNOWN) & (values < since - BEFORE))] = OUTSIDE


def blank_midnights(cells: Cells) -> None:
    """Blanks stamps at exactly midnight where far more stand there than around: they are dates
    whose time is not known.

    Around are the half hours before and after. At least 5, 1 % of the column, and four times what
    would be expected must stand at midnight.
    """
    for name, values in cells.stamps.items():
        clock = _clock(values)
        total, at = int(clock.sum()), int(clock[0])
        if at < max(5, 0.01 * total):
            continue
        around = clock[1:1801].sum() + clock[-1800:].sum()
        step = max(cells.steps.get(name, 60), 1)
        if at > 4.0 * around / (3600.0 / step) + 4.0:
            values[(values > KNOWN) & (values % DAY == 0)] = MIDNIGHT


def find_steps(cells: Cells) -> dict[str, int]:
    """Seconds to which each column is rounded: the largest step of which nearly all stamps are
    multiples. Times of the day that recur (when an office opens) are left out, since many stamps
    stand there for another reason. A column of few stamps takes the step of the others."""
    steps, few = {}, []
    for name, values in cells.stamps.items():
        clock = _clock(values)
        clock[0] = 0
        recurring = clock > max(0.02 * clock.sum(), 3)
        clock[recurring] = 0
        times = np.flatnonzero(clock)
        weights = clock[times]
        if weights.sum() < 8:
            few.append(name)
            continue
        steps[name] = next(step for step in STEPS if step == 1 or weights[
            times % step == 0].sum() >= USUAL_SHARE * weights.sum())
    usual = list(steps.values())
    for name in few:
        values = cells.stamps[name]
        known = values[values > KNOWN]
        own = next(step for step in (60, 1) if step == 1 or np.all(known % 60 == 0))
        steps[name] = max(set(usual), key=usual.count) if usual else own
    return {name: steps[name] for name in cells.stamps}


def round_down(cells: Cells) -> None:
    """Stamps that are finer than their column's step are rounded down to it, as the others were."""
    for name, values in cells.stamps.items():
        step = cells.steps[name]
        if step == 1:
            continue
        finer = np.flatnonzero((values > KNOWN) & (values % step != 0))
        if len(finer) and step <= 60:
            values[finer] -= values[finer] % step
            cells.note(f"stamps finer than {step} s, rounded down", len(finer))


def heaping(values: NDArray[np.int32]) -> dict[str, float]:
    """How many stamps stand on full quarters of an hour, beside how many would by chance.

    share: of the column's stamps on :00, :15, :30, :45, without times of the day that recur (more
    than 2 % of the stamps: an office opens, a batch begins); expected: 4 / 60; excess: the part of
    the stamps that were moved to a quarter, (share - expected) / (1 - expected), not below 0.
    """
    minutes = _clock(values).reshape(1440, 60).sum(axis=1)
    total = minutes.sum()
    usual = minutes <= max(0.02 * total, 3)
    left = minutes[usual].sum()
    if left < 60:
        return {}
    quarters = np.arange(1440) % 15 == 0
    expected = float((usual & quarters).sum() / usual.sum())
    share = float(minutes[usual & quarters].sum() / left)
    return {"share": share, "expected": expected,
            "excess": max((share - expected) / (1.0 - expected), 0.0)}


def _clock(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """int64[86400]: how many stamps of each time of the day."""
    out = np.zeros(DAY, dtype=np.int64)
    seconds_of_day(values, out)
    return out


def known_counts(stamps: Mapping[str, NDArray[np.int32]]) -> dict[str, int]:
    """Stamps that are known, by column."""
    return {name: int(np.sum(values > KNOWN)) for name, values in stamps.items()}
