"""Computes the golden summary; run as a script it writes it anew:  python -m tests.golden.renew

A changed number is an entry of CHANGELOG.md under [NUMBERS]: which measures move, in which
direction and by how much.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from scenarios.load import load
from sim.study import compare

GOLDEN = Path(__file__).with_name("xiamen-2015.json")
REGIMES = ("separate", "one-stop", "one-stop+restated", "one-stop-recognition")
SHORTENED = ("run.warmup=1 week", "run.measured=4 weeks", "run.drain=4 weeks")
GROUPS = ("all", "quarantine", "customs", "joint")

MEASURES = (
    *(f"time.clearance.{group}.{kind}" for group in GROUPS
      for kind in ("mean", "p50", "p90", "within_48h")),
    "time.clearance.joint.routine.mean", "time.clearance.joint.slower_share",
    "time.clearance.all.slower_share", "time.release.all.mean", "time.total.all.mean",
    "time.prepare.joint.mean", "time.stage.admission.joint.waiting",
    "time.stage.devanning.joint.waiting", "time.stage.examination.joint.working",
    *(f"cost.{party}.{group}.per_teu" for group in ("all", "joint")
      for party in ("trader", "operator", "quarantine", "customs", "total")),
    *(f"cost.reason.{reason}.joint.per_teu" for reason in (
        "move", "devanning", "handling", "storage", "demurrage", "agent", "yard", "goods-time")),
    "area.required", "area.size", "area.joint-yard.required", "area.quarantine-yard.required",
    "area.customs-yard.blocked_hours", "area.joint-yard.utilisation",
    *(f"labour.{kind}.joint.per_consignment" for kind in ("officer", "clerk", "gang", "people")),
    "labour.officer.joint.waiting", "labour.quarantine.officer.per_consignment",
    "count.moves.joint.per_container", "count.devannings.joint.per_container",
    *(f"count.{what}.joint.per_consignment" for what in ("visits", "fields", "acts")),
    "use.tractor.utilisation", "use.tractor.offered", "queue.tractor.mean",
    "flow.consignments", "flow.teu", "flow.joint.recognised_share",
)


def summary() -> dict[str, dict[str, float | None]]:
    """Regime -> measure -> its value in the shortened study of two replications."""
    scenarios = [load(name, sets=SHORTENED) for name in REGIMES]
    with tempfile.TemporaryDirectory() as scratch:
        results = compare(scenarios, Path(scratch) / "golden", replications=2, workers=1,
                          events="none")
    return {name: {m: about["measures"][m]["mean"] for m in MEASURES if m in about["measures"]}
            for name, about in results.summary["scenarios"].items()}


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(summary(), indent=1) + "\n", encoding="utf-8", newline="\n")
    print(f"wrote {GOLDEN}")
