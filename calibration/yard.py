"""Work on a box in the yard: devanning, examination, restuffing, and the moves there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.estimates import DRAWS, Estimate, generator
from calibration.fitted import FEW, QUANTILES, duration_estimate
from calibration.hours import PortHours
from calibration.jobs import stamp
from calibration.laws import FAMILIES
from calibration.records import Flags, Floats, Ints, Records
from calibration.scaled import Cases, ScaledFit, compare_families, fit_scaled, said
from calibration.worktime import DAY, Hours, bounds, day_slips, in_hours, round_the_clock, sample
from scenarios.ids import DEPTHS
from scenarios.load import Loaded

CHAIN = ("end.papers", "start.move-in", "end.move-in", "start.devanning", "end.devanning",
         "start.examination", "end.examination", "end.restuffing", "start.move-back")
"""Stamps of a visit in their order."""

ALIKE = 0.9
"""Correlation of devanning and restuffing of a box, sizes and depths aside, above which they have
the same luck, as the model has it."""


@dataclass(frozen=True, eq=False)
class Works:
    """A stage's durations: rows of the records, agency of each (index), bounds in minutes."""

    row: Ints
    agency: Ints
    lower: Floats
    upper: Floats
    depth: Ints
    slips: int


def works(records: Records, begin: str, end: str, hours: dict[str, Hours]) -> Works:
    """All durations between two stamps of CHAIN that are in order with the stamps around them, in
    working hours, and not off by a day."""
    parts = []
    slips = 0
    for number, agency in enumerate(records.agencies):
        start, done = stamp(records, f"{begin}.{agency}"), stamp(records, f"{end}.{agency}")
        step = max(records.step.get(f"{name}.{agency}", 60) for name in (begin, end)) / 60.0
        rows = np.flatnonzero(_in_order(records, agency, begin, end)
                              & (start >= records.since)
                              & in_hours(hours[agency], start, step)
                              & in_hours(hours[agency], done, step))
        depth = records.depth[agency][rows].astype(np.int64)
        odd = np.zeros(len(rows), dtype=bool)
        for kind in np.unique(depth):
            here = depth == kind
            odd[here] = day_slips(hours[agency], start[rows[here]], done[rows[here]])
        slips += int(odd.sum())
        rows, depth = rows[~odd], depth[~odd]
        lower, upper = bounds(hours[agency], start[rows], done[rows], step)
        parts.append((rows, np.full(len(rows), number), lower, upper, depth))
    rows, numbers, lower, upper, depth = (np.concatenate(v) for v in zip(*parts, strict=True))
    return Works(rows, numbers, lower, upper, depth, slips)


def _in_order(records: Records, agency: str, begin: str, end: str) -> Flags:
    """Rows whose two stamps are known and run backwards against no other stamp of the visit."""
    def at(name: str) -> Floats:
        return stamp(records, f"{name}.{agency}")

    start, done = at(begin), at(end)
    first, last = CHAIN.index(begin), CHAIN.index(end)
    sound = start <= done
    for name in CHAIN[:first]:
        sound &= ~(at(name) > start)
    for name in CHAIN[first + 1:last]:
        sound &= ~((at(name) < start) | (at(name) > done))
    for name in CHAIN[last + 1:]:
        sound &= ~(at(name) < done)
    return sound


def fit_yard(records: Records, hours: PortHours, base: Loaded, seed: int) -> list[Estimate]:
    """Moves, devanning, restuffing and examinations."""
    result = []
    gangs = dict.fromkeys(records.agencies, hours.of("gangs"))
    moves = _moves(records, hours, seed)
    if moves:
        result.append(moves)
    devanned = works(records, "start.devanning", "end.devanning", gangs)
    found = fit_devanning(records, devanned, base, seed)
    fractions = {name: float(base.devanning.by_depth.get(name, 0.0)) for name in DEPTHS}
    if found:
        result += found
        fractions |= next(e.value for e in found if e.key.endswith("by_depth"))
    restuffed = works(records, "end.examination", "end.restuffing", gangs)
    result += fit_restuffing(records, devanned, restuffed, seed)
    examined = works(records, "start.examination", "end.examination",
                     {a: hours.examinations(a) for a in records.agencies})
    for number, agency in enumerate(records.agencies):
        exam = fit_examination(agency, examined, number, fractions, seed)
        if exam:
            result.append(exam)
    return result


def _moves(records: Records, hours: PortHours, seed: int) -> Estimate | None:
    """Moves run on when the window closes, so their durations are on the clock; those that wait
    for the window begin on the minute at which it opens. Those that seem to begin outside of it
    have a wrong stamp, and say nothing of durations."""
    begins = [w.begin for w in (hours.moves.into, hours.moves.back) if w]
    clock = round_the_clock(begins, records.until)
    starts, ends, stray = [np.empty(0)], [np.empty(0)], 0
    for agency in records.agencies:
        for way, window in (("move-in", hours.moves.into), ("move-back", hours.moves.back)):
            start = stamp(records, f"start.{way}.{agency}")
            end = stamp(records, f"end.{way}.{agency}")
            devanned = stamp(records, f"start.devanning.{agency}")
            sound = (start <= end) & (start >= records.since)
            if way == "move-in":
                sound &= ~(end > devanned)
            if window:
                outside = sound & ((start - window.begin) % DAY >= window.end - window.begin)
                stray += int(outside.sum())
                sound &= ~outside
            starts.append(start[sound])
            ends.append(end[sound])
    start, end = np.concatenate(starts), np.concatenate(ends)
    slips = day_slips(clock, start, end)
    remarks = tuple(f"{number} left out {why}" for number, why in (
        (int(slips.sum()), "whose stamps have the dates of different days"),
        (stray, "that begin outside of the window")) if number)
    step = max([records.step.get(f"start.move-in.{a}", 60) for a in records.agencies]) / 60.0
    return duration_estimate(
        "move.duration", sample(clock, start[~slips], end[~slips], step, records.until),
        "from begun to in the yard (and back in the stack, where the log has it), by maximum "
        "likelihood", seed, remarks, step)


# devanning -----------------------------------------------------------------------------------


def sizes_of(base: Loaded) -> list[list[str]]:
    """Sizes that have a law of their own; those that are left share the last."""
    groups = [rule.when["size"] for rule in base.devanning.full if set(rule.when) == {"size"}]
    return groups or [["20"]]


def fit_devanning(records: Records, devanned: Works, base: Loaded, seed: int) -> list[Estimate]:
    """Time to devan a box in full by size, the fractions of it by depth; empty if too few."""
    groups = sizes_of(base)
    size = records.size[devanned.row].astype(np.int64)
    group = np.full(len(size), len(groups))
    for i, sizes in reversed(list(enumerate(groups))):
        group[np.isin(size, [int(s) for s in sizes if s.isdigit()])] = i
    usable = (size > 0) & (devanned.depth >= 0)
    depths, nothing = _depths(devanned, usable)
    usable &= np.isin(devanned.depth, depths)
    present = [g for g in range(len(groups) + 1) if (usable & (group == g)).sum() >= FEW]
    usable &= np.isin(group, present)
    if not present or not depths:
        return []
    # The deepest look is the measure of the others.
    reference = float(base.devanning.by_depth.get(DEPTHS[depths[-1]], 1.0))
    whole = reference if depths[-1] < len(DEPTHS) - 1 else 1.0
    kind = (np.searchsorted(present, group[usable]) * len(depths)
            + np.searchsorted(depths, devanned.depth[usable]))
    cases = Cases.of(kind, devanned.lower[usable], devanned.upper[usable], devanned.row[usable])
    g, d = len(present), len(depths)

    def means(theta: Floats) -> tuple[Floats, Floats]:
        full, cv = np.exp(theta[:g]), np.exp(theta[g:2 * g])
        fraction = np.append(np.exp(theta[2 * g:]), whole)
        return np.outer(full, fraction).ravel(), np.repeat(cv, d)

    middle = (devanned.lower + devanned.upper)[usable] / 2.0
    cell = np.array([middle[kind == k].mean() if (kind == k).any() else np.nan
                     for k in range(g * d)]).reshape(g, d)
    full = np.where(np.isnan(cell[:, -1]), np.nanmean(cell, axis=1), cell[:, -1]) / whole
    fraction = np.clip(np.nanmean(cell[:, :-1] / full[:, None], axis=0), 0.01, 1.0)
    start = np.log(np.concatenate([full, np.full(g, 0.4), fraction]))
    fits = [fit_scaled(cases, family, means, start, errors=family == "lognormal")
            for family in FAMILIES]
    scores = compare_families(cases, means, fits, seed)
    best = max(scores, key=lambda name: scores[name][0])
    family = "lognormal" if scores[best][0] - scores["lognormal"][0] <= scores[best][1] + \
        scores["lognormal"][1] else best
    fit = next(f for f in fits if f.family == family)
    if family != "lognormal":
        fit = fit_scaled(cases, family, means, fit.theta)
    draws = fit.draws(generator(seed, "devanning"), DRAWS)
    laws = [_rules(theta, family, present, groups, base, g) for theta in [fit.theta, *draws]]
    tables = [_fractions(theta, depths, nothing, whole, base, g) for theta in [fit.theta, *draws]]
    remarks = [f"{family} chosen; {said(scores, family)}",
               "one luck for all sizes and depths: a box that takes long at one depth would at all"]
    if devanned.slips:
        remarks.append(f"{devanned.slips} left out whose end has the date of another day")
    if depths[-1] < len(DEPTHS) - 1:
        remarks.append("no box is devanned in full: the base's fraction of the deepest look is "
                       "taken")
    return [Estimate("devanning.full", laws[0], laws[1:], len(cases),
                     how="working time of devanning over sizes and depths, by maximum likelihood",
                     check=_check(cases, fit, means), remarks=tuple(remarks)),
            Estimate("devanning.by_depth", tables[0], tables[1:], len(cases),
                     how="devanning time at a depth as part of that in full")]


def _depths(devanned: Works, usable: Flags) -> tuple[list[int], list[int]]:
    """(depths with enough boxes that take time, depths at which devanning takes none)."""
    depths: list[int] = []
    nothing: list[int] = []
    for depth in range(len(DEPTHS)):
        here = usable & (devanned.depth == depth)
        if here.sum() < FEW:
            continue
        (nothing if (devanned.lower[here] <= 0.0).mean() > 0.9 else depths).append(depth)
    return depths, nothing


def _rules(theta: Floats, family: str, present: list[int], groups: list[list[str]], base: Loaded,
           g: int) -> list[dict[str, Any]]:
    """The laws by size as a scenario has them. A size that the log lacks takes the base's law, by
    as much longer or shorter as the sizes that it has."""
    full, cv = np.exp(theta[:g]), np.exp(theta[g:2 * g])
    given = [rule.duration.mean or 60.0 for rule in base.devanning.full]
    ratio = float(np.mean([full[i] / given[min(p, len(given) - 1)]
                           for i, p in enumerate(present)]))
    rules: list[dict[str, Any]] = []
    for number in range(len(groups) + 1):
        when = {"when": {"size": list(groups[number])}} if number < len(groups) else {}
        if number in present:
            mean, spread = full[present.index(number)], cv[present.index(number)]
        else:
            mean, spread = given[min(number, len(given) - 1)] * ratio, float(np.mean(cv))
        rules.append({**when, "duration": {"distribution": family, "mean": f"{mean:.5g} min",
                                           "cv": float(f"{spread:.4g}")}})
    return rules


def _fractions(theta: Floats, depths: list[int], nothing: list[int], whole: float, base: Loaded,
               g: int) -> dict[str, float]:
    """Fractions by depth; those that the log lacks are the base's."""
    table = {name: float(value) for name, value in base.devanning.by_depth.items()}
    table |= {DEPTHS[depth]: 0.0 for depth in nothing}
    for depth, value in zip(depths, [*np.exp(theta[2 * g:]), whole], strict=True):
        table[DEPTHS[depth]] = float(f"{min(value, 1.0):.4g}")
    return table


def _check(cases: Cases, fit: ScaledFit, means: Any) -> dict[str, Any]:
    """Quantiles of durations over the mean of their kind, against the law of mean 1."""
    mean, cv = means(fit.theta)
    ratio = (cases.lower + cases.upper) / 2.0 / mean[cases.kind]
    seen = np.repeat(ratio, cases.count.astype(np.int64))
    spread = float(np.average(cv[cases.kind], weights=cases.count))
    fitted = FAMILIES[fit.family](1.0, spread).ppf(QUANTILES)
    return {"kind": "quantiles", "unit": "of the mean of the kind",
            "observed": np.quantile(seen, QUANTILES).tolist(), "fitted": fitted.tolist()}


# restuffing and examination ------------------------------------------------------------------


def fit_restuffing(records: Records, devanned: Works, restuffed: Works, seed: int
                   ) -> list[Estimate]:
    """Restuffing as a factor of devanning: the ratio of the sums of both over the same boxes."""
    width = len(records.agencies)
    both, i, j = np.intersect1d(devanned.row * width + devanned.agency,
                                restuffed.row * width + restuffed.agency, return_indices=True)
    out = ((devanned.lower + devanned.upper) / 2.0)[i]
    back = ((restuffed.lower + restuffed.upper) / 2.0)[j]
    long = (out >= 10.0) & (back > 0.0)
    if long.sum() < FEW:
        return []
    out, back = out[long], back[long]
    logs = np.log(back / out)
    usual = np.abs(logs - np.median(logs)) < 1.5
    out, back = out[usual], back[usual]
    size, depth = records.size[devanned.row[i]][long][usual], devanned.depth[i][long][usual]
    alike = _correlation(np.log(out), np.log(back), size.astype(np.int64) * 10 + depth)
    chosen = generator(seed, "restuffing").integers(0, len(out), (DRAWS, len(out)))
    draws = back[chosen].sum(axis=1) / out[chosen].sum(axis=1)
    return [Estimate(
        "devanning.restuff", float(f"{back.sum() / out.sum():.4g}"),
        [float(f"{v:.4g}") for v in draws], len(out),
        how="minutes from the end of the examination to restuffed over minutes of devanning, of "
        "the same boxes",
        remarks=(f"correlation of the two within sizes and depths, on the logarithm: {alike:.2f}; "
                 + ("one luck for both, as the model has it" if alike >= ALIKE else
                    "the model gives both the same luck, which overstates how far boxes differ"),))]


def _correlation(one: Floats, other: Floats, cell: Ints) -> float:
    """Correlation of what the cells' means leave."""
    _, at = np.unique(cell, return_inverse=True)
    number = np.bincount(at)
    left = [v - (np.bincount(at, v) / number)[at] for v in (one, other)]
    return float(np.corrcoef(left[0], left[1])[0, 1])


def fit_examination(agency: str, examined: Works, number: int, fractions: dict[str, float],
                    seed: int) -> Estimate | None:
    """Mean examination = fixed + by_depth x fraction devanned, lognormal; None if too few."""
    by_code = np.array([fractions[name] for name in DEPTHS])
    mine = (examined.agency == number) & (examined.depth >= 0)
    if mine.sum() < FEW or len(np.unique(by_code[examined.depth[mine]])) < 2:
        return None
    cases = Cases.of(examined.depth[mine], examined.lower[mine], examined.upper[mine],
                     examined.row[mine])

    def means(theta: Floats) -> tuple[Floats, Floats]:
        # Of the mean at full depth, the part that every examination takes.
        fixed = np.exp(theta[0]) / (1.0 + np.exp(-theta[1]))
        by_depth = np.exp(theta[0]) - fixed
        return fixed + by_depth * by_code, np.full(len(by_code), np.exp(theta[2]))

    middle = (examined.lower + examined.upper)[mine] / 2.0
    start = np.array([np.log(max(middle.mean(), 1.0)), 0.5, np.log(0.4)])
    fits = [fit_scaled(cases, family, means, start, errors=family == "lognormal")
            for family in FAMILIES]
    fit = fits[0]
    remarks = (f"lognormal; {said(compare_families(cases, means, fits, seed), fit.family)}",)
    draws = fit.draws(generator(seed, f"examination.{agency}"), DRAWS)
    values = []
    for theta in [fit.theta, *draws]:
        total = float(np.exp(theta[0]))
        fixed = total / (1.0 + float(np.exp(-theta[1])))
        values.append({"fixed": f"{fixed:.5g} min", "by_depth": f"{total - fixed:.5g} min",
                       "cv": float(f"{np.exp(theta[2]):.4g}")})
    return Estimate(f"agencies.{agency}.exam", values[0], values[1:], len(cases),
                    how="working time of examinations over depths, by maximum likelihood",
                    check=_check(cases, fit, means), remarks=remarks)
