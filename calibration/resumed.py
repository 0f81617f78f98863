"""A port run on from a cut in its log: the work in progress there, and traffic still to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.estimates import generator
from calibration.inprogress import Reading
from calibration.latent_runs import reordered
from calibration.records import BLANK, Flags, Floats, Ints, Records
from calibration.replay_traffic import traffic_of_records
from calibration.simulated import records_of
from scenarios.load import Loaded
from scenarios.schema.port import Laboratory
from scenarios.schema.scenario import WEEK
from sim.distributions import on_clock, times
from sim.eventlog import EventLog
from sim.ports import PortRun, port_run
from sim.process.columns import columns_of
from sim.process.inputs import Arrivals, Calendar, Shift, common_shift
from sim.process.layout import agency_calendar
from sim.process.resume import resume
from sim.process.tree import Node
from sim.traffic.drawn import Draws, drawn_traffic
from sim.traffic.lodging import lodge
from sim.traffic.tables import Traffic

COPIES = 40
"""Draws among which one longer than what has passed is looked for: of work at a random moment, all
are shorter about once in forty times, and then little is left of it."""

GRID = 2000
"""Points at which the law of the laboratory's time is taken."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A log as it looked at a Monday's midnight.

    past   its consignments that had come by then, in the order of arrival
    open   of these, the ones that were not through
    """

    at: float
    past: Records
    open: Records

    @classmethod
    def of(cls, records: Records, at: float) -> Cut:
        """The records cut at a minute. Raises ValueError outside of the log's time."""
        if not records.since < at < records.until:
            raise ValueError(f"a cut at minute {at:g}; allowed: between {records.since:g} and "
                             f"{records.until:g}")
        past = records.take(came(records) < at, until=at)
        past = reordered(past, np.argsort(came(past), kind="stable"))
        return cls(at, past, past.take(open_at(past)))


def came(records: Records) -> Floats:
    """float64[n]: arrival, or the first that is known."""
    first = records.of_consignments("arrival")
    others = np.fmin.reduce([records.of_consignments(name) for name in records.seconds])
    return np.where(np.isnan(first), others, first)


def open_at(records: Records) -> Flags:
    """bool[n]: consignments that were not through when the log ended.

    Through is what has a release or has left. A release may be missing: what has shown nothing for
    longer than any other consignment took from the same stamp to its release is through as well.
    """
    seconds = {name: np.maximum.reduceat(column, records.first) if len(records) else column
               for name, column in records.seconds.items()}
    released = seconds.get("released", np.full(len(records.first), BLANK, dtype=np.int32))
    gone = seconds.get("gate-out", np.full_like(released, BLANK))
    through = (released != BLANK) | (gone != BLANK)
    names = [name for name in seconds if name not in ("released", "gate-out", "arrival")]
    if not names or not len(records):
        return ~through
    table = np.stack([seconds[name] for name in names])
    last = table.argmax(axis=0)
    latest = table.max(axis=0)
    silent = 60.0 * records.until - latest
    for k in range(len(names)):
        both = (released != BLANK) & (table[k] != BLANK)
        if both.any():
            longest = (released[both].astype(np.int64) - table[k][both]).max()
            through |= (last == k) & (latest != BLANK) & (silent > longest)
    return ~through


def held_out(cut: Cut, records: Records, until: float) -> Records:
    """What became of the work in progress and of what came later, as the log looked at `until`:
    first the consignments that were open, in their order, then the others by arrival."""
    arrived = came(records)
    past = np.flatnonzero(arrived < cut.at)
    past = past[np.argsort(arrived[past], kind="stable")]
    was_open = past[open_at(cut.past)]
    later = np.flatnonzero((arrived >= cut.at) & (arrived < until))
    order = np.concatenate([was_open, later[np.argsort(arrived[later], kind="stable")]])
    kept = np.zeros(len(arrived), dtype=bool)
    kept[order] = True
    taken = records.take(kept, since=cut.at, until=until)
    return reordered(taken, (np.cumsum(kept) - 1)[order])


def only_simulated(scenario: Loaded, records: Records) -> Records:
    """Without the consignments that nobody selected, if the scenario does not simulate them."""
    if scenario.selection.simulate == "all" or not len(records):
        return records
    some = np.max([records.selected_consignments(a) for a in records.agencies], axis=0) == 1
    return records.take(some)


def resumed_run(scenario: Loaded, cut: Cut, until: float, seed: int = 1, replication: int = 0
                ) -> PortRun:
    """A run from the cut to minute `until`: what was open goes on from where it was, and traffic is
    drawn from the scenario. Minutes are those of the records. The first consignments are the open
    ones, in their order."""
    at_work = only_simulated(scenario, cut.open)
    begun = still_to_come(scenario, at_work, cut.at, traffic_of_records(
        at_work, scenario, seed, replication), seed, replication)
    drawn = coming(scenario, cut, until, seed, replication)
    traffic = replace(joined(begun, drawn), warm=cut.at, horizon=until, cap=until)

    def begin(tree: Node, arrivals: Arrivals, calendars: Mapping[str, Calendar]
              ) -> tuple[Node, Arrivals]:
        table = dict(arrivals.consignment)
        hidden, spent = closings(scenario, cut, at_work, calendars, table, seed, replication)
        arrivals = replace(arrivals, consignment=table)
        progress = Reading(tree, at_work, arrivals, calendars, cut.at,
                           copies(scenario, begun, seed, replication), hidden, spent).read()
        return resume(tree, arrivals, progress, cut.at)

    run = port_run(scenario, seed, replication, traffic=traffic, begin=begin)
    everybody = np.ones(run.plan.consignments, dtype=bool)
    return replace(run, plan=replace(run.plan, watch=everybody))


def shown(run: PortRun, log: EventLog, cut: Cut, until: float) -> Records:
    """The records that `held_out` would give had the port gone on as in this resumed run: of open
    consignments the stamps before the cut are the log's own, and there are none that it lacks."""
    records = records_of(run, log, since=0.0, until=until)
    at_work = only_simulated(run.scenario, cut.open)
    seconds = {}
    for name, before in at_work.seconds.items():
        if name in records.seconds:
            column = records.seconds[name].copy()
            column[:len(at_work)] = np.where(before != BLANK, before, column[:len(at_work)])
            seconds[name] = column
    return replace(records, since=cut.at, seconds=seconds)


def coming(scenario: Loaded, cut: Cut, until: float, seed: int, replication: int) -> Traffic:
    """Drawn traffic from the cut on, and beyond `until`, so that the run does not end before."""
    weeks = np.ceil(until / WEEK) + 1.0
    run = scenario.run.model_copy(update={
        "start": cut.past.start, "warmup": 0.0, "measured": weeks * WEEK, "drain": WEEK})
    drawn = drawn_traffic(scenario.model_copy(update={"run": run}), seed, replication)
    return chosen(drawn, np.flatnonzero(drawn.arrival >= cut.at))


def copies(scenario: Loaded, traffic: Traffic, seed: int, replication: int) -> dict[str, Floats]:
    """column -> float64[COPIES, n or N]: independent draws of every duration of a traffic."""
    n, total = len(traffic.arrival), len(traffic.owner)
    many = chosen(traffic, np.tile(np.arange(n), COPIES))
    # Another seed than that of the run, so that its own draws are not drawn again.
    columns = columns_of(scenario, many, seed + 2**31, replication)
    tables = ((columns.consignment, n), (columns.container, total))
    return {name: values.reshape(COPIES, size) for table, size in tables
            for name, values in table.items()}


def still_to_come(scenario: Loaded, at_work: Records, at: float, traffic: Traffic, seed: int,
                  replication: int) -> Traffic:
    """The traffic with discharge and lodging after the cut where neither these nor anything that
    follows them had come by then: the first of some draws that is late enough."""
    if not len(at_work):
        return traffic
    n = len(traffic.arrival)
    # Another seed than that of the run, as for `copies`.
    draw = Draws(seed + 2**31, replication)
    known = {name: ~np.isnan(at_work.of_consignments(name)) for name in at_work.seconds}
    further = np.any([flags for name, flags in known.items()
                      if name not in ("arrival", "discharged", "lodged")], axis=0)
    missing = np.zeros(n, dtype=bool)
    moved = np.any([known[name] for name in known if ".move-in." in name] or [missing], axis=0)
    landing = ~known.get("discharged", missing) & ~moved
    arrival = np.tile(traffic.arrival, COPIES)
    discharged = on_clock(arrival + times(scenario.traffic.discharge,
                                          draw("discharge", n * COPIES)))
    landed = np.where(landing, _first_after(discharged, at, n), traffic.discharged)
    lodged = lodge(scenario, draw, arrival, np.tile(landed, COPIES), traffic.start)
    coming = ~known.get("lodged", missing) & ~further
    return replace(traffic, discharged=landed,
                   lodged=np.where(coming, _first_after(lodged, at, n), traffic.lodged))


def _first_after(drawn: Floats, at: float, n: int) -> Floats:
    """Of COPIES draws of n times, one copy after the other, each one's first after a minute; that
    minute where none is."""
    table = drawn.reshape(-1, n)
    late = table > at
    return np.where(late.any(axis=0), table[late.argmax(axis=0), np.arange(n)], at)


def closings(scenario: Loaded, cut: Cut, at_work: Records, calendars: Mapping[str, Calendar],
             table: dict[str, NDArray], seed: int, replication: int
             ) -> tuple[dict[tuple[str, str], Flags], dict[tuple[str, str], Floats]]:
    """What the log does not show of consignments that wait for a form or release: which are at the
    laboratory, of which the clerical acts are over, and what has passed of work without a stamp
    (`hidden` and `spent` of a Reading).

    Laboratory: the longer it is since the last of its boxes was closed, the likelier. Of all
    consignments as many lasted as long as the log shows; the laboratory accounts for its share
    times the part of its law that is as long. Its rest follows that law, given what has passed.
    Fills the columns sampled.AGENCY and laboratory.AGENCY of the consignments at work.
    Acts: a clerk is waited for twice, for the acts and for the form, about equally long. So they
    are over where more than half of what the forms of the last week took has passed. Where closing
    is done apart nobody waits, and acts and form take what they take from the start on.
    """
    draw = generator(seed, f"laboratory.{replication}")
    hidden: dict[tuple[str, str], Flags] = {}
    spent: dict[tuple[str, str], Floats] = {}
    for name, agency in scenario.agencies.items():
        u, place = draw.random(len(at_work.first)), draw.random(len(at_work.first))
        if not len(at_work):
            continue
        shift = common_shift((agency_calendar(scenario, name),), calendars)
        lasted, waited, done = _since_closed(scenario, cut.past, name, shift, cut.at)
        passed, waits, _ = _since_closed(scenario, at_work, name, shift, cut.at)
        sampled = np.zeros(len(waits), dtype=bool)
        if agency.laboratory is not None and waits.any():
            sampled, rest = _at_laboratory(agency.laboratory, lasted, np.nan_to_num(passed), u,
                                           place)
            sampled &= waits
            for column, values in ((f"sampled.{name}", sampled.astype(np.int64)),
                                   (f"laboratory.{name}", rest)):
                changed = table[column].copy()
                changed[:len(waits)] = np.where(waits, values, changed[:len(waits)])
                table[column] = changed
        acts = np.where(table[f"acts.{name}"] > 0, table[f"endorsement.{name}"], 0.0)[:len(waits)]
        recent = lasted[~waited & (done > cut.at - WEEK) & ~np.isnan(lasted)]
        waits &= ~sampled
        if agency.closing == "apart":
            since, first = _since_closed(scenario, at_work, name, shift, cut.at, papers=True)[:2]
            first &= ~sampled
            over = since >= acts
            hidden["endorsement", name] = first & over
            spent["endorsement", name] = np.where(first & ~over, since, np.nan)
            spent[_form(scenario, name), name] = np.where(first & over, since - acts, np.nan)
        elif len(recent):
            hidden["endorsement", name] = waits & (passed > np.median(recent) / 2.0)
    return hidden, spent


def _form(scenario: Loaded, agency: str) -> str:
    """The stage in which an agency closes a consignment."""
    chained = scenario.regime.declaration == "chained"
    return "clearance-form" if chained and agency != scenario.order[-1] else "release"


def _at_laboratory(law: Laboratory, lasted: Floats, passed: Floats, u: Floats, place: Floats
                   ) -> tuple[Flags, Floats]:
    """(whether consignments that have waited so long are at the laboratory, the minutes left)."""
    known = np.sort(lasted)[:np.count_nonzero(~np.isnan(lasted))]
    if not len(known):
        return u < law.share, times(law.duration, place)
    grid = np.sort(times(law.duration, (np.arange(GRID) + 0.5) / GRID))
    shorter = np.searchsorted(grid, passed, side="right")
    as_long = 1.0 - np.searchsorted(known, passed, side="left") / len(known)
    share = law.share * (1.0 - shorter / GRID) / np.maximum(as_long, 1e-9)
    longer = grid[np.minimum(shorter + (place * (GRID - shorter)).astype(np.int64), GRID - 1)]
    return (u < share) & (shorter < GRID), np.ceil(np.maximum(longer - passed, 0.0))


def _since_closed(scenario: Loaded, records: Records, agency: str, shift: Shift, at: float,
                  papers: bool = False) -> tuple[Floats, Flags, Floats]:
    """(working minutes from the last box closed by an agency to its form or release, or to the
    cut, NaN if a box is not closed or the log has no such stamp; whether form or release was still
    to come; when it came). papers: also of consignments without a box to close, from their
    papers."""
    selected = records.selected[agency] == 1 if agency in records.selected else np.zeros(
        len(records), dtype=bool)
    closed = records.minutes(f"end.restuffing.{agency}")
    # A selected box that is not closed yet makes the consignment's time unknown.
    ready = np.maximum.reduceat(np.where(selected, closed, -np.inf), records.first)
    if papers:
        ready = np.where(ready == -np.inf, records.of_consignments(f"end.papers.{agency}"), ready)
    last = agency == scenario.order[-1]
    form = "released" if last else f"end.{_form(scenario, agency)}.{agency}"
    done = records.of_consignments(form)
    gone = np.fmax(records.of_consignments("released"), records.of_consignments("gate-out"))
    known = np.isfinite(ready) & records.has(form)
    waits = known & np.isnan(done) & np.isnan(gone)
    passed = (shift.times.before(np.where(np.isnan(done), at, done))
              - shift.times.before(np.where(known, ready, at)))
    return np.where(known & (waits | ~np.isnan(done)), np.maximum(passed, 0.0), np.nan), waits, done


def chosen(traffic: Traffic, which: Ints) -> Traffic:
    """Some consignments of a traffic by their numbers, in this order; any may come repeatedly."""
    boxes = traffic.containers
    first = np.cumsum(boxes) - boxes
    number = boxes[which]
    owner = np.repeat(np.arange(len(which)), number)
    rows = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number) + np.repeat(
        first[which], number)
    return replace(
        traffic, arrival=traffic.arrival[which], discharged=traffic.discharged[which],
        lodged=traffic.lodged[which],
        attributes={k: v[which] for k, v in traffic.attributes.items()},
        selected={k: v[which] for k, v in traffic.selected.items()}, owner=owner,
        size=traffic.size[rows], reefer=traffic.reefer[rows],
        examined={k: v[rows] for k, v in traffic.examined.items()},
        depth={k: v[rows] for k, v in traffic.depth.items()}, container_id=[], declaration=[])


def joined(one: Traffic, other: Traffic) -> Traffic:
    """Two traffics of one scenario as one, without the names of a log."""
    def both(name: str) -> NDArray:
        return np.concatenate([getattr(one, name), getattr(other, name)])

    def tables(name: str) -> dict[str, NDArray]:
        mine, theirs = getattr(one, name), getattr(other, name)
        return {key: np.concatenate([mine[key], theirs[key]]) for key in mine}

    return replace(
        one, arrival=both("arrival"), discharged=both("discharged"), lodged=both("lodged"),
        attributes=tables("attributes"), selected=tables("selected"),
        owner=np.concatenate([one.owner, other.owner + len(one.arrival)]), size=both("size"),
        reefer=both("reefer"), examined=tables("examined"), depth=tables("depth"),
        container_id=[], declaration=[])
