"""From the levers of a regime to the process tree.

Stage ids are the same under every regime: papers, merge, admission, appointment, move-in,
slotting, devanning, examination, deepening, second-examination, check, restuffing, treatment,
move-back, laboratory, notice, correction, detention, endorsement, clearance-form, release, pickup.
"""

from __future__ import annotations

from scenarios.schema.scenario import Scenario
from sim.process.columns import checkers_of, joint_subsets
from sim.process.followup import pairs_of
from sim.process.layout import EffectiveLayout, agency_calendar
from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Need,
    Node,
    Parallel,
    Sequence,
)

SKIP = Sequence(())
CLOSING = ("endorsement", "clearance-form", "release")


class ProcessBuilder:
    """Builds the tree of one scenario. Each method returns one part of the process."""

    def __init__(self, scenario: Scenario, layout: EffectiveLayout):
        self.s, self.layout = scenario, layout
        self.subsets = joint_subsets(scenario)
        self.order = list(scenario.order)
        self.regime = scenario.regime

    @property
    def at_once(self) -> bool:
        """Whether gang, slot and officers are called in one set; then for every examination in
        the yard, since a set beside a chain over the same resources could wait for ever."""
        return self.regime.examination == "joint" and self.s.joint.call == "atomic"

    def build(self) -> Node:
        """The whole process of a consignment, from the papers to the gate."""
        pickup: Node = Activity("pickup", "pickup")
        if self.s.selection.simulate == "all":
            # Papers lodged before the vessel came may be through before the discharge.
            pickup = Sequence((Await("discharged"), pickup))
        chained = self.regime.declaration == "chained"
        papers = self.papers(0) if chained else self.all_papers()
        return Sequence((papers, EachContainer(self.boxes()), pickup))

    # papers ---------------------------------------------------------------------------------

    def clerk(self, stage: str, agency: str, duration: str) -> Activity:
        """An activity of one of an agency's clerks; what closes a consignment may be done apart."""
        if stage in CLOSING and self.s.agencies[agency].closing == "apart":
            return Activity(stage, duration, calendars=(agency_calendar(self.s, agency),),
                            agency=agency)
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
        """What follows an agency's examination: laboratory, what its finds call for, then clerical
        acts."""
        laboratory = Activity("laboratory", f"laboratory.{agency}",
                              calendars=(agency_calendar(self.s, agency),), agency=agency)
        finds = [self.finds(agency, owner) for finder, owner in pairs_of(self.s)
                 if finder == agency]
        return Sequence((
            self.if_(f"sampled.{agency}", laboratory), *finds,
            self.if_(f"acts.{agency}",
                     self.clerk("endorsement", agency, f"endorsement.{agency}"))))

    def finds(self, finder: str, owner: str) -> Node:
        """Finds that break an agency's law: it is told, if they are another's; it has the papers
        corrected, and detains."""
        correction = self.clerk("correction", owner, f"correction.{owner}")
        detention = Activity("detention", f"detention.{owner}", agency=owner)
        follows = (self.if_(f"correction.{finder}.{owner}", correction),
                   self.if_(f"detention.{finder}.{owner}", detention))
        if finder == owner:
            return Sequence(follows)
        notice = self.clerk("notice", finder, f"notice.{finder}")
        return self.if_(f"notice.{finder}.{owner}", Sequence((notice, *follows)))

    def own_release(self, agency: str, stage: str = "release") -> Node:
        return self.if_(f"declared.{agency}", Sequence((
            self.acts(agency), self.clerk(stage, agency, f"{stage}.{agency}"))))

    def single_release(self) -> Node:
        acts = Parallel(tuple(self.acts(agency) for agency in self.order))
        last = self.order[-1]
        return Sequence((acts, self.clerk("release", last, f"release.{last}")))

    # the way of a box -----------------------------------------------------------------------

    def visits(self, i: int) -> Node:
        """From the stay in yard i on, where each agency closes its own examination.

        A box goes back at once if another visit follows; its last way back runs beside whatever
        is still to come, because no release waits for it. Chained: the next agency's papers, and
        then its appointment, wait for this one's form; otherwise for the end of the stay only.
        """
        agency = self.order[i]
        final = self.if_(f"final.{agency}", self.back(agency, i))
        if i == len(self.order) - 1:
            closing = Gather(self.own_release(agency))
            return Sequence((self.stay(agency, i), Parallel((final, closing))))
        booking = self.booking(self.order[i + 1], i + 1)
        beside = [final]
        if self.regime.declaration == "chained":
            form = self.own_release(agency, "clearance-form")
            booking = Sequence((Gather(Sequence((form, self.papers(i + 1)))), booking))
        else:
            beside.append(Gather(self.own_release(agency)))
        between = self.if_(f"between.{agency}", self.back(agency, i))
        onward = Sequence((Parallel((between, booking)), self.visits(i + 1)))
        return Sequence((self.stay(agency, i), Parallel((*beside, onward))))

    def stays(self, i: int) -> Node:
        """The stays in the yards alone, with the ways back between them."""
        agency = self.order[i]
        if i == len(self.order) - 1:
            return self.stay(agency, i)
        between = self.if_(f"between.{agency}", self.back(agency, i))
        booking = self.booking(self.order[i + 1], i + 1)
        return Sequence((self.stay(agency, i), Parallel((between, booking)), self.stays(i + 1)))

    def boxes(self) -> Node:
        """Everything that a box goes through from its first appointment on."""
        first = self.booking(self.order[0], 0)
        regime = self.regime
        if regime.examination == "joint":
            together = [self.joint_stay(k, members) for k, members in enumerate(self.subsets, 1)]
            stays: Node = Choice("joint", (Sequence((first, self.stays(0))), *together))
        elif regime.appointment == "single":
            stays = self.one_stay()
        elif regime.release == "single":
            stays = Sequence((first, self.stays(0)))
        else:
            return Sequence((first, self.visits(0)))
        site = self.layout.site_of(self.order[0])
        ways = [self.if_(f"final.{a}", self.back(a, i)) for i, a in enumerate(self.order)]
        if regime.appointment == "single":
            ways.append(self.if_("final.together", self.move_back("together", "", site, 0)))
        return Sequence((stays, Parallel((*ways, Gather(self.release_together())))))

    def release_together(self) -> Node:
        if self.regime.release == "single":
            return self.single_release()
        return Parallel(tuple(self.own_release(agency) for agency in self.order))

    def one_stay(self) -> Node:
        """One appointment and one move, but the agencies still examine one after the other."""
        site = self.layout.site_of(self.order[0])
        works = [self.if_(f"visit.{a}", self.work(a, site, a, i))
                 for i, a in enumerate(self.order)]
        return self.if_("visited", Sequence((
            self.appointment("", site, 0), self.move_in("together", "", site, 0), *works)))

    # a visit to the yard --------------------------------------------------------------------

    def booking(self, agency: str, i: int) -> Node:
        site = self.layout.site_of(agency)
        return self.if_(f"visit.{agency}", self.appointment(agency, site, i))

    def stay(self, agency: str, i: int) -> Node:
        site = self.layout.site_of(agency)
        return self.if_(f"visit.{agency}", Sequence((
            self.move_in(agency, agency, site, i), self.work(agency, site, agency, i))))

    def back(self, agency: str, i: int) -> Node:
        return self.move_back(agency, agency, self.layout.site_of(agency), i)

    def joint_stay(self, k: int, members: tuple[str, ...]) -> Node:
        site = self.layout.site_of(members[0])
        agency = "+".join(members)
        return Sequence((self.appointment(agency, site, 0),
                         self.move_in("together", agency, site, 0),
                         self.joint_work(k, members, site)))

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
        """Gang, slot, devanning, examination by one agency, checks by others, restuffing."""
        gang, slot = Need(self.layout.gang_of(agency)), Need(f"slot.{site}")
        officers = Need(f"officer.{agency}", self.s.agencies[agency].officers)
        entry: tuple[tuple[Need, ...], ...] = ((gang,), (slot,))
        call: tuple[tuple[Need, ...], ...] = ((officers,),)
        if self.at_once:
            entry, call = ((gang, slot, officers, *self.checkers(visit, (agency,))),), ()
        return Sequence((self.slotting(agency, site, i, entry),
                         self.devanning(agency, site, visit, i),
                         self.examination(agency, site, visit, i, call, (officers,),
                                          self.hours(agency)),
                         *self.checks(visit, (agency,), site, i),
                         self.restuffing(agency, site, visit, i, gang),
                         *self.treatment(agency, site, visit, i)))

    def joint_work(self, k: int, members: tuple[str, ...], site: str) -> Node:
        """One devanning to the deeper depth; the officers come by session, chain or at once."""
        agency, visit = "+".join(members), f"joint{k}"
        gang = Need(self.layout.gang_of(members[0]))
        kind = "joint-officer" if self.s.joint.call == "session" else "officer"
        team = tuple(Need(f"{kind}.{member}", self.regime.officers) for member in members)
        slot = Need(f"slot.{site}")
        call: tuple[tuple[Need, ...], ...] = (team,)
        entry: tuple[tuple[Need, ...], ...] = ((gang,), (slot,))
        if self.s.joint.call == "chain":
            call = tuple((need,) for need in team)
        elif self.at_once:
            call, entry = (), ((gang, slot, *team, *self.checkers(visit, members)),)
        hours = tuple(dict.fromkeys(c for member in members for c in self.hours(member)))
        return Sequence((self.slotting(agency, site, 0, entry),
                         self.devanning(agency, site, visit, 0),
                         self.examination(agency, site, visit, 0, call, team, hours),
                         *self.checks(visit, members, site, 0),
                         self.restuffing(agency, site, visit, 0, gang),
                         *self.treatment(agency, site, visit, 0)))

    def examination(self, agency: str, site: str, visit: str, i: int,
                    call: tuple[tuple[Need, ...], ...], team: tuple[Need, ...],
                    hours: tuple[str, ...]) -> Node:
        """The officers examine. After a find that calls for it the rest of the box is devanned
        while they wait, and they look again."""
        def look(stage: str, column: str, seize: tuple[tuple[Need, ...], ...],
                 release: tuple[Need, ...]) -> Activity:
            return Activity(stage, f"{column}.{visit}", seize=seize, release=release,
                            calendars=hours, agency=agency, site=site, attempt=i)

        once = look("examination", "examination", call, team)
        if not self.s.findings:
            return once
        deepening = Activity("deepening", f"deepening.{visit}",
                             calendars=(self.s.layout.separate.gang_calendar,),
                             agency=agency, site=site, attempt=i)
        deeper = Sequence((look("examination", "examination", call, ()), deepening,
                           look("second-examination", "second", (), team)))
        return Choice(f"deeper.{visit}", (once, deeper))

    def treatment(self, agency: str, site: str, visit: str, i: int) -> tuple[Node, ...]:
        """Round the clock, in the place that the box keeps."""
        if not self.s.findings:
            return ()
        return (self.if_(f"treated.{visit}", Activity(
            "treatment", "treatment", agency=agency, site=site, attempt=i)),)

    def hours(self, agency: str) -> tuple[str, ...]:
        """Calendars of an examination: the agency's and the gang's."""
        return tuple(dict.fromkeys((agency_calendar(self.s, agency),
                                    self.s.layout.separate.gang_calendar)))

    def slotting(self, agency: str, site: str, i: int,
                 entry: tuple[tuple[Need, ...], ...]) -> Node:
        """Into a slot when a gang is ready for the box: the gang first, so that slots in use
        follow the gangs. A box that leaves from its slot gives up its place here."""
        given = () if self.s.yard.return_place == "kept" else (Need(f"place.{site}"),)
        return Activity("slotting", seize=entry, release=given, agency=agency, site=site,
                        attempt=i)

    def devanning(self, agency: str, site: str, visit: str, i: int) -> Node:
        return Activity("devanning", f"devanning.{visit}",
                        calendars=(self.s.layout.separate.gang_calendar,),
                        agency=agency, site=site, attempt=i)

    def restuffing(self, agency: str, site: str, visit: str, i: int, gang: Need) -> Node:
        given = (gang, Need(f"slot.{site}")) if self.s.yard.return_place == "kept" else (gang,)
        return Activity("restuffing", f"restuffing.{visit}", release=given,
                        calendars=(self.s.layout.separate.gang_calendar,),
                        agency=agency, site=site, attempt=i)

    def checkers(self, visit: str, members: tuple[str, ...]) -> tuple[Need, ...]:
        """Officers of the agencies that check at the open box, for a call at once."""
        return tuple(Need(f"officer.{a}", f"check-officers.{a}.{visit}")
                     for a in checkers_of(self.s, members))

    def checks(self, visit: str, members: tuple[str, ...], site: str, i: int) -> list[Node]:
        """Other agencies check elements that they do not recognise, at the open box."""
        nodes = []
        for agency in checkers_of(self.s, members):
            officers = Need(f"officer.{agency}", self.s.agencies[agency].officers)
            nodes.append(self.if_(f"check.{agency}.{visit}", Activity(
                "check", f"checking.{agency}", release=(officers,),
                seize=() if self.at_once else ((officers,),),
                calendars=self.hours(agency), agency=agency, site=site, attempt=i)))
        return nodes

    @staticmethod
    def if_(column: str, node: Node) -> Node:
        """The node where the column holds 1, nothing where it holds 0."""
        return Choice(column, (SKIP, node))
