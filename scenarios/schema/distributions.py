"""Distributions by their usual names, with mean and cv or with their natural parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from scenarios.schema.base import Number, Part, Positive, Share, check_shares
from scenarios.units import Duration, minutes

TimeName = Literal["constant", "uniform", "triangular", "exponential", "gamma", "lognormal",
                   "weibull", "empirical", "mixture"]
FORMS: dict[str, list[set[str]]] = {
    "constant": [{"value"}],
    "uniform": [{"low", "high"}],
    "triangular": [{"low", "mode", "high"}],
    "exponential": [{"mean"}],
    "gamma": [{"mean", "cv"}, {"shape", "scale"}],
    "lognormal": [{"mean", "cv"}, {"median", "sigma"}],
    "weibull": [{"mean", "cv"}, {"shape", "scale"}],
    "empirical": [{"values"}, {"values", "weights"}],
    "mixture": [{"parts"}],
    "geometric": [{"mean"}],
    "poisson": [{"mean"}],
}


class _Distribution(Part):
    """Checks common to both kinds: a known set of parameters, in a legal order."""

    @model_validator(mode="after")
    def _complete(self) -> Any:
        given = {name for name in type(self).model_fields
                 if name not in ("distribution", "shift") and getattr(self, name) is not None}
        name = self.distribution  # type: ignore[attr-defined]
        forms = FORMS[name]
        if given not in forms:
            wanted = " or ".join(" and ".join(sorted(form)) for form in forms)
            raise ValueError(f"{name} takes {wanted}; found {', '.join(sorted(given)) or 'none'}")
        ordered = [getattr(self, key) for key in ("low", "mode", "high") if key in given]
        if ordered != sorted(ordered) or (len(ordered) > 1 and ordered[0] == ordered[-1]):
            raise ValueError(f"{name} needs low <= mode <= high and low < high")
        weights = getattr(self, "weights", None)
        values = getattr(self, "values", None)
        if weights and (len(weights) != len(values or ()) or sum(weights) <= 0):
            raise ValueError("weights must be as many as values, with a positive sum")
        return self


class MixturePart(Part):
    """A share of the durations, distributed by mean and cv."""

    share: Share
    distribution: Literal["gamma", "lognormal", "weibull"]
    mean: Duration
    cv: Annotated[Positive, Field(ge=0.001, le=20)]


class TimeDistribution(_Distribution):
    """A distribution of durations. `12 min` alone stands for a constant.

    `shift` is a least time that is added to what the rest says.
    """

    distribution: TimeName
    value: Duration | None = None
    mean: Duration | None = None
    cv: Annotated[Positive, Field(ge=0.001, le=20)] | None = None
    median: Duration | None = None
    sigma: Annotated[Positive, Field(ge=0.001, le=5)] | None = None
    shape: Annotated[Positive, Field(ge=0.05, le=1e4)] | None = None
    scale: Duration | None = None
    low: Duration | None = None
    mode: Duration | None = None
    high: Duration | None = None
    values: Annotated[list[Duration], Field(min_length=1, max_length=20_000)] | None = None
    weights: list[Number] | None = None
    shift: Duration | None = None
    parts: Annotated[list[MixturePart], Field(min_length=2, max_length=10)] | None = None

    @model_validator(mode="after")
    def _mixed(self) -> TimeDistribution:
        if self.parts is not None:
            check_shares({str(i): part.share for i, part in enumerate(self.parts)}, "parts")
        return self


class CountDistribution(_Distribution):
    """A distribution of whole numbers of 1 or more; poisson is 1 + Poisson(mean - 1)."""

    distribution: Literal["constant", "geometric", "poisson", "empirical"]
    value: Annotated[int, Field(ge=1, le=1000)] | None = None
    mean: Annotated[Positive, Field(ge=1, le=1000)] | None = None
    values: Annotated[list[Annotated[int, Field(ge=1, le=1000)]], Field(min_length=1)] | None = None
    weights: list[Number] | None = None


def _constant_time(value: Any) -> Any:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        minutes(value)
        return {"distribution": "constant", "value": value}
    return value


def _constant_count(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"distribution": "constant", "value": value}
    return value


Time = Annotated[TimeDistribution, BeforeValidator(_constant_time)]
Boxes = Annotated[CountDistribution, BeforeValidator(_constant_count)]
