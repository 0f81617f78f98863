"""The scenarios that an explanation runs: coalitions of levers, twins without limits, ends of
ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scenarios.errors import Fault, InputError
from scenarios.load import Loaded, check, restore
from scenarios.schema.scenario import LEVERS
from scenarios.validate import cross_check
from scenarios.yamlfile import Document, set_key
from sim.explain.coalitions import Orders, orders_of

BASELINE, REFORM = "baseline", "reform"
ENDS = ("low", "high")


@dataclass
class Input:
    """An input with a range. ends: 'low' and 'high' -> its value there as text; refused: end ->
    why the port cannot be run there."""

    key: str
    value: Any
    source: str | None
    confidence: str | None
    ends: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)


@dataclass
class Variants:
    """All that is to be run for one reform.

    scenarios   name -> {'scenario': resolved data, 'uncapacitated': True where it is a twin}
    orders      of its levers; coalition number i is scenario `coalition(i)`
    """

    orders: Orders
    inputs: list[Input]
    scenarios: dict[str, dict[str, Any]] = field(default_factory=dict)


def coalition(mask: int) -> str:
    """The name of a coalition's scenario."""
    return f"coalition-{mask:04d}"


def twin(side: str) -> str:
    """The name of the scenario without limits."""
    return f"uncapacitated-{side}"


def at_end(number: int, end: str, side: str) -> str:
    """The name of the scenario with one input at an end of its range."""
    return f"input-{number:04d}-{end}-{side}"


def variants_of(baseline: Loaded, reform: Loaded, sensitivity: bool = True) -> Variants:
    """The variants of two regimes of one port.

    Raises InputError if the two differ in more than their regime, or in nothing.
    """
    levers = [lever for lever in LEVERS
              if getattr(baseline.regime, lever) != getattr(reform.regime, lever)]
    others = sorted(key for key in {*baseline.resolved, *reform.resolved} - _OF_A_REGIME
                    if baseline.resolved.get(key) != reform.resolved.get(key))
    if others or not levers:
        found = f"they differ in {', '.join(others)}" if others else "their levers are the same"
        raise InputError(Fault(
            f"'{reform.name}' and '{baseline.name}' are not two regimes of one port", found=found,
            hint="Only what levers do can be explained: compare one port with --regime A "
                 "--regime B."))
    orders = orders_of(levers, lambda chosen: _is_feasible(baseline, reform, chosen))
    found_inputs = _inputs(baseline) if sensitivity else []
    variants = Variants(orders, found_inputs)
    for mask in orders.coalitions:
        data = _switched(baseline, reform, orders.levers(mask))
        variants.scenarios[coalition(mask)] = {"scenario": restore(data).resolved}
    for side, scenario in ((BASELINE, baseline), (REFORM, reform)):
        variants.scenarios[twin(side)] = {"scenario": scenario.resolved, "uncapacitated": True}
    for number, row in enumerate(found_inputs):
        for end in ENDS:
            try:
                variants.scenarios |= {
                    at_end(number, end, side): {"scenario": _with(scenario, row, end)}
                    for side, scenario in ((BASELINE, baseline), (REFORM, reform))}
            except InputError as error:
                row.refused[end] = "; ".join(dict.fromkeys(f.message for f in error.faults))
    return variants


_OF_A_REGIME = {"name", "title", "description", "regime"}


def _is_feasible(baseline: Loaded, reform: Loaded, chosen: frozenset[str]) -> bool:
    levers = {lever: getattr(reform.regime, lever) for lever in chosen}
    regime = baseline.regime.model_copy(update=levers)
    return next(cross_check(baseline.model_copy(update={"regime": regime})), None) is None


def _switched(baseline: Loaded, reform: Loaded, levers: tuple[str, ...]) -> dict[str, Any]:
    """The baseline with some levers as the reform has them."""
    theirs = reform.resolved["regime"]
    return {**baseline.resolved, "regime": {
        **baseline.resolved["regime"], **{lever: theirs[lever] for lever in levers}}}


def _inputs(baseline: Loaded) -> list[Input]:
    """Every input whose range is stated. A range of a distribution is one of its mean."""
    rows = []
    for row in baseline.assumptions():
        if row["range"] is not None:
            ends = dict(zip(ENDS, map(str, row["range"]), strict=True))
            rows.append(Input(row["key"], row["value"], row["source"], row["confidence"], ends))
    return rows


def _with(scenario: Loaded, row: Input, end: str) -> dict[str, Any]:
    """The scenario with one input at an end of its range. Raises InputError if it cannot be."""
    key = row.key
    if isinstance(row.value, dict):
        part = next((name for name in ("mean", "value") if name in row.value), None)
        if part is None:
            raise InputError(Fault("the range of a distribution without a mean", key=key,
                                   found=row.value.get("distribution")))
        key += f".{part}"
    return check(set_key(Document(scenario.resolved), f"{key}={row.ends[end]}")).resolved
