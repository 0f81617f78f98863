"""A wide log of many rows, and how long and in how much memory it is read.

    python -m benchmarks.large_log write FILE.csv [--rows N] [--like LOG]
    python -m benchmarks.large_log read FILE

`write` repeats the rows of a log (the shipped excerpt, or --like) with their dates moved by whole
weeks and with new numbers of containers and declarations, until there are enough.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
import resource
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from scenarios.load import load

EXCERPT = Path(__file__).resolve().parents[1] / "scenarios" / "library" / "port-log.csv"
WEEKS = 2000
"""Over which the copies are spread: more of them a week than a run could hold is no log to fit."""
_DATE = re.compile(r"(\d{4})([-/])(\d\d)[-/](\d\d)")
_WEIGHTS = 2 ** np.arange(10)
_LETTERS = np.array([n for n in range(10, 39) if n % 11])


def boxes(first: int, number: int) -> list[str]:
    """Container numbers with their check digits, all different for different `first`."""
    serial = np.arange(first, first + number)
    letters = np.stack([serial // (10**6 * 26**k) % 26 for k in (2, 1, 0)]
                       + [np.full(number, 20)], axis=1)
    digits = np.stack([serial // 10**k % 10 for k in range(5, -1, -1)], axis=1)
    total = np.concatenate([_LETTERS[letters], digits], axis=1) @ _WEIGHTS
    codes = np.concatenate([letters + 65, digits + 48, (total % 11 % 10 + 48)[:, None]], axis=1)
    return [row.decode() for row in codes.astype(np.uint8).view("S11").ravel().tolist()]


def write(out: Path, rows: int, like: Path) -> None:
    """Writes the log; the first column must be the container's, the third the declaration's."""
    raw = gzip.decompress(like.read_bytes()) if like.suffix == ".gz" else like.read_bytes()
    header, *body = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    number: dict[str, int] = {}
    own = [number.setdefault(row[2], len(number)) for row in body]
    sizes = [row[1] for row in body]
    rest = "\n".join(",".join(row[3:]) for row in body)
    pieces = _DATE.split(rest)
    days = [date(int(y), int(m), int(d)) for y, m, d in zip(pieces[1::5], pieces[3::5],
                                                            pieces[4::5], strict=True)]
    with out.open("w", encoding="utf-8", newline="") as stream:
        stream.write("\ufeff" + ",".join(header) + "\n")
        copies = -(-rows // len(body))
        for week in range(min(WEEKS, copies)):
            moved = {day: day + timedelta(weeks=week) for day in set(days)}
            texts = {(day, mark): moved[day].strftime(f"%Y{mark}%m{mark}%d")
                     for day in moved for mark in "-/"}
            parts = [pieces[0]]
            for k, day in enumerate(days):
                parts += [texts[day, pieces[5 * k + 2]], pieces[5 * k + 5]]
            lines = "".join(parts).split("\n")
            for copy in range(week, copies, WEEKS):
                wanted = min(rows - copy * len(body), len(body))
                stream.write("".join(
                    f"{box},{size},{10**16 * 3 + copy * len(number) + k},{line}\n"
                    for box, size, k, line in zip(boxes(copy * len(body), wanted), sizes, own,
                                                  lines, strict=False)))


def read(path: Path) -> dict[str, float]:
    """Reads the log as the shipped port's; seconds, processor seconds, rows and megabytes."""
    from calibration.reading import read as read_log

    scenario = load("xiamen-2015")
    attributes = {name: list(attribute.shares or next(iter((attribute.table or {}).values())))
                  for name, attribute in scenario.traffic.attributes.items()}
    begun, used = time.perf_counter(), time.process_time()
    reading = read_log(path, agencies=list(scenario.order), attributes=attributes,
                       time_zone=scenario.run.time_zone)
    return {"rows": reading.account.rows, "used": reading.account.used,
            "seconds": round(time.perf_counter() - begun, 1),
            "cpu_seconds": round(time.process_time() - used, 1),
            "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def main(arguments: list[str] | None = None) -> int:
    """Writes or reads."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_log")
    parser.add_argument("what", choices=["write", "read"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=20_000_000, metavar="N")
    parser.add_argument("--like", type=Path, default=EXCERPT, metavar="LOG")
    options = parser.parse_args(arguments)
    if options.what == "write":
        write(options.file, options.rows, options.like)
    else:
        print(json.dumps(read(options.file)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
