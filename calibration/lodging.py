"""When papers are lodged: before the vessel comes, or after discharge, in office hours.

Early papers come `lead` before the arrival, the others `delay` after discharge, both at the next
opening if the office is closed then. So a lodging at an opening only says that its true time lay
in the closed time before, and often it may have been early or late: one likelihood has both, a
mixture of two intervals for each lodging.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.durations import LEAST
from calibration.estimates import DRAWS, Estimate, generator
from calibration.laws import Law, between, law_of, stated
from calibration.posterior import normal
from calibration.records import Records
from scenarios.load import Loaded
from scenarios.schema.port import CalendarSpec
from scenarios.schema.scenario import WEEK
from sim.process.inputs import Calendar

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

OUTSIDE = 0.2
"""Share of the lodgings in closed time from which on the calendar is held not to apply."""

GRAIN = 0.01
"""Part of their value by which the bounds of lodgings that count as alike may differ."""

POINTS = 99
_TINY = 1e-300
_NEVER = -40.0
_STEP = 2e-3


@dataclass(frozen=True)
class Lodgings:
    """What lodgings may have been, float64[n] each: early, with a lead between early_low and
    early_high, or late, with a delay between late_low and late_high; NaN where it was not that.
    counts: how many are so.
    """

    early_low: Floats
    early_high: Floats
    late_low: Floats
    late_high: Floats
    counts: Floats

    def take(self, rows: Flags) -> Lodgings:
        """Some of the lodgings."""
        return Lodgings(self.early_low[rows], self.early_high[rows], self.late_low[rows],
                        self.late_high[rows], self.counts[rows])

    def in_classes(self) -> Lodgings:
        """Those whose bounds differ by less than GRAIN counted together: a search is then quick."""
        columns = [*_classes(self.early_low, self.early_high),
                   *_classes(self.late_low, self.late_high)]
        rows, which = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
        counts: Floats = np.bincount(which.ravel(), self.counts, len(rows)).astype(np.float64)
        a, b, c, d = np.where(rows < 0.0, np.nan, rows).T
        return Lodgings(a, b, c, d, counts)

    def log_likelihood(self, share: float, lead: Law, delay: Law) -> float:
        """Of all, under a share of early ones."""
        early = share * _between(lead, self.early_low, self.early_high)
        late = (1.0 - share) * _between(delay, self.late_low, self.late_high)
        return float(self.counts @ np.log(np.maximum(early + late, _TINY)))


def _classes(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Bounds on a grid of GRAIN of their value; -1 for NaN."""

    def on_grid(place: Floats) -> Floats:
        return np.where(np.isfinite(place), np.exp(place * GRAIN), np.inf)

    with np.errstate(divide="ignore"):
        first, last = np.log(low) / GRAIN, np.log(high) / GRAIN
    wide = ~(last - first < 4.0)
    begin = np.where(wide, np.round(first), np.floor(first))
    end = np.where(wide, np.round(last), np.maximum(np.ceil(last), begin + 1.0))
    known = np.isfinite(low)
    return (np.where(known, np.where(low > 0.0, on_grid(begin), 0.0), -1.0),
            np.where(known, on_grid(end), -1.0))


def _between(law: Law, low: Floats, high: Floats) -> Floats:
    known = np.isfinite(low)
    result = np.zeros(len(low))
    result[known] = between(law, low[known], high[known])
    return result


def lodging(records: Records, base: Loaded, seed: int, calendar: CalendarSpec | None
            ) -> list[Estimate]:
    """traffic.lodging.before_arrival, lead and delay.

    calendar: the hours in which papers are lodged; None: round the clock.
    """
    arrival = records.of_consignments("arrival")
    discharged = records.of_consignments("discharged")
    lodged = records.of_consignments("lodged")
    # What was lodged before the log began is not in it: of vessels of its first week.
    used = np.isfinite(arrival) & np.isfinite(discharged) & (arrival >= records.since + WEEK)
    known = used & np.isfinite(lodged)
    if known.sum() < 4 * LEAST:
        return []
    longest = float((lodged - discharged)[known].max())
    waited = records.until - discharged
    still = used & ~np.isfinite(lodged) & (waited > 0.0) & (waited < longest)
    width = records.step.get("lodged", 60) / 60.0
    opening = _opening(records, base, calendar, lodged[known])
    closed, outside = _closed_before(opening, lodged, known, width)
    notes: list[str] = []
    if outside > OUTSIDE:
        notes.append(f"{outside:.0%} of the lodgings lie in closed time: round the clock instead")
        opening, closed = None, lodged
    elif outside > 0.01:
        notes.append(f"{outside:.1%} of the lodgings lie in closed time, and are taken as they are")
    cases = _cases(arrival, discharged, lodged, closed, known, still,
                   _last_open(opening, records.until), width)
    rows = np.isfinite(cases.early_low) | np.isfinite(cases.late_low)
    neither = int((known & ~rows).sum())
    cases = cases.take(rows)
    result = _joint(cases.in_classes())
    n, open_cases = int((known & rows).sum()), int(still.sum())
    either = int((np.isfinite(cases.early_low) & np.isfinite(cases.late_low)).sum())
    how = (f"{n} lodgings, {open_cases} not lodged at the log's end; {either} may have been early "
           "or late" + (f"; {neither} that can be neither left out" if neither else ""))
    if opening is not None:
        how += "; what is lodged at an opening came in the closed time before it"
    check = _check(result, arrival[known], discharged[known], lodged[known], opening,
                   generator(seed, "calibrate.lodging.check"))
    found = _estimates(result, n + open_cases, open_cases, how, check, tuple(notes), seed)
    if outside > OUTSIDE and base.traffic.lodging.calendar is not None:
        found.append(Estimate("traffic.lodging.calendar", None, (), n, 0, notes[0]))
    return found


def _opening(records: Records, base: Loaded, calendar: CalendarSpec | None, lodged: Floats
             ) -> Calendar | None:
    from sim.calendars import build_calendar

    if calendar is None:
        return None
    horizon = float(max(records.until, lodged.max())) + 4 * WEEK
    return build_calendar("lodging", calendar, records.start, base.run.time_zone, horizon)


def _closed_before(opening: Calendar | None, lodged: Floats, known: Flags, width: float
                   ) -> tuple[Floats, float]:
    """(minute of the last closing before a lodging that stands at an opening, else the lodging's
    own; share of the lodgings within closed time)."""
    if opening is None:
        return lodged, 0.0
    stamps = np.where(known, lodged, 0.0)
    last = np.searchsorted(opening.opens, stamps + 1e-9, side="right") - 1
    this = np.maximum(last, 0)
    inside = (last >= 0) & (stamps < opening.closes[this])
    at = inside & (stamps < opening.opens[this] + width)
    before = np.where(last > 0, opening.closes[np.maximum(last - 1, 0)], -np.inf)
    return np.where(known & at, before, lodged), float(1.0 - inside[known].mean())


def _last_open(opening: Calendar | None, until: float) -> float:
    """Until when what had come was lodged: what comes in closed time waits for the next opening."""
    if opening is None:
        return until
    last = int(np.searchsorted(opening.opens, until, side="right")) - 1
    return min(until, float(opening.closes[last])) if last >= 0 else 0.0


def _cases(arrival: Floats, discharged: Floats, lodged: Floats, closed: Floats, known: Flags,
           still: Flags, until: float, width: float) -> Lodgings:
    """Each lodging as an interval of lead, and of delay; what is not lodged comes after `until`."""
    blank = np.full(len(arrival), np.nan)
    at_opening = known & (closed < lodged)
    low = np.where(at_opening, closed, lodged - width)
    high = lodged + width
    low, high = np.where(still, until, low), np.where(still, np.inf, high)
    early = (known | still) & (low < arrival)
    late = still | (known & (high > discharged))
    return Lodgings(
        np.where(early, np.maximum(arrival - high, 0.0), blank),
        np.where(early, arrival - low, blank),
        np.where(late, np.maximum(low - discharged, 0.0), blank),
        np.where(late, high - discharged, blank), np.ones(len(arrival)))


@dataclass(frozen=True)
class _Joint:
    """theta: logit of the early share, then those of lead and delay; covariance of them all."""

    lead: str
    delay: str
    theta: Floats
    covariance: Floats
    likelihood: float
    tried: tuple[str, ...]


def _joint(cases: Lodgings) -> _Joint:
    """The families with the highest likelihood, of which each extended one pays BIC's price."""
    early, late = np.isfinite(cases.early_low), np.isfinite(cases.late_low)
    some_early = bool(cases.counts[early & ~late].sum() >= LEAST)
    start = _start(cases, early != late)
    best = _maximum(cases, "lognormal", "lognormal", start, some_early)
    tried = [f"{best.lead}/{best.delay} {best.likelihood:.1f}"]
    price = 0.5 * np.log(cases.counts.sum())

    def better(lead: str, delay: str, theta: Floats) -> None:
        nonlocal best
        other = _maximum(cases, lead, delay, theta, some_early)
        tried.append(f"{lead}/{delay} {other.likelihood:.1f}")
        if (other.likelihood - price * len(other.theta)
                > best.likelihood - price * len(best.theta) + 1e-6):
            best = other

    for family in ("gamma", "weibull"):
        better(best.lead, family, best.theta)
    for family in ("gamma", "weibull") if some_early else ():
        better(family, best.delay, best.theta)
    half = np.array([*best.theta[:4], best.theta[4], np.log(3.0), best.theta[4], -1.0])
    better(best.lead, f"mixture-{best.delay}", half)
    return _Joint(best.lead, best.delay, best.theta, _covariance(cases, best, some_early),
                  best.likelihood, tuple(tried))


def _start(cases: Lodgings, clear: Flags) -> Floats:
    """Moments of the lodgings that can be but one of the two."""
    early = clear & np.isfinite(cases.early_low)
    late = np.isfinite(cases.late_low) & (clear | ~early)

    def moments(rows: Flags, low: Floats, high: Floats) -> list[float]:
        if not rows.any():
            return [np.log(600.0), np.log(0.7)]
        middle = np.where(np.isinf(high), low, (low + high) / 2.0)[rows]
        mean = max(float(np.average(middle, weights=cases.counts[rows])), 1.0)
        spread = np.sqrt(np.average((middle - mean) ** 2, weights=cases.counts[rows]))
        return [float(np.log(mean)), float(np.log(np.clip(spread / mean, 0.2, 2.0)))]

    first, rest = cases.counts[early].sum(), cases.counts[late].sum()
    share = np.clip(first / max(first + rest, 1.0), 1e-3, 0.99)
    return np.array([np.log(share / (1.0 - share)),
                     *moments(early, cases.early_low, cases.early_high),
                     *moments(late, cases.late_low, cases.late_high)])


def _cost(cases: Lodgings, lead: str, delay: str, theta: Floats) -> float:
    share = 1.0 / (1.0 + float(np.exp(-np.clip(theta[0], _NEVER, -_NEVER))))
    return -float(cases.log_likelihood(share, law_of(lead, theta[1:3]),
                                       law_of(delay, theta[3:])))


def _free(size: int, some_early: bool) -> NDArray[np.int64]:
    """Without early lodgings their lead is not to be found, and stays."""
    return np.array([i for i in range(size) if some_early or i not in (0, 1, 2)])


def _maximum(cases: Lodgings, lead: str, delay: str, start: Floats, some_early: bool) -> _Joint:
    from scipy.optimize import minimize

    free = _free(len(start), some_early)
    theta = np.array(start, dtype=np.float64)
    if not some_early:
        theta[0] = _NEVER

    def cost(part: Floats) -> float:
        full = theta.copy()
        full[free] = part
        return _cost(cases, lead, delay, full)

    found = minimize(cost, theta[free], method="L-BFGS-B", bounds=[
        (start[i] - 6.0, start[i] + 6.0) for i in free], options={"maxiter": 200})
    theta[free] = found.x
    return _Joint(lead, delay, theta, np.empty((0, 0)), -float(found.fun), ())


def _covariance(cases: Lodgings, joint: _Joint, some_early: bool) -> Floats:
    """Inverse of the observed information of the free parameters; empty if there is none."""
    free = _free(len(joint.theta), some_early)
    steps = np.eye(len(joint.theta))[free] * _STEP

    def cost(theta: Floats) -> float:
        return _cost(cases, joint.lead, joint.delay, theta)

    at = joint.theta
    bend = np.array([[(cost(at + a + b) - cost(at + a - b) - cost(at - a + b) + cost(at - a - b))
                      / (4.0 * _STEP**2) for b in steps] for a in steps])
    try:
        inverse = np.linalg.inv((bend + bend.T) / 2.0)
    except np.linalg.LinAlgError:
        return np.empty((0, 0))
    return inverse if np.all(np.linalg.eigvalsh(inverse) > 0.0) else np.empty((0, 0))


def _estimates(joint: _Joint, n: int, censored: int, how: str, check: dict[str, Any],
               notes: tuple[str, ...], seed: int) -> list[Estimate]:
    some_early = bool(joint.theta[0] > _NEVER)
    free = _free(len(joint.theta), some_early)
    drawn: Sequence[Floats] = []
    if len(joint.covariance):
        rows = np.tile(joint.theta, (DRAWS, 1))
        rows[:, free] = normal(generator(seed, "calibrate.lodging"), joint.theta[free],
                               joint.covariance, DRAWS)
        drawn = list(rows)
    else:
        notes = (*notes, "the log does not determine all of lodging: no intervals")

    def share(theta: Floats) -> float:
        return round(float(1.0 / (1.0 + np.exp(-theta[0]))), 6)

    tried = "log-likelihood by families of lead/delay: " + ", ".join(joint.tried)
    found = [
        Estimate("traffic.lodging.before_arrival", share(joint.theta) if some_early else 0.0,
                 [share(theta) for theta in drawn] if some_early else [], n, censored, how),
        Estimate("traffic.lodging.delay", stated(joint.delay, joint.theta[3:]),
                 [stated(joint.delay, theta[3:]) for theta in drawn], n, censored,
                 f"{how}; {joint.delay}", check, (*notes, tried))]
    if some_early:
        found.append(Estimate("traffic.lodging.lead", stated(joint.lead, joint.theta[1:3]),
                              [stated(joint.lead, theta[1:3]) for theta in drawn], n, 0,
                              f"{how}; {joint.lead}"))
    return found


def _check(joint: _Joint, arrival: Floats, discharged: Floats, lodged: Floats,
           opening: Calendar | None, random: np.random.Generator) -> dict[str, Any]:
    """Lodgings after discharge as they are, beside drawn ones of the same vessels."""
    u = random.random((3, len(arrival)))
    share = 1.0 / (1.0 + np.exp(-joint.theta[0]))
    drawn = np.where(u[0] < share, arrival - law_of(joint.lead, joint.theta[1:3]).ppf(u[1]),
                     discharged + law_of(joint.delay, joint.theta[3:]).ppf(u[2]))
    if opening is not None:
        place = np.searchsorted(opening.closes, drawn, side="right")
        drawn = np.maximum(drawn, opening.opens[np.minimum(place, len(opening.opens) - 1)])
    at = (np.arange(POINTS) + 0.5) / POINTS
    return {"kind": "quantiles", "unit": "min",
            "observed": [round(float(v), 3) for v in np.quantile(lodged - discharged, at)],
            "fitted": [round(float(v), 3) for v in np.quantile(drawn - discharged, at)]}
