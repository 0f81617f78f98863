"""Findings: what is wrong with the boxes, which examination finds it, and who gets to know.

What is wrong is drawn once and the same under every regime; so is, for each agency, box and
element, the uniform against which the probability of finding it is held. A regime only decides
who looks, and how deep. Since that probability never falls with depth, a deeper look finds all
that a shallower one would have found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from scenarios.ids import DEPTHS
from scenarios.schema.findings import Detection, Irregularity, Spread
from scenarios.schema.scenario import Scenario
from sim.distributions import Floats, beta
from sim.traffic.drawn import Draws
from sim.traffic.tables import Flags, Ints, Traffic

FULL = DEPTHS.index("full")
LASTING = ("laboratory", "treatment", "detention")
"""What takes days: consignments to which it may happen are left out of `.routine`."""


@dataclass
class Irregular:
    """One element of one replication's boxes.

    here    bool[N] boxes that are irregular in it
    units   float64[N] irregular units of a box, begin: float64[N] where a stretch of them begins
            (0 at the door, 1 at the far end); both empty without a spread
    """

    here: Flags
    units: Floats = field(default_factory=lambda: np.empty(0))
    begin: Floats = field(default_factory=lambda: np.empty(0))


@dataclass
class Visit:
    """An examination with a devanning of its own: whose, of which boxes, and how deep (codes of
    DEPTHS, after a deeper look where there was one). `checks`: agencies that only check at the
    open box -> bool[N]."""

    members: tuple[str, ...]
    boxes: Flags
    depth: Ints
    deepened: Flags
    checks: dict[str, Flags]


@dataclass
class Findings:
    """What came out of the examinations of one replication under one regime.

    irregular   element -> what is wrong
    visits      name of a visit (an agency, or jointK) -> Visit
    found       (agency, element) -> bool[N] found by its own examination or check
    told        (agency, owner, element) -> bool[N] the agency's find of which it tells the owner,
                whose law is broken, and which is dealt with then; agency = owner: its own finds
    """

    irregular: dict[str, Irregular]
    visits: dict[str, Visit]
    found: dict[tuple[str, str], Flags]
    told: dict[tuple[str, str, str], Flags]

    def known(self, owner: str, element: str) -> Flags:
        """bool[N]: boxes whose irregularity has come to the knowledge of its owner."""
        parts = [flags for (_, to, e), flags in self.told.items() if (to, e) == (owner, element)]
        return np.logical_or.reduce(parts) if parts else np.zeros_like(
            self.irregular[element].here)

    def in_order(self, agency: str) -> Flags:
        """bool[N]: boxes in which the agency's own examination found nothing."""
        parts = [flags for (finder, _), flags in self.found.items() if finder == agency]
        size = len(next(iter(self.irregular.values())).here)
        return ~np.logical_or.reduce([np.zeros(size, dtype=bool), *parts])


def irregular_boxes(scenario: Scenario, traffic: Traffic, draw: Draws) -> dict[str, Irregular]:
    """element -> what is wrong with the boxes, whoever looks at them."""
    return draw.once("irregular", (scenario.findings,),
                     lambda: _irregular_boxes(scenario, traffic, draw))


def _irregular_boxes(scenario: Scenario, traffic: Traffic, draw: Draws) -> dict[str, Irregular]:
    n, owner = len(traffic.arrival), traffic.owner
    result: dict[str, Irregular] = {}
    for name, element in (scenario.findings.by_element if scenario.findings else {}).items():
        rate = np.zeros(n)
        left = np.ones(n, dtype=bool)
        for row in element.rates:
            fits = left & traffic.fits(row.when)
            rate[fits] = row.share
            left &= ~fits
        alike = draw(f"irregular-whole.{name}", n) < element.whole
        u = np.where(alike[owner], draw(f"irregular-all.{name}", n)[owner],
                     draw(f"irregular.{name}", len(owner)))
        result[name] = Irregular(u < rate[owner])
        if element.spread:
            _spread(result[name], element.spread, draw, name)
    return result


def _spread(irregular: Irregular, spread: Spread, draw: Draws, name: str) -> None:
    total = len(irregular.here)
    u = draw(f"irregular-share.{name}", total)
    # Few boxes are irregular, and the quantile is dear.
    irregular.units = np.ones(total)
    share = beta(spread.mean, spread.cv, u[irregular.here])
    irregular.units[irregular.here] = np.maximum(np.rint(share * spread.units), 1.0)
    room = 1.0 - irregular.units / spread.units
    irregular.begin = draw(f"irregular-place.{name}", total) * room


def lasting(scenario: Scenario, traffic: Traffic, draw: Draws) -> Flags:
    """bool[n]: consignments with an irregularity that would take days if it were found."""
    result = np.zeros(len(traffic.arrival), dtype=bool)
    elements = scenario.findings.by_element if scenario.findings else {}
    for name, irregular in irregular_boxes(scenario, traffic, draw).items():
        if set(LASTING) & set(elements[name].follows):
            result[traffic.owner[irregular.here]] = True
    return result


def units_sampled(detection: Detection, spread: Spread) -> float:
    """Units of a full box that are looked at.

    A sample that finds a share p of irregular units with probability c holds
    ln(1 - c) / ln(1 - sensitivity x p) units (ISPM 31, appendix 3, binomial).
    """
    sample = detection.sample
    assert sample is not None and detection.sensitivity is not None
    if sample.units is not None:
        wanted = float(sample.units)
    elif sample.share is not None:
        wanted = sample.share * spread.units
    else:
        assert sample.to_find is not None
        seen = detection.sensitivity * sample.to_find.share
        wanted = (math.ceil(math.log1p(-sample.to_find.probability) / math.log1p(-seen))
                  if seen else spread.units)
    return min(wanted, float(spread.units))


def chance(element: Irregularity, agency: str, irregular: Irregular, depth: Ints,
           fraction: Floats) -> Floats:
    """float64[N]: probability that the agency finds the irregularity of an irregular box.

    depth: codes of DEPTHS; fraction: float64[len(DEPTHS)], of the goods within reach by depth.
    Sampling: each unit within reach is looked at with probability q and recognised with
    probability s, so k irregular units within reach are all missed with (1 - s q)^k.
    """
    detection = element.found_by[agency]
    if detection.by_depth is not None:
        table = np.array([detection.by_depth.get(name, 0.0) for name in DEPTHS])
        return np.asarray(table[depth])
    assert element.spread is not None and detection.sensitivity is not None
    reach = fraction[depth]
    share = irregular.units / element.spread.units
    if element.spread.arrangement == "even":
        within = irregular.units * reach
    else:
        within = np.clip(reach - irregular.begin, 0.0, share) * element.spread.units
    looked = units_sampled(detection, element.spread) / element.spread.units
    miss = 1.0 - detection.sensitivity * looked
    return 1.0 - miss**within


class Examinations:
    """Holds the visits of one replication against what is wrong with the boxes."""

    def __init__(self, scenario: Scenario, traffic: Traffic, draw: Draws,
                 visits: dict[str, Visit], recognised: dict[tuple[str, str, str], Flags]):
        """recognised: (by, of, element) -> bool[n] what `by` accepts from `of`."""
        assert scenario.findings is not None
        self.elements = scenario.findings.by_element
        self.notice, self.order = scenario.findings.notice, scenario.order
        self.traffic, self.draw, self.visits = traffic, draw, visits
        self.matching = scenario.regime.matching
        self.recognised = {k: v[traffic.owner] for k, v in recognised.items()}
        self.irregular = irregular_boxes(scenario, traffic, draw)
        self.fraction = np.array([scenario.devanning.by_depth.get(d, 0.0) for d in DEPTHS])
        self.u = {(agency, name): draw(f"detection.{agency}.{name}", len(traffic.owner))
                  for name, element in self.elements.items() for agency in element.found_by}

    def hold(self) -> Findings:
        """Deeper looks first, then everything that is found, then who is told."""
        nobody = np.zeros(len(self.traffic.owner), dtype=bool)
        found: dict[tuple[str, str], Flags] = {key: nobody.copy() for key in self.u}
        for visit in self.visits.values():
            first = [self.detects(agency, name, visit.boxes, visit.depth)
                     for agency, name in self.u if agency in visit.members
                     and "deeper" in self.elements[name].follows]
            visit.deepened = np.logical_or.reduce(
                [np.zeros_like(visit.boxes), *first]) & (visit.depth < FULL)
            visit.depth = np.where(visit.deepened, FULL, visit.depth)
            for agency, name in self.u:
                boxes = (visit.boxes if agency in visit.members
                         else self._checked(agency, name, visit))
                found[agency, name] |= self.detects(agency, name, boxes, visit.depth)
        return Findings(self.irregular, self.visits, found, self._told(found))

    def detects(self, agency: str, name: str, boxes: Flags, depth: Ints) -> Flags:
        """bool[N]: which of these boxes the agency finds irregular at this depth."""
        here = np.flatnonzero(boxes & self.irregular[name].here)
        result = np.zeros_like(boxes)
        if len(here):
            part = Irregular(*(v[here] if len(v) else v for v in vars(
                self.irregular[name]).values()))
            p = chance(self.elements[name], agency, part, depth[here], self.fraction)
            result[here] = self.u[agency, name][here] < p
        return result

    def _checked(self, agency: str, name: str, visit: Visit) -> Flags:
        """Boxes whose element the agency checks at the open box: those that it does not accept."""
        boxes = visit.checks.get(agency, np.zeros_like(visit.boxes))
        accepted = [flags for (by, _, e), flags in self.recognised.items()
                    if (by, e) == (agency, name)]
        return boxes & ~np.logical_or.reduce([np.zeros_like(boxes), *accepted])

    def _told(self, found: dict[tuple[str, str], Flags]) -> dict[tuple[str, str, str], Flags]:
        """Each irregularity is dealt with once: by the first visit whose finder owns it or tells
        the owner; an owner that finds it in the same visit needs no telling."""
        told: dict[tuple[str, str, str], Flags] = {}
        for name, element in self.elements.items():
            owner = element.of
            nobody = np.zeros(len(self.traffic.owner), dtype=bool)
            left = ~nobody
            for agency in self.order:
                if (agency, name) not in found:
                    continue
                flags = found[agency, name] & left
                if agency != owner:
                    flags &= self._tells(agency, owner, name)
                    flags &= ~(found.get((owner, name), nobody) & self._together(agency, owner))
                told[agency, owner, name] = flags
                left = left & ~flags
        return told

    def _tells(self, agency: str, owner: str, name: str) -> Flags:
        share = self.notice.share[self.matching]
        noticed = self.draw(f"notice.{agency}.{owner}", len(self.traffic.owner)) < share
        return noticed | self.recognised.get((owner, agency, name), np.zeros_like(noticed))

    def _together(self, one: str, other: str) -> Flags:
        """bool[N]: boxes that both examine or check in one visit."""
        result = np.zeros(len(self.traffic.owner), dtype=bool)
        for visit in self.visits.values():
            parts = []
            for agency in (one, other):
                present = visit.boxes & (agency in visit.members)
                parts.append(present | visit.checks.get(agency, np.zeros_like(present)))
            result |= parts[0] & parts[1]
        return result
