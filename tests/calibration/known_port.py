"""A port whose numbers are known, and its log: what the fits are to give back."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from calibration.estimates import Estimate
from calibration.process import fit_process
from calibration.records import BLANK, Records
from calibration.simulated import records_of
from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.ports import port_run

CHANGED = (
    "findings=null", "run.warmup=2 weeks", "run.measured=16 weeks", "run.drain=4 weeks",
    "agencies.quarantine.papers.mean=90 min", "agencies.customs.papers.mean=70 min",
    "agencies.customs.release.cv=0.4", "agencies.quarantine.clearance_form=12 min",
    "agencies.quarantine.exam.fixed=22 min", "agencies.customs.exam.cv=0.5",
    "agencies.quarantine.laboratory.share=0.08", "move.duration.mean=28 min",
    "move.cutoff=14:15", "devanning.by_depth.one-third=0.3", "devanning.restuff=1.2",
    "devanning.full.0.duration.mean=52 min", "calendars.office.weekly.mon-fri.0=08:00-11:30",
    "calendars.evening-in.weekly.mon-fri.0=18:30-22:30", "calendars.office.holidays=null",
    "calendars.evening-in.holidays=null", "calendars.evening-back.holidays=null")

BASE = ("findings=null",)


@cache
def base() -> Loaded:
    """What the calibration starts from: other numbers than the port has."""
    return load("xiamen-2015", "separate", list(BASE))


@cache
def known(*sets: str) -> tuple[Records, Loaded]:
    """The log of the changed port and its scenario."""
    port = load("xiamen-2015", "separate", [*CHANGED, *sets])
    run = port_run(port, 1, 0)
    return records_of(run, simulate(run.plan, "auto")), port


def without(records: Records, *starts: str) -> Records:
    """The records without the stamps whose names begin so: most logs lack some."""
    return replace(records, seconds={name: column for name, column in records.seconds.items()
                                     if not name.startswith(starts)})


def dirtied(records: Records, seed: int = 1, share: float = 0.01) -> Records:
    """A share of the stamps missing, and as many with the date of a day before or after."""
    random = np.random.Generator(np.random.Philox(key=seed))
    seconds = {}
    for name, column in records.seconds.items():
        u = random.uniform(size=len(column))
        slip = np.where(random.uniform(size=len(column)) < 0.5, -86400, 86400)
        moved = np.where((u < share) & (column != BLANK), column + slip, column)
        seconds[name] = np.where(u > 1.0 - share, BLANK, moved).astype(np.int32)
    return replace(records, seconds=seconds)


@cache
def estimates() -> dict[str, Estimate]:
    """Key -> estimate, from a log that shows of forms and releases the end alone."""
    records, _ = known()
    return {e.key: e for e in fit_process(
        without(records, "start.clearance-form", "start.release"), base())}
