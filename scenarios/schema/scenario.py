"""The whole scenario: a port under one regime, ready to be simulated."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from scenarios.ids import check_name
from scenarios.schema.base import AgencyId, Id, Label, Number, Part, Share
from scenarios.schema.demand import Recognition, Selection, Traffic
from scenarios.schema.distributions import Time
from scenarios.schema.findings import Findings
from scenarios.schema.money import Costs, SharedCharges, Tariff, Waiver
from scenarios.schema.port import (
    Agency,
    CalendarSpec,
    Date,
    Devanning,
    Joint,
    Layout,
    Matching,
    Move,
    Yard,
    Zone,
)
from scenarios.units import Duration

WEEK = 10080.0


class Regime(Part):
    """How the agencies work together: one value for each lever."""

    declaration: Literal["chained", "parallel", "single"]
    site: Literal["per-agency", "shared"]
    appointment: Literal["per-agency", "single"]
    examination: Literal["serial", "joint"]
    recognition: Literal["off", "on"]
    hours: Literal["own", "aligned"]
    matching: Literal["off", "on"]
    staffing: Literal["divided", "pooled", "restated"]
    officers: Literal[1, 2]
    release: Literal["per-agency", "single"]


LEVERS = tuple(Regime.model_fields)


def _from_log(value: Any) -> Any:
    return None if value == "from-log" else value


class Run(Part):
    """When the study begins, how long it warms up, counts and drains."""

    start: Annotated[Date | None, BeforeValidator(_from_log)]
    time_zone: Zone
    warmup: Duration
    measured: Annotated[Duration | None, BeforeValidator(_from_log)]
    drain: Duration
    study: Literal["terminating", "steady"]

    @model_validator(mode="after")
    def _weeks(self) -> Run:
        for name in ("warmup", "measured"):
            value = getattr(self, name)
            if value is not None and (value % WEEK or value > 520 * WEEK):
                raise ValueError(f"'{name}' must be whole weeks, at most 520")
        if self.measured is not None and self.measured < WEEK:
            raise ValueError("'measured' must be at least 1 week")
        if not WEEK <= self.drain <= 104 * WEEK:
            raise ValueError("'drain' must be 1 to 104 weeks")
        if (self.start is None) != (self.measured is None):
            raise ValueError("'start' and 'measured' are both 'from-log' or both given")
        if self.start is not None and not 1990 <= self.start.year <= 2100:
            raise ValueError("'start' must lie between 1990 and 2100")
        return self


class Primary(Part):
    """A measure on which the comparison gives a verdict, and the margin that matters."""

    measure: str = Field(max_length=120)
    margin: Number | None = None


class Study(Part):
    """Declared before the run: what is decided, and with which confidence."""

    primary: list[Primary] = Field(min_length=1, max_length=8)
    level: Annotated[Share, Field(ge=0.5, lt=1)] = 0.95


class Published(Part):
    """A published change of a measure, printed beside what emerges; never an input."""

    statement: Label
    measure: str = Field(max_length=120)
    relative: float | None = None
    difference: float | None = None

    @model_validator(mode="after")
    def _one(self) -> Published:
        if (self.relative is None) == (self.difference is None):
            raise ValueError("needs either 'relative' or 'difference'")
        return self


class Service(Part):
    """The service level that the port has promised, for the reader of the table."""

    share: Share
    within: Duration


class Single(Part):
    """The single declaration: time to merge the agencies' answers."""

    merge: Time


class Scenario(Part):
    """A port under one regime. Every quantity is in minutes, square metres or the currency."""

    schema_: Literal["onestop.scenario/1"] = Field("onestop.scenario/1", alias="schema")
    kind: Literal["port"] = "port"
    name: Annotated[str, AfterValidator(check_name)]
    title: Label
    description: str = Field("", max_length=20_000)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    run: Run
    regime: Regime
    calendars: dict[Id, CalendarSpec]
    agencies: dict[AgencyId, Agency] = Field(min_length=1, max_length=8)
    order: list[AgencyId]
    single: Single
    layout: Layout
    yard: Yard
    move: Move
    devanning: Devanning
    joint: Joint
    matching: Matching
    traffic: Traffic
    selection: Selection
    recognition: list[Recognition] = []
    findings: Findings | None = None
    tariffs: list[Tariff] = []
    waivers: list[Waiver] = []
    shared_charges: SharedCharges
    costs: Costs
    service: Service
    study: Study
    published: list[Published] = []


class Overlay(Part):
    """A regime alone: levers that any port can be put under."""

    schema_: Literal["onestop.scenario/1"] = Field("onestop.scenario/1", alias="schema")
    kind: Literal["regime"]
    name: Id
    title: Label
    description: str = Field("", max_length=20_000)
    regime: dict[str, Any]
