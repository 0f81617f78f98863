"""Method and evidence: how it was simulated and verified, the STRESS-DES checklist, how to repeat.

The checklist is that of Monks et al., Strengthening the reporting of empirical simulation studies,
Journal of Simulation 13 (2019), for discrete-event models.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from reports.content import Block, Code, Column, Missing, Number, Row, Section, Table, Text
from reports.facts import Facts, clean
from reports.labels import label
from reports.sections.answers import basis
from reports.sections.levers import shown_value

STRESS = ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "3.3", "3.4",
          "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "6.1")


def section(facts: Facts) -> Section:
    """The section of method and evidence."""
    return Section("evidence", facts.say("section.evidence"), [
        Text([facts.say("evidence.text")]), _method(facts), _regimes(facts),
        *_verification(facts), _stress(facts), _versions(facts),
        Text([facts.say("evidence.again")]), *_again(facts)])


def _run(facts: Facts) -> dict[str, Any]:
    """What the study was, as words of the checklist."""
    described = facts.stored.described.get(facts.baseline)
    weeks = {k: facts.weeks(k) for k in ("warmup", "measured", "drain")}
    study = start = "?"
    if described is not None:
        study = facts.say(f"study.{described.run.study}")
        start = str(described.run.start or "?")
    manifest, statistics = facts.manifest, facts.summary["statistics"]
    members = facts.summary["scenarios"][facts.baseline].get("members", 0)
    return {**weeks, "study": study, "start": start, "seed": manifest.get("seed"),
            "n": facts.stored.replications, "members": f"{members:,}",
            "level": facts.family_level,
            "each": f"{100 * statistics['interval_confidence']:.2f}%",
            "measures": len(facts.primary), "version": manifest.get("version"),
            "baseline": facts.labels[facts.baseline],
            "regimes": facts.say("list").join(facts.labels[n] for n in facts.names),
            "engine": clean((manifest.get("settings") or {}).get("engine", "auto"), 20),
            "duration": f"{manifest.get('duration_s') or 0:g}",
            "machine": clean(" ".join(str(v) for k, v in (manifest.get("machine") or {}).items()
                                      if k != "byteorder"), 120),
            "basis": basis(facts)}


def _method(facts: Facts) -> Table:
    run = _run(facts)
    keys = ("cohort", "length", "replications", "numbers", "intervals", "primary", "looks")
    rows = [Row([facts.say(f"method.{key}"), facts.say(f"method.{key}.text", **run)])
            for key in keys if key != "looks" or facts.summary.get("looks")]
    for measure in facts.primary:
        rows.append(Row([facts.say("method.declared"), label(facts, measure)]))
    return Table("method", facts.say("method.table"),
                 [Column(facts.say("method.what")), Column(facts.say("method.how"))], rows)


def _regimes(facts: Facts) -> Table:
    """The levers of every regime."""
    levers = ("declaration", "site", "appointment", "examination", "recognition", "hours",
              "matching", "staffing", "officers", "release")
    rows = [Row([facts.say("regimes.id"), *(clean(n) for n in facts.names)])]
    for lever in levers:
        values = []
        for name in facts.names:
            described = facts.stored.described.get(name)
            value = str(getattr(described.regime, lever)) if described else "?"
            values.append(facts.say_or(f"choice.{value}", value))
        rows.append(Row([facts.say(f"lever.{lever}"), *values]))
    columns = [Column(facts.say("lever")), *(Column(facts.labels[n]) for n in facts.names)]
    return Table("regimes", facts.say("regimes.table"), columns, rows)


def _verification(facts: Facts) -> list[Block]:
    checks = facts.verification
    if checks is None:
        return [Missing(facts.say("trust.unverified"),
                        f"onestop verify --json > {facts.folder_shown}/verification.json")]
    columns = [Column(facts.say("verification.what")),
               *(Column(facts.say(f"verification.{k}"), "number") for k in (
                   "theory", "simulated")),
               Column(facts.say("verification.passed"))]
    rows = [Row([clean(check.get("what", ""), 160),
                 *(Number(check.get(k), 4, f"verification {i}/{k}") for k in (
                     "theory", "simulated")),
                 facts.say("yes" if check.get("passed") else "no")])
            for i, check in enumerate(checks)]
    return [Table("verification", facts.say("verification.table", n=len(checks)),
                  columns, rows, folded=True)]


def _stress(facts: Facts) -> Table:
    run = _run(facts)
    logs = facts.say("list").join(dict.fromkeys(
        clean(Path(one.traffic.log).name, 80) for one in facts.stored.described.values()
        if one.traffic.log))
    rows = [Row([item, facts.say(f"stress.{item}"), facts.say(
        f"stress.{item}.text{'.log' if logs and item == '3.2' else ''}", log=logs, **run)])
            for item in STRESS]
    return Table("stress", facts.say("stress.table"),
                 [Column(facts.say("stress.number")), Column(facts.say("stress.item")),
                  Column(facts.say("stress.answer"))], rows, folded=True)


def _versions(facts: Facts) -> Table:
    manifest = facts.manifest
    about = [*(manifest.get("versions") or {}).items(), ("digest", manifest.get("digest", ""))]
    rows = [Row([Code(clean(k, 40)), Code(shown_value(v))]) for k, v in about]
    rows += [Row([Code(clean(name, 60)), Code(clean(one.get("sha256", ""), 80))])
             for name, one in (manifest.get("files") or {}).items()]
    return Table("versions", facts.say("versions.table"),
                 [Column(facts.say("versions.what")), Column(facts.say("versions.version"))], rows,
                 folded=True)


def _again(facts: Facts) -> list[Block]:
    command = shlex.join(clean(w, 200) for w in facts.manifest.get("command") or [])
    return [Missing(facts.say("evidence.command"), command),
            Missing(facts.say("evidence.replay"), f"onestop replay {facts.folder_shown}")]
