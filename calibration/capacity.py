"""What a log says of how many units of a resource there are: units at work while work waits.

A log shows when a job was ready for a resource, when its work began and when it ended. While jobs
wait in working time, a resource that starts work whenever it can has all of its units at work. So
the number at work in those minutes is its capacity, if this is what the jobs wait for; if it is
not, the number varies, and all that is known is that there are at least as many as were ever at
work at once.

Logs lack jobs and stamps. Of c units at work, a log that keeps a share q of the jobs shows a
binomial number. So the capacity is the c whose binomial law, mixed with "anything" where the work
waited for something else, gives the observed minutes the highest likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SUSTAINED = 5.0
"""Minutes: a number at work is believed once it was reached for so long in all. Stamps that are
rounded to the minute let one job seem to begin before another has ended."""

BINDS = 0.5
"""Share of the minutes in which work waits that the capacity must account for."""

STEPS = 60
"""Of the EM algorithm for that share."""

WEEK = 10080.0


@dataclass(frozen=True)
class Jobs:
    """Jobs of one resource, minutes since some Monday 00:00.

    ready, start, end: float64[n], NaN where a job did not come so far before the log ended.
    Raises ValueError if they differ in length, or a job starts before it is ready or ends before
    it starts.
    """

    ready: Floats
    start: Floats
    end: Floats

    def __post_init__(self) -> None:
        if not len(self.ready) == len(self.start) == len(self.end):
            raise ValueError(f"{len(self.ready)} ready, {len(self.start)} start and "
                             f"{len(self.end)} end stamps; allowed: one of each per job")
        wrong = np.flatnonzero((self.start < self.ready) | (self.end < self.start))
        if len(wrong):
            i = int(wrong[0])
            raise ValueError(f"job {i} is ready at {self.ready[i]:g}, starts at {self.start[i]:g} "
                             f"and ends at {self.end[i]:g} min; allowed: in this order")


@dataclass(frozen=True)
class Capacity:
    """How many units there are, as far as a log can tell.

    least: units that were at work at once for SUSTAINED minutes in all
    likely: the capacity that explains most of the minutes in which work waited; None if none waited
    interval: (low, high), 90 %, of `likely` by resampling weeks; None with it
    waited: open minutes in which work waited; share: of them, explained by `likely` at work
    binds: whether the resource is what the work waited for, so that `likely` is its capacity
    minutes: float64[k], open minutes with 0, 1, ... units at work while work waited
    """

    least: int
    likely: int | None
    interval: tuple[int, int] | None
    waited: float
    share: float
    binds: bool
    minutes: Floats

    @property
    def text(self) -> str:
        """What to tell a reader."""
        if self.likely is None:
            return f"at least {self.least}: work never waited in working time"
        if self.binds:
            return (f"{self.likely}: all at work in {100 * self.share:.0f} % of the "
                    f"{self.waited / 60:.0f} h in which work waited")
        return (f"at least {self.least}: work waited {self.waited / 60:.0f} h, but for something "
                "else; the log cannot tell how many there are")


def capacity(jobs: Jobs, opens: Floats, closes: Floats, *, kept: float = 1.0,
             resamples: int = 400, seed: int = 1) -> Capacity:
    """The capacity of a resource from its jobs.

    opens, closes: float64[m], the working time, in order and without overlap, minutes. kept: share
    of all jobs that are among `jobs` (the others lack a stamp, or their row). seed: of the
    resampling of weeks (Philox); the same seed gives the same interval.
    Raises ValueError for a share outside (0, 1].
    """
    if not 0.0 < kept <= 1.0:
        raise ValueError(f"kept is {kept:g}; allowed: above 0, at most 1")
    begin, length, busy, queue = _segments(jobs, opens, closes)
    if not len(length):
        return Capacity(0, None, None, 0.0, 0.0, False, np.zeros(1))
    numbers = int(busy.max()) + 1
    at_least = np.cumsum(np.bincount(busy, length, numbers)[::-1])[::-1]
    least = int(np.flatnonzero(at_least >= min(SUSTAINED, at_least[0]))[-1])
    week = ((begin - begin[0]) // WEEK).astype(np.int64)
    waits = queue > 0
    cell = week[waits] * numbers + busy[waits]
    table = np.bincount(cell, length[waits], (int(week[-1]) + 1) * numbers).reshape(-1, numbers)
    minutes = table.sum(axis=0)
    waited = float(minutes.sum())
    if waited < SUSTAINED:
        return Capacity(least, None, None, waited, 0.0, False, minutes)
    generator = np.random.Generator(np.random.Philox(key=seed))
    drawn = generator.integers(0, len(table), (resamples, len(table)))
    found, shares = _most_likely(np.vstack([minutes, table[drawn].sum(axis=1)]), kept)
    low, high = np.quantile(found[1:], [0.05, 0.95], method="nearest")
    share = float(shares[0])
    return Capacity(least, int(found[0]), (int(low), int(high)), waited, share, share >= BINDS,
                    minutes)


def _most_likely(minutes: Floats, kept: float) -> tuple[NDArray[np.int64], Floats]:
    """The capacity of the highest likelihood for each row of minutes by number at work, and the
    share of the minutes that it explains.

    minutes: float64[r, k]. The law of a capacity c is (1 - e) Binomial(c, kept) + e Uniform; e is
    found by EM for each c.
    """
    from scipy.stats import binom

    rows, numbers = minutes.shape
    # Of more units than were ever seen at work, as many as a log that lacks jobs may hide.
    candidates = np.arange(1, int(np.ceil((numbers - 1) / kept)) + 2)
    law = binom.pmf(np.arange(numbers), candidates[:, None], kept)
    weight = minutes / np.maximum(minutes.sum(axis=1, keepdims=True), 1e-300)
    explained = np.full((rows, len(candidates)), 0.5)
    for _ in range(STEPS):
        mixed = explained[..., None] * law + (1.0 - explained[..., None]) / numbers
        explained = np.einsum("rk,rck->rc", weight, explained[..., None] * law / mixed)
        # Some of "anything" stays, so that no minute is impossible.
        explained = np.minimum(explained, 1.0 - 1e-9)
    mixed = explained[..., None] * law + (1.0 - explained[..., None]) / numbers
    best = np.einsum("rk,rck->rc", weight, np.log(mixed)).argmax(axis=1)
    return candidates[best], explained[np.arange(rows), best]


def _segments(jobs: Jobs, opens: Floats, closes: Floats
              ) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """The stretches between changes: begin, open minutes, units at work, jobs waiting; those of
    working time alone."""
    times, work, wait = [], [], []
    for stamps, at_work, waiting in ((jobs.ready, 0, 1), (jobs.start, 1, -1), (jobs.end, -1, 0)):
        known = stamps[~np.isnan(stamps)]
        times.append(known)
        work.append(np.full(len(known), at_work))
        wait.append(np.full(len(known), waiting))
    moments, at = np.unique(np.concatenate(times), return_inverse=True)
    busy = np.cumsum(np.bincount(at, np.concatenate(work), len(moments)))
    queue = np.cumsum(np.bincount(at, np.concatenate(wait), len(moments)))
    length = np.diff(_open_before(opens, closes, moments))
    kept = np.flatnonzero(length > 0.0)
    return (moments[kept], length[kept], np.rint(busy[kept]).astype(np.int64),
            np.rint(queue[kept]).astype(np.int64))


def _open_before(opens: Floats, closes: Floats, times: Floats) -> Floats:
    """Open minutes before each time."""
    before = np.concatenate([[0.0], np.cumsum(closes - opens)])
    i = np.searchsorted(opens, times, side="right")
    inside = np.minimum(times, closes[np.maximum(i - 1, 0)]) - opens[np.maximum(i - 1, 0)]
    return np.where(i > 0, before[np.maximum(i - 1, 0)] + inside, 0.0)
