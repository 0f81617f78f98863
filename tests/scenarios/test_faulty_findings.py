"""Faulty findings: every fault is told with file, line, key, what was found and what to do."""

from __future__ import annotations

import pytest

from scenarios.errors import InputError
from scenarios.load import load

HEAD = "schema: onestop.scenario/1\nname: faulty\nextends: xiamen-2015\nfindings:\n  "
E = "elements:\n    "
SAMPLE = "found_by:\n        quarantine: {by_depth: null, sample: {%s}, sensitivity: 0.5} @\n"

CASES = {
    "an unknown element": (E + "colour: {of: customs} @", "findings.elements.colour",
                           ("'colour'", "name, quantity", "weight")),
    "an unknown agency whose law it breaks": (
        E + "name: {of: coastguard} @", "findings.elements.name.of",
        ("unknown agency", "'coastguard'", "customs")),
    "an unknown agency that looks": (
        E + "name:\n      found_by:\n        police: {by_depth: {scan: 0, door: 0, one-third: 0, "
        "half: 0, full: 1}} @", "findings.elements.name.found_by.police",
        ("unknown agency", "'police'")),
    "a chance that falls with depth": (
        E + "name:\n      found_by:\n        customs:\n          by_depth: {door: 0.9} @",
        "findings.elements.name.found_by.customs", ("cannot find less",)),
    "a chance above 1": (
        E + "name:\n      found_by:\n        customs:\n          by_depth: {full: 1.5} @",
        "findings.elements.name.found_by.customs.by_depth.full", ("1.5", "less than or equal")),
    "a depth that is not known": (
        E + "name:\n      found_by:\n        customs:\n          by_depth: {deep: 0.5} @",
        "findings.elements.name.found_by.customs.by_depth", ("unknown depth 'deep'", "one-third")),
    "both ways of finding": (
        E + "name:\n      found_by:\n        customs: {sensitivity: 0.5} @",
        "findings.elements.name.found_by.customs", ("either 'by_depth', or 'sample'",)),
    "a sample without a spread": (
        E + "name:\n      " + SAMPLE % "units: 5", "findings.elements.name",
        ("needs 'spread'",)),
    "a sample of two kinds": (
        E + "pest:\n      " + SAMPLE % "to_find: null, units: 5, share: 0.1",
        "findings.elements.pest.found_by.quarantine.sample", ("exactly one of",)),
    "a sample of none": (
        E + "label:\n      " + SAMPLE % "units: 0",
        "findings.elements.label.found_by.quarantine.sample.units", ("greater than or equal",)),
    "rates that leave a case open": (
        E + "name:\n      rates: [{when: {risk: high}, share: 0.1}] @",
        "findings.elements.name.rates", ("last rule must have no 'when'",)),
    "a rate by an attribute that is none": (
        E + "name:\n      rates: [{when: {risky: high}, share: 0.1}, {share: 0}] @",
        "findings.elements.name.rates.0.when.risky", ("unknown attribute", "'risk'")),
    "a rate by the size of a box": (
        E + "name:\n      rates: [{when: {size: 40}, share: 0.1}, {share: 0}] @",
        "findings.elements.name.rates.0.when.size", ("unknown attribute",)),
    "an unknown consequence": (
        E + "name: {follows: [penalty]} @", "findings.elements.name.follows.0",
        ("allowed", "detention", "'penalty'")),
    "a consequence twice": (
        E + "name: {follows: [correction, correction]} @", "findings.elements.name",
        ("twice",)),
    "a laboratory that the agency has not": (
        E + "name: {follows: [laboratory]} @", "findings.elements.name.follows",
        ("no laboratory", "customs", "agencies.customs.laboratory")),
    "a share that varies more than a share can": (
        E + "pest:\n      spread: {mean: 0.5, cv: 1.5} @", "findings.elements.pest.spread",
        ("cannot vary so much", "below 1")),
    "an arrangement that is none": (
        E + "pest:\n      spread: {arrangement: heap} @",
        "findings.elements.pest.spread.arrangement", ("allowed: even, stretch", "'heap'")),
    "notices for one value of the lever only": (
        "notice:\n    share: {maybe: 0.3} @", "findings.notice.share.maybe", ("allowed: off, on",)),
    "a duration without a unit": ("detention: 10 @", "findings.detention", ("unit", "10")),
    "an element that nobody looks for on whose behalf it is recognised": (
        E + "name:\n      found_by: {quarantine: null}\nrecognition:\n  - {name: r, by: customs, "
        "of: quarantine, elements: [name], accepted: 1.0, in_part: 0.0, refused: 0.0, "
        "check: 5 min} @", "recognition.0.elements",
        ("does not look for this element", "'name'", "found_by.quarantine")),
    "a devanning that is less for a greater depth": (
        "correction: 1 h\ndevanning:\n  by_depth: {door: 0.6} @", "devanning.by_depth",
        ("cannot devan less", "door 0.6")),
}


@pytest.mark.parametrize("name", CASES)
def test_faults_are_told_with_line_key_and_what_to_do(name, tmp_path):
    text, key, words = CASES[name]
    whole = HEAD + text + "\n"
    line = whole[:whole.index("@")].count("\n") + 1
    path = tmp_path / "faulty.yaml"
    path.write_text(whole.replace(" @", ""), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path)
    faults = [f for f in caught.value.faults if f.key == key]
    assert faults, str(caught.value)
    assert faults[0].file == str(path) and faults[0].line
    assert faults[0].line <= line
    for word in words:
        assert word in str(caught.value)
