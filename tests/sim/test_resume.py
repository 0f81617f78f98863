"""A run that is cut and resumed goes on as if it had not been cut."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from scenarios.load import load
from sim.engines import reference
from sim.engines.invariants import check
from sim.eventlog import EventLog, logged
from sim.ports import PortRun, port_run
from sim.process.plan import Arrivals, Plan
from sim.process.resume import Progress, resume
from sim.process.tree import Activity

DAY, WEEK = 1440.0, 10_080.0
SHORT = ("run.warmup=0 weeks", "run.measured=2 weeks", "run.drain=3 weeks",
         "layout.separate.gangs.quarantine=8", "layout.separate.officers.customs=8",
         "layout.separate.clerks.quarantine=7")
REGIMES = ("separate", "parallel-papers", "one-appointment", "one-stop")


@cache
def whole(regime: str) -> tuple[PortRun, EventLog]:
    run = port_run(load("xiamen-2015", regime, SHORT), 3, 0)
    run = replace(run, plan=replace(run.plan, watch=np.ones(run.plan.consignments, bool)))
    return run, reference.run(run.plan)


def progress_at(plan: Plan, log: EventLog, cut: float) -> Progress:
    """What had become of everything in a log by a minute, to the tick."""
    progress = Progress()
    for step in logged(plan):
        enabled, start, end = log.stamps(step.number)
        progress.done[step.number] = end <= cut
        if not isinstance(step.node, Activity):
            continue
        progress.since[step.number] = np.where((enabled <= cut) & ~(end <= cut), enabled, np.nan)
        if step.duration is None:
            continue
        in_hand = (start <= cut) & ~(end <= cut)
        spent, closing = cut - start, np.zeros(len(start), bool)
        if step.shift >= 0:
            shift = plan.shifts[step.shift]
            if not shift.finish:
                spent = shift.times.before(np.full(len(start), cut)) - shift.times.before(start)
        shift = plan.shifts[step.window] if step.window >= 0 else None
        if shift is not None and not shift.times.open_at(np.array([cut]))[0]:
            closing = in_hand
        progress.left[step.number] = np.where(in_hand, step.duration - spent, np.nan)
        progress.closing[step.number] = closing
    return progress


def resumed(regime: str, cut: float) -> PortRun:
    run, log = whole(regime)
    progress = progress_at(run.plan, log, cut)
    again = port_run(run.scenario, 3, 0, traffic=run.traffic,
                     begin=lambda tree, arrivals, _: resume(tree, arrivals, progress, cut))
    return replace(again, plan=replace(again.plan, watch=run.plan.watch))


def stamps(log: EventLog) -> dict[tuple, np.ndarray]:
    """(stage, agency, attempt, which) -> minutes by entity, NaN where there are none."""
    found: dict[tuple, np.ndarray] = {}
    for step in logged(log.plan):
        if not isinstance(step.node, Activity) or step.duration is None:
            continue
        node = step.node
        _, start, end = log.stamps(step.number)
        for which, minutes in (("start", start), ("end", end)):
            key = node.stage, node.agency, node.attempt, which
            found[key] = np.fmax(found[key], minutes) if key in found else minutes
    return found


def compared(regime: str, cut: float) -> tuple[np.ndarray, np.ndarray]:
    """Every stamp after the cut in the whole run, and the same in the one that was resumed."""
    again = resumed(regime, cut)
    log = reference.run(again.plan)
    check(again.plan, log)
    one, other = stamps(whole(regime)[1]), stamps(log)
    pairs = []
    for key, minutes in one.items():
        later = minutes > cut
        pairs.append((minutes[later], other[key][later]))
        if key[-1] == "end":
            assert np.all(np.isnan(other[key][minutes <= cut])), key
    return tuple(np.concatenate(column) for column in zip(*pairs, strict=True))


MIDNIGHT, MORNING, EVENING, AFTER_HOURS = (
    WEEK + minutes for minutes in (0.0, DAY + 630.0, 2 * DAY + 1140.0, 2 * DAY + 1328.0))


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("cut", [MIDNIGHT, MORNING, AFTER_HOURS])
def test_every_later_stamp_comes_out_the_same(regime, cut):
    before, after = compared(regime, cut)
    assert len(before) > 4_000
    assert np.array_equal(before, after)


@pytest.mark.parametrize("regime", ["separate", "parallel-papers"])
def test_cut_amid_the_moves_only_their_order_may_change(regime):
    """What waits in an open window asks anew at the cut, and so in the order of the boxes: some
    boxes come earlier and some later, and with them what follows; half of all hardly move."""
    before, after = compared(regime, EVENING)
    # The cap leaves some at work in either run.
    assert np.isnan(after).mean() < 0.001
    assert abs(np.nanmedian(after - before)) < 1.0


@pytest.mark.parametrize("regime", ["separate", "one-stop"])
@pytest.mark.parametrize("cut", [MIDNIGHT, MORNING, AFTER_HOURS])
def test_engines_agree(regime, cut):
    compiled = pytest.importorskip("sim.engines.compiled")
    plan = resumed(regime, cut).plan
    ours, theirs = reference.run(plan), compiled.run(plan)
    for name in ("consignment", "container", "node", "enabled", "start", "end", "done"):
        assert getattr(ours, name).tobytes() == getattr(theirs, name).tobytes(), name


def test_without_progress_the_tree_stays_as_it_was():
    run, log = whole("separate")
    progress = progress_at(run.plan, log, 0.0)
    arrivals = Arrivals(run.plan.time, np.diff(run.plan.first), run.columns.consignment,
                        run.columns.container)
    tree, begun = resume(run.plan.tree, arrivals, progress, 0.0)
    assert tree == run.plan.tree
    assert begun.consignment.keys() == arrivals.consignment.keys()
    assert begun.container.keys() == arrivals.container.keys()
    assert np.array_equal(begun.time, arrivals.time)
