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

import numpy as np

from calibration.capacity import Capacity, capacity
from calibration.design import correlation, weighted_draws, whole
from calibration.estimates import DRAWS, LEVEL, Estimate, generator
from calibration.jobs import shown_jobs
from calibration.latent_runs import Bench, open_runs, part_of
from calibration.matching import Unknown, ends_of, learn
from calibration.records import Floats, Ints, Records
from calibration.replay_traffic import traffic_of_records
from calibration.summaries import Port, port_of, summarise
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

PLAIN_SHARE, PLAIN_MINUTES = 0.9, 300.0
"""Share of the minutes in which work waits, and how many of these it takes, from which on the
number at work is the capacity without a margin. Of 36 gangs and teams of officers of ten known
ports with dirty logs that were as plain, it was right of all."""

CONFUSED = 0.6
"""Correlation from which on two numbers are said not to be told apart."""

Progress = Callable[[int, int], None]


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
    every = [u for u in unknowns_of(scenario, records, port) if u.key not in told]
    plain = {u.key: u.low for u in every if u.low == u.high}
    unknowns = [u for u in every if u.key not in plain]
    others = tuple(e for e in estimates if not e.key.startswith("layout."))
    bench = Bench(scenario.resolved, others, part, seed, told | plain)
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, runs)

    with open_runs(bench, workers) as all_runs:
        learned = learn(unknowns, observed, lambda points, number: all_runs(
            [u.key for u in unknowns], points, number, tell), runs, seed)
    draws = whole(weighted_draws(learned.values, learned.weights, DRAWS,
                                 generator(seed, "latent.draws")), *ends_of(unknowns))
    related = correlation(learned.values)
    by_key = {unknown.key: _estimate(unknown, draws[:, j], runs,
                                     _confused(unknowns, draws, related, j),
                                     unknown.name in learned.contradicted)
              for j, unknown in enumerate(unknowns)}
    found = [by_key[u.key] if u.key in by_key else _of_the_log(u) for u in every]
    return [*found, *_slots(port, found, told)]


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
            result.append(Unknown(f"{layout}.{kind}.{agency}", name, low, high, bears, known,
                                  units))
    low, high = _range(seen.get("tractor"), 1, False)
    yards = tuple(f"yard.{site}" for site in port.yards)
    result.append(Unknown(f"{layout}.tractors", "tractor", low, high, ("tractor", *yards),
                          seen.get("tractor")))
    for site in port.yards:
        days = days_of(records, port, site)
        # A wrong stamp puts a box on another day, and boxes that were left the day before may come
        # on top of a day's appointments: the highest of all days is no bound.
        for kind, numbers in (("buffer", days.held), ("appointments_per_day", days.moved)):
            usual, most = np.quantile(np.append(numbers, 1.0), (0.9, 0.98))
            low, high = max(int(0.9 * usual), 1), _ample(int(np.ceil(most)))
            limit, evenings = days.limit if kind == "appointments_per_day" else (None, 0)
            if limit is not None:
                low = high = limit
            result.append(Unknown(f"{layout}.sites.{site}.{kind}", f"{kind}.{site}", low, high,
                                  (f"yard.{site}", "tractor"), evenings=evenings))
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
        if known.share >= PLAIN_SHARE and known.waited >= PLAIN_MINUTES:
            low, high = known.interval
            return units * low, units * high
        low = max(min(least, known.interval[0]) - MARGIN, 1)
        high = max(least, known.interval[1]) + MARGIN
        return units * low, units * high
    # A wrong stamp may make one more seem to be at work.
    return units * max(least - 1 - least // 20, 1), units * _ample(least)


# --- what is said --------------------------------------------------------------------------------

def _estimate(unknown: Unknown, draws: Ints, runs: int, confused: Sequence[str],
              contradicted: bool) -> Estimate:
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
    if contradicted:
        remarks.append("no number gives both the numbers at work and the waits of the log, so that "
                       "others must do a part of this work or it is done at other hours; this is "
                       "the number whose waits are the log's")
    remarks += [f"cannot be told apart from {other}" for other in confused]
    if known:
        remarks.append(_alone(unknown))
    how = (f"{runs} simulated runs on the log's own traffic: history matching, then approximate "
           "Bayesian computation with regression adjustment")
    return Estimate(unknown.key, value, [int(d) for d in draws], n=runs, how=how,
                    remarks=tuple(remarks))


def _of_the_log(unknown: Unknown) -> Estimate:
    """A number that the log shows plainly."""
    known = unknown.known
    if known is None:
        return Estimate(unknown.key, unknown.low, [unknown.low] * DRAWS, n=unknown.evenings,
                        how="boxes moved on evenings on which others were left over: mostly this "
                        "number, and never more; n counts the evenings")
    return Estimate(unknown.key, unknown.low, [unknown.low] * DRAWS, n=int(known.waited / 60.0),
                    how="units at work while work waits; n counts the hours of it",
                    remarks=(_alone(unknown),))


def _alone(unknown: Unknown) -> str:
    """What the log says without any run."""
    assert unknown.known
    if unknown.team == 1:
        return f"of the log alone: {unknown.known.text}"
    return (f"of the log alone, in teams of {unknown.team}: {unknown.known.text}; who is left over "
            "when teams are made has nothing to do, and would not show")


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
