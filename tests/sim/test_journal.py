"""What is written to the journal comes back whole, or counts as missing."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest

from scenarios.errors import EnvironmentFailure, InputError
from sim import journal as journals
from sim.journal import Journal, replication_path
from sim.replication import Replication
from tests.sim import fake_study


@pytest.fixture
def journal(tmp_path):
    return Journal.create(tmp_path / "out.partial", fake_study.study())


@pytest.fixture
def result():
    return fake_study.run_one({"factor": 0.7}, "before", 3)


def test_a_replication_comes_back_as_it_was(journal, result):
    result.samples["censored"] = np.array([1.0, np.inf])
    result.sums["third"] = (1.0 / 3.0, float("inf"))
    journal.save(result)
    found = journal.load("before", 3)
    assert found.sums == result.sums and found.estimands == result.estimands
    assert (found.scenario, found.replication, found.members) == ("before", 3, 40)
    assert found.groups == result.groups and found.labels == result.labels
    for ours, theirs in ((found.samples, result.samples), (found.cohort, result.cohort)):
        assert list(ours) == list(theirs)
        for name, values in ours.items():
            assert values.dtype == theirs[name].dtype
            np.testing.assert_array_equal(values, theirs[name])
    assert found.tables["stages"]["stage"].tolist() == result.tables["stages"]["stage"].tolist()
    assert journal.load("before", 3, tables=False).tables == {}


def test_texts_held_as_objects_are_stored_and_other_objects_refused(journal):
    texts = np.array(["查验", "b"], dtype=object)
    journal.save(Replication("before", 0, tables={"t": {"word": texts}}))
    assert journal.load("before", 0).tables["t"]["word"].tolist() == ["查验", "b"]
    with pytest.raises(TypeError, match="not all text"):
        mixed = np.array(["a", 1], dtype=object)
        journal.save(Replication("before", 0, tables={"t": {"word": mixed}}))


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "other"])
def test_a_damaged_file_counts_as_missing(journal, result, damage):
    journal.save(result)
    assert journal.holds("before", 3)
    path = journal.path("before", 3)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "truncate": content[:-100],
            "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "empty": b"",
            "other": b"a text of somebody else\n" + content,
        }[damage]
    )
    assert not journal.holds("before", 3)
    with pytest.raises(InputError, match="missing or damaged"):
        journal.load("before", 3)


@pytest.mark.parametrize("name", ["one-stop+restated", "..", "../../etc", "a/b", "一站式", "~x"])
def test_any_scenario_name_stays_inside_the_journal(tmp_path, name):
    path = replication_path(tmp_path, name, 12)
    assert path.name == "0012.replication"
    assert path.parent.parent == tmp_path / "journal"
    assert path.parent.name not in (".", "..") and "/" not in path.parent.name
    assert path.resolve().is_relative_to(tmp_path.resolve() / "journal")


def test_nothing_is_left_of_a_write_that_failed(journal, result, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EnvironmentFailure, match="disk is full"):
        journal.save(result)
    assert list(journal.path("before", 3).parent.iterdir()) == []


def test_a_study_is_resumed_from_its_folder_alone(journal):
    again = Journal.resume(journal.folder)
    assert again.study == journal.study and again.started == journal.started
    assert Journal.resume(journal.folder, digest=journal.study.digest(), seed=1) == again


def test_a_resume_with_something_else_is_refused(journal, monkeypatch):
    other = fake_study.study(replications=6)
    with pytest.raises(InputError, match="other scenarios"):
        Journal.resume(journal.folder, digest=other.digest())
    with pytest.raises(InputError, match="seed 1, not 2"):
        Journal.resume(journal.folder, seed=2)
    monkeypatch.setattr(journals, "own_version", lambda: "99.0")
    with pytest.raises(InputError, match=r"this is 99\.0"):
        Journal.resume(journal.folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 7}, "was changed"),
        ({"scenarios": {}}, "was changed"),
        ({"schema": "onestop.manifest/2"}, "newer version"),
        ({"schema": "something"}, "is not a onestop.manifest file"),
        ({"primary": 3}, "does not describe"),
    ],
)
def test_a_manifest_that_was_touched_is_refused(journal, change, message):
    path = journal.folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=message):
        Journal.resume(journal.folder)


def test_a_folder_without_manifest_or_with_nonsense_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a folder of results"):
        Journal.resume(tmp_path)
    for nonsense in ("{", "[]", "\x00", '"a"'):
        (tmp_path / "manifest.json").write_text(nonsense)
        with pytest.raises(InputError):
            Journal.resume(tmp_path)


def test_an_unfinished_study_is_not_begun_again(journal):
    with pytest.raises(InputError, match="--resume"):
        Journal.create(journal.folder, journal.study)
