"""What one replication of one scenario leaves behind for the statistics and the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.estimands import Estimand

Array = NDArray[Any]
Table = dict[str, Array]


@dataclass
class Replication:
    """The measured results of one replication of one scenario.

    scenario, replication   which run this is (replications count from 0)
    sums        measure -> (numerator, denominator) of every measure that is a ratio of sums
    samples     name -> float64 values to be pooled over replications; +inf marks a censored one
    estimands   measure -> how it is estimated; its order is the order of the measures
    units       measure -> unit, as printed
    labels      measure -> '' or 'input' or 'lower bound'
    cohort      'id', 'group' (code into `groups`) and 'clearance' (hours, inf if still open),
                in the same order under every regime
    members     consignments of the cohort; `open` of them were not done when the run ended
    tables      name -> column -> array, for the Parquet files; all columns of a table are
                equally long
    """

    scenario: str
    replication: int
    sums: dict[str, tuple[float, float]] = field(default_factory=dict)
    samples: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    estimands: dict[str, Estimand] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    cohort: dict[str, Array] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    members: int = 0
    open: int = 0
    tables: dict[str, Table] = field(default_factory=dict)
