"""Any event log as a process that the engines run, learned from the log alone.

A case is a sequence of blocks of activities that run side by side, taken from a training case with
its work; resources that do alike work form a role with its own hours; what a case waited while
somebody of the role was free, in working time, is a delay of its own. Queues and nights are not
taken over: they come out of the run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.estimates import generator
from calibration.eventtable import MINUTE, EventTable, Ints, stamps_at
from calibration.references import LAST_WEEKS
from sim import build_plan, simulate
from sim.distributions import on_clock
from sim.process.plan import Arrivals, Calendar, Resource
from sim.process.tree import Activity, Choice, Need, Node, Parallel, Sequence

Floats = NDArray[np.float64]

QUARTER, DAY, WEEK = 15.0, 1440.0, 10080.0
QUARTERS = int(WEEK / QUARTER)
INSTANT = 2.0**-10
ALIKE = 0.5
"""Correlation of what two resources do above which they are of one role."""
OPEN = 0.1
"""An hour of the week is open if it has this share of the stamps of a usual hour."""
FEW = 10
"""Stamps per open hour of the week that a role needs to have hours of its own."""
TOGETHER = 0.2
"""Two activities run side by side if they overlap in this share of the cases with both."""
SKIP = Sequence(())


@dataclass(frozen=True)
class Process:
    """What was learned.

    activities   names; units: per role the number of resources
    weekly       per role bool[672]: open quarters of the week, Monday first
    case, block, lane, activity, role   int64[n] per training event; work, delay: float64[n],
                 working minutes of its role
    begun        minutes, of all cases that had begun; weight: of each training case, sums to 1
    """

    activities: list[object]
    units: list[int]
    weekly: list[NDArray[np.bool_]]
    case: Ints
    block: Ints
    lane: Ints
    activity: Ints
    role: Ints
    work: Floats
    delay: Floats
    begun: Floats
    weight: Floats


def learn(train: EventTable, begun: Ints, cut: int) -> Process:
    """Blocks, roles, hours, work and delays of a log that was cut.

    train: the cases that were finished by `cut`. begun: when each case began that had begun by
    then, finished or not; cut: when (nanoseconds). Long cases are rarer among the finished ones
    than they are: each counts by the inverse of its chance to be finished.
    """
    order = np.lexsort((train.ends, train.starts, train.cases[0]))
    table = train.take(order)
    case, (activity, names) = table.cases[0], table.activities
    start, end = (_minutes(stamps) for stamps in (table.starts, table.ends))
    block, lane, ready = _blocks(case, activity, start, end)
    role_of, units = _roles(table)
    role = role_of[table.resources[0]]
    # What ends at a closing was worked on before it.
    stamps, who = np.concatenate([start, end - INSTANT]), np.concatenate([role, role])
    everybody = _hours(stamps)
    weekly = [_hours(stamps[who == r]) if np.sum(who == r) > FEW * everybody.sum() else everybody
              for r in range(len(units))]
    work, delay = np.zeros(len(case)), np.zeros(len(case))
    for r, number in enumerate(units):
        mine = role == r
        axis = _axis(weekly[r])
        work[mine] = _worked(axis, end[mine]) - _worked(axis, start[mine])
        delay[mine] = _idle_wait(axis, number, ready[mine], start[mine], end[mine])
    arrived, left = _minutes(table.arrivals), _minutes(table.departures)
    opened = _minutes(begun)
    room = np.sort(_minutes(np.array([cut]))[0] - opened)
    # The share of all cases that, had they lasted as long as this one, would be finished.
    chance = 1.0 - np.searchsorted(room, left - arrived, side="left") / len(room)
    weight = 1.0 / np.maximum(chance, 1.0 / len(room))
    return Process(names, units, weekly, case, block, lane, activity, role, work, delay, opened,
                   weight / weight.sum())


def imitate(process: Process, since: int, until: int, *, dated: bool = True, seed: int = 1,
            number: int = 0) -> EventTable:
    """A simulated log from `since` to `until` (ns): the arrivals of whole training days of the
    same weekday, each a training case; what ends later is not in it, as in a log that was taken
    at `until`. number: of the repetition."""
    draw = generator(seed, f"log-driven.{number}")
    first, last = _minutes(np.array([since, until])).tolist()
    arrived = _arrivals(process.begun, first, last, draw)
    cases = len(arrived)
    chosen = np.searchsorted(np.cumsum(process.weight), draw.random(cases))
    origin = np.floor(arrived[0] / WEEK) * WEEK
    rows, owner = _rows_of(process, chosen)
    columns = _columns(process, rows, owner, cases)
    depth, width = int(process.block[rows].max()) + 1, int(process.lane[rows].max()) + 1
    roles = range(len(process.units))
    plan = build_plan(
        _tree(depth, width, len(process.units)),
        Arrivals(on_clock(arrived - origin), np.ones(cases, dtype=np.int64), columns),
        [Resource(f"role{r}", process.units[r], f"hours{r}") for r in roles],
        {f"hours{r}": _calendar(process.weekly[r], 200) for r in roles})
    log = simulate(plan)
    worked = (log.column("stage") == "work") & (log.end + origin <= _minutes(np.array([until]))[0])
    place, consignment = log.column("attempt")[worked], log.consignment[worked]
    table = np.full((cases, depth * width), -1)
    table[owner, process.block[rows] * width + process.lane[rows]] = process.activity[rows]
    names = np.array(process.activities, dtype=object)[table[consignment, place]]
    start, end = (stamps_at(_instants(minutes[worked] + origin), dated)
                  for minutes in (log.start, log.end))
    return EventTable(consignment, names, start, end)


def _minutes(instants: Ints) -> Floats:
    """Minutes since the Monday of 1970-01-05, from nanoseconds of the dates' axis."""
    return instants / MINUTE - 4 * DAY


def _instants(minutes: Floats) -> Ints:
    return np.rint((minutes + 4 * DAY) * MINUTE).astype(np.int64)


def _blocks(case: Ints, activity: Ints, start: Floats, end: Floats) -> tuple[Ints, Ints, Floats]:
    """(block, lane, ready) per event, which are sorted by case and start. An event joins the
    block before it if it runs side by side with all of it; it is ready when the block before its
    own has ended (the first: as it starts)."""
    beside = _side_by_side(case, activity, start, end)
    block, lane = np.zeros(len(case), dtype=np.int64), np.zeros(len(case), dtype=np.int64)
    ready = start.copy()
    members: list[int] = []
    ended = 0.0
    for i in range(len(case)):
        if i == 0 or case[i] != case[i - 1]:
            members, ended = [i], np.nan
        elif all(beside[activity[i], activity[j]] for j in members):
            members.append(i)
        else:
            ended = float(end[members].max())
            block[i] = block[members[0]] + 1
            members = [i]
        block[i] = block[members[0]] if len(members) > 1 else block[i]
        lane[i] = len(members) - 1
        ready[i] = start[i] if np.isnan(ended) else min(ended, start[i])
    return block, lane, ready


def _side_by_side(case: Ints, activity: Ints, start: Floats, end: Floats) -> NDArray[np.bool_]:
    """bool[a, a]: activities of which neighbouring pairs overlap in TOGETHER of the cases."""
    n = int(activity.max()) + 1
    same = case[1:] == case[:-1]
    first, second = activity[:-1][same], activity[1:][same]
    overlap = (start[1:] < end[:-1])[same]
    pairs = np.bincount(first * n + second, minlength=n * n).reshape(n, n)
    both = np.bincount((first * n + second)[overlap], minlength=n * n).reshape(n, n)
    pairs, both = pairs + pairs.T, both + both.T
    return both > TOGETHER * np.maximum(pairs, 1)


def _roles(table: EventTable) -> tuple[Ints, list[int]]:
    """(role of each resource, resources of each role): alike in what they do, and joined."""
    resource, names = table.resources
    profile = np.zeros((len(names), len(table.activities[1])))
    np.add.at(profile, (resource, table.activities[0]), 1.0)
    role = np.full(len(names), -1, dtype=np.int64)
    centres: list[Floats] = []
    for r in np.argsort(-profile.sum(axis=1), kind="stable"):
        found = [_correlation(profile[r], centre) for centre in centres]
        if found and max(found) > ALIKE:
            role[r] = int(np.argmax(found))
            centres[role[r]] = centres[role[r]] + profile[r]
        else:
            role[r] = len(centres)
            centres.append(profile[r].copy())
    return role, np.bincount(role).tolist()


def _correlation(one: Floats, other: Floats) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def _hours(stamps: Floats) -> NDArray[np.bool_]:
    """bool[672]: quarters of the week with OPEN of the stamps of a usual one of them."""
    counts = np.bincount((stamps % WEEK // QUARTER).astype(np.int64), minlength=QUARTERS)
    return counts > OPEN * np.median(counts[counts > 0])


def _axis(weekly: NDArray[np.bool_]) -> Floats:
    """float64[673]: working minutes since Monday at each quarter of the week."""
    return np.concatenate([[0.0], np.cumsum(weekly * QUARTER)])


def _worked(axis: Floats, at: Floats) -> Floats:
    """Working minutes before each minute."""
    week, within = np.divmod(at, WEEK)
    return week * axis[-1] + np.interp(within, np.arange(QUARTERS + 1) * QUARTER, axis)


def _idle_wait(axis: Floats, units: int, ready: Floats, start: Floats, end: Floats) -> Floats:
    """Working minutes from ready to start in which not all units of the role were at work."""
    times = np.concatenate([start, end])
    change = np.concatenate([np.ones(len(start)), -np.ones(len(end))])
    moments, at = np.unique(times, return_inverse=True)
    busy = np.cumsum(np.bincount(at, change))
    worked = _worked(axis, moments)
    full = np.concatenate([[0.0], np.cumsum(np.diff(worked) * (busy[:-1] >= units))])
    waited = _worked(axis, start) - _worked(axis, ready)
    blocked = np.interp(start, moments, full) - np.interp(ready, moments, full)
    return np.maximum(waited - blocked, 0.0)


def _arrivals(seen: Floats, since: float, until: float, draw: np.random.Generator) -> Floats:
    """float64[n]: arrivals day by day, each as on a past day of the same weekday, drawn from the
    last LAST_WEEKS weeks: neither more nor less regular than the log is."""
    day = np.floor(seen / DAY).astype(np.int64)
    first = max(int(day.min()), int(day.max()) + 1 - 7 * LAST_WEEKS)
    days = np.arange(first, int(day.max()) + 1)
    found = []
    for today in range(int(since // DAY), int(-(-until // DAY))):
        alike = days[(days - today) % 7 == 0]
        like = alike[draw.integers(len(alike))] if len(alike) else -1
        found.append(seen[day == like] + (today - like) * DAY)
    times = np.sort(np.concatenate(found))
    return times[(times >= since) & (times < until)]


def _rows_of(process: Process, chosen: Ints) -> tuple[Ints, Ints]:
    """(rows of the training events, simulated case of each) of the cases that were drawn."""
    begin = np.searchsorted(process.case, np.arange(int(process.case.max()) + 2))
    number = begin[chosen + 1] - begin[chosen]
    owner = np.repeat(np.arange(len(chosen)), number)
    place = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    return begin[chosen][owner] + place, owner


def _columns(process: Process, rows: Ints, owner: Ints, cases: int) -> dict[str, NDArray]:
    columns: dict[str, NDArray] = {}
    for k in range(int(process.block[rows].max()) + 1):
        for m in range(int(process.lane[rows].max()) + 1):
            here = (process.block[rows] == k) & (process.lane[rows] == m)
            role, work, delay = np.zeros(cases, dtype=np.int64), np.zeros(cases), np.zeros(cases)
            role[owner[here]] = process.role[rows[here]] + 1
            work[owner[here]] = on_clock(process.work[rows[here]])
            delay[owner[here]] = on_clock(process.delay[rows[here]])
            columns |= {f"role.{k}.{m}": role, f"work.{k}.{m}": work, f"delay.{k}.{m}": delay}
    return columns


def _tree(depth: int, width: int, roles: int) -> Node:
    def place(k: int, m: int) -> Node:
        ways = [SKIP]
        for r in range(roles):
            unit, hours = Need(f"role{r}"), (f"hours{r}",)
            ways.append(Sequence((
                Activity("delay", f"delay.{k}.{m}", calendars=hours),
                Activity("work", f"work.{k}.{m}", seize=((unit,),), release=(unit,),
                         calendars=hours, attempt=k * width + m))))
        return Choice(f"role.{k}.{m}", tuple(ways))

    return Sequence(tuple(Parallel(tuple(place(k, m) for m in range(width)))
                          for k in range(depth)))


def _calendar(weekly: NDArray[np.bool_], weeks: int) -> Calendar:
    edges = np.diff(np.concatenate([[0], np.tile(weekly, weeks).astype(np.int64), [0]]))
    opens, closes = (np.flatnonzero(edges == way).astype(np.float64) for way in (1, -1))
    return Calendar(opens * QUARTER, closes * QUARTER)
