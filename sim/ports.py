"""From a scenario to the plan of one replication."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from scenarios.errors import InputError
from scenarios.load import Loaded, under
from sim.process.columns import Columns, columns_of
from sim.process.layout import (
    EffectiveLayout,
    books_of,
    calendars_of,
    effective_layout,
    resources_of,
)
from sim.process.plan import UNLIMITED, Arrivals, Calendar, Plan, build_plan
from sim.process.regimes import ProcessBuilder
from sim.process.tree import Node
from sim.traffic import Traffic, traffic_of

Begin = Callable[[Node, Arrivals, Mapping[str, Calendar]], tuple[Node, Arrivals]]
"""What work in progress makes of a process and its arrivals (see `sim.process.resume`)."""


@dataclass
class PortRun:
    """A plan with what it was made from, so that its log can be measured."""

    scenario: Loaded
    traffic: Traffic
    layout: EffectiveLayout
    columns: Columns
    plan: Plan
    companion: bool = False


def port_run(scenario: Loaded, seed: int, replication: int, *, companion: bool = False,
             traffic: Traffic | None = None, begin: Begin | None = None) -> PortRun:
    """Traffic, columns, process tree and plan of one replication.

    companion: unlimited places and slots with the same gangs and officers, to size the yards.
    begin: for a run that begins with work in progress; it is given the tree and the arrivals.
    Raises InputError for a scenario that cannot run (needs above a capacity, for instance).
    """
    if traffic is None:
        try:
            traffic = traffic_of(scenario, seed, replication)
        except InputError as error:
            raise scenario.located(error) from None
    layout = effective_layout(scenario)
    columns = columns_of(scenario, traffic, seed, replication)
    calendars = calendars_of(scenario, traffic)
    arrivals = Arrivals(traffic.lodged, traffic.containers, columns.consignment,
                        columns.container)
    tree = ProcessBuilder(scenario, layout).build()
    if begin is not None:
        tree, arrivals = begin(tree, arrivals, calendars)
    plan = build_plan(tree, arrivals, resources_of(scenario, layout, companion), calendars,
                      books_of(scenario, layout, calendars), watch=traffic.cohort,
                      cap=traffic.cap)
    return PortRun(scenario, traffic, layout, columns, plan, companion)


def companion_of(run: PortRun) -> PortRun:
    """The same replication with unlimited places and slots."""
    resources = tuple(resources_of(run.scenario, run.layout, True))
    endless = {r.name: 0.0 for r in resources if r.capacity == UNLIMITED}
    plan = replace(run.plan, resources=resources, offered={**run.plan.offered, **endless})
    return replace(run, plan=plan, companion=True)


def uncapacitated(run: PortRun) -> PortRun:
    """The same replication with more than enough of everything: nobody queues, though calendars
    and the opening times of appointments stay."""
    resources = tuple(replace(r, capacity=UNLIMITED) for r in run.plan.resources)
    books = tuple((key, replace(book, capacity=UNLIMITED)) for key, book in run.plan.books)
    plan = replace(run.plan, resources=resources, books=books,
                   offered={r.name: 0.0 for r in resources})
    return replace(run, plan=plan)


def plan_of(scenario: Loaded, regime: str | None = None, seed: int = 1,
            replication: int = 0) -> Plan:
    """The plan of one replication of a scenario, optionally under another regime."""
    return port_run(under(scenario, regime) if regime else scenario, seed, replication).plan
