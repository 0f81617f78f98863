"""A study of made-up replications, importable by worker processes; also run as a main program.

python -m tests.sim.fake_study OUT WORKERS      runs the study, but does not finish it
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from sim.estimands import Constant, Quantile, Ratio, Total
from sim.experiment import jobs_of, run_study
from sim.provenance import Study
from sim.replication import Replication
from sim.results import Results, begin, finish, summary_of

MEMBERS = 40


def run_one(payload: dict[str, Any], scenario: str, replication: int) -> Replication:
    """Draws shared by all scenarios, scaled by the payload's factor; may be told to misbehave."""
    if "die" in payload and replication == payload["die"]:
        os._exit(9)
    if "die_once" in payload and replication == 1 and not Path(payload["die_once"]).exists():
        Path(payload["die_once"]).touch()
        os._exit(9)
    if "fail" in payload and replication == payload["fail"]:
        raise Awkward("one", two="two")
    time.sleep(payload.get("sleep", 0.0))
    stream = np.random.Generator(np.random.Philox(key=[payload.get("seed", 1), replication]))
    # One draw by inversion for each consignment, and one shared by the whole replication.
    drawn = -np.log1p(-stream.random(MEMBERS)) * (0.9 + 0.2 * stream.random())
    hours = 10.0 * drawn * payload["factor"]
    group = (np.arange(MEMBERS) % 2).astype(np.int8)
    result = Replication(scenario, replication, groups=["joint", "customs"], members=MEMBERS)
    result.cohort = {"id": np.arange(MEMBERS), "group": group, "clearance": hours}
    result.samples = {"clearance": hours, "area": np.round(hours[:7])}
    result.sums = {"time.clearance.all.mean": (float(hours.sum()), float(MEMBERS))}
    result.estimands = {
        "time.clearance.all.mean": Ratio(),
        "time.clearance.all.p90": Quantile("clearance", 0.9),
        "area.fixed": Constant(100.0 * payload["factor"]),
        "area.moving": Quantile("area", 0.95, offset=5.0),
        "area.required": Total(("area.fixed", "area.moving")),
    }
    result.units = dict.fromkeys(result.estimands, "h")
    result.labels = {"area.fixed": "input"}
    result.tables = {
        "stages": {
            "stage": np.array(["papers", "examination"] * (MEMBERS // 2)),
            "group": group,
            "hours": hours,
        },
        "events": {"start_min": hours * 60.0} if replication == 0 else {},
    }
    return result


class Awkward(Exception):
    """An error that cannot be unpickled."""

    def __init__(self, one: str, *, two: str):
        super().__init__(f"{one} and {two}")


def study(replications: int = 5, sleep: float = 0.0, **odd: Any) -> Study:
    """Two scenarios on common draws; `odd` goes into the payload of the second."""
    return Study(
        command=("onestop", "compare", "before", "after"),
        seed=1,
        replications=replications,
        scenarios={
            "before": {"factor": 1.0, "sleep": sleep},
            "after+shared": {"factor": 0.6, "sleep": sleep, **odd},
        },
        baseline="before",
        primary=(("time.clearance.all.mean", 0.5), ("area.required", None)),
    )


def complete(out: Path, what: Study, workers: int = 1) -> Results:
    """Run a study from its beginning to its end."""
    journal = begin(out, what)
    run_study(jobs_of(what), run_one, journal, workers=workers)
    return finish(journal, summary_of(journal), extra={"process.json": {"tree": []}})


if __name__ == "__main__":
    # Spawned workers import this module anew, so the function is taken from its importable name.
    from tests.sim import fake_study

    what = fake_study.study(replications=8, sleep=0.2)
    journal = begin(Path(sys.argv[1]), what)
    run_study(jobs_of(what), fake_study.run_one, journal, workers=int(sys.argv[2]))
