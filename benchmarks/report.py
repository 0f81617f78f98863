"""The section of docs/verification.md on the report: what it costs, and what a browser checks."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
REGIMES = ("separate", "one-stop", "one-stop-recognition")
STUDY = ("compare", *REGIMES, "--replications", "100", "--no-figures", "--quiet", "--overwrite")
EXPLAIN = ("--replications", "2", "--quiet")
BROWSER = "tests/reports/test_browser.py"
MEASURED = """
import resource, sys
from reports.report import write_report
write_report(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def cost(folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of writing the report, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", MEASURED, str(folder)], check=True, cwd=ROOT,
                          capture_output=True, text=True)
    seconds, peak = map(float, done.stdout.split())
    # macOS counts bytes, Linux kilobytes.
    return seconds, peak / (1e6 if sys.platform == "darwin" else 1e3)


def browser_checks() -> str:
    """A line per check of the page in a Chromium. Raises RuntimeError if one fails."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-v", "-m", "browser", BROWSER],
                          cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:])
    outcomes: dict[str, list[str]] = {}
    for name, outcome in re.findall(r"::test_(\w+)\S* (PASSED|SKIPPED)", done.stdout):
        outcomes.setdefault(name.replace("_", " "), []).append(outcome.lower())
    return "\n".join(f"| {name} | {len(found)} | {', '.join(sorted(set(found)))} |"
                     for name, found in outcomes.items())


def markdown(rounds: int = 3) -> str:
    """Runs the study, explains it, and writes its report several times; the section."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "out"
        subprocess.run([sys.executable, "-m", "sim", *STUDY, "--out", str(folder)], check=True,
                       cwd=ROOT, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, "-m", "sim", "explain", str(folder), *EXPLAIN], check=True,
                       cwd=ROOT, stdout=subprocess.DEVNULL)
        costs = [cost(folder) for _ in range(rounds)]
        sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.glob("report.*"))}
    table = "\n".join(f"| `{name}` | {size:.2f} MB |" for name, size in sizes.items())
    seconds, peak = (statistics.median(values) for values in zip(*costs, strict=True))
    return f"""## The report

Of `onestop {" ".join(STUDY[:6])}` with its explanation: both pages and the workbook in
{seconds:.1f} s of CPU time and {peak:.0f} MB (medians of {rounds}).

| file | size |
|---|---|
{table}

What is checked in a headless Chromium, in both languages, light and dark, 390 and 1280 pixels wide:

| check | times | outcome |
|---|---|---|
{browser_checks()}

`tests/reports/test_report.py` reads every number of the pages and of the workbook back and compares
it with the stored one, and gives scenarios names that are markup, formulas, direction marks or
10,000 characters long.
"""
