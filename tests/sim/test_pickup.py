"""Goods leave the port after their discharge, whenever their papers were through."""

import numpy as np

from scenarios.load import load
from sim.engines import simulate
from sim.ports import port_run


def test_nobody_is_picked_up_before_the_discharge():
    run = port_run(load("xiamen-2015", "separate", [
        "selection.simulate=all", "selection.rules.1.shares={none: 1.0}",
        "traffic.lodging.before_arrival=0.9", "run.warmup=0 weeks",
        "run.measured=2 weeks", "run.drain=4 weeks"]), 1, 0)
    log = simulate(run.plan, "reference")
    pickup = next(s.number for s in run.plan.steps if getattr(s.node, "stage", "") == "pickup")
    begun, owner = log.of(pickup, "start"), log.consignment[log.rows(pickup)]
    assert len(begun) > 100
    assert np.all(begun >= run.traffic.discharged[owner])
    # It is the discharge that some of them wait for.
    assert np.any(begun == run.traffic.discharged[owner])
