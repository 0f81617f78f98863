"""The section of docs/verification.md on faults planted in the engine."""

from __future__ import annotations

from benchmarks.planted import FAULTS, QUICK, found

TEXT = """\
## Faults planted in the engine

A check that cannot fail shows nothing. So each of these faults is planted in the reference engine,
and quick checks run on it: the exact ones and, with a tenth of their traffic, those on M/M/1 and on
priorities. All checks that reject are named, and what the first of them says.

| fault | found by | it says |
|---|---|---|
{rows}

Last come, first served leaves the mean of M/M/1 as it is: only the P95 and the exact checks see it.
An early release breaks a law that is checked after every run, so the run itself is refused.

`python -m benchmarks.verification faults`, held by `tests/theory/test_planted_faults.py`
"""
LONGEST = 150


def markdown() -> str:
    """Plants every fault; the section. Raises RuntimeError if one is not found."""
    rows = []
    for fault in FAULTS:
        outcomes = found(fault, QUICK)
        ids = [outcome.id for outcome in outcomes]
        missing = [id for id in fault.by if id not in ids]
        if missing:
            raise RuntimeError(f"{fault.name} is not found by {', '.join(missing)}")
        note = outcomes[0].note
        note = note if len(note) <= LONGEST else note[:LONGEST - 3] + "..."
        names = ", ".join(f"`{id}`" for id in ids)
        rows.append(f"| {fault.what} | {names} | {note} |")
    return TEXT.format(rows="\n".join(rows))
