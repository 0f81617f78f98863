"""Every number of every shipped port says where it comes from and how far it can be trusted."""

from __future__ import annotations

import pytest

from scenarios.annotations import register, split_annotations
from scenarios.ids import CONFIDENCE
from scenarios.load import library, load
from scenarios.yamlfile import parse_yaml, read_yaml

PORTS = [name for name, path in library().items() if read_yaml(path).data["kind"] == "port"]
# The levers are choices, the margins and the level are the study's; published changes are text.
EXEMPT = ("regime.", "study.", "published.")


@pytest.mark.parametrize("name", PORTS)
def test_every_number_has_a_source_and_a_confidence(name: str) -> None:
    rows = [row for row in load(name).assumptions()
            if row["kind"] == "number" and not row["key"].startswith(EXEMPT)]
    assert len(rows) > 100
    bare = [row["key"] for row in rows if not row["source"] or row["confidence"] not in CONFIDENCE]
    assert bare == []


@pytest.mark.parametrize("name", PORTS)
def test_every_range_has_two_ends_around_the_value(name: str) -> None:
    rows = [row for row in load(name).assumptions() if row["range"]]
    assert rows
    for row in rows:
        assert len(row["range"]) == 2, row["key"]
        low, high = (float(str(end).split()[0]) for end in row["range"])
        value = row["value"]
        if isinstance(value, dict):
            value = value.get("value", value.get("mean"))
        assert low < high, row["key"]
        assert low <= float(str(value).split()[0]) <= high, row["key"]


def test_plain_and_annotated_numbers_are_the_same_data() -> None:
    plain = parse_yaml("a: 12 min\nb: {x: 1, y: [1, 2]}\n", "f")
    noted = parse_yaml("a: {value: 12 min, source: s, confidence: assumed}\n"
                       "b: {x: {value: 1}, y: {value: [1, 2], range: [0, 3]}, note: n}\n", "f")
    assert split_annotations(noted)[0] == split_annotations(plain)[0]


def test_the_nearest_annotation_speaks() -> None:
    document = parse_yaml("source: far\nconfidence: assumed\na: 1\nb:\n  source: near\n  c: 2\n"
                          "  d: {value: 3, confidence: measured, range: [1, 5]}\n"
                          "  e: {distribution: exponential, mean: 3 min, source: own}\n"
                          "  f: word\n", "f")
    data, notes, faults = split_annotations(document)
    assert not faults
    rows = {row["key"]: row for row in register(data, notes)}
    said = {key: (row["source"], row["confidence"]) for key, row in rows.items()}
    assert said == {"a": ("far", "assumed"), "b.c": ("near", "assumed"),
                    "b.d": ("near", "measured"), "b.e": ("own", "assumed"),
                    "b.f": ("near", "assumed")}
    assert rows["b.d"]["range"] == [1, 5] and rows["b.c"]["range"] is None
    assert [key for key, row in rows.items() if row["kind"] == "choice"] == ["b.f"]


@pytest.mark.parametrize(("note", "key"), [
    ("confidence: sure", "confidence"), ("source: ''", "source"), ("source: 3", "source"),
    ("range: 3", "range"), ("range: [1]", "range"), ("range: [1, [2]]", "range"),
    ("range: [5, 1]", "range"), ("range: null", "range"), ("note: {a: b}", "note"),
])
def test_faulty_annotations(note: str, key: str) -> None:
    _, _, faults = split_annotations(parse_yaml(f"a:\n  value: 1\n  {note}\n", "f"))
    assert [(f.file, f.line, f.key) for f in faults] == [("f", 3, f"a.{key}")]
