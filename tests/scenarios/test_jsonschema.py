"""The JSON Schema for editors: up to date, and of one mind with the reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scenarios.jsonschema import FILE, json_schema, text
from scenarios.load import library
from scenarios.yamlfile import parse_yaml, read_yaml

HEAD = "schema: onestop.scenario/1\nname: a\nextends: xiamen-2015\n"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_bytes() == text().encode("utf-8"), "run: python -m scenarios.jsonschema"


@pytest.mark.parametrize("path", library().values(), ids=library())
def test_shipped_files_are_accepted(validator: Any, path: Path) -> None:
    errors = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(read_yaml(path).data)]
    assert errors == []


@pytest.mark.parametrize("accepted", [
    "yard: {slot: 200 m2}",
    "yard: {slot: {value: 200 m2, source: text, confidence: assumed, range: [1 m2, 2 m2]}}",
    "yard: {note: measured on the map, slot: {value: 200 m2, note: a}}",
    "agencies: {customs: {papers: 20 min}}",
    "agencies: {customs: {papers: {mean: 20 min, source: text}}}",
    "traffic: {log: log.csv}\nrun: {start: from-log, measured: from-log}",
    "recognition: []",
])
def test_partial_files_are_accepted(validator: Any, accepted: str) -> None:
    validator.validate(parse_yaml(HEAD + accepted, "a").data)


@pytest.mark.parametrize("faulty", [
    "yards: {}",
    "yard: {slots: 200 m2}",
    "yard: {slot: 200}",
    "yard: {slot: 200 min}",
    "yard: {slot: {value: 200}}",
    "yard: {slot: {value: 200 m2, confidence: sure}}",
    "yard: {slot: {value: 200 m2, range: [1 m2]}}",
    "traffic: {reefer: 1.2}",
    "traffic: {sizes: {\"22\": 1.0}}",
    "layout: {separate: {tractors: 1.5}}",
    "regime: {site: both}",
    "run: {start: 3}",
    "waivers: [{agency: customs}]",
    "agencies: {customs: {papers: {distribution: gama}}}",
    "agencies: {customs: {papers: 20}}",
])
def test_faulty_files_are_refused(validator: Any, faulty: str) -> None:
    assert not validator.is_valid(parse_yaml(HEAD + faulty, "a").data)


def test_a_port_by_itself_needs_all_its_parts(validator: Any) -> None:
    data = read_yaml(library()["xiamen-2015"]).data
    assert not validator.is_valid({k: v for k, v in data.items() if k != "yard"})
    assert not validator.is_valid({"schema": "onestop.scenario/1", "name": "a"})
