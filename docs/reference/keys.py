"""docs/scenario-reference.md from the schema of scenario files and the meanings in keys.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from scenarios.schema import distributions
from scenarios.schema.scenario import Scenario

MEANINGS = Path(__file__).with_name("keys.yaml")
PAGE = "scenario-reference.md"
VALUES = ("TimeDistribution", "MixturePart", "CountDistribution", "Label")
"""Models that stand in many places; described at the end."""

Schema = dict[str, Any]
KINDS = {
    "12 min": "duration", "11600 m2": "area", "15:30": "time of day", "420 CNY": "price",
    "60 CNY/h": "price an hour", "0.5 CNY/m2/d": "price per m2 and day",
    "20 CNY/TEU/d": "price per TEU and day",
}
NAMES = {"TimeDistribution": "duration or distribution", "CountDistribution": "number or "
         "distribution", "Label": "text in `en` and `zh`"}
LOWER = {"minimum": "at least", "ge": "at least", "exclusiveMinimum": "above", "gt": "above"}
UPPER = {"maximum": "at most", "le": "at most", "exclusiveMaximum": "below", "lt": "below"}
WORDS = {"items": {"type": "string"}, "minItems": 1, "type": "array"}
NO_BOUND = 1e6
"""Upper bounds from here on only keep nonsense out; the page leaves them away."""

HEAD = """\
# Scenario reference

<!-- Made from the schema by: python -m docs.reference. Edit docs/reference/keys.yaml instead. -->

Every key of a scenario file. For how to write one, see the [planner's guide](planners-guide.md);
for the numbers of the shipped port and why, [the model](model.md).

## How values are written

| kind | written | becomes |
|---|---|---|
| duration | `90 s`, `12 min`, `2 h`, `1.5 d`, `4 weeks` | minutes |
| area | `11600 m2` | square metres |
| price | `420 CNY`; `60 CNY/h`, `0.5 CNY/m2/d`, `20 CNY/TEU/d` where the key asks for it | money |
| time of day | `15:30` | minutes since midnight |
| date | `2015-10-01` | |
| share, number | `0.45` | no unit |

A dimensional number without its unit is refused, and so is an unknown key.

**Annotations.** Any value may be written as `{value: 12 min, source: "...", confidence: assumed,
range: [8 min, 20 min]}`. `source` is a text; `confidence` is `published`, `derived`, `measured` or
`assumed`; `range` is `[low, high]`; `note` is a text. They may also stand in a mapping or beside
the parameters of a distribution, and then speak for every number below that has none of its own.

**Conditions.** `when` names attributes and the values that fit, all of which must hold:
`when: {goods: listed, grade: [advanced, certified]}`. Of a list of rules the first that fits
counts.

**`extends`** names a shipped scenario or a file. Its values lie below: mappings are merged key by
key, lists and distributions are replaced whole, tables of shares (`shares`, `table`, `sizes`,
`depths`, `probability`) too, and `null` removes a key. A port that states `layout.separate` takes
no shared yard over.

**A regime** (`kind: regime`) has `schema`, `kind`, `name`, `title`, `description`, `extends` and
any of the levers under [`regime`](#regime), nothing else.

Below, NAME stands for a key of your own, so that `NAME: area` is a mapping of names to areas, and N
for a row's number, as in `--set tariffs.0.prices.20="400 CNY"`. A key without a default is
required, in the file or in one that it extends.

"""


def meanings() -> dict[str, dict[str, str]]:
    """Class -> field -> what it means, in Markdown."""
    from ruamel.yaml import YAML

    result: dict[str, dict[str, str]] = YAML(typ="safe").load(MEANINGS.read_text("utf-8"))
    return result


@cache
def models() -> dict[str, Schema]:
    """Class -> its JSON Schema, in the order in which a reader meets them in a file."""
    schema = Scenario.model_json_schema(by_alias=True)
    known = {**schema.pop("$defs"), "Scenario": schema}
    order: dict[str, Schema] = {}

    def visit(name: str) -> None:
        if name not in order:
            order[name] = known[name]
            for part in known[name].get("properties", {}).values():
                for below in refs(part):
                    visit(below)

    visit("Scenario")
    return {n: order[n] for n in [*(n for n in order if n not in VALUES), *VALUES]}


def refs(schema: Any) -> Iterator[str]:
    """Names of the models that a schema refers to."""
    for item in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(item, dict | list):
            yield from refs(item)
    if isinstance(schema, dict) and "$ref" in schema:
        yield schema["$ref"].removeprefix("#/$defs/")


def differences() -> list[str]:
    """Keys without a meaning, and meanings without a key; empty if all is well."""
    said, there = meanings(), models()
    wanted = {f"{c}.{f}" for c, model in there.items() for f in model.get("properties", {})}
    given = {f"{c}.{f}" for c, fields in said.items() for f in fields}
    return [*(f"keys.yaml lacks {key}" for key in sorted(wanted - given)),
            *(f"keys.yaml has {key}, which the schema has not" for key in sorted(given - wanted))]


@cache
def paths() -> dict[str, list[str]]:
    """Class -> the dotted keys at which it stands."""
    there = models()
    found: dict[str, list[str]] = {name: [] for name in there}

    def descend(part: Schema, path: str) -> None:
        if "$ref" in part:
            name = part["$ref"].removeprefix("#/$defs/")
            found[name].append(path)
            for key, below in there[name].get("properties", {}).items():
                descend(below, f"{path}.{key}")
        for branch in part.get("anyOf", []):
            descend(branch, path)
        if isinstance(part.get("items"), dict):
            descend(part["items"], f"{path}.N")
        if isinstance(part.get("additionalProperties"), dict):
            descend(part["additionalProperties"], f"{path}.NAME")

    for key, part in there["Scenario"]["properties"].items():
        descend(part, key)
    return found


def type_of(part: Schema) -> str:
    """A schema in words: kind, unit, allowed values, bounds."""
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        return f"[{NAMES.get(name, 'mapping')}](#{anchor(name)})"
    if "anyOf" in part:
        return " or ".join(type_of(p) for p in part["anyOf"] if p.get("type") != "null")
    if "const" in part or "enum" in part:
        return ", ".join(f"`{v}`" for v in part.get("enum", [part.get("const")]))
    if part.get("examples"):
        return f"{KINDS[part['examples'][0]]}, as `{part['examples'][0]}`"
    kind = part.get("type")
    if kind == "array":
        return f"list of {_plural(type_of(part['items']))}" + _items(part)
    if kind == "object":
        below = part.get("additionalProperties")
        if not isinstance(below, dict):
            return "mapping"
        known = part.get("propertyNames", {}).get("enum")
        name = ", ".join(f"`{word}`" for word in known) if known else "NAME"
        return f"{name}: {'text or list of texts' if below == WORDS else type_of(below)}"
    if part.get("format") == "date":
        return "date"
    word = {"number": "number", "integer": "whole number", "string": "text", "boolean": "yes/no"}
    bounds = _bounds(part)
    if kind == "number" and bounds == ["at least 0", "at most 1"]:
        return "share, 0 to 1"
    return ", ".join([word.get(str(kind), "text"), *bounds])


def _plural(text: str) -> str:
    return {"text": "texts", "date": "dates", "share, 0 to 1": "shares"}.get(text, text)


def _items(part: Schema) -> str:
    """How many rows a list has, in brackets."""
    low, high = part.get("minItems"), part.get("maxItems")
    if low and low == high:
        return f" ({low})"
    words = [f"at least {low}" if low else "", f"at most {high:,}" if high else ""]
    return f" ({', '.join(filter(None, words))})" if any(words) else ""


def _bounds(part: Schema) -> list[str]:
    """The tightest bounds of a number; the schema may hold looser ones beside them."""
    low = max(((part[k], word) for k, word in LOWER.items() if k in part), default=None,
              key=lambda bound: (bound[0], bound[1] == "above"))
    high = min(((part[k], word) for k, word in UPPER.items() if k in part), default=None,
               key=lambda bound: (bound[0], bound[1] == "at most"))
    if high and high[0] >= NO_BOUND:
        high = None
    return [f"{word} {value:,.6g}" for value, word in filter(None, (low, high))]


def default_of(part: Schema, required: bool) -> str:
    """What holds if a key is left out."""
    if required:
        return "required"
    value = part.get("default")
    if value in (None, [], {}, ""):
        return "-"
    return f"`{value:g} min`" if part.get("examples") == ["12 min"] else f"`{value}`"


def anchor(name: str) -> str:
    """The heading's anchor of a model."""
    return title(name).replace(".", "").lower()


def title(name: str) -> str:
    """The heading of a model: the first key at which it stands."""
    if name == "Scenario":
        return "The file"
    return name if name in VALUES else paths()[name][0]


def forms() -> str:
    """The parameters of each distribution, as a list."""
    lines = [f"- `{name}`: " + ", or ".join(" and ".join(f"`{k}`" for k in sorted(form))
                                           for form in each)
             for name, each in distributions.FORMS.items()]
    return "\n".join(lines)


def page() -> str:
    """The page as the file holds it."""
    said, where = meanings(), paths()
    parts = [HEAD]
    for name, model in models().items():
        heading = title(name) if name in ("Scenario", *VALUES) else f"`{title(name)}`"
        parts.append(f"## {heading}\n")
        text = model.get("description", "")
        parts.append(_lines(text) + "\n" if text else "")
        others = where[name][1:]
        if others and name not in VALUES:
            parts.append("Also at " + ", ".join(f"`{path}`" for path in others) + ".\n")
        parts.append("| key | kind | default | meaning |\n|---|---|---|---|")
        required = set(model.get("required", []))
        for key, part in model.get("properties", {}).items():
            meaning = said.get(name, {}).get(key, "")
            parts.append(f"| `{key}` | {type_of(part)} | {default_of(part, key in required)} | "
                         f"{meaning} |")
        parts.append("")
        if name == "TimeDistribution":
            parts.append("What each distribution takes:\n\n" + forms() + "\n")
    return "\n".join(parts).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _lines(text: str) -> str:
    return text.replace("\n    ", "\n")
