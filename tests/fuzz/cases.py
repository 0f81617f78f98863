"""One case of the fuzzer: files and the commands that are run on them, by (seed, number)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.fuzz import mutators as m
from tests.fuzz.hostile import OPTIONS, SETS

SHORT = ("--set", "run.measured=1 week", "--set", "run.warmup=0 weeks", "--set",
         "run.drain=2 weeks")
STUDY = ("--replications", "1", "--workers", "1", "--out", "out")
KINDS = {"scenario tree": 0.40, "scenario lines": 0.18, "scenario bytes": 0.08,
         "log cells": 0.12, "log table": 0.09, "log bytes": 0.05, "options": 0.08}
"""Kinds of cases and their shares."""


@dataclass
class Case:
    """Files by name, the first command, and the command that follows where that one returns 0."""

    kind: str
    files: dict[str, bytes]
    words: list[str]
    then: list[str] = field(default_factory=list)


def case_of(seed: int, number: int) -> Case:
    """The case of this seed and number, the same on every machine."""
    rng = np.random.default_rng([seed, number])
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if kind == "options":
        return _options(rng)
    return _log(rng, kind) if kind.startswith("log") else _scenario(rng, kind)


def _scenario(rng: m.Generator, kind: str) -> Case:
    tree = m.scenario_tree(rng)
    if kind == "scenario tree":
        for _ in range(int(rng.choice([1, 2, 4], p=[0.7, 0.2, 0.1]))):
            m.mutate_tree(rng, tree)
        raw = m.document(tree).encode("utf-8", errors="replace")
    else:
        text = m.document(tree) if rng.random() < 0.6 else m.text_of(
            m.one(rng, ("xiamen-2015.yaml", "port-log.yaml", "one-stop.yaml", "recognition.yaml")))
        if kind == "scenario lines":
            for _ in range(int(rng.integers(1, 4))):
                text = m.mutate_lines(rng, text)
            raw = text.encode("utf-8", errors="replace")
        else:
            raw = m.mutate_bytes(rng, text.encode("utf-8"))
    case = Case(kind, {"file.yaml": raw}, ["check", "file.yaml"])
    draw = rng.random()
    if draw < 0.1:
        case.words.append("--json")
    elif draw < 0.2:
        case.words = ["show", "--resolved", "file.yaml"]
    elif draw < 0.45:
        case.then = ["run", "file.yaml", *STUDY, *SHORT]
        if draw < 0.3:
            case.then += ["--regime", m.one(rng, ("one-stop", "one-stop+restated+recognition"))]
    elif draw < 0.48:
        case.then = ["compare", "file.yaml", "--regime", "separate", "--regime", "one-stop",
                     *STUDY, *SHORT, "--no-figures"]
    return case


def _log(rng: m.Generator, kind: str) -> Case:
    rows = m.log_rows(rng)
    if kind == "log cells":
        for _ in range(int(rng.integers(1, 4))):
            m.mutate_cells(rng, rows)
    elif kind == "log table":
        m.mutate_table(rng, rows)
    raw = m.log_bytes(rng, rows)
    if kind == "log bytes":
        raw = m.mutate_bytes(rng, raw)
    case = Case(kind, {"log.csv": raw}, ["check", "log.csv"])
    draw = rng.random()
    if draw < 0.25:
        # Another map of the columns: its own faults, and other columns than the usual ones.
        tree = m.copy.deepcopy(m.tree_of("port-log"))
        traffic = next(item for key, item in tree.pairs if key == "traffic")
        m.mutate_tree(rng, m.Mapping(traffic.pairs[1:]))
        traffic.pairs[0][1] = "log.csv"
        case.files["file.yaml"] = m.document(tree).encode("utf-8", errors="replace")
        case.words = ["check", "file.yaml"]
    elif draw < 0.3:
        case.words.append("--json")
    if 0.2 < draw < 0.4:
        case.then = ["run", "port-log", "--set", "traffic.log=log.csv", *STUDY]
    return case


def _options(rng: m.Generator) -> Case:
    """Hostile options of sound scenarios; nothing that a sound option would make long."""
    files = {"file.yaml": m.document(m.tree_of("xiamen-2015")).encode()}
    sets = [word for _ in range(int(rng.integers(1, 3)))
            for word in ("--set", str(m.one(rng, SETS)))]
    port = m.one(rng, ("xiamen-2015", "file.yaml", "one-stop", "port-log"))
    draw = rng.random()
    if draw < 0.5:
        return Case("options", files, ["check", port, *sets])
    if draw < 0.7:
        return Case("options", files, ["show", port, *sets])
    return Case("options", files, ["run", port, *STUDY[:4], *m.one(rng, OPTIONS), *SHORT])
