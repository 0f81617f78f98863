"""Killed, interrupted, resumed: what is finished is kept, and the results are the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

MANY = "24"
"""Replications: enough that there is time to interrupt them."""

SAME = ("summary.json", "events.parquet", "occupancy.parquet", "stages.parquet", "ledger.parquet",
        "distributions.parquet")


@pytest.fixture
def words(tiny):
    """A comparison of two regimes that takes a few seconds."""
    return ["compare", tiny, "--regime", "separate", "--regime", "one-stop", "--replications",
            MANY, "--no-figures", "--out", "out"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The same comparison, run to its end."""
    from pathlib import Path

    from sim.cli import main

    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    tiny = Path(__file__).with_name("tiny.yaml")
    assert main(["compare", str(tiny), "--regime", "separate", "--regime", "one-stop",
                 "--replications", MANY, "--no-figures", "--out", str(folder), "--workers", "1",
                 "--quiet"]) == 0
    return folder


def stored(folder) -> int:
    return len(list(folder.glob("journal/*/*.replication")))


def wait_for(folder, number, process) -> None:
    """Until so many replications are in the journal."""
    end = time.monotonic() + 60
    while stored(folder) < number:
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.002)


def same_bytes(folder, other) -> None:
    for name in SAME:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_in_mid_study_then_resume_gives_the_same_bytes(
        start, onestop, tmp_path, words, undisturbed, workers):
    process = start(*words, "--workers", workers)
    wait_for(tmp_path / "out.partial", 3, process)
    process.kill()
    process.wait()
    assert not (tmp_path / "out").exists()
    told = onestop("compare", "--resume", "out.partial", "--workers", "1", "--no-figures")
    assert told.status == 0 and "clearance" in told.out
    assert not (tmp_path / "out.partial").exists()
    same_bytes(tmp_path / "out", undisturbed)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to one process")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_says_how_to_resume(start, onestop, tmp_path, words, undisturbed, workers):
    process = start(*words, "--workers", workers)
    wait_for(tmp_path / "out.partial", 2, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "" and "Traceback" not in err
    assert "onestop compare --resume out.partial" in err
    again = onestop(*words)
    assert again.status == 2 and "--resume out.partial" in again.err
    told = onestop("compare", "--resume", "out.partial", "--workers", "1", "--no-figures")
    assert told.status == 0
    same_bytes(tmp_path / "out", undisturbed)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to one process")
def test_ctrl_c_before_anything_is_finished_leaves_nothing(start, tmp_path, tiny):
    process = start("run", tiny, "--set", "run.measured=520 weeks", "--quiet")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "" and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_results_are_written_can_be_resumed(
        onestop, monkeypatch, tmp_path, words, undisturbed):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("sim.study.stored.summary_of", interrupt)
        told = onestop(*words, "--workers", "1")
    assert told.status == 130 and "onestop compare --resume out.partial" in told.err
    assert onestop("run", "--resume", "out.partial", "--workers", "1").status == 0
    same_bytes(tmp_path / "out", undisturbed)


def test_a_finished_study_is_not_resumed(onestop, study):
    told = onestop("compare", "--resume", study)
    assert told.status == 2 and "nothing to resume" in told.err


def test_what_is_not_a_study_is_not_resumed(onestop, tmp_path):
    (tmp_path / "x.partial").mkdir()
    told = onestop("compare", "--resume", "x.partial")
    assert told.status == 2 and "x.partial" in told.err


@pytest.mark.parametrize("key, value, wanted", [
    ("version", "0.0.1", "0.0.1"), ("seed", 7, "was changed"), ("replications", 9, "was changed"),
])
def test_another_version_or_a_changed_study_is_not_resumed(
        onestop, monkeypatch, tmp_path, words, key, value, wanted):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.study.run_study", interrupt)
    assert onestop(*words).status == 130
    path = tmp_path / "out.partial" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, key: value}), encoding="utf-8")
    told = onestop("compare", "--resume", "out.partial")
    assert told.status == 2 and wanted in told.err


def test_results_that_have_come_meanwhile_are_not_replaced_unasked(
        onestop, monkeypatch, tmp_path, words, tiny):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("sim.study.run_study", interrupt)
        assert onestop(*words).status == 130
    other = ["run", tiny, "--replications", "1", "--out", "other", "--quiet"]
    assert onestop(*other).status == 0
    (tmp_path / "other").rename(tmp_path / "out")
    told = onestop("compare", "--resume", "out.partial")
    assert told.status == 2 and "--overwrite" in told.err
    assert (tmp_path / "out.partial").is_dir()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two and a half megabytes, and what makes it larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2500k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder, lambda: subprocess.run(
        ["mount", "-o", "remount,size=64m", str(folder)], check=True)
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_keeps_what_is_finished(onestop, tmp_path, words, undisturbed, small_disk,
                                            workers):
    folder, enlarge = small_disk
    words = [*words[:-1], str(folder / "out")]
    told = onestop(*words, "--workers", workers)
    assert told.status == 3 and "the disk is full" in told.err
    assert not (folder / "out").exists()
    kept = stored(folder / "out.partial")
    assert 0 < kept < 2 * int(MANY)
    enlarge()
    told = onestop("compare", "--resume", folder / "out.partial", "--workers", "1", "--no-figures")
    assert told.status == 0
    same_bytes(folder / "out", undisturbed)
