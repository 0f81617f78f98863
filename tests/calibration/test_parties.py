"""Who works by the same hours: told from what each party's jobs do, and not from what they cannot.

The jobs are made by a queue before windows that are known (tests.calibration.test_working_time).
"""

from __future__ import annotations

import numpy as np

from calibration.capacity import Jobs
from calibration.parties import GANGS, Party, group_parties, week_of
from scenarios.schema.port import parse_days
from tests.calibration.test_working_time import DAY, OFFICE, served, weekdays

WEEKS = 14
THROUGH = [(510.0, 1050.0)]
"""The office's hours without its break."""

EARLY = [(510.0, 720.0), (780.0, 1020.0)]


def party(windows, days=None, a_day=60.0, seed=1, apart=()) -> Party:
    """A party whose jobs wait for these windows; its work ends half an hour after it was begun."""
    ready, start = served(windows, days or weekdays(WEEKS), a_day, 40.0, 8, seed)
    return Party([Jobs(ready, start, start + 30.0)], start + 30.0, apart)


def names(whose: dict[str, Party]) -> list[list[str]]:
    return [group.members for group in group_parties(whose)]


def test_agencies_of_the_same_hours_are_one() -> None:
    found = group_parties({"quarantine": party(OFFICE), "customs": party(OFFICE, seed=2)})
    assert [group.members for group in found] == [["quarantine", "customs"]]
    assert found[0].week.weekly == {"mon-fri": ["08:30-12:00", "13:30-17:30"]}


def test_an_agency_that_works_through_anothers_break_is_another_whichever_is_larger() -> None:
    """Seen from its own hours alone, the one that works longer does nothing against the other's:
    it begins work while the other is closed, and that is what the other does not do."""
    for more, less in (("through", "broken"), ("broken", "through")):
        sizes = {more: 70.0, less: 40.0}
        found = group_parties({
            "through": party(THROUGH, a_day=sizes["through"]),
            "broken": party(OFFICE, a_day=sizes["broken"], seed=2)})
        assert sorted(group.members for group in found) == [["broken"], ["through"]]


def test_hours_that_differ_by_half_an_hour_twice_a_day_are_told_apart() -> None:
    assert names({"quarantine": party(OFFICE, a_day=70.0),
                  "customs": party(EARLY, a_day=50.0, seed=2)}) == [["quarantine"], ["customs"]]


def test_gangs_that_have_nothing_left_to_do_in_the_afternoon_have_the_agencies_hours() -> None:
    """Boxes are moved in on the evening before, and four gangs are done with them by noon."""
    ready, start = [], []
    for day in weekdays(WEEKS):
        free = [DAY * day + 510.0] * 4
        for box in range(14 + day % 4):
            ready.append(DAY * (day - 1) + 1110.0 + 10.0 * box)
            start.append(free[0])
            free = sorted([free[0] + 40.0 + 5.0 * (box % 5), *free[1:]])
    begun = np.array(start)
    gangs = Party([Jobs(np.array(ready), begun, begun + 40.0)], begun + 40.0)
    assert names({"customs": party(OFFICE), GANGS: gangs}) == [["customs", GANGS]]


def test_days_that_make_up_for_holidays_say_nothing_of_saturdays() -> None:
    """In a short log half of the Saturdays are worked, because the country works on them."""
    saturdays = [7 * week + 5 for week in (1, 3, 4)]
    worked = sorted([*weekdays(6), *saturdays])
    open_on = {}
    for apart in ((), tuple(DAY * day for day in saturdays)):
        week = week_of(party(OFFICE, worked, apart=apart))
        assert week is not None
        open_on[apart] = {day for text in week.weekly for day in parse_days(text)}
    assert list(open_on.values()) == [{0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4}]


def test_too_few_jobs_have_no_hours_of_their_own() -> None:
    few = Party([Jobs(np.array([10.0, 20.0]), np.array([600.0, 610.0]), np.array([630.0, 640.0]))],
                np.array([630.0, 640.0]))
    assert names({"quarantine": party(OFFICE), "customs": few}) == [["quarantine"]]
    assert week_of(Party([], np.empty(0))) is None
