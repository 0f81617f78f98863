"""The evening windows of box moves, and until when a day's appointments are made.

A box whose appointment is made by the cut-off is moved that evening, a later one on the next. Boxes
that find the yard full, or no tractor before the window closes, wait longer. So the cut-off is
where the share of boxes moved on the same evening falls, not where it reaches zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from calibration.estimates import DRAWS, Estimate, generator
from calibration.jobs import move_request, opening_of_moves, stamp
from calibration.records import Floats, Records
from calibration.working_time import DAYS
from calibration.worktime import DAY
from scenarios.load import Loaded
from scenarios.schema.port import CalendarSpec, parse_window

QUARTER = 15.0

STRAY = 0.002
"""Share of the moves that may begin after a window's closing: stamps that are wrong."""

LEFT_OVER = 3
"""Boxes that were ready in time and not moved before an evening says that its window closed on
them; and evenings of that kind that it takes."""


LATER = 8
"""Quarters of an hour after the last moves until which a window may be open that is never used up;
the k-th is 1 / (k + 1) as likely as the first. What it is matters once a reform asks for more."""


@dataclass
class Window:
    """A window as found: minutes of the day, weekdays, and what to say of it.

    used_until: by when the last moves begin where they leave nothing over, so that the window may
    close later; None where its closing shows.
    """

    begin: float
    end: float
    days: list[int]
    moves: int
    remarks: list[str] = field(default_factory=list)
    used_until: float | None = None

    def draws(self) -> list[Window]:
        """The window with closings that the log leaves possible; none where it shows."""
        if self.used_until is None:
            return []
        quarters = np.arange(LATER + 1.0)
        chance = np.cumsum(1.0 / (1.0 + quarters))
        # Evenly over the chances, in an order of no meaning.
        place = np.searchsorted(chance / chance[-1], (np.arange(DRAWS) * 0.618 + 0.5) % 1.0)
        return [replace(self, end=max(min(self.used_until + QUARTER * k, DAY), self.used_until))
                for k in quarters[place]]

    @property
    def weekly(self) -> dict[str, list[str]]:
        """As a scenario has it: what runs past midnight is stated for the days that follow."""
        evening = {_span(self.days): [f"{_clock(self.begin)}-{_clock(min(self.end, DAY))}"]}
        if self.end <= DAY:
            return evening
        night = f"00:00-{_clock(self.end - DAY)}"
        after = sorted((day + 1) % 7 for day in self.days)
        by_day = {day: [f"{_clock(self.begin)}-24:00"] for day in self.days}
        for day in after:
            by_day.setdefault(day, []).insert(0, night)
        groups: dict[tuple[str, ...], list[int]] = {}
        for day, windows in sorted(by_day.items()):
            groups.setdefault(tuple(windows), []).append(day)
        return {_span(days): list(windows) for windows, days in groups.items()}


BEHIND = 0.6
"""Mean place, among the moves of an evening, of boxes that came back from another yard on that day:
a half if they are back before the window opens, and from 0.7 on, up to nearly one, if their way
back comes first."""

SECOND = 30
"""Such boxes that it takes to tell."""


@dataclass
class MoveWindows:
    """The windows in and back (None: the log has no such moves).

    by_day: the way back where the log lacks it but shows that it does not wait for the evening.
    """

    into: Window | None
    back: Window | None
    base: Loaded
    by_day: Window | None = None

    def estimates(self, days: dict[str, Any]) -> list[Estimate]:
        """The calendars of box moves, closed on the same special days as the offices (`days`)."""
        result = []
        if self.into is None and self.back is None:
            return []
        back = self.back or self.by_day
        if back is None:
            assert self.into is not None
            back = _assumed_back(self.into, self.base)
        for key, id_, window in (
                ("in_window", "evening-in", self.into),
                ("back_window", "day-back" if back is self.by_day else "evening-back", back)):
            if window is None:
                continue
            rest = {**days, "shift_end": "finish"}
            result += [
                Estimate(f"calendars.{id_}", {"weekly": window.weekly, **rest},
                         [{"weekly": one.weekly, **rest} for one in window.draws()],
                         n=window.moves, remarks=tuple(window.remarks),
                         how="the times of day at which box moves begin" if window.moves else
                         "the hours of the gangs, until moves to the yards begin"
                         if window is self.by_day else
                         "hours of the base on the days of the moves to the yards"),
                Estimate(f"move.{key}", id_, how="the window found in the log")]
        return result


def fit_windows(records: Records, base: Loaded, opening: float) -> MoveWindows:
    """The windows in which moves to the yards, and back where the log has them, begin.

    opening: minute of the day at which gangs come to work.
    """
    result = MoveWindows(None, None, base)
    for way in ("move-in", "move-back"):
        start, asked = _moves(records, way)
        if len(start) < LEFT_OVER * 10:
            continue
        given = base.calendars[base.move.in_window if way == "move-in" else base.move.back_window]
        window = _window(start, asked, given)
        if way == "move-in":
            result.into = window
        else:
            result.back = window
    if result.into and not result.back:
        result.by_day = _back_by_day(records, result.into, opening)
    return result


def _back_by_day(records: Records, into: Window, opening: float) -> Window | None:
    """The way back, if boxes that are restuffed in one yard and moved to the next on the same
    evening are moved no later than others; then they are in the stack when the window opens."""
    starts = {a: stamp(records, f"start.move-in.{a}") for a in records.agencies}
    every = np.sort(np.concatenate([v[~np.isnan(v)] for v in starts.values()]))
    places = [np.empty(0)]
    for one in records.agencies:
        restuffed = stamp(records, f"end.restuffing.{one}")
        for other in records.agencies:
            if other == one:
                continue
            start = starts[other]
            same = (start > restuffed) & (restuffed % DAY < into.begin) & (
                evenings(start, into.begin) == restuffed // DAY)
            evening = evenings(start[same], into.begin) * DAY + into.begin
            first, last = (np.searchsorted(every, evening + more) for more in (0.0, DAY))
            at = (np.searchsorted(every, start[same])
                  + np.searchsorted(every, start[same], side="right")) / 2.0
            places.append((at - first) / (last - first))
    place = np.concatenate(places)
    if len(place) < SECOND or place.mean() >= BEHIND:
        return None
    return Window(min(opening, into.begin - QUARTER), into.begin, into.days, 0, [
        f"the log does not show the moves back to the stack; {len(place)} boxes that were "
        "restuffed in one yard and moved to the next on the same evening have a mean place of "
        f"{place.mean():.2f} among its moves: they are back before the window opens"])


def _moves(records: Records, way: str) -> tuple[Floats, Floats]:
    """Start of every move, and when it could have been asked for."""
    starts, requests = [np.empty(0)], [np.empty(0)]
    for agency in records.agencies:
        start = stamp(records, f"start.{way}.{agency}")
        asked = (move_request(records, agency) if way == "move-in"
                 else stamp(records, f"end.restuffing.{agency}"))
        known = ~np.isnan(start)
        starts.append(start[known])
        requests.append(asked[known])
    return np.concatenate(starts), np.concatenate(requests)


def evenings(start: Floats, begin: float) -> Floats:
    """The day on whose evening each move began, counted from 0; past midnight it is still that."""
    return np.floor((start - begin) / DAY)


def _window(start: Floats, asked: Floats, given: CalendarSpec) -> Window:
    begin = opening_of_moves(start)
    into = (start - begin) % DAY
    latest = float(np.quantile(into, 1.0 - STRAY))
    end = begin + QUARTER * np.ceil((latest + 1.0) / QUARTER)
    day = evenings(start, begin)
    numbers, moved = np.unique(day, return_counts=True)
    usual = moved[moved > max(0.1 * float(np.median(moved)), 1.0)]
    busy = numbers[moved > max(0.1 * float(np.median(moved)), 1.0)]
    weeks = max((numbers.max() - numbers.min() + 1) / 7.0, 1.0)
    days = [d for d in range(7) if (busy % 7 == d).sum() > 0.5 * weeks]
    if not days:
        days = sorted({int(d % 7) for d in busy}) or [0, 1, 2, 3, 4]
    window = Window(begin, end, days, len(start))
    late = float((into > end - begin).sum()) / len(into)
    if late:
        window.remarks.append(f"{late:.2%} of {len(start)} moves begin outside of the window")
    bound = _closes_on(start, asked, day, into, end - begin)
    known = _hours_of(given)
    if bound:
        window.remarks.append(f"on {bound} evenings boxes that were ready in time were left over "
                              "when the last move began")
    else:
        window.used_until = end
        closing = "that is taken"
        if known and known[0] < end < known[1]:
            window.end = known[1]
            closing = f"{_clock(known[1])} is the base's"
        window.remarks.append(
            f"the last moves begin by {_clock(end % DAY)}, when nothing is left to move: the log "
            f"cannot tell when the window closes, {closing}")
    if window.end > DAY:
        past = float((begin + into >= DAY).mean())
        window.remarks.append(
            f"moves begin until {_clock(window.end % DAY)} of the next day, {past:.2%} of them "
            "after midnight")
    if len(usual):
        window.remarks.append(f"{np.median(usual):.0f} moves in a usual evening, at most "
                              f"{usual.max()}")
    return window


def _closes_on(start: Floats, asked: Floats, day: Floats, into: Floats, length: float) -> int:
    """Evenings that left boxes over although they were ready by noon, and whose last move began
    near the end of the window."""
    over = asked < (day - 1.0) * DAY + DAY / 2.0
    before, count = np.unique(day[over] - 1.0, return_counts=True)
    left = before[count >= LEFT_OVER]
    last = np.array([into[day == d].max(initial=0.0) for d in left])
    near = int((last > length - 2.0 * QUARTER).sum())
    return near if near >= LEFT_OVER and near > 0.5 * len(left) else 0


def _hours_of(spec: CalendarSpec) -> tuple[float, float] | None:
    """Beginning and end of a calendar that has one window, the same on all of its days."""
    spans = {parse_window(w) for windows in spec.weekly.values() for w in windows}
    if len(spans) != 1:
        return None
    begin, end = spans.pop()
    return float(begin), float(end)


def _assumed_back(into: Window, base: Loaded) -> Window:
    """The base's window of moves back, as much earlier or later than there as the moves in are."""
    back, known = (_hours_of(base.calendars[name])
                   for name in (base.move.back_window, base.move.in_window))
    begin, end = back or (into.begin, into.end)
    if back and known:
        begin += into.begin - known[0]
        end += into.end - known[1]
    end = min(end, DAY)
    return Window(min(max(begin, 0.0), end - QUARTER), end, into.days, 0, [
        "the log does not show the moves back to the stack: taken to begin and end as long before "
        "or after the moves in as in the base"])


def fit_cutoff(records: Records, windows: MoveWindows, seed: int) -> Estimate | None:
    """The minute of the day until which an appointment of the same evening is made.

    Likelihood of a change point: up to the cut-off a share p of the boxes is moved on the evening
    of the day on which they were ready, after it a share q; both are at their best for each
    cut-off. Draws come from the likelihood over all minutes.
    """
    window = windows.into
    if window is None:
        return None
    start, asked = _moves(records, "move-in")
    day = np.floor(asked / DAY)
    moved = evenings(start, window.begin)
    counts = (~np.isnan(asked) & np.isin(day % 7, window.days) & np.isin(day, moved)
              & (moved >= day))
    clock = np.floor(asked - day * DAY)[counts].astype(np.int64)
    same = (moved == day)[counts]
    here = clock < window.begin
    late = int((same & ~here).sum())
    clock, same = clock[here], same[here]
    if len(clock) < 50 or same.all() or not same.any():
        return None
    minutes = np.arange(int(window.begin) + 1)
    likelihood = _change_point(np.bincount(clock[same], minlength=len(minutes)).astype(np.float64),
                               np.bincount(clock[~same], minlength=len(minutes)).astype(np.float64))
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    draws = generator(seed, "cutoff").choice(minutes, DRAWS, p=weight)
    low, middle, high = (int(m) for m in np.searchsorted(np.cumsum(weight), (0.025, 0.5, 0.975)))
    round_ones = [m for m in range(0, int(DAY), int(QUARTER)) if low - 1 <= m <= high + 1]
    value = min(round_ones, key=lambda m: abs(m - middle)) if round_ones else middle
    by, after = clock < value, clock >= value
    slots = np.arange(0, int(window.begin), int(QUARTER))
    share = [float(same[(clock >= a) & (clock < a + QUARTER)].mean())
             if ((clock >= a) & (clock < a + QUARTER)).any() else float("nan") for a in slots]
    remarks = [f"{same[by].mean():.1%} of the boxes that were ready by then are moved on the same "
               f"evening, {same[after].mean() if after.any() else 0.0:.1%} of those later"]
    if late:
        remarks.append(f"{late} boxes were moved on an evening on which they were ready after the "
                       "window had opened")
    return Estimate(
        "move.cutoff", _clock(value), [_clock(m) for m in draws], len(clock),
        how="the time of day after which boxes that are ready are no longer moved that evening",
        check={"kind": "profile", "unit": "share moved on the same evening, by quarter of an hour",
               "observed": [None if np.isnan(s) else s for s in share],
               "fitted": [float(same[by].mean()) if a < value else
                          float(same[after].mean()) if after.any() else 0.0 for a in slots]},
        remarks=tuple(remarks))


def _change_point(yes: Floats, no: Floats) -> Floats:
    """Log-likelihood of each cut-off m: one share among the minutes before m, one from m on."""
    def best(y: Floats, n: Floats) -> Floats:
        total = np.maximum(y + n, 1e-300)
        share = np.clip(y / total, 1e-6, 1.0 - 1e-6)
        return y * np.log(share) + n * np.log1p(-share)

    early_yes, early_no = (np.append(0.0, np.cumsum(v)[:-1]) for v in (yes, no))
    late_yes, late_no = yes.sum() - early_yes, no.sum() - early_no
    falls = early_yes * (late_yes + late_no) >= late_yes * (early_yes + early_no)
    return np.where(falls, best(early_yes, early_no) + best(late_yes, late_no), -np.inf)


def _clock(minute: float) -> str:
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"


def _span(days: list[int]) -> str:
    """[0, 1, 2, 3, 4] -> 'mon-fri'; days apart are listed: 'mon,wed'."""
    if len(days) > 1 and days == list(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
    return ",".join(DAYS[d] for d in days)
