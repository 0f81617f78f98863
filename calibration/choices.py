"""What the agencies choose: which consignments, which of their boxes, how deep, whose papers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import shares
from calibration.cells import Cell, Flags, as_rules, grow
from calibration.estimates import DRAWS, Estimate, generator
from calibration.goods import alike
from calibration.records import Records
from scenarios.ids import DEPTHS
from scenarios.load import Loaded
from scenarios.schema.scenario import WEEK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SETTLED = 2 * WEEK
"""Minutes after its arrival, at the log's end, from which a consignment's papers have been seen."""

ALL_HAVE = 0.9
"""Share of the consignments with papers from which on everybody is held to have them."""


def fit_choices(records: Records, base: Loaded, seed: int) -> list[Estimate]:
    """Estimates of selection.* and of the agencies' depths, boxes_examined and declared."""
    random = generator(seed, "calibrate.choices")
    agencies = [a for a in base.order if a in records.selected]
    result = selection(records, agencies, random) if agencies else []
    for agency in agencies:
        result += depths(records, agency, random)
        result += boxes_examined(records, agency, random)
        result += declared(records, agency)
    return result


def selection(records: Records, agencies: list[str], random: np.random.Generator
              ) -> list[Estimate]:
    """selection.simulate and selection.rules: shares of the groups in cells of attributes."""
    flags = np.array([records.selected_consignments(a) for a in agencies])
    known: Flags = np.all(flags >= 0, axis=0)
    code = (np.maximum(flags, 0) << np.arange(len(agencies))[:, None]).sum(axis=0).astype(np.int64)
    n = int(known.sum())
    if not n:
        return []
    groups = [("+".join(a for i, a in enumerate(agencies) if c >> i & 1)) or "none"
              for c in range(1 << len(agencies))]
    overall = np.bincount(code[known], minlength=len(groups)).astype(np.float64)
    present = np.flatnonzero(overall)
    names = [groups[c] for c in present]
    at = np.searchsorted(present, code)

    def counts_of(rows: Flags) -> Floats:
        return np.bincount(at[rows], minlength=len(names)).astype(np.float64)

    def score(rows: Flags) -> tuple[float, int]:
        counts = counts_of(rows)
        share = counts / max(counts.sum(), 1.0)
        return float((counts * np.log(np.where(counts > 0, share, 1.0))).sum()), len(names) - 1

    codes = {name: records.attribute(name) for name in records.attributes}
    cells = grow(codes, records.values, known, score)
    prior = overall[present] / n
    points = [shares.posterior(counts_of(cell.rows), prior) for cell in cells]
    draws = [shares.dirichlet(random, counts_of(cell.rows) + prior, DRAWS) for cell in cells]
    rules = as_rules(cells)

    def stated(tables: list[Floats]) -> list[Any]:
        return [rule | {"shares": shares.stated(names, table)}
                for rule, table in zip(rules, tables, strict=True)]

    missing = len(known) - n
    unselected = bool(overall[0])
    how = (f"groups of {n} consignments in {len(cells)} cells of attributes"
           + (f"; {missing} of which a selection is unknown left out" if missing else ""))
    return [
        Estimate("selection.simulate", "all" if unselected else "selected", (), n, 0,
                 f"{int(overall[0])} of {n} consignments were selected by nobody"),
        Estimate("selection.rules", stated(points),
                 [stated([table[d] for table in draws]) for d in range(DRAWS)], n, missing, how,
                 {"kind": "profile", "observed": [float(v) for v in prior],
                  "fitted": [float(v) for v in np.sum([
                      p * c.rows.sum() for p, c in zip(points, cells, strict=True)], axis=0) / n]},
                 tuple(_together(flags, known, agencies, cells)) if unselected else ())]


def _together(flags: NDArray[np.int8], known: Flags, agencies: list[str], cells: list[Cell]
              ) -> list[str]:
    """Whether two agencies select the same consignments more often than chance has it, within
    cells and overall: odds ratio of Mantel and Haenszel, its test, and the Gaussian copula's
    correlation."""
    from scipy.special import chdtrc

    notes = []
    for i, one in enumerate(agencies):
        for j in range(i + 1, len(agencies)):
            tables = np.array([[(cell.rows & (flags[i] == x) & (flags[j] == y)).sum()
                                for x in (1, 0) for y in (1, 0)] for cell in cells], dtype=float)
            both, first, second, none = tables.T
            n = np.maximum(tables.sum(axis=1), 2.0)
            row, column = both + first, both + second
            expected = row * column / n
            variance = row * (n - row) * column * (n - column) / (n * n * (n - 1.0))
            if variance.sum() <= 0.0:
                continue
            statistic = (both - expected).sum() ** 2 / variance.sum()
            odds = (both * none / n).sum() / max((first * second / n).sum(), 1e-12)
            total = tables.sum(axis=0)
            notes.append(
                f"{one} and {agencies[j]} together: odds ratio {odds:.2f} within cells "
                f"(Mantel-Haenszel, p = {float(chdtrc(1, statistic)):.2g}); Gaussian correlation "
                f"{_tetrachoric(total / total.sum()):+.2f} over all")
    return notes


def _tetrachoric(table: Floats) -> float:
    """Correlation of two normals whose parts below two thresholds have these probabilities (both,
    first alone, second alone, none)."""
    from scipy.integrate import quad
    from scipy.optimize import brentq
    from scipy.special import ndtri

    one, other = table[0] + table[1], table[0] + table[2]
    a, b = float(ndtri(one)), float(ndtri(other))

    def excess(r: float) -> float:
        # Plackett: the probability below both rises with r as the density at (a, b) does.
        rise = quad(lambda s: np.exp(-(a * a - 2 * s * a * b + b * b) / (2 * (1 - s * s)))
                    / (2 * np.pi * np.sqrt(1 - s * s)), 0.0, r)[0]
        return one * other + float(rise) - float(table[0])

    low, high = -0.999, 0.999
    if excess(low) >= 0.0:
        return -1.0
    return 1.0 if excess(high) <= 0.0 else float(brentq(excess, low, high, xtol=1e-4))


def depths(records: Records, agency: str, random: np.random.Generator) -> list[Estimate]:
    """agencies.A.depths, from the boxes that it selected."""
    depth = records.depth.get(agency)
    if depth is None:
        return []
    known = (depth >= 0) & (records.selected[agency] == 1)
    n = int(known.sum())
    if not n:
        return []
    counts = np.bincount(depth[known], minlength=len(DEPTHS)).astype(np.float64)
    seen = np.flatnonzero(counts)
    names = [DEPTHS[i] for i in seen]
    spoilt = max(alike(records.consignment[known], (depth[known] == i).astype(np.float64))
                 for i in seen)
    draws = shares.dirichlet(random, counts[seen] / spoilt + 0.5, DRAWS)
    missing = int((records.selected[agency] == 1).sum()) - n
    return [Estimate(
        f"agencies.{agency}.depths", shares.stated(names, counts[seen] / n),
        [shares.stated(names, draw) for draw in draws], n, missing,
        f"{n} boxes that were selected, {missing} without a depth left out",
        {"kind": "profile", "observed": [float(v) for v in counts[seen] / n],
         "fitted": [float(v) for v in counts[seen] / n]},
        tuple(_depends(records, agency, known, spoilt)))]


def _depends(records: Records, agency: str, known: Flags, spoilt: float) -> list[str]:
    """What depths depend on, which a scenario cannot say."""
    depth = records.depth[agency][known].astype(np.int64)
    columns = {name: codes[known].astype(np.int64) for name, codes in records.attributes.items()}
    columns["size"] = np.array([-1, 0, 1])[np.searchsorted([20, 40], records.size[known],
                                                           side="right")]
    others = [a for a in records.selected if a != agency]
    for other in others:
        columns[f"selection by {other}"] = records.selected[other][known].astype(np.int64)
    notes = [f"boxes of one consignment are alike: counts weigh 1/{spoilt:.2f}"] * (spoilt > 1.2)
    for name, codes in columns.items():
        here = codes >= 0
        if not here.any():
            continue
        table = np.zeros((int(codes.max()) + 1, len(DEPTHS)))
        np.add.at(table, (codes[here], depth[here]), 1.0)
        p, strength = shares.independence(table / spoilt)
        if p < 0.001 and strength > 0.05:
            notes.append(f"depths depend on {name} (Cramer's V {strength:.2f}); not modelled")
    return notes


def boxes_examined(records: Records, agency: str, random: np.random.Generator) -> list[Estimate]:
    """agencies.A.boxes_examined: share of the boxes beyond the first of a selected consignment."""
    flags = records.selected[agency]
    known = np.minimum.reduceat(flags, records.first) >= 0
    chosen = known & (records.selected_consignments(agency) == 1) & (records.boxes > 1)
    n = int((records.boxes[chosen] - 1).sum())
    if not n:
        return []
    examined = np.add.reduceat((flags == 1).astype(np.int64), records.first)[chosen]
    yes = int((examined - 1).sum())
    ones, zeros = (random.standard_gamma(k + 0.5, DRAWS) for k in (yes, n - yes))
    draws = ones / (ones + zeros)
    if yes == n:
        # Usually all boxes are examined, and then all are: as likely beforehand as any other share,
        # of which a log with none left out is the less likely the more boxes it has.
        draws[random.random(DRAWS) >= 1.0 / (1.0 + np.sqrt(np.pi * n))] = 1.0
    return [Estimate(f"agencies.{agency}.boxes_examined", round(yes / n, 6),
                     [round(float(v), 6) for v in draws], n, 0,
                     f"of {n} further boxes of {int(chosen.sum())} selected consignments {yes} "
                     "were selected")]


def declared(records: Records, agency: str) -> list[Estimate]:
    """agencies.A.declared: which consignments have papers with it although it selects them not."""
    stamp = f"start.papers.{agency}"
    other = f"end.papers.{agency}"
    if not records.has(stamp) and not records.has(other):
        return []
    has = np.isfinite(records.of_consignments(stamp)) | np.isfinite(records.of_consignments(other))
    old = records.of_consignments("arrival") < records.until - SETTLED
    rows = old & (records.selected_consignments(agency) == 0)
    n = int(rows.sum())
    if not n:
        return []
    key, share = f"agencies.{agency}.declared", float(has[rows].mean())
    how = f"papers of {n} consignments that it did not select: {share:.1%} have them"
    if share >= ALL_HAVE:
        return [Estimate(key, {}, (), n, 0, how)]
    best, when = -np.inf, {}
    for name in records.attributes:
        codes = records.attribute(name)
        known = rows & (codes >= 0)
        table = np.zeros((len(records.values[name]), 2))
        np.add.at(table, (codes[known], has[known].astype(np.int64)), 1.0)
        fits = table[:, 1] > table[:, 0]
        if fits.any() and not fits[table.sum(axis=1) > 0].all():
            right = table.max(axis=1).sum() / max(table.sum(), 1.0)
            if right > best:
                best = float(right)
                when = {name: [v for v, f in zip(records.values[name], fits, strict=True) if f]}
    if not when:
        return [Estimate(key, {}, (), n, 0, how, remarks=(
            "no attribute says who has papers: everybody is held to have them",))]
    limits = () if best >= ALL_HAVE else (
        f"the rule is right for {best:.0%} of these consignments only",)
    return [Estimate(key, when, (), n, 0, f"{how}; {next(iter(when))} says who", remarks=limits)]
