"""The numbers of the shipped port are those that were written down."""

from __future__ import annotations

import json

import pytest

from tests.golden.renew import GOLDEN, MEASURES, REGIMES, summary

TOLERANCE = 1e-9
ADVICE = """
The results of a shipped scenario have changed. If that is meant, renew the golden summary with
    python -m tests.golden.renew
and write to CHANGELOG.md, under [NUMBERS], which measures move, in which direction and by how
much:
"""


def changes(golden, found) -> list[str]:
    """One line for every number that is not what it was."""
    lines = []
    for regime in dict.fromkeys([*golden, *found]):
        before, after = golden.get(regime, {}), found.get(regime, {})
        for measure in dict.fromkeys([*before, *after]):
            old, new = before.get(measure, "absent"), after.get(measure, "absent")
            if old == new:
                continue
            if not isinstance(old, float | int) or not isinstance(new, float | int):
                lines.append(f"{regime}: {measure}: {old} -> {new}")
            elif abs(new - old) > TOLERANCE * max(abs(new), abs(old)):
                share = f" ({100 * (new / old - 1):+.3g} %)" if old else ""
                lines.append(f"{regime}: {measure}: {old:.10g} -> {new:.10g}{share}")
    return lines


def test_the_numbers_are_those_that_were_written_down():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    lines = changes(golden, summary())
    if lines:
        pytest.fail(ADVICE + "\n".join(lines), pytrace=False)


def test_every_golden_measure_is_there():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert tuple(golden) == REGIMES
    assert set(MEASURES) == {measure for values in golden.values() for measure in values}
    assert all(value is not None for values in golden.values() for value in values.values())


def test_a_change_is_told_with_its_size():
    golden = {"a": {"x": 2.0, "y": 1.0, "z": None}}
    found = {"a": {"x": 2.0 + 1e-12, "y": 1.5, "z": 3.0}, "b": {"x": 1.0}}
    assert changes(golden, found) == [
        "a: y: 1 -> 1.5 (+50 %)", "a: z: None -> 3.0", "b: x: absent -> 1.0"]
