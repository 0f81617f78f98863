"""Durations on the wall clock: from arrival to discharge, and from release to the gate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.durations import LEAST, Choice, Sample, choose_widely
from calibration.estimates import DRAWS, Estimate, generator
from calibration.laws import Law
from calibration.records import Records

Floats = NDArray[np.float64]

POINTS = 99
"""Quantiles of a graphical check."""

ENOUGH = 200
"""Consignments that nobody selected from which on pickup is fitted to them alone."""



def discharge(records: Records, seed: int) -> list[Estimate]:
    """traffic.discharge: from arrival to discharge."""
    return _plain(records, "traffic.discharge", records.of_consignments("arrival"),
                  records.of_consignments("discharged"), records.step.get("discharged", 60), seed,
                  "from arrival to discharge")


def pickup(records: Records, seed: int) -> list[Estimate]:
    """traffic.pickup: from release, discharged and back in the stack, to the gate."""
    ready = records.of_consignments("released", last=True)
    backs = [name for name in records.seconds if name.startswith("end.move-back.")]
    for back in backs:
        ready = np.fmax(ready, np.where(np.isfinite(ready), records.of_consignments(
            back, last=True), np.nan))
    # Who is released before the discharge waits for it.
    discharged = records.of_consignments("discharged", last=True)
    ready = np.where(np.isfinite(ready), np.fmax(ready, discharged), np.nan)
    note: tuple[str, ...] = ()
    nobody = np.zeros(len(ready), dtype=bool)
    if records.agencies:
        nobody = np.all([records.selected_consignments(a) == 0 for a in records.agencies], axis=0)
    if not backs and not nobody.all():
        if nobody.sum() >= ENOUGH:
            ready = np.where(nobody, ready, np.nan)
            note = ("the log does not show when boxes are back in the stack: of consignments that "
                    "nobody selected alone",)
        else:
            note = ("the log does not show when boxes are back in the stack: the way back is in it",
                    )
    out = records.of_consignments("gate-out")
    return _plain(records, "traffic.pickup", ready, out, records.step.get("gate-out", 60), seed,
                  "from release to gate-out", note)


def _plain(records: Records, key: str, begin: Floats, end: Floats, step: int, seed: int,
           what: str, remarks: tuple[str, ...] = ()) -> list[Estimate]:
    """A duration on the wall clock between two stamps, right-censored by the log's end."""
    lasted = end - begin
    known = np.isfinite(lasted) & (lasted >= 0.0)
    if known.sum() < LEAST:
        return []
    negative = int((lasted < 0.0).sum())
    elapsed = records.until - begin
    # Without an end the case may be open, or its stamp lost: open, as long as more last that long
    # than stamps are lost of those that have long ended.
    without = np.isfinite(begin) & ~np.isfinite(end) & (elapsed > 0.0)
    old = elapsed >= lasted[known].max()
    share = float((without & old).sum() / max(((without | known) & old).sum(), 1))
    still = without & (elapsed < float(np.quantile(lasted[known], 1.0 - share)))
    lost = int((without & ~still).sum())
    width = step / 60.0
    # Two stamps that are cut to the minute are up to one minute closer or further apart.
    lower = np.append(np.maximum(lasted[known] - width, 0.0), np.floor(elapsed[still]))
    upper = np.append(lasted[known] + width, np.full(int(still.sum()), np.inf))
    choice = choose_widely(Sample(lower, upper), seed=seed)
    how = f"{what}: {int(known.sum())} whole, {int(still.sum())} open at the log's end"
    how += (f", {lost} with a stamp missing" if lost else "") + (
        f", {negative} with stamps reversed left out" if negative else "")
    return [_estimate(key, choice, np.sort(lasted[known]), how, seed, remarks)]


def _estimate(key: str, choice: Choice, observed: Floats, how: str, seed: int,
              remarks: tuple[str, ...] = ()) -> Estimate:
    fit = choice.fit
    tried = ", ".join(f"{name} {score:.4f}" for name, (score, _) in sorted(
        choice.scores.items(), key=lambda item: -item[1][0]))
    return Estimate(
        key, fit.as_scenario(), choice.draws(generator(seed, f"calibrate.{key}"), DRAWS), fit.n,
        fit.censored, f"{how}; {fit.family} by held-out likelihood",
        quantiles(observed, fit.law),
        (*remarks, f"held-out log-likelihood of one: {tried}",
         *((fit.remark,) if fit.remark else ())))


def quantiles(observed: Floats, law: Law) -> dict[str, Any]:
    """A graphical check: quantiles of what was seen whole, beside the law's."""
    at = (np.arange(POINTS) + 0.5) / POINTS
    return {"kind": "quantiles", "unit": "min",
            "observed": [round(float(v), 3) for v in np.quantile(observed, at)],
            "fitted": [round(float(v), 3) for v in law.ppf(at)]}
