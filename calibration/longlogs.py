"""Of a very long log the last weeks are fitted: a port changes over the years, and what was fitted
has to be run. Every row is read and counted all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.records import Records
from calibration.replay_traffic import arrival_of
from scenarios.schema.scenario import WEEK
from scenarios.validate import MOST_BOXES

LEAST = 9
"""Weeks that are kept in any case: eight whole ones, wherever in the week the log ends."""

BEFORE = 2.0 * WEEK
"""Containers of so long before are kept as well: the first weeks' work is of them, too."""


def last_weeks(records: Records, most: int = MOST_BOXES) -> tuple[Records, str | None]:
    """The last whole weeks with at most so many containers, LEAST in any case, and what to say of
    it; the records themselves and None if they are no more.
    """
    if len(records) <= most:
        return records, None
    arrival = arrival_of(records)
    # Weeks are counted back from the log's end.
    ago = np.maximum((records.until - arrival) / WEEK, 0.0).astype(np.int64)
    within = np.cumsum(np.bincount(ago, records.boxes))
    weeks = max(int(np.searchsorted(within, most, side="right")), LEAST)
    since = records.until - weeks * WEEK
    if since <= records.since:
        return records, None
    kept = records.take(arrival >= since - BEFORE, since=since)
    inside = int(records.boxes[ago < weeks].sum())
    kept = replace(kept, share=records.share * len(kept) / len(records))
    return kept, (f"fitted to the last {weeks} of {(records.until - records.since) / WEEK:.0f} "
                  f"weeks: {inside:,} of {len(records):,} containers; the others are read and "
                  "counted")
