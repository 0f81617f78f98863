"""All benchmarks: the reference engine against hand-written SimPy, and a whole replication.

    python -m benchmarks
"""

from __future__ import annotations

import statistics
import sys
import time

from benchmarks import serial


def main() -> int:
    """Prints the ratio of the serial model, then the CPU time of 26 weeks of `separate`."""
    serial.main([])
    from scenarios.load import load
    from sim.engines import simulate
    from sim.ports import port_run

    plan = port_run(load("separate"), 1, 0).plan
    spent = []
    for _ in range(5):
        begun = time.process_time()
        simulate(plan)
        spent.append(time.process_time() - begun)
    weeks = "xiamen-2015 separate, 26 weeks after 4 of warm-up"
    print(f"{weeks}: {plan.containers} containers, {statistics.median(spent):.2f} s CPU "
          f"(median of {len(spent)}, from {min(spent):.2f} to {max(spent):.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
