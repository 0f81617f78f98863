"""When a port works: office hours, holidays, what happens at a closing, the windows of box moves.

Hours come from work that waited (calibration.working_time), so that time without staff is told
from time without work. Agencies and gangs have one calendar between them unless their own jobs
contradict it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from calibration.capacity import Jobs
from calibration.estimates import Estimate
from calibration.movewindows import MoveWindows, fit_windows
from calibration.parties import group_parties, parties_of
from calibration.records import Floats, Records
from calibration.working_time import DAYS, SLOT, WorkingHours
from calibration.worktime import DAY, Hours
from scenarios.load import Loaded
from scenarios.schema.port import CalendarSpec, parse_days, parse_window
from sim.calendars import public_days

OFFICE = "office"

CROSSING = 20
"""Jobs in hand at a closing that it takes to tell what becomes of them."""

SUSPEND, FINISH, HAND_OVER = "suspend", "finish", "hand-over"


@dataclass
class PortHours:
    """The calendars of a port and who works by which.

    names: 'AGENCY' (clerks and officers) or 'gangs' -> calendar id; specs: id -> as in a scenario.
    """

    hours: dict[str, Hours]
    names: dict[str, str]
    specs: dict[str, dict[str, Any]]
    moves: MoveWindows
    estimates: list[Estimate] = field(default_factory=list)

    def of(self, who: str) -> Hours:
        """The working time of an agency, or of the 'gangs'."""
        return self.hours[self.names[who]]

    def examinations(self, agency: str) -> Hours:
        """When an agency's officers and the gangs both work."""
        return self.of(agency).meet(self.of("gangs"))


@dataclass(frozen=True)
class Days:
    """Days on which a port did not work as the week has it.

    country: whose holidays and make-up days it keeps, None if none; closed, open: further days.
    """

    country: str | None
    closed: list[date]
    open: list[date]
    seen: int
    kept: int


def fit_hours(records: Records, base: Loaded) -> PortHours:
    """The calendars that the log shows; where it shows too little, those of the base."""
    whose = parties_of(records, _made_up(records, base))
    groups = group_parties(whose)
    specs: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    weeks: dict[str, WorkingHours] = {}
    counts: dict[str, int] = {}
    for group in groups:
        key = f"{OFFICE}-{group.members[0]}" if weeks else OFFICE
        weeks[key] = group.week
        counts[key] = sum(len(whose[name]) for name in group.members)
        names |= dict.fromkeys(group.members, key)
    alone = [name for name in whose if name not in names]
    for name in alone:
        names[name] = OFFICE if weeks else (
            base.layout.separate.gang_calendar if name == "gangs" else base.agencies[name].calendar)
    few = [f"too few jobs show the hours of {' and '.join(alone)}: taken to be the common ones"
           ] if alone and weeks else []
    result = PortHours({}, names, specs, fit_windows(records, base, _opening(weeks, names)))
    for key, week in weeks.items():
        members = [name for name in names if names[name] == key]
        party = [j for name in members if name in whose for j in whose[name].jobs]
        days = special_days(week, party, records, base)
        spec = _spec(week, days, base)
        hours = _hours(spec, records, base)
        rule, notes = at_closings(records, members, hours)
        spec |= rule
        specs[key] = spec
        result.hours[key] = _hours(spec, records, base)
        result.estimates.append(Estimate(
            f"calendars.{key}", spec, n=counts[key],
            how="quarters of an hour in which waiting work was begun, by weekday",
            check=_profile(week),
            remarks=(*notes, *_said(days, records, base), *(few if key == OFFICE else []))))
    for name, key in names.items():
        if key in base.calendars and key not in result.hours:
            result.hours[key] = _of(base.calendars[key], records, base)
        if key in specs:
            result.estimates.append(Estimate(
                "layout.separate.gang_calendar" if name == "gangs" else f"agencies.{name}.calendar",
                key, how="hours of waiting work compared with those of all others"))
    result.estimates += result.moves.estimates(_evening_days(specs.get(OFFICE), base))
    return result


def special_days(week: WorkingHours, jobs: list[Jobs], records: Records, base: Loaded) -> Days:
    """Holidays and made-up days: the country's if the port keeps most of them, and its own.

    A day of the country's list counts if the log shows that it was worked, or that it was not
    although work waited.
    """
    def day(minute: float) -> date:
        return _day(records, minute)

    first, last = day(max(records.since, 0.0)), day(records.until)
    closed, extra = ({d for d in map(day, minutes) if first <= d <= last}
                     for minutes in (week.closed, week.extra))
    starts = np.concatenate([j.start for j in jobs])
    starts = starts[~np.isnan(starts)]
    numbers, begun = np.unique(np.floor(starts / DAY), return_counts=True)
    usual = max(0.1 * float(np.median(begun)), 1.0)
    worked = {day(n * DAY) for n, count in zip(numbers, begun, strict=True) if count > usual}
    open_weekdays = {d for days in week.weekly for d in parse_days(days)}
    country = _country(base)
    off, made_up = public_days(country, first.year, last.year)
    listed = {d for d in off if first <= d <= last and d.weekday() in open_weekdays}
    made = {d for d in made_up if first <= d <= last and d.weekday() not in open_weekdays}
    kept = len(listed & closed) + len(made & worked)
    broken = len(listed & worked) + len(made - worked)
    seen = len(listed & (closed | worked)) + len(made)
    if kept < broken or (not seen and not country):
        return Days(None, sorted(closed), sorted(extra), seen, kept)
    return Days(country, sorted(closed - listed), sorted((extra - made) | (listed & worked)), seen,
                kept)


def _opening(weeks: Mapping[str, WorkingHours], names: Mapping[str, str]) -> float:
    """The minute of the day at which gangs come to work; eight o'clock if nothing shows it."""
    week = weeks.get(names.get("gangs", OFFICE))
    spans = [parse_window(w) for windows in week.weekly.values() for w in windows] if week else []
    return float(min((begin for begin, _ in spans), default=480.0))


def _made_up(records: Records, base: Loaded) -> tuple[float, ...]:
    """First minutes of the days that make up for holidays in the base's country."""
    years = (_day(records, minute).year for minute in (records.since, records.until))
    days = public_days(_country(base), *years)[1]
    return tuple(sorted((day - records.start).days * DAY for day in days))


def _day(records: Records, minute: float) -> date:
    return records.start + timedelta(days=int(minute // DAY))


def _country(base: Loaded) -> str | None:
    return next((spec.holidays for spec in base.calendars.values() if spec.holidays), None)


def _said(days: Days, records: Records, base: Loaded) -> list[str]:
    country = _country(base)
    if not country:
        return []
    if not days.seen:
        return [f"no holiday of {country} lies in the log: kept as the base has them"]
    return [f"of {days.seen} holidays and made-up days of {country} in the log {days.kept} were "
            f"kept" + ("" if days.country else ": the port works on holidays")]


def _spec(week: WorkingHours, days: Days, base: Loaded) -> dict[str, Any]:
    """A calendar as a scenario file has it, closings aside."""
    spec: dict[str, Any] = {"weekly": {k: list(v) for k, v in week.weekly.items()}}
    if days.country:
        spec["holidays"] = days.country
    if days.closed:
        spec["closed"] = [d.isoformat() for d in days.closed]
    usual = next(iter(week.weekly.values()))
    own = {d.weekday(): windows for names, windows in week.weekly.items()
           for d in [date(2001, 1, 1 + i) for i in parse_days(names)]}
    if days.open:
        spec["open"] = {d.isoformat(): list(own.get(d.weekday(), usual)) for d in days.open}
    spec["shift_end"] = SUSPEND
    return spec


def _hours(spec: Mapping[str, Any], records: Records, base: Loaded) -> Hours:
    return _of(CalendarSpec.model_validate(dict(spec)), records, base)


def _of(spec: CalendarSpec, records: Records, base: Loaded) -> Hours:
    return Hours.of(spec, records.start, base.run.time_zone, records.until)


def _evening_days(office: Mapping[str, Any] | None, base: Loaded) -> dict[str, Any]:
    """The special days that box moves share with the offices."""
    if office is None:
        return {}
    return {key: office[key] for key in ("holidays", "closed") if key in office}


def at_closings(records: Records, members: list[str], hours: Hours
                ) -> tuple[dict[str, Any], list[str]]:
    """What becomes of work in hand at a closing, and what to say of it.

    Of the jobs that were begun in open time and ended after that closing, the share that ended
    before the next opening: they were finished after hours; the others paused. Of those that
    paused, those that lost time by it were handed over.
    """
    stages = _work_in_hand(records, members)
    start, end = (np.concatenate([np.empty(0), *(pair[i] for pair in stages)]) for i in (0, 1))
    across = hours.is_open(start) & (end > _closing_after(hours, start))
    count = int(across.sum())
    finished = int((across & ~hours.is_open(end) & (hours.crossed(start, end) == 0)).sum())
    if count < CROSSING:
        return {"shift_end": SUSPEND}, [f"only {count} jobs were in hand at a closing: taken to "
                                        "pause"]
    if finished > count / 2:
        return {"shift_end": FINISH}, [f"of {count} jobs in hand at a closing {finished} were "
                                       "ended before the next opening"]
    losses = np.array([_handover(hours, *pair) for pair in stages]).reshape(-1, 2)
    losses = losses[np.isfinite(losses[:, 1])]
    weight = 1.0 / losses[:, 1] ** 2
    lost = float(weight @ losses[:, 0] / weight.sum()) if len(losses) else 0.0
    error = float(1.0 / np.sqrt(weight.sum())) if len(losses) else np.inf
    notes = [f"of {count} jobs in hand at a closing {count - finished} were ended after the next "
             "opening"]
    # A hand-over costs every kind of work time; what one kind alone shows has other reasons.
    if lost > max(3.0 * error, 2.0) and (losses[:, 0] > 2.0 * losses[:, 1]).all():
        return ({"shift_end": HAND_OVER, "handover": f"{lost:.2g} min"},
                [*notes, f"each closing costs {lost:.2g} min (standard error {error:.2g})"])
    return {"shift_end": SUSPEND}, notes


def _work_in_hand(records: Records, members: list[str]) -> list[tuple[Floats, Floats]]:
    """Start and end of the jobs of each kind of work (papers, devanning and examination of an
    agency) of a calendar's parties; examinations, if all who take part in them keep it."""
    found = []
    for agency in records.agencies:
        stages = ["papers"] if agency in members else []
        if "gangs" in members:
            stages += ["devanning", *(["examination"] if agency in members else [])]
        for stage in stages:
            rows = records.first if stage == "papers" else slice(None)
            start = records.minutes(f"start.{stage}.{agency}")[rows]
            end = records.minutes(f"end.{stage}.{agency}")[rows]
            known = start <= end
            found.append((start[known], end[known]))
    return found


def _closing_after(hours: Hours, times: Floats) -> Floats:
    """The first closing after each time."""
    closes = hours.calendar.closes
    return closes[np.minimum(np.searchsorted(closes, times, side="right"), len(closes) - 1)]


def _handover(hours: Hours, start: Floats, end: Floats) -> tuple[float, float]:
    """Minutes that a closing costs, and their standard error.

    A job that is begun r minutes before a closing crosses it if its work is longer than r, handed
    over or not. So of the jobs begun with r minutes left, the share that crosses says how long work
    is, and the time worked by those that do says what they lost. Jobs begun with r left are
    compared with jobs begun long before a closing, conditional on work longer than r.
    """
    room = _closing_after(hours, start) - start
    work = hours.before(end) - hours.before(start)
    crossings = hours.crossed(start, end)
    usual = np.quantile(work, 0.99)
    free = np.sort(work[(room > usual) & (crossings == 0)])
    once = (crossings == 1) & (room < usual)
    if len(free) < CROSSING or once.sum() < CROSSING:
        return 0.0, np.inf
    # Mean of the free durations that are longer than each job's room.
    total = np.append(np.cumsum(free[::-1])[::-1], 0.0)
    at = np.searchsorted(free, room[once], side="right")
    number = len(free) - at
    known = number >= 5
    excess = work[once][known] - total[at[known]] / number[known]
    if len(excess) < CROSSING:
        return 0.0, np.inf
    return float(excess.mean()), float(excess.std(ddof=1) / np.sqrt(len(excess)))


def _profile(week: WorkingHours) -> dict[str, Any]:
    """Beginnings by quarter of the week, and the hours found."""
    found = np.zeros((7, week.begun.shape[1]))
    for names, windows in week.weekly.items():
        for begin, end in map(parse_window, windows):
            found[parse_days(names), int(begin // SLOT):int(np.ceil(end / SLOT))] = 1.0
    return {"kind": "profile", "unit": "quarter of the week", "days": list(DAYS),
            "observed": week.begun.ravel().tolist(), "fitted": found.ravel().tolist()}
