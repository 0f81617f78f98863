"""What is done with a container, from a log: calendars, papers, moves, yard work, releases."""

from __future__ import annotations

from calibration.closings import fit_closings
from calibration.estimates import Estimate
from calibration.hours import fit_hours
from calibration.levers import fit_levers
from calibration.movewindows import fit_cutoff
from calibration.papers import fit_papers
from calibration.records import Records
from calibration.yard import fit_yard
from scenarios.load import Loaded

NO_FINDINGS = Estimate(
    "findings", None,
    how="a log does not show irregularities",
    remarks=("the time that follows from what is found is in the durations fitted: a deeper look "
             "in the examination, what takes days in the laboratory's share",))


def fit_process(records: Records, base: Loaded, seed: int = 1) -> list[Estimate]:
    """Everything that the stamps of containers tell of how a port works.

    Traffic (arrivals, selections, depths) and what no stamp shows (gangs, officers, clerks,
    tractors, places) are other fits'. A key that too few observations show keeps the base's value
    and has no estimate. The same seed gives the same draws.
    """
    if not len(records):
        return [NO_FINDINGS]
    hours = fit_hours(records, base)
    clerks = {agency: hours.of(agency) for agency in records.agencies}
    cutoff = fit_cutoff(records, hours.moves, seed)
    return [
        *fit_levers(records), *hours.estimates, *([cutoff] if cutoff else []),
        *fit_papers(records, clerks, seed), *fit_closings(records, clerks, base, seed),
        *fit_yard(records, hours, base, seed), NO_FINDINGS]
