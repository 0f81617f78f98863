"""The scenario file of a calibrated port: what was measured, laid over the base, each with its
interval, sample size and source."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from calibration.estimates import LEVEL, Estimate
from scenarios.ids import SCHEMA
from scenarios.load import Loaded
from scenarios.yamlfile import WHOLE

MEASURED = "measured"
_WIDTH = 100

HEADER = """\
{title}
Made by onestop calibrate from {log}; what is not stated here is as in {base}.
Intervals are {level:.0%} ones. Values marked measured come from the log; what a log cannot show
(areas, prices, what only a reform brings) stays as assumed."""


def scenario_text(name: str, base_name: str, base: Loaded, log: str, settings: Mapping[str, Any],
                  estimates: Sequence[Estimate]) -> str:
    """The YAML of the port.

    settings: dotted key -> plain data that is neither measured nor assumed (title, run, log).
    estimates: from the log, and what was stated of a shared yard.
    """
    tree: dict[str, Any] = {"schema": SCHEMA, "kind": "port", "name": name, "extends": base_name}
    for key, value in settings.items():
        _put(tree, key, value)
    for estimate in estimates:
        _put(tree, estimate.key, _annotated(estimate, log, base))
    header = HEADER.format(title=f"{name}, calibrated from its own log.", log=log, base=base_name,
                           level=LEVEL)
    return "".join(f"# {line}\n" for line in header.splitlines()) + _dump(tree)


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    *above, last = key.split(".")
    node = tree
    for part in above:
        node = node.setdefault(part, {})
    node[last] = value


def _annotated(estimate: Estimate, log: str, base: Loaded) -> Any:
    """The value with its source, confidence and, where it is one number, its range."""
    if estimate.value is None:
        return None
    value = estimate.value
    if isinstance(value, dict):
        shown = _replacing(value, base.resolved, estimate.key)
    else:
        shown = {"value": value}
    note: dict[str, Any] = {"confidence": estimate.confidence,
                            "source": source_of(estimate, log)}
    span = range_of(estimate)
    if span is not None:
        note["range"] = span
    return {**shown, **note}


def source_of(estimate: Estimate, log: str) -> str:
    """One sentence: how, from what, on how many observations, with which intervals."""
    parts = [estimate.how] if estimate.how else []
    if estimate.confidence == MEASURED:
        parts.append(log)
    if estimate.n:
        censored = f", {estimate.censored} of them in part" if estimate.censored else ""
        parts.append(f"n = {estimate.n}{censored}")
    spans = [f"{path} {number:.4g} [{low:.4g}, {high:.4g}]".strip()
             for path, (number, low, high) in estimate.intervals().items()]
    if spans and len(spans) <= 8:
        parts.append("; ".join(spans))
    return "; ".join(parts) or "stated by the user"


def range_of(estimate: Estimate) -> list[Any] | None:
    """The interval of a number, or of a distribution's mean, in the unit in which it is stated."""
    value = estimate.value
    path = ""
    if isinstance(value, dict):
        path = next((p for p in ("mean", "value") if p in value), "")
        if "distribution" not in value or not path:
            return None
        value = value[path]
    interval = estimate.intervals().get(path)
    if interval is None or isinstance(value, list):
        return None
    _, low, high = interval
    if isinstance(value, str):
        return [f"{low:.4g} min", f"{high:.4g} min"]
    if isinstance(value, int):
        return [int(round(low)), int(round(high))]
    return [float(f"{low:.4g}"), float(f"{high:.4g}")]


def _replacing(value: Mapping[str, Any], resolved: Any, key: str) -> dict[str, Any]:
    """The value with a null for every key of the base's that it does not have: a file is merged
    into what it extends key by key."""
    below: Any = resolved
    for part in key.split("."):
        below = below.get(part) if isinstance(below, dict) else None
    if not isinstance(below, dict) or "distribution" in value or key.split(".")[-1] in WHOLE:
        return dict(value)
    result = {k: (_replacing(v, resolved, f"{key}.{k}") if isinstance(v, dict) else v)
              for k, v in value.items()}
    return result | {k: None for k in below if k not in value}


def _dump(tree: dict[str, Any]) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(_plain(tree), stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's, which YAML knows; short lists on one line."""
    from ruamel.yaml.comments import CommentedSeq

    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        inner = CommentedSeq([_plain(v) for v in value])
        if not any(isinstance(v, dict) for v in value):
            inner.fa.set_flow_style()
        return inner
    return value.item() if hasattr(value, "item") else value
