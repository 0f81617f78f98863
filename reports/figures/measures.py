"""What measures, units, goods, levers and inputs are called in a figure."""

from __future__ import annotations

from reports.figures.words import say
from reports.inputs import input_name
from reports.stored import Stored
from reports.style import Style
from scenarios.words import currency_name, site_name

NAME = 46


def goods(stored: Stored, style: Style, group: str) -> str:
    """The goods of a group, within a sentence."""
    if f"goods.{group}" in say:
        return say(style.lang, f"goods.{group}")
    return say(style.lang, "goods of", agency=agency(stored, style, group))


def agency(stored: Stored, style: Style, name: str) -> str:
    """An agency's label, or its name."""
    return style.clean(stored.agency_label(name, style.lang) or name, 30)


def measure_label(stored: Stored, style: Style, measure: str) -> str:
    """A measure in words; its own name where there are none."""
    parts = measure.split(".")
    if len(parts) == 4:
        what, which, group, statistic = parts
        for key in (f"{what}.{which}.{statistic}", f"{what}.*.{statistic}"):
            if f"measure.{key}" in say and (name := _which(stored, style, what, which)):
                return say(
                    style.lang, f"measure.{key}", which=name, goods=goods(stored, style, group)
                )
    key = f"measure.{measure}"
    return say(style.lang, key) if key in say else style.clean(measure)


def _which(stored: Stored, style: Style, what: str, which: str) -> str:
    key = {"cost": "party", "labour": "labour"}.get(what)
    if key is None:
        return which
    if f"{key}.{which}" in say:
        return say(style.lang, f"{key}.{which}")
    return agency(stored, style, which)


def unit_label(style: Style, unit: str) -> str:
    """A unit in words; none for a share."""
    if unit == "1":
        return ""
    if f"unit.{unit}" in say:
        return say(style.lang, f"unit.{unit}")
    if unit.endswith("/TEU"):
        currency = currency_name(style.lang, unit[:-4])
        return say(style.lang, "unit.per teu", currency=style.clean(currency, 16))
    return style.clean(unit, 24)


def lever_label(style: Style, levers: tuple[str, ...]) -> str:
    """The levers of one step."""
    names = [
        say(style.lang, f"lever.{lever}") if f"lever.{lever}" in say else style.clean(lever, 30)
        for lever in levers
    ]
    return style.clean(" + ".join(names), NAME)


def lever_change(
    stored: Stored, style: Style, levers: tuple[str, ...], base: str, reform: str
) -> str:
    """From which value to which the levers go; no text where the scenarios are not stored."""
    texts = []
    for lever in levers:
        ends = []
        for name in (base, reform):
            described = stored.described.get(name)
            ends.append(None if described is None else getattr(described.regime, lever, None))
        if all(end is not None for end in ends):
            first, last = (_choice(style, end) for end in ends)
            texts.append(f"{first} → {last}")
    return style.clean("; ".join(texts), NAME) if texts else ""


def _choice(style: Style, value: object) -> str:
    key = f"choice.{value}"
    return say(style.lang, key) if key in say else style.clean(value, 24)


def input_label(stored: Stored, style: Style, key: str) -> str:
    """An input of a scenario file in words; its key where there are none."""
    found = input_name(style.lang, key, lambda name: agency(stored, style, name),
                       lambda name: style.clean(site_name(style.lang, name), 30))
    return found or style.clean(key, NAME)
