"""What comes to the port, from its log: arrivals, goods, selections, lodging and pickup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calibration.arrivals import fit_arrivals
from calibration.choices import fit_choices
from calibration.dwell import discharge, pickup
from calibration.estimates import Estimate
from calibration.goods import fit_goods
from calibration.lodging import lodging
from calibration.records import Records
from scenarios.load import Loaded
from scenarios.schema.port import CalendarSpec


def fit_traffic(records: Records, base: Loaded, seed: int = 1,
                hours: Mapping[str, Mapping[str, Any]] | None = None) -> list[Estimate]:
    """Estimates of traffic.*, selection.*, and the agencies' depths, boxes_examined and declared.

    base: names agencies and attributes, and gives the hours in which papers are lodged.
    hours: calendars as a scenario file has them, over those of the base (such as fitted ones).

    What a log does not show is left to the base: no estimate of it. Raises InputError for a log
    with fewer than three whole weeks.
    """
    found = fit_arrivals(records, base, seed)
    found += fit_goods(records, base, seed)
    found += fit_choices(records, base, seed)
    found += discharge(records, seed)
    found += lodging(records, base, seed, _lodging_hours(base, hours or {}))
    return found + pickup(records, seed)


def _lodging_hours(base: Loaded, hours: Mapping[str, Mapping[str, Any]]) -> CalendarSpec | None:
    name = base.traffic.lodging.calendar
    if name is None:
        return None
    if name in hours:
        return CalendarSpec.model_validate(dict(hours[name]))
    return base.calendars[name]
