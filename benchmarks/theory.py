"""The section of docs/verification.md on theory and on boxes walked by hand."""

from __future__ import annotations

from collections.abc import Sequence

from sim.verification.checks import Outcome
from sim.verification.commands import COLUMNS, figure, row_of
from sim.verification.identity import EROSIONS, MOVE, STUFFING, UNEQUAL
from sim.verification.suite import STATISTICAL, verify

SEED = 1
TEXT = """\
## Theory, calendars, boxes walked by hand

`onestop verify` runs these checks through `build_plan` and the engine, on any machine. {count} are
statistical: they pass if theory is not rejected at 0.01 / {count}, and if the whole 95 % interval
lies within 1 % of theory (2 % for a P95). So a check can fail by being wrong and by being too
vague. The others are exact: every number must be equal to the last bit. `tests/theory` runs all of
them with less traffic; with the marker `slow`, in full on the seeds 1 to 4.

```
{table}
```

Sources of the formulas: Erlang (M/M/c), Pollaczek and Khinchine (M/G/1), Cobham, Kella and Yechiali
(priorities), Burke and Jackson (in series), Flatto and Hahn, Nelson and Tantawi (side by side); for
blocking the Markov chain is solved numerically. Calendars are compared with a table of single
minutes, the walked boxes with the tables in `sim/verification/walked/`, whose README says how they
were worked out. Five more facts that any model of this reform must satisfy stand in
`tests/walked/test_facts.py`.

**What erodes 1 / (2 + Y/X).** The rule holds for equal constant cycles, whatever Y. If they are
unequal, or random, it says too much, as the joint cycle lasts as long as the longer of two. With
several boxes part of that comes back: each agency then waits for its slowest box in any case.

{erosion}

`onestop verify`
"""


def table_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned text, two blanks between columns."""
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in [columns, *rows])


def markdown() -> str:
    """Runs all checks; the section. Raises RuntimeError if one fails."""
    outcomes = verify(seed=SEED)
    failed = [f"{outcome.id}: {outcome.note}" for outcome in outcomes if not outcome.passed]
    if failed:
        raise RuntimeError("checks fail: " + "; ".join(failed))
    return TEXT.format(count=STATISTICAL, erosion=erosion_table(outcomes),
                       table=table_of(COLUMNS, [row_of(outcome) for outcome in outcomes]))


def erosion_table(outcomes: Sequence[Outcome]) -> str:
    """Reductions beside the rule of thumb at the means: unequal constants, random examinations."""
    found = {outcome.id: outcome for outcome in outcomes}
    lines = ["| cycles | Y, mean X (min) | 1 / (2 + Y/X) | theory | simulated |",
             "|---|---|---|---|---|"]
    fixed = 240
    for exams in UNEQUAL:
        one, other = (2 * MOVE + 2 * STUFFING + exam for exam in exams)
        mean = (one + other) / 2
        r = min(one, other) / (fixed + one + other)
        lines.append(f"| constant, {one} and {other}, 1 box | {fixed}, {mean:g} | "
                     f"{1 / (2 + fixed / mean):.4f} | {r:.4f} | equal |")
    for erosion in EROSIONS:
        outcome = found[erosion.id]
        boxes = "1 box" if erosion.boxes == 1 else f"{erosion.boxes} boxes"
        lines.append(f"| examinations lognormal, cv {erosion.cv:g}, {boxes} | {erosion.fixed}, "
                     f"{erosion.cycle:g} | {erosion.rule:.4f} | {erosion.theory:.4f} | "
                     f"{figure(outcome.simulated)} [{figure(outcome.low)}, {figure(outcome.high)}] "
                     "|")
    return "\n".join(lines)
