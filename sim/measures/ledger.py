"""The ledger: who pays whom for what (transfers), and what is consumed (resources).

Each entry is an array of amounts by consignment in the scenario's currency. Transfers net to zero
over the parties; the total cost is the resources consumed, whoever pays for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np

from scenarios.ids import DEPTHS
from scenarios.schema.money import Step, Tariff, Waiver
from sim.measures.labour import Labour
from sim.measures.record import Flags, Floats, Measured

DAY = 1440.0


@dataclass
class Entry:
    """One kind of payment or consumption: amounts float64[n] by consignment."""

    kind: str
    payer: str
    payee: str
    reason: str
    amount: Floats


class Ledger:
    """All entries of one run."""

    def __init__(self, m: Measured, labour: Labour):
        self.m, self.labour = m, labour
        self.n = len(m.traffic.arrival)
        self._agency = m.log.codes("agency")
        self.entries = self._merge([*self.transfers(), *self.resources()])

    @staticmethod
    def _merge(entries: list[Entry]) -> list[Entry]:
        """One entry for each kind, payer, payee and reason, in order of first appearance."""
        merged: dict[tuple[str, str, str, str], Entry] = {}
        for e in entries:
            key = (e.kind, e.payer, e.payee, e.reason)
            if key in merged:
                merged[key].amount = merged[key].amount + e.amount
            else:
                merged[key] = e
        return list(merged.values())

    # transfers ------------------------------------------------------------------------------

    def transfers(self) -> Iterator[Entry]:
        for tariff in self.m.scenario.tariffs:
            if tariff.charge in ("move", "devanning"):
                yield from self._handling(tariff)
            elif tariff.charge in ("agent", "declaration"):
                number = self.m.visits if tariff.charge == "agent" else self.m.forms
                number = number * self._valid(tariff, self.m.traffic.lodged)
                number = number * self.m.traffic.fits(self._plain(tariff))
                yield Entry("transfer", tariff.payer, tariff.payee, tariff.charge,
                            np.asarray(number * float(tariff.price or 0.0), dtype=np.float64))
            elif tariff.charge == "treatment":
                yield self._treatment(tariff)
            else:
                yield self._by_the_day(tariff)

    def _handling(self, tariff: Tariff) -> Iterator[Entry]:
        """A move or devanning, booked to the examining agency, whose waiver may shift the payer."""
        m = self.m
        stage = "move-in" if tariff.charge == "move" else "devanning"
        rows = m.ended(stage)
        box = m.log.container[rows].astype(np.int64)
        owner = m.log.consignment[rows].astype(np.int64)
        price = self._price(tariff, rows, box) * m.traffic.fits_box(tariff.when)[box]
        for agency, weight in self._shares(tariff, rows, box).items():
            # One date per examination: a move of the evening before belongs to it.
            when = self._examined(agency)[box]
            amount = price * weight * self._valid(tariff, when)
            left = np.ones(len(rows), dtype=bool)
            for waiver in m.scenario.waivers:
                if waiver.agency == agency and tariff.charge in waiver.charges:
                    # A waiver is for boxes that were found in order.
                    here = self._valid(waiver, when) & self._in_order(agency)[box] & left
                    yield self._entry(waiver.payer, tariff, amount * here, owner)
                    left &= ~here
            yield self._entry(tariff.payer, tariff, amount * left, owner)

    def _entry(self, payer: str, tariff: Tariff, amount: Floats, owner: np.ndarray) -> Entry:
        total = np.bincount(owner, weights=amount, minlength=self.n).astype(np.float64)
        return Entry("transfer", payer, tariff.payee, tariff.charge, total)

    def _in_order(self, agency: str) -> Flags:
        """bool[N]: boxes in which the agency found nothing."""
        findings = self.m.columns.findings
        return findings.in_order(agency) if findings else np.ones(len(self.m.traffic.owner), bool)

    def _treatment(self, tariff: Tariff) -> Entry:
        """By size, for every box treated."""
        m = self.m
        rows = m.ended("treatment")
        box = m.log.container[rows].astype(np.int64)
        price = by_size(tariff.prices or {}, m.traffic.size[box])
        price = price * m.traffic.fits_box(tariff.when)[box] * self._valid(tariff, m.log.end[rows])
        return self._entry(tariff.payer, tariff, price, m.log.consignment[rows].astype(np.int64))

    def _examined(self, agency: str) -> Floats:
        """float64[N]: when the box was devanned for the agency (the end of the run if not yet)."""
        m = self.m
        when = np.full(len(m.traffic.owner), m.log.stopped)
        mine = tuple(text for text in m.agencies("devanning") if self._is_member(agency, text))
        rows = m.begun("devanning", agency=mine)
        when[m.log.container[rows]] = m.log.start[rows]
        return when

    def _price(self, tariff: Tariff, rows: np.ndarray, box: np.ndarray) -> Floats:
        """float64[rows]: a round trip by size, or a devanning by the depth that was devanned."""
        m = self.m
        size = m.traffic.size[box]
        if tariff.prices is not None:
            return by_size(tariff.prices, size)
        depth = np.full(len(rows), -1)
        names, code = self._agency
        for number, row_agency in enumerate(names):
            here = code[rows] == number
            if not here.any():
                continue
            depth = np.where(here, self._devanned(row_agency)[box], depth)
        price = np.zeros(len(rows))
        for number, name in enumerate(DEPTHS):
            if tariff.by_depth and name in tariff.by_depth:
                price = np.where(depth == number, by_size(tariff.by_depth[name], size), price)
        return price

    def _devanned(self, agencies: str) -> np.ndarray:
        """int64[N]: the depth to which the visit of these agencies devanned a box."""
        members = tuple(agencies.split("+"))
        for visit in (self.m.columns.findings.visits if self.m.columns.findings else {}).values():
            if visit.members == members:
                return visit.depth
        return np.maximum.reduce([self.m.traffic.depth[member] for member in members])

    def _shares(self, tariff: Tariff, rows: np.ndarray, box: np.ndarray) -> dict[str, Floats]:
        """agency -> float64[rows]: its part of each charge; a shared one goes by the rule."""
        m, rules = self.m, self.m.scenario.shared_charges
        rule = rules.move if tariff.charge == "move" else rules.devanning
        order = m.scenario.order
        names, code = self._agency
        member = {a: np.array([self._is_member(a, text) for text in names])[code[rows]]
                  for a in order}
        # One stay for agencies that examine in turn: whoever examines the box shares its move.
        nobody = np.array([name == "" for name in names])[code[rows]]
        for a in order:
            member[a] = np.where(nobody, m.columns.visits[a][box], member[a])
        number = np.maximum(np.sum(list(member.values()), axis=0), 1)
        split = {a: member[a] / number for a in order}
        if rule == "split":
            return split
        if rule == "by-agency":
            single = member[rules.agency]
            return {a: np.where(single, float(a == rules.agency), split[a]) for a in order}
        sign = 1 if rule == "deeper" else -1
        rank = np.stack([np.where(member[a], sign * m.traffic.depth[a][box], -99) for a in order])
        chosen = np.argmax(rank, axis=0)
        return {a: ((chosen == k) & member[a]).astype(np.float64) for k, a in enumerate(order)}

    @staticmethod
    def _is_member(agency: str, text: str) -> bool:
        return agency in text.split("+")

    def _by_the_day(self, tariff: Tariff) -> Entry:
        """Storage, demurrage and reefer power: started days in steps, until the gate.

        The clock of storage and power starts at discharge, that of demurrage at the vessel's
        arrival.
        """
        m = self.m
        begin = m.traffic.arrival if tariff.charge == "demurrage" else m.traffic.discharged
        until = np.where(np.isnan(m.log.done), m.log.stopped, m.log.done)
        days = np.ceil(np.maximum(until - begin, 0.0) / DAY)[m.traffic.owner]
        fits = m.traffic.fits_box(tariff.when)
        if tariff.charge == "reefer":
            fits = fits & m.traffic.reefer
        price = stepped(tariff.steps or [], days, m.traffic.size) * fits
        price = price * self._valid(tariff, until)[m.traffic.owner]
        total = np.bincount(m.traffic.owner, weights=price, minlength=self.n).astype(np.float64)
        return Entry("transfer", tariff.payer, tariff.payee, tariff.charge, total)

    def _valid(self, rule: Tariff | Waiver, when: Floats) -> Flags:
        """bool: whether the rule was in force at these minutes."""
        start = self.m.traffic.start
        result = np.ones(when.shape, dtype=bool)
        if rule.since is not None:
            result &= when >= (rule.since - start) / timedelta(minutes=1)
        if rule.until is not None:
            result &= when < (rule.until - start) / timedelta(minutes=1)
        return result

    @staticmethod
    def _plain(tariff: Tariff) -> dict[str, list[str]]:
        return {k: v for k, v in tariff.when.items() if k not in ("size", "reefer")}

    # resources ------------------------------------------------------------------------------

    def resources(self) -> Iterator[Entry]:
        m, cost = self.m, self.m.scenario.costs
        for agency in m.scenario.agencies:
            for kind, rate in (("officer", cost.officer), ("clerk", cost.clerk)):
                yield Entry("resource", agency, "", f"{kind}s",
                            self.labour.hours(kind, agency) * float(rate))
        gang = m.scenario.yard.gang_size * float(cost.labourer) + float(cost.forklift)
        yield Entry("resource", "operator", "", "gangs", self.labour.hours("gang") * gang)
        rows = m.ended("move-in", "move-back")
        hauled = np.bincount(m.log.consignment[rows], weights=m.work[rows], minlength=self.n)
        yield Entry("resource", "operator", "", "tractors", hauled / 60.0 * float(cost.tractor))
        yield Entry("resource", "operator", "", "yard", self._yard())
        clerk = float(cost.trader_clerk) / 60.0
        yield Entry("resource", "trader", "", "field-entry", m.fields * cost.field_time * clerk)
        yield Entry("resource", "agent", "", "agent-time", m.visits * cost.agent_time * clerk)
        until = np.where(np.isnan(m.log.done), m.log.stopped, m.log.done)
        days = np.maximum(until - m.traffic.arrival, 0.0) / DAY
        yield Entry("resource", "trader", "", "goods-time",
                    days * self.teu * float(cost.goods_time))

    def _yard(self) -> Floats:
        """The yards' area over the measured weeks, borne by the cohort's TEU alike."""
        m = self.m
        area = sum(site.area for site in m.run.layout.sites.values())
        days = (m.traffic.horizon - m.traffic.warm) / DAY
        cohort = self.teu * m.cohort
        return area * days * float(m.scenario.costs.yard) * self.teu / max(cohort.sum(), 1)

    @cached_property
    def teu(self) -> np.ndarray:
        """int64[n]: TEU of each consignment."""
        return np.bincount(self.m.traffic.owner, weights=self.m.traffic.teu,
                           minlength=self.n).astype(np.int64)


def by_size(prices: Mapping[Any, float], size: np.ndarray) -> Floats:
    """float64: price by size in feet; a size without a price of its own costs as much as 40'."""
    result = np.full(size.shape, float(prices.get("40", next(iter(prices.values())))))
    for name, price in prices.items():
        result[size == int(name)] = float(price)
    return result


def stepped(steps: list[Step], days: Floats, size: np.ndarray) -> Floats:
    """float64: the price of `days` started days (0, 1, 2, ... are their numbers) in steps."""
    total = np.zeros(days.shape)
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        last = np.minimum(days, following.from_day) if following else days
        total += np.maximum(last - step.from_day, 0.0) * by_size(step.prices, size)
    return total
