"""Queues whose mean time in the system is known, run through build_plan and simulate.

Every case is run in independent replications. The mean input times are known exactly, so they
serve as control variates: the part of an estimate's error that a linear regression over the
replications explains by the drawn input means is taken out, and what is left has a Student
interval with as many degrees of freedom fewer as there are controls.

The means of the rounded durations differ from those of the theory by less than 2**-11 minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.engines import simulate
from sim.process.plan import Arrivals, Resource, build_plan
from sim.process.tree import Activity, Need, Node, Parallel

SERVICE = 60.0
"""Mean minutes of service in every case."""

WARM_UP = 500
LEVEL = 0.01
CONFIDENCE = 0.95
WITHIN = 0.01

Draw = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Case:
    """A queue, its traffic and the theory's mean time in the system (minutes).

    services    column -> quantile function of service times; powers = the powers of them whose
                known means (moments) are used as controls besides the mean time between arrivals
    """

    name: str
    tree: Node
    resources: tuple[Resource, ...]
    rate: float
    services: dict[str, Draw]
    moments: dict[int, float]
    theory: float
    consignments: int = 20_000
    replications: int = 32


@dataclass(frozen=True)
class Outcome:
    """An estimate of a mean against the theory's."""

    name: str
    theory: float
    mean: float
    half_width: float
    p_value: float

    @property
    def error(self) -> float:
        """Relative distance of the interval's farther end from the theory."""
        return (abs(self.mean - self.theory) + self.half_width) / self.theory

    def passed(self, checks: int) -> bool:
        """Not rejected at LEVEL shared by all checks, and the interval within 1 % of theory."""
        return self.p_value >= LEVEL / checks and self.error <= WITHIN


def exponential(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of the exponential distribution with mean SERVICE."""
    return -SERVICE * np.log1p(-u)


def uniform(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of the uniform distribution on [0, 2 SERVICE]."""
    return 2.0 * SERVICE * u


def station(name: str) -> Activity:
    """Wait for one of the station's servers, and be served."""
    return Activity(name, name, ((Need(name),),), (Need(name),))


def m_m_c(servers: int, load: float) -> Case:
    """M/M/c by Erlang's formula: W = C(c, a) / (c mu - lambda) + 1 / mu."""
    offered = servers * load
    rate = offered / SERVICE
    top = offered**servers / factorial(servers) / (1.0 - load)
    waits = top / (sum(offered**k / factorial(k) for k in range(servers)) + top)
    theory = waits / (servers / SERVICE - rate) + SERVICE
    return Case(f"M/M/{servers}, load {load:g}", station("server"),
                (Resource("server", servers),), rate, {"server": exponential}, {1: SERVICE},
                theory, replications=48)


def m_g_1(load: float) -> Case:
    """M/G/1, uniform service: W = lambda E[S^2] / (2 (1 - rho)) + E[S] (Pollaczek-Khinchine)."""
    rate = load / SERVICE
    second = (2.0 * SERVICE) ** 2 / 3.0
    theory = rate * second / (2.0 * (1.0 - load)) + SERVICE
    return Case(f"M/G/1, uniform service, load {load:g}", station("server"),
                (Resource("server", 1),), rate, {"server": uniform}, {1: SERVICE, 2: second},
                theory, replications=40)


def fork_join(load: float) -> Case:
    """Two parallel M/M/1 stations: R = (12 - rho) / 8 / (mu - lambda) (Nelson and Tantawi)."""
    rate = load / SERVICE
    theory = (12.0 - load) / 8.0 / (1.0 / SERVICE - rate)
    return Case(f"fork-join of two, load {load:g}", Parallel((station("left"), station("right"))),
                (Resource("left", 1), Resource("right", 1)), rate,
                {"left": exponential, "right": exponential}, {1: SERVICE}, theory)


CASES = (m_m_c(1, 0.5), m_m_c(3, 0.6), m_g_1(0.5), fork_join(0.5))


def replicate(case: Case, seed: int, engine: str) -> tuple[float, list[float]]:
    """The mean time in the system of one replication, and its controls' deviations."""
    n = case.consignments

    def ticks(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(minutes * 1024.0) / 1024.0

    rng = np.random.Generator(np.random.PCG64(seed))
    between = ticks(-np.log1p(-rng.random(n)) / case.rate)
    columns = {name: ticks(draw(rng.random(n))) for name, draw in case.services.items()}
    times = np.cumsum(between)
    plan = build_plan(case.tree, Arrivals(times, np.ones(n, dtype=np.int64), columns),
                      case.resources)
    log = simulate(plan, engine)
    used = slice(WARM_UP, n)
    controls = [float(between[used].mean()) - 1.0 / case.rate]
    for values in columns.values():
        for power, moment in case.moments.items():
            controls.append(float(np.mean(values[used] ** power)) - moment)
    return float(np.mean((log.done - times)[used])), controls


def estimate(case: Case, seed: int = 1, engine: str = "auto") -> Outcome:
    """The controlled mean over replications with its Student interval."""
    seeds = np.random.SeedSequence([seed, CASES.index(case)]).generate_state(case.replications)
    runs = [replicate(case, int(s), engine) for s in seeds]
    means = np.array([mean for mean, _ in runs])
    design = np.column_stack([np.ones(len(runs)), np.array([c for _, c in runs])])
    coefficients, _, _, _ = np.linalg.lstsq(design, means, rcond=None)
    left = means - design @ coefficients
    freedom = design.shape[0] - design.shape[1]
    variance = float(left @ left) / freedom * np.linalg.inv(design.T @ design)[0, 0]
    deviation = float(np.sqrt(variance))
    mean = float(coefficients[0])
    student = stats.t(freedom)
    return Outcome(
        case.name, case.theory, mean,
        float(student.ppf((1.0 + CONFIDENCE) / 2.0)) * deviation,
        2.0 * float(student.sf(abs(mean - case.theory) / deviation)),
    )


def theory_table(engine: str = "auto", seed: int = 1) -> list[Outcome]:
    """Run all cases, print the table, and return its rows."""
    print(f"{'case':34} {'theory':>9} {'simulated':>9} {'95 % interval':>21} {'p':>7}  verdict")
    rows = []
    for case in CASES:
        row = estimate(case, seed, engine)
        interval = f"{row.mean - row.half_width:9.3f} ..{row.mean + row.half_width:9.3f}"
        verdict = "passed" if row.passed(len(CASES)) else "FAILED"
        print(f"{row.name:34} {row.theory:9.3f} {row.mean:9.3f} {interval:>21} "
              f"{row.p_value:7.3f}  {verdict}", flush=True)
        rows.append(row)
    return rows


if __name__ == "__main__":
    theory_table()
