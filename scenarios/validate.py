"""Checks that reach across the parts of a scenario. Each yields faults with their key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from scenarios.errors import Fault, nearest
from scenarios.ids import DEPTHS
from scenarios.schema.scenario import WEEK, Scenario
from scenarios.units import Money

BOX_ATTRIBUTES = {"size": ["20", "40", "45"], "reefer": ["yes", "no"]}
MOST_BOXES = 150_000
"""Containers in one run: about a gigabyte in the engine. A log has no more rows, either."""
PARTIES = ("trader", "operator", "carrier", "agent", "public")


def cross_check(scenario: Scenario) -> Iterator[Fault]:
    """Yields all faults of a scenario whose parts are sound by themselves."""
    checks = (_run, _agencies, _calendars, _separate, _shared, _levers, _conditions, _selection,
              _recognition, _money, _depths, _findings)
    return chain.from_iterable(check(scenario) for check in checks)


def _unknown(key: str, found: str, known: Any, what: str) -> Fault:
    return Fault(f"unknown {what}", key=key, found=found, allowed=", ".join(known),
                 hint=nearest(found, known))


def _run(s: Scenario) -> Iterator[Fault]:
    if s.run.start is None and s.traffic.log is None:
        yield Fault("'from-log' needs a log, and traffic.log is not given", key="run.start",
                    hint="Give a date and the measured weeks, or traffic.log with its columns.")
    weeks = (s.run.warmup + (s.run.measured or 0) + s.run.drain) / WEEK
    for key, rate in (("traffic.consignments_per_week", s.traffic.consignments_per_week),
                      ("traffic.calls.per_week", s.traffic.calls.per_week)):
        if rate * weeks > MOST_BOXES:
            yield Fault("is more traffic than a run can hold", key=key, found=f"{rate:g} a week",
                        allowed=f"at most {MOST_BOXES / weeks:.6g} in a run of {weeks:g} weeks")


def _agencies(s: Scenario) -> Iterator[Fault]:
    if sorted(s.order) != sorted(s.agencies):
        yield Fault("must name every agency once", key="order", found=", ".join(s.order),
                    allowed=", ".join(s.agencies))
    for name, agency in s.agencies.items():
        available = s.layout.separate.officers.get(name)
        if available is not None and agency.officers > available:
            yield Fault("an examination needs more officers than there are",
                        key=f"agencies.{name}.officers", found=agency.officers,
                        allowed=f"at most {available} (layout.separate.officers.{name})")


def _calendars(s: Scenario) -> Iterator[Fault]:
    uses = {f"agencies.{name}.calendar": a.calendar for name, a in s.agencies.items()}
    uses |= {"move.in_window": s.move.in_window, "move.back_window": s.move.back_window,
             "layout.separate.gang_calendar": s.layout.separate.gang_calendar}
    if s.layout.shared:
        uses["layout.shared.hours"] = s.layout.shared.hours
    if s.traffic.lodging.calendar:
        uses["traffic.lodging.calendar"] = s.traffic.lodging.calendar
    for key, name in uses.items():
        if name not in s.calendars:
            yield _unknown(key, name, s.calendars, "calendar")


def _per_agency(s: Scenario, key: str, table: dict[str, int], whole: bool = True
                ) -> Iterator[Fault]:
    for name in table:
        if name not in s.agencies:
            yield _unknown(f"{key}.{name}", name, s.agencies, "agency")
    for name in s.agencies:
        if whole and name not in table:
            yield Fault("is missing", key=f"{key}.{name}", hint="Every agency needs a number.")


def _site_area(s: Scenario, key: str, site: Any) -> Iterator[Fault]:
    need = site.fixed + site.slots * s.yard.slot + site.buffer * s.yard.buffer
    if need > site.area + 1e-9:
        yield Fault("the yard is smaller than its fixed part and its places", key=f"{key}.area",
                    found=f"{site.area:g} m2", allowed=f"at least {need:g} m2",
                    hint="Reduce slots or buffer, or enlarge the area.")


def _separate(s: Scenario) -> Iterator[Fault]:
    layout = s.layout.separate
    for word in ("gangs", "officers", "clerks"):
        yield from _per_agency(s, f"layout.separate.{word}", getattr(layout, word))
    owners = [agency for site in layout.sites.values() for agency in site.agencies]
    for name, site in layout.sites.items():
        yield from _site_area(s, f"layout.separate.sites.{name}", site)
        for agency in site.agencies:
            if agency not in s.agencies:
                yield _unknown(f"layout.separate.sites.{name}.agencies", agency, s.agencies,
                               "agency")
    for agency in s.agencies:
        if owners.count(agency) != 1:
            yield Fault("every agency needs exactly one yard", key="layout.separate.sites",
                        found=f"{agency} in {owners.count(agency)} yards")


def _shared(s: Scenario) -> Iterator[Fault]:
    shared, restated = s.layout.shared, s.layout.restated
    if shared:
        for name, site in shared.sites.items():
            yield from _site_area(s, f"layout.shared.sites.{name}", site)
            if sorted(site.agencies) != sorted(s.agencies):
                yield Fault("a shared yard serves every agency",
                            key=f"layout.shared.sites.{name}.agencies",
                            found=", ".join(site.agencies), allowed=", ".join(s.agencies))
        yield from _per_agency(s, "layout.shared.joint_officers", shared.joint_officers)
        for name, number in shared.joint_officers.items():
            own = s.layout.separate.officers.get(name, 0) - number
            if own < 0:
                yield Fault("more officers in joint sessions than there are",
                            key=f"layout.shared.joint_officers.{name}", found=number,
                            allowed=f"at most {s.layout.separate.officers.get(name, 0)}")
            elif name in s.agencies and own < s.agencies[name].officers:
                yield Fault("too few officers are left for the agency's own examinations",
                            key=f"layout.shared.joint_officers.{name}", found=f"{own} left",
                            allowed=f"at least {s.agencies[name].officers} left")
    if restated:
        for word in ("officers", "joint_officers", "clerks"):
            yield from _per_agency(s, f"layout.restated.{word}", getattr(restated, word) or {},
                                   whole=False)
        for name, change in restated.sites.items():
            known = shared.sites if shared else {}
            if name not in known:
                yield _unknown(f"layout.restated.sites.{name}", name, known, "shared yard")
            else:
                new = known[name].model_copy(update=change.model_dump(exclude_none=True))
                yield from _site_area(s, f"layout.restated.sites.{name}", new)


def _levers(s: Scenario) -> Iterator[Fault]:
    r = s.regime

    def needs(lever: str, missing: list[str]) -> Iterator[Fault]:
        if missing:
            yield Fault(f"'{getattr(r, lever)}' is not feasible", key=f"regime.{lever}",
                        hint="It needs " + ", ".join(missing) + ".")

    if r.examination == "joint":
        yield from needs("examination", [word for word, met in (
            ("site: shared", r.site == "shared"),
            ("appointment: single", r.appointment == "single"),
            ("declaration: parallel or single", r.declaration != "chained")) if not met])
    if r.appointment == "single":
        yield from needs("appointment", [word for word, met in (
            ("site: shared", r.site == "shared"),
            ("declaration: parallel or single", r.declaration != "chained")) if not met])
    if r.appointment == "single" and r.examination == "serial" and (
            s.yard.return_place == "from-slot"):
        yield Fault("a box that leaves from its slot cannot be examined twice in one stay",
                    key="yard.return_place", found="from-slot", allowed="kept",
                    hint="Or use appointment: per-agency, or examination: joint.")
    if r.release == "single" and r.declaration == "chained":
        yield from needs("release", ["declaration: parallel or single"])
    if r.staffing == "restated" and r.site != "shared":
        yield from needs("staffing", ["site: shared"])
    if r.site == "shared" and s.layout.shared is None:
        yield Fault("the regime needs a shared yard, and the port states none",
                    key="layout.shared", hint=f"State layout.shared for '{s.name}': a shared yard "
                    "is never taken over from another port.")
    if r.staffing == "restated" and s.layout.restated is None:
        yield Fault("the regime needs restated staffing, and the port states none",
                    key="layout.restated", hint=f"State layout.restated for '{s.name}'.")
    if r.hours == "aligned" and s.layout.shared is None:
        yield Fault("aligned hours need layout.shared.hours", key="regime.hours")
    if r.examination == "joint" and s.layout.shared and s.joint.call == "session":
        for name, number in s.layout.shared.joint_officers.items():
            if number < r.officers:
                yield Fault("too few for one joint examination", found=number,
                            key=f"layout.shared.joint_officers.{name}",
                            allowed=f"at least {r.officers} (regime.officers)")


def _values(s: Scenario) -> dict[str, list[str]]:
    known = dict(BOX_ATTRIBUTES)
    for name, attribute in s.traffic.attributes.items():
        rows = list((attribute.table or {"": attribute.shares or {}}).values())
        known[name] = list(dict.fromkeys(v for row in rows for v in row))
    return known


def _conditions(s: Scenario) -> Iterator[Fault]:
    known = _values(s)
    consignment = {k: v for k, v in known.items() if k not in BOX_ATTRIBUTES}
    lists: list[tuple[str, Any, dict[str, list[str]]]] = [
        ("traffic.boxes", s.traffic.boxes, consignment),
        ("selection.rules", s.selection.rules, consignment),
        ("recognition", s.recognition, consignment),
        ("devanning.full", s.devanning.full, known),
        ("tariffs", s.tariffs, known)]
    lists += [(f"findings.elements.{name}.rates", e.rates, consignment)
              for name, e in (s.findings.by_element if s.findings else {}).items()]
    rows = [(f"{key}.{i}.when", rule.when, allowed) for key, rules, allowed in lists
            for i, rule in enumerate(rules)]
    rows += [(f"agencies.{name}.declared", a.declared, consignment)
             for name, a in s.agencies.items()]
    for key, when, allowed in rows:
        for attribute, values in when.items():
            if attribute not in allowed:
                yield _unknown(f"{key}.{attribute}", attribute, allowed, "attribute")
                continue
            for value in values:
                if value not in allowed[attribute]:
                    yield _unknown(f"{key}.{attribute}", value, allowed[attribute], "value")
    before: list[str] = []
    for name, attribute in s.traffic.attributes.items():
        key = f"traffic.attributes.{name}"
        if attribute.given is not None:
            if attribute.given not in before:
                yield _unknown(f"{key}.given", attribute.given, before, "earlier attribute")
            elif set(attribute.table or {}) != set(known[attribute.given]):
                yield Fault("needs a row for each value of the attribute it depends on",
                            key=f"{key}.table", found=", ".join(attribute.table or {}),
                            allowed=", ".join(known[attribute.given]))
        before.append(name)


def _selection(s: Scenario) -> Iterator[Fault]:
    for i, rule in enumerate(s.selection.rules):
        key = f"selection.rules.{i}"
        for group in rule.shares or {}:
            members = group.split("+")
            if group != "none" and (len(set(members)) != len(members)
                                    or any(m not in s.agencies for m in members)):
                yield Fault("unknown group", key=f"{key}.shares", found=group,
                            allowed="agencies joined by '+', or none",
                            hint=nearest(group, [*s.agencies, "none"]))
        for name in rule.probability or {}:
            if name not in s.agencies:
                yield _unknown(f"{key}.probability", name, s.agencies, "agency")
        table = rule.shares or rule.probability or {}
        if s.selection.simulate == "selected" and not any(
                v for k, v in table.items() if k != "none"):
            yield Fault("nothing is ever selected here, so nothing can be simulated", key=key,
                        hint="Raise a share, or set selection.simulate: all.")


def _recognition(s: Scenario) -> Iterator[Fault]:
    for i, rule in enumerate(s.recognition):
        for word in ("by", "of"):
            if getattr(rule, word) not in s.agencies:
                yield _unknown(f"recognition.{i}.{word}", getattr(rule, word), s.agencies,
                               "agency")
        if rule.by in s.order and rule.of in s.order and (
                s.order.index(rule.of) > s.order.index(rule.by)):
            yield Fault("the recognised agency examines first, so it must stand first in 'order'",
                        key=f"recognition.{i}.of", found=rule.of)


def _money(s: Scenario) -> Iterator[Fault]:
    parties = [*PARTIES, *s.agencies]
    rows: list[tuple[str, str, Any]] = []
    for i, tariff in enumerate(s.tariffs):
        rows += [(f"tariffs.{i}", word, getattr(tariff, word)) for word in ("payer", "payee")]
    for i, waiver in enumerate(s.waivers):
        rows.append((f"waivers.{i}", "payer", waiver.payer))
        if waiver.agency not in s.agencies:
            yield _unknown(f"waivers.{i}.agency", waiver.agency, s.agencies, "agency")
    for key, word, party in rows:
        if party not in parties:
            yield _unknown(f"{key}.{word}", party, parties, "party")
    if s.shared_charges.agency not in s.agencies:
        yield _unknown("shared_charges.agency", s.shared_charges.agency, s.agencies, "agency")
    for key, part in (("tariffs", s.tariffs), ("costs", s.costs)):
        for path, money in _amounts(part, key):
            if money.currency != s.currency:
                yield Fault("another currency than the scenario's", key=path,
                            found=money.currency, allowed=s.currency)


def _amounts(part: Any, key: str) -> Iterator[tuple[str, Money]]:
    if isinstance(part, Money):
        yield key, part
    elif isinstance(part, list):
        for i, item in enumerate(part):
            yield from _amounts(item, f"{key}.{i}")
    elif isinstance(part, dict):
        for word, item in part.items():
            yield from _amounts(item, f"{key}.{word}")
    elif hasattr(type(part), "model_fields"):
        for word in type(part).model_fields:
            yield from _amounts(getattr(part, word), f"{key}.{word}")


def _findings(s: Scenario) -> Iterator[Fault]:
    if s.findings is None:
        return
    used = {depth for a in s.agencies.values() for depth in a.depths} | {"full"}
    for name, element in s.findings.by_element.items():
        key = f"findings.elements.{name}"
        if element.of not in s.agencies:
            yield _unknown(f"{key}.of", element.of, s.agencies, "agency")
        elif "laboratory" in element.follows and s.agencies[element.of].laboratory is None:
            yield Fault("the agency has no laboratory", key=f"{key}.follows", found=element.of,
                        hint=f"State agencies.{element.of}.laboratory, or leave it out.")
        for agency, detection in element.found_by.items():
            if agency not in s.agencies:
                yield _unknown(f"{key}.found_by.{agency}", agency, s.agencies, "agency")
            missing = [d for d in DEPTHS if d in used and d not in (detection.by_depth or {})]
            if detection.by_depth is not None and missing:
                yield Fault("has no probability for a depth that is used",
                            key=f"{key}.found_by.{agency}.by_depth", found=", ".join(
                                detection.by_depth) or "none", allowed="all of " + ", ".join(
                                d for d in DEPTHS if d in used))
    for i, rule in enumerate(s.recognition):
        for word in rule.elements:
            stated = s.findings.by_element.get(word)
            if stated and rule.of in s.agencies and rule.of not in stated.found_by:
                yield Fault("the recognised agency does not look for this element",
                            key=f"recognition.{i}.elements", found=word,
                            allowed=", ".join(n for n, e in s.findings.by_element.items()
                                              if rule.of in e.found_by),
                            hint=f"State findings.elements.{word}.found_by.{rule.of}.")


def _depths(s: Scenario) -> Iterator[Fault]:
    fractions = [s.devanning.by_depth[d] for d in DEPTHS if d in s.devanning.by_depth]
    if fractions != sorted(fractions):
        yield Fault("a deeper examination cannot devan less", key="devanning.by_depth",
                    found=", ".join(f"{d} {f:g}" for d, f in s.devanning.by_depth.items()),
                    allowed="fractions that do not fall from scan to full")

    used = {d: f"agencies.{name}.depths" for name, a in s.agencies.items()
            for d, share in a.depths.items()}
    for depth, key in used.items():
        if depth not in s.devanning.by_depth:
            yield Fault("a depth without a fraction devanned", key=key, found=depth,
                        allowed=", ".join(s.devanning.by_depth),
                        hint="Add it to devanning.by_depth.")
    for i, tariff in enumerate(s.tariffs):
        if tariff.charge == "devanning":
            for depth in used:
                if depth not in (tariff.by_depth or {}):
                    yield Fault("has no price for a depth that is used",
                                key=f"tariffs.{i}.by_depth", found=depth)
        sizes = [size for size, share in s.traffic.sizes.items() if share]
        tables = [] if tariff.prices is None else [tariff.prices]
        tables += list((tariff.by_depth or {}).values())
        tables += [step.prices for step in tariff.steps or []]
        for table in tables:
            for size in sizes:
                if size not in (table or {}):
                    yield Fault("has no price for a size that occurs", key=f"tariffs.{i}",
                                found=size)
