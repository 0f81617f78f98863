"""The shared yard that a port plans: what it states, and what follows where it states nothing.

A log shows the port as it works; the yard of a reform is in no log. So it is never taken over from
the base: without --shared a shared regime is refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.estimates import Estimate
from calibration.records import Records
from scenarios.errors import Fault, InputError, nearest
from scenarios.load import Loaded
from scenarios.yamlfile import parse_yaml, read_yaml

SITE = "joint-yard"
WHOLE_NUMBERS = ("gangs", "slots", "buffer", "appointments_per_day", "tractors")
AREAS = ("area", "fixed")
BY_AGENCY = ("officers", "joint_officers", "clerks")
PLAN = "the port's plan, stated with --shared"


def shared_layout(scenario: Loaded, statements: Sequence[str], records: Records,
                  officers: Mapping[str, Sequence[int]]) -> list[Estimate]:
    """Estimates for layout.shared and layout.restated; none without statements.

    statements: 'gangs=12', 'officers.customs=16' and the like, or a YAML file with `shared:` and
    `restated:` as a scenario's layout has them. officers: agency -> draws of their number, with
    which the officers rostered to joint sessions vary. Raises InputError for what is not understood
    """
    given = stated(statements, scenario)
    if not isinstance(given, dict):
        return given
    separate = scenario.layout.separate
    sites = list(separate.sites.values())
    site = {"agencies": list(scenario.order),
            "area": _area(given, "area", math.fsum(s.area for s in sites)),
            "fixed": _area(given, "fixed", max(s.fixed for s in sites)),
            "slots": given.get("slots", sum(separate.gangs.values())),
            "buffer": given.get("buffer", sum(s.buffer for s in sites)),
            "appointments_per_day": given.get("appointments_per_day",
                                              sum(s.appointments_per_day for s in sites))}
    followed = [k for k in ("area", "fixed", "slots", "buffer", "appointments_per_day")
                if k not in given]
    how = PLAN + (f"; not stated, so taken from the separate yards: {', '.join(followed)} (sums; "
                  "the larger fixed area; slots follow gangs)" if followed else "")
    result = [Estimate("layout.shared.sites", {SITE: site}, how=how, confidence="assumed"),
              Estimate("layout.shared.hours", _hours(scenario), how="the first agency's hours",
                       confidence="assumed"),
              *_joint_officers(scenario, given, records, officers)]
    restated: dict[str, Any] = {k: given[k] for k in ("gangs", "tractors") if k in given}
    if "gangs" in given and "slots" not in given:
        restated["sites"] = {SITE: {"slots": given["gangs"]}}
    for kind in ("officers", "clerks"):
        named = {k.split(".")[1]: v for k, v in given.items() if k.startswith(f"{kind}.")}
        restated |= {kind: named} if named else {}
    return [*result, Estimate("layout.restated", restated, how=PLAN, confidence="assumed")]


def stated(statements: Sequence[str], scenario: Loaded) -> dict[str, Any] | list[Estimate]:
    """What was stated: key -> value, or the estimates of a file, or an empty list."""
    if not statements:
        return []
    files = [s for s in statements if "=" not in s]
    if not files:
        return dict(_statement(text, scenario) for text in statements)
    if len(statements) > 1:
        raise InputError(Fault("a file stands alone", file="--shared", found=files[0],
                               hint="Put everything into the file, or give KEY=VALUE texts."))
    return _from_file(Path(files[0]))


def _joint_officers(scenario: Loaded, given: Mapping[str, Any], records: Records,
                    officers: Mapping[str, Sequence[int]]) -> list[Estimate]:
    """Officers rostered to joint sessions: as stated, else by the share of joint work."""
    result = []
    both = _jointly_selected(records, list(scenario.order))
    for agency in scenario.order:
        key = f"layout.shared.joint_officers.{agency}"
        if f"joint_officers.{agency}" in given:
            result.append(Estimate(key, given[f"joint_officers.{agency}"], how=PLAN,
                                   confidence="assumed"))
            continue
        own = records.selected[agency] == 1
        share = float((own & both).sum() / max(own.sum(), 1))
        team = scenario.regime.officers

        def rostered(number: int, share: float = share, team: int = team) -> int:
            return min(max(team, round(share * number)), max(number - team, 1))

        result.append(Estimate(
            key, rostered(scenario.layout.separate.officers[agency]),
            [rostered(n) for n in officers.get(agency, ())], int(own.sum()),
            how=f"not stated; by the share of its boxes that others examine too, {share:.0%}",
            confidence="assumed"))
    return result


def _jointly_selected(records: Records, agencies: Sequence[str]) -> Any:
    count = sum((records.selected[a] == 1).astype(int) for a in agencies if a in records.selected)
    return count > 1


def _hours(scenario: Loaded) -> str:
    return scenario.agencies[scenario.order[0]].calendar


def _area(given: Mapping[str, Any], name: str, otherwise: float) -> str:
    return str(given.get(name, f"{otherwise:g} m2"))


def _statement(text: str, scenario: Loaded) -> tuple[str, Any]:
    """'gangs=12' -> ('gangs', 12)."""
    key, _, value = text.partition("=")
    key = key.strip()
    known = [*WHOLE_NUMBERS, *AREAS, *(f"{kind}.{a}" for kind in BY_AGENCY for a in scenario.order)]
    if key not in known:
        raise InputError(Fault("says nothing of a shared yard", file="--shared", found=key,
                               allowed=", ".join(known), hint=nearest(key, known)))
    if key in AREAS:
        return key, value.strip()
    number = parse_yaml(f"value: {value}", "--shared").data["value"] if value.strip() else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise InputError(Fault("must be a whole number of 1 or more", file="--shared", key=key,
                               found=value))
    return key, number


def _from_file(path: Path) -> list[Estimate]:
    document = read_yaml(path, str(path))
    data = document.data.get("layout", document.data)
    unknown = [k for k in data if k not in ("shared", "restated", "schema")]
    if unknown or "shared" not in data:
        raise InputError(Fault("is no shared layout", file=str(path), found=", ".join(unknown),
                               allowed="the keys shared and restated of a scenario's layout"))
    return [Estimate(f"layout.{part}", data[part], how=f"{PLAN} {path.name}",
                     confidence="assumed")
            for part in ("shared", "restated") if part in data]
