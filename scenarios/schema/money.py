"""Who pays what: tariffs with payer and validity dates, waivers, costs of the resources."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.schema.base import AgencyId, Id, Interval, Part, When
from scenarios.schema.port import Date
from scenarios.units import Duration, Price, PricePerAreaDay, PricePerHour, PricePerTeuDay

Charge = Literal["move", "devanning", "treatment", "storage", "demurrage", "reefer", "agent",
                 "declaration"]


class Step(Part):
    """From this day of the clock on, the price of a day, by box size."""

    from_day: int = Field(ge=0, le=3650)
    prices: dict[Literal["20", "40", "45"], Price]


class Tariff(Interval):
    """A charge that one party pays another.

    move: a round trip, by size. devanning: by depth and size. treatment: by size. storage,
    demurrage, reefer: by the day, in steps. agent: per visit. declaration: per form.
    """

    charge: Charge
    payer: Id
    payee: Id
    when: When = Field(default_factory=dict)
    prices: dict[Literal["20", "40", "45"], Price] | None = None
    by_depth: dict[str, dict[Literal["20", "40", "45"], Price]] | None = None
    steps: Annotated[list[Step], Field(min_length=1)] | None = None
    price: Price | None = None
    since: Date | None = None
    until: Date | None = None

    @model_validator(mode="after")
    def _form(self) -> Tariff:
        wanted = {"move": "prices", "devanning": "by_depth", "treatment": "prices",
                  "agent": "price", "declaration": "price"}.get(self.charge, "steps")
        given = [name for name in ("prices", "by_depth", "steps", "price")
                 if getattr(self, name) is not None]
        if given != [wanted]:
            raise ValueError(f"a '{self.charge}' tariff needs '{wanted}' and no other prices")
        if self.steps is not None and [s.from_day for s in self.steps] != sorted(
                {s.from_day for s in self.steps}):
            raise ValueError("steps must rise in 'from_day'")
        return self


class Waiver(Interval):
    """Charges of one agency's examinations that another party pays, from a date on."""

    agency: AgencyId
    charges: list[Literal["move", "devanning"]] = Field(min_length=1)
    payer: Id
    since: Date | None = None
    until: Date | None = None


class SharedCharges(Part):
    """Which agency a shared move or devanning is booked to."""

    move: Literal["cheaper", "deeper", "split", "by-agency"]
    devanning: Literal["cheaper", "deeper", "split", "by-agency"]
    agency: AgencyId


class Costs(Part):
    """What the resources cost to those who provide them."""

    officer: PricePerHour
    clerk: PricePerHour
    labourer: PricePerHour
    forklift: PricePerHour
    tractor: PricePerHour
    yard: PricePerAreaDay
    field_time: Duration
    trader_clerk: PricePerHour
    agent_time: Duration
    goods_time: PricePerTeuDay
