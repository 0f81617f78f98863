"""The numbers of a port that can be compared, whichever way its scenario states them.

A fitted scenario may state a duration by another family, a selection by a copula instead of
shares, hours by other days. So what is compared are means, shares, hours and numbers, each
computed from the scenario's tree; intervals come from computing them for every draw.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from calibration.estimates import Estimate
from scenarios.ids import DEPTHS
from scenarios.schema.port import parse_days, parse_window
from scenarios.units import clock, minutes

Tree = dict[str, Any]
KINDS = ("rates", "shares", "durations", "hours", "capacities")
_POINTS = 4000
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(48)


@dataclass(frozen=True)
class Quantity:
    """A number of a port: its kind, its value (minutes, shares, counts), and the keys of the
    scenario that it rests on."""

    kind: str
    value: float
    keys: tuple[str, ...]

    def rests_on(self, key: str) -> bool:
        """Whether an estimate of this key has a part in it."""
        return any(f"{key}.".startswith(f"{own}.") or f"{own}.".startswith(f"{key}.")
                   for own in self.keys)


def quantities(tree: Tree) -> dict[str, Quantity]:
    """Name -> quantity of a scenario's plain tree."""
    result: dict[str, Quantity] = {}
    for part in (_rates, _shares, _selection, _durations, _hours, _capacities):
        for name, value, keys in part(tree):
            kind = part.__name__[1:].replace("selection", "shares")
            result[name] = Quantity(kind, float(value), keys)
    return result


def with_keys(tree: Tree, values: Mapping[str, Any]) -> Tree:
    """The tree with values at dotted keys; nothing that it shares with the old one is changed."""
    result = dict(tree)
    for key, value in values.items():
        node: Any = result
        *above, last = key.split(".")
        for part in above:
            place: Any = int(part) if isinstance(node, list) else part
            below = node[place] if isinstance(node, list) else node.get(place)
            node[place] = copy.copy(below) if isinstance(below, dict | list) else {}
            node = node[place]
        node[int(last) if isinstance(node, list) else last] = value
    return result


def tree_of(base: Tree, estimates: Sequence[Estimate], draw: int | None = None) -> Tree:
    """The base's tree with the estimates' values, or with one draw of each that has any."""
    ordered = sorted(estimates, key=lambda e: e.key.count("."))
    return with_keys(base, {
        e.key: e.value if draw is None or not e.draws else e.draws[draw % len(e.draws)]
        for e in ordered})


# --- each kind: (name, value, keys) --------------------------------------------------------------

Rows = Iterator[tuple[str, float, tuple[str, ...]]]


def _rates(tree: Tree) -> Rows:
    traffic = tree["traffic"]
    for key in ("consignments_per_week", "calls.per_week", "calls.size_cv"):
        yield key, _at(traffic, key), (f"traffic.{key}",)
    cells, weights = _cells(traffic["attributes"])
    means = [count_mean(_first(traffic["boxes"], cell)["number"]) for cell in cells]
    yield "boxes per consignment", float(np.dot(weights, means)), ("traffic.boxes",)


def _shares(tree: Tree) -> Rows:
    traffic = tree["traffic"]
    calls = traffic["calls"]
    for i, share in enumerate(calls["weekday"]):
        yield f"calls on weekday {i}", share, ("traffic.calls.weekday",)
    hours = np.array(calls["hour"]).reshape(4, 6).sum(axis=1)
    for i, share in enumerate(hours.tolist()):
        yield f"calls at {6 * i} to {6 * i + 6} h", share, ("traffic.calls.hour",)
    cells, weights = _cells(traffic["attributes"])
    for name in traffic["attributes"]:
        for value in _values(traffic["attributes"], name)[1:]:
            share = sum(w for cell, w in zip(cells, weights, strict=True) if cell[name] == value)
            yield f"{name} {value}", share, (f"traffic.attributes.{name}",)
    for size, share in list(traffic["sizes"].items())[1:]:
        yield f"size {size}", share, ("traffic.sizes",)
    key = "traffic.lodging.before_arrival"
    yield "lodged before arrival", traffic["lodging"]["before_arrival"], (key,)
    for name, agency in tree["agencies"].items():
        for depth in DEPTHS:
            share = agency["depths"].get(depth, 0.0)
            if share or depth != "scan":
                yield f"{name}: depth {depth}", share, (f"agencies.{name}.depths",)
        key = f"agencies.{name}.boxes_examined"
        yield f"{name}: boxes examined", agency["boxes_examined"], (key,)


def _selection(tree: Tree) -> Rows:
    """P(an agency selects), overall and by each attribute's value; P(all of them do)."""
    attributes, agencies = tree["traffic"]["attributes"], list(tree["agencies"])
    cells, weights = _cells(attributes)
    chances = np.array([selected(_first(tree["selection"]["rules"], cell), agencies)
                        for cell in cells])
    keys = ("selection.rules",)
    for i, name in enumerate([*agencies, "all agencies"]):
        yield f"selected by {name}", float(weights @ chances[:, i]), keys
        for attribute in attributes if name != "all agencies" else ():
            for value in _values(attributes, attribute):
                here = np.array([cell[attribute] == value for cell in cells]) * weights
                if here.sum() > 0:
                    yield (f"selected by {name}, {attribute} {value}",
                           float(here @ chances[:, i] / here.sum()), keys)


def _durations(tree: Tree) -> Rows:
    traffic = tree["traffic"]
    laws: dict[str, tuple[str, Any]] = {
        "discharge": ("traffic.discharge", traffic["discharge"]),
        "pickup": ("traffic.pickup", traffic["pickup"]),
        "lodging lead": ("traffic.lodging.lead", traffic["lodging"]["lead"]),
        "lodging delay": ("traffic.lodging.delay", traffic["lodging"]["delay"]),
        "move": ("move.duration", tree["move"]["duration"])}
    for name, agency in tree["agencies"].items():
        for stage in ("papers", "release", "clearance_form"):
            laws[f"{name}: {stage}"] = (f"agencies.{name}.{stage}", agency[stage])
    for name, (key, law) in laws.items():
        mean, cv = moments(law)
        yield f"{name}, mean", mean, (key,)
        if cv > 0.0:
            yield f"{name}, cv", cv, (key,)
    fraction = tree["devanning"]["by_depth"]
    for name, agency in tree["agencies"].items():
        key = f"agencies.{name}"
        acts = agency["clerical"]
        yield f"{name}: acts", acts["acts"] * minutes(acts["time"]), (f"{key}.clerical",)
        fixed, by_depth = (minutes(agency["exam"][part]) for part in ("fixed", "by_depth"))
        yield f"{name}: examination, door", fixed + by_depth * fraction["door"], (f"{key}.exam",)
        yield f"{name}: examination, full", fixed + by_depth * fraction["full"], (f"{key}.exam",)
        yield f"{name}: examination, cv", agency["exam"]["cv"], (f"{key}.exam",)
    keys = ("devanning.full", "devanning.by_depth")
    for size in tree["traffic"]["sizes"]:
        mean, cv = moments(_first(tree["devanning"]["full"], {"size": size})["duration"])
        for depth in DEPTHS[1:]:
            yield f"devanning {size}, {depth}, mean", mean * fraction.get(depth, 0.0), keys
        yield f"devanning {size}, cv", cv, keys
    yield "restuffing over devanning", tree["devanning"]["restuff"], ("devanning.restuff",)


def _hours(tree: Tree) -> Rows:
    """Of each party: hours a week, and on Wednesdays the opening, the closing and the break."""
    parties = {name: f"agencies.{name}.calendar" for name in tree["agencies"]}
    parties |= {"gangs": "layout.separate.gang_calendar", "moves to the yards": "move.in_window"}
    for name, key in parties.items():
        calendar = _at(tree, key)
        keys = (key, f"calendars.{calendar}")
        week: dict[int, list[tuple[int, int]]] = {}
        for days, windows in tree["calendars"][calendar]["weekly"].items():
            for day in parse_days(days):
                week.setdefault(day, []).extend(parse_window(window) for window in windows)
        yield f"{name}: a week", sum(b - a for w in week.values() for a, b in w), keys
        spans = sorted(week.get(2, []))
        if spans:
            yield f"{name}: opening", spans[0][0], keys
            yield f"{name}: closing", spans[-1][1], keys
            yield f"{name}: break", sum(b[0] - a[1] for a, b in itertools.pairwise(spans)), keys
    yield "cut-off", clock(tree["move"]["cutoff"]), ("move.cutoff",)


def _capacities(tree: Tree) -> Rows:
    separate = tree["layout"]["separate"]
    for kind in ("gangs", "officers", "clerks"):
        for name, number in separate[kind].items():
            yield f"{kind} {name}", number, (f"layout.separate.{kind}.{name}",)
    yield "tractors", separate["tractors"], ("layout.separate.tractors",)
    for name, site in separate["sites"].items():
        for key in ("buffer", "appointments_per_day"):
            yield f"{key} {name}", site[key], (f"layout.separate.sites.{name}.{key}",)


# --- what a distribution, a rule or a table of attributes comes to --------------------------------

def moments(law: Any) -> tuple[float, float]:
    """Mean (minutes) and cv of a duration as a scenario states it."""
    if isinstance(law, dict) and {"mean", "cv"} <= law.keys():
        return minutes(law["mean"]), float(law["cv"])
    return _moments(json.dumps(law))


@lru_cache(maxsize=4096)
def _moments(text: str) -> tuple[float, float]:
    from pydantic import TypeAdapter

    from scenarios.schema.distributions import Time
    from sim.distributions import quantile

    values = quantile(TypeAdapter(Time).validate_python(json.loads(text)),
                      (np.arange(_POINTS) + 0.5) / _POINTS)
    mean = float(values.mean())
    return mean, float(values.std() / mean) if mean > 0.0 else 0.0


def count_mean(law: Any) -> float:
    """Mean of a number of boxes as a scenario states it."""
    if not isinstance(law, dict):
        return float(law)
    for name in ("mean", "value"):
        if name in law:
            return float(law[name])
    return float(np.average(law["values"], weights=law.get("weights")))


def selected(rule: Tree, agencies: Sequence[str]) -> list[float]:
    """P(selected) by each agency, then by all of them together, under one rule."""
    if rule.get("shares"):
        parts = {frozenset(group.split("+")): share for group, share in rule["shares"].items()}
        alone = [sum(s for group, s in parts.items() if name in group) for name in agencies]
        return [*alone, parts.get(frozenset(agencies), 0.0)]
    from scipy.special import ndtr, ndtri

    chances = [float(rule["probability"].get(name, 0.0)) for name in agencies]
    r = rule.get("correlation") or 0.0
    # Given the shared part of the copula the agencies choose on their own.
    given = np.prod([ndtr((ndtri(p) - np.sqrt(r) * _NODES) / np.sqrt(1.0 - r))
                     for p in chances], axis=0)
    return [*chances, float(_WEIGHTS @ given / _WEIGHTS.sum())]


def _first(rules: Sequence[Tree], cell: Mapping[str, str]) -> Tree:
    """The first rule that fits; conditions on what the cell does not name do not."""
    return next(rule for rule in rules if all(
        cell.get(name) in (wanted if isinstance(wanted, list) else [wanted])
        for name, wanted in (rule.get("when") or {}).items()))


def _values(attributes: Tree, name: str) -> list[str]:
    attribute = attributes[name]
    rows = [attribute["shares"]] if attribute.get("shares") else list(attribute["table"].values())
    return sorted({value for row in rows for value in row})


def _cells(attributes: Tree) -> tuple[list[dict[str, str]], np.ndarray]:
    """Every combination of attributes, and how often it comes."""
    cells: list[tuple[dict[str, str], float]] = [({}, 1.0)]
    for name, attribute in attributes.items():
        grown = []
        for cell, weight in cells:
            row = attribute.get("shares") or attribute["table"][cell[attribute["given"]]]
            grown += [({**cell, name: value}, weight * share) for value, share in row.items()]
        cells = grown
    return [cell for cell, _ in cells], np.array([weight for _, weight in cells])


def _at(tree: Tree, key: str) -> Any:
    node: Any = tree
    for part in key.split("."):
        node = node[part]
    return node
