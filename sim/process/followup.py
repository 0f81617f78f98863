"""What follows from a finding, as columns: treatment, correction, detention, laboratory, notice.

Each irregularity is dealt with once, in the acts of the agency whose find it was. If that agency
is not the one whose law is broken, its clerk first writes a notice, and the owner's clerk then
corrects the papers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from scenarios.schema.scenario import Scenario
from sim.process.findings import Findings
from sim.traffic.drawn import Draws
from sim.traffic.tables import Flags, Traffic

if TYPE_CHECKING:
    from sim.process.columns import Columns


def pairs_of(scenario: Scenario) -> list[tuple[str, str]]:
    """(finder, owner): whose find may break whose law, the finder's own first."""
    elements = scenario.findings.by_element.values() if scenario.findings else ()
    return [(finder, owner) for finder in scenario.order
            for owner in sorted(scenario.order, key=lambda a: a != finder)
            if any(e.of == owner and finder in e.found_by for e in elements)]


def followup_columns(scenario: Scenario, traffic: Traffic, draw: Draws, columns: Columns) -> None:
    """Flags and durations of everything that follows from the findings of the columns.

    Of consignments: notice.FINDER.OWNER, correction.FINDER.OWNER, detention.FINDER.OWNER as flags,
    notice.FINDER, correction.OWNER and detention.OWNER as minutes; `sampled` gains those whose
    find goes to the laboratory. Of containers: treated.VISIT as flags, treatment as minutes.
    """
    findings, rules = columns.findings, scenario.findings
    assert findings is not None and rules is not None
    n, total = len(traffic.arrival), len(traffic.owner)
    table = columns.consignment

    def consignments(boxes: Flags) -> Flags:
        return np.bincount(traffic.owner[boxes], minlength=n) > 0

    for finder, owner in pairs_of(scenario):
        for what in ("correction", "detention"):
            told = _told(scenario, findings, finder, owner, what)
            table[f"{what}.{finder}.{owner}"] = consignments(told).astype(np.int64)
        if finder == owner:
            sampled = consignments(_told(scenario, findings, finder, owner, "laboratory"))
            table[f"sampled.{owner}"] = np.maximum(table[f"sampled.{owner}"],
                                                   sampled.astype(np.int64))
        else:
            written = _told(scenario, findings, finder, owner, None)
            table[f"notice.{finder}.{owner}"] = consignments(written).astype(np.int64)
    for agency in scenario.order:
        for what, law in (("notice", rules.notice.duration), ("correction", rules.correction),
                          ("detention", rules.detention)):
            table[f"{what}.{agency}"] = draw.times(law, f"{what}.{agency}", n)
    columns.container["treatment"] = draw.times(rules.treatment, "treatment", total)
    for name, visit in findings.visits.items():
        boxes = np.zeros(total, dtype=bool)
        for finder, owner in pairs_of(scenario):
            present = visit.boxes & (finder in visit.members)
            present |= visit.checks.get(finder, np.zeros_like(present))
            boxes |= present & _told(scenario, findings, finder, owner, "treatment")
        columns.container[f"treated.{name}"] = boxes.astype(np.int64)


def _told(scenario: Scenario, findings: Findings, finder: str, owner: str,
          what: str | None) -> Flags:
    """bool[N]: boxes with a find of this finder, dealt with for this owner, that has this
    consequence (any, if None)."""
    assert scenario.findings is not None
    parts: Iterable[Flags] = [
        findings.told[finder, owner, name]
        for name, element in scenario.findings.by_element.items()
        if (finder, owner, name) in findings.told and (what is None or what in element.follows)]
    size = len(next(iter(findings.irregular.values())).here)
    return np.logical_or.reduce([np.zeros(size, dtype=bool), *parts])
