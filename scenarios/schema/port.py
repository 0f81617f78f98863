"""The port: calendars, agencies, yards and staff, and how they are laid out under each regime."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from scenarios.schema.base import (
    AgencyId,
    Count,
    DepthFractions,
    DepthShares,
    Id,
    Label,
    Number,
    Part,
    Positive,
    Rule,
    Share,
    Some,
    When,
    last_fits_all,
)
from scenarios.schema.distributions import Time
from scenarios.units import Area, Clock, Duration, clock

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_days(text: str) -> list[int]:
    """'mon-fri' or 'sat' or 'mon,wed' -> weekday numbers, Monday = 0."""
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"'{text}' names no weekday; allowed: {', '.join(DAYS)}, mon-fri")
        low, high = DAYS.index(first), DAYS.index(last or first)
        if high < low:
            raise ValueError(f"'{text}' runs backwards")
        days += range(low, high + 1)
    return days


def parse_window(text: Any) -> tuple[int, int]:
    """'08:30-12:00' -> (510, 720), minutes since midnight."""
    match = re.match(r"(.+)-(.+)\Z", text) if isinstance(text, str) else None
    if not match:
        raise ValueError("is not a window, for example '08:30-12:00'")
    start, end = clock(match[1].strip()), clock(match[2].strip())
    if end <= start:
        raise ValueError(f"window '{text}' ends before it begins; split it at midnight")
    return start, end


def _date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise ValueError("is not a date, for example '2015-10-01'") from None
    return value


Date = Annotated[datetime.date, BeforeValidator(_date)]


def _country(value: str) -> str:
    from importlib.util import find_spec

    if find_spec("holidays") is None:  # pragma: no cover - a broken installation
        return value
    import holidays

    if value not in holidays.list_supported_countries(include_aliases=False):
        raise ValueError("unknown country code, for example 'CN'")
    return value


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("unknown time zone, for example 'Asia/Shanghai'") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class CalendarSpec(Part):
    """Weekly windows, a country's public holidays with its make-up working days, own dates."""

    weekly: dict[str, list[str]] = Field(min_length=1)
    holidays: Annotated[str, AfterValidator(_country)] | None = None
    makeup_as: Literal["mon", "tue", "wed", "thu", "fri"] = "mon"
    closed: list[Date] = []
    open: dict[str, list[str]] = {}
    shift_end: Literal["suspend", "finish", "hand-over"]
    handover: Duration = 0.0
    time_zone: Zone | None = None

    @model_validator(mode="after")
    def _windows(self) -> CalendarSpec:
        week: dict[int, list[tuple[int, int]]] = {}
        for days, windows in self.weekly.items():
            for day in parse_days(days):
                week.setdefault(day, []).extend(parse_window(window) for window in windows)
        for day, spans in week.items():
            spans.sort()
            if any(a[1] > b[0] for a, b in zip(spans, spans[1:], strict=False)):
                raise ValueError(f"windows overlap on {DAYS[day]}")
        for date, windows in self.open.items():
            _date(date)
            spans = sorted(parse_window(window) for window in windows)
            if any(a[1] > b[0] for a, b in zip(spans, spans[1:], strict=False)):
                raise ValueError(f"windows overlap on {date}")
        if not any(week.values()) and not any(self.open.values()):
            raise ValueError("the calendar never opens")
        if self.handover and self.shift_end != "hand-over":
            raise ValueError("'handover' goes with 'shift_end: hand-over' only")
        return self


class ExamTime(Part):
    """Mean examination = fixed + by_depth x fraction devanned; lognormal with `cv`."""

    fixed: Duration
    by_depth: Duration
    cv: Annotated[Positive, Field(le=5)]


class Clerical(Part):
    """Acts by hand before a release (checking, sealing, stamping) and the time of each."""

    acts: Count
    time: Duration


class Laboratory(Part):
    """A sample goes to a laboratory after the examination; working time of the agency."""

    share: Share
    duration: Time


class Agency(Part):
    """An authority that may select and examine."""

    label: Label
    calendar: Id
    fields: dict[Id, Count] = Field(min_length=1)
    declared: When = Field(default_factory=dict)
    papers: Time
    clearance_form: Time
    release: Time
    clerical: Clerical
    exam: ExamTime
    officers: Some
    depths: DepthShares
    boxes_examined: Share
    closing: Literal["clerks", "apart"] = "clerks"
    laboratory: Laboratory | None = None


class Site(Part):
    """A yard: its area, the fixed part of it, its places, its daily appointments."""

    agencies: list[AgencyId] = Field(min_length=1)
    area: Area
    fixed: Area
    slots: Some
    buffer: Some
    appointments_per_day: Some


class SiteChange(Part):
    """What restated staffing changes in the shared yard."""

    slots: Some | None = None
    buffer: Some | None = None
    appointments_per_day: Some | None = None


class SeparateLayout(Part):
    """Staff and yards before the reform."""

    sites: dict[Id, Site] = Field(min_length=1)
    gangs: dict[AgencyId, Some]
    gang_calendar: Id
    officers: dict[AgencyId, Some]
    clerks: dict[AgencyId, Some]
    tractors: Some


class SharedLayout(Part):
    """The shared yard, the officers rostered to joint sessions, and the aligned hours."""

    sites: dict[Id, Site] = Field(min_length=1, max_length=1)
    joint_officers: dict[AgencyId, Some]
    hours: Id


class RestatedLayout(Part):
    """The port's own figures for the shared yard; what is left out stays as it was."""

    gangs: Some | None = None
    officers: dict[AgencyId, Some] | None = None
    joint_officers: dict[AgencyId, Some] | None = None
    clerks: dict[AgencyId, Some] | None = None
    tractors: Some | None = None
    sites: dict[Id, SiteChange] = {}


class Layout(Part):
    separate: SeparateLayout
    shared: SharedLayout | None = None
    restated: RestatedLayout | None = None


class Yard(Part):
    """Unit areas, where a box waits after its examination, how many labourers make a gang."""

    slot: Area
    buffer: Area
    gang_size: Some
    return_place: Literal["kept", "from-slot"]
    area_quantile: Annotated[Share, Field(gt=0.5, lt=1)]


class Move(Part):
    """Box moves between stack and yard: duration, evening windows, cut-off of appointments."""

    duration: Time
    in_window: Id
    back_window: Id
    cutoff: Clock


class DevanRule(Rule):
    duration: Time


class Devanning(Part):
    """Time to devan a box in full by its size, the fraction by depth, restuffing as a factor."""

    full: Annotated[list[DevanRule], AfterValidator(last_fits_all)]
    by_depth: DepthFractions
    restuff: Annotated[Number, Field(le=10)]


class Joint(Part):
    """Joint examinations: time beyond the longer of the two, how the officers are called."""

    extra: Duration
    call: Literal["session", "chain", "atomic"]


class Matching(Part):
    """Share of double selections found in time, and of clerical acts that matching saves."""

    found: dict[Literal["off", "on"], Share]
    acts_saved: Share

    @model_validator(mode="after")
    def _both(self) -> Matching:
        if set(self.found) != {"off", "on"}:
            raise ValueError("'found' needs a share for 'off' and one for 'on'")
        return self
