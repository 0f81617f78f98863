"""What explain.json says of a reform's first primary measure, checked while it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.stored import EXPLAINED, MissingTable, Stored
from scenarios.errors import InputError

ENDS = ("low", "high")


@dataclass(frozen=True)
class Effect:
    """An estimate and its interval; None where undefined."""

    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Step:
    """What one lever, or several that go together, change. overloaded: the port after them is."""

    levers: tuple[str, ...]
    effect: Effect
    overloaded: bool = False


@dataclass(frozen=True)
class End:
    """The effect at one end of an input's range; None where the port cannot be run there."""

    value: str
    effect: Effect | None
    overloaded: bool
    reverses: bool


@dataclass(frozen=True)
class Input:
    """An input with a range. span: of the effect over the range, None if undefined."""

    key: str
    value: str
    confidence: str | None
    span: float | None
    low: End
    high: End


@dataclass(frozen=True)
class Explained:
    """One reform's first primary measure.

    coalitions: how many were run; overloaded: how many of them do not get their work done.
    """

    scenario: str
    baseline_name: str
    measure: str
    unit: str
    replications: int
    confidence: float
    orders: int
    coalitions: int
    overloaded: int
    baseline: Effect
    reform: Effect
    total: Effect
    waterfall: list[Step]
    shapley: list[Step]
    own_effect: Effect
    queue_relief: Effect
    inputs: list[Input]


def explanation(stored: Stored, scenarios: Sequence[str]) -> Explained:
    """Of the first scenario that is explained. MissingTable if none is, InputError if damaged."""
    content = stored.explained
    folder = stored.results.folder
    if len(stored.scenarios) < 2:
        raise MissingTable(
            "there is no second scenario to compare with; onestop compare SCENARIO SCENARIO... "
            "makes such results"
        )
    how = f"onestop explain {folder} makes it, then onestop figures {folder} draws it"
    if content is None:
        raise MissingTable(f"{folder} has no {EXPLAINED}; {how}")
    names = [name for name in scenarios if name in content["scenarios"]]
    if not names:
        raise MissingTable(f"{folder / EXPLAINED} explains none of these scenarios; {how}")
    try:
        reform = content["scenarios"][names[0]]
        measures = reform["measures"]
        primary = [name for name in stored.results.summary.get("primary", []) if name in measures]
        chosen = next(iter([*primary, *measures]), None)
        if chosen is None:
            raise MissingTable(f"{folder / EXPLAINED} explains no measure; {how}")
        return _explained(content, names[0], reform, str(chosen))
    except MissingTable:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"{folder / EXPLAINED} is damaged: {type(error).__name__} {error}; {how}"
        ) from error


def _explained(content: dict[str, Any], name: str, reform: Any, measure: str) -> Explained:
    entry = reform["measures"][measure]
    full = max(entry["coalitions"], key=lambda c: len(c["levers"]), default=None)
    marked = {frozenset(map(str, c["levers"])): bool(c["overloaded"]) for c in entry["coalitions"]}
    return Explained(
        scenario=name,
        baseline_name=str(content["baseline"]),
        measure=measure,
        unit=str(entry["unit"]),
        replications=int(content["replications"]),
        confidence=float(content["confidence"]),
        orders=int(reform["orders"]),
        coalitions=len(marked),
        overloaded=sum(marked.values()),
        baseline=_effect(entry["baseline"]),
        reform=Effect(None, None, None) if full is None else _effect(full),
        total=_effect(entry["total"]),
        waterfall=_steps(entry["waterfall"], marked),
        shapley=_steps(entry["shapley"], {}),
        own_effect=_effect(entry["own_effect"]),
        queue_relief=_effect(entry["queue_relief"]),
        inputs=[_input(row) for row in entry["sensitivity"]],
    )


def _number(value: Any) -> float | None:
    if value is None:
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def _effect(entry: Any) -> Effect:
    return Effect(*(_number(entry[key]) for key in ("estimate", "low", "high")))


def _steps(rows: Any, overloaded: dict[frozenset[str], bool]) -> list[Step]:
    """The steps in order; each is marked if the levers up to it make an overloaded port."""
    steps: list[Step] = []
    done: frozenset[str] = frozenset()
    for row in rows:
        levers = tuple(str(lever) for lever in row["levers"])
        done |= set(levers)
        steps.append(Step(levers, _effect(row), overloaded.get(done, False)))
    return steps


def _input(row: Any) -> Input:
    ends = {}
    for name in ENDS:
        end = row[name]
        effect = _effect(end["effect"]) if "effect" in end else None
        ends[name] = End(
            str(end["value"]), effect, bool(end.get("overloaded")), bool(end.get("reverses"))
        )
    confidence = row["confidence"]
    return Input(
        str(row["key"]),
        _stated(row["value"]),
        None if confidence is None else str(confidence),
        _number(row["span"]),
        **ends,
    )


def _stated(value: Any) -> str:
    """The value that an input has; of a distribution its mean."""
    if isinstance(value, dict):
        value = next((value[part] for part in ("mean", "value") if part in value), "")
    return str(value)
