"""Quantities: what is written becomes minutes, square metres, money; all else is refused."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from scenarios.units import Money, Price, PricePerAreaDay, clock, minutes, square_metres


@pytest.mark.parametrize(("written", "expected"), [
    ("12 min", 12), ("90 s", 1.5), ("0.1 h", 6), ("1.5 d", 2160), ("4 weeks", 40320),
    ("1 week", 10080), ("2days", 2880), ("  3 h ", 180), ("1e2 min", 100), ("0 min", 0),
    ("0.3 h", 18),
])
def test_durations(written: str, expected: float) -> None:
    assert minutes(written) == expected


@pytest.mark.parametrize("written", [
    "12", 12, 0.5, True, None, "min", "12 minutes", "-1 min", "1 2 min", "1e999999999 min",
    "1e13 min", "nan min", "inf min", "0x10 min", "1_000 min", "１２ min", [], "9" * 100 + " min",
])
def test_what_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError):
        minutes(written)


def test_areas() -> None:
    assert square_metres("11600 m2") == square_metres("11600 m²") == 11600
    with pytest.raises(ValueError, match="allowed: m2"):
        square_metres("1 ha")


def test_times_of_day() -> None:
    assert [clock(text) for text in ("00:00", "8:30", "15:30", "24:00")] == [0, 510, 930, 1440]
    for text in ("24:01", "12:60", "12", "-1:00", 930, "12:00 "):
        with pytest.raises(ValueError):
            clock(text)


def test_money_remembers_its_currency() -> None:
    price = TypeAdapter(Price).validate_python("420 CNY")
    assert isinstance(price, Money) and (price, price.currency) == (420.0, "CNY")
    assert TypeAdapter(PricePerAreaDay).validate_python("0.5 CNY / m² / d") == 0.5


@pytest.mark.parametrize("written", ["420", 420, "420 cny", "420 CNY/h", "-1 CNY", "CNY", None])
def test_what_is_no_price(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Price).validate_python(written)
