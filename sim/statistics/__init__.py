"""Estimates, intervals, paired differences and verdicts from replications.

ratio      intervals by the jackknife over replications
quantile   pooled quantiles, and how they move if a replication is left out
verdict    simultaneous confidence, verdicts, replications still needed
sample     one scenario's replications, all of them and all but one
selection  the best of several scenarios, at least effort
warmup     where weekly means have settled
batch      the interval of a mean from one long run
looks      as many replications as a half-width needs
summary    all measures of all scenarios: the contents of summary.json
"""

from __future__ import annotations

from sim.statistics.batch import batch_means
from sim.statistics.looks import until_half_width
from sim.statistics.ratio import Interval
from sim.statistics.sample import Sample
from sim.statistics.summary import SUMMARY_SCHEMA, check_primary, slower_share, summarise
from sim.statistics.verdict import MAXIMUM_FAMILY, replications_needed, verdict

__all__ = [
    "MAXIMUM_FAMILY",
    "SUMMARY_SCHEMA",
    "Interval",
    "Sample",
    "batch_means",
    "check_primary",
    "replications_needed",
    "slower_share",
    "summarise",
    "until_half_width",
    "verdict",
]
