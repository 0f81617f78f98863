"""The what-if study: the truth predicts itself, another port does not, and overload is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.known_ports import base, known_port, plain
from benchmarks.what_if import (
    CHANGES,
    Answer,
    answers,
    planned,
    run,
    runs_of,
    summary,
    text_of,
)
from calibration.estimates import Estimate
from scenarios.load import Loaded, restore

WEEKS = 4
FEW = {"true_runs": 5, "runs": 5}


@dataclass
class Guess:
    """What a calibration would have found."""

    scenario: Loaded
    estimates: tuple[Estimate, ...] = ()


@pytest.fixture(scope="module")
def port() -> Loaded:
    return known_port(7, WEEKS)


@pytest.fixture(scope="module")
def itself(port) -> list[Answer]:
    return answers(7, port, port, **FEW)


def test_the_truth_predicts_itself(itself):
    light = [a for a in itself if a.light]
    assert {a.change_name for a in light} == set(CHANGES)
    assert np.mean([a.near for a in light]) > 0.9
    sure = [a for a in light if abs(a.change) > 5.0 * a.error]
    assert sure and all(a.right for a in sure)


def test_a_port_with_twice_the_gangs_does_not_feel_that_two_are_gone(port):
    tree = plain(port)
    gangs = tree["layout"]["separate"]["gangs"]
    for name, number in gangs.items():
        gangs[name] = 2 * number
        tree["layout"]["separate"]["sites"][f"{name}-yard"]["slots"] *= 2
    wrong = planned(Guess(_sized(tree)).scenario, port)
    before, after = (runs_of(s, 4, 9).hours["all"] for s in
                     (wrong, CHANGES["two gangs fewer"](wrong)))
    assert abs((after - before)[:, 0].mean()) < 0.05 * before[:, 0].mean()


def _sized(tree) -> Loaded:
    from benchmarks.known_ports import size_area

    for site in tree["layout"]["separate"]["sites"].values():
        size_area(site)
    return restore(tree)


def test_changes_change_what_they_say(port):
    gangs = port.layout.separate.gangs
    fewer = CHANGES["two gangs fewer"](port).layout.separate.gangs
    assert sum(gangs.values()) - sum(fewer.values()) == 2
    more = CHANGES["a fifth more traffic"](port).traffic
    assert more.consignments_per_week == pytest.approx(1.2 * port.traffic.consignments_per_week)
    assert CHANGES["one-stop"](port).regime.examination == "joint"


def test_overload_is_said_and_then_nothing_else_is_asked(port):
    tree = plain(port)
    tree["layout"]["separate"]["clerks"]["customs"] = 1
    over = runs_of(restore(tree), 2, 1)
    assert over.overloaded and over.load > 1.0
    assert not runs_of(port, 2, 1).overloaded


def test_no_more_officers_are_sent_to_joint_teams_than_leaves_a_pair(port):
    tree = plain(port)
    tree["layout"]["separate"]["officers"] = {"quarantine": 3, "customs": 4}
    tree["layout"]["shared"]["joint_officers"] = {"quarantine": 1, "customs": 2}
    shared = planned(restore(tree), port).layout.shared
    assert shared is not None and shared.joint_officers == {"quarantine": 1, "customs": 2}


def test_a_prediction_is_near_by_the_level_or_by_the_floor():
    one = Answer(1, "change", "all", "mean", 100.0, -20.0, 0.5, -29.0, 2.0, 0.8, False)
    assert one.near and one.right and one.resolved and one.light
    assert not replace(one, predicted=-31.0).near
    assert replace(one, predicted=-31.0, floor=8.0).near
    assert not replace(one, change=0.9).resolved
    assert not replace(one, load=0.96).light


def test_a_study_goes_through_a_file_and_has_its_tables():
    def calibrate(log: Path, start: Loaded, seed: int) -> Guess:
        assert log.exists() and start is base()
        return Guess(known_port(seed, WEEKS))

    lines: list[str] = []
    found = run([7], calibrate, weeks=WEEKS, tell=lines.append, true_runs=2, runs=1)
    assert len(found) == 3 * 4 * 2 and lines[0].startswith("port 7: ")
    text = text_of(found)
    assert text.startswith("## ") and summary(found) in text
