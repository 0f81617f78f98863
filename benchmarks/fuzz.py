"""Hostile input: mutated scenarios, logs and options through the command line.

    python -m benchmarks.fuzz [--cases 10000] [--seed 1] [--workers 2]
    python -m benchmarks.fuzz --case SEED:NUMBER      one case again, with its files and messages

The cases are those of tests/fuzz, a few hundred of which every test run holds.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.cases import KINDS, case_of
from tests.fuzz.runner import MEGABYTES, SECONDS, Account, run_case, run_cases

CASES, SEED, WORKERS = 10_000, 1, 2
TEXT = """\
## Hostile input

Shipped scenarios and the shipped log, changed at random: keys deleted, doubled, renamed and
swapped, values replaced by hostile ones, units and sizes changed, lines and bytes damaged, files
cut and spliced; cells, headers, delimiters, encodings and rows of logs; options. Each case goes
through the command line (`check` or `show`, and for a share of what is valid a short `run` or
`compare`). It fails on another exit status than 0, 1 or 2, a traceback, a library's warning,
results left half written, more than {seconds:.0f} s of processor time or a process of more than
{megabytes:.0f} MB.

```
{account}
```

`python -m benchmarks.fuzz --cases {cases} --seed {seed}`
"""


def render(account: Account) -> str:
    """The account as a table: cases by kind and exit status, the slowest, the failures."""
    statuses = sorted({status for _, status in account.table}, key=str)
    heads = ["cases", *("exit " + str(s) if s is not None else "ended" for s in statuses)]
    lines = [f"{'':16}" + "".join(f"{head:>9}" for head in heads)]
    for kind in [*KINDS, *sorted({k for k, _ in account.table} - set(KINDS)), "all"]:
        counts = [sum(n for (k, s), n in account.table.items() if s == status and
                      kind in ("all", k)) for status in statuses]
        lines.append(f"{kind:16}" + "".join(f"{n:>9}" for n in (sum(counts), *counts)))
    if account.slowest:
        lines.append(f"slowest {account.slowest.seconds:.2f} s of processor time "
                     f"(--case {account.seed}:{account.slowest.number}, "
                     f"{account.slowest.words[0]}); largest process {account.megabytes:.0f} MB")
    lines.append(f"failures: {len(account.failures)}")
    for failure in account.failures:
        lines.append(f"  --case {account.seed}:{failure.number}  {' '.join(failure.words)[:60]!r}: "
                     + "; ".join(failure.faults))
    return "\n".join(lines)


def markdown(cases: int = CASES, seed: int = SEED, workers: int = WORKERS) -> str:
    """Runs the cases and returns the section `## Hostile input`."""
    account = run_cases(seed, cases, workers)
    return TEXT.format(account=render(account), cases=cases, seed=seed, seconds=SECONDS,
                       megabytes=MEGABYTES)


def show_case(word: str) -> int:
    """Runs one case, SEED:NUMBER, and shows its files and what is wrong."""
    seed, _, number = word.partition(":")
    case = case_of(int(seed), int(number))
    for name, content in case.files.items():
        print(f"--- {name}: {len(content)} bytes\n{content.decode('utf-8', 'replace')}")
    print("---", case.words, case.then)
    outcome = run_case(int(seed), int(number))
    print(f"--- {outcome.kind}: exit status {outcome.status}, {outcome.seconds:.2f} s, "
          f"{outcome.megabytes:.0f} MB")
    print("\n".join(outcome.faults) or "no fault")
    return bool(outcome.faults)


def main(arguments: list[str] | None = None) -> int:
    """Prints the account; exit status 1 if a case failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--case", metavar="SEED:NUMBER", help="run one case again and show it")
    given = parser.parse_args(arguments)
    if given.case:
        return show_case(given.case)
    begun, step = time.monotonic(), max(given.cases // 20, 1)

    told = 0

    def progress(account: Account) -> None:
        nonlocal told
        for failure in account.failures[told:]:
            print(f"--case {account.seed}:{failure.number} {failure.words}: "
                  + "; ".join(failure.faults), file=sys.stderr, flush=True)
        told = len(account.failures)
        if account.cases % step == 0:
            print(f"{account.cases} cases, {time.monotonic() - begun:.0f} s, "
                  f"{len(account.failures)} failures", file=sys.stderr, flush=True)

    account = run_cases(given.seed, given.cases, given.workers, progress)
    print(render(account))
    return bool(account.failures)


if __name__ == "__main__":
    sys.exit(main())
