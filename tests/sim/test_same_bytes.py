"""The same seed gives the same bytes, whatever the workers and the event logs that are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenarios.load import load
from sim.study import compare

TINY = Path(__file__).resolve().parents[1] / "cli" / "tiny.yaml"
ALWAYS = ("summary.json", "assumptions.json", "process.json", "occupancy.parquet",
          "stages.parquet", "ledger.parquet", "distributions.parquet")
EVENTS = "events.parquet"


@pytest.fixture(scope="module")
def scenarios():
    """Two regimes of a port whose traffic is that of one week."""
    sets = ["run.measured=1 week"]
    return [load(TINY, "separate", sets), load(TINY, "one-stop-recognition", sets)]


@pytest.fixture(scope="module")
def first(scenarios, tmp_path_factory) -> Path:
    """The study in one process, with the event log of the first replications."""
    return study(scenarios, tmp_path_factory.mktemp("first") / "out")


def study(scenarios, out: Path, **options) -> Path:
    settings = {"seed": 1, "replications": 2, "workers": 1, "events": "first", **options}
    return compare(scenarios, out, **settings).folder


def different(folder: Path, other: Path, names=(*ALWAYS, EVENTS)) -> list[str]:
    return [name for name in names
            if (folder / name).read_bytes() != (other / name).read_bytes()]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_workers_changes_no_byte(scenarios, first, tmp_path, workers):
    assert different(study(scenarios, tmp_path / "other", workers=workers), first) == []


@pytest.mark.parametrize("events", ["none", "all"])
def test_keeping_events_changes_no_other_byte(scenarios, first, tmp_path, events):
    folder = study(scenarios, tmp_path / "other", events=events)
    assert different(folder, first, ALWAYS) == []
    assert (folder / EVENTS).exists() == (events == "all")


def test_the_events_of_the_first_replication_are_among_all(scenarios, first, tmp_path):
    from sim.results import read_results

    every = read_results(study(scenarios, tmp_path / "all", events="all"))
    kept = read_results(first)
    for scenario in ("separate", "one-stop-recognition"):
        assert set(kept.table("events", scenario)["replication"].tolist()) == {0}
        assert set(every.table("events", scenario)["replication"].tolist()) == {0, 1}
        ours, theirs = (r.table("events", scenario, 0) for r in (every, kept))
        for name, column in theirs.items():
            np.testing.assert_array_equal(ours[name], column)


def test_another_seed_gives_other_results(scenarios, first, tmp_path):
    changed = different(study(scenarios, tmp_path / "other", seed=2), first)
    assert set(changed) == {*ALWAYS, EVENTS} - {"assumptions.json", "process.json"}


def test_more_replications_begin_with_the_same_ones(scenarios, first, tmp_path):
    from sim.results import read_results

    more = read_results(study(scenarios, tmp_path / "more", replications=3))
    few = read_results(first)
    for name in ("stages", "ledger", "distributions"):
        ours, theirs = more.table(name, replication=1), few.table(name, replication=1)
        for column in theirs:
            np.testing.assert_array_equal(ours[column], theirs[column])
