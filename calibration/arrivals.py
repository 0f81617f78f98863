"""How consignments come: bursts of vessel calls, by weekday and hour, and what varies beyond."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from calibration import shares
from calibration.calls import (
    BINS,
    HALF,
    Clusters,
    calls_of,
    clusters,
    empty,
    gap_within_calls,
    log_sizes,
    profile_of_calls,
    shared_stamps,
    sizes,
    spread_by_bin,
    unrounded,
)
from calibration.estimates import DRAWS, Estimate, generator
from calibration.records import Records
from scenarios.errors import Fault, InputError
from scenarios.load import Loaded
from scenarios.schema.scenario import WEEK
from scenarios.validate import MOST_BOXES

Floats = NDArray[np.float64]

FEWEST_WEEKS = 3
TELLS = 0.05
"""Probability under which a test is mentioned as telling."""

WAVES = 3
"""Most waves that the smooth part of the hours of a day has: three times a day up and down."""

SINGLE = 10.0
"""Calls per consignment that stand for consignments that come one by one."""


def whole_weeks(records: Records, lag: float = 0.0) -> tuple[int, int]:
    """(first, end) of the weeks that the log has whole; `lag`: minutes that its beginning lacks.

    Raises InputError if there are fewer than FEWEST_WEEKS.
    """
    first = int(np.ceil((records.since + lag) / WEEK - 1e-9))
    end = int(np.floor(records.until / WEEK + 1e-9))
    if end - first < FEWEST_WEEKS:
        raise InputError(Fault(
            "the log is too short for arrivals by week", key="arrival",
            found=f"{max(end - first, 0)} whole weeks, Monday to Sunday",
            allowed=f"{FEWEST_WEEKS} or more"))
    return first, end


def fit_arrivals(records: Records, base: Loaded, seed: int) -> list[Estimate]:
    """Estimates of traffic.calls and traffic.consignments_per_week.

    Raises InputError for a log that is too short.
    """
    arrival, moved = unrounded(shared_stamps(records.minutes("arrival"), records.consignment))
    first, end = whole_weeks(records)
    inside = arrival[(arrival >= first * WEEK) & (arrival < end * WEEK)]
    random = generator(seed, "calibrate.arrivals")
    weights = _resampled(random, end - first)
    notes = _remarks(records, base, inside, first, end)
    gap = gap_within_calls(inside)
    if gap is not None:
        if moved:
            notes.append(f"{moved} lone stamps of full five, ten or fifteen minutes are taken to "
                         "be of the call just after")
        known = float(np.isfinite(arrival).mean())
        return _seen(random, inside, first, end, gap, weights, notes, base, known)
    return _unseen(random, records, base, weights, notes)


def _resampled(random: np.random.Generator, weeks: int) -> Floats:
    """float64[DRAWS, weeks]: how often each week is in a bootstrap sample, widened as a mean of so
    few weeks needs it: Student's quantile, and divisor n - 1."""
    from scipy.special import stdtrit

    drawn = random.multinomial(weeks, np.full(weeks, 1.0 / weeks), DRAWS).astype(np.float64)
    wider = np.sqrt(weeks / (weeks - 1.0)) * float(stdtrit(weeks - 1, 0.95)) / 1.645
    # A week's weight stays positive.
    return np.maximum(1.0 + wider * (drawn - 1.0), 0.0)


def _seen(random: np.random.Generator, inside: Floats, first: int, end: int, gap: int,
          weights: Floats, notes: list[str], base: Loaded, known: float) -> list[Estimate]:
    """Calls that consignments share stamps of; known: share of the consignments with a stamp."""
    epoch, size = calls_of(inside, gap)
    weeks = end - first
    week = (epoch // WEEK).astype(np.int64) - first
    table = np.zeros((weeks, int(size.max()) + 1))
    np.add.at(table, (week, size), 1.0)
    volume = table @ np.arange(table.shape[1])
    calls = table.sum(axis=1)
    (mean, cv), fits = sizes(table, weights)
    per_week = calls.mean() / (1.0 - empty(mean, cv))
    seen = weights @ calls / weights.sum(axis=1)
    rate = np.array([s / (1.0 - empty(*fit)) for s, fit in zip(seen, fits, strict=True)])
    share = weights @ volume / weights.sum(axis=1)
    n = len(epoch)
    how = (f"{n} vessel calls in {weeks} whole weeks, by arrival stamps "
           + ("that are equal" if gap == 0 else f"at most {gap} min apart")
           + f"; calls without a consignment added by a zero-truncated negative binomial "
           f"({empty(mean, cv):.0%})")
    cv_week, week_draws, week_note = _week_cv(calls, weights)
    result = [
        Estimate("traffic.calls.per_week", _plain(per_week), [_plain(v) for v in rate], n, 0, how,
                 _by_week(calls, per_week * (1.0 - empty(mean, cv))), tuple(notes)),
        Estimate("traffic.calls.size_cv", _cv(cv), [_cv(c) for _, c in fits], n, 0,
                 f"consignments of {n} calls, zero-truncated negative binomial",
                 _sizes_check(table.sum(axis=0), mean, cv)),
        Estimate("traffic.consignments_per_week", _plain(volume.mean() / known),
                 [_plain(v / known) for v in share], int(volume.sum()), 0,
                 f"consignments that arrived in {weeks} whole weeks; weeks resampled"
                 + (f"; {1.0 - known:.1%} without a stamp added" if known < 1.0 else ""),
                 _by_week(volume, float(volume.mean()))),
        Estimate("traffic.calls.week_cv", cv_week, week_draws, weeks, 0, week_note),
        Estimate("traffic.calls.of", "arrival", (), n, 0, "arrival stamps are shared")]
    if base.traffic.calls.spread is not None:
        result.append(Estimate("traffic.calls.spread", "0 min", (), n, 0, how))
    spoilt = _dispersion(week * 7 + (epoch // 1440 % 7).astype(np.int64), weeks * 7)
    for name, codes, k, waves in (("weekday", epoch // 1440 % 7, 7, 0),
                                  ("hour", epoch // 60 % 24, 24, WAVES)):
        counts = np.bincount(codes.astype(np.int64), minlength=k).astype(np.float64)
        point, draws = shares.shrunk(random, counts / spoilt, DRAWS, waves)
        result.append(_profile(name, counts, point, draws, n, "calls"))
    return result


def _dispersion(day: NDArray[np.int64], days: int) -> float:
    """How much more days vary than Poisson counts with their weekday's mean; at least 1."""
    table = np.bincount(day, minlength=days).reshape(-1, 7).astype(np.float64)
    mean = table.mean(axis=0)
    chi = ((table - mean) ** 2 / np.maximum(mean, 1e-9)).sum() / (7 * (len(table) - 1))
    return max(float(chi), 1.0)


def _week_cv(calls: Floats, weights: Floats) -> tuple[float, list[float], str]:
    """(cv of the weeks' means, draws, how): gamma beyond Poisson, by moments; 0 unless it tells."""
    from scipy.special import chdtrc

    weeks = len(calls)
    mean = calls.mean()
    p = float(chdtrc(weeks - 1, ((calls - mean) ** 2).sum() / mean))
    if p > TELLS:
        return 0.0, [], (f"calls of {weeks} weeks vary as Poisson counts do (dispersion test, "
                         f"p = {p:.2f})")
    means = weights @ calls / weights.sum(axis=1)
    square = (weights * (calls - means[:, None]) ** 2).sum(axis=1) / (
        weights.sum(axis=1) * (1.0 - 1.0 / weeks))
    draws = np.sqrt(np.maximum(square - means, 0.0)) / means
    value = np.sqrt(max(calls.var(ddof=1) - mean, 0.0)) / mean
    return _cv(value), [_cv(v) for v in draws], (
        f"calls of {weeks} weeks vary more than Poisson counts (dispersion test, p = {p:.2g})")


def _unseen(random: np.random.Generator, records: Records, base: Loaded, weights: Floats,
            notes: list[str]) -> list[Estimate]:
    """Calls that only show in how counts vary together: of arrivals, or of discharges."""
    of, counts, found = _tighter(records, weights)
    weeks = len(counts)
    total = counts.sum(axis=1)
    volume = float(total.mean())
    run = base.run
    span = ((run.measured or 0.0) + run.warmup + run.drain) / WEEK
    most = min(SINGLE * volume, 0.9 * MOST_BOXES / max(span, 1.0))
    uneven = 1.0 + base.traffic.calls.size_cv**2
    weights = found.weights
    drawn_volume = weights @ total / weights.sum(axis=1)
    per_week = min(found.calls * uneven, most) if found.resolved else most
    draws = np.minimum(found.calls_draws * uneven, most) if found.resolved else np.full(DRAWS, most)
    clustered = (f"stamps of one call differ: a cluster process with the covariance of {weeks} "
                 f"weeks' half-hourly counts of {of}s, {found.kernel} spread"
                 if found.resolved else
                 f"counts of {weeks} weeks show no bursts: consignments come one by one")
    limit = ("few even calls cannot be told from many uneven ones: size_cv is that of the base"
             if found.resolved else
             f"{SINGLE:g} calls for each consignment stand for consignments one by one")
    n = int(total.sum())
    result = [
        Estimate("traffic.calls.per_week", _plain(per_week), [_plain(v) for v in draws], n, 0,
                 clustered, _by_week(total, volume), (limit, *notes)),
        Estimate("traffic.consignments_per_week", _plain(volume),
                 [_plain(v) for v in drawn_volume], n, 0,
                 f"consignments of {weeks} whole weeks by {of}; weeks resampled",
                 _by_week(total, volume)),
        Estimate("traffic.calls.of", of, (), n, 0, f"bursts are tightest in {of} stamps"),
        Estimate("traffic.calls.week_cv", *_week_of_clusters(found), weeks, 0,
                 "what of the covariance lasts the whole week")]
    kernel = np.ones(1)
    if found.resolved:
        kernel = spread_by_bin(found.kernel, found.spread)
        result.append(Estimate("traffic.calls.spread", _spread(found.kernel, found.spread),
                               [_spread(found.kernel, s) for s in found.spread_draws], n, 0,
                               clustered))
    elif base.traffic.calls.spread is not None:
        result.append(Estimate("traffic.calls.spread", "0 min", (), n, 0, clustered))
    return result + _profiles(counts, weights, found, kernel)


def _tighter(records: Records, weights: Floats) -> tuple[str, Floats, Clusters]:
    """('arrival' or 'discharge', counts by half-hour, clusters): where bursts are narrower."""
    best: tuple[str, Floats, Clusters] | None = None
    width = np.inf
    delay = records.of_consignments("discharged") - records.of_consignments("arrival")
    lag = float(np.nanquantile(delay, 0.99)) if np.isfinite(delay).any() else 0.0
    for of, stamp, missing in (("arrival", "arrival", 0.0), ("discharge", "discharged", lag)):
        stamps = records.of_consignments(stamp)
        known = np.isfinite(stamps)
        if known.mean() < 0.5:
            continue
        try:
            first, end = whole_weeks(records, missing)
        except InputError:
            continue
        stamps = stamps[known & (stamps >= first * WEEK) & (stamps < end * WEEK)]
        bins = ((stamps - first * WEEK) // HALF).astype(np.int64)
        counts = np.bincount(bins, minlength=(end - first) * BINS).reshape(-1, BINS) / known.mean()
        # Fewer weeks of one stamp than of the other: the same draws of those that both have.
        found = clusters(counts, weights[:, -len(counts):])
        spread = found.spread * (1.0 if found.kernel == "uniform" else 2.0)
        if best is None or (found.resolved and spread < 0.7 * width):
            best, width = (of, counts, found), spread if found.resolved else np.inf
    assert best is not None
    return best


def _week_of_clusters(found: Clusters) -> tuple[float, list[float]]:
    if np.quantile(found.week_draws, TELLS) <= 0.0:
        return 0.0, []
    return (_cv(np.sqrt(found.week)),
            [_cv(np.sqrt(max(v, 0.0))) for v in found.week_draws])


def _profiles(counts: Floats, weights: Floats, found: Clusters, kernel: Floats) -> list[Estimate]:
    """Weekday and hour of calls that spread, by deconvolution; weeks resampled."""
    weeks = len(counts)
    # Consignments of one call are one observation of when calls come.
    alone = found.calls * weeks if found.resolved else counts.sum()
    scale = min(alone / counts.sum(), 1.0)

    average = np.vstack([counts.mean(axis=0),
                         weights @ counts / weights.sum(axis=1, keepdims=True)])
    kernels = [kernel] * (DRAWS + 1)
    if found.resolved:
        kernels[1:] = [spread_by_bin(found.kernel, spread) for spread in found.spread_draws]
    weekday, hour = profile_of_calls(average * scale * weeks, kernels, 7.0)
    n = int(counts.sum())
    # Consignments come over hours after their call, so their hours are not to be drawn beside it.
    return [_profile(name, None, found[0], found[1:], n, "consignments, of the calls behind them")
            for name, found in (("weekday", weekday), ("hour", hour))]


def _profile(name: str, counts: Floats | None, point: Floats, draws: Floats, n: int, of: str
             ) -> Estimate:
    """counts: by weekday or hour, None where they are of something else than what was fitted."""
    check: dict[str, object] = {} if counts is None else {
        "kind": "profile", "observed": [float(v) for v in counts / counts.sum()],
        "fitted": [float(v) for v in point]}
    return Estimate(f"traffic.calls.{name}", shares.rounded(point),
                    [shares.rounded(draw) for draw in draws], n, 0,
                    f"{name} of {n} {of}; drawn towards even or smooth shares as far as counts "
                    "allow", check)


def _spread(kernel: str, spread: float) -> dict[str, str]:
    if kernel == "uniform":
        return {"distribution": "uniform", "low": "0 min", "high": f"{spread:.4g} min"}
    return {"distribution": "exponential", "mean": f"{spread:.4g} min"}


def _remarks(records: Records, base: Loaded, inside: Floats, first: int, end: int) -> list[str]:
    """Trend, memory, holidays and interaction of weekday and hour, each with its test."""
    from scipy.special import ndtr

    weeks = end - first
    total = np.bincount(((inside // WEEK) - first).astype(np.int64), minlength=weeks).astype(float)
    x = np.arange(weeks) - (weeks - 1) / 2.0
    spread = total.var(ddof=1)
    slope = float(x @ total / (x @ x))
    error = np.sqrt(spread / (x @ x))
    p = 2.0 * float(ndtr(-abs(slope) / max(error, 1e-12)))
    dispersion = spread / total.mean()
    varies = weeks > 4 and np.ptp(total[1:]) > 0 and np.ptp(total[:-1]) > 0
    memory = float(np.corrcoef(total[1:], total[:-1])[0, 1]) if varies else 0.0
    told = "tells" if abs(memory) > 1.96 / np.sqrt(weeks) else "does not tell"
    notes = [f"trend {slope:+.3g} consignments a week each week (p = {p:.2g})"
             + ("; not carried on" if p < TELLS else ""),
             f"weekly consignments have {dispersion:.2f} times the variance of a Poisson count; "
             f"correlation of a week with the next {memory:+.2f}, which {told}"]
    days = np.bincount(((inside // 1440) - 7 * first).astype(np.int64), minlength=7 * weeks)
    notes += _holidays(records, base, days.astype(np.float64), first)
    return notes


def _holidays(records: Records, base: Loaded, days: Floats, first: int) -> list[str]:
    """Whether fewer consignments come on public holidays than on other days of that weekday."""
    from scipy.special import ndtr

    from sim.calendars import public_days

    country = next((c.holidays for c in base.calendars.values() if c.holidays), None)
    if country is None:
        return []
    begin = records.start + timedelta(days=7 * first)
    off, _ = public_days(country, begin.year, (begin + timedelta(days=len(days))).year)
    holiday = np.array([begin + timedelta(days=i) in off for i in range(len(days))])
    if not holiday.any():
        return []
    weekday = np.arange(len(days)) % 7
    usual = np.array([days[(weekday == d) & ~holiday].mean() if ((weekday == d) & ~holiday).any()
                      else days.mean() for d in range(7)])[weekday]
    spread = ((days - usual)[~holiday] ** 2).sum() / max(usual[~holiday].sum(), 1e-9)
    ratio = days[holiday].sum() / max(usual[holiday].sum(), 1e-9)
    error = np.sqrt(max(spread, 1e-9) / max(usual[holiday].sum(), 1e-9))
    p = 2.0 * float(ndtr(-abs(ratio - 1.0) / error))
    return [f"on {int(holiday.sum())} public holidays {ratio:.2f} times the consignments of other "
            f"such weekdays (p = {p:.2g})" + ("; not modelled" if p < TELLS else "")]


def _by_week(observed: Floats, mean: float) -> dict[str, object]:
    return {"kind": "profile", "observed": [float(v) for v in observed],
            "fitted": [mean] * len(observed)}


def _sizes_check(number: Floats, mean: float, cv: float) -> dict[str, object]:
    fitted = np.exp(log_sizes(np.arange(1, len(number)), mean, cv * cv))
    return {"kind": "profile", "observed": [float(v) for v in number[1:] / number.sum()],
            "fitted": [float(v) for v in fitted]}


def _plain(value: float) -> float:
    return float(f"{value:.6g}")


def _cv(value: float) -> float:
    return float(f"{min(value, 5.0):.4g}")
