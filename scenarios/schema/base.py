"""What all parts of a scenario share: strict models, shares, rules with conditions, labels."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from scenarios.ids import DEPTHS, check_agency, check_id


class Part(BaseModel):
    """A part of a scenario: frozen, unknown keys refused, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True,
                              allow_inf_nan=False)


def _number(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("must be a plain number without a unit")
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Id = Annotated[str, AfterValidator(check_id)]
AgencyId = Annotated[str, AfterValidator(check_agency)]
Share = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Number = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1e9)]
Positive = Annotated[float, BeforeValidator(_number), Field(gt=0, le=1e9)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Some = Annotated[int, Field(ge=1, le=1_000_000)]


def _words(value: Any) -> Any:
    value = value if isinstance(value, list) else [value]
    return [str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in value]


Words = Annotated[list[str], BeforeValidator(_words), Field(min_length=1)]
When = dict[str, Words]


def check_shares(shares: dict[str, float], what: str = "shares") -> None:
    """Raises ValueError unless the shares sum to 1 (to 1e-6)."""
    total = math.fsum(shares.values())
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{what} must sum to 1; they sum to {total:.6g}")


def check_depths(shares: dict[str, float]) -> dict[str, float]:
    unknown = [depth for depth in shares if depth not in DEPTHS]
    if unknown:
        raise ValueError(f"unknown depth '{unknown[0]}'; allowed: {', '.join(DEPTHS)}")
    return shares


def _depth_shares(shares: dict[str, float]) -> dict[str, float]:
    check_shares(check_depths(shares))
    return shares


DepthShares = Annotated[dict[str, Share], AfterValidator(_depth_shares)]
DepthFractions = Annotated[dict[str, Share], AfterValidator(check_depths)]


class Label(Part):
    """A name for people, in English and Chinese."""

    en: str = Field(max_length=200)
    zh: str = Field(max_length=200)


class Rule(Part):
    """A row of a list of rules: the first row whose `when` fits a consignment counts.

    `when` names attributes and the values that fit; an empty `when` fits everything.
    """

    when: When = Field(default_factory=dict)


def last_fits_all(rules: list[Any]) -> list[Any]:
    """Raises ValueError unless the last rule fits everything, so that no case is left open."""
    if not rules or rules[-1].when:
        raise ValueError("the last rule must have no 'when', so that every case is covered")
    return rules


class Interval(Part):
    """From one date (included) until another (excluded); either may be left out."""

    @model_validator(mode="after")
    def _ordered(self) -> Any:
        start, end = getattr(self, "since", None), getattr(self, "until", None)
        if start and end and start >= end:
            raise ValueError("'since' must lie before 'until'")
        return self
