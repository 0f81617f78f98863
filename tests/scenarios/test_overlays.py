"""extends < file < overlay < --set, overlays composed with '+', and what a name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import InputError
from scenarios.load import library, load, restore, under

PORT = "schema: onestop.scenario/1\nname: small\nextends: xiamen-2015\n"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(PORT + "regime: {officers: 1}\nlayout: {separate: {tractors: 7}}\n"
                    "calendars: {office: {holidays: null}}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [name for name in library() if name != "restated"])
def test_every_shipped_name_loads_and_comes_back(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    again = restore(scenario.resolved)
    assert again == scenario and again.assumptions() == scenario.assumptions()


def test_restated_staff_need_a_shared_yard() -> None:
    with pytest.raises(InputError, match="It needs site: shared"):
        load("restated")


def test_a_file_lies_over_what_it_extends(small: Path) -> None:
    scenario, base = load(small), load("xiamen-2015")
    assert scenario.name == "small"
    assert (scenario.regime.officers, base.regime.officers) == (1, 2)
    assert (scenario.layout.separate.tractors, base.layout.separate.tractors) == (7, 20)
    assert scenario.layout.separate.gangs == base.layout.separate.gangs
    assert scenario.agencies == base.agencies


def test_an_overlay_lies_over_the_file_and_set_over_all(small: Path) -> None:
    assert load(small, "separate").regime.officers == 2
    assert load(small, "separate", ["regime.officers=1"]).regime.officers == 1
    assert load(small, "separate", ["regime.officers=1", "regime.officers=2"]).regime.officers == 2
    assert load(small, sets=["layout.separate.tractors=9"]).layout.separate.tractors == 9


def test_a_bare_overlay_is_xiamen_under_it() -> None:
    bare, full = load("one-stop"), load("xiamen-2015", "one-stop")
    assert bare == full and bare.name == "one-stop"
    assert bare.agencies == load("xiamen-2015").agencies


def test_overlays_compose_from_left_to_right() -> None:
    composed = load("one-stop+restated+recognition")
    assert composed.name == "one-stop+restated+recognition"
    expected = load("one-stop").regime.model_copy(
        update={"staffing": "restated", "recognition": "on"})
    assert composed.regime == expected
    assert load("restated+one-stop").regime.staffing == "pooled"
    assert load("one-stop-recognition").regime == load("one-stop+recognition").regime


def test_under_puts_the_same_port_under_another_regime(small: Path) -> None:
    port = load("xiamen-2015")
    assert under(port, "one-stop+restated") == load("xiamen-2015", "one-stop+restated")


def test_an_overlay_of_ones_own(small: Path, tmp_path: Path) -> None:
    own = tmp_path / "late.yaml"
    own.write_text("schema: onestop.scenario/1\nkind: regime\nname: late\nextends: one-stop\n"
                   "title: {en: Late, zh: 晚}\nregime: {hours: own}\n", encoding="utf-8")
    assert load(own) == load("xiamen-2015", str(own))
    scenario = load("xiamen-2015", f"{own}+recognition")
    assert scenario.name == "late+recognition"
    assert (scenario.regime.hours, scenario.regime.recognition) == ("own", "on")
    assert scenario.regime.examination == "joint"


def test_a_shared_yard_is_never_taken_over(small: Path) -> None:
    assert load("xiamen-2015").layout.shared is not None
    assert load(small).layout.shared is None and load(small).layout.restated is None
    with pytest.raises(InputError, match="never taken over from another port"):
        load(small, "one-stop")
    with pytest.raises(InputError, match=r"layout\.shared"):
        under(load(small), "one-stop")


def test_a_port_without_a_layout_of_its_own_keeps_the_shared_yard(tmp_path: Path) -> None:
    path = tmp_path / "same.yaml"
    path.write_text(PORT, encoding="utf-8")
    assert load(path, "one-stop").layout == load("one-stop").layout


def test_a_log_is_found_beside_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "port"
    folder.mkdir()
    (folder / "a.yaml").write_text(PORT + "traffic: {log: log.csv, columns: {container: box}}\n",
                                   encoding="utf-8")
    (tmp_path / "b.yaml").write_text("schema: onestop.scenario/1\nextends: port/a.yaml\n",
                                     encoding="utf-8")
    for path in (folder / "a.yaml", tmp_path / "b.yaml"):
        assert Path(load(path).traffic.log or "") == (folder / "log.csv").resolve()
    assert load("port-log").traffic.log == "library:port-log.csv"


def test_a_log_that_is_set_is_found_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path
                                              ) -> None:
    monkeypatch.chdir(tmp_path)
    scenario = load("port-log", sets=["traffic.log=mine.csv"])
    assert Path(scenario.traffic.log or "") == (tmp_path / "mine.csv").resolve()
    same = load("port-log", sets=["traffic.log=library:port-log.csv"])
    assert same.traffic.log == "library:port-log.csv"


def test_a_file_replaces_tables_of_shares_whole_and_null_removes(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("""\
schema: onestop.scenario/1
kind: port
name: mine
extends: xiamen-2015
title: {en: mine, zh: mine}
agencies:
  customs: {depths: {full: 1.0}}
  quarantine: {laboratory: null}
layout:
  separate:
    sites:
      customs-yard: null
      quarantine-yard: null
      one-yard: {agencies: [customs, quarantine], area: 9000 m2, fixed: 1000 m2, slots: 10,
                 buffer: 50, appointments_per_day: 90}
""", encoding="utf-8")
    scenario = load(path)
    assert scenario.agencies["customs"].depths == {"full": 1.0}
    assert scenario.agencies["quarantine"].laboratory is None
    assert list(scenario.layout.separate.sites) == ["one-yard"]
    assert scenario.layout.shared is None
