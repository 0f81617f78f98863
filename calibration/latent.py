"""What a log does not show: gangs, officers, clerks, tractors, places in the yards, appointments.

A log shows units at work, never those that there are. Where work waits for a resource, the number
at work is its capacity, or nearly so (calibration.capacity); what else a clerk or a tractor does,
the log may not have. So the fitted port is run with many combinations of numbers on the log's own
traffic, and those are kept whose runs look like the log (calibration.design). Where a resource is
never waited for, any number above what was seen would do as well; then the interval is wide, and
the estimate says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.capacity import Capacity, capacity
from calibration.design import (
    adjusted,
    correlation,
    hinges,
    implausibility,
    regress,
    space_filling,
    weighted_draws,
    whole,
)
from calibration.estimates import DRAWS, LEVEL, Estimate, generator
from calibration.jobs import shown_jobs
from calibration.latent_runs import Bench, Runs, open_runs, part_of
from calibration.records import Floats, Ints, Records
from calibration.replay_traffic import traffic_of_records
from calibration.summaries import Port, Summary, port_of, summarise
from calibration.yard_days import days_of
from scenarios.load import Loaded

RUNS = 192
"""Runs in all: half of them over all that is possible, half over what the first half left."""

AMPLE = 2.5
"""Times what was seen at once: more of a resource than this is not thought of."""

ROOM = 3
"""And at least so many more than were seen."""

MARGIN = 2
"""Around a capacity that the log shows to bind."""

CANDIDATES = 8192
"""Combinations that history matching looks at."""

IMPLAUSIBLE = 3.0
"""Standard deviations (Pukelsheim's rule: 95 % of any unimodal law lie within)."""

MODEL_ERROR = {"at-work": 0.01, "wait": 0.2, "waited": 0.3, "share": 0.03, "late": 0.03,
               "left": 0.07, "moved": 0.03, "held": 0.03, "moved-left": 0.05, "held-left": 0.05}
"""Standard deviation of what model and log may be off, by kind of summary and on its scale: a
hundredth of a number at work, a fifth of a wait (near full load, waits follow from small errors of
the durations). Summaries of one kind are off together."""

CONFUSED = 0.6
"""Correlation from which on two numbers are said not to be told apart."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Unknown:
    """One number that the log does not show.

    low, high: what is thought possible before any run. bears: beginnings of the summaries that
    tell of it. seen: what the log alone says of it.
    """

    key: str
    name: str
    low: int
    high: int
    bears: tuple[str, ...]
    known: Capacity | None = None


def infer(scenario: Loaded, records: Records, estimates: Sequence[Estimate], *, seed: int = 1,
          runs: int = RUNS, workers: int = 1, told: Mapping[str, int] | None = None,
          progress: Progress | None = None) -> list[Estimate]:
    """The numbers of `layout.separate` that a log does not show, each with draws and remarks.

    scenario: the port as fitted so far; its own numbers of staff and places are not used.
    estimates: of its other parameters; their draws are run too. runs: of the simulation, in two
    waves. workers: processes; the result is the same for any number of them. told: keys that are
    known; they are run so, and not estimated. Slots follow the gangs unless told.
    progress: called with runs done and runs in all.
    """
    part = part_of(records)
    port = port_of(scenario, traffic_of_records(part.traffic, scenario, seed))
    observed = summarise(part.shown, port, part.since)
    told = dict(told or {})
    unknowns = [u for u in unknowns_of(scenario, records, port) if u.key not in told]
    others = tuple(e for e in estimates if not e.key.startswith("layout."))
    bench = Bench(scenario.resolved, others, part, seed, told)
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, runs)

    with open_runs(bench, workers) as all_runs:
        values, weights = _learn(unknowns, observed, all_runs, runs, seed, tell)
    low, high = _ends(unknowns)
    draws = whole(weighted_draws(values, weights, DRAWS, generator(seed, "latent.draws")),
                  low, high)
    related = correlation(values)
    found = [_estimate(unknown, draws[:, j], runs, _confused(unknowns, draws, related, j))
             for j, unknown in enumerate(unknowns)]
    return [*found, *_slots(port, found, told)]


def _learn(unknowns: Sequence[Unknown], observed: Summary, run: Runs, runs: int, seed: int,
           tell: Callable[[], None]) -> tuple[Floats, Floats]:
    """(values, weights) of the unknowns' posterior: two waves of runs, then regression."""
    low, high = _ends(unknowns)
    keys = [u.key for u in unknowns]
    points = space_filling(low, high, CANDIDATES, generator(seed, "latent.design"))
    first = runs // 2
    summaries = run(keys, points[:first], 0, tell)
    used = ~np.isnan(observed.values) & ~np.isnan(summaries).any(axis=0)
    kinds, error = _model_errors(observed.names)
    left = _plausible(points, points[:first], summaries[:, used], observed.values[used],
                      error[used], low, high, runs - first)
    more = run(keys, left, first, tell)
    design = np.concatenate([points[:first], left])
    summaries = np.concatenate([summaries, more])
    used &= ~np.isnan(summaries).any(axis=0)
    off = generator(seed, "latent.error").standard_normal((len(design), kinds.max() + 1))
    noise = off[:, kinds] * error
    groups = [[i for i in observed.of(u.bears) if used[i]] for u in unknowns]
    return adjusted(design[first:].astype(np.float64), (summaries + noise)[first:],
                    observed.values, groups)


def _plausible(points: Ints, run: Ints, summaries: Floats, observed: Floats, error: Floats,
               low: Ints, high: Ints, wanted: int) -> Ints:
    """int64[wanted, d]: the points that are not implausible, in the order of their design."""
    emulator = regress(hinges(run, low, high), summaries)
    far = implausibility(emulator, hinges(points, low, high), observed, error)
    limit = max(IMPLAUSIBLE, float(np.partition(far, wanted)[wanted]))
    return points[far <= limit][:wanted]


def _model_errors(names: Sequence[str]) -> tuple[Ints, Floats]:
    """(kind, error), both [k]: the model's error of each summary, such as clerk.customs.wait.mean,
    and the number of the kind (here clerk.customs.wait) with which it is off together."""
    stems, errors = [], []
    for name in names:
        parts = name.split(".")
        last = max(i for i, part in enumerate(parts) if part in MODEL_ERROR)
        stems.append(".".join(parts[:last + 1]))
        errors.append(MODEL_ERROR[parts[last]])
    return np.unique(stems, return_inverse=True)[1].astype(np.int64), np.array(errors)


def _ends(unknowns: Sequence[Unknown]) -> tuple[Ints, Ints]:
    return (np.array([u.low for u in unknowns], dtype=np.int64),
            np.array([u.high for u in unknowns], dtype=np.int64))


# --- what is possible ----------------------------------------------------------------------------

def unknowns_of(scenario: Loaded, records: Records, port: Port) -> list[Unknown]:
    """The numbers to find, with what the log alone says of each."""
    layout = "layout.separate"
    seen = {name: capacity(shown.jobs, port.hours[name].opens, port.hours[name].closes,
                           kept=max(shown.kept, 0.5))
            for name, shown in shown_jobs(records).items() if name in port.hours}
    result = []
    for agency in port.order:
        gang, officer, clerk = (f"{kind}.{agency}" for kind in ("gang", "officer", "clerk"))
        team = scenario.agencies[agency].officers
        for name, kind, units, bears in (
                (gang, "gangs", 1, (gang, officer)), (officer, "officers", team, (officer, gang)),
                (clerk, "clerks", 1, (clerk, f"closing.{agency}"))):
            known = seen.get(name)
            narrow = kind != "clerks"
            low, high = _range(known, units, narrow)
            result.append(Unknown(f"{layout}.{kind}.{agency}", name, low, high, bears, known))
    low, high = _range(seen.get("tractor"), 1, False)
    yards = tuple(f"yard.{site}" for site in port.yards)
    result.append(Unknown(f"{layout}.tractors", "tractor", low, high, ("tractor", *yards),
                          seen.get("tractor")))
    for site in port.yards:
        days = days_of(records, port, site)
        held, moved = (np.append(number, 1.0) for number in (days.held, days.moved))
        # Boxes that were left the day before may come on top of a day's appointments.
        for kind, low, most in (("buffer", held.max(), held.max()),
                                ("appointments_per_day", np.quantile(moved, 0.9), moved.max())):
            result.append(Unknown(f"{layout}.sites.{site}.{kind}", f"{kind}.{site}",
                                  max(int(low), 1), _ample(int(most)),
                                  (f"yard.{site}", "tractor")))
    return result


def _ample(seen: int) -> int:
    return max(int(np.ceil(AMPLE * seen)), seen + ROOM)


def _range(known: Capacity | None, units: int, narrow: bool) -> tuple[int, int]:
    """The least and the most that there may be; `units` of them are taken at a time.

    narrow: whether the log has all that the resource does, so that a capacity that binds is one.
    """
    if known is None:
        return units, units * _ample(1)
    least = max(known.least, 1)
    if narrow and known.binds and known.interval and known.likely:
        low = max(min(least, known.interval[0]) - MARGIN, 1)
        high = max(least, known.interval[1]) + MARGIN
        return units * low, units * (high + 1) - 1
    # A wrong stamp may make one more seem to be at work.
    return units * max(least - 1 - least // 20, 1), units * _ample(least)


# --- what is said --------------------------------------------------------------------------------

def _estimate(unknown: Unknown, draws: Ints, runs: int, confused: Sequence[str]) -> Estimate:
    """The median and the draws of one number, and what a reader has to know of it."""
    value = int(np.quantile(draws, 0.5, method="nearest"))
    low, high = _interval(draws)
    remarks = []
    known = unknown.known
    if high > low:
        why = ""
        if high > max(low + 2, 1.3 * low):
            why = (": work never waited for it" if known and known.likely is None else
                   ": work waited for something else" if known and not known.binds else
                   ": the log would look the same")
        remarks.append(f"the log cannot tell {low} from {high}{why}")
    remarks += [f"cannot be told apart from {other}" for other in confused]
    if known:
        remarks.append(f"of the log alone: {known.text}")
    how = (f"{runs} simulated runs on the log's own traffic: history matching, then approximate "
           "Bayesian computation with regression adjustment")
    return Estimate(unknown.key, value, [int(d) for d in draws], n=runs, how=how,
                    remarks=tuple(remarks))


def _confused(unknowns: Sequence[Unknown], draws: Ints, related: Floats, j: int) -> list[str]:
    """Numbers that vary together with number j, neither of them being known."""
    def unsure(k: int) -> bool:
        low, high = _interval(draws[:, k])
        return high > low

    return [f"{other.name}: the log shows the two together" for k, other in enumerate(unknowns)
            if k != j and abs(related[j, k]) > CONFUSED and unsure(k) and unsure(j)]


def _interval(draws: Ints) -> tuple[int, int]:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    return int(low), int(high)


def _slots(port: Port, found: Sequence[Estimate], told: Mapping[str, int]) -> list[Estimate]:
    """Slots of each yard: as many as the gangs that work there, unless told."""
    by_key = {estimate.key: estimate for estimate in found}
    result = []
    for name, agencies in port.yards.items():
        key = f"layout.separate.sites.{name}.slots"
        gangs = [by_key.get(f"layout.separate.gangs.{a}") for a in agencies]
        if key in told or not all(gangs):
            continue
        draws = np.sum([gang.draws for gang in gangs if gang], axis=0)
        result.append(Estimate(
            key, sum(gang.value for gang in gangs if gang), [int(d) for d in draws],
            n=sum(gang.n for gang in gangs if gang), how="slots follow gangs",
            remarks=("a box goes into a slot when a gang is ready for it, so the log cannot tell "
                     "more slots from as many as gangs",)))
    return result
