"""Two references that no model of queues may lose to: whole traces of the past, at random times.

B0 draws arrivals as a Poisson process whose rate depends on the hour of the week, and gives each
the whole trace of a case of the training log, moved to its arrival. B1 is the same at the rate of
the last eight weeks, with the window rule of a test log that leaves out cases unfinished at its
end. Neither knows of queues: whatever changes in the port, they repeat the past.
"""

from __future__ import annotations

import numpy as np

from calibration.estimates import generator
from calibration.eventtable import HOUR, EventTable, Ints, hour_of_week, stamps_at

LAST_WEEKS = 8
"""Of which B1 takes the rate."""



def b0(train: EventTable, since: int, until: int, *, seed: int = 1, number: int = 0) -> EventTable:
    """Arrivals from `since` to `until` at the training log's rate by hour of the week.

    train: whole traces only. since, until: nanoseconds on the table's axis (see
    `eventtable.nanoseconds`). number: of the repetition. Cases are numbered from 0 by arrival; an
    event that ends after `until` is kept. Raises ValueError for an empty log or window.
    """
    return _bootstrap(train, since, until, generator(seed, f"b0.{number}"), weeks=None)


def b1(train: EventTable, since: int, until: int, *, seed: int = 1, number: int = 0,
       weeks: int = LAST_WEEKS) -> EventTable:
    """As b0 with the rate of the last weeks, without the cases unfinished at `until`."""
    table = _bootstrap(train, since, until, generator(seed, f"b1.{number}"), weeks)
    return table.of_cases(table.departures <= until) if len(table) else table


def rates(arrivals: Ints, weeks: int | None = None) -> np.ndarray:
    """float64[168]: mean arrivals in each hour of the week, over the hours from the first arrival
    to the last; or over the last weeks of these alone."""
    hours = arrivals // HOUR
    first, last = int(hours.min()), int(hours.max())
    if weeks is not None:
        first = max(first, last + 1 - 168 * weeks)
        hours = hours[hours >= first]
    counts = np.bincount(hour_of_week(hours * HOUR), minlength=168)
    seen = np.bincount(hour_of_week(np.arange(first, last + 1) * HOUR), minlength=168)
    return counts / np.maximum(seen, 1)


def _bootstrap(train: EventTable, since: int, until: int, draw: np.random.Generator,
               weeks: int | None) -> EventTable:
    if len(train) == 0:
        raise ValueError("a training log without events")
    if not since < until:
        raise ValueError(f"the window ends at {until}, expected after {since}")
    rate = rates(train.arrivals, weeks)
    hours = np.arange(since // HOUR, -(-until // HOUR))
    arrived = np.repeat(hours, draw.poisson(rate[hour_of_week(hours * HOUR)])) * HOUR
    arrived = np.sort(arrived + (draw.random(len(arrived)) * HOUR).astype(np.int64))
    arrived = arrived[(arrived >= since) & (arrived < until)]
    chosen = draw.integers(len(train.cases[1]), size=len(arrived))
    # Events in the order of their cases: those of a case stand together.
    order = np.argsort(train.cases[0], kind="stable")
    events = np.bincount(train.cases[0])
    begin = np.cumsum(events) - events
    number = events[chosen]
    case = np.repeat(np.arange(len(chosen)), number)
    place = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    rows = order[begin[chosen][case] + place]
    moved = (arrived - train.arrivals[chosen])[case]
    start, end = (stamps_at(stamps[rows] + moved, train.dated)
                  for stamps in (train.starts, train.ends))
    return EventTable(case, train.activity[rows], start, end,
                      None if train.resource is None else train.resource[rows])
