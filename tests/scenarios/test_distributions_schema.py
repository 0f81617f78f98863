"""Distributions as they are written: by mean and cv, by natural parameters, or as one value."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from scenarios.schema.distributions import FORMS, Boxes, Time


class Model(BaseModel):
    time: Time | None = None
    boxes: Boxes | None = None


@pytest.mark.parametrize("written", [
    "12 min",
    {"distribution": "constant", "value": "12 min"},
    {"distribution": "uniform", "low": "1 min", "high": "2 min"},
    {"distribution": "triangular", "low": "1 min", "mode": "1 min", "high": "2 min"},
    {"distribution": "exponential", "mean": "1 h"},
    {"distribution": "gamma", "mean": "1 h", "cv": 0.5},
    {"distribution": "gamma", "shape": 2, "scale": "1 h"},
    {"distribution": "lognormal", "mean": "1 h", "cv": 0.5},
    {"distribution": "lognormal", "median": "1 h", "sigma": 0.5},
    {"distribution": "weibull", "mean": "1 h", "cv": 0.5},
    {"distribution": "weibull", "shape": 2, "scale": "1 h"},
    {"distribution": "empirical", "values": ["1 h", "30 min"]},
    {"distribution": "empirical", "values": ["1 h", "30 min"], "weights": [1, 3]},
    {"distribution": "gamma", "mean": "1 h", "cv": 0.5, "shift": "10 min"},
    {"distribution": "mixture", "parts": [
        {"share": 0.7, "distribution": "lognormal", "mean": "1 h", "cv": 0.5},
        {"share": 0.3, "distribution": "lognormal", "mean": "9 h", "cv": 0.5}]},
])
def test_accepted_times(written: object) -> None:
    time = Model.model_validate({"time": written}).time
    assert time is not None and time.distribution in FORMS


def test_one_value_is_a_constant() -> None:
    model = Model.model_validate({"time": "12 min", "boxes": 3})
    assert model.time is not None and model.boxes is not None
    assert (model.time.distribution, model.time.value) == ("constant", 12.0)
    assert (model.boxes.distribution, model.boxes.value) == ("constant", 3)


@pytest.mark.parametrize(("written", "message"), [
    (12, "needs a unit"),
    (12.5, "needs a unit"),
    ("12", "needs a unit"),
    ({"distribution": "constant", "value": 12.5}, "needs a unit"),
    ({"distribution": "normal", "mean": "1 h"}, "Input should be"),
    ({"distribution": "gamma", "mean": "1 h"}, "gamma takes cv and mean or scale and shape"),
    ({"distribution": "gamma", "mean": "1 h", "cv": 1, "shape": 2}, "found cv, mean, shape"),
    ({"distribution": "gamma", "mean": "1 h", "cv": 0}, "greater than"),
    ({"distribution": "gamma", "mean": "1 h", "cv": 1e-6}, "greater than or equal to 0.001"),
    ({"distribution": "gamma", "mean": "1 h", "cv": "50 %"}, "plain number"),
    ({"distribution": "uniform", "low": "2 h", "high": "1 h"}, "low < high"),
    ({"distribution": "uniform", "low": "1 h", "high": "1 h"}, "low < high"),
    ({"distribution": "triangular", "low": "1 h", "mode": "3 h", "high": "2 h"}, "low <= mode"),
    ({"distribution": "empirical", "values": []}, "at least 1"),
    ({"distribution": "empirical", "values": ["1 h"], "weights": [1, 2]}, "as many as values"),
    ({"distribution": "empirical", "values": ["1 h"], "weights": [0]}, "positive sum"),
    ({"mean": "1 h"}, "Field required"),
    ({"distribution": "mixture"}, "mixture takes parts"),
    ({"distribution": "mixture", "parts": [
        {"share": 0.7, "distribution": "gamma", "mean": "1 h", "cv": 0.5},
        {"share": 0.2, "distribution": "gamma", "mean": "9 h", "cv": 0.5}]}, "parts must sum to 1"),
])
def test_refused_times(written: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Model.model_validate({"time": written})


@pytest.mark.parametrize("written", [
    0, -1, 1.5, "3", {"distribution": "geometric", "mean": 0.5}, {"distribution": "gamma",
                                                                 "mean": 2, "cv": 1},
    {"distribution": "empirical", "values": [0, 1]}, {"distribution": "constant", "value": 1001},
])
def test_refused_counts(written: object) -> None:
    with pytest.raises(ValidationError):
        Model.model_validate({"boxes": written})
