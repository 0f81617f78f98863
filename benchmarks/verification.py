"""The dated tables of docs/verification.md: theory, and the cost of the reference engine.

    python -m benchmarks.verification
"""

from __future__ import annotations

import contextlib
import io
import platform
import sys
from datetime import date
from pathlib import Path

from tests.theory.cases import theory_table

from benchmarks.__main__ import main as benchmarks

PAGE = Path(__file__).parent.parent / "docs" / "verification.md"
TEXT = """\
# Verification

Written by `make evidence` on {day} with Python {python} on {system}. Absolute times depend on the
machine; the ratio is measured in one interleaved run and is what counts.

## Queueing theory

Mean time in the system, through `build_plan` and the reference engine, against theory: M/M/c and
M/G/1 (Pollaczek and Khinchine), fork-join of two stations (Nelson and Tantawi 1988,
R = (12 - rho) / 8 x 1 / (mu - lambda)). Passed means: not rejected at 0.01 divided by the number
of checks, and the whole 95 % interval within 1 % of theory. Other seeds run in
`tests/theory/test_queues.py` (marked slow).

```
{theory}
```

`python -m tests.theory.cases`

## Walked by hand

Ten boxes in seven consignments, walked through the separate, the one-stop and the recognition
regimes on paper, every stamp equal to the engine's: `tests/walked/README.md`. The six statements
that such a model must satisfy (r = 1 / (2 + Y/X), the saved handling, officer-hours by the rule of
the pair, recognition with nobody eligible, the payer switch, the union of fields):
`tests/walked/test_facts.py`.

## Cost of the reference engine

```
{cost}
```

`python -m benchmarks`
"""


def captured(function: object, *arguments: object) -> str:
    """What a function prints, each line without trailing blanks."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        function(*arguments)  # type: ignore[operator]
    return "\n".join(line.rstrip() for line in stream.getvalue().strip().splitlines())


def main() -> int:
    """Measures, and writes the page."""
    page = TEXT.format(day=date.today().isoformat(), python=platform.python_version(),
                       system=platform.system(), theory=captured(theory_table),
                       cost=captured(benchmarks))
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
