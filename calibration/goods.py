"""What comes: attributes of consignments, their numbers of containers, the containers' sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import shares
from calibration.cells import Flags, as_rules, grow
from calibration.estimates import DRAWS, Estimate, generator
from calibration.records import Records
from scenarios.load import Loaded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 5
MOST_SHOWN = 40
"""Containers of a consignment up to which an empirical distribution names every number."""


def fit_goods(records: Records, base: Loaded, seed: int) -> list[Estimate]:
    """Estimates of traffic.attributes.*, traffic.boxes and traffic.sizes."""
    random = generator(seed, "calibrate.goods")
    found = attributes(records, base, random)
    if len(records):
        found += [boxes(records, random)]
    return found + container_sizes(records, random)


def attributes(records: Records, base: Loaded, random: np.random.Generator) -> list[Estimate]:
    """Shares of each attribute's values, by one attribute before it where that pays (BIC).

    In the order of the base, new ones last. Values that only the base knows keep a share of zero,
    so that rules that name them stay valid.
    """
    names = [n for n in base.traffic.attributes if n in records.attributes]
    names += [n for n in records.attributes if n not in names]
    codes = {name: records.attribute(name) for name in names}
    result: list[Estimate] = []
    for i, name in enumerate(names):
        values = _values(records, base, name)
        known = codes[name] >= 0
        counts = np.bincount(codes[name][known], minlength=len(values)).astype(np.float64)
        n = int(known.sum())
        if not n:
            continue
        given, table = _given(codes, names[:i], name, len(values), known)
        missing = int((~known).sum())
        how = f"{n} consignments" + (f", {missing} without it left out" if missing else "")
        if given is None:
            draws = shares.dirichlet(random, np.where(counts > 0, counts + 0.5, 0.0), DRAWS)
            result.append(Estimate(
                f"traffic.attributes.{name}", {"shares": shares.stated(values, counts / n)},
                [{"shares": shares.stated(values, draw)} for draw in draws], n, missing,
                how, _bars(counts / n)))
            continue
        rows = _values(records, base, given)
        full = np.zeros((len(rows), len(values)))
        full[:len(table)] = table
        # A row of which nothing is known is like all.
        point = np.array([shares.posterior(row, counts / n) for row in full])
        drawn = np.array([shares.dirichlet(random, row + counts / n, DRAWS) for row in full])

        def rule(table: Floats, rows: list[str] = rows, values: list[str] = values,
                 given: str = given) -> dict[str, Any]:
            return {"given": given, "table": {row: shares.stated(values, part)
                                              for row, part in zip(rows, table, strict=True)}}

        result.append(Estimate(f"traffic.attributes.{name}", rule(point),
                               [rule(drawn[:, d]) for d in range(DRAWS)], n, missing,
                               f"{how}; depends on {given} (BIC)", _bars(counts / n)))
    return result


def _values(records: Records, base: Loaded, name: str) -> list[str]:
    """Values of an attribute: the log's, then those that only the base knows."""
    attribute = base.traffic.attributes.get(name)
    rows: list[Any] = [] if attribute is None else (
        [attribute.shares] if attribute.shares else list((attribute.table or {}).values()))
    also = [value for row in rows for value in row or {}]
    return list(dict.fromkeys([*records.values[name], *also]))


def _given(codes: dict[str, Ints], before: list[str], name: str, k: int, known: Flags
           ) -> tuple[str | None, Floats]:
    """(the attribute on which this one depends most, counts by its values), or (None, empty)."""
    best, chosen, counts = 0.0, None, np.empty((0, 0))
    for other in before:
        both = known & (codes[other] >= 0)
        if not both.any():
            continue
        table = np.zeros((int(codes[other].max()) + 1, k))
        np.add.at(table, (codes[other][both], codes[name][both]), 1.0)
        rows, columns = int((table.sum(axis=1) > 0).sum()), int((table.sum(axis=0) > 0).sum())
        gain = (_loglik(table) - _loglik(table.sum(axis=0)[None])
                - 0.5 * (rows - 1) * (columns - 1) * np.log(both.sum()))
        if gain > best:
            best, chosen, counts = float(gain), other, table
    return chosen, counts


def _loglik(table: Floats) -> float:
    """Of multinomial rows at their own shares."""
    total = np.maximum(table.sum(axis=1, keepdims=True), 1.0)
    share = table / total
    return float((table * np.log(np.where(table > 0, share, 1.0))).sum())


def boxes(records: Records, random: np.random.Generator) -> Estimate:
    """traffic.boxes: containers of a consignment, by attributes where that pays."""
    number = records.boxes
    codes = {name: records.attribute(name) for name in records.attributes}

    def score(rows: Flags) -> tuple[float, int]:
        return _geometric(number[rows], float(number[rows].mean())), 1

    cells = grow(codes, records.values, np.ones(len(number), dtype=bool), score)
    points, draws, words = [], [], []
    for cell in cells:
        mine = number[cell.rows]
        family = _family(mine, random)
        point, drawn = _numbers(mine, family, random)
        points.append(point)
        draws.append(drawn)
        words.append(f"{family} ({len(mine)})")
    rules = as_rules(cells)
    counts = np.bincount(np.minimum(number, MOST_SHOWN)).astype(np.float64)
    fitted = np.sum([_density(p, len(counts)) * c.rows.sum()
                     for p, c in zip(points, cells, strict=True)], axis=0)
    return Estimate(
        "traffic.boxes", [rule | {"number": p} for rule, p in zip(rules, points, strict=True)],
        [[rule | {"number": drawn[d]} for rule, drawn in zip(rules, draws, strict=True)]
         for d in range(DRAWS)], len(number), 0,
        f"containers of {len(number)} consignments in {len(cells)} cells of attributes: "
        f"{', '.join(words)}, by held-out likelihood",
        {"kind": "profile", "observed": [float(v) for v in counts[1:] / counts.sum()],
         "fitted": [float(v) for v in fitted[1:] / len(number)]})


def _geometric(number: Ints, mean: float) -> float:
    p = 1.0 / max(mean, 1.0)
    return float((np.log(p) + (number - 1) * np.log(max(1.0 - p, 1e-12))).sum())


def _density(stated: dict[str, Any], length: int) -> Floats:
    """Probabilities of 0, 1, 2, ... containers; what lies beyond is in the last."""
    from scipy.special import gammaln

    k = np.arange(1.0, 1001.0)
    if stated["distribution"] == "geometric":
        p = 1.0 / stated["mean"]
        log = np.log(p) + (k - 1.0) * np.log(max(1.0 - p, 1e-12))
    elif stated["distribution"] == "poisson":
        rate = max(stated["mean"] - 1.0, 1e-12)
        log = (k - 1.0) * np.log(rate) - rate - gammaln(k)
    else:
        log = np.full(1000, -np.inf)
        weights = np.asarray(stated["weights"], dtype=np.float64)
        log[np.array(stated["values"]) - 1] = np.log(np.maximum(weights / weights.sum(), 1e-300))
    every = np.append(0.0, np.exp(log))
    return np.append(every[:length - 1], every[length - 1:].sum())


def _family(number: Ints, random: np.random.Generator) -> str:
    """geometric, poisson (1 more than it) or empirical: the best on what it has not seen; the
    simpler if another is not better by more than a standard error."""
    fold = random.permutation(len(number)) % FOLDS
    held = {name: np.zeros(len(number)) for name in ("geometric", "poisson", "empirical")}
    most = int(number.max()) + 1
    for i in range(FOLDS):
        train, test = number[fold != i], number[fold == i]
        if not len(train) or not len(test):
            return "geometric"
        for name, scores in held.items():
            density = _density(_stated(train, name), most + 1)
            if name == "empirical":
                # Numbers that were never seen are half an observation in all.
                density = (density * len(train) + 0.5 / most) / (len(train) + 0.5)
            scores[fold == i] = np.log(np.maximum(density[test], 1e-300))
    best = max(held, key=lambda name: held[name].sum())
    for name, scores in held.items():
        behind = held[best] - scores
        if behind.sum() <= behind.std() * np.sqrt(len(number)):
            return name
    return best


def _stated(number: Ints, family: str) -> dict[str, Any]:
    if family == "empirical":
        values, counts = np.unique(np.minimum(number, 1000), return_counts=True)
        return {"distribution": "empirical", "values": [int(v) for v in values],
                "weights": [int(c) for c in counts]}
    return {"distribution": family, "mean": float(f"{number.mean():.5g}")}


def _numbers(number: Ints, family: str, random: np.random.Generator
             ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(the distribution, DRAWS of its posterior)."""
    n, point = len(number), _stated(number, family)
    if family == "empirical":
        weights = shares.dirichlet(random, np.asarray(point["weights"], dtype=np.float64), DRAWS)
        return point, [point | {"weights": shares.rounded(w)} for w in weights]
    beyond = float((number - 1).sum())
    if family == "poisson":
        means = 1.0 + random.standard_gamma(beyond + 0.5, DRAWS) / n
    else:
        # The share of ends among boxes is beta.
        ends, others = random.standard_gamma(n, DRAWS), random.standard_gamma(beyond + 0.5, DRAWS)
        means = 1.0 + others / ends
    return point, [point | {"mean": float(f"{mean:.5g}")} for mean in means]


def container_sizes(records: Records, random: np.random.Generator) -> list[Estimate]:
    """traffic.sizes, if the log has any."""
    known = records.size > 0
    n = int(known.sum())
    if not n:
        return []
    names = ("20", "40", "45")
    counts = np.array([(records.size == int(name)).sum() for name in names], dtype=np.float64)
    spoilt = alike(records.consignment[known], (records.size[known] == 20).astype(np.float64))
    draws = shares.dirichlet(random, np.where(counts > 0, counts / spoilt + 0.5, 0.0), DRAWS)
    seen = [name for name, count in zip(names, counts, strict=True) if count > 0]
    kept = counts > 0
    remarks = tuple(_dependence(records, known)) + ((
        f"containers of one consignment are alike: counts weigh 1/{spoilt:.2f}",)
        if spoilt > 1.2 else ())
    return [Estimate("traffic.sizes", shares.stated(seen, counts[kept] / n),
                     [shares.stated(seen, draw[kept]) for draw in draws], n,
                     len(records) - n,
                     f"{n} containers, {len(records) - n} without a size left out",
                     _bars(counts / n), remarks)]


def _dependence(records: Records, known: Flags) -> list[str]:
    """What the sizes depend on, which a scenario cannot say."""
    notes = []
    for name, codes in records.attributes.items():
        both = known & (codes >= 0)
        if not both.any():
            continue
        table = np.zeros((int(codes.max()) + 1, 2))
        np.add.at(table, (codes[both], (records.size[both] > 20).astype(np.int64)), 1.0)
        p, strength = shares.independence(table)
        if p < 0.001 and strength > 0.05:
            notes.append(f"sizes depend on {name} (Cramer's V {strength:.2f}); not modelled")
    return notes


def alike(owner: Ints, flag: Floats) -> float:
    """How many times the variance of a share is that of independent containers, since those of a
    consignment are alike; at least 1. owner, flag: of each container."""
    share = flag.mean()
    if len(flag) < 2 or share in (0.0, 1.0):
        return 1.0
    together = np.bincount(owner, flag - share)
    return max(float((together**2).sum() / (len(flag) * share * (1.0 - share))), 1.0)


def _bars(observed: Floats) -> dict[str, Any]:
    return {"kind": "profile", "observed": [float(v) for v in observed],
            "fitted": [float(v) for v in observed]}
