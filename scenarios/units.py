"""Quantities with units: how they are written in a scenario and what they become.

| written            | becomes                          |
|--------------------|----------------------------------|
| 12 min, 2 h, 1.5 d | minutes (s, min, h, d, weeks)    |
| 11600 m2           | square metres                    |
| 420 CNY            | money in the scenario's currency |
| 60 CNY/h           | money per hour (also /d, /m2/d, /TEU/d) |
| 15:30              | minutes since midnight           |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

MINUTES = {
    "s": Decimal(1) / 60, "min": Decimal(1), "h": Decimal(60), "d": Decimal(1440),
    "week": Decimal(10080), "weeks": Decimal(10080), "day": Decimal(1440), "days": Decimal(1440),
}
MOST_MINUTES = 2 * 10**9
"""Some 3,800 years: sums of such times stay exact on the clock."""
_NUMBER = r"([-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
_QUANTITY = re.compile(rf"\s*{_NUMBER}\s*(\S.*?)?\s*\Z")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})\Z")
_MONEY = re.compile(r"([A-Z]{3})(/h|/d|/m2/d|/TEU/d)?\Z")


def split_quantity(value: Any, example: str) -> tuple[Decimal, str]:
    """'12 min' -> (12, 'min'). Raises ValueError for a number without a unit, with an example."""
    if isinstance(value, bool) or value is None:
        raise ValueError(f"needs a number with a unit, for example '{example}'")
    if isinstance(value, int | float):
        raise ValueError(f"needs a unit, for example '{example}'")
    match = _QUANTITY.match(value) if isinstance(value, str) and len(value) < 80 else None
    if not match:
        raise ValueError(f"is not a number with a unit, for example '{example}'")
    try:
        number = Decimal(match[1])
    except InvalidOperation:
        raise ValueError("is not a number") from None
    if not match[2]:
        raise ValueError(f"needs a unit, for example '{example}'")
    if number.copy_abs() > Decimal(10) ** 12:
        raise ValueError("is too large")
    return number, match[2]


def minutes(value: Any) -> float:
    """A duration in minutes, zero or more."""
    number, unit = split_quantity(value, "12 min")
    if unit not in MINUTES:
        raise ValueError(f"unknown unit of time '{unit}'; allowed: {', '.join(MINUTES)}")
    if number < 0:
        raise ValueError("must not be negative")
    if number * MINUTES[unit] > MOST_MINUTES:
        raise ValueError(f"is too large; at most {MOST_MINUTES} min")
    return float(number * MINUTES[unit])


def square_metres(value: Any) -> float:
    """An area in square metres, zero or more."""
    number, unit = split_quantity(value, "11600 m2")
    if unit not in ("m2", "m²"):
        raise ValueError(f"unknown unit of area '{unit}'; allowed: m2")
    if number < 0:
        raise ValueError("must not be negative")
    return float(number)


class Money(float):
    """An amount that remembers its currency, so that the scenario can check it."""

    currency: str

    def __new__(cls, amount: float, currency: str) -> Money:
        money = super().__new__(cls, amount)
        money.currency = currency
        return money

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]
        return float(self), self.currency


def _money(per: str, example: str) -> Callable[[Any], Money]:
    def parse(value: Any) -> Money:
        if isinstance(value, Money):
            return value
        number, unit = split_quantity(value, example)
        match = _MONEY.match(unit.replace(" ", "").replace("m²", "m2"))
        if not match or (match[2] or "") != per:
            raise ValueError(f"needs a currency{' and ' + per if per else ''}, "
                             f"for example '{example}'")
        if number < 0:
            raise ValueError("must not be negative")
        return Money(float(number), match[1])

    return parse


def clock(value: Any) -> int:
    """'15:30' -> minutes since midnight (24:00 is allowed as an end)."""
    match = _CLOCK.match(value) if isinstance(value, str) else None
    if not match or int(match[1]) * 60 + int(match[2]) > 1440 or int(match[2]) > 59:
        raise ValueError("is not a time of day, for example '15:30'")
    return int(match[1]) * 60 + int(match[2])


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


def _quantity(parse: Callable[[Any], Any], unit: str, example: str) -> Any:
    pattern = rf"^\s*[-+0-9.eE]+\s*({unit})\s*$"
    return Annotated[float, BeforeValidator(parse), _text(pattern, example)]


Duration = _quantity(minutes, "s|min|h|d|day|days|week|weeks", "12 min")
Area = _quantity(square_metres, "m2|m²", "11600 m2")
Clock = Annotated[int, BeforeValidator(clock), _text(r"^[0-9]{1,2}:[0-9]{2}$", "15:30")]


def _price(per: str, example: str) -> Any:
    pattern = rf"^\s*[0-9.]+\s*[A-Z]{{3}}\s*{per}\s*$"
    return Annotated[Any, BeforeValidator(_money(per, example)), _text(pattern, example)]


Price = _price("", "420 CNY")
PricePerHour = _price("/h", "60 CNY/h")
PricePerAreaDay = _price("/m2/d", "0.5 CNY/m2/d")
PricePerTeuDay = _price("/TEU/d", "20 CNY/TEU/d")
