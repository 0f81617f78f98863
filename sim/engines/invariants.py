"""Laws that every finished run obeys, checked after every run from plan and log alone.

Vectorised and cheap. What they cannot see: the order of grants, and what happens within an instant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.engines.failures import InvariantError
from sim.eventlog import EventLog, logged
from sim.process.plan import Plan, Shift

EXACT = 1e-9
"""Relative tolerance of sums whose terms are exact but are added in different orders."""


def check(plan: Plan, log: EventLog) -> None:
    """Raise InvariantError, naming every law that the run breaks."""
    broken = [
        *monotone(plan, log),
        *conservation(plan, log),
        *durations(plan, log),
        *capacity(plan, log),
        *on_shift(plan, log),
        *little(plan, log),
    ]
    if broken:
        raise InvariantError("the run breaks a law: " + "; ".join(broken))


def monotone(plan: Plan, log: EventLog) -> list[str]:
    """Arrival <= enabled <= start <= end <= done; none without the one before, none after the
    run's end."""
    arrival, done = plan.time[log.consignment], log.done[log.consignment]
    stamps = np.vstack([arrival, log.enabled, log.start, log.end])
    known = ~np.isnan(stamps)
    messages = []
    if np.any(known[1:] & ~known[:-1]) or np.any(stamps[1:] < stamps[:-1]):
        messages.append("stamps of an activity are not in order")
    if np.any(stamps > log.stopped):
        messages.append("a stamp lies after the run's end")
    if np.any(log.end > done) or np.any(log.done < plan.time):
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
        _, start, end = log.stamps(step.number)
        over = ~np.isnan(end)
        start, end, work = start[over], end[over], step.duration[over]
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
    none; none is granted while its calendar is closed."""
    messages = []
    for index, resource in enumerate(plan.resources):
        changes = log.changes(resource.name)
        if not len(changes.time):
            continue
        last = np.append(np.diff(changes.time) > 0, True)
        used = np.cumsum(changes.units)[last]
        if used.max() > resource.capacity or used.min() < 0:
            messages.append(f"'{resource.name}' has {used.max()} of {resource.capacity} in use")
        shift = plan.resource_shift[index]
        taken = changes.time[changes.units > 0]
        if shift >= 0 and not np.all(is_open(plan.shifts[shift], taken)):
            messages.append(f"'{resource.name}' is granted off shift")
    return messages


def on_shift(plan: Plan, log: EventLog) -> list[str]:
    """Work starts while its calendars are open, and within its window."""
    messages = []
    for step in logged(plan):
        for index in {step.shift, step.window} - {-1}:
            _, start, _ = log.stamps(step.number)
            if not np.all(is_open(plan.shifts[index], start[~np.isnan(start)])):
                messages.append(f"{step.label} starts off shift")
    return messages


def little(plan: Plan, log: EventLog) -> list[str]:
    """The area under the number in the system is the sum of the sojourns, to 1e-9; the same for
    the number of open rows of the log."""
    came = plan.time <= log.stopped
    pairs: Sequence[tuple[str, NDArray, NDArray]] = (
        ("consignments", plan.time[came], log.done[came]),
        ("activities", log.enabled, log.end),
    )
    messages = []
    for what, begin, end in pairs:
        until = np.where(np.isnan(end), log.stopped, end)
        sojourns = float(np.sum(until - begin))
        times = np.concatenate([begin, until])
        steps = np.concatenate([np.ones(len(begin)), -np.ones(len(until))])
        order = np.argsort(times, kind="stable")
        area = float(np.sum(np.cumsum(steps[order])[:-1] * np.diff(times[order])))
        if abs(area - sojourns) > EXACT * max(1.0, abs(sojourns)):
            messages.append(f"Little's law fails for {what}: {area} against {sojourns}")
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
