"""The tables of a measurement, for the screen and for docs/verification.md."""

from __future__ import annotations

import statistics
import textwrap
from datetime import date

from benchmarks.engines import BASELINE, ENGINES
from benchmarks.models import MM1, MODELS, ONE_STOP, SERIAL, THEORY
from benchmarks.run import Report, Row, measure

TITLES = {
    MM1: "M/M/1: one server, load 0.5",
    SERIAL: "Serial: two agencies in turn, each with slot, moves, gang and officer",
    ONE_STOP: "One-stop: one slot, one examination by both agencies, two moves",
}

HEAD = ("engine", "version", "us per container", "min - max", "ratio", "events", "mean time +- se")

NOTES = (
    "us: CPU microseconds per container, median over the rounds, with the least and the most; "
    "drawing the inputs is not counted except for engines marked *, which draw for themselves.",
    "ratio: median over the rounds of the quotient to SimPy by hand in the same round.",
    "events: scheduled in SimPy, per container. mean time: minutes in the system, over the rounds.",
    "onestop, reference and compiled, also build the plan, write the whole event log and check "
    "every run; onestop, kernel is the run alone, as the others are; Naga fills its tables; the "
    "others keep the mean alone.",
)
WIDTH = 100


def cells(row: Row, baseline: Row | None) -> tuple[str, ...]:
    """One line of the table."""
    times = row.microseconds()
    events = "-" if row.events is None else f"{row.events / row.containers:.1f}"
    error = f" +- {row.standard_error:.2f}" if len(times) > 1 else ""
    ratio = "-" if baseline is None else f"{row.ratio(baseline):.3f}"
    return (
        ENGINES[row.engine].title + (" *" if row.draws else ""), row.version,
        f"{statistics.median(times):.1f}", f"{min(times):.1f} - {max(times):.1f}",
        ratio, events, f"{row.mean:.2f}{error}",
    )


def table(report: Report) -> str:
    """All that was measured, as aligned text."""
    parts = []
    for model in MODELS:
        rows = [row for row in report.rows if row.model == model]
        if not rows:
            continue
        baseline = report.row(model, BASELINE)
        lines = [HEAD, *(cells(row, baseline) for row in rows)]
        lines += [
            (ENGINES[name].title, ENGINES[name].version or "", "-", "-", "-", "-", "- (1)")
            for name, without in report.cannot.items() if model in without
        ]
        title = TITLES[model]
        if model in THEORY:
            title += f" (theory: mean time {THEORY[model]:.2f})"
        parts.append("\n".join([title, *aligned(lines)]))
    sizes = {row.containers for row in report.rows}
    footnotes = [f"(1) {reason}" for reason in
                 dict.fromkeys(r for without in report.cannot.values() for r in without.values())]
    compiled = [f"{ENGINES[row.engine].title} {row.first_call:.1f} s ({row.model})"
                for row in report.rows if row.first_call >= 0.5]
    if compiled:
        footnotes.append("First call, with imports and compiling, not in the table: "
                         + ", ".join(compiled))
    footnotes += [f"Not measured: {ENGINES[name].title} ({why})"
                  for name, why in report.missing.items()]
    head = (f"{', '.join(str(size) for size in sorted(sizes))} containers a run, "
            f"{report.rounds} rounds, Python {report.machine['python']} on "
            f"{report.machine['system']} {report.machine['machine']}")
    notes = [textwrap.fill(note, WIDTH) for note in (*NOTES, *footnotes)]
    parts = [head, *parts, "\n".join(notes), library(report)]
    return "\n\n".join(part for part in parts if part)


def aligned(lines: list[tuple[str, ...]]) -> list[str]:
    """Columns of equal width: the first two to the left, figures to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]


def library(report: Report) -> str:
    """The line on a whole replication of a shipped scenario."""
    if not report.library:
        return ""
    spent = "; ".join(
        f"{engine} {statistics.median(seconds):.3f} s CPU (median of {len(seconds)}, from "
        f"{min(seconds):.3f} to {max(seconds):.3f})"
        for engine, seconds in report.library["seconds"].items())
    return (f"xiamen-2015 separate, {report.library['weeks']} weeks after 4 of warm-up, "
            f"{report.library['containers']} containers, simulate(): {spent}")


def markdown(containers: int = 5000, rounds: int = 5, seed: int = 1) -> str:
    """The section of docs/verification.md: measures all engines and returns its text."""
    report = measure(MODELS, ENGINES, containers, rounds, seed)
    wrong = report.disagreements()
    if wrong:
        raise RuntimeError("not the same model: " + "; ".join(wrong))
    return f"""\
## Cost of the engines

Measured on {date.today().isoformat()}. Absolute times depend on the machine and on what else it
does; the ratios are measured in one interleaved run, each engine in a process of its own, and are
what counts. Every engine runs the same models, described in `benchmarks/models.py`, and is
reported only if its mean time in the system agrees: with the same drawn times within 1 % (the
order at one instant differs between libraries), else by a test between the rounds.

```
{table(report)}
```

`make bench`, or without the peers `python -m benchmarks`
"""
