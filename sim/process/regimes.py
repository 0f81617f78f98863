"""From the levers of a regime to the process tree.

Stage ids are the same under every regime: papers, merge, admission, appointment, move-in,
slotting, devanning, examination, check, restuffing, move-back, laboratory, endorsement,
clearance-form, release, pickup.
"""

from __future__ import annotations

from scenarios.schema.scenario import Scenario
from sim.process.layout import EffectiveLayout, agency_calendar
from sim.process.tree import (
    Activity, Appointment, Await, Choice, EachContainer, Gather, Need, Node, Parallel, Sequence,
)

SKIP = Sequence(())


class ProcessBuilder:
    """Builds the tree of one scenario. Each method returns one part of the process."""

    def __init__(self, scenario: Scenario, layout: EffectiveLayout,
                 subsets: list[tuple[str, ...]]):
        self.s, self.layout, self.subsets = scenario, layout, subsets
        self.order = list(scenario.order)
        self.regime = scenario.regime

    def build(self) -> Node:
        """The whole process of a consignment, from the papers to the gate."""
        pickup = Activity("pickup", "pickup")
        if self.regime.declaration == "chained":
            return Sequence((self.papers(0), EachContainer(self.chain(0)), pickup))
        return Sequence((self.all_papers(), EachContainer(self.examinations()), pickup))

    # papers ---------------------------------------------------------------------------------

    def clerk(self, stage: str, agency: str, duration: str) -> Activity:
        """An activity of one of an agency's clerks."""
        clerk = Need(f"clerk.{agency}")
        return Activity(stage, duration, seize=((clerk,),), release=(clerk,),
                        calendars=(agency_calendar(self.s, agency),), agency=agency)

    def papers(self, i: int) -> Node:
        agency = self.order[i]
        return self.if_(f"declared.{agency}", self.clerk("papers", agency, f"papers.{agency}"))

    def all_papers(self) -> Node:
        """Parallel: a form each. Single: one form; a clerk of the last agency merges answers."""
        reviews = Parallel(tuple(self.papers(i) for i in range(len(self.order))))
        if self.regime.declaration == "parallel":
            return reviews
        merge = self.clerk("merge", self.order[-1], "merge")
        return Sequence((reviews, self.if_("several", merge)))

    def acts(self, agency: str) -> Node:
        """What follows an agency's examination: laboratory, then clerical acts."""
        laboratory = Activity("laboratory", f"laboratory.{agency}",
                              calendars=(agency_calendar(self.s, agency),), agency=agency)
        return Sequence((
            self.if_(f"sampled.{agency}", laboratory),
            self.if_(f"acts.{agency}",
                     self.clerk("endorsement", agency, f"endorsement.{agency}"))))

    def own_release(self, agency: str, stage: str = "release") -> Node:
        return self.if_(f"declared.{agency}", Sequence((
            self.acts(agency), self.clerk(stage, agency, f"{stage}.{agency}"))))

    def single_release(self) -> Node:
        acts = Parallel(tuple(self.acts(agency) for agency in self.order))
        last = self.order[-1]
        return Sequence((acts, self.clerk("release", last, f"release.{last}")))

    # one after the other --------------------------------------------------------------------

    def chain(self, i: int) -> Node:
        """Chained papers: visit i, then (while the box goes back) form and papers of the next."""
        agency = self.order[i]
        visit, back = self.visit(agency, i), self.back(agency, i)
        if i == len(self.order) - 1:
            closing = Gather(self.own_release(agency))
            return Sequence((visit, Parallel((back, closing))))
        following = Gather(Sequence((self.own_release(agency, "clearance-form"),
                                     self.papers(i + 1))))
        booking = Sequence((following, self.booking(self.order[i + 1], i + 1)))
        return Sequence((visit, Parallel((back, booking)), self.chain_rest(i + 1)))

    def chain_rest(self, i: int) -> Node:
        """The chain from visit i on, whose appointment is already made."""
        agency = self.order[i]
        stay, back = self.stay(agency, i), self.back(agency, i)
        if i == len(self.order) - 1:
            return Sequence((stay, Parallel((back, Gather(self.own_release(agency))))))
        following = Gather(Sequence((self.own_release(agency, "clearance-form"),
                                     self.papers(i + 1))))
        booking = Sequence((following, self.booking(self.order[i + 1], i + 1)))
        return Sequence((stay, Parallel((back, booking)), self.chain_rest(i + 1)))

    def serial(self, i: int) -> Node:
        """Papers not chained, visit i on its own appointment, the next after it."""
        agency = self.order[i]
        back = self.back(agency, i)
        own = self.regime.release == "per-agency" and self.regime.examination == "serial"
        closing: Node = Gather(self.own_release(agency)) if own else SKIP
        if i == len(self.order) - 1:
            return Sequence((self.stay(agency, i), Parallel((back, closing))))
        following = self.order[i + 1]
        onward = Sequence((Parallel((back, self.booking(following, i + 1))), self.serial(i + 1)))
        return Sequence((self.stay(agency, i), Parallel((closing, onward))))

    def examinations(self) -> Node:
        """Everything that a box goes through when papers are not chained."""
        first = self.order[0]
        by_appointment = Sequence((self.booking(first, 0), self.serial(0)))
        if self.regime.examination == "joint":
            together = [self.joint_visit(k, members) for k, members in enumerate(self.subsets, 1)]
            return Sequence((Choice("joint", (by_appointment, *together)),
                             Gather(self.release_together())))
        if self.regime.appointment == "single":
            return self.one_stay()
        if self.regime.release == "single":
            return Sequence((by_appointment, Gather(self.single_release())))
        return by_appointment

    def release_together(self) -> Node:
        if self.regime.release == "single":
            return self.single_release()
        return Parallel(tuple(self.own_release(agency) for agency in self.order))

    def one_stay(self) -> Node:
        """One appointment and one move, but the agencies still examine one after the other."""
        site = self.layout.site_of(self.order[0])
        works = [self.if_(f"visit.{a}", self.work(a, site, a, i))
                 for i, a in enumerate(self.order)]
        stay = Sequence((self.appointment("", site, 0), self.move_in("joint", "", site, 0), *works))
        back = self.if_("visited", self.move_back("joint", "", site, 0))
        closing = Gather(self.release_together())
        return Sequence((self.if_("visited", stay), Parallel((back, closing))))

    # a visit to the yard --------------------------------------------------------------------

    def visit(self, agency: str, i: int) -> Node:
        return Sequence((self.booking(agency, i), self.stay(agency, i)))

    def booking(self, agency: str, i: int) -> Node:
        site = self.layout.site_of(agency)
        return self.if_(f"visit.{agency}", self.appointment(agency, site, i))

    def stay(self, agency: str, i: int) -> Node:
        site = self.layout.site_of(agency)
        return self.if_(f"visit.{agency}", Sequence((
            self.move_in(agency, agency, site, i), self.work(agency, site, agency, i))))

    def back(self, agency: str, i: int) -> Node:
        site = self.layout.site_of(agency)
        return self.if_(f"visit.{agency}", self.move_back(agency, agency, site, i))

    def joint_visit(self, k: int, members: tuple[str, ...]) -> Node:
        site = self.layout.site_of(members[0])
        agency = "+".join(members)
        return Sequence((
            self.appointment(agency, site, 0), self.move_in("joint", agency, site, 0),
            self.joint_work(k, members, site), self.move_back("joint", agency, site, 0)))

    def appointment(self, agency: str, site: str, i: int) -> Node:
        """Admission with a place in the yard, then the first day that still takes appointments."""
        place = Need(f"place.{site}")
        return Sequence((
            Await("discharged"),
            Activity("admission", seize=((place,),), agency=agency, site=site, attempt=i),
            Appointment("appointment", site, agency=agency, site=site, attempt=i)))

    def move_in(self, column: str, agency: str, site: str, i: int) -> Node:
        tractor = Need("tractor")
        return Activity("move-in", f"move-in.{column}", seize=((tractor,),), release=(tractor,),
                        window=self.s.move.in_window, agency=agency, site=site, attempt=i)

    def move_back(self, column: str, agency: str, site: str, i: int) -> Node:
        """The box gives its place (or its slot) back when it has left the yard."""
        tractor = Need("tractor")
        held = "place" if self.s.yard.return_place == "kept" else "slot"
        return Activity("move-back", f"move-back.{column}", seize=((tractor,),),
                        release=(tractor, Need(f"{held}.{site}")),
                        window=self.s.move.back_window, agency=agency, site=site, attempt=i)

    def work(self, agency: str, site: str, visit: str, i: int) -> Node:
        """Slot, gang, devanning, examination by one agency, checks by others, restuffing."""
        gang = Need(self.layout.gang_of(agency))
        officers = Need(f"officer.{agency}", self.s.agencies[agency].officers)
        examination = Activity(
            "examination", f"examination.{visit}", seize=((officers,),), release=(officers,),
            calendars=self.hours(agency), agency=agency, site=site, attempt=i)
        checks = [self.check(other, site, i) for other in self.order if other != agency
                  and any(r.by == other and r.of == agency for r in self.s.recognition)]
        return Sequence((self.slotting(agency, site, i, ()),
                         self.devanning(agency, site, visit, i, ((gang,),)),
                         examination, *checks, self.restuffing(agency, site, visit, i, gang)))

    def joint_work(self, k: int, members: tuple[str, ...], site: str) -> Node:
        """One devanning to the deeper depth; the officers come by session, chain or at once."""
        agency, visit = "+".join(members), f"joint{k}"
        gang = Need(self.layout.gang_of(members[0]))
        kind = "joint-officer" if self.s.joint.call == "session" else "officer"
        team = tuple(Need(f"{kind}.{member}", self.regime.officers) for member in members)
        call: tuple[tuple[Need, ...], ...] = (team,)
        with_slot: tuple[Need, ...] = ()
        gangs: tuple[tuple[Need, ...], ...] = ((gang,),)
        if self.s.joint.call == "chain":
            call = tuple((need,) for need in team)
        elif self.s.joint.call == "atomic":
            call, gangs, with_slot = (), (), (gang, *team)
        hours = tuple(dict.fromkeys(c for member in members for c in self.hours(member)))
        examination = Activity("examination", f"examination.{visit}", seize=call, release=team,
                               calendars=hours, agency=agency, site=site)
        return Sequence((self.slotting(agency, site, 0, with_slot),
                         self.devanning(agency, site, visit, 0, gangs),
                         examination, self.restuffing(agency, site, visit, 0, gang)))

    def hours(self, agency: str) -> tuple[str, ...]:
        """Calendars of an examination: the agency's and the gang's."""
        return tuple(dict.fromkeys((agency_calendar(self.s, agency),
                                    self.s.layout.separate.gang_calendar)))

    def slotting(self, agency: str, site: str, i: int, more: tuple[Need, ...]) -> Node:
        """Into a devanning slot; a box that leaves from its slot gives up its place here."""
        given = () if self.s.yard.return_place == "kept" else (Need(f"place.{site}"),)
        return Activity("slotting", seize=((Need(f"slot.{site}"), *more),), release=given,
                        agency=agency, site=site, attempt=i)

    def devanning(self, agency: str, site: str, visit: str, i: int,
                  gangs: tuple[tuple[Need, ...], ...]) -> Node:
        return Activity("devanning", f"devanning.{visit}", seize=gangs,
                        calendars=(self.s.layout.separate.gang_calendar,),
                        agency=agency, site=site, attempt=i)

    def restuffing(self, agency: str, site: str, visit: str, i: int, gang: Need) -> Node:
        given = (gang, Need(f"slot.{site}")) if self.s.yard.return_place == "kept" else (gang,)
        return Activity("restuffing", f"restuffing.{visit}", release=given,
                        calendars=(self.s.layout.separate.gang_calendar,),
                        agency=agency, site=site, attempt=i)

    def check(self, agency: str, site: str, i: int) -> Node:
        """Another agency checks elements that it does not recognise, at the open box."""
        officers = Need(f"officer.{agency}", self.s.agencies[agency].officers)
        return self.if_(f"check.{agency}", Activity(
            "check", f"checking.{agency}", seize=((officers,),), release=(officers,),
            calendars=self.hours(agency), agency=agency, site=site, attempt=i))

    @staticmethod
    def if_(column: str, node: Node) -> Node:
        """The node where the column holds 1, nothing where it holds 0."""
        return Choice(column, (SKIP, node))
