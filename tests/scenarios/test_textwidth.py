"""Lines of a screen: a Chinese character takes two cells, and no mark begins or ends a line."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.textwidth import CLOSING, GLUE, OPENING, cells, pad_left, wrap

CHINESE = "通关时间，仅检验检疫布控，平均（小时）。服务标准：48 小时内通关 90" + GLUE + "%。"


def test_a_chinese_character_takes_two_cells() -> None:
    assert cells("通关 a") == 6
    assert pad_left("相同", 6) == "  相同" and pad_left("相同", 3) == "相同"


@pytest.mark.parametrize("width", range(14, 80, 3))
def test_lines_fit_and_break_where_they_may(width: int) -> None:
    lines = wrap(CHINESE, width, "  ", "    ")
    assert all(cells(line) <= width for line in lines)
    assert "".join(line.replace(" ", "") for line in lines) == CHINESE.replace(" ", "")
    assert all(line.startswith("    ") for line in lines[1:])
    assert not any(line.strip()[0] in CLOSING or line[-1] in OPENING for line in lines)
    assert any("（小时）" in line for line in lines) and any("90" + GLUE + "%" in line
                                                           for line in lines)


@given(st.text(st.sampled_from("ab ，（）。中文" + GLUE), max_size=40), st.integers(4, 30))
def test_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cells(line) <= width for line in lines)


def test_without_chinese_it_is_the_standard_library_s() -> None:
    text = "resources consumed, all, CNY/TEU"
    assert wrap(text, 20, "  ", "    ") == textwrap.wrap(
        text, 20, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
