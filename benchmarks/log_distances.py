"""How near simulated logs come to real ones that are no port's: python -m benchmarks.log_distances.

The logs are not shipped. FOLDER holds Production.csv.gz (the machine shop of the process mining
community) and AgentSim_LoanApp_train.csv.gz, AgentSim_LoanApp_test.csv.gz (a loan application, in
the split of AgentSimulator). Production is cut as AgentSimulator cuts it: at 80 % of the events by
their end, cases on both sides left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.log_driven import Process, imitate, learn
from calibration.distances import distances
from calibration.eventtable import EventTable, Ints
from calibration.references import b0, b1

REPETITIONS = 10
SHOWN = ("n-gram", "absolute", "relative", "circadian", "cycle")
PUBLISHED = {
    "loan application": (0.07, 2.48, 1.33, 0.21, 1.32), "machine shop": (0.61, 45.34, 15.17, 5.57,
                                                                          25.74)}
"""Of AgentSimulator the best of its six configurations, measure by measure (README of its
repository, lukaskirchdorfer/AgentSimulator, table of additional results)."""


def read(path: Path, activity: str, start: str, end: str) -> EventTable:
    """A log of activities without its resources' zone: stamps as they stand, in UTC."""
    import duckdb

    with duckdb.connect() as connection:
        columns = connection.execute(
            "SELECT * FROM read_csv(?, all_varchar = true, header = true)", [str(path)]
        ).fetchnumpy()
    resource = "resource" if "resource" in columns else "Resource"

    def stamps(name: str) -> np.ndarray:
        return np.array([text[:26].split("+")[0].replace(" ", "T") for text in columns[name]],
                        dtype="datetime64[ns]")

    return EventTable(columns["case_id"], columns[activity], stamps(start), stamps(end),
                      columns[resource])


def cut(table: EventTable, share: float = 0.8) -> tuple[EventTable, EventTable, Ints, int]:
    """(training cases, test cases, when each case began that had begun by the cut, the cut)."""
    order = np.argsort(table.ends, kind="stable")
    kept = int(round(share * len(table)))
    before = np.zeros(len(table), dtype=bool)
    before[order[:kept]] = True
    codes, names = table.cases
    inside = np.bincount(codes[before], minlength=len(names))
    at = int(table.ends[order[kept - 1]])
    return (table.of_cases(inside == np.bincount(codes)), table.of_cases(inside == 0),
            table.arrivals[table.arrivals <= at], at)


def studies(folder: Path) -> dict[str, tuple[EventTable, EventTable, Ints, int]]:
    """Name -> what is trained on and what it is held against."""
    loan = [read(folder / f"AgentSim_LoanApp_{part}.csv.gz", "activity_name", "start_timestamp",
                 "end_timestamp") for part in ("train", "test")]
    shop = read(folder / "Production.csv.gz", "Activity", "start_time", "end_time")
    return {"loan application": (loan[0], loan[1], loan[0].arrivals, int(loan[1].arrivals.min())),
            "machine shop": cut(shop)}


def table(name: str, train: EventTable, test: EventTable, begun: Ints, at: int) -> str:
    """Mean distances over REPETITIONS, with their standard deviations."""
    process = learn(train, begun, at)
    since, until = int(test.arrivals.min()), int(test.departures.max())
    ways: dict[str, Callable[[int], EventTable]] = {
        "onestop": lambda k: _run(process, since, until, k),
        "B0": lambda k: b0(train, since, until, number=k),
        "B1": lambda k: b1(train, since, until, number=k)}
    lines = [f"| {name} | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    real = EventTable(test.case, test.activity, test.start, test.end)
    for way, make in ways.items():
        found = []
        for k in range(REPETITIONS):
            log = make(k)
            all_of_it = distances(real, EventTable(log.case, log.activity, log.start, log.end))
            found.append([all_of_it[measure] for measure in SHOWN])
        values = [f"{mean:.2f} ({sd:.2f})" for mean, sd in zip(np.mean(found, axis=0),
                                                               np.std(found, axis=0, ddof=1))]
        lines.append(f"| {way} | " + " | ".join(values) + " |")
    lines.append("| AgentSimulator, best of six | " + " | ".join(
        f"{value:.2f}" for value in PUBLISHED[name]) + " |")
    return "\n".join(lines)


def _run(process: Process, since: int, until: int, number: int) -> EventTable:
    return imitate(process, since, until, number=number)


def main() -> None:
    """Prints the tables of the logs in the folder that is named."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m benchmarks.log_distances FOLDER")
    for name, study in studies(Path(sys.argv[1])).items():
        print(table(name, *study), end="\n\n")


if __name__ == "__main__":
    main()
