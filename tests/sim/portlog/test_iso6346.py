"""Container numbers and size-types."""

from __future__ import annotations

import pytest

from sim.portlog.iso6346 import check_digit, read_container, read_size, teu


@pytest.mark.parametrize("number", ["CSQU3054383", "MSKU1234565", "TGHU7599330", "MSKU6639870"])
def test_check_digit(number):
    assert check_digit(number[:10]) == int(number[10])
    assert read_container(number) == (number, "")


def test_a_remainder_of_ten_counts_as_nought():
    # TGHU759933: the weighted sum leaves 10.
    assert check_digit("TGHU759933") == 0


@pytest.mark.parametrize(("text", "number", "fault"), [
    (" csqu 305438-3 ", "CSQU3054383", ""),
    ("ＣＳＱＵ３０５４３８３", "CSQU3054383", ""),
    ("MSKU1234567", "MSKU1234567", "check digit wrong"),
    ("CSQU305438", "CSQU3054383", "check digit missing"),
    ("", "", "missing"),
    ("  ", "", "missing"),
    ("CSQ3054383", "", "not a container number"),
    ("CSQU30543830", "", "not a container number"),
    ("CSQU30543८3", "", "not a container number"),
    ("?" * 300, "", "not a container number"),
])
def test_numbers_as_written(text, number, fault):
    assert read_container(text) == (number, fault)


@pytest.mark.parametrize(("text", "feet"), [
    ("22G1", 20), ("20GP", 20), ("20", 20), ("25R1", 20), ("2210", 20),
    ("42G1", 40), ("45G1", 40), ("45R1", 40), ("40HQ", 40), (" 40HQ ", 40), ("40'hq", 40),
    ("4310", 40), ("40", 40), ("L5G1", 45), ("45HQ", 45), ("45HC", 45), ("45", 45),
    ("45GP", 0), ("53HC", 0), ("", 0), ("2", 0), ("XXXX", 0), ("M5G1", 0), ("40HQ40HQ", 0),
])
def test_size_types(text, feet):
    assert read_size(text) == feet


def test_teu():
    assert [teu(size) for size in (20, 40, 45, 0)] == [1, 2, 2, 0]
