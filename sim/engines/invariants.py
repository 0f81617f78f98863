"""Laws that every finished run obeys, checked after every run from plan and log alone.

Vectorised over all rows of the log that a law treats alike, and cheap. What they cannot see: the
order of grants, and what happens within an instant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engines.failures import InvariantError
from sim.eventlog import EventLog, logged
from sim.process.plan import Demand, Plan, Step


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
        # False where the one before is not known.
        if not np.all((stamps >= before) | np.isnan(stamps)):
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
    asked = _asked(plan)
    rows = np.bincount(log.consignment, minlength=n)
    ended = np.bincount(log.consignment[~np.isnan(log.end)], minlength=n)
    done = ~np.isnan(log.done)
    messages = []
    if np.any((rows != asked)[done]) or np.any((ended != asked)[done]) or np.any(rows > asked):
        messages.append("rows are missing or too many")
    if np.any(rows[plan.time > log.stopped]):
        messages.append("a consignment acted before it arrived")
    if np.any(plan.watch & ~done) and log.stopped < plan.cap:
        messages.append("the run ended before its watched consignments")
    return messages


def _asked(plan: Plan) -> NDArray[np.int64]:
    """int64[n]: the rows that each consignment's way through the tree asks for."""
    if "asked" not in plan.kept:
        owners = [plan.owner[step.entities] if step.at_container else step.entities
                  for step in logged(plan)]
        plan.kept["asked"] = np.bincount(np.concatenate([np.empty(0, np.int64), *owners]),
                                         minlength=plan.consignments)
    asked: NDArray[np.int64] = plan.kept["asked"]
    return asked


def durations(plan: Plan, log: EventLog) -> list[str]:
    """Work takes its duration: in minutes of the clock, or in open minutes of its calendars."""
    by_calendar: dict[int, list[Step]] = {}
    for step in logged(plan):
        if step.duration is not None:
            pauses = step.shift >= 0 and not plan.shifts[step.shift].finish
            by_calendar.setdefault(step.shift if pauses else -1, []).append(step)
    wrong = []
    for index, steps in by_calendar.items():
        start, end = log.of_steps(steps, "start"), log.of_steps(steps, "end")
        work = _work(log, steps)
        if index < 0:
            broken = end - start != work
        else:
            shift = plan.shifts[index]
            spent = shift.times.before(end) - shift.times.before(start)
            broken = spent < work if shift.handover else spent != work
        wrong += _broken_ones(log, steps, broken & ~np.isnan(end))
    return [f"{step.label} does not take its duration" for step in _in_their_order(wrong)]


def _work(log: EventLog, steps: list[Step]) -> NDArray[np.float64]:
    """float64: minutes of work of the rows of these steps, step by step."""
    return log.once(("work", *(s.number for s in steps)), lambda: np.concatenate(
        [np.empty(0), *(s.duration[log.entity[log.rows(s.number)]]
                        for s in steps if s.duration is not None)]))


def on_shift(plan: Plan, log: EventLog) -> list[str]:
    """Work starts while its calendars are open, and within its window."""
    wrong = []
    for index, shift in enumerate(plan.shifts):
        steps = [s for s in logged(plan) if index in (s.shift, s.window)]
        start = log.of_steps(steps, "start")
        wrong += _broken_ones(log, steps, ~shift.times.open_at(start) & ~np.isnan(start))
    return [f"{step.label} starts off shift" for step in _in_their_order(wrong)]


def _broken_ones(log: EventLog, steps: list[Step], broken: NDArray[np.bool_]) -> list[Step]:
    """The steps to whose rows these flags apply."""
    if not broken.any():
        return []
    sizes = [len(log.rows(step.number)) for step in steps]
    which = np.repeat(np.arange(len(steps)), sizes)
    return [steps[i] for i in np.unique(which[broken])]


def _in_their_order(steps: list[Step]) -> list[Step]:
    """Each of the steps once, as they stand in the tree."""
    return sorted(dict.fromkeys(steps), key=lambda step: step.number)


def capacity(plan: Plan, log: EventLog) -> list[str]:
    """No resource has more units in use than there are at the end of any instant, nor fewer than
    none; none is granted while its calendar is closed.

    In order of time, the k-th unit taken waits for the (k - capacity)-th given back, and the k-th
    given back was taken before.
    """
    messages = []
    for index, (taken, given) in enumerate(_units(plan, log)):
        resource, shift = plan.resources[index], plan.resource_shift[index]
        late = taken[resource.capacity:]
        if len(given) > len(taken) or np.any(given < taken[:len(given)]):
            messages.append(f"'{resource.name}' is given back more than is taken")
        elif len(late) > len(given) or np.any(late < given[:len(late)]):
            messages.append(f"'{resource.name}' has more than {resource.capacity} in use")
        if shift >= 0 and not np.all(plan.shifts[shift].times.open_at(taken)):
            messages.append(f"'{resource.name}' is granted off shift")
    return messages


def _units(plan: Plan, log: EventLog) -> list[tuple[NDArray, NDArray]]:
    """Per resource the minutes at which its units were taken and given back, one each, in order."""
    found: list[tuple[list[NDArray], list[NDArray]]] = [([], []) for _ in plan.resources]
    for step in logged(plan):
        for place, demands in enumerate(step.seize):
            for demand in demands:
                found[demand.resource][0].append(
                    _each(demand, log, step, log.granted[step.number, place]))
        for demand in step.release:
            found[demand.resource][1].append(_each(demand, log, step, log.of(step.number, "end")))
    return [(_in_order(taken), _in_order(given)) for taken, given in found]


def _each(demand: Demand, log: EventLog, step: Step, times: NDArray) -> NDArray:
    """The minutes of the rows of a step, once for each unit."""
    if isinstance(demand.amount, int):
        return times if demand.amount == 1 else np.repeat(times, demand.amount)
    return np.repeat(times, demand.amount[log.entity[log.rows(step.number)]])


def _in_order(times: list[NDArray]) -> NDArray:
    """All known ones of these minutes in order; what is not known is sorted to the end."""
    ordered = np.sort(np.concatenate([np.empty(0), *times]))
    return ordered[:np.count_nonzero(~np.isnan(ordered))]
