"""Small models for rules walked by hand: one use of a resource, and reading the log."""

from __future__ import annotations

import numpy as np

from sim.engines import simulate
from sim.process.plan import Arrivals, Calendar, Resource, build_plan
from sim.process.tree import Activity, Need

X, Y = Need("x"), Need("y")
ONE = [Resource("x", 1), Resource("y", 1)]
DAY = Calendar([480.0, 1920.0], [1020.0, 2460.0])


def use(need=X, stage="work", **more):
    """Take one need, work for the column d, give it back."""
    return Activity(stage, "d", ((need,),), (need,), **more)


def traffic(times, containers=None, each=None, **columns):
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return Arrivals(times, containers or [1] * len(times), arrays, each or {})


def run(tree, arrivals, resources=ONE, **more):
    return simulate(build_plan(tree, arrivals, resources, **more), "reference")


def rows(log, stage="work"):
    """(enabled, start, end) of a stage, in the log's order."""
    here = log.column("stage") == stage
    return list(zip(log.enabled[here], log.start[here], log.end[here], strict=True))


def starts(log, stage="work"):
    return [row[1] for row in rows(log, stage)]


def ends(log, stage="work"):
    return [row[2] for row in rows(log, stage)]
