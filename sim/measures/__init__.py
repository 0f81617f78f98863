"""Measures: pure functions from a run's event log to numbers.

record    what measures are written into, and the times that several of them need
time      clearance, release, total, preparation, stages
area      occupancy, required area, blocked hours
labour    officers, clerks, gangs; counts of moves, devannings, visits, fields, acts
ledger    who pays whom, what is consumed; cost: per TEU by party, reason and in total
use       utilisation, queues, flow
"""

from sim.measures.measure import measure, measure_run

__all__ = ["measure", "measure_run"]
