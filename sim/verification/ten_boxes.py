"""Ten boxes walked by hand: their traffic tables, the walked tables, and the comparison.

The folder `walked` holds the port, the tables and a README that says how they were worked out.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from scenarios.ids import DEPTHS
from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.ports import PortRun, port_run
from sim.traffic.tables import Traffic
from sim.verification.checks import Agreement, Exact

FOLDER = Path(__file__).parent / "walked"
PORT = FOLDER / "ten-boxes.yaml"
START = date(2015, 1, 5)
DAY, WEEK = 1440.0, 10080.0
REGIMES = ("separate", "one-stop", "one-stop-recognition")
LABORATORY_SEED = 23
"""With this seed the laboratory's share of 0.15 falls on consignment G alone."""

Box = tuple[int, str | None, str | None]


@dataclass(frozen=True)
class Consignment:
    """lodged, discharged: (day of January 2015, clock); boxes: feet, quarantine's and customs'
    depth, None where that agency does not examine the box."""

    name: str
    lodged: tuple[int, str]
    discharged: tuple[int, str]
    licensed: str
    goods: str
    boxes: tuple[Box, ...]


CONSIGNMENTS = (
    Consignment("A", (7, "09:10"), (7, "06:00"), "no", "general", ((20, None, "one-third"),)),
    Consignment("B", (7, "08:40"), (7, "19:00"), "yes", "general", ((40, "full", None),)),
    Consignment("C", (7, "11:15"), (7, "05:00"), "yes", "general", ((20, "half", "half"),)),
    Consignment("D", (7, "13:50"), (7, "08:30"), "no", "general", ((40, "door", "full"),)),
    Consignment("E", (7, "16:40"), (8, "07:15"), "yes", "general",
                ((40, "one-third", "half"), (20, "full", "door"), (20, "half", None))),
    Consignment("F", (8, "13:30"), (8, "10:00"), "yes", "listed",
                ((40, "one-third", "one-third"), (20, "half", "door"))),
    Consignment("G", (9, "14:35"), (9, "12:00"), "yes", "general", ((20, "full", None),)),
)


def minutes(day: int, clock: str) -> float:
    """Minutes from the start to a clock time of a day of January 2015."""
    hour, minute = clock.split(":")
    return (day - START.day) * DAY + int(hour) * 60.0 + int(minute)


def traffic_from(consignments: Sequence[Consignment], start: date = START) -> Traffic:
    """Traffic tables of consignments; the clock's days count from 5 January 2015, wherever the
    start lies. An agency selects a consignment if it examines one of its boxes."""
    n = len(consignments)
    discharged = np.array([minutes(*c.discharged) for c in consignments])
    boxes = [box for c in consignments for box in c.boxes]
    owner = np.repeat(np.arange(n), [len(c.boxes) for c in consignments])
    depth = {"quarantine": np.array([depth_code(box[1]) for box in boxes]),
             "customs": np.array([depth_code(box[2]) for box in boxes])}
    values = {"goods": ["general", "listed"], "licensed": ["yes", "no"],
              "taxable": ["yes", "no"], "risk": ["low", "high"],
              "grade": ["advanced", "certified", "credit", "discredited"]}
    attributes = {
        "goods": np.array([values["goods"].index(c.goods) for c in consignments]),
        "licensed": np.array([values["licensed"].index(c.licensed) for c in consignments]),
        "taxable": np.zeros(n, dtype=np.int64),
        "risk": np.ones(n, dtype=np.int64),
        "grade": np.full(n, 2),
    }
    examined = {agency: codes >= 0 for agency, codes in depth.items()}
    return Traffic(
        start=start, warm=0.0, horizon=WEEK, cap=4 * WEEK,
        arrival=discharged, discharged=discharged,
        lodged=np.array([minutes(*c.lodged) for c in consignments]),
        attributes=attributes, values=values,
        selected={a: np.bincount(owner, flags, n) > 0 for a, flags in examined.items()},
        owner=owner, size=np.array([box[0] for box in boxes]),
        reefer=np.zeros(len(boxes), dtype=bool), examined=examined, depth=depth,
    )


def depth_code(depth: str | None) -> int:
    """The code of a depth; -1 stands for no examination."""
    return -1 if depth is None else DEPTHS.index(depth)


def port(regime: str, sets: Sequence[str] = ()) -> Loaded:
    """The small port under a regime."""
    return load(PORT, regime, sets)


def run_of(regime: str) -> PortRun:
    """The plan of the ten boxes under a regime."""
    return port_run(port(regime), LABORATORY_SEED, 0, traffic=traffic_from(CONSIGNMENTS))


Row = tuple[str, str, str, str, float, float, float]
"""Consignment, box ('' for the consignment itself), stage, agency, enabled, start, end."""


def walked(regime: str) -> list[Row]:
    """The rows walked by hand; local date-times become minutes since the start."""
    begin = datetime(START.year, START.month, START.day)
    with (FOLDER / f"{regime}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def at(text: str) -> float:
        return (datetime.fromisoformat(text) - begin).total_seconds() / 60.0

    return [(row["consignment"], row["box"], row["stage"], row["agency"],
             at(row["enabled"]), at(row["start"]), at(row["end"])) for row in rows]


def engine_rows(log: EventLog) -> list[Row]:
    """A log of the ten boxes in the words of the tables: names instead of numbers."""
    stage, agency = log.column("stage").tolist(), log.column("agency").tolist()
    rows = []
    for i, (owner, box) in enumerate(zip(log.consignment.tolist(), log.container.tolist())):
        name = CONSIGNMENTS[owner].name
        label = "" if box < 0 else f"{name}{box - log.plan.first[owner] + 1}"
        rows.append((name, label, stage[i], agency[i], float(log.enabled[i]),
                     float(log.start[i]), float(log.end[i])))
    return rows


def compare(expected: Sequence[Row], found: Sequence[Row]) -> Agreement:
    """Rows against rows: each must be there once, with the same three stamps."""
    wanted, left = list(expected), list(found)
    differing = []
    for row in wanted:
        if row in left:
            left.remove(row)
        else:
            differing.append(row)
    first = ""
    if differing:
        row = differing[0]
        others = [other[4:] for other in left if other[:4] == row[:4]]
        first = (f"{row[1] or row[0]}, {row[2]} ({row[3]}): minutes {row[4:]} walked, "
                 f"{others[0] if others else 'no such row'} simulated")
    elif left:
        first = f"{left[0]} is not in the walk"
    equal = len(wanted) - len(differing)
    return Agreement(equal, max(len(wanted), equal + len(left)), first)


def check_of(regime: str) -> Exact:
    """The check of one regime."""

    def compared(seed: int, engine: str) -> Agreement:
        return compare(walked(regime), engine_rows(simulate(run_of(regime).plan, engine)))

    return Exact(f"walked.{regime}", f"ten boxes walked by hand, {regime}: rows of three stamps",
                 compared)


WALKED = tuple(check_of(regime) for regime in REGIMES)
