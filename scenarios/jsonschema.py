"""The JSON Schema of scenario files, for editors: built from the models that read them.

`python -m scenarios.jsonschema` writes scenario.schema.json anew. It lets through what the reader
reads: any value plain or as {value, source, confidence, range, note}, an annotation in any
mapping, and files that give only what differs from the one that they extend.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scenarios.ids import ANNOTATIONS, CONFIDENCE

FILE = Path(__file__).parent / "scenario.schema.json"
Schema = dict[str, Any]
_SCALAR: Schema = {"type": ["number", "string"]}
_WORDS: Schema = {"items": {"type": "string"}, "minItems": 1, "type": "array"}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
ANNOTATION: dict[str, Schema] = {
    "source": {"type": "string", "pattern": r"\S"},
    "confidence": {"enum": list(CONFIDENCE)},
    "range": {"type": "array", "items": _SCALAR, "minItems": 2, "maxItems": 2},
    "note": {"type": "string"},
}
_NOTES: dict[str, Schema] = {word: {"$ref": f"#/$defs/{word}"} for word in ANNOTATIONS}


def json_schema() -> Schema:
    """The schema of a scenario file (draft 2020-12), ports and regimes alike."""
    from scenarios.schema.scenario import Scenario

    schema = Scenario.model_json_schema(by_alias=True)
    models: dict[str, Schema] = schema.pop("$defs")
    rows = {_name(part["items"]) for model in [schema, *models.values()]
            for part in _lists(model) if "$ref" in part["items"]}
    for word in ("start", "measured"):
        models["Run"]["properties"][word]["anyOf"].append({"const": "from-log"})
    required = schema.pop("required")
    result = _mapping(schema)
    result["$defs"] = {name: _time(name, _mapping(model, whole=name in rows))
                       for name, model in models.items()} | ANNOTATION
    properties = result["properties"]
    properties["kind"] = {"enum": ["port", "regime"]}
    properties["extends"] = {"type": "string", "minLength": 1}
    # What a file does not say, the file that it extends says.
    result["if"] = {"not": {"anyOf": [
        {"required": ["extends"]},
        {"required": ["kind"], "properties": {"kind": {"const": "regime"}}}]}}
    result["then"] = {"required": sorted(required)}
    result["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    result["title"] = "onestop scenario"
    return _said_once(result)


def _said_once(schema: Schema) -> Schema:
    """The same schema with what is said more than once (a duration, a share) in $defs."""
    seen: dict[str, int] = {}

    def count(part: Any) -> None:
        for item in part.values() if isinstance(part, dict) else part:
            if isinstance(item, dict | list):
                count(item)
        if isinstance(part, dict) and "anyOf" in part:
            word = json.dumps(part, sort_keys=True)
            seen[word] = seen.get(word, 0) + 1

    count(schema)
    often = sorted(word for word, times in seen.items() if times > 1)
    names = {word: f"value-{i + 1}" for i, word in enumerate(often)}

    def refer(part: Any, top: bool = False) -> Any:
        if isinstance(part, list):
            return [refer(item) for item in part]
        if not isinstance(part, dict):
            return part
        name = names.get(json.dumps(part, sort_keys=True)) if not top else None
        return {"$ref": f"#/$defs/{name}"} if name else {k: refer(v) for k, v in part.items()}

    result: Schema = refer(schema)
    result["$defs"] |= {name: refer(json.loads(word), top=True) for word, name in names.items()}
    return result


def _name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).removeprefix("#/$defs/")


def _lists(schema: Any) -> list[Schema]:
    """Every list of objects inside a schema: its rows replace those of a file below whole."""
    if isinstance(schema, list):
        return [found for item in schema for found in _lists(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "array" and "items" in schema else []
    return own + [found for item in schema.values() for found in _lists(item)]


def _mapping(schema: Schema, whole: bool = False) -> Schema:
    """An object's schema with annotations allowed; `whole`: its required keys stay required."""
    result = {key: value for key, value in schema.items() if key not in ("title", "required")}
    properties = {key: _value(part) for key, part in schema.get("properties", {}).items()}
    result["properties"] = {**_NOTES, **properties}
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _value(schema["additionalProperties"])
        if "enum" in (names := schema.get("propertyNames", {})):
            result["propertyNames"] = {"enum": [*names["enum"], *ANNOTATION]}
    result.pop("minProperties", None)
    if whole and "required" in schema:
        result["required"] = sorted(schema["required"])
    return result


def _value(schema: Schema) -> Schema:
    """What may stand at a key: an object, or anything else plain or annotated."""
    if "anyOf" in schema:
        kinds = [part for part in schema["anyOf"] if part.get("type") != "null"]
        schema = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    # Bounds beside a validator of ours come out under the validator's own names.
    schema = {_BOUNDS.get(key, key): value for key, value in schema.items()
              if key not in ("title", "default")}
    if "$ref" in schema:
        return schema
    if schema.get("type") == "object":
        return _mapping(schema)
    if schema == _WORDS:
        schema = {"anyOf": [{**_WORDS, "items": _SCALAR}, _SCALAR]}
    elif schema.get("type") == "array":
        schema = {**schema, "items": _value(schema["items"])}
    annotated = {"type": "object", "properties": {**_NOTES, "value": schema},
                 "required": ["value"], "additionalProperties": False}
    return {"anyOf": [schema, annotated]}


def _time(name: str, schema: Schema) -> Schema:
    """A distribution may also be one plain value, or a value with its annotation."""
    plain = {"TimeDistribution": {"type": "string", "pattern": r"^\s*[-+0-9.eE]+\s*[a-z]+\s*$"},
             "CountDistribution": {"type": "integer", "minimum": 1}}.get(name)
    return {"anyOf": [schema, plain]} if plain else schema


def text() -> str:
    """The schema as the file holds it: keys sorted, lines ended by LF."""
    return json.dumps(json_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_bytes(text().encode("utf-8"))
