"""list, show, new, check: before anything is simulated."""

from __future__ import annotations

import csv
import json

import pytest

from scenarios.load import LIBRARY, library


def test_list_names_every_shipped_scenario(onestop):
    told = onestop("list")
    assert told.status == 0 and told.err == ""
    assert all(name in told.out for name in library())


def test_list_as_json(onestop):
    rows = json.loads(onestop("list", "--json").out)
    assert {row["name"] for row in rows} == set(library())
    assert {row["kind"] for row in rows} == {"port", "regime"}
    assert all(row["title"]["en"] and row["title"]["zh"] for row in rows)


@pytest.mark.parametrize("name", ["xiamen-2015", "port-log", "one-stop-recognition"])
def test_what_show_prints_runs_as_it_is(onestop, tmp_path, name):
    shown = onestop("show", name)
    assert shown.status == 0 and shown.err == ""
    (tmp_path / "mine.yaml").write_text(shown.out, encoding="utf-8")
    assert onestop("check", "mine.yaml").status == 0


@pytest.mark.parametrize("words", [
    ["xiamen-2015", "--resolved"], ["one-stop+restated"], ["port-log", "--resolved"],
    ["separate", "--set", "yard.slot=200 m2"],
])
def test_a_resolved_scenario_is_json_that_runs_as_it_is(onestop, tmp_path, words):
    shown = onestop("show", *words)
    data = json.loads(shown.out)
    assert "extends" not in data
    (tmp_path / "mine.json").write_text(shown.out, encoding="utf-8")
    assert onestop("check", "mine.json").status == 0


def test_set_changes_what_is_shown(onestop):
    shown = json.loads(onestop("show", "separate", "--set", "yard.slot=200 m2").out)
    assert "200" in str(shown["yard"]["slot"])


@pytest.mark.parametrize("words, wanted", [
    (["show", "xiamen"], "xiamen-2015"),
    (["show", "one-stop", "--set", "yard.slott=1 m2"], "Did you mean 'slot'"),
    (["show", "separate", "--set", "yard.slot"], "="),
])
def test_show_says_what_it_cannot_show(onestop, words, wanted):
    told = onestop(*words)
    assert told.status == 2 and told.out == ""
    assert wanted in told.err


@pytest.mark.parametrize("base", ["xiamen-2015", "port-log"])
def test_a_new_scenario_is_valid_at_once(onestop, tmp_path, base):
    told = onestop("new", "my-port.yaml", "--base", base)
    assert told.status == 0 and told.out == ""
    assert "onestop check my-port.yaml" in told.err
    assert "name: my-port\n" in (tmp_path / "my-port.yaml").read_text(encoding="utf-8")
    assert onestop("check", "my-port.yaml").status == 0


def test_a_new_scenario_extends_a_file_wherever_it_lies(onestop, tmp_path):
    assert onestop("new", "first.yaml").status == 0
    folder = tmp_path / "a folder: of mine #1"
    folder.mkdir()
    assert onestop("new", folder / "厦门.yaml", "--base", "first.yaml").status == 0
    assert onestop("check", folder / "厦门.yaml").status == 0


@pytest.mark.parametrize("words, wanted", [
    (["there.yaml"], "is there already"),
    (["port.txt"], "must end in .yaml"),
    (["no-such-folder/port.yaml"], "the folder is not there"),
    (["port.yaml", "--base", "xiamen"], "xiamen-2015"),
    (["port.yaml", "--base", "one-stop"], "is a regime"),
    (["port.yaml", "--base", "one-stop+restated"], "is a regime"),
])
def test_new_refuses_and_writes_nothing(onestop, tmp_path, words, wanted):
    (tmp_path / "there.yaml").write_text("mine\n", encoding="utf-8")
    told = onestop("new", *words)
    assert told.status == 2 and wanted in told.err
    assert [p.name for p in tmp_path.iterdir()] == ["there.yaml"]
    assert (tmp_path / "there.yaml").read_text(encoding="utf-8") == "mine\n"


FAULTY = """\
schema: onestop.scenario/1
kind: port
name: faulty
extends: xiamen-2015
title: {en: Faulty, zh: 有误}
yard: {slot: 220, slott: 3 m2}
matching: {acts_saved: 1.5}
"""


def test_check_tells_every_fault_of_every_file_at_once(onestop, tmp_path, tiny):
    (tmp_path / "faulty.yaml").write_text(FAULTY, encoding="utf-8")
    told = onestop("check", "faulty.yaml", tiny, "missing.yaml")
    assert told.status == 2
    assert "tiny.yaml: valid" in told.out
    for wanted in ("faulty.yaml:6: yard.slot:", "faulty.yaml:6: yard.slott: unknown key",
                   "faulty.yaml:7: matching.acts_saved", "missing.yaml: cannot be read"):
        assert wanted in told.err
    data = json.loads(onestop("check", "faulty.yaml", tiny, "--json").out)
    assert [entry["valid"] for entry in data] == [False, True]
    assert {fault["line"] for fault in data[0]["faults"]} == {6, 7}


def test_check_says_what_is_overloaded(onestop, tiny):
    told = onestop("check", tiny, "--set", "layout.separate.tractors=2")
    assert told.status == 0
    assert "overload: tractor is offered" in told.out
    data = json.loads(onestop("check", tiny, "--set", "layout.separate.tractors=2",
                              "--json").out)
    assert data[0]["overloaded"] == ["tractor"] and data[0]["offered"]["tractor"] > 1


def test_check_of_a_log_gives_the_account_of_its_rows(onestop):
    log = LIBRARY / "port-log.csv"
    with log.open(encoding="utf-8-sig", newline="") as stream:
        rows = sum(1 for _ in csv.reader(stream)) - 1
    account = json.loads(onestop("check", log, "--json").out)[0]["account"]
    assert account["used"] + account["repeated"] + account["rejected"] == rows
    assert account["rows"] == rows and account["rejected"] > 0
    told = onestop("check", log)
    assert told.status == 0
    assert (f"{account['used']} used + {account['repeated']} repeated + {account['rejected']} "
            f"rejected = {rows} rows") in told.out


def test_a_file_that_is_no_log_is_the_input_s_fault(onestop, tmp_path):
    (tmp_path / "log.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for name in ("log.csv", "no-such-log.csv"):
        told = onestop("check", name)
        assert told.status == 2 and told.err
