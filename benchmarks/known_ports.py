"""Random ports of which everything is known: what a calibration has to find again from their logs.

All share the structure of `base`, a port like xiamen-2015 before the reform: two agencies, two
yards, papers chained. What a log can say is drawn per seed; what it cannot say (fields, tariffs,
areas, what only a reform shows) is the base's own. Staff are set so that most resources have work
for between a half and nearly all of their time, and some for far less: some bind, others do not.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from calibration.estimates import generator
from calibration.records import Records
from calibration.simulated import Rule, records_of
from scenarios.annotations import split_annotations
from scenarios.errors import InputError
from scenarios.load import Loaded, load, restore
from scenarios.yamlfile import Document
from sim.engines import simulate
from sim.eventlog import EventLog
from sim.measures.record import Measured
from sim.ports import PortRun, port_run

Tree = dict[str, Any]
AGENCIES = ("quarantine", "customs")
WARMUP = 4
BUSIEST = 0.95
"""Offered load from which on a port is drawn anew: there the queue grows with the weeks."""

_ATTEMPTS = 40
_GROWTH = 1.5
"""Clearance of the last third of the weeks over that of the first, from which on likewise."""

OFFICES = (["08:30-12:00", "13:30-17:30"], ["08:00-12:00", "14:00-18:00"], ["09:00-17:00"],
           ["08:30-11:30", "13:00-17:00"], ["09:00-12:00", "13:00-17:30"])
EVENINGS = ("18:00-22:00", "17:30-21:30", "19:00-23:00", "18:00-23:00")


@cache
def base() -> Loaded:
    """What the analyst starts from: the structure, and assumptions where the log will speak."""
    tree = copy.deepcopy(plain(load("xiamen-2015")))
    tree |= {"name": "base", "title": {"en": "Base of known ports", "zh": "已知口岸的基础场景"},
             "findings": None, "recognition": [], "published": [], "description": ""}
    tree["selection"] = {"simulate": "all", "rules": [
        {"shares": {"customs": 0.1, "quarantine": 0.1, "quarantine+customs": 0.1, "none": 0.7}}]}
    tree["traffic"]["attributes"] = {
        "grade": {"shares": {"advanced": 0.3, "credit": 0.7}},
        "licensed": {"shares": {"yes": 0.4, "no": 0.6}},
        "risk": {"shares": {"low": 0.8, "high": 0.2}}}
    tree["traffic"]["boxes"] = [{"number": {"distribution": "geometric", "mean": 1.6}}]
    for agency in tree["agencies"].values():
        agency |= {"laboratory": None, "declared": {}}
    tree["traffic"]["consignments_per_week"] = 200
    return restore(tree)


def plain(scenario: Loaded) -> Tree:
    """The scenario's tree without sources, confidences and ranges."""
    return split_annotations(Document(scenario.resolved))[0]


def known_port(seed: int, weeks: int | None = None) -> Loaded:
    """The port of a seed: 26 to 30 weeks, or as many as asked for, after a warm-up.

    A port whose offered load is BUSIEST or more, or whose clearance grows with the weeks, is drawn
    anew. Raises RuntimeError if none is found.
    """
    for attempt in range(_ATTEMPTS):
        tree = _staffed(_drawn(generator(seed, f"port.{attempt}"), weeks), seed, attempt)
        tree["name"] = f"known-{seed}"
        port = restore(tree)
        if settled(port):
            return port
    raise RuntimeError(f"no port with a load below {BUSIEST} in {_ATTEMPTS} attempts")


def settled(port: Loaded) -> bool:
    """Whether no resource is overloaded and clearance does not grow with the weeks."""
    try:
        run = port_run(port, 1, 0)
    except InputError:
        return False
    if max(run.plan.offered.values()) >= BUSIEST:
        return False
    log = simulate(run.plan, "compiled")
    minutes = Measured(run, log, 1, 0).released - run.traffic.clock_start
    minutes = np.where(np.isnan(minutes), log.stopped - run.traffic.clock_start, minutes)
    third = (run.traffic.horizon - run.traffic.warm) / 3.0
    part = np.floor((run.traffic.clock_start - run.traffic.warm) / third)
    chosen = np.any(list(run.traffic.selected.values()), axis=0)
    first, last = (float(minutes[chosen & (part == k)].mean()) for k in (0, 2))
    return last < _GROWTH * first


@dataclass(frozen=True, eq=False)
class Kept:
    """A run of a port and the log that was kept of it."""

    run: PortRun
    log: EventLog
    records: Records


def keep_log(port: Loaded, seed: int, rule: Rule | None = None) -> Kept:
    """One replication of the port, and its records to the minute.

    rule: which consignments the port's system shows; drawn by the seed if not given.
    """
    run = port_run(port, seed, 0)
    log = simulate(run.plan, "compiled")
    if rule is None:
        rule = "ready" if generator(seed, "rule").random() < 0.5 else "arrived"
    return Kept(run, log, records_of(run, log, rule=rule))


# --- what is drawn -------------------------------------------------------------------------------

def _drawn(rng: np.random.Generator, weeks: int | None) -> Tree:
    """The base with everything that a log can say drawn anew, and with ample staff."""
    tree = copy.deepcopy(plain(base()))
    monday = date(2013, 1, 7) + timedelta(7 * int(rng.integers(0, 52 * 6)))
    measured = int(rng.integers(26, 31)) if weeks is None else weeks
    tree["run"] |= {"start": str(monday), "warmup": f"{WARMUP} weeks",
                    "measured": f"{measured} weeks", "drain": "4 weeks"}
    _draw_hours(rng, tree)
    for name in AGENCIES:
        _draw_agency(rng, tree["agencies"][name])
    _draw_yard(rng, tree)
    _draw_traffic(rng, tree["traffic"])
    tree["selection"]["rules"] = _selection(rng)
    return tree


def _draw_hours(rng: np.random.Generator, tree: Tree) -> None:
    """Office hours, for half of the ports of each agency its own; the evening's window."""
    office = tree["calendars"]["office"]
    names = {}
    for name in AGENCIES:
        weekly = {"mon-fri": OFFICES[int(rng.integers(len(OFFICES)))]}
        if rng.random() < 0.2:
            weekly["sat"] = ["09:00-12:00"]
        names[name] = {**copy.deepcopy(office), "weekly": weekly}
    tree["calendars"]["office"] = names["quarantine"]
    if rng.random() < 0.5:
        tree["calendars"]["customs-office"] = names["customs"]
        tree["agencies"]["customs"]["calendar"] = "customs-office"
    evening = EVENINGS[int(rng.integers(len(EVENINGS)))]
    tree["calendars"]["evening-in"]["weekly"] = {"mon-fri": [evening]}
    tree["calendars"]["evening-back"]["weekly"] = {"mon-fri": [evening]}
    tree["move"]["cutoff"] = str(rng.choice(["14:00", "15:00", "15:30", "16:00", "16:30"]))


def _draw_agency(rng: np.random.Generator, agency: Tree) -> None:
    agency |= {
        "papers": _law(rng, (60, 180), (0.4, 0.9)),
        "release": _law(rng, (25, 80), (0.3, 0.7)),
        "clearance_form": _minutes(_some(rng, 5, 20)),
        "clerical": {"acts": 4, "time": _minutes(_some(rng, 2, 7))},
        "exam": {"fixed": _minutes(rng.uniform(18, 40)), "by_depth": _minutes(rng.uniform(15, 60)),
                 "cv": _number(rng.uniform(0.25, 0.6))},
        "depths": _shares(rng, {"door": 0.25, "one-third": 0.30, "half": 0.25, "full": 0.20}, 40),
        "boxes_examined": 1.0 if rng.random() < 0.5 else _number(rng.uniform(0.5, 0.95)),
    }


def _draw_yard(rng: np.random.Generator, tree: Tree) -> None:
    tree["move"]["duration"] = _law(rng, (22, 45), (0.2, 0.5))
    small, large = rng.uniform(50, 85), rng.uniform(90, 150)
    cv = rng.uniform(0.25, 0.5, 2)
    tree["devanning"] = {
        "full": [{"when": {"size": ["20"]}, "duration": _lognormal(small, cv[0])},
                 {"duration": _lognormal(large, cv[1])}],
        "by_depth": {"scan": 0, "door": _number(rng.uniform(0.05, 0.15)),
                     "one-third": _number(rng.uniform(0.25, 0.4)),
                     "half": _number(rng.uniform(0.45, 0.6)), "full": 1.0},
        "restuff": _number(rng.uniform(1.05, 1.35))}


def _draw_traffic(rng: np.random.Generator, traffic: Tree) -> None:
    hour = 1.0 + rng.uniform(0.0, 0.8) * np.cos((np.arange(24) - rng.uniform(8, 20)) * math.pi / 12)
    traffic["calls"] = {
        "per_week": int(rng.integers(25, 66)), "size_cv": _number(rng.uniform(0.3, 0.8)),
        "weekday": list(_shares(rng, {str(i): 1 / 7 for i in range(7)}, 150).values()),
        "hour": (hour / hour.sum()).tolist()}
    traffic |= {
        "consignments_per_week": int(rng.integers(160, 401)),
        "boxes": [{"number": {"distribution": "geometric",
                              "mean": _number(rng.uniform(1.25, 2.0))}}],
        "sizes": _shares(rng, {"20": 0.45, "40": 0.55}, 40),
        "discharge": _law(rng, (7 * 60, 16 * 60), (0.4, 0.8)),
        "pickup": _law(rng, (8 * 60, 24 * 60), (0.5, 1.0))}
    traffic["lodging"] |= {
        "before_arrival": _number(rng.uniform(0.1, 0.4)),
        "lead": _law(rng, (12 * 60, 30 * 60), (0.3, 0.7)),
        "delay": _law(rng, (10 * 60, 30 * 60), (0.6, 1.1))}
    for name, usual in {"grade": {"advanced": 0.3, "credit": 0.7},
                        "licensed": {"yes": 0.4, "no": 0.6},
                        "risk": {"low": 0.85, "high": 0.15}}.items():
        traffic["attributes"][name] = {"shares": _shares(rng, usual, 40)}


def _selection(rng: np.random.Generator) -> list[Tree]:
    """High risk is selected more often, and by quarantine if a certificate is needed."""
    rules = []
    licensed, risky = rng.uniform(1.2, 2.5), rng.uniform(2.0, 4.0)
    customs, quarantine, both = (float(rng.uniform(*ends))
                                 for ends in ((0.05, 0.10), (0.07, 0.14), (0.01, 0.04)))
    for when, more, other in (({"risk": "high", "licensed": "yes"}, risky, licensed),
                              ({"risk": "high"}, risky, 1.0), ({"licensed": "yes"}, 1.0, licensed),
                              ({}, 1.0, 1.0)):
        shares = {"customs": _number(customs * more),
                  "quarantine": _number(quarantine * min(more * other, 5.0)),
                  "quarantine+customs": _number(both * more)}
        whole = sum(shares.values())
        if whole > 0.95:
            shares = {name: _number(0.95 * share / whole) for name, share in shares.items()}
        shares["none"] = 1.0 - sum(shares.values())
        rules.append({"when": {k: [v] for k, v in when.items()}, "shares": shares} if when
                     else {"shares": shares})
    return rules


# --- how much staff ------------------------------------------------------------------------------

def _staffed(tree: Tree, seed: int, attempt: int) -> Tree:
    """Staff and places for a load that is drawn per resource; yards mostly with room to spare."""
    rng = generator(seed, f"port.staff.{attempt}")
    layout = tree["layout"]["separate"]
    ample = {"gangs": 500, "officers": 1000, "clerks": 500}
    layout |= {kind: dict.fromkeys(AGENCIES, number) for kind, number in ample.items()}
    layout["tractors"] = 500
    for site in layout["sites"].values():
        site |= {"slots": 500, "buffer": 5000, "appointments_per_day": 5000}
        size_area(site)
    run = port_run(restore(tree), seed, 0)
    work = {r.name: run.plan.offered[r.name] * r.capacity for r in run.plan.resources}

    # Some ports are busy in places, others nowhere: those could take more traffic.
    busiest = rng.uniform(0.7, BUSIEST)

    def staff(name: str, least: int = 1, step: int = 1) -> int:
        ample = rng.random() < 0.2
        needed = work[name] / rng.uniform(*((0.15, 0.35) if ample else (0.5, busiest)))
        return max(least, step * math.ceil(needed / step))

    gangs = {name: staff(f"gang.{name}", 2) for name in AGENCIES}
    layout |= {
        "gangs": gangs,
        # In pairs: an odd officer out would have nothing to do.
        "officers": {name: staff(f"officer.{name}", 4, 2) for name in AGENCIES},
        "clerks": {name: staff(f"clerk.{name}", 2) for name in AGENCIES},
        "tractors": staff("tractor", 2)}
    weeks = (run.traffic.horizon + 4 * 10080.0) / 10080.0
    for name, site in ((n, layout["sites"][f"{n}-yard"]) for n in AGENCIES):
        daily = float(run.traffic.examined[name].sum()) / (5.0 * weeks)
        tight = rng.random() < 0.15
        site |= {"slots": gangs[name], "buffer": max(6, math.ceil(6.0 * daily)),
                 "appointments_per_day": max(3, math.ceil((1.3 if tight else 4.0) * daily))}
        size_area(site)
    _share(tree, gangs, rng)
    return tree


def _share(tree: Tree, gangs: dict[str, int], rng: np.random.Generator) -> None:
    """The one yard that is planned: the places of both, a third of the officers in joint teams."""
    layout = tree["layout"]
    sites = layout["separate"]["sites"].values()
    yard = layout["shared"]["sites"]["joint-yard"]
    yard |= {"slots": sum(gangs.values()),
             **{key: sum(site[key] for site in sites)
                for key in ("buffer", "appointments_per_day")}}
    size_area(yard)
    layout["shared"]["joint_officers"] = {
        name: max(2, 2 * round(number / 6)) for name, number
        in layout["separate"]["officers"].items()}
    layout.pop("restated", None)


def size_area(site: Tree) -> None:
    """The area that slots and places take, so that the sums of the scenario agree."""
    metres = 220 * site["slots"] + 75 * site["buffer"]
    fixed = float(str(site["fixed"]).removesuffix("m2"))
    site["area"] = f"{fixed + metres:g} m2"


# --- forms ---------------------------------------------------------------------------------------

def _number(value: float) -> float:
    return float(f"{value:.3g}")


def _minutes(value: float) -> str:
    return f"{value:.4g} min"


def _some(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number, in half of the ports 0."""
    return int(rng.integers(low, high + 1)) if rng.random() < 0.5 else 0


def _lognormal(mean: float, cv: float) -> Tree:
    return {"distribution": "lognormal", "mean": _minutes(mean), "cv": _number(cv)}


def _law(rng: np.random.Generator, mean: tuple[float, float], cv: tuple[float, float]) -> Tree:
    """A lognormal duration with mean (minutes) and cv in these ranges."""
    return _lognormal(float(rng.uniform(*mean)), float(rng.uniform(*cv)))


def _shares(rng: np.random.Generator, usual: dict[str, float], weight: float) -> dict[str, float]:
    """Shares around the usual ones; the larger the weight, the closer."""
    drawn = rng.gamma(weight * np.array(list(usual.values())))
    return dict(zip(usual, (drawn / drawn.sum()).tolist(), strict=True))
