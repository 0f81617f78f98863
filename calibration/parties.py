"""Who works by the same hours: agencies and gangs, each shown by its own jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from calibration.capacity import Jobs
from calibration.jobs import jobs_of, stamp
from calibration.records import Floats, Records
from calibration.working_time import SLOT, WorkingHours, slot_state, working_hours
from calibration.worktime import DAY
from scenarios.schema.port import parse_days, parse_window

GANGS = "gangs"

CONTRADICTED = 3
"""Quarters of a day in which a party's jobs must contradict other hours to have their own."""

STRAY_JOBS = 0.04
"""Of a day's jobs, those that may seem to wait at any time because of a wrong date."""

ENDING = (0.3, 0.5)
"""Work that ends in a gap between two stretches of a day, in each quarter and on the whole, as part
of what ends in an open quarter: from that on all were at work in the gap, and none was free."""


@dataclass
class Group:
    """Parties that have one calendar, the largest first, and the hours of their jobs together."""

    members: list[str]
    week: WorkingHours


@dataclass(frozen=True, eq=False)
class Party:
    """The jobs that show a party's hours, stamps at which its work went on or ended, and first
    minutes of days that make up for holidays."""

    jobs: list[Jobs]
    signs: Floats
    apart: tuple[float, ...] = ()

    def __len__(self) -> int:
        return sum(len(j.ready) for j in self.jobs)

    def with_(self, other: Party) -> Party:
        """Both together."""
        return Party([*self.jobs, *other.jobs], np.concatenate([self.signs, other.signs]),
                     self.apart)


def parties_of(records: Records, apart: tuple[float, ...] = ()) -> dict[str, Party]:
    """Agency, or GANGS -> what shows its hours. Gangs come last: papers come all day, boxes in the
    evening, so that agencies' hours are known better."""
    jobs = jobs_of(records)
    found = {}
    for agency in records.agencies:
        signs = [stamp(records, f"end.papers.{agency}")[records.first],
                 stamp(records, f"end.examination.{agency}")] if len(records) else [np.empty(0)]
        found[agency] = Party([jobs[k] for k in (f"clerk.{agency}", f"officer.{agency}")
                               if k in jobs], np.concatenate(signs), apart)
    signs = [stamp(records, f"end.{stage}.{agency}") for agency in records.agencies
             for stage in ("devanning", "examination", "restuffing")]
    found[GANGS] = Party([jobs[k] for k in jobs if k.startswith("gang.")],
                         np.concatenate([np.empty(0), *signs]), apart)
    return found


def group_parties(whose: Mapping[str, Party]) -> list[Group]:
    """Parties put together as long as the jobs of the next do not contradict the hours found.

    A party with too few jobs for hours of its own is left out.
    """
    groups: list[tuple[Group, Party]] = []
    for name in sorted(whose, key=lambda name: (name == GANGS, -len(whose[name]))):
        own = week_of(whose[name], strays=True)
        if own is None:
            continue
        for i, (group, party) in enumerate(groups):
            against = contradictions(own, group.week.weekly)
            if name != GANGS:
                # An agency that works through another's break does nothing against its own hours:
                # it is the other that does not begin what waits then.
                against += contradictions(group.week, own.weekly)
            if against <= CONTRADICTED:
                together = party.with_(whose[name])
                groups[i] = (Group([*group.members, name], week_of(together) or group.week),
                             together)
                break
        else:
            groups.append((Group([name], week_of(whose[name]) or own), whose[name]))
    return [group for group, _ in groups]


def week_of(party: Party, strays: bool = False) -> WorkingHours | None:
    """The hours of a party's jobs together; None if they are too few.

    strays: some jobs may seem to wait for a day, because a stamp has the date of another. Then more
    than these must wait: hours of one kind of work, which may have nothing to do in an afternoon,
    are easily misjudged by them.
    """
    if not party.jobs:
        return None
    ready, start = (np.concatenate([getattr(j, at) for j in party.jobs])
                    for at in ("ready", "start"))
    known = ready[~np.isnan(ready)]
    days = max((known.max() - known.min()) / DAY, 1.0) if len(known) else 1.0
    try:
        least = 2 + int(STRAY_JOBS * len(known) / days) if strays else 1
        week = working_hours(ready, start, least, party.apart)
    except ValueError:
        return None
    if not week.weekly:
        return None
    return replace(week, weekly={names: _bridged(parse_days(names), windows, party.signs)
                                 for names, windows in week.weekly.items()})


def _bridged(days: list[int], windows: list[str], signs: Floats) -> list[str]:
    """Windows without the gaps in which work went on as usual: nothing was begun because nobody was
    free, not because nobody was there. Likewise before the first window of a day: who ends work
    then goes on with what was in hand on the evening before."""
    signs = signs[~np.isnan(signs)]
    signs = signs[np.isin(signs // DAY % 7, days)]
    slots = int(DAY / SLOT)
    ended = np.bincount((signs % DAY // SLOT).astype(np.int64), minlength=slots)
    spans = [(int(a // SLOT), int(np.ceil(b / SLOT))) for a, b in map(parse_window, windows)]
    usual = float(np.concatenate([ended[a:b] for a, b in spans]).mean())
    begin, end = spans[0]
    while usual > 0.0 and begin > 0 and ended[begin - 1] >= ENDING[1] * usual:
        begin -= 1
    kept = [(begin, end)]
    for a, b in spans[1:]:
        gap = ended[kept[-1][1]:a]
        if usual > 0.0 and (gap >= ENDING[0] * usual).all() and gap.mean() >= ENDING[1] * usual:
            kept[-1] = (kept[-1][0], b)
        else:
            kept.append((a, b))
    return [f"{_clock(a)}-{_clock(b)}" for a, b in kept]


def contradictions(week: WorkingHours, weekly: Mapping[str, list[str]]) -> int:
    """Quarters of an hour of a day in which a kind of work is surely open where `weekly` is closed,
    or surely closed where that is open. Days that have the same hours are looked at together."""
    groups = [(parse_days(days), windows) for days, windows in weekly.items()]
    rest = [d for d in range(7) if not any(d in days for days, _ in groups)]
    count = 0
    for days, windows in [*groups, (rest, [])]:
        if not days:
            continue
        state = slot_state(week.begun[days].sum(axis=0), week.waited[days].sum(axis=0))
        is_open = np.zeros(len(state), dtype=bool)
        for begin, end in map(parse_window, windows):
            is_open[int(begin // SLOT):int(np.ceil(end / SLOT))] = True
        # Busy gangs begin nothing: what they have open of their own is not held against others.
        shut = np.where((state < 0) & ~_within(state), -1, np.maximum(state, 0))
        count = max(count, int((np.where(is_open, 1, -1) * shut < 0).sum()))
    return count


def _within(state: np.ndarray) -> np.ndarray:
    """Quarters between open ones that are not two hours or more apart."""
    known = np.flatnonzero(state > 0)
    inside = np.zeros(len(state), dtype=bool)
    for left, right in zip(known[:-1], known[1:], strict=True):
        if (right - left) * SLOT < 120.0:
            inside[left:right] = True
    return inside


def _clock(slot: int) -> str:
    minute = int(slot * SLOT)
    return f"{minute // 60:02d}:{minute % 60:02d}"
