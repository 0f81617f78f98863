"""Studies that take as many replications as a half-width needs (sim.statistics.looks)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scenarios.errors import Fault, InputError, nearest
from sim.journal import Journal
from sim.provenance import Study
from sim.replication import Replication
from sim.results import summary_of
from sim.statistics.looks import FIRST_LOOK, until_half_width
from sim.statistics.ratio import Interval
from sim.words import say

KEY = "--half-width"


def until_of(text: str, primary: Sequence[str], most: int) -> dict[str, Any]:
    """What a study looks at: {'measure', 'half_width', 'relative', 'replications'}.

    text: [MEASURE=]WIDTH, WIDTH in the measure's unit or, with %, a share of it (of the baseline's
    in a comparison); primary: the declared measures, the first one is meant where none is named.
    Raises InputError for a width that is none, or fewer replications than the first look takes.
    """
    name, named, width = text.rpartition("=")
    relative = width.endswith("%")
    try:
        value = float(width.removesuffix("%")) / (100.0 if relative else 1.0)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf or (named and not name):
        raise InputError(Fault("is no half-width", key=KEY, found=text,
                               allowed="[MEASURE=]WIDTH with a WIDTH above 0",
                               hint="For example 2, 5% or time.clearance.all.mean=1.5"))
    if most < FIRST_LOOK:
        raise InputError(Fault(f"the first look is after {FIRST_LOOK} replications",
                               key="--replications", found=most,
                               allowed=f"at least {FIRST_LOOK} with {KEY}"))
    return {"measure": name or primary[0], "half_width": value, "relative": relative,
            "replications": most}


def check_until(study: Study, first: Replication) -> None:
    """Raises InputError if the study looks at a measure that it does not have."""
    measure = study.until["measure"] if study.until else None
    if measure is not None and measure not in first.estimands:
        raise InputError(Fault("unknown measure", key=KEY, found=measure,
                               hint=nearest(measure, sorted(first.estimands))))


def run_until(journal: Journal, run_first: Callable[[int], None], level: float
              ) -> tuple[Journal, dict[str, Any]]:
    """Runs a study look by look; its journal with the replications that it took, its summary.

    run_first(n) sees to it that replications 0 to n - 1 are in the journal. The summary is that of
    the last look: its intervals have the look's confidence, so that the study has `level`.
    """
    until = journal.study.until or {}
    summary: dict[str, Any] = {}

    def interval_of(n: int, confidence: float) -> Interval:
        nonlocal journal, summary
        run_first(n)
        journal = replace(journal, study=replace(journal.study, replications=n))
        summary = summary_of(journal, confidence)
        return widest(summary, until["measure"], until["relative"])

    stopped = until_half_width(interval_of, until["half_width"], confidence=level,
                               maximum=until["replications"])
    summary["looks"] = {**until, "confidence": level, "looks": stopped.as_json()["looks"]}
    return journal, summary


def widest(summary: Mapping[str, Any], measure: str, relative: bool) -> Interval:
    """The measure's interval, in a comparison the widest of its changes; relative: as a share of
    the baseline's estimate. Undefined if any of them is."""
    own = summary["scenarios"][summary["baseline"]]["measures"][measure]
    scale = abs(own["mean"] or 0.0) if relative else 1.0
    stated = [(entry[measure]["difference"], entry[measure]["low"], entry[measure]["high"])
              for entry in summary["differences"].values()] or [
                  (own["mean"], own["low"], own["high"])]
    if not scale or any(None in ends for ends in stated):
        return Interval(None, None, None)
    estimate, low, high = max(stated, key=lambda ends: max(ends[0] - ends[1], ends[2] - ends[0]))
    return Interval(estimate / scale, low / scale, high / scale)


def from_the_start(study: Study) -> Study:
    """The study as it was begun: with the most replications that there may be."""
    if study.until is None:
        return study
    return replace(study, replications=study.until["replications"])


def stopped_at(looks: Mapping[str, Any], lang: str = "en") -> str:
    """The line under the table: where the study stopped, and what that does to its intervals."""
    last = looks["looks"][-1]
    scale, unit = (100.0, " %") if looks["relative"] else (1.0, "")
    found = (say(lang, "unbounded") if last["half_width"] is None
             else f"{last['half_width'] * scale:.4g}{unit}")
    return say(lang, "note.reached" if last["enough"] else "note.not reached",
               measure=looks["measure"], wanted=f"{looks['half_width'] * scale:g}{unit}",
               n=last["n"], found=found, confidence=f"{100 * last['confidence']:g}",
               level=f"{100 * looks['confidence']:g}")
