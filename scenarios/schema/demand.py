"""What comes to the port: traffic (drawn or from a log), selection, recognition rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from scenarios.schema.base import (
    AgencyId,
    Id,
    Number,
    Part,
    Positive,
    Rule,
    Share,
    check_shares,
    last_fits_all,
)
from scenarios.schema.distributions import Boxes, Time
from scenarios.schema.findings import Element


class Attribute(Part):
    """A property of a consignment's goods or trader, drawn by shares.

    With `given`, the shares depend on another attribute: `table` holds a row for each value of it.
    """

    shares: dict[str, Share] | None = None
    given: str | None = None
    table: dict[str, dict[str, Share]] | None = None

    @model_validator(mode="after")
    def _shares(self) -> Attribute:
        if (self.shares is None) == (self.table is None) or (self.given is None) != (
                self.table is None):
            raise ValueError("needs either 'shares', or 'given' with 'table'")
        for name, row in ({"shares": self.shares} if self.shares is not None
                          else self.table or {}).items():
            check_shares(row or {}, name)
        return self


class BoxRule(Rule):
    number: Boxes


class Calls(Part):
    """Vessel calls: how many a week, how uneven, on which weekdays and at which hours."""

    per_week: Positive
    week_cv: Annotated[Number, Field(le=5)] = 0.0
    of: Literal["arrival", "discharge"] = "arrival"
    spread: Time | None = None
    size_cv: Annotated[Number, Field(le=5)]
    weekday: list[Share] = Field(min_length=7, max_length=7)
    hour: list[Share] = Field(min_length=24, max_length=24)

    @model_validator(mode="after")
    def _profiles(self) -> Calls:
        for name in ("weekday", "hour"):
            check_shares({str(i): v for i, v in enumerate(getattr(self, name))}, name)
        return self


class Lodging(Part):
    """When papers are lodged: a share before arrival, the rest after discharge."""

    before_arrival: Share
    lead: Time
    delay: Time
    calendar: Id | None = None


class Traffic(Part):
    """Consignments a week, their boxes and attributes; or a trace of the port's own log."""

    log: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    encoding: str | None = None
    calls: Calls
    consignments_per_week: Positive
    attributes: dict[Id, Attribute] = Field(max_length=100)
    boxes: Annotated[list[BoxRule], AfterValidator(last_fits_all)]
    sizes: dict[Literal["20", "40", "45"], Share]
    reefer: Share
    discharge: Time
    lodging: Lodging
    pickup: Time

    @model_validator(mode="after")
    def _sizes(self) -> Traffic:
        check_shares(self.sizes, "sizes")  # type: ignore[arg-type]
        if self.log and not self.columns:
            raise ValueError("a log needs 'columns': which header holds which field")
        return self


class SelectionRule(Rule):
    """Either the shares of the groups (`a`, `b`, `a+b`, `none`), which sum to 1, or each
    agency's probability with the correlation of a Gaussian copula."""

    shares: dict[str, Share] | None = None
    probability: dict[AgencyId, Share] | None = None
    correlation: Annotated[Number, Field(lt=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> SelectionRule:
        if (self.shares is None) == (self.probability is None):
            raise ValueError("needs either 'shares' or 'probability'")
        if self.shares is not None:
            check_shares(self.shares)
        if self.correlation is not None and self.probability is None:
            raise ValueError("'correlation' goes with 'probability'")
        return self


class Selection(Part):
    """Which agencies select a consignment, by its attributes."""

    simulate: Literal["selected", "all"]
    rules: Annotated[list[SelectionRule], AfterValidator(last_fits_all)]


class Recognition(Rule):
    """One rule: `by` accepts named elements of `of`'s result for the consignments that fit.

    accepted + in_part + refused = 1. Accepted: `by` does not examine. In part: `by` checks the
    other elements at the open box, without devanning. Refused: `by` examines on its own.
    """

    name: Id
    by: AgencyId
    of: AgencyId
    elements: list[Element] = Field(min_length=1)
    accepted: Share
    in_part: Share
    refused: Share
    check: Time

    @model_validator(mode="after")
    def _outcomes(self) -> Recognition:
        check_shares({"accepted": self.accepted, "in_part": self.in_part,
                      "refused": self.refused}, "accepted + in_part + refused")
        if self.by == self.of:
            raise ValueError("an agency cannot recognise itself")
        return self
