"""Stamps in every known writing, and what is not a stamp."""

from __future__ import annotations

import datetime
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.portlog.stamps import BLANK, GOOD, IMPOSSIBLE, UNREADABLE, parse_minutes, parse_stamps

START = datetime.datetime(2015, 7, 1)


@pytest.mark.parametrize("text", [
    "2015-07-30 18:21", "2015/07/30 18:21", "2015.07.30 18:21", "2015-07-30T18:21",
    "2015-07-30 18:21:00", "2015/07/30 18:21:00", "2015-07-30T18:21:00", "2015-07-30T18:21:00.500",
    "2015-7-30 18:21", "2015/7/30 18:21:00", "20150730 18:21", "2015年7月30日 18:21",
    "2015年07月30日18:21:00", "  2015-07-30 18:21 ", "2015-07-30  18:21", "2015-07-30\u300018：21",
    "２０１５-07-30 18:21",
])
def test_every_known_writing_is_the_same_moment(text):
    minutes, status = parse_minutes([text], START)
    assert status.tolist() == [GOOD]
    assert minutes.tolist() == [29 * 1440 + 18 * 60 + 21]


def test_seconds_count():
    minutes, _ = parse_minutes(["2015/08/03 09:06:50"], START)
    assert minutes[0] == pytest.approx(33 * 1440 + 9 * 60 + 6 + 50 / 60, abs=1e-9)


@pytest.mark.parametrize("text", ["", "   ", "-", "NULL", "n/a", "无"])
def test_blank(text):
    minutes, status = parse_minutes([text], START)
    assert status.tolist() == [BLANK] and np.isnan(minutes[0])


@pytest.mark.parametrize("text", [
    "2015-02-30 08:00", "2015-02-29 08:00", "2015-13-01 08:00", "2015-00-10 08:00",
    "2015-04-31 08:00:00", "2015-04-10 24:00", "2015-04-10 10:60", "2015-04-10 10:10:60",
    "0000-00-00 00:00", "9999-12-31 23:59", "1900/1/0 0:00", "2015-2-30 8:00",
])
def test_impossible(text):
    stamps, status = parse_stamps([text])
    assert status.tolist() == [IMPOSSIBLE] and np.isnat(stamps[0])


@pytest.mark.parametrize("text", [
    "2015-07-30", "18:21", "2015-07/30 18:21", "30-07-2015 18:21", "2015-07-30T18:21Z",
    "2015-07-30T18:21:00+08:00", "42215.76", "soon", "2015-07-30 1a:21", "x" * 5000,
])
def test_unreadable(text):
    stamps, status = parse_stamps([text])
    assert status.tolist() == [UNREADABLE] and np.isnat(stamps[0])


def test_leap_days():
    _, status = parse_stamps(["2016-02-29 08:00", "2000-02-29 08:00", "2015-02-29 08:00"])
    assert status.tolist() == [GOOD, GOOD, IMPOSSIBLE]


@given(st.lists(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2099, 12, 31)),
                min_size=1, max_size=20),
       st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
                        "%Y年%m月%d日 %H:%M:%S"]))
def test_agrees_with_the_standard_library(moments, layout):
    stamps, status = parse_stamps([moment.strftime(layout) for moment in moments])
    assert np.all(status == GOOD)
    assert stamps.tolist() == [moment.replace(microsecond=0) for moment in moments]


@given(st.lists(st.text(max_size=30)))
def test_any_text_gets_a_status(texts):
    stamps, status = parse_stamps(texts)
    assert len(stamps) == len(status) == len(texts)
    assert np.array_equal(np.isnat(stamps), status != GOOD)


def test_twenty_thousand_take_less_than_a_second():
    texts = ["2015-07-30 18:21", "2015/08/03 09:06:50", "", "2015-7-30 8:05"] * 5000
    before = time.process_time()
    parse_stamps(texts)
    assert time.process_time() - before < 1.0
