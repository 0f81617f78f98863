"""What a regime makes of the port's layout: yards, gangs, officers, clerks, calendars, books."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.schema.port import Site
from scenarios.schema.scenario import WEEK, Scenario
from sim.calendars import build_book, build_calendar, union
from sim.process.inputs import UNLIMITED, Book, Calendar, Resource
from sim.traffic.tables import Traffic

POOL = "pool"
MOVING = "box moves"
"""The tractors' calendar: whenever boxes may be moved to the yards or back."""
MARGIN = 12 * WEEK
"""Calendars are known this long beyond the cap, so that work begun before it can end."""


@dataclass(frozen=True)
class EffectiveLayout:
    """Yards and staff under the scenario's regime.

    sites   site -> its numbers; gangs: pool or agency -> number; officers: agency -> those for its
    own examinations; joint_officers: agency -> those rostered to joint sessions
    """

    sites: dict[str, Site]
    gangs: dict[str, int]
    officers: dict[str, int]
    joint_officers: dict[str, int]
    clerks: dict[str, int]
    tractors: int

    def site_of(self, agency: str) -> str:
        """The yard in which an agency examines."""
        return next(name for name, site in self.sites.items() if agency in site.agencies)

    def gang_of(self, agency: str) -> str:
        """The resource name of the gangs that work for an agency."""
        return "gang" if POOL in self.gangs else f"gang.{agency}"


def effective_layout(scenario: Scenario) -> EffectiveLayout:
    """Applies the levers site, staffing and examination to the port's layouts."""
    regime, layout = scenario.regime, scenario.layout
    separate, shared = layout.separate, layout.shared
    restated = layout.restated if regime.staffing == "restated" else None
    sites = dict(separate.sites)
    if regime.site == "shared":
        assert shared is not None
        sites = dict(shared.sites)
    for name, change in (restated.sites if restated else {}).items():
        sites[name] = sites[name].model_copy(update=change.model_dump(exclude_none=True))
    gangs = dict(separate.gangs)
    if regime.staffing != "divided":
        gangs = {POOL: sum(separate.gangs.values())}
    if restated and restated.gangs:
        gangs = {POOL: restated.gangs}
    officers = {**separate.officers, **((restated and restated.officers) or {})}
    joint: dict[str, int] = {}
    if regime.examination == "joint" and scenario.joint.call == "session" and shared:
        joint = {**shared.joint_officers, **((restated and restated.joint_officers) or {})}
        officers = {name: n - joint[name] for name, n in officers.items()}
    clerks = {**separate.clerks, **((restated and restated.clerks) or {})}
    tractors = (restated and restated.tractors) or separate.tractors
    return EffectiveLayout(sites, gangs, officers, joint, clerks, tractors)


def agency_calendar(scenario: Scenario, agency: str) -> str:
    """The calendar of an agency's officers and clerks under the lever `hours`."""
    if scenario.regime.hours == "aligned":
        assert scenario.layout.shared is not None
        return scenario.layout.shared.hours
    return scenario.agencies[agency].calendar


def resources_of(scenario: Scenario, layout: EffectiveLayout,
                 unlimited_places: bool) -> list[Resource]:
    """All resources, in the order in which activities acquire them."""
    gang_calendar = scenario.layout.separate.gang_calendar
    resources = []
    for name, site in layout.sites.items():
        resources.append(Resource(f"place.{name}", UNLIMITED if unlimited_places else site.buffer))
    resources.append(Resource("tractor", layout.tractors, MOVING))
    for name, number in layout.gangs.items():
        resources.append(Resource("gang" if name == POOL else f"gang.{name}", number,
                                  gang_calendar))
    for name, site in layout.sites.items():
        resources.append(Resource(f"slot.{name}", UNLIMITED if unlimited_places else site.slots))
    for kind, table in (("officer", layout.officers), ("joint-officer", layout.joint_officers),
                        ("clerk", layout.clerks)):
        for name, number in table.items():
            resources.append(Resource(f"{kind}.{name}", number, agency_calendar(scenario, name)))
    return resources


def calendars_of(scenario: Scenario, traffic: Traffic) -> dict[str, Calendar]:
    """Every calendar that the process needs, from the start to well beyond the cap."""
    names = {agency_calendar(scenario, agency) for agency in scenario.agencies}
    names |= {scenario.layout.separate.gang_calendar, scenario.move.in_window,
              scenario.move.back_window}
    calendars = {name: build_calendar(name, scenario.calendars[name], traffic.start,
                                      scenario.run.time_zone, traffic.cap + MARGIN)
                 for name in sorted(names)}
    calendars[MOVING] = union(calendars[scenario.move.in_window],
                              calendars[scenario.move.back_window])
    return calendars


def books_of(scenario: Scenario, layout: EffectiveLayout,
             calendars: dict[str, Calendar]) -> dict[str, Book]:
    """One appointment book per yard: the days of the move window, up to their cut-off."""
    window = calendars[scenario.move.in_window]
    return {name: build_book(window, scenario.move.cutoff, site.appointments_per_day)
            for name, site in layout.sites.items()}
