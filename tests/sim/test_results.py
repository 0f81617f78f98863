"""The folder of results: complete, the same bytes each time, never in the way of other files."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace

import numpy as np
import pytest

from scenarios.errors import Difference, EnvironmentFailure, InputError
from sim import results as module
from sim.journal import Journal
from sim.provenance import Study, compare_folders, differing_keys, digest, file_digest, versions
from sim.replication import Replication
from sim.results import begin, check_output, finish, partial_folder, read_results
from sim.tablefiles import ROW_GROUP, Tables, csv_bytes, read_table
from tests.sim import fake_study


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("finished") / "out"
    return fake_study.complete(out, fake_study.study())


@pytest.fixture
def copy(tmp_path):
    """Results of one's own to spoil."""
    return fake_study.complete(tmp_path / "out", fake_study.study(2))


# --- contents ---------------------------------------------------------------------------------


def test_the_folder_holds_what_the_manifest_lists_and_nothing_else(finished):
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {*finished.manifest["files"], "manifest.json"}
    assert names == {
        "summary.json",
        "process.json",
        "stages.parquet",
        "events.parquet",
        "manifest.json",
    }
    assert not partial_folder(finished.folder).exists()


def test_the_summary_has_its_keys_in_command_order_and_no_nan(finished):
    text = (finished.folder / "summary.json").read_text(encoding="utf-8")
    assert "NaN" not in text and "Infinity" not in text
    summary = json.loads(text)
    assert summary == finished.summary
    assert list(summary["scenarios"]) == ["before", "after+shared"]
    assert list(summary["differences"]) == ["after+shared"]
    assert summary["schema"] == "onestop.summary/1" and summary["baseline"] == "before"
    assert summary["primary"] == ["time.clearance.all.mean", "area.required"]
    measures = summary["scenarios"]["before"]["measures"]
    assert measures["area.fixed"]["label"] == "input"
    assert {"unit", "mean", "low", "high", "confidence"} <= set(measures["area.moving"])
    entry = summary["differences"]["after+shared"]["time.clearance.all.mean"]
    assert entry["verdict"] == "lower" and entry["relative"] == pytest.approx(-0.4)
    shares = summary["scenarios"]["after+shared"]["measures"]
    assert shares["time.clearance.joint.slower_share"]["mean"] == 0.0


def test_the_manifest_is_enough_to_run_it_again(finished, tmp_path):
    again = finished.study
    assert again == fake_study.study()
    assert finished.manifest["digests"]["before"] == digest(again.scenarios["before"])
    for key in ("versions", "machine", "command", "seed", "duration_s", "started"):
        assert key in finished.manifest
    assert finished.manifest["versions"].keys() == versions().keys()
    replayed = fake_study.complete(tmp_path / "again", again)
    assert compare_folders(finished.folder, replayed.folder) == []
    assert isinstance(Study.from_json(finished.manifest), Study)


def test_tables_are_in_command_order_and_read_in_parts(finished):
    whole = finished.table("stages")
    assert list(whole) == ["scenario", "replication", "stage", "group", "hours"]
    assert len(whole["hours"]) == 2 * 5 * fake_study.MEMBERS
    assert whole["scenario"][0] == "before" and whole["scenario"][-1] == "after+shared"
    assert np.all(np.diff(whole["replication"][: 5 * fake_study.MEMBERS]) >= 0)
    expected = fake_study.run_one({"factor": 0.6}, "after+shared", 2).tables["stages"]["hours"]
    part = finished.table("stages", scenario="after+shared", replication=2)
    np.testing.assert_array_equal(part["hours"], expected)
    assert set(finished.table("events")["replication"]) == {0}
    with pytest.raises(InputError, match="no table 'none'; there are: stages, events"):
        finished.table("none")


# --- tables as files --------------------------------------------------------------------------


def write(folder, *replications):
    folder.mkdir()
    with Tables(folder / "scratch") as tables:
        for one in replications:
            tables.add(one)
        return tables.write(folder)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    rows = 2 * ROW_GROUP + 17
    table = {
        "start_min": np.arange(rows) / 1024.0,
        "site": np.array(["东", "west"])[np.arange(rows) % 2],
        "node": np.arange(rows, dtype=np.int32),
    }
    table["start_min"][5] = np.nan
    result = Replication("a", 0, tables={"events": table})
    for name in ("one", "two"):
        assert write(tmp_path / name, result) == ["events.parquet"]
    first, second = (tmp_path / name / "events.parquet" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    found = read_table(first, {})
    np.testing.assert_array_equal(found["start_min"], table["start_min"])
    assert found["site"].tolist()[:3] == ["东", "west", "东"]
    assert found["node"].dtype == np.int32


def test_empty_tables_give_their_types_only_if_all_are_empty(tmp_path):
    empty = Replication("a", 0, tables={"t": {"word": np.empty(0)}, "u": {"x": np.empty(0)}})
    full = Replication("a", 1, tables={"t": {"word": np.array(["x"])}, "u": {"x": np.empty(0)}})
    write(tmp_path / "out", empty, full)
    assert read_table(tmp_path / "out" / "t.parquet", {})["word"].tolist() == ["x"]
    assert len(read_table(tmp_path / "out" / "u.parquet", {})["x"]) == 0


@pytest.mark.parametrize(
    "second", [{"x": np.array(["a"])}, {"y": np.array([1.0])}, {"x": np.array([1])}]
)
def test_a_table_that_changes_its_columns_is_refused(tmp_path, second):
    first = Replication("a", 0, tables={"t": {"x": np.array([1.0])}})
    with pytest.raises(ValueError, match="changes its columns"):
        write(tmp_path / "out", first, Replication("a", 1, tables={"t": second}))


def test_columns_of_different_lengths_are_refused(tmp_path):
    odd = Replication("a", 0, tables={"t": {"x": np.zeros(2), "y": np.zeros(3)}})
    with pytest.raises(ValueError, match="different lengths"):
        write(tmp_path / "out", odd)


def test_csv_cells_cannot_become_formulas():
    rows = [["=1+1", "+8", "-x", "@a", "plain", -3.5, None, 'a,"b"\n箱']]
    text = csv_bytes(["n"] * 8, rows).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("'=1+1,'+8,'-x,'@a,plain,-3.5,,")
    assert text.endswith('"a,""b""\n箱"\r\n')


# --- places -----------------------------------------------------------------------------------


def test_an_existing_folder_is_refused_before_anything_is_run(copy):
    with pytest.raises(InputError, match="--overwrite"):
        begin(copy.folder, fake_study.study(2))
    assert not partial_folder(copy.folder).exists()
    check_output(copy.folder, overwrite=True)


def test_overwrite_replaces_results_only_when_the_new_ones_are_done(copy):
    what = fake_study.study(3)
    journal = begin(copy.folder, what, overwrite=True)
    assert read_results(copy.folder).study.replications == 2
    module_jobs = [(name, n) for n in range(3) for name in what.scenarios]
    for name, number in module_jobs:
        journal.save(fake_study.run_one(what.scenarios[name], name, number))
    with pytest.raises(InputError, match="there already"):
        finish(journal, module.summary_of(journal))
    finish(journal, module.summary_of(journal), overwrite=True)
    assert read_results(copy.folder).study.replications == 3
    assert [path.name for path in copy.folder.parent.iterdir()] == ["out"]


def test_overwrite_never_deletes_what_is_not_ours(tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    check_output(out)  # an empty folder is in nobody's way
    (out / "chapter1.txt").write_text("years of work")
    (out / "manifest.json").write_text('{"name": "of a web page"}')
    for overwrite in (False, True):
        with pytest.raises(InputError, match="no results of ours"):
            begin(out, fake_study.study(), overwrite)
    file = tmp_path / "file"
    file.write_text("a file")
    with pytest.raises(InputError, match="no results of ours"):
        check_output(file, overwrite=True)
    (tmp_path / "new.partial").mkdir()
    (tmp_path / "new.partial" / "x").write_text("not ours either")
    with pytest.raises(InputError, match="no results of ours"):
        begin(tmp_path / "new", fake_study.study(), overwrite=True)


def test_an_unfinished_study_is_resumed_or_discarded_by_request(tmp_path):
    out = tmp_path / "out"
    journal = begin(out, fake_study.study())
    with pytest.raises(InputError, match="--resume"):
        begin(out, fake_study.study())
    with pytest.raises(InputError, match="is not finished"):
        read_results(journal.folder)
    begin(out, fake_study.study(3), overwrite=True)
    assert Journal.resume(journal.folder).study.replications == 3


def test_finished_results_are_not_resumed(copy):
    with pytest.raises(InputError, match="nothing to resume"):
        Journal.resume(copy.folder)


def test_a_full_disk_is_the_environments_fault_and_the_study_stays(tmp_path, monkeypatch):
    what = fake_study.study(2)
    journal = begin(tmp_path / "out", what)
    for name in what.scenarios:
        for number in range(2):
            journal.save(fake_study.run_one(what.scenarios[name], name, number))
    replace_file = os.replace

    def full(source, target):
        if str(target).endswith("summary.json"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_file(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(EnvironmentFailure, match="disk is full") as told:
            finish(journal, module.summary_of(journal))
    assert told.value.exit_status == 3 and not (tmp_path / "out").exists()
    finish(Journal.resume(journal.folder), module.summary_of(journal))
    assert read_results(tmp_path / "out").tables == ["stages", "events"]


@pytest.mark.parametrize("name", ["../x.json", "summary.json", "manifest.json", "a/b"])
def test_further_files_have_plain_names(tmp_path, name):
    journal = begin(tmp_path / "out", replace(fake_study.study(), replications=0, scenarios={}))
    with pytest.raises(ValueError, match="not a name"):
        finish(journal, {}, extra={name: b""})


# --- reading and comparing --------------------------------------------------------------------


def test_a_changed_file_is_a_difference(copy):
    path = copy.folder / "summary.json"
    text = path.read_text()
    measures = copy.summary["scenarios"]["before"]["measures"]
    mean = measures["time.clearance.all.mean"]["mean"]
    path.write_text(text.replace(repr(mean), repr(mean * 0.5)))
    with pytest.raises(Difference, match=r"summary\.json was changed") as told:
        read_results(copy.folder)
    assert told.value.exit_status == 1
    read_results(copy.folder, check=False)
    (copy.folder / "stages.parquet").unlink()
    with pytest.raises(Difference, match=r"stages\.parquet is missing"):
        read_results(copy.folder)


def test_a_comparison_names_files_and_keys(copy, tmp_path):
    other = fake_study.complete(tmp_path / "other", fake_study.study(2))
    (copy.folder / "report.en.html").write_text("made later, in no manifest")
    assert compare_folders(copy.folder, other.folder) == []
    path = other.folder / "summary.json"
    summary = json.loads(path.read_text())
    summary["scenarios"]["before"]["measures"]["area.fixed"]["mean"] = 1
    path.write_text(json.dumps(summary))
    (other.folder / "events.parquet").write_bytes(b"PAR1")
    (other.folder / "process.json").unlink()
    lines = compare_folders(copy.folder, other.folder)
    assert lines[0] == "summary.json: scenarios/before/measures/area.fixed/mean: 100.0 is not 1"
    assert any(line.startswith("events.parquet: the bytes differ") for line in lines)
    assert any(line.startswith("process.json: not in ") for line in lines)
    assert len(lines) == 3


def test_differing_keys_tell_types_apart_and_name_absent_ones():
    assert differing_keys({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == []
    assert differing_keys({"a": True}, {"a": 1}) == ["a: true is not 1"]
    assert differing_keys({"a": 1}, {"b": 1}) == [
        "a: 1 is not (absent)",
        "b: (absent) is not 1",
    ]
    assert differing_keys([1, 2], [1, 3]) == ["1: 2 is not 3"]
    assert differing_keys([1], [1, 2]) == ["the whole: [1] is not [1, 2]"]


@pytest.mark.parametrize("file", ["summary.json", "manifest.json"])
def test_a_newer_schema_is_refused(copy, file):
    path = copy.folder / file
    content = json.loads(path.read_text())
    family = content["schema"].partition("/")[0]
    path.write_text(json.dumps({**content, "schema": f"{family}/2"}))
    manifest = copy.folder / "manifest.json"
    if file != manifest.name:
        whole = json.loads(manifest.read_text())
        whole["files"][file]["sha256"] = file_digest(path)
        manifest.write_text(json.dumps(whole))
    with pytest.raises(InputError, match="newer version"):
        read_results(copy.folder)


def test_a_damaged_manifest_is_refused_without_a_traceback(copy):
    path = copy.folder / "manifest.json"
    content = json.loads(path.read_text())
    for change in ({"files": 3}, {"files": {"a": {}}}, {"scenarios": 1}, {"seed": None}):
        damaged = {**content, **change}
        if change == {"seed": None}:
            del damaged["seed"]
        path.write_text(json.dumps(damaged))
        with pytest.raises(InputError):
            read_results(copy.folder)


def test_digests_do_not_depend_on_the_order_of_keys_but_of_scenarios():
    assert digest({"a": 1, "b": [1.5, "查"]}) == digest({"b": [1.5, "查"], "a": 1})
    with pytest.raises(ValueError):
        digest({"a": float("nan")})
    what = fake_study.study()
    turned = replace(what, scenarios=dict(reversed(what.scenarios.items())))
    assert turned.digest() != what.digest()
    assert replace(what, settings={"engine": "reference"}).digest() == what.digest()
    assert replace(what, command=("onestop",)).digest() == what.digest()
