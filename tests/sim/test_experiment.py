"""Workers, their number, their deaths, and interruption: the results do not depend on them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios.errors import EnvironmentFailure, Interrupted, OnestopError
from sim.experiment import Job, jobs_of, run_study
from sim.journal import Journal
from sim.provenance import compare_folders
from sim.results import begin, finish, summary_of
from tests.sim import fake_study

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The results of the study on one worker."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    return fake_study.complete(out, fake_study.study()).folder


def run(journal, **options):
    run_study(jobs_of(journal.study), fake_study.run_one, journal, **options)


def stored(journal):
    return sorted(path.name for path in journal.folder.rglob("*.replication"))


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_no_byte(tmp_path, undisturbed, workers):
    results = fake_study.complete(tmp_path / "out", fake_study.study(), workers=workers)
    assert compare_folders(undisturbed, results.folder) == []
    assert (undisturbed / "summary.json").read_bytes() == (
        tmp_path / "out" / "summary.json"
    ).read_bytes()


def test_the_order_of_the_jobs_changes_no_byte(tmp_path, undisturbed):
    journal = begin(tmp_path / "out", fake_study.study())
    run_study(jobs_of(journal.study)[::-1], fake_study.run_one, journal, workers=1)
    results = finish(journal, summary_of(journal), extra={"process.json": {"tree": []}})
    assert compare_folders(undisturbed, results.folder) == []


def test_jobs_come_number_by_number_in_command_order():
    assert [str(job) for job in jobs_of(fake_study.study(2))] == [
        "replication 0 of 'before'",
        "replication 0 of 'after+shared'",
        "replication 1 of 'before'",
        "replication 1 of 'after+shared'",
    ]


def test_progress_is_told_from_the_first_to_the_last(tmp_path):
    journal = begin(tmp_path / "out", fake_study.study(2))
    run_study(jobs_of(journal.study)[:1], fake_study.run_one, journal, workers=1)
    seen = []
    run(journal, workers=1, progress=seen.append)
    assert [(p.done, p.total, p.resumed) for p in seen] == [
        (1, 4, 1),
        (2, 4, 1),
        (3, 4, 1),
        (4, 4, 1),
    ]
    assert seen[0].job is None and seen[1].job == Job("after+shared", 0, None)


def test_only_what_is_missing_or_damaged_is_run_again(tmp_path):
    journal = begin(tmp_path / "out", fake_study.study(3))
    run(journal, workers=1)
    damaged = journal.path("before", 1)
    damaged.write_bytes(damaged.read_bytes()[:-10])
    journal.path("after+shared", 2).unlink()
    seen = []
    run(journal, workers=1, progress=seen.append)
    again = [str(p.job) for p in seen if p.job]
    assert again == ["replication 1 of 'before'", "replication 2 of 'after+shared'"]


def test_a_worker_that_dies_once_costs_nothing(tmp_path, undisturbed):
    what = fake_study.study(die_once=str(tmp_path / "died"))
    journal = begin(tmp_path / "out", what)
    seen = []
    run(journal, workers=2, progress=seen.append)
    assert (tmp_path / "died").exists()
    assert seen[-1].done == seen[-1].total == 10 and len(stored(journal)) == 10
    results = finish(journal, summary_of(journal), extra={"process.json": {"tree": []}})
    assert compare_folders(undisturbed, results.folder) == []


def test_a_replication_that_kills_three_workers_is_named_and_the_rest_kept(tmp_path):
    journal = begin(tmp_path / "out", fake_study.study(3, die=1))
    with pytest.raises(
        EnvironmentFailure, match=r"replication 1 of 'after\+shared' killed"
    ) as told:
        run(journal, workers=2)
    assert "--resume" in str(told.value)
    assert journal.holds("before", 0) and not journal.holds("after+shared", 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_raised_with_its_replication(tmp_path, workers):
    journal = begin(tmp_path / "out", fake_study.study(3, fail=1))
    with pytest.raises((fake_study.Awkward, OnestopError), match="one and two") as told:
        run(journal, workers=workers)
    text = str(told.value) + "".join(getattr(told.value, "__notes__", ()))
    assert "replication 1 of 'after+shared'" in text


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_resume(tmp_path, undisturbed, workers):
    journal = begin(tmp_path / "my out", fake_study.study())

    def interrupt(progress):
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as told:
        run(journal, workers=workers, progress=interrupt)
    assert told.value.exit_status == 130
    assert f'onestop compare --resume "{journal.folder}"' in str(told.value)
    assert 3 <= len(stored(journal)) < 10 and not (tmp_path / "my out").exists()
    again = Journal.resume(journal.folder)
    run(again, workers=workers)
    results = finish(again, summary_of(again), extra={"process.json": {"tree": []}})
    assert compare_folders(undisturbed, results.folder) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_in_mid_study_and_resume_give_the_same_bytes(tmp_path, workers):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "tests.sim.fake_study", str(out), str(workers)]
    process = subprocess.Popen(command, cwd=ROOT)
    journal_folder = tmp_path / "out.partial" / "journal"
    deadline = time.monotonic() + 60
    while len(list(journal_folder.rglob("*.replication"))) < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    time.sleep(0.5)  # workers that are left over end by themselves
    journal = Journal.resume(tmp_path / "out.partial")
    before = stored(journal)
    assert 3 <= len(before) < 16
    time.sleep(0.5)
    assert stored(journal) == before
    run(journal, workers=2)
    results = finish(journal, summary_of(journal), extra={"process.json": {"tree": []}})
    whole = fake_study.complete(tmp_path / "whole", fake_study.study(replications=8))
    # The pause of each replication is a part of its scenario, but of no result.
    assert compare_folders(whole.folder, results.folder) == []
