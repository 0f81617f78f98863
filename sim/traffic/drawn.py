"""Drawn traffic: vessel calls by week, consignments in bursts, attributes, boxes, selections."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from scenarios.errors import Fault, InputError
from scenarios.schema.scenario import WEEK, Scenario
from scenarios.validate import MOST_BOXES
from sim.distributions import counts, gamma, on_clock, pick, poisson, times
from sim.streams import uniforms
from sim.traffic.lodging import lodge
from sim.traffic.selection import draw_depths, draw_selection
from sim.traffic.tables import Flags, Floats, Ints, Traffic

T = TypeVar("T")


class Draws:
    """Uniforms of one replication of one seed, and what follows from them under every regime.

    kept: where that is kept, of a traffic that several regimes may share.
    """

    def __init__(self, seed: int, replication: int, kept: dict[Any, Any] | None = None):
        self.seed, self.replication = seed, replication
        self.kept = {} if kept is None else kept

    def __call__(self, purpose: str, n: int, attempt: int = 0) -> Floats:
        """float64[n]: the uniforms of a purpose, not to be written to."""
        return self.once((purpose, n, attempt), (), lambda: self._uniforms(purpose, n, attempt))

    def times(self, law: Any, purpose: str, n: int, attempt: int = 0) -> Floats:
        """float64[n]: minutes by a law, on the clock; not to be written to."""
        return self.once(("times", purpose, n, attempt), (law,), lambda: times(
            law, self._uniforms(purpose, n, attempt)))

    def once(self, what: Hashable, parts: tuple[BaseModel | None, ...], work: Callable[[], T]) -> T:
        """What `work` returns, worked out at the first use and kept; parts: those of the scenario
        that it depends on, besides the traffic."""
        texts = tuple(part and part.model_dump_json() for part in parts)
        key = (self.seed, self.replication, what, texts)
        if key not in self.kept:
            self.kept[key] = work()
            if isinstance(self.kept[key], np.ndarray):
                self.kept[key].flags.writeable = False
        result: T = self.kept[key]
        return result

    def _uniforms(self, purpose: str, n: int, attempt: int) -> Floats:
        return uniforms(self.seed, self.replication, purpose, n, attempt)


def drawn_traffic(scenario: Scenario, seed: int, replication: int) -> Traffic:
    """Traffic from the scenario's rates, profiles and shares, until the end of the run's drain."""
    run = scenario.run
    assert run.start is not None and run.measured is not None
    draw = Draws(seed, replication)
    weeks = int(np.ceil((run.warmup + run.measured + run.drain) / WEEK))
    arrival = arrivals(scenario, draw, weeks)
    n = len(arrival)
    attributes, values = draw_attributes(scenario, draw, n)
    discharge = times(scenario.traffic.discharge, draw("discharge", n))
    if scenario.traffic.calls.of == "arrival":
        discharged = on_clock(arrival + discharge)
    else:
        discharged = arrival
        arrival = np.maximum(on_clock(discharged - discharge), 0.0)
    lodged = lodge(scenario, draw, arrival, discharged, run.start)
    horizon = run.warmup + run.measured
    traffic = Traffic(run.start, run.warmup, horizon, horizon + run.drain, arrival, discharged,
                      lodged, attributes, values, {}, np.empty(0, np.int64),
                      np.empty(0, np.int64), np.empty(0, bool), {}, {})
    traffic.selected = draw_selection(scenario, draw, traffic)
    boxes = draw_boxes(scenario, draw, traffic)
    _refuse_too_many(boxes.sum(), "traffic.boxes", "containers")
    if scenario.selection.simulate == "selected":
        kept = np.any(list(traffic.selected.values()), axis=0)
        traffic, boxes = keep_consignments(traffic, kept), boxes[kept]
    traffic.owner = np.repeat(np.arange(len(boxes)), boxes)
    total = len(traffic.owner)
    sizes = np.array([int(size) for size in scenario.traffic.sizes])
    traffic.size = sizes[pick(scenario.traffic.sizes, draw("size", total))]
    traffic.reefer = draw("reefer", total) < scenario.traffic.reefer
    draw_depths(scenario, draw, traffic)
    return traffic


def arrivals(scenario: Scenario, draw: Draws, weeks: int) -> Floats:
    """float64[n]: arrival of each consignment (or discharge, if the calls are of that), by week,
    call and place in the call.

    Calls a week are Poisson, their mean gamma with `week_cv`; a call's mean number of consignments
    is gamma (vessel bursts), the number itself Poisson around it. Weekday and hour follow the
    profiles; uniform within the hour. Consignments come with their call, or `spread` after it.
    """
    calls = scenario.traffic.calls
    mean = gamma(calls.per_week, calls.week_cv, draw("week", weeks))
    number = poisson(mean, draw("calls", weeks))
    total = int(number.sum())
    _refuse_too_many(total, "traffic.calls.per_week", "vessel calls")
    week = np.repeat(np.arange(weeks), number)
    weekday = pick({str(i): share for i, share in enumerate(calls.weekday)}, draw("weekday", total))
    hour = pick({str(i): share for i, share in enumerate(calls.hour)}, draw("hour", total))
    # The week of the calendar may not begin on the day on which the run does.
    assert scenario.run.start is not None
    day = (weekday - scenario.run.start.weekday()) % 7
    minute = week * WEEK + day * 1440.0 + hour * 60.0 + 60.0 * draw("minute", total)
    size = scenario.traffic.consignments_per_week / calls.per_week
    rate = gamma(size, calls.size_cv, draw("call-size", total))
    _refuse_too_many(rate.sum(), "traffic.consignments_per_week", "consignments")
    arrival = np.repeat(on_clock(minute), poisson(rate, draw("call-count", total)))
    if calls.spread is None:
        return arrival
    return arrival + times(calls.spread, draw("call-spread", len(arrival)))


def _refuse_too_many(drawn: float, key: str, what: str) -> None:
    """Raises InputError for more than a run can hold, before the memory for it is taken."""
    if drawn > MOST_BOXES:
        raise InputError(Fault("is more traffic than a run can hold", key=key,
                               found=f"{drawn:.6g} {what}", allowed=f"at most {MOST_BOXES}"))


def draw_attributes(scenario: Scenario, draw: Draws, n: int
                    ) -> tuple[dict[str, Ints], dict[str, list[str]]]:
    """Codes of every attribute for n consignments, and the values that the codes stand for."""
    codes: dict[str, Ints] = {}
    values: dict[str, list[str]] = {}
    for name, attribute in scenario.traffic.attributes.items():
        u = draw(f"attribute.{name}", n)
        if attribute.shares is not None:
            values[name] = list(attribute.shares)
            codes[name] = pick(attribute.shares, u)
            continue
        assert attribute.table is not None and attribute.given is not None
        names = list(dict.fromkeys(v for row in attribute.table.values() for v in row))
        result = np.zeros(n, dtype=np.int64)
        for code, value in enumerate(values[attribute.given]):
            row = attribute.table[value]
            here = codes[attribute.given] == code
            order = np.array([names.index(v) for v in row])
            result[here] = order[pick(row, u[here])]
        values[name], codes[name] = names, result
    return codes, values


def draw_boxes(scenario: Scenario, draw: Draws, traffic: Traffic) -> Ints:
    """int64[n]: boxes per consignment, by the first rule that fits."""
    u = draw("boxes", len(traffic.arrival))
    result = np.zeros(len(u), dtype=np.int64)
    left = np.ones(len(u), dtype=bool)
    for rule in scenario.traffic.boxes:
        here = left & traffic.fits(rule.when)
        result[here] = counts(rule.number, u[here])
        left &= ~here
    return result


def keep_consignments(traffic: Traffic, kept: Flags) -> Traffic:
    """The traffic without the consignments that are not kept (before boxes are drawn)."""
    return replace(
        traffic, arrival=traffic.arrival[kept], discharged=traffic.discharged[kept],
        lodged=traffic.lodged[kept],
        attributes={k: v[kept] for k, v in traffic.attributes.items()},
        selected={k: v[kept] for k, v in traffic.selected.items()})

