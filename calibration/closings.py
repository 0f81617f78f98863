"""From the end of an examination, or of the papers, to the clearance form or the release.

A log has the end of a form or a release, and not when a clerk began it. If a clerk takes up what
came first, the beginning lies between the beginnings of two papers: the last that came before it,
and the first that came after. Where these lie close together the duration is known; so it is at
quiet times of the day, when no papers wait. Other cases say little and are left out.

After an examination, acts by hand come before (a constant), and sometimes a laboratory (days).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibration.durations import Sample
from calibration.estimates import DRAWS, Estimate, generator
from calibration.fitted import FEW, duration_estimate
from calibration.jobs import is_chained, papers_ready, sequence, stamp, stamp_of_consignments
from calibration.laboratory import fit_laboratory
from calibration.records import Flags, Floats, Records
from calibration.worktime import DAY, Hours, day_slips, in_hours, sample
from scenarios.load import Loaded

FORM, RELEASE = "clearance-form", "release"

APART = 5.0
"""Minutes after which a case that was not taken up has waited."""

RULES = ((True, 1.0), (True, 5.0), (False, 5.0), (False, 15.0))
"""How well a beginning must be known: whether only quiet times of the day count where the papers
beside it did not wait, and how many steps may lie between its bounds. Between two beginnings not
all minutes are as likely, so close ones are better than many."""

ENOUGH = 60
"""Cases that are enough for a rule."""

WAITING = 0.05
"""Share of papers that wait at a time of the day that counts as quiet."""

INCLUDED = "acts by hand included"

_HALF_HOUR = 30.0
_AHEAD = 5


@dataclass(frozen=True, eq=False)
class Closing:
    """An agency's last stage of consignments: float64[n] and bool[n].

    ready     when nothing but the clerk was missing; end: when it was done, NaN if open
    earliest, latest   bounds of when a clerk took it up, if the papers' clerks do it; asked, begun:
              those papers, in the order in which they came
    started   when the last stage was begun, in a log that has the stamp
    selected  whether the agency examined it; quiet: whether it came at a quiet time of the day;
              beside: whether the papers that came just before and after it did not wait
    """

    agency: str
    stage: str
    ready: Floats
    end: Floats
    earliest: Floats
    latest: Floats
    selected: Flags
    quiet: Flags
    beside: Flags
    queued: bool
    asked: Floats
    begun: Floats
    started: Floats | None
    step: float
    remarks: tuple[str, ...]

    def held(self, hours: Hours, acts: float, which: Flags) -> Floats:
        """Working time from when a clerk can have come to it to the end, of some consignments; with
        acts by hand first, which another wait for a clerk follows."""
        begun = self.earliest if self.queued else self.ready
        done = hours.after(hours.before(begun) + acts)
        if acts and self.queued:
            done = _between(self.asked, self.begun, done)[0]
        return (hours.before(self.end) - hours.before(done))[which]

    def held_before(self, hours: Hours, acts: float, law: float, which: Flags) -> Floats:
        """Working time from ready until the first clerk was asked for, of some consignments: back
        from the end by the closing itself, the acts, and each time what papers had waited that
        were taken up then."""
        then = hours.before(self.end) - law
        then -= self._waited(hours, then) + acts
        if acts:
            then -= self._waited(hours, then)
        return (then - hours.before(self.ready))[which]

    def _waited(self, hours: Hours, work: Floats) -> Floats:
        """Minutes that the last papers taken up by then (in working time) had waited."""
        if not self.queued or not len(self.asked):
            return np.zeros(len(work))
        order = np.argsort(self.begun, kind="stable")
        begun, asked = hours.before(self.begun[order]), hours.before(self.asked[order])
        last = np.maximum(np.searchsorted(begun, work, side="right") - 1, 0)
        return np.where(np.isnan(work), np.nan, (begun - asked)[last])


def fit_closings(records: Records, hours: dict[str, Hours], base: Loaded, seed: int
                 ) -> list[Estimate]:
    """Clearance forms, releases, clerical acts and laboratory of every agency."""
    result: list[Estimate] = []
    for agency in sequence(records):
        closing = closing_of(records, agency, hours[agency])
        if closing is None:
            continue
        law = _law(closing, hours[agency], seed)
        if law is None:
            continue
        estimate, shown = law
        result.append(estimate)
        longest = _longest(closing, hours[agency])
        constant, act = _acts(closing, hours[agency], estimate, shown, longest, base, seed)
        result += act
        mine = closing.selected & ~np.isnan(closing.ready)
        result += fit_laboratory(
            agency, closing.ready[mine], closing.end[mine],
            closing.held(hours[agency], constant, mine),
            closing.held_before(hours[agency], constant, float(np.mean(shown.middle)), mine),
            records.until, hours[agency], longest, base, seed)
    return result


def closing_of(records: Records, agency: str, hours: Hours) -> Closing | None:
    """The last stage of an agency that the log shows the end of: the clearance form of one that
    another waits for, the release of the last; None if the log has neither."""
    order = sequence(records)
    chained = is_chained(records)
    stage = FORM if chained and agency != order[-1] else RELEASE
    name, began = f"end.{stage}.{agency}", f"start.{stage}.{agency}"
    if not records.has(name):
        name = "released"
    if not records.has(name) or (stage == FORM and name == "released"):
        return None
    ready = _ready(records, agency)
    end = stamp_of_consignments(records, name)
    remarks: tuple[str, ...] = ()
    if name == "released" and not chained:
        others = [_ready(records, other) for other in order if other != agency]
        last = np.fmax.reduce([np.full(len(ready), -np.inf), *others])
        late = hours.before(ready) - hours.before(last) > DAY / 6.0
        end = np.where(late, end, np.nan)
        ready = np.where(late, ready, np.nan)
        remarks = ("the log has one release: cases in which this agency was the last by far",)
    end = np.where(end < ready, np.nan, end)
    step = records.step.get(name, 60) / 60.0
    gone = stamp_of_consignments(records, "gate-out")
    keep = (ready >= records.since) & ~day_slips(hours, ready, end) & ~(end > gone)
    keep &= in_hours(hours, ready, step) & in_hours(hours, end, step)
    ready, end = np.where(keep, ready, np.nan), np.where(keep, end, np.nan)
    asked, begun = _papers_in_order(records, agency)
    earliest, latest = _between(asked, begun, ready)
    selected = records.selected_consignments(agency) == 1
    queued = _waits_too(hours.before(earliest) - hours.before(ready),
                        hours.before(end) - hours.before(ready), ~selected)
    if not queued:
        remarks = (*remarks, "it takes no longer when papers wait: taken not to wait for the "
                   "papers' clerks; the model lets it, so that its clerks have more to do")
    earliest = np.where(end < earliest - step, ready, earliest)
    return Closing(agency, stage, ready, end, earliest, np.maximum(latest, earliest),
                   selected, *_quiet(asked, begun, ready, hours), queued, asked, begun,
                   stamp_of_consignments(records, began) if records.has(began) else None,
                   step, remarks)


def _waits_too(waits: Floats, took: Floats, which: Flags) -> bool:
    """Whether what closes a consignment waits for the papers' clerks when papers do: those that
    come then take longer than the others by that waiting, rather than as long. Medians of the
    working time, of consignments that the agency did not examine if there are enough."""
    known = ~np.isnan(waits) & ~np.isnan(took)
    for part in (known & which, known):
        late, free = part & (waits > APART), part & (waits <= 1.0)
        if late.sum() >= FEW and free.sum() >= FEW:
            usual = float(np.median(took[free]))
            return bool(abs(np.median((took - waits)[late]) - usual)
                        <= abs(np.median(took[late]) - usual))
    return True


def _ready(records: Records, agency: str) -> Floats:
    """float64[n]: papers settled and all boxes that the agency selected restuffed."""
    papers = stamp_of_consignments(records, f"end.papers.{agency}")
    selected = records.selected[agency] == 1
    restuffed = stamp(records, f"end.restuffing.{agency}")
    # One missing stamp leaves the last restuffing unknown.
    last = np.maximum.reduceat(np.where(selected, restuffed, -np.inf), records.first)
    return np.where(np.isnan(last), np.nan, np.maximum(papers, last))


def _papers_in_order(records: Records, agency: str) -> tuple[Floats, Floats]:
    """When papers came and were taken up, in the order in which they came, without those whose
    stamps must be wrong: taken up long after most of the next ones."""
    ready = papers_ready(records, agency)
    start = stamp_of_consignments(records, f"start.papers.{agency}")
    known = ready <= start
    order = np.argsort(ready[known], kind="stable")
    ready, start = ready[known][order], start[known][order]
    if len(ready) <= _AHEAD:
        return ready, start
    padded = np.append(start, np.full(_AHEAD, np.inf))
    following = np.median(np.lib.stride_tricks.sliding_window_view(padded[1:], _AHEAD), axis=1)
    sound = start <= following + _HALF_HOUR
    return ready[sound], start[sound]


def _between(asked: Floats, begun: Floats, ready: Floats) -> tuple[Floats, Floats]:
    """Bounds of when something that came at `ready` was taken up: no earlier than the papers that
    came before, no later than those that came after."""
    if not len(asked):
        return ready, np.where(np.isnan(ready), np.nan, np.inf)
    latest_so_far = np.maximum.accumulate(begun)
    first_from_here = np.minimum.accumulate(begun[::-1])[::-1]
    before = np.searchsorted(asked, ready, side="left")
    after = np.searchsorted(asked, ready, side="right")
    earliest = np.where(before > 0, latest_so_far[np.maximum(before - 1, 0)], -np.inf)
    latest = np.where(after < len(asked), first_from_here[np.minimum(after, len(asked) - 1)],
                      np.inf)
    return np.maximum(earliest, ready), np.maximum(latest, ready)


def _quiet(asked: Floats, begun: Floats, ready: Floats, hours: Hours) -> tuple[Flags, Flags]:
    """Whether hardly any papers that come at this time of the day wait (at the opening many do),
    and whether those that came just before and just after did not."""
    slots = int(DAY / _HALF_HOUR)
    slot = (asked % DAY // _HALF_HOUR).astype(np.int64)
    waits = hours.before(begun) - hours.before(asked) > 1.0
    count = np.bincount(slot, minlength=slots)
    share = np.bincount(slot, waits, slots) / np.maximum(count, 1)
    calm = (count >= FEW) & (share <= WAITING)
    if not calm.any() and (count >= FEW).any():
        # The calmest third of the day, if it is never quiet.
        calm = (count >= FEW) & (share <= np.quantile(share[count >= FEW], 1.0 / 3.0))
    mine = np.where(np.isnan(ready), 0, ready % DAY // _HALF_HOUR).astype(np.int64)
    if not len(asked):
        return np.zeros(len(ready), dtype=bool), np.zeros(len(ready), dtype=bool)
    after = np.searchsorted(asked, ready, side="right")
    beside = ~waits[np.maximum(after - 1, 0)] & ~waits[np.minimum(after, len(asked) - 1)]
    return calm[mine] & hours.is_open(ready), beside & hours.is_open(ready)


def _taken_up(closing: Closing, hours: Hours, which: Flags) -> tuple[Flags, Floats, Floats]:
    """(cases whose beginning is known well, its bounds in working time): by the strictest of RULES
    that enough cases fulfil, or the one that most do."""
    ready = hours.before(closing.ready)
    early, late = hours.before(closing.earliest), hours.before(closing.latest)
    usable = which & ~np.isnan(closing.end) & ~np.isnan(early)
    if not closing.queued:
        return usable, ready, ready
    found = []
    for quiet, apart in RULES:
        idle = closing.beside & (closing.quiet | (not quiet)) & (early <= ready + 1.0)
        latest = np.where(idle, early, late)
        known = usable & (latest - early <= apart * closing.step)
        found.append((known, early, latest))
        if known.sum() >= ENOUGH:
            return found[-1]
    return max(found, key=lambda one: int(one[0].sum()))


def _law(closing: Closing, hours: Hours, seed: int) -> tuple[Estimate, Sample] | None:
    """The form or the release itself, from consignments that the agency did not examine; if they
    are too few, from all, acts by hand included."""
    key = f"agencies.{closing.agency}.{closing.stage.replace('-', '_')}"
    if closing.started is not None:
        known = (closing.started >= closing.ready) & (closing.started <= closing.end)
        seen = sample(hours, closing.started[known], closing.end[known], closing.step, np.inf)
        estimate = duration_estimate(key, seen, "working time from begun to done, by maximum "
                                     "likelihood", seed, closing.remarks, closing.step)
        if estimate is not None:
            return estimate, seen
    remarks = closing.remarks
    for which, said in ((~closing.selected, "consignments that it did not examine"),
                        (closing.selected, f"consignments that it examined, {INCLUDED}")):
        known, early, late = _taken_up(closing, hours, which)
        if known.sum() < FEW:
            continue
        done = hours.before(closing.end[known])
        half = closing.step / 2.0
        low = np.maximum(done - late[known] - half, 0.0)
        high = np.maximum(done - early[known] + half, closing.step)
        low = np.where(high <= closing.step, 0.0, low)
        all_ = int((which & ~np.isnan(closing.ready)).sum())
        remarks = (*remarks, f"{int(known.sum())} of {all_} {said}: those whose clerk's beginning "
                   "follows from the papers around it or from a quiet time of the day")
        shown = Sample(low, high)
        estimate = duration_estimate(
            key, shown, "working time from the clerk's beginning to the end, by maximum "
            "likelihood", seed, remarks, closing.step)
        if estimate is not None:
            return estimate, shown
    return None


def _acts(closing: Closing, hours: Hours, law: Estimate, shown: Sample, longest: float,
          base: Loaded, seed: int) -> tuple[float, list[Estimate]]:
    """(minutes of acts by hand of one consignment, the time of each act).

    By how much longer the closing takes after an examination, at quiet times of the day and
    without the longest, which are the laboratory's: a difference of two medians, since a constant
    shifts a law. The number of acts is the base's: only the product shows.
    """
    acts = base.agencies[closing.agency].clerical.acts
    key = f"agencies.{closing.agency}.clerical.time"
    if any(INCLUDED in remark for remark in law.remarks):
        return 0.0, [Estimate(key, "0 min", how=f"in the {closing.stage}",
                              remarks=("acts by hand cannot be told from what they come before",))]
    known, early, _ = _taken_up(closing, hours, closing.selected & closing.quiet)
    if known.sum() < FEW or acts == 0:
        return 0.0, []
    with_acts = np.maximum(hours.before(closing.end[known]) - early[known], 0.0)
    with_acts = with_acts[with_acts <= 1.5 * longest]
    if len(with_acts) < FEW:
        return 0.0, []
    without = shown.middle
    rng = generator(seed, f"acts.{closing.agency}")
    # Rounded minutes have rounded medians.
    blur = rng.uniform(-closing.step / 2.0, closing.step / 2.0, DRAWS)
    differences = [float(np.median(rng.choice(with_acts, len(with_acts)))
                         - np.median(rng.choice(without, len(without))) + b) for b in blur]
    value = max(float(np.median(with_acts) - np.median(without)), 0.0)
    if value <= closing.step and np.quantile(differences, 0.05) <= closing.step:
        value, differences = 0.0, [0.0] * DRAWS
    estimate = Estimate(
        key, f"{value / acts:.4g} min",
        [f"{max(d, 0.0) / acts:.4g} min" for d in differences], int(known.sum()),
        how=f"longer {closing.stage} after an examination than without one, over the base's "
        f"{acts} acts",
        remarks=("the log shows acts by hand only in sum, and cannot tell their number from their "
                 "time",))
    return value, [estimate if value else replace(estimate, draws=())]


def _longest(closing: Closing, hours: Hours) -> float:
    """Working time, waiting for a clerk aside, within which closings without an examination end;
    with room for a tail that is not in them."""
    plain = ~closing.selected & ~np.isnan(closing.end) & ~np.isnan(closing.ready)
    if plain.sum() < FEW:
        return DAY
    return max(1.5 * float(np.quantile(closing.held(hours, 0.0, plain), 0.999)), 120.0)
