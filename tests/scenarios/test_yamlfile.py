"""YAML 1.2 in, plain data with places out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import InputError
from scenarios.yamlfile import Document, merge, parse_yaml, read_yaml, scalar, set_key


@pytest.mark.parametrize(("text", "value"), [
    ("1", 1), ("-3", -3), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("~", None), ("", None),
    ("true", True), ("False", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"),
    ("2015-01-05", "2015-01-05"), ("15:30", "15:30"), ("0x10", "0x10"), ("1_000", "1_000"),
    (".nan", ".nan"), ("0o7", "0o7"), ("012", 12), ("9" * 30, float("9" * 30)),
])
def test_scalars(text: str, value: Any) -> None:
    found = scalar(text, None)
    assert found == value and type(found) is type(value)


def test_quoted_scalars_stay_text() -> None:
    assert parse_yaml("a: '20'\nb: \"true\"\nc: >\n  1\n", "f").data == {
        "a": "20", "b": "true", "c": "1\n"}


def test_keys_are_text() -> None:
    assert parse_yaml("20: a\nyes: b\ntrue: c\n", "f").data == {"20": "a", "yes": "b", "true": "c"}


def test_places() -> None:
    document = parse_yaml("a:\n  b: 1\n  c:\n    - x: 1\n    - y: 2\n      z: 3\n", "f")
    assert document.data == {"a": {"b": 1, "c": [{"x": 1}, {"y": 2, "z": 3}]}}
    lines = {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 4, ("a", "c", 1, "y"): 5,
             ("a", "c", 1, "z"): 6}
    assert all(document.place(key) == ("f", line) for key, line in lines.items())
    assert document.place(("a", "b", "missing")) == ("f", 2)
    assert document.place(("missing",)) == ("f", 1)


@pytest.mark.parametrize("raw", [
    b"\xef\xbb\xbfa: 1\n", b"a: 1\r\n", b"a: 1", b"# a\n---\na: 1\n...\n", b"{\"a\": 1}"])
def test_ways_to_write_the_same(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    assert read_yaml(path).data == {"a": 1}


def test_merging_goes_key_by_key_and_keeps_places() -> None:
    below = parse_yaml("a: {x: 1, y: 2}\nl: [1, 2]\n", "below")
    above = parse_yaml("\na: {y: 3}\nl: [9]\n", "above")
    result = merge(below, above)
    assert result.data == {"a": {"x": 1, "y": 3}, "l": [9]}
    assert result.place(("a", "x")) == ("below", 1)
    assert result.place(("a", "y")) == ("above", 2)
    assert result.place(("l", 1)) == ("above", 3)
    assert below.data == {"a": {"x": 1, "y": 2}, "l": [1, 2]}


def test_distributions_and_annotated_numbers_are_replaced_whole() -> None:
    below = parse_yaml("d: {distribution: gamma, mean: 3 min, cv: 1}\n"
                       "n: {value: 3, source: a}\n", "below")
    above = parse_yaml("d: {distribution: exponential, mean: 2 min}\nn: {value: 4}\n", "above")
    assert merge(below, above).data == {
        "d": {"distribution": "exponential", "mean": "2 min"}, "n": {"value": 4}}
    part = parse_yaml("d: {mean: 4 min}\n", "above")
    assert merge(below, part).data["d"] == {"distribution": "gamma", "mean": "4 min", "cv": 1}


def test_set_reaches_mappings_and_rows() -> None:
    document = Document({"a": {"b": 1, "c": 2}, "rows": [{"x": 1}, {"x": 2}]})
    assert set_key(document, "a.b=7").data["a"] == {"b": 7, "c": 2}
    assert set_key(document, "a.d.e=[1, 2]").data["a"]["d"] == {"e": [1, 2]}
    changed = set_key(document, "rows.1.x=5 min")
    assert changed.data["rows"] == [{"x": 1}, {"x": "5 min"}]
    assert changed.place(("rows", 1, "x"))[0] == "--set rows.1.x=5 min"
    assert document.data["rows"] == [{"x": 1}, {"x": 2}]


def test_the_faults_of_one_file_are_bounded() -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml("".join(f"k{i}: !t 1\n" for i in range(500)), "f")
    assert len(caught.value.faults) == 50
