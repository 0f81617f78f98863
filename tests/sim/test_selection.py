"""Selection of the best: its guarantee, its limits, and its outcome whatever the workers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.statistics.selection import Selection


def selected(means, delta, rng, *, correlation=0.0, first=10, highest=True, confidence=0.95,
             most=100_000):
    """The scenario that KN selects from normal replications, and how many it took."""
    names = [f"s{i}" for i in range(len(means))]

    def draw(n):
        common = rng.normal(size=(n, 1)) * correlation ** 0.5
        own = rng.normal(size=(n, len(means))) * (1.0 - correlation) ** 0.5
        return np.asarray(means) + common + own

    start = draw(first)
    selection = Selection({name: start[:, i] for i, name in enumerate(names)}, delta, confidence,
                          highest)
    while not selection.decided:
        more = draw(1)[0]
        selection.take({name: more[names.index(name)] for name in selection.survivors})
        assert selection.replications < most
    return selection.survivors[0], selection.replications


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_best_is_selected_as_often_as_stated(correlation):
    # The least favourable means: all others are just `delta` behind.
    rng, studies = np.random.default_rng(7), 400
    found = [selected([0.5, 0, 0, 0, 0], 0.5, rng, correlation=correlation)
             for _ in range(studies)]
    right = sum(name == "s0" for name, _ in found) / studies
    assert right >= 0.95 - 3 * (0.95 * 0.05 / studies) ** 0.5


def test_what_is_common_to_all_saves_replications():
    rng = np.random.default_rng(8)
    apart = [selected([0.5, 0, 0], 0.5, rng)[1] for _ in range(60)]
    paired = [selected([0.5, 0, 0], 0.5, rng, correlation=0.8)[1] for _ in range(60)]
    assert np.mean(paired) < 0.5 * np.mean(apart)


def test_lowest_is_highest_of_the_opposite():
    values = np.random.default_rng(9).normal(size=(3, 10)) + np.array([[0], [1], [5]])
    first = dict(zip("abc", values, strict=True))
    low = Selection(first, 0.5, 0.95)
    high = Selection({name: -numbers for name, numbers in first.items()}, 0.5, 0.95, highest=True)
    assert (low.survivors, low.dropped) == (high.survivors, high.dropped)
    assert "c" not in low.survivors


def test_scenarios_that_are_the_same_leave_the_first():
    values = np.random.default_rng(10).normal(size=10)
    selection = Selection({"a": values, "b": values}, 0.5, 0.95)
    assert selection.decided and selection.survivors == ["a"]


def test_it_is_decided_when_it_says_at_the_latest():
    rng = np.random.default_rng(11)
    for _ in range(30):
        start = rng.normal(size=(4, 8))
        selection = Selection(dict(zip("abcd", start, strict=True)), 0.3, 0.9)
        most = selection.most_replications()
        while not selection.decided:
            selection.take({name: rng.normal() for name in selection.survivors})
        assert selection.replications <= most


@pytest.mark.parametrize("first", [
    {"a": np.ones(3)}, {"a": np.ones(3), "b": np.ones(4)}, {"a": np.ones(1), "b": np.ones(1)},
    {"a": np.ones(3), "b": np.array([1, np.nan, 2])}])
def test_what_cannot_be_judged_is_refused(first):
    with pytest.raises(ValueError, match="replications|undefined"):
        Selection(first, 0.5, 0.95)


def test_the_other_implementation_selects_the_same():
    # Kept for development: sim-tools is not among our requirements.
    zone = pytest.importorskip("sim_tools.ovs.indifference_zone")

    class Rows:
        """Replications as sim-tools asks for them: of one scenario after the other."""

        def __init__(self, values):
            self.values, self.taken = values, [0] * values.shape[1]

        def register_observer(self, observer):
            self.observer = observer

        def simulate(self, number):
            value = self.values[self.taken[number], number]
            self.taken[number] += 1
            self.observer.feedback(self, number, value)

    rng = np.random.default_rng(12)
    for _ in range(200):
        values = rng.normal(size=(3000, 2)) + np.array([0.0, rng.normal() * 0.5])
        theirs = zone.KN(Rows(values), 2, 0.5, alpha=0.05, n_0=10).solve()
        selection = Selection({"0": values[:10, 0], "1": values[:10, 1]}, 0.5, 0.95, highest=True)
        while not selection.decided:
            row = values[selection.replications]
            selection.take({name: row[int(name)] for name in selection.survivors})
        assert [int(name) for name in selection.survivors] == list(theirs)


def test_the_command_selects_the_same_whatever_the_workers(tmp_path):
    from scenarios.load import load, under
    from sim.selection import select

    port = load("tests/cli/tiny.yaml")
    regimes = [under(port, name) for name in ("separate", "one-appointment", "one-stop")]
    told = []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.json"
        found = select(regimes, out, measure="time.clearance.joint.mean", delta=2.0,
                       first=5, replications=60, workers=workers)
        assert json.loads(out.read_text(encoding="utf-8")) == found
        told.append(found)
    assert told[0] == told[1] and not list(tmp_path.glob("*.partial"))
    assert told[0]["decided"] and told[0]["survivors"] == ["one-stop"]
    assert all(row["lead"] > 0 for row in told[0]["dropped"])
