"""One box with two irregularities, walked by hand: both are found, and all that follows.

Consignment X: papers lodged on Wednesday 7 January 2015 at 08:40, a 20-foot box discharged at
06:00 and ordered by both agencies to half. One-stop, both agencies in office hours.

- papers: quarantine 40 min, customs 30 min, merged in 10 min from 09:20; moved in at 18:00
- Thursday 08:30: 30 min of devanning to half; joint examination: quarantine's 20 + 40 x 0.5 = 40
  min is the longer, and 6 min
- a wrong quantity is found: the other half is devanned, 30 min, and looked at, 40 x 0.5 = 20 min
- restuffing of the full box: 60 x 1.25 = 75 min
- pest is found: 31 h of treatment, until Friday 18:51; back to the stack, 30 min
- Monday 08:30: quarantine's endorsement, half of 12 min; customs' correction of 60 min, half of its
  10 min of endorsement, release in 25 min; pick-up 12 h later
"""

from __future__ import annotations

import pytest

from scenarios.load import load
from sim.engines import simulate
from sim.ports import port_run
from sim.verification.ten_boxes import PORT, Consignment, minutes, traffic_from

FINDINGS = """findings={
  elements: {
    quantity: {of: customs, rates: [{share: 1}], follows: [deeper, correction],
      found_by: {customs: {by_depth: {scan: 1, door: 1, one-third: 1, half: 1, full: 1}}}},
    pest: {of: quarantine, rates: [{share: 1}], follows: [treatment],
      found_by: {quarantine: {by_depth: {scan: 1, door: 1, one-third: 1, half: 1, full: 1}}}}},
  notice: {share: {off: 0, on: 0}, duration: 15 min},
  correction: 60 min, treatment: 31 h, detention: 3 d}"""
BOX = Consignment("X", (7, "08:40"), (7, "06:00"), "yes", "general", ((20, "half", "half"),))
WALKED = {
    ("papers", "quarantine"): ((7, "08:40"), (7, "09:20")),
    ("papers", "customs"): ((7, "08:40"), (7, "09:10")),
    ("merge", "customs"): ((7, "09:20"), (7, "09:30")),
    ("admission", "quarantine+customs"): ((7, "09:30"), (7, "09:30")),
    ("appointment", "quarantine+customs"): ((7, "09:30"), (7, "18:00")),
    ("move-in", "quarantine+customs"): ((7, "18:00"), (7, "18:30")),
    ("slotting", "quarantine+customs"): ((8, "08:30"), (8, "08:30")),
    ("devanning", "quarantine+customs"): ((8, "08:30"), (8, "09:00")),
    ("examination", "quarantine+customs"): ((8, "09:00"), (8, "09:46")),
    ("deepening", "quarantine+customs"): ((8, "09:46"), (8, "10:16")),
    ("second-examination", "quarantine+customs"): ((8, "10:16"), (8, "10:36")),
    ("restuffing", "quarantine+customs"): ((8, "10:36"), (8, "11:51")),
    ("treatment", "quarantine+customs"): ((8, "11:51"), (9, "18:51")),
    ("move-back", ""): ((9, "18:51"), (9, "19:21")),
    ("endorsement", "quarantine"): ((12, "08:30"), (12, "08:36")),
    ("correction", "customs"): ((12, "08:30"), (12, "09:30")),
    ("endorsement", "customs"): ((12, "09:30"), (12, "09:35")),
    ("release", "customs"): ((12, "09:35"), (12, "10:00")),
    ("pickup", ""): ((12, "10:00"), (12, "22:00")),
}


@pytest.mark.parametrize("call", ["session", "chain", "atomic"])
def test_every_stamp_of_a_box_with_two_findings_is_the_one_walked_by_hand(call):
    port = load(PORT, "one-stop", [FINDINGS, "recognition=[]", f"joint.call={call}",
                                   "agencies.quarantine.laboratory=null"])
    log = simulate(port_run(port, 1, 0, traffic=traffic_from([BOX])).plan)
    stamps = {(stage, agency): (start, end) for stage, agency, start, end in zip(
        log.column("stage").tolist(), log.column("agency").tolist(), log.start.tolist(),
        log.end.tolist(), strict=True)}
    assert len(stamps) == len(log)
    assert stamps == {key: (minutes(*start), minutes(*end))
                      for key, (start, end) in WALKED.items()}
