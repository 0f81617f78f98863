"""The kernel of the compiled engine alone, as the other engines are measured: run only."""

from __future__ import annotations

import numpy as np

from benchmarks.models import Inputs
from benchmarks.reference_models import plan_of
from sim.engines.compiled import Memory, call, memory_of
from sim.engines.program import lower
from sim.process.plan import Plan

Prepared = tuple[Plan, Memory]


def prepare(inputs: Inputs) -> Prepared:
    """What the kernel is given: not measured."""
    plan = plan_of(inputs)
    return plan, memory_of(plan, lower(plan))


def mean(prepared: Prepared) -> float:
    """Mean time in the system (minutes), from the moments that the kernel wrote."""
    plan, memory = prepared
    call(plan, memory)
    return float(np.mean(memory["done"] - plan.time))
