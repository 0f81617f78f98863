"""Selection: which agencies select a consignment, which boxes they examine and how deep."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.ids import DEPTHS
from scenarios.schema.demand import SelectionRule
from scenarios.schema.scenario import Scenario
from sim.distributions import Floats, pick
from sim.traffic.tables import Flags, Traffic

Draw = Callable[..., Floats]


def draw_selection(scenario: Scenario, draw: Draw, traffic: Traffic) -> dict[str, Flags]:
    """agency -> bool[n], by the first rule that fits."""
    n = len(traffic.arrival)
    selected = {agency: np.zeros(n, dtype=bool) for agency in scenario.agencies}
    together = draw("selection", n)
    latent = {agency: draw(f"selection.{agency}", n) for agency in scenario.agencies}
    left = np.ones(n, dtype=bool)
    for rule in scenario.selection.rules:
        here = left & traffic.fits(rule.when)
        chosen = select(rule, list(scenario.agencies), together[here],
                        {agency: u[here] for agency, u in latent.items()})
        for agency, flags in chosen.items():
            selected[agency][here] = flags
        left &= ~here
    return selected


def select(rule: SelectionRule, agencies: list[str], together: Floats,
           latent: dict[str, Floats]) -> dict[str, Flags]:
    """Selections by one rule: from the table of groups, or by a Gaussian copula.

    Copula: agency a selects if sqrt(r) z + sqrt(1 - r) z_a lies below the normal quantile of its
    probability, so that each probability holds by itself and any two latents correlate by r.
    """
    if rule.shares is not None:
        group = pick(rule.shares, together)
        members = [set(name.split("+")) for name in rule.shares]
        return {a: np.isin(group, [i for i, m in enumerate(members) if a in m]) for a in agencies}
    from scipy.special import ndtri

    shared = np.sqrt(rule.correlation or 0.0)
    own = np.sqrt(1.0 - (rule.correlation or 0.0))
    probability = rule.probability or {}
    return {a: shared * ndtri(together) + own * ndtri(latent[a]) < ndtri(probability.get(a, 0.0))
            for a in agencies}


def draw_depths(scenario: Scenario, draw: Draw, traffic: Traffic) -> None:
    """Fills `examined` and `depth` of the containers.

    Of a selected consignment the first box is always examined, each other with the agency's share.
    """
    owner, total = traffic.owner, len(traffic.owner)
    first = np.ones(total, dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    for name, agency in scenario.agencies.items():
        share = draw(f"examined.{name}", total) < agency.boxes_examined
        examined = traffic.selected[name][owner] & (first | share)
        codes = np.array([DEPTHS.index(depth) for depth in agency.depths])
        depth = codes[pick(agency.depths, draw(f"depth.{name}", total))]
        traffic.examined[name] = examined
        traffic.depth[name] = np.where(examined, depth, -1)
