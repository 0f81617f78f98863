"""All benchmarks: the engines of onestop and their peers on three models, in one run.

    python -m benchmarks [--rounds N] [--containers N] [--models ...] [--engines ...] [--json FILE]

Engines whose library is not installed are named and left out; `make bench` installs all.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.cost import table
from benchmarks.engines import BASELINE, ENGINES
from benchmarks.models import MODELS
from benchmarks.run import measure


def at_least_one(text: str) -> int:
    """A whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, found {number}")
    return number


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; status 1 if an engine does not run the same model as the others."""
    about = "The engines of onestop and their peers on three models, in one run."
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=about)
    parser.add_argument("--rounds", type=at_least_one, default=5, metavar="N")
    parser.add_argument("--containers", type=at_least_one, default=5000, metavar="N",
                        help="in every run (default 5000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first round")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES),
                        help=f"{BASELINE} is always measured, as the others' measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all raw times as JSON")
    options = parser.parse_args(arguments)
    engines = [name for name in ENGINES if name == BASELINE or name in options.engines]
    whole = set(engines) >= {"reference"} and tuple(options.models) == MODELS
    report = measure(options.models, engines, options.containers, options.rounds, options.seed,
                     library=whole)
    print(table(report))
    if options.json:
        text = json.dumps(report.as_json(), indent=1) + "\n"
        options.json.write_text(text, encoding="utf-8", newline="\n")
    wrong = report.disagreements()
    for line in wrong:
        print(f"not the same model: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
