"""Working time between stamps is what the engines' clock would have needed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from calibration.worktime import DAY, Hours, bounds, day_slips, in_hours
from scenarios.schema.port import CalendarSpec
from sim.engines.worktime import end_of_work, working_axis

OFFICE = {"weekly": {"mon-fri": ["08:30-12:00", "13:30-17:30"]}, "shift_end": "suspend"}


def hours(**changes: object) -> Hours:
    spec = CalendarSpec.model_validate({**OFFICE, **changes})
    return Hours.of(spec, date(2015, 1, 5), "Asia/Shanghai", 8 * 7 * DAY)


@pytest.mark.parametrize("changes", [
    {}, {"shift_end": "hand-over", "handover": "5 min"}, {"holidays": "CN"}])
def test_work_is_the_inverse_of_the_engines_end_of_work(changes: dict[str, object]):
    calendar = hours(**changes).calendar
    random = np.random.Generator(np.random.Philox(key=1))
    opens, closes = calendar.opens.tolist(), calendar.closes.tolist()
    worked = working_axis(opens, closes, calendar.handover)
    i = random.integers(120, 160, 200)
    start = calendar.opens[i] + np.floor(random.uniform(0.0, 200.0, 200))
    work = np.round(random.uniform(1.0, 1500.0, 200))
    end = np.array([end_of_work(opens, closes, worked, calendar.handover, a, w)
                    for a, w in zip(start.tolist(), work.tolist(), strict=True)])
    # Work that ends at a closing is not carried over the next opening.
    assert hours(**changes).worked(start, end) == pytest.approx(work)


def test_work_finished_after_hours_is_on_the_clock():
    assert hours(shift_end="finish").worked(np.array([700.0]), np.array([760.0])) == [60.0]


def test_bounds_are_a_step_wide_and_begin_on_the_minute_at_an_opening():
    office = hours()
    start, end = np.array([510.0, 520.0, 600.0]), np.array([530.0, 540.0, 600.0])
    lower, upper = bounds(office, start, end, 1.0)
    assert lower.tolist() == [20.0, 19.5, 0.0] and upper.tolist() == [21.0, 20.5, 1.0]


def test_a_day_too_long_is_a_slip_and_a_hold_of_days_is_none():
    office = hours()
    random = np.random.Generator(np.random.Philox(key=2))
    start = np.full(400, 7 * DAY + 540.0) + np.floor(random.uniform(0.0, 60.0, 400))
    end = start + np.floor(random.uniform(20.0, 60.0, 400))
    end[:3] += DAY
    end[3:6] = start[3:6] + 3 * DAY + 150.0
    assert np.flatnonzero(day_slips(office, start, end)).tolist() == [0, 1, 2]


def test_stamps_outside_of_hours_are_told_apart():
    office = hours()
    times = np.array([510.0, 720.0, 721.0, 800.0, 5 * DAY + 600.0, np.nan])
    assert in_hours(office, times, 1.0).tolist() == [True, True, False, False, False, True]


def test_hours_of_two_parties_meet_where_both_work():
    gangs = hours(weekly={"mon-fri": ["07:00-12:30"]})
    both = hours().meet(gangs)
    first = both.calendar.opens >= 0.0
    assert both.calendar.opens[first][0] == 510.0 and both.calendar.closes[first][0] == 720.0
