"""Cost: the ledger per TEU, by party, by reason and in total."""

from __future__ import annotations

import numpy as np

from scenarios.validate import PARTIES
from sim.measures.ledger import Ledger
from sim.measures.record import Floats, Measured, Record


def net_positions(m: Measured, ledger: Ledger) -> dict[str, Floats]:
    """party -> float64[n]: what it pays and consumes, less what it receives."""
    parties = ["trader", "operator", *m.scenario.agencies, *PARTIES[2:]]
    position = {party: np.zeros(ledger.n) for party in parties}
    for entry in ledger.entries:
        position[entry.payer] = position[entry.payer] + entry.amount
        if entry.payee:
            position[entry.payee] = position[entry.payee] - entry.amount
    return position


def measure_cost(m: Measured, ledger: Ledger, record: Record) -> None:
    """cost.PARTY|total|reason.REASON.GROUP.per_teu; handling is what the trader pays for box
    moves and devannings, the figure that the source text speaks of."""
    unit = f"{m.scenario.currency}/TEU"
    rows = dict(net_positions(m, ledger))
    rows["total"] = sum((e.amount for e in ledger.entries if e.kind == "resource"),
                        np.zeros(ledger.n))
    for reason in dict.fromkeys(entry.reason for entry in ledger.entries):
        rows[f"reason.{reason}"] = sum((e.amount for e in ledger.entries if e.reason == reason),
                                       np.zeros(ledger.n))
    rows["reason.handling"] = sum(
        (e.amount for e in ledger.entries
         if e.payer == "trader" and e.reason in ("move", "devanning")), np.zeros(ledger.n))
    teu = ledger.teu
    for segment, mask in m.segments():
        if segment.endswith(".routine"):
            continue
        # By number: a mask is dearer, and there are many amounts.
        chosen = np.flatnonzero(mask)
        below = teu[chosen].sum()
        for name, amount in rows.items():
            record.ratio(f"cost.{name}.{segment}.per_teu", amount[chosen].sum(), below, unit)


def ledger_table(m: Measured, ledger: Ledger) -> dict[str, np.ndarray]:
    """One row per group and entry, with the group's TEU in the cohort."""
    columns: dict[str, list[object]] = {k: [] for k in (
        "group", "kind", "payer", "payee", "reason", "amount", "teu")}
    for code, group in enumerate(m.groups):
        chosen = np.flatnonzero(m.cohort & (m.group == code))
        if not len(chosen):
            continue
        teu = float(ledger.teu[chosen].sum())
        for e in ledger.entries:
            values = (group, e.kind, e.payer, e.payee, e.reason, float(e.amount[chosen].sum()),
                      teu)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    return {name: np.array(values, dtype=object if name in ("group", "kind", "payer", "payee",
                                                            "reason") else np.float64)
            for name, values in columns.items()}
