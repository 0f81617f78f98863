"""The recovery study itself: it tells good estimates from bad ones, whatever form they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.known_ports import base, keep_log, known_port, plain
from benchmarks.quantities import moments, quantities, selected, tree_of
from benchmarks.recovery import (
    Found,
    Study,
    by_kind,
    compared,
    full_share,
    recover,
    run,
    text_of,
    within_one,
)
from calibration.estimates import DRAWS, Estimate, generator
from scenarios.load import Loaded

WEEKS = 6
ERROR = 0.03


@dataclass
class Guess:
    """What a calibration would have found."""

    estimates: list[Estimate] = field(default_factory=list)
    scenario: Loaded = field(default_factory=base)


def mean_of(key: str, mean: float, cv: float, seed: int, bias: float = 1.0) -> Estimate:
    """A duration of which the mean is known with a relative error of ERROR."""
    z = generator(seed, key).standard_normal(DRAWS + 1)
    guess = mean * bias * np.exp(ERROR * z[0])
    law: dict[str, Any] = {"distribution": "lognormal", "cv": cv}
    return Estimate(key, law | {"mean": f"{guess} min"},
                    [law | {"mean": f"{guess * np.exp(ERROR * e)} min"} for e in z[1:]])


def guesses(port: Loaded, seed: int, bias: float = 1.0) -> list[Estimate]:
    """Durations, a number of gangs and the hours, as if from a log."""
    tree = plain(port)
    laws = {f"agencies.{a}.{s}": tree["agencies"][a][s]
            for a in tree["agencies"] for s in ("papers", "release")}
    laws |= {"move.duration": tree["move"]["duration"], "traffic.pickup": tree["traffic"]["pickup"]}
    gangs = tree["layout"]["separate"]["gangs"]["customs"]
    rng = generator(seed, "gangs")
    return [*(mean_of(key, *moments(law), seed, bias) for key, law in laws.items()),
            Estimate("layout.separate.gangs.customs", gangs,
                     (gangs + rng.integers(-1, 2, DRAWS)).tolist()),
            Estimate("calendars.office", tree["calendars"]["office"])]


def study(bias: float, ports: int = 5) -> list[Found]:
    return [one for seed in range(ports)
            for one in compared(seed, PORT, KEPT, guesses(PORT, seed, bias))]


PORT = known_port(1, WEEKS)
KEPT = keep_log(PORT, 1)


def test_estimates_that_say_how_far_they_are_off_are_held_about_as_often_as_promised():
    means = [one for one in study(1.0) if one.name.endswith("mean")]
    assert len(means) == 30
    assert 0.75 <= np.mean([one.held for one in means])
    assert np.mean([one.close for one in means]) > 0.9


def test_estimates_that_are_off_by_more_than_they_say_are_not_held():
    means = [one for one in study(1.3) if one.name.endswith("mean")]
    assert np.mean([one.held for one in means]) < 0.05
    assert np.mean([one.close for one in means]) < 0.05
    assert np.median([one.error for one in means]) == pytest.approx(0.3, abs=0.03)


def test_only_what_was_estimated_is_compared():
    found = study(1.0, ports=1)
    kinds = {one.kind for one in found}
    assert kinds == {"durations", "capacities", "hours"}
    names = {one.name for one in found}
    assert {"gangs customs", "customs: papers, mean", "gangs: opening"} <= names
    assert not {"gangs quarantine", "cut-off", "customs: acts", "tractors"} & names


def test_hours_without_an_interval_may_be_off_by_minutes():
    hours = Found(0, "cut-off", "hours", 900.0, 903.0, 903.0, 903.0, 0.0, True)
    share = Found(0, "size 40", "shares", 0.5, 0.503, 0.503, 0.503, 0.0, True)
    assert hours.held and hours.close
    assert not share.held and share.close


def test_what_binds_is_what_is_all_at_work():
    plan = KEPT.run.plan
    shares = {r.name: full_share(KEPT, r.name) for r in plan.resources
              if r.name.startswith(("gang", "officer"))}
    assert all(0.0 <= share <= 1.0 for share in shares.values())
    gangs = {name: share for name, share in shares.items() if name.startswith("gang")}
    assert max(gangs, key=lambda name: gangs[name]) == max(gangs, key=lambda n: plan.offered[n])
    found = compared(1, PORT, KEPT, guesses(PORT, 1))
    one = next(f for f in found if f.name == "gangs customs")
    assert one.binds == (shares["gang.customs"] >= 0.1)


def test_a_port_goes_through_a_file(tmp_path):
    seen: list[Path] = []

    def calibrate(log: Path, start: Loaded, seed: int) -> Guess:
        assert log.exists() and start.name == "base"
        seen.append(log)
        return Guess(guesses(known_port(seed, WEEKS), seed))

    found, seconds = recover(2, calibrate, weeks=WEEKS)
    assert found and seconds < 5.0 and not seen[0].exists()
    lines: list[str] = []
    done = run([2], calibrate, weeks=WEEKS, tell=lines.append)
    assert done.found == found and lines[0].startswith("port 2: ")


def test_the_section_has_its_tables():
    found = study(1.0, ports=2)
    text = text_of(Study(found, [1.0, 2.0]))
    assert text.startswith("## ") and by_kind(found) in text and within_one(found) in text
    assert "capacities" in by_kind(found) and "gangs" in within_one(found)


# --- quantities ----------------------------------------------------------------------------------

def test_a_law_has_the_same_moments_in_every_form():
    named = moments({"distribution": "lognormal", "mean": "60 min", "cv": 0.5})
    sigma = np.sqrt(np.log(1.25))
    median = {"distribution": "lognormal", "median": f"{60 / np.sqrt(1.25)} min",
              "sigma": float(sigma)}
    assert moments(median) == pytest.approx(named, rel=0.01)
    assert moments("12 min") == (12.0, 0.0)
    assert moments("0 min") == (0.0, 0.0)


def test_selections_by_copula_and_by_shares_come_to_the_same():
    rng = np.random.Generator(np.random.Philox(key=1))
    shared, own = np.sqrt(0.3), np.sqrt(0.7)
    z, e = rng.standard_normal((400_000, 1)), rng.standard_normal((400_000, 2))
    from scipy.special import ndtri

    both = shared * z + own * e < ndtri([0.2, 0.4])
    chances = selected({"probability": {"a": 0.2, "b": 0.4}, "correlation": 0.3}, ["a", "b"])
    assert chances == pytest.approx([*both.mean(axis=0), both.all(axis=1).mean()], abs=0.003)
    shares = {"a": 0.1, "b": 0.3, "a+b": 0.1, "none": 0.5}
    assert selected({"shares": shares}, ["a", "b"]) == pytest.approx([0.2, 0.4, 0.1])


def test_what_a_seed_selects_is_what_its_traffic_shows():
    tree = plain(PORT)
    run = KEPT.run
    for name in tree["agencies"]:
        share = quantities(tree)[f"selected by {name}"].value
        count = len(run.traffic.arrival)
        seen = run.traffic.selected[name].mean()
        assert abs(seen - share) < 4.0 * np.sqrt(share / count)


def test_estimates_are_laid_over_the_base_without_changing_it():
    start = plain(base())
    before = repr(start)
    tree = tree_of(start, [Estimate("traffic.lodging.before_arrival", 0.11, [0.1, 0.2]),
                           Estimate("calendars.new", {"weekly": {}}),
                           Estimate("selection.rules", [])], 1)
    assert tree["traffic"]["lodging"]["before_arrival"] == 0.2
    assert tree["calendars"]["new"] == {"weekly": {}} and tree["selection"]["rules"] == []
    assert repr(start) == before
