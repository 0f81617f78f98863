"""Findings: what may be wrong with the goods in a box, who finds it, and what then follows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from scenarios.ids import DEPTHS
from scenarios.schema.base import (
    AgencyId,
    DepthFractions,
    Part,
    Positive,
    Rule,
    Share,
    Some,
    last_fits_all,
)
from scenarios.schema.distributions import Time

Element = Literal["name", "quantity", "weight", "origin", "intellectual-property", "pest", "label"]
Consequence = Literal["deeper", "correction", "laboratory", "treatment", "detention"]
Proper = Annotated[Share, Field(gt=0, lt=1)]


class Rate(Rule):
    """The share of boxes that are irregular in this element, for the consignments that fit."""

    share: Share


class Spread(Part):
    """How an irregularity lies among the units (cartons, bags) of a box that has it.

    The irregular share of the units is beta with this mean and cv, at least one unit. `even`:
    anywhere in the box; `stretch`: side by side, beginning anywhere between door and far end.
    """

    units: Annotated[Some, Field(le=100_000)]
    mean: Proper
    cv: Annotated[Positive, Field(ge=0.01, le=10)]
    arrangement: Literal["even", "stretch"]

    @model_validator(mode="after")
    def _beta(self) -> Spread:
        if self.cv**2 >= (1 - self.mean) / self.mean:
            raise ValueError("a share cannot vary so much; cv must be below "
                             f"{((1 - self.mean) / self.mean) ** 0.5:.3g} for this mean")
        return self


class ToFind(Part):
    """A sample large enough to find this share of irregular units with this probability."""

    share: Proper
    probability: Proper


class Sample(Part):
    """How many units of a full box are looked at; of less than a full box in proportion."""

    units: Some | None = None
    share: Annotated[Share, Field(gt=0)] | None = None
    to_find: ToFind | None = None

    @model_validator(mode="after")
    def _one(self) -> Sample:
        if sum(v is not None for v in (self.units, self.share, self.to_find)) != 1:
            raise ValueError("needs exactly one of 'units', 'share' and 'to_find'")
        return self


class Detection(Part):
    """How well an agency's examination finds an irregularity.

    Either its probability by depth, or a sample of units and the probability (`sensitivity`) that
    an irregular unit is recognised when it is looked at.
    """

    by_depth: DepthFractions | None = None
    sample: Sample | None = None
    sensitivity: Share | None = None

    @model_validator(mode="after")
    def _one(self) -> Detection:
        given = (self.by_depth is not None, self.sample is not None, self.sensitivity is not None)
        if given not in ((True, False, False), (False, True, True)):
            raise ValueError("needs either 'by_depth', or 'sample' with 'sensitivity'")
        found = [self.by_depth[depth] for depth in DEPTHS if depth in (self.by_depth or {})
                 ] if self.by_depth else []
        if found != sorted(found):
            raise ValueError("a deeper examination cannot find less; 'by_depth' must not fall")
        return self


class Irregularity(Part):
    """One element: the agency whose law it breaks, its rates, who finds it, what follows.

    whole: share of consignments whose boxes are all alike in this, irregular or not; in the
    others each box has its own lot.
    """

    of: AgencyId
    rates: Annotated[list[Rate], AfterValidator(last_fits_all)]
    whole: Share = 0.0
    spread: Spread | None = None
    found_by: dict[AgencyId, Detection] = Field(min_length=1)
    follows: list[Consequence]

    @model_validator(mode="after")
    def _units(self) -> Irregularity:
        if self.spread is None and any(d.sample for d in self.found_by.values()):
            raise ValueError("a 'sample' needs 'spread': how the irregular units lie in the box")
        if len(set(self.follows)) < len(self.follows):
            raise ValueError("names a consequence twice in 'follows'")
        return self


class Notice(Part):
    """An agency that finds what breaks another's law tells it, with a share by the lever
    `matching`; a clerk writes the notice. What a recognition rule covers is always told."""

    share: dict[Literal["off", "on"], Share]
    duration: Time

    @model_validator(mode="after")
    def _both(self) -> Notice:
        if set(self.share) != {"off", "on"}:
            raise ValueError("'share' needs a value for 'off' and one for 'on'")
        return self


class Findings(Part):
    """Irregularities by element, drawn once and the same under every regime.

    correction: the agency's clerk amends the papers. treatment: the box waits in the yard.
    detention: the consignment waits. deeper: the rest of the box is devanned and looked at.
    laboratory: as the agency's own samples.
    """

    elements: dict[Element, Irregularity] = Field(min_length=1)
    notice: Notice
    correction: Time
    treatment: Time
    detention: Time

    @property
    def by_element(self) -> dict[str, Irregularity]:
        """The elements by their names."""
        return {str(name): element for name, element in self.elements.items()}
