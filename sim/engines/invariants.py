"""Laws that every finished run obeys, checked after every run from plan and log alone.

Vectorised and cheap. What they cannot see: the order of grants, and what happens within an instant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engines.failures import InvariantError
from sim.eventlog import EventLog, logged
from sim.process.plan import Plan, Shift


def check(plan: Plan, log: EventLog) -> None:
    """Raise InvariantError, naming every law that the run breaks."""
    broken = [
        *monotone(plan, log),
        *conservation(plan, log),
        *durations(plan, log),
        *capacity(plan, log),
        *on_shift(plan, log),
    ]
    if broken:
        raise InvariantError("the run breaks a law: " + "; ".join(broken))


def monotone(plan: Plan, log: EventLog) -> list[str]:
    """Arrival <= enabled <= start <= end <= done; none without the one before, none after the
    run's end."""
    messages = []
    before = plan.time[log.consignment]
    for stamps in (log.enabled, log.start, log.end):
        if np.any(stamps < before) or np.any(np.isnan(before) & ~np.isnan(stamps)):
            messages.append("stamps of an activity are not in order")
            break
        before = stamps
    if any(np.any(stamps > log.stopped) for stamps in (log.enabled, log.start, log.end)):
        messages.append("a stamp lies after the run's end")
    if np.any(log.end > log.done[log.consignment]) or np.any(log.done < plan.time):
        messages.append("a consignment was done before its last activity")
    return messages


def conservation(plan: Plan, log: EventLog) -> list[str]:
    """A consignment that is done has every row that its way through the tree asks for, ended, and
    no other; one that has not arrived has none; and the watched ones are done, or the run came to
    its cap."""
    n = plan.consignments
    asked = np.zeros(n, dtype=np.int64)
    for step in logged(plan):
        if step.at_container:
            asked += np.bincount(plan.owner, weights=step.runs, minlength=n).astype(np.int64)
        else:
            asked += step.runs
    rows = np.bincount(log.consignment, minlength=n)
    ended = np.bincount(log.consignment, weights=~np.isnan(log.end), minlength=n)
    done = ~np.isnan(log.done)
    messages = []
    if np.any((rows != asked)[done]) or np.any((ended != asked)[done]) or np.any(rows > asked):
        messages.append("rows are missing or too many")
    if np.any(rows[plan.time > log.stopped]):
        messages.append("a consignment acted before it arrived")
    if np.any(plan.watch & ~done) and log.stopped < plan.cap:
        messages.append("the run ended before its watched consignments")
    return messages


def durations(plan: Plan, log: EventLog) -> list[str]:
    """Work takes its duration: in minutes of the clock, or in open minutes of its calendars."""
    messages = []
    for step in logged(plan):
        if step.duration is None:
            continue
        rows = log.rows(step.number)
        rows = rows[~np.isnan(log.end[rows])]
        start, end, work = log.start[rows], log.end[rows], step.duration[log.entity[rows]]
        if step.shift >= 0 and not plan.shifts[step.shift].finish:
            shift = plan.shifts[step.shift]
            spent = open_before(shift, end) - open_before(shift, start)
            wrong = spent < work if shift.handover else spent != work
        else:
            wrong = end - start != work
        if np.any(wrong):
            messages.append(f"{step.label} does not take its duration")
    return messages


def capacity(plan: Plan, log: EventLog) -> list[str]:
    """No resource has more units in use than there are at the end of any instant, nor fewer than
    none; none is granted while its calendar is closed.

    In order of time, the k-th unit taken waits for the (k - capacity)-th given back, and the k-th
    given back was taken before.
    """
    messages = []
    for index, resource in enumerate(plan.resources):
        taken, given = _units(plan, log, index)
        late = taken[resource.capacity:]
        if len(given) > len(taken) or np.any(given < taken[:len(given)]):
            messages.append(f"'{resource.name}' is given back more than is taken")
        elif len(late) > len(given) or np.any(late < given[:len(late)]):
            messages.append(f"'{resource.name}' has more than {resource.capacity} in use")
        shift = plan.resource_shift[index]
        if shift >= 0 and not np.all(is_open(plan.shifts[shift], taken)):
            messages.append(f"'{resource.name}' is granted off shift")
    return messages


def _units(plan: Plan, log: EventLog, resource: int) -> tuple[NDArray, NDArray]:
    """The minutes at which units of a resource were taken and given back, one each, in order."""
    found: tuple[list[NDArray], list[NDArray]] = ([], [])
    for step in logged(plan):
        parts = [(0, place, demand) for place, demands in enumerate(step.seize)
                 for demand in demands]
        parts += [(1, -1, demand) for demand in step.release]
        for back, place, demand in parts:
            if demand.resource == resource:
                rows = log.rows(step.number)
                times = log.end[rows] if back else log.granted[step.number, place]
                units = (np.int64(demand.amount) if isinstance(demand.amount, int)
                         else demand.amount[log.entity[rows]])
                if np.any(units != 1):
                    times = np.repeat(times, units)
                found[back].append(times)
    taken, given = (np.sort(np.concatenate([np.empty(0), *parts])) for parts in found)
    # What is not known is sorted to the end.
    return taken[:np.count_nonzero(~np.isnan(taken))], given[:np.count_nonzero(~np.isnan(given))]


def on_shift(plan: Plan, log: EventLog) -> list[str]:
    """Work starts while its calendars are open, and within its window."""
    messages = []
    for step in logged(plan):
        for index in {step.shift, step.window} - {-1}:
            start = log.start[log.rows(step.number)]
            if not np.all(is_open(plan.shifts[index], start[~np.isnan(start)])):
                messages.append(f"{step.label} starts off shift")
    return messages


def is_open(shift: Shift, times: NDArray) -> NDArray[np.bool_]:
    """Whether each minute lies in [open, close) of some interval."""
    opens, closes = np.asarray(shift.opens), np.asarray(shift.closes)
    i = np.searchsorted(opens, times, side="right") - 1
    return (i >= 0) & (times < closes[np.maximum(i, 0)])


def open_before(shift: Shift, times: NDArray) -> NDArray[np.float64]:
    """Open minutes before each minute, whatever the hand-over."""
    opens, closes = np.asarray(shift.opens), np.asarray(shift.closes)
    before = np.concatenate([[0.0], np.cumsum(closes - opens)])
    i = np.searchsorted(opens, times, side="right") - 1
    within = np.minimum(times, closes[np.maximum(i, 0)]) - opens[np.maximum(i, 0)]
    return np.where(i >= 0, before[np.maximum(i, 0)] + within, 0.0)
