"""Jobs of clerks, gangs, officers and tractors from a log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.jobs import jobs_of, opening_of_moves, shown_jobs
from calibration.records import BLANK
from tests.calibration.known_port import known


def test_every_resource_of_the_port_has_its_jobs_in_order():
    records, _ = known()
    shown = shown_jobs(records)
    assert set(shown) == {f"{kind}.{agency}" for kind in ("clerk", "gang", "officer")
                          for agency in ("quarantine", "customs")} | {"tractor"}
    assert all(job.kept > 0.99 for job in shown.values())
    for jobs in jobs_of(records).values():
        assert not (jobs.start < jobs.ready).any() and not (jobs.end < jobs.start).any()


def test_chained_papers_are_ready_at_the_form_before():
    records, _ = known()
    jobs = jobs_of(records)["clerk.customs"]
    form = records.of_consignments("end.clearance-form.quarantine")
    assert np.isin(jobs.ready, form[~np.isnan(form)]).mean() > 0.4
    lodged = records.of_consignments("lodged")
    assert np.isin(jobs.ready, np.concatenate([form, lodged])).all()


def test_a_job_that_lacks_a_stamp_is_left_out_and_an_open_one_stays():
    records, _ = known()
    name = "end.restuffing.customs"
    rows = np.flatnonzero(records.seconds[name] != BLANK)
    lost = records.seconds[name].copy()
    lost[rows[::10]] = BLANK
    with_gaps = replace(records, seconds={**records.seconds, name: lost})
    whole, gaps = (shown_jobs(r)["gang.customs"] for r in (records, with_gaps))
    assert abs(gaps.kept / whole.kept - 0.9) < 0.02
    early = records.take(records.of_consignments("arrival") < 50_000.0, until=50_000.0)
    assert np.isnan(jobs_of(early)["gang.quarantine"].start).any()


def test_the_window_of_moves_opens_after_the_longest_quiet_time():
    evening = 1440.0 * np.repeat(np.arange(30), 20) + 1080.0 + np.tile(np.arange(20) * 20.0, 30)
    assert opening_of_moves(evening) == 1080.0
    assert np.isnan(opening_of_moves(np.full(3, np.nan)))
