"""The review of papers: from taken up to settled, in the agency's working time."""

from __future__ import annotations

import numpy as np

from calibration.estimates import Estimate
from calibration.fitted import duration_estimate, stamps_apart
from calibration.jobs import papers_ready, settled, stamp_of_consignments
from calibration.records import Floats, Records
from calibration.worktime import Hours, day_slips, in_hours, sample


def fit_papers(records: Records, hours: dict[str, Hours], seed: int) -> list[Estimate]:
    """The duration of each agency's review."""
    result = []
    for agency in records.agencies:
        name = f"start.papers.{agency}"
        start = stamp_of_consignments(records, name)
        end = stamp_of_consignments(records, f"end.papers.{agency}")
        later = np.fmax.reduce([stamp_of_consignments(records, s, last=True)
                                for s in records.seconds])
        is_open = np.isnan(end) & (later <= start)
        step = records.step.get(name, 60) / 60.0
        usable = stamps_apart(records.since, start, end) & (~np.isnan(end) | is_open)
        # Against the stamps around them: what runs backwards has a wrong date.
        usable &= ~(start < papers_ready(records, agency)) & ~(end > _next(records, agency))
        usable &= in_hours(hours[agency], start, step) & in_hours(hours[agency], end, step)
        slips = usable & day_slips(hours[agency], start, end)
        usable &= ~slips
        remarks = (f"{int(slips.sum())} left out whose end has the date of another day",
                   ) if slips.any() else ()
        found = duration_estimate(
            f"agencies.{agency}.papers",
            sample(hours[agency], start[usable], end[usable], step, records.until),
            "working time from taken up to settled, by maximum likelihood", seed, remarks, step)
        if found:
            result.append(found)
    return result


def _next(records: Records, agency: str) -> Floats:
    """float64[n]: a stamp that no papers are settled after: the agency's form, or the release."""
    form = settled(records, agency)
    released = stamp_of_consignments(records, "released")
    return np.fmin(np.where(np.isnan(form), np.inf, form), released)
