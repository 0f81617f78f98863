"""The jobs of a port's resources: when each was ready, when its work began, when it ended.

What a log shows of a job depends on where the resource stands in the process of the separate
regime: a clerk is asked for when the papers come to him, a gang when the box is in the yard, the
officers when it is open, a tractor when the evening's window opens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.capacity import Jobs
from calibration.records import Floats, Records

DAY = 1440.0

_SLOT = 15.0
_QUIET = 0.05
_FEW = 20


def stamp(records: Records, name: str) -> Floats:
    """float64[N]: minutes of a stamp, rounded down to the step of the log, NaN where unknown.

    Some logs write seconds in some of their rows; rounded alike, two stamps of one instant are
    equal.
    """
    step = records.step.get(name, 1) / 60.0
    return np.floor(records.minutes(name) / step + 1e-9) * step


def stamp_of_consignments(records: Records, name: str, last: bool = False) -> Floats:
    """float64[n]: the middle `stamp` of each consignment's rows, the earlier of two, NaN if none is
    known: rows should agree, and one of several may be wrong. With `last` the latest."""
    if not len(records):
        return np.empty(0)
    minutes = stamp(records, name)
    if last:
        return -np.fmin.reduceat(-minutes, records.first)
    ordered = minutes[np.lexsort((minutes, records.consignment))]
    known = np.add.reduceat(~np.isnan(minutes), records.first)
    return np.where(known > 0, ordered[records.first + np.maximum(known - 1, 0) // 2], np.nan)


def sequence(records: Records) -> list[str]:
    """The agencies in the order in which they take up papers, or else examine the same box.

    Of every two, the one that is earlier in most of the cases that both have to do with.
    """
    agencies = records.agencies
    wins = dict.fromkeys(agencies, 0)
    for a in agencies:
        for b in agencies:
            for name in ("start.papers", "start.move-in", "start.examination"):
                one, other = stamp(records, f"{name}.{a}"), stamp(records, f"{name}.{b}")
                earlier, later = int((one < other).sum()), int((one > other).sum())
                if earlier + later >= _FEW:
                    wins[a] += earlier > later
                    break
    return sorted(agencies, key=lambda a: -wins[a])


def settled(records: Records, agency: str) -> Floats:
    """float64[n]: when an agency was done with a consignment before the next one: its clearance
    form; where the log has none, the last restuffing of its boxes, or else its papers."""
    form = f"end.clearance-form.{agency}"
    if records.has(form):
        return stamp_of_consignments(records, form)
    papers = stamp_of_consignments(records, f"end.papers.{agency}")
    restuffed = stamp_of_consignments(records, f"end.restuffing.{agency}", last=True)
    return np.where(records.selected_consignments(agency) == 1, restuffed, papers)


def chained_share(records: Records, first: str, then: str) -> tuple[float, int]:
    """(share, number): of the consignments that the first agency selected, those whose papers the
    next took up only when the first was done. Near 1 where papers are chained, else they are
    taken up without regard to the first agency's examination."""
    begun = stamp_of_consignments(records, f"start.papers.{then}")
    done = settled(records, first)
    counts = (records.selected_consignments(first) == 1) & ~np.isnan(begun) & ~np.isnan(done)
    number = int(counts.sum())
    return (float((begun >= done)[counts].mean()) if number else float("nan")), number


def is_chained(records: Records) -> bool:
    """Whether each agency takes papers up only at the form of the one before it."""
    order = sequence(records)
    shares = [chained_share(records, a, b) for a, b in zip(order, order[1:], strict=False)]
    return bool(shares) and all(n >= 1 and share > 0.5 for share, n in shares)


def papers_ready(records: Records, agency: str) -> Floats:
    """float64[n]: when an agency's clerk could have taken the papers up."""
    lodged = stamp_of_consignments(records, "lodged")
    order = sequence(records)
    before = order[:order.index(agency)]
    if not before or not is_chained(records):
        return lodged
    previous = before[-1]
    # A consignment that the agency before has nothing to do with comes at once.
    concerned = ~np.isnan(stamp_of_consignments(records, f"start.papers.{previous}"))
    concerned |= ~np.isnan(stamp_of_consignments(records, f"end.papers.{previous}"))
    concerned |= records.selected_consignments(previous) == 1
    return np.where(concerned, settled(records, previous), lodged)


def opening_of_moves(starts: Floats) -> float:
    """The minute of the day at which the window of box moves opens: the first quarter of an hour
    with moves after the longest stretch of the day that has next to none. NaN without moves."""
    known = starts[~np.isnan(starts)]
    if not len(known):
        return float("nan")
    slots = int(DAY / _SLOT)
    counts = np.bincount((known % DAY // _SLOT).astype(np.int64), minlength=slots)
    busy = np.flatnonzero(counts > _QUIET * counts.max())
    gaps = np.diff(np.append(busy, busy[0] + slots))
    return float(busy[(int(gaps.argmax()) + 1) % len(busy)] * _SLOT)


def move_request(records: Records, agency: str) -> Floats:
    """float64[N]: when a box's appointment with an agency could be made: it is discharged, its
    papers are settled and, of an agency that comes later, the agency before is done."""
    papers = stamp_of_consignments(records, f"end.papers.{agency}")
    if not records.has(f"end.papers.{agency}"):
        papers = stamp_of_consignments(records, "lodged")
    result = np.maximum(papers[records.consignment], stamp(records, "discharged"))
    order = sequence(records)
    for before in order[:order.index(agency)]:
        visited = records.selected[before] == 1
        done = stamp(records, f"end.restuffing.{before}")
        result = np.where(visited, np.maximum(result, done), result)
    return result


@dataclass(frozen=True)
class Shown:
    """The jobs that a log shows whole, or that are open at its end; and how many it must have
    been with those that lack a stamp or whose stamps run backwards."""

    jobs: Jobs
    all: int

    @property
    def kept(self) -> float:
        """Share of all jobs that `jobs` has."""
        return len(self.jobs.ready) / self.all if self.all else 1.0


def shown_jobs(records: Records) -> dict[str, Shown]:
    """Resource -> its jobs. Names are those of the model: clerk.A, gang.A, officer.A, tractor.

    The clerks' jobs are papers alone: of forms and releases a log has the end only.
    """
    found = {}
    later = _progress(records)
    for agency in records.agencies:
        ready = papers_ready(records, agency)
        begun, done = (stamp_of_consignments(records, f"{at}.papers.{agency}")
                       for at in ("start", "end"))
        known = np.maximum.reduceat(later, records.first) if len(records) else later
        # What went on without the agency's papers was none of its business.
        ready = np.where(np.isnan(begun) & np.isnan(done) & (known > ready), np.nan, ready)
        found[f"clerk.{agency}"] = _shown(records, ready, begun, done, known)
        visited = records.selected[agency] == 1
        for kind, stamps in (
                ("gang", ("end.move-in", "start.devanning", "end.restuffing")),
                ("officer", ("end.devanning", "start.examination", "end.examination"))):
            ready, begun, done = (stamp(records, f"{name}.{agency}")[visited]
                                  for name in stamps)
            found[f"{kind}.{agency}"] = _shown(records, ready, begun, done, later[visited])
    found["tractor"] = _moves(records, later)
    return {name: shown for name, shown in found.items() if len(shown.jobs.ready)}


def jobs_of(records: Records) -> dict[str, Jobs]:
    """Resource -> the jobs that the log shows whole, or that are open at its end; minutes since
    `records.start`. See `shown_jobs` for how many of all they are."""
    return {name: shown.jobs for name, shown in shown_jobs(records).items()}


def _moves(records: Records, later: Floats) -> Shown:
    """Moves to the yards and, where the log has them, back: ready when the window opens, or when
    asked for later in that evening."""
    parts = []
    for agency in records.agencies:
        for way in ("move-in", "move-back"):
            start = stamp(records, f"start.{way}.{agency}")
            end = stamp(records, f"end.{way}.{agency}")
            asked = (move_request(records, agency) if way == "move-in"
                     else stamp(records, f"end.restuffing.{agency}"))
            known = ~np.isnan(start)
            opening = opening_of_moves(start)
            opened = start - (start - opening) % DAY
            # A request that came while the window was open; an odd one says nothing.
            asked = np.where((asked > opened) & (asked <= start), asked, opened)
            parts.append([values[known] for values in (asked, start, end, later)])
    ready, start, end, after = (np.concatenate(values) for values in zip(*parts, strict=True))
    return _shown(records, ready, start, end, after)


def _shown(records: Records, ready: Floats, start: Floats, end: Floats, later: Floats) -> Shown:
    """Jobs with all stamps in order, and those that were open when the log ended.

    A job lacks a stamp, rather than being open, if anything is known of its box from after it.
    """
    known = ~np.isnan(np.stack([ready, start, end]))
    exists = known.any(axis=0)
    last = np.fmax.reduce([ready, start, end])
    is_open = (later <= last) & (last <= records.until)
    whole = known.all(axis=0)
    begun = known[0] & known[1] & ~known[2] & is_open
    waiting = known[0] & ~known[1] & ~known[2] & is_open
    ordered = ~((start < ready) | (end < start) | (end < ready))
    kept = (whole | begun | waiting) & ordered
    return Shown(Jobs(ready[kept], start[kept], end[kept]), int(exists.sum()))


def _progress(records: Records) -> Floats:
    """float64[N]: the latest stamp of each box's way, -inf where it has none."""
    columns = [stamp(records, name) for name in records.seconds]
    latest = np.fmax.reduce(columns) if columns else np.full(len(records), np.nan)
    return np.where(np.isnan(latest), -np.inf, latest)
