"""Calendars: China's public days of 2015, zones, cut-offs of appointments."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from scenarios.errors import InputError
from scenarios.schema.port import CalendarSpec
from sim.calendars import build_book, build_calendar, open_days, public_days, since_start

START = date(2015, 1, 5)
DAY = 1440.0


def spec(**parts: Any) -> CalendarSpec:
    office = {"weekly": {"mon-fri": ["08:30-12:00", "13:30-17:30"]}, "shift_end": "suspend"}
    return CalendarSpec.model_validate(office | parts)


def dates(calendar: CalendarSpec, start: date, days: int) -> list[date]:
    return [day for day, _ in open_days(calendar, start, days)]


def test_spring_festival_is_closed_and_its_make_up_days_are_open() -> None:
    open_ = set(dates(spec(holidays="CN"), date(2015, 2, 9), 28))
    festival = {date(2015, 2, 18) + timedelta(i) for i in range(7)}
    assert not open_ & festival
    assert {date(2015, 2, 15), date(2015, 2, 28)} <= open_
    assert date(2015, 2, 14) not in open_ and date(2015, 2, 22) not in open_
    assert date(2015, 2, 17) in open_ and date(2015, 2, 25) in open_


def test_a_make_up_day_works_the_hours_of_the_day_it_replaces() -> None:
    short = spec(weekly={"mon": ["09:00-10:00"], "tue": ["09:00-17:00"]}, holidays="CN")
    hours = dict(open_days(short, date(2015, 2, 9), 14))
    assert hours[date(2015, 2, 15)] == [(540, 600)]
    other = short.model_copy(update={"makeup_as": "tue"})
    assert dict(open_days(other, date(2015, 2, 9), 14))[date(2015, 2, 15)] == [(540, 1020)]


def test_own_dates_win_over_the_country() -> None:
    own = spec(holidays="CN", closed=["2015-02-15", "2015-02-16"],
               open={"2015-02-16": ["10:00-11:00"], "2015-02-19": ["09:00-10:00"]})
    hours = dict(open_days(own, date(2015, 2, 9), 14))
    assert date(2015, 2, 15) not in hours
    assert hours[date(2015, 2, 16)] == [(600, 660)] and hours[date(2015, 2, 19)] == [(540, 600)]


def test_years_without_known_holidays_are_told(caplog: pytest.LogCaptureFixture) -> None:
    public_days.cache_clear()
    with caplog.at_level(logging.WARNING, "onestop"):
        public_days("CN", 1940, 1940)
    assert "no public holidays are known for CN in 1940" in caplog.text
    public_days.cache_clear()


def test_intervals_are_minutes_since_the_start() -> None:
    calendar = build_calendar("office", spec(), START, "Asia/Shanghai", 7 * DAY)
    assert calendar.opens[:4].tolist() == [510, 810, DAY + 510, DAY + 810]
    assert calendar.closes[:2].tolist() == [720, 1050]
    assert len([o for o in calendar.opens if o < 7 * DAY]) == 10
    assert np.all(calendar.opens < calendar.closes)
    assert np.all(calendar.closes[:-1] <= calendar.opens[1:])


def test_a_calendar_of_another_zone_is_shifted() -> None:
    tokyo = build_calendar("tokyo", spec(time_zone="Asia/Tokyo"), START, "Asia/Shanghai", 7 * DAY)
    assert tokyo.opens[:2].tolist() == [450, 750]
    paris = build_calendar("paris", spec(time_zone="Europe/Paris"), START, "Asia/Shanghai", DAY)
    assert paris.opens.tolist() == [510 + 7 * 60, 810 + 7 * 60]
    summer = since_start(date(2015, 7, 6), 510, "Europe/Paris", START, "Asia/Shanghai")
    assert summer == 182 * DAY + 510 + 6 * 60


def test_a_port_whose_clocks_change_keeps_days_of_24_hours() -> None:
    begin = date(2015, 3, 23)
    home = since_start(date(2015, 3, 30), 510, "Europe/Paris", begin, "Europe/Paris")
    abroad = since_start(date(2015, 3, 30), 510, "Europe/Berlin", begin, "Europe/Paris")
    assert home == abroad == 7 * DAY + 510
    shanghai = since_start(date(2015, 3, 30), 510, "Asia/Shanghai", begin, "Europe/Paris")
    assert shanghai == 7 * DAY + 510 - 6 * 60


def test_the_far_ends_of_the_earth() -> None:
    night = spec(weekly={"mon-sun": ["22:00-24:00"]}, time_zone="Pacific/Pago_Pago")
    calendar = build_calendar("far", night, START, "Pacific/Kiritimati", 3 * DAY)
    # 25 hours apart: the window of two days before is still open when the run begins.
    assert calendar.opens.tolist() == [0, 23 * 60, DAY + 23 * 60, 2 * DAY + 23 * 60]
    assert calendar.closes[0] == 60


def test_a_calendar_that_is_shut_for_the_whole_run_is_refused() -> None:
    only = spec(weekly={"mon": []}, open={"2020-01-06": ["08:00-09:00"]})
    with pytest.raises(InputError, match="calendars.later: the calendar never opens"):
        build_calendar("later", only, START, "Asia/Shanghai", 7 * DAY)


def test_a_day_can_be_booked_until_its_cut_off() -> None:
    evening = spec(weekly={"mon-fri": ["18:00-20:00", "20:30-22:00"]}, shift_end="finish")
    window = build_calendar("evening", evening, START, "Asia/Shanghai", 8 * DAY)
    book = build_book(window, 15 * 60 + 30, 72)
    assert book.opens[:6].tolist() == [i * DAY + 1080 for i in (0, 1, 2, 3, 4, 7)]
    assert book.cutoffs[:2].tolist() == [930, DAY + 930]
    assert book.capacity == 72


def test_a_cut_off_never_lies_behind_the_opening() -> None:
    window = build_calendar("office", spec(), START, "Asia/Shanghai", 3 * DAY)
    assert build_book(window, 1200, 5).cutoffs[:2].tolist() == [510, DAY + 510]
