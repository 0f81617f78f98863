"""Estimates, intervals, paired differences and verdicts from replications.

ratio      intervals around smooth estimands by the jackknife
quantile   pooled quantiles under any weighting of replications, and their bootstrap
verdict    simultaneous confidence, verdicts, replications still needed
sample     one scenario's replications, evaluated under weights
summary    all measures of all scenarios: the contents of summary.json
"""

from __future__ import annotations

from sim.statistics.ratio import Interval
from sim.statistics.sample import Sample
from sim.statistics.summary import SUMMARY_SCHEMA, check_primary, slower_share, summarise
from sim.statistics.verdict import MAXIMUM_FAMILY, replications_needed, verdict

__all__ = [
    "MAXIMUM_FAMILY",
    "SUMMARY_SCHEMA",
    "Interval",
    "Sample",
    "check_primary",
    "replications_needed",
    "slower_share",
    "summarise",
    "verdict",
]
