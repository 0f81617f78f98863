"""When papers are lodged: some before the vessel arrives, the others after discharge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from scenarios.schema.scenario import WEEK, Scenario
from sim.calendars import build_calendar
from sim.distributions import Floats, on_clock, times

Draw = Callable[..., Floats]


def lodge(scenario: Scenario, draw: Draw, arrival: Floats, discharged: Floats,
          start: date) -> Floats:
    """float64[n]: lodging of each consignment, minutes since the start, never negative.

    With a calendar, papers are lodged in its open times: others wait for its next opening.
    """
    rules = scenario.traffic.lodging
    n = len(arrival)
    early = draw("lodging.early", n) < rules.before_arrival
    lead = times(rules.lead, draw("lodging.lead", n))
    delay = times(rules.delay, draw("lodging.delay", n))
    lodged = np.maximum(np.where(early, arrival - lead, discharged + delay), 0.0)
    if rules.calendar is None or not n:
        return on_clock(lodged)
    # Papers lodged after the run's end may fall outside the open times: nothing serves them.
    last = min(float(lodged.max()), float(arrival.max()) + scenario.run.drain)
    horizon = last + 4 * WEEK
    calendar = build_calendar(rules.calendar, scenario.calendars[rules.calendar], start,
                              scenario.run.time_zone, horizon)
    i = np.searchsorted(calendar.closes, lodged, side="right")
    inside = calendar.opens[np.minimum(i, len(calendar.opens) - 1)]
    return on_clock(np.maximum(lodged, inside))
