"""How the agencies of a port work together, as far as its log shows: the levers of its regime."""

from __future__ import annotations

import numpy as np

from calibration.estimates import Estimate
from calibration.jobs import chained_share, is_chained, sequence, stamp, stamp_of_consignments
from calibration.records import Flags, Floats, Records

FEW = 5
"""Boxes of two agencies that it takes to say how they are examined."""


def fit_levers(records: Records) -> list[Estimate]:
    """Declaration, site, appointment, examination and release, and the agencies' order. What the
    log does not show is left to the base."""
    order = sequence(records)
    result = [Estimate("order", order, n=len(records.first),
                       how="which agency takes up papers, or examines, first in most cases")]
    for first, then in zip(order, order[1:], strict=False):
        result += _declaration(records, first, then)
        result += _visits(records, first, then)
    return list({e.key: e for e in reversed(result)}.values())[::-1]


def _declaration(records: Records, first: str, then: str) -> list[Estimate]:
    share, number = chained_share(records, first, then)
    if not number:
        return []
    chained = is_chained(records)
    return [Estimate(
        "regime.declaration", "chained" if chained else "parallel", n=number,
        how=f"whether {then} takes papers up only when {first} is done with them",
        remarks=(f"of {number} consignments that {first} examined {share:.1%} were taken up by "
                 f"{then} after its form",))]


def _visits(records: Records, first: str, then: str) -> list[Estimate]:
    both = (records.selected[first] == 1) & (records.selected[then] == 1)
    begun = {a: stamp(records, f"start.examination.{a}") for a in (first, then)}
    done = {a: stamp(records, f"end.examination.{a}") for a in (first, then)}
    seen = both & ~np.isnan(begun[first]) & ~np.isnan(begun[then])
    number = int(seen.sum())
    if number < FEW:
        return []
    joint = seen & (begun[first] < done[then]) & (begun[then] < done[first])
    joint |= seen & (begun[first] == begun[then])
    moved = {a: stamp(records, f"start.move-in.{a}") for a in (first, then)}
    twice, moves = _apart(moved[first], moved[then], seen & ~joint)
    earlier = float((begun[first] < begun[then])[seen].mean())
    remarks = [f"of {number} boxes that both examined {earlier:.1%} went to {first} first, "
               f"{int(joint.sum())} were examined by both at the same time"]
    if moves:
        back = float(twice.sum()) / moves
        remarks.append(f"{back:.1%} of {moves} with both moves were moved to a yard a second time")
    result = [Estimate("regime.examination", "joint" if joint.sum() > number / 2 else "serial",
                       n=number, how="whether examinations of the same box overlap",
                       remarks=tuple(remarks))]
    if moves >= FEW:
        own = twice.sum() > moves / 2
        how = "whether boxes that both examined are moved to a yard twice"
        result += [Estimate("regime.site", "per-agency" if own else "shared", n=moves, how=how),
                   Estimate("regime.appointment", "per-agency" if own else "single", n=moves,
                            how=how)]
    released = [a for a in (first, then) if records.has(f"end.release.{a}")
                and np.isfinite(stamp_of_consignments(records, f"end.release.{a}")).any()]
    if len(released) > 1 or is_chained(records):
        result.append(Estimate("regime.release", "per-agency", n=number,
                               how="forms and releases of each agency are in the log"))
    return result


def _apart(one: Floats, other: Floats, which: Flags) -> tuple[Flags, int]:
    """(boxes moved at two different times, number of boxes with both stamps)."""
    known = which & ~np.isnan(one) & ~np.isnan(other)
    return known & (one != other), int(known.sum())
