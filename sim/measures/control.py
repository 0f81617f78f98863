"""Control: what examinations find and miss, by agency and element, and what recognition gives up.

Irregularities are counted per 1,000 boxes that their agency ordered to be examined, which are the
same boxes under every regime; found and missed together are what was there. An irregularity is
found when the agency whose law it breaks gets to know of it, whoever found it; in a consignment
that is still open at the run's end it is not yet found.
"""

from __future__ import annotations

import numpy as np

from scenarios.ids import DEPTHS
from scenarios.schema.findings import Irregularity
from sim.measures.record import Flags, Measured, Record
from sim.process.columns import findings_without_recognition
from sim.process.findings import units_sampled

UNIT = "per 1,000 boxes"


def measure_control(m: Measured, record: Record, seed: int, replication: int) -> None:
    """control.AGENCY.found|missed|noticed.per_1000, control.AGENCY.found.share,
    control.element.ELEMENT.found|missed.per_1000, control.recognition.missed.per_1000,
    control.effort.AGENCY.units.per_container; nothing where the scenario states no findings."""
    findings, rules = m.columns.findings, m.scenario.findings
    if findings is None or rules is None:
        return
    elements = rules.by_element
    owner = m.traffic.owner
    cohort, done = m.cohort[owner], ~np.isnan(m.released)[owner]
    ordered = {a: m.traffic.examined[a] & cohort for a in m.scenario.agencies}

    def per_1000(name: str, number: float, boxes: Flags) -> None:
        record.ratio(f"control.{name}.per_1000", 1000.0 * number, boxes.sum(), UNIT)

    for agency in m.scenario.agencies:
        own = [name for name, e in elements.items() if e.of == agency]
        known = {name: findings.known(agency, name) & done for name in own}
        there = sum(int((findings.irregular[e].here & ordered[agency]).sum()) for e in own)
        found = sum(int((known[e] & ordered[agency]).sum()) for e in own)
        others = cohort & ~m.traffic.examined[agency]
        per_1000(f"{agency}.found", found, ordered[agency])
        per_1000(f"{agency}.missed", there - found, ordered[agency])
        per_1000(f"{agency}.noticed", sum(int((known[e] & others).sum()) for e in own), others)
        record.ratio(f"control.{agency}.found.share", found, there, "1")
        for name in own:
            here = findings.irregular[name].here & ordered[agency]
            got = int((known[name] & here).sum())
            per_1000(f"element.{name}.found", got, ordered[agency])
            per_1000(f"element.{name}.missed", int(here.sum()) - got, ordered[agency])
    _recognition(m, record, seed, replication, ordered)
    _effort(m, record, elements)


def _recognition(m: Measured, record: Record, seed: int, replication: int,
                 ordered: dict[str, Flags]) -> None:
    """What would have been known had nothing been recognised, and now is not."""
    by = dict.fromkeys(rule.by for rule in m.scenario.recognition)
    if not by:
        return
    missed = 0
    findings, rules = m.columns.findings, m.scenario.findings
    assert findings is not None and rules is not None
    if m.scenario.regime.recognition == "on":
        without = findings_without_recognition(m.scenario, m.traffic, seed, replication)
        for name, element in rules.by_element.items():
            lost = without.known(element.of, name) & ~findings.known(element.of, name)
            missed += int((lost & m.cohort[m.traffic.owner]).sum())
    boxes = np.logical_or.reduce([ordered[agency] for agency in by])
    record.ratio("control.recognition.missed.per_1000", 1000.0 * missed, boxes.sum(), UNIT)


def _effort(m: Measured, record: Record, elements: dict[str, Irregularity]) -> None:
    """Units looked at for the sake of samples, per box that the agency examines."""
    findings = m.columns.findings
    assert findings is not None
    reach = np.array([m.scenario.devanning.by_depth.get(d, 0.0) for d in DEPTHS])
    cohort = m.cohort[m.traffic.owner]
    for agency in m.scenario.agencies:
        full = sum(units_sampled(e.found_by[agency], e.spread) for e in elements.values()
                   if e.spread and agency in e.found_by and e.found_by[agency].sample)
        if not full:
            continue
        looked, boxes = 0.0, 0
        for visit in findings.visits.values():
            if agency in visit.members:
                here = visit.boxes & cohort
                looked += full * float(reach[visit.depth[here]].sum())
                boxes += int(here.sum())
        record.ratio(f"control.effort.{agency}.units.per_container", looked, boxes, "units")
