"""The models of benchmarks/reference_models.py on the compiled engine, all that a run does."""

from __future__ import annotations

from benchmarks.models import Inputs
from benchmarks.reference_models import mean_by


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes): plan, lowering, kernel, event log and its checks."""
    return mean_by("compiled", inputs)
