"""A port whose traffic is known is found again from its log, with intervals that hold."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from calibration.estimates import Estimate, numbers_of
from calibration.traffic import fit_traffic
from scenarios.load import Loaded
from tests.calibration.simulated_traffic import port, records_of

TRUE: dict[str, Any] = {
    "traffic.calls.per_week": 45,
    "traffic.calls.size_cv": 0.7,
    "traffic.calls.weekday": [0.22, 0.18, 0.17, 0.16, 0.13, 0.05, 0.09],
    "traffic.consignments_per_week": 180,
    "traffic.attributes.risk": {"shares": {"low": 0.8, "high": 0.2}},
    "traffic.attributes.goods": {"shares": {"general": 0.85, "listed": 0.15}},
    "traffic.boxes": [
        {"when": {"goods": ["listed"]}, "number": {"distribution": "geometric", "mean": 3.5}},
        {"number": {"distribution": "geometric", "mean": 1.7}}],
    "traffic.sizes": {"20": 0.4, "40": 0.6},
    "traffic.discharge": {"distribution": "gamma", "mean": "8 h", "cv": 0.7},
    "traffic.lodging.before_arrival": 0.2,
    "traffic.lodging.lead": {"distribution": "lognormal", "mean": "15 h", "cv": 0.6},
    "traffic.lodging.delay": {"distribution": "lognormal", "mean": "16 h", "cv": 1.1},
    "traffic.pickup": {"distribution": "weibull", "mean": "14 h", "cv": 0.8},
    "selection.rules": [
        {"when": {"risk": ["high"]}, "shares": {"none": 0.3, "customs": 0.4, "quarantine": 0.1,
                                                "quarantine+customs": 0.2}},
        {"shares": {"none": 0.75, "customs": 0.05, "quarantine": 0.15,
                    "quarantine+customs": 0.05}}],
    "agencies.quarantine.depths": {"door": 0.2, "one-third": 0.4, "half": 0.1, "full": 0.3},
    "agencies.customs.depths": {"door": 0.5, "one-third": 0.2, "half": 0.2, "full": 0.1},
    "agencies.quarantine.boxes_examined": 0.6,
}

KINDS = {
    "rates": ("traffic.calls.per_week", "traffic.calls.size_cv", "traffic.consignments_per_week"),
    "profiles": ("traffic.calls.weekday",),
    "goods": ("traffic.attributes.", "traffic.boxes", "traffic.sizes"),
    "choices": ("selection.rules", "agencies."),
    "discharge and pickup": ("traffic.discharge", "traffic.pickup"),
    "lodging": ("traffic.lodging.",)}


def known_port() -> Loaded:
    return port(*(f"{key}={_flow(value)}" for key, value in TRUE.items()))


def _flow(value: Any) -> str:
    """YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}": {_flow(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    return str(value)


def compare(estimates: list[Estimate]) -> dict[str, list[tuple[str, bool, bool]]]:
    """kind -> (path, whether the interval holds the truth, whether the value is near it) of every
    number whose truth is stated."""
    found: dict[str, list[tuple[str, bool, bool]]] = defaultdict(list)
    for estimate in estimates:
        if estimate.key not in TRUE:
            continue
        kind = next(k for k, keys in KINDS.items() if estimate.key.startswith(keys))
        truth = dict(numbers_of(TRUE[estimate.key]))
        intervals = estimate.intervals()
        # Another form than the true one cannot hold it.
        alike = set(intervals) == set(truth) and _names(estimate.value) == _names(
            TRUE[estimate.key])
        for path, true in truth.items():
            value, low, high = intervals.get(path, (np.nan, np.nan, np.nan))
            near = abs(value - true) <= max(0.05 * true, 2.0 * (high - low) / 3.29)
            found[kind].append((f"{estimate.key}:{path}", alike and low <= true <= high,
                                alike and near))
    return found


def _names(value: Any) -> Any:
    """A value without its numbers."""
    if isinstance(value, dict):
        return {k: _names(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_names(v) for v in value]
    numbers = list(numbers_of(value))
    return None if numbers else value


def test_a_known_port_is_found_again() -> None:
    scenario = known_port()
    held: dict[str, list[bool]] = defaultdict(list)
    near: list[bool] = []
    for seed in (1, 2, 3):
        estimates = fit_traffic(records_of(scenario, seed), scenario)
        values = {e.key: e.value for e in estimates}
        assert values["selection.simulate"] == "all"
        assert values["traffic.calls.of"] == "arrival"
        assert values["agencies.customs.declared"] == {}
        assert values["agencies.quarantine.declared"] == {"licensed": ["yes"]}
        for kind, rows in compare(estimates).items():
            held[kind] += [inside for _, inside, _ in rows]
            near += [close for *_, close in rows]
    assert set(held) == set(KINDS)
    assert np.mean([inside for rows in held.values() for inside in rows]) > 0.8
    assert np.mean(near) > 0.9


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say() -> None:
    """Of 50 logs of half a year, 90 % intervals hold 80 to 97 % of the numbers of each kind."""
    scenario = known_port()
    held: dict[str, list[bool]] = defaultdict(list)
    near: dict[str, list[bool]] = defaultdict(list)
    for seed in range(100, 150):
        for kind, rows in compare(fit_traffic(records_of(scenario, seed), scenario)).items():
            held[kind] += [inside for _, inside, _ in rows]
            near[kind] += [close for *_, close in rows]
    table = {kind: (round(float(np.mean(rows)), 3), round(float(np.mean(near[kind])), 3), len(rows))
             for kind, rows in held.items()}
    print(table)
    assert all(0.80 <= share <= 0.97 for share, _, _ in table.values()), table
    assert all(close >= 0.9 for _, close, _ in table.values()), table
