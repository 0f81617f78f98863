"""Ten boxes walked by hand through three regimes; the engine agrees with every stamp.

The README beside the tables says by which rules the tables were made.
"""

from __future__ import annotations

import csv
from functools import cache

import pytest

from sim.engines import simulate
from sim.engines.invariants import check
from sim.eventlog import EventLog
from sim.verification.ten_boxes import (
    CONSIGNMENTS,
    FOLDER,
    REGIMES,
    compare,
    engine_rows,
    run_of,
    walked,
)


@cache
def log_of(regime: str) -> EventLog:
    """The reference engine's log of the ten boxes."""
    log = simulate(run_of(regime).plan, "reference")
    check(log.plan, log)
    return log


def reasons(regime: str) -> dict[tuple[str, str, str], str]:
    """(consignment or box, stage, agency) -> the reason written beside a row."""
    with (FOLDER / f"{regime}.csv").open(newline="", encoding="utf-8") as file:
        return {(row["box"] or row["consignment"], row["stage"], row["agency"]): row["reason"]
                for row in csv.DictReader(file)}


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("consignment", [c.name for c in CONSIGNMENTS])
def test_every_stamp_of_a_consignment_is_the_one_walked_by_hand(regime, consignment):
    expected = sorted(row for row in walked(regime) if row[0] == consignment)
    assert sorted(row for row in engine_rows(log_of(regime)) if row[0] == consignment) == expected


@pytest.mark.parametrize("regime", REGIMES)
def test_nothing_was_left_out_of_the_walk(regime):
    assert len(walked(regime)) == len(log_of(regime))
    assert len(reasons(regime)) == len(log_of(regime))


def test_a_stamp_that_differs_and_a_row_too_many_are_told():
    rows = walked("separate")
    moved = [(*row[:6], row[6] + 0.5) if i == 2 else row for i, row in enumerate(rows)]
    assert (compare(rows, rows).equal, compare(rows, rows).compared) == (173, 173)
    one = compare(rows, moved)
    assert (one.equal, one.compared) == (172, 173)
    assert one.first.startswith(f"{rows[2][1]}, {rows[2][2]}") and "walked" in one.first
    assert compare(rows, rows[1:]).equal == 172
    more = compare(rows, [*rows, rows[0]])
    assert (more.equal, more.compared) == (173, 174) and "not in the walk" in more.first


def test_the_laboratory_is_drawn_for_the_last_consignment_alone():
    sampled = run_of("separate").columns.consignment["sampled.quarantine"]
    assert sampled.tolist() == [0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(("regime", "row", "reason"), [
    ("separate", ("C", "papers", "quarantine"), "paused Wed 11:30 to Wed 13:00"),
    ("separate", ("E", "papers", "quarantine"), "paused Wed 17:00 to Thu 08:00"),
    ("separate", ("C1", "move-in", "customs"), "until Fri 18:30"),
    ("separate", ("C1", "slotting", "customs"), "until Mon 08:30"),
    ("separate", ("D1", "slotting", "quarantine"), "slot.quarantine-yard with C1"),
    ("separate", ("D1", "admission", "customs"), "place.customs-yard with A1, C1"),
    ("separate", ("D1", "appointment", "customs"), "past Thu's cut-off"),
    ("separate", ("E2", "appointment", "customs"), "Thu is full"),
    ("separate", ("E3", "appointment", "quarantine"), "Sat no moves; Sun no moves"),
    ("separate", ("G", "laboratory", "quarantine"), "500 min in the agency's hours"),
    ("one-stop", ("B", "merge", "customs"), "clerk.customs with A"),
    ("one-stop", ("C", "merge", "customs"), "paused Wed 12:00 to Wed 13:30"),
    ("one-stop", ("E1", "appointment", "quarantine+customs"), "Thu is full"),
    ("one-stop", ("D1", "examination", "quarantine+customs"), "joint-officer.quarantine with E1"),
    ("one-stop-recognition", ("F1", "examination", "quarantine"), "officer.quarantine with E3"),
])
def test_what_the_walk_is_meant_to_meet_does_happen(regime, row, reason):
    assert reason in reasons(regime)[row]
