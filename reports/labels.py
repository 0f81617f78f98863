"""What each measure is called: the parts of its name in words."""

from __future__ import annotations

from reports.facts import Facts, clean

FAMILIES = ("time", "cost", "area", "labour", "count", "control", "use", "flow")
"""The headings of the table of all measures, in order; see `family`."""


def family(measure: str) -> str:
    """The heading under which a measure stands."""
    head = measure.split(".", 1)[0]
    return {"backlog": "area", "queue": "use"}.get(head, head)


def label(facts: Facts, measure: str) -> str:
    """A measure in words; its own name where there are none."""
    found = _LABELS.get(measure.split(".", 1)[0])
    try:
        text = found(facts, measure.split(".")[1:]) if found else None
    except (KeyError, ValueError, IndexError):
        text = None
    return text or clean(measure, 120)


def _time(facts: Facts, parts: list[str]) -> str:
    if parts[0] == "stage":
        stage, group, kind = parts[1:]
        return facts.say("measure.stage", stage=facts.say(f"stage.{stage}"),
                         group=facts.goods(group), kind=facts.say(f"kind.{kind}"))
    clock, group, *rest = parts
    if clock == "prepare":
        return facts.say("measure.prepare", group=facts.goods(group))
    routine = rest[0] == "routine"
    key = "measure.clock.routine" if routine else "measure.clock"
    return facts.say(key, clock=facts.say(f"column.{clock}"), group=facts.goods(group),
                     statistic=facts.say(f"statistic.{rest[-1]}"))


def _cost(facts: Facts, parts: list[str]) -> str:
    if parts[0] == "reason":
        return facts.say("measure.reason", reason=facts.say(f"reason.{parts[1]}"),
                         group=facts.goods(parts[2]))
    if parts[0] == "total":
        return facts.say("measure.resources", group=facts.goods(parts[1]))
    return facts.say("measure.party", party=party(facts, parts[0]), group=facts.goods(parts[1]))


def party(facts: Facts, name: str) -> str:
    """A payer or payee in words."""
    key = f"party.{name}"
    return facts.say(key) if key in _PARTIES else facts.agency(name)


_PARTIES = {f"party.{p}" for p in ("trader", "operator", "agencies", "carrier", "agent", "public")}


def _labour(facts: Facts, parts: list[str]) -> str:
    if parts[0] in ("officer", "clerk", "gang", "people"):
        kind, group, what = parts
        return facts.say(f"measure.labour.{what}", kind=facts.say(f"labour.{kind}"),
                         group=facts.goods(group))
    if parts[1] == "overtime":
        return facts.say("measure.overtime", agency=facts.agency(parts[0]))
    return facts.say("measure.labour.agency", agency=facts.agency(parts[0]),
                     kind=facts.say(f"labour.{parts[1]}"))


def _count(facts: Facts, parts: list[str]) -> str:
    return facts.say(f"measure.count.{parts[0]}", group=facts.goods(parts[1]))


def _control(facts: Facts, parts: list[str]) -> str:
    if parts[0] == "recognition":
        return facts.say("measure.control.recognition")
    if parts[0] == "effort":
        return facts.say("measure.control.effort", agency=facts.agency(parts[1]))
    if parts[0] == "element":
        return facts.say(f"measure.control.{parts[2]}", who=clean(parts[1], 40))
    what = "share" if parts[-1] == "share" else parts[1]
    return facts.say(f"measure.control.{what}", who=facts.agency(parts[0]))


def _area(facts: Facts, parts: list[str]) -> str:
    if len(parts) == 1:
        return facts.say(f"measure.area.{parts[0]}")
    what = parts[1] if parts[-1] == parts[1] else parts[1] + ".p95"
    return facts.say("measure.area.site", site=facts.site(parts[0]),
                     what=facts.say(f"measure.area.{what}"))


def _use(facts: Facts, parts: list[str]) -> str:
    return facts.say(f"measure.use.{parts[-1]}", resource=resource(facts, ".".join(parts[:-1])))


def _queue(facts: Facts, parts: list[str]) -> str:
    return facts.say(f"measure.queue.{parts[-1]}", resource=resource(facts, ".".join(parts[:-1])))


def resource(facts: Facts, name: str) -> str:
    """A resource in words, with its agency or yard."""
    kind, _, owner = name.partition(".")
    shown = facts.say(f"resource.{kind}")
    if not owner:
        return shown
    return facts.say("resource of", resource=shown, owner=facts.agency(owner))


def _flow(facts: Facts, parts: list[str]) -> str:
    return facts.say(f"measure.flow.{'.'.join(parts)}")


def _backlog(facts: Facts, parts: list[str]) -> str:
    return facts.say("measure.area.site", site=facts.site(parts[0]),
                     what=facts.say("measure.area.backlog"))


_LABELS = {"time": _time, "cost": _cost, "labour": _labour, "count": _count, "control": _control,
           "area": _area, "use": _use, "queue": _queue, "flow": _flow, "backlog": _backlog}
