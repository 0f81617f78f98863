"""The models that Ciw can express: queues in a network, one server of one node at a time."""

from __future__ import annotations

from math import inf

import ciw
import numpy as np

from benchmarks.models import Inputs


def mean(inputs: Inputs) -> float:
    """Mean time in the system (minutes) of M/M/1, the only one of the models that Ciw has."""
    gaps = np.diff(inputs.times, prepend=0.0).tolist()
    network = ciw.create_network(
        # After the last gap nobody comes any more.
        arrival_distributions=[ciw.dists.Sequential([*gaps, inf])],
        service_distributions=[ciw.dists.Sequential(inputs.columns()["service"])],
        number_of_servers=[1],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(inputs.containers, method="Finish")
    records = simulation.get_all_records()
    if len(records) != inputs.containers:
        raise RuntimeError(f"Ciw finished {len(records)} of {inputs.containers} customers")
    return sum(record.exit_date - record.arrival_date for record in records) / len(records)
