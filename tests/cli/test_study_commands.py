"""run, compare, replay: results on stdout and in a folder, everything else on stderr."""

from __future__ import annotations

import json
import shutil

import pytest

FILES = {"summary.json", "manifest.json", "assumptions.json", "process.json", "events.parquet",
         "occupancy.parquet", "stages.parquet", "ledger.parquet", "distributions.parquet"}


@pytest.fixture
def copy(study, tmp_path):
    """A copy of the small comparison that may be changed."""
    return shutil.copytree(study, tmp_path / "copy")


def test_run_prints_a_table_and_keeps_the_results(onestop, tmp_path, tiny):
    told = onestop("run", tiny, "--replications", "2", "--workers", "1")
    assert told.status == 0
    folder = tmp_path / "results" / "tiny"
    assert {path.name for path in folder.iterdir()} == FILES
    assert "clearance, jointly selected, mean" in told.out and "lower" not in told.out
    assert "Two weeks: 2 replications, seed 1" in told.out
    assert "2 of 2 replications" in told.err and "Results: " in told.err
    assert "Results: " not in told.out and "of 2 replications," not in told.out
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == ["onestop", "run", tiny, "--replications", "2", "--workers", "1"]


def test_quiet_leaves_the_results_alone(onestop, tiny):
    told = onestop("run", tiny, "--regime", "one-stop", "--replications", "1", "--quiet")
    assert told.status == 0 and told.err == ""
    assert "one-stop" in told.out


def test_a_title_may_be_annotated_like_any_other_value(onestop, tiny):
    told = onestop("run", tiny, "--replications", "1", "--quiet", "--no-area",
                   "--set", "title.en={value: Two fortnights, source: somebody}")
    assert told.status == 0 and "Two fortnights: 1 replication" in told.out


def test_without_area_the_rest_is_the_same(onestop, tmp_path, tiny):
    summaries = []
    for more in ((), ("--no-area",)):
        out = f"out{len(more)}"
        onestop("run", tiny, "--replications", "1", "--quiet", "--out", out, *more)
        text = (tmp_path / out / "summary.json").read_text(encoding="utf-8")
        summaries.append(json.loads(text)["scenarios"]["tiny"]["measures"])
    left_out = set(summaries[0]) - set(summaries[1])
    assert "area.required" in left_out and all(name.startswith("area.") for name in left_out)
    assert summaries[1] == {k: v for k, v in summaries[0].items() if k not in left_out}


def test_json_is_the_stored_summary(onestop, tmp_path, tiny):
    told = onestop("compare", tiny, "--regime", "separate", "--regime", "one-stop", "--json",
                   "--replications", "2", "--workers", "1", "--out", "out", "--no-figures")
    assert told.status == 0
    summary = json.loads(told.out)
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["baseline"] == "separate" and list(summary["differences"]) == ["one-stop"]


def test_two_files_are_compared_and_the_first_is_the_baseline(onestop, tmp_path, tiny):
    (tmp_path / "more.yaml").write_text(
        f"schema: onestop.scenario/1\nkind: port\nname: more\nextends: {json.dumps(tiny)}\n"
        "title: {en: More traffic, zh: 更多}\ntraffic:\n  consignments_per_week: 140\n",
        encoding="utf-8")
    told = onestop("compare", tiny, "more.yaml", "--replications", "2", "--workers", "1",
                   "--no-figures", "--json")
    summary = json.loads(told.out)
    assert told.status == 0 and summary["baseline"] == "tiny"
    measures = summary["differences"]["more"]
    assert measures["flow.consignments"]["difference"] > 0
    # Other traffic has no consignments in common with the baseline's.
    assert not any(name.endswith("slower_share") for name in measures)


def test_the_figures_are_drawn_unless_refused(onestop, tmp_path, tiny):
    words = ["compare", tiny, "--regime", "separate", "--regime", "one-stop",
             "--replications", "2", "--workers", "1", "--out", "out"]
    told = onestop(*words, "--json")
    assert told.status == 0
    json.loads(told.out)
    assert list((tmp_path / "out" / "figures").iterdir())
    assert onestop("replay", "out", "--workers", "1").status == 0


@pytest.mark.parametrize("words, wanted", [
    (["compare"], "Name a scenario"),
    (["compare", "separate"], "at least two scenarios"),
    (["compare", "separate", "--regime", "one-stop"], "--regime twice"),
    (["compare", "separate", "one-stop", "--regime", "one-stop"], "exactly one port"),
    (["compare", "separate", "separate"], "the same name"),
    (["compare", "TINY", "--regime", "separate", "--regime", "xiamen-2015"], "not a regime"),
    (["run"], "Name a scenario"),
    (["run", "separate", "--resume", "x.partial"], "takes no scenario"),
    (["run", "--resume", "x.partial", "--seed", "2"], "takes no --seed"),
    (["run", "--resume", "x.partial", "--regime", "one-stop"], "takes no --regime"),
    (["run", "--resume", "x.partial", "--set", "a=1", "--out", "y"], "no --out and no --set"),
    (["run", "--resume", "x.partial"], "x.partial"),
    (["compare", "TINY", "--regime", "separate", "--regime", "one-stop", "--set",
      "study.primary=[{measure: time.clearence.all.mean}]"], "Did you mean"),
    (["compare", "separate", "one-stop+restatd"], "restated"),
    (["replay", "no-such-folder"], "no-such-folder"),
])
def test_what_cannot_be_done_is_refused_before_anything_is_written(
        onestop, tmp_path, tiny, words, wanted):
    told = onestop(*[tiny if word == "TINY" else word for word in words])
    assert told.status == 2 and told.out == "" and wanted in told.err
    assert list(tmp_path.iterdir()) == []


def test_existing_results_are_refused_unless_overwritten(onestop, tmp_path, tiny, copy):
    words = ["run", tiny, "--replications", "1", "--out", copy]
    before = (copy / "summary.json").read_bytes()
    told = onestop(*words)
    assert told.status == 2 and "--overwrite" in told.err
    assert (copy / "summary.json").read_bytes() == before
    assert onestop(*words, "--overwrite").status == 0
    assert (copy / "summary.json").read_bytes() != before
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_folder_of_something_else_is_never_overwritten(onestop, tmp_path, tiny):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x", encoding="utf-8")
    told = onestop("run", tiny, "--replications", "1", "--out", "thesis", "--overwrite")
    assert told.status == 2 and "no results of ours" in told.err
    assert (tmp_path / "thesis" / "chapter.tex").exists()


def test_a_replay_is_the_same(onestop, study):
    told = onestop("replay", study, "--workers", "1")
    assert told.status == 0 and "the replay is the same" in told.out
    assert "replications" in told.err


def test_a_replay_that_differs_names_the_keys(onestop, copy):
    """The summary of another seed, with a manifest that vouches for it."""
    from sim.provenance import file_digest

    summary = json.loads((copy / "summary.json").read_text(encoding="utf-8"))
    summary["scenarios"]["separate"]["measures"]["area.size"]["mean"] = 1.0
    (copy / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["summary.json"]["sha256"] = file_digest(copy / "summary.json")
    manifest["version"] = "0.0.1"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    told = onestop("replay", copy, "--workers", "1")
    assert told.status == 1 and told.out == ""
    assert "scenarios/separate/measures/area.size/mean: 1.0 is not 26800" in told.err
    assert "The results are of version 0.0.1" in told.err


@pytest.mark.parametrize("name", ["summary.json", "events.parquet", "assumptions.json"])
def test_a_replay_of_changed_files_is_a_difference(onestop, copy, name):
    with (copy / name).open("ab") as stream:
        stream.write(b"\n")
    told = onestop("replay", copy)
    assert told.status == 1 and f"{name} was changed" in told.err and told.out == ""


def test_a_replay_without_a_file_is_a_difference(onestop, copy):
    (copy / "ledger.parquet").unlink()
    told = onestop("replay", copy)
    assert told.status == 1 and "ledger.parquet is missing" in told.err


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "onestop.manifest/9"}'])
def test_a_replay_of_a_damaged_manifest_is_the_input_s_fault(onestop, copy, content):
    (copy / "manifest.json").write_text(content, encoding="utf-8")
    assert onestop("replay", copy).status == 2


def test_a_log_is_accounted_for_and_replayed(onestop, log_study):
    folder, log = log_study
    account = json.loads((folder / "log-account.json").read_text(encoding="utf-8"))
    account = account["scenarios"]["port-log"]
    rejected = (folder / "rejected.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rejected) == account["rejected"] > 0
    assert account["used"] + account["repeated"] + account["rejected"] == account["rows"]
    assert onestop("replay", folder).status == 0


def test_a_changed_or_lost_log_is_the_input_s_fault(onestop, log_study):
    folder, log = log_study
    content = log.read_bytes()
    try:
        log.write_bytes(content + b"\n")
        told = onestop("replay", folder)
        assert told.status == 2 and "the log has changed" in told.err
        log.unlink()
        told = onestop("replay", folder)
        assert told.status == 2 and "no such log" in told.err
    finally:
        log.write_bytes(content)


def test_the_account_of_a_log_is_said_before_the_run(onestop, log_study):
    _, log = log_study
    told = onestop("run", "port-log", "--set", f"traffic.log={log}", "--replications", "1")
    assert told.status == 0 and " used + " in told.err and " used + " not in told.out


def test_an_overload_is_said_below_the_table(onestop, tiny):
    told = onestop("run", tiny, "--replications", "1", "--set", "layout.separate.tractors=2")
    assert told.status == 0
    assert "Overload: tractor under tiny is offered" in told.out
    assert "Open at the end under tiny" in told.out and "no verdict" in told.out


def test_the_table_speaks_chinese(onestop, tmp_path, tiny, monkeypatch):
    words = ("compare", tiny, "--regime", "separate", "--regime", "one-stop", "--replications",
             "2", "--workers", "1", "--no-figures", "--quiet", "--out")
    told = onestop(*words, "zh", "--lang", "zh")
    assert told.status == 0 and told.out.startswith("两周：模拟 2 次，随机种子 1")
    assert "通关时间，共同布控，平均（小时） *" in told.out and "仅检验检疫布控" in told.out
    assert "所需面积（平方米）" in told.out and "元/标准箱" in told.out
    assert "未能判定" in told.out and "场地面积、人员、费率和货流均为输入。" in told.out
    assert not any(word in told.out for word in ("jointly selected", "not resolved", "alone"))
    monkeypatch.setenv("ONESTOP_LANG", "zh")
    assert onestop(*words, "environment").out == told.out
    assert "clearance, jointly selected, mean, h *" in onestop(*words, "en", "--lang", "en").out
    zh, en = (tmp_path / name / "summary.json" for name in ("zh", "en"))
    assert zh.read_bytes() == en.read_bytes()


def test_the_figures_of_a_comparison_are_in_its_language(onestop, tiny, monkeypatch):
    import reports.figures

    asked = []
    drawn = reports.figures.Drawn([], [])
    monkeypatch.setattr(reports.figures, "draw_figures",
                        lambda folder, lang: asked.append(lang) or drawn)
    words = ("compare", tiny, "--regime", "separate", "--regime", "one-stop",
             "--replications", "1", "--workers", "1", "--quiet", "--overwrite", "--out", "out")
    for more in (("--lang", "zh"), ("--json",)):
        assert onestop(*words, *more).status == 0
    assert asked == ["zh", "en"]


def test_the_faults_of_a_run_are_said_in_chinese(onestop, tiny):
    told = onestop("run", tiny, "--replications", "1", "--set", "layout.separate.tractors=2",
                   "--set", "layout.separate.gangs.customs=1", "--lang", "zh", "--quiet")
    assert "超负荷：tiny 的拖车所承担的工作量" in told.out
    assert "超负荷：tiny 的掏箱班组（海关）" in told.out and "不作判定。" in told.out


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [80, 100, 120, 160])
def test_no_line_of_the_table_is_wider_than_the_screen(onestop, monkeypatch, study, capsys,
                                                       columns, lang):
    from rich.cells import cell_len

    from scenarios.console import print_table, screen_width
    from sim.results import read_results
    from sim.screen import notes_of, rows_of
    from sim.tablefit import fit

    monkeypatch.setenv("COLUMNS", str(columns))
    results = read_results(study)
    table = rows_of(results, lang)
    capsys.readouterr()
    for block in fit(table, screen_width()):
        print_table(table.title, block.columns, block.rows, notes_of(results, lang), table.sections)
    lines = capsys.readouterr().out.splitlines()
    assert max(cell_len(line) for line in lines) <= columns
    # No interval is broken over two lines.
    assert all(line.count("[") == line.count("]") for line in lines if "same" not in line
               and "brackets" not in line)
