"""Segments, labour, levers, sensitivity: what they say is what is stored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reports.explained import explanation
from reports.figures import FIGURES, draw_figures, labour, levers, segments, sensitivity
from reports.figures.words import number
from reports.stored import MissingTable, open_results
from reports.style import settings, style_for
from scenarios.errors import InputError


def texts(folder: Path, draw: Any, lang: str = "en") -> list[str]:
    """Every text of a figure."""
    from matplotlib.text import Text

    stored, style = open_results(folder), style_for(lang)
    with settings(style):
        figure, _ = draw(stored, style, style.looks(stored.scenarios))
        return [text.get_text() for text in figure.findobj(Text)]


def summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def test_segments_state_every_change_with_its_interval(folder: Path) -> None:
    found = " ".join(texts(folder, segments.draw))
    changes = summary(folder)["differences"]["one-stop"]
    for group in ("joint", "all", "quarantine", "customs"):
        change = changes[f"time.clearance.{group}.mean"]["difference"]
        assert any(number(abs(change), digits) in found for digits in (0, 1, 2)), group


def test_segments_need_a_second_scenario(folder: Path) -> None:
    stored, style = open_results(folder), style_for("en")
    looks = style.looks(stored.scenarios[:1])
    with settings(style), pytest.raises(MissingTable, match="compare"):
        segments.draw(stored, style, looks)


def test_labour_states_hours_and_of_them_waiting(folder: Path) -> None:
    found = " ".join(texts(folder, labour.draw))
    measures = summary(folder)["scenarios"]["one-stop"]["measures"]
    for kind in ("officer", "clerk", "gang"):
        hours = measures[f"labour.{kind}.joint.per_consignment"]["mean"]
        assert any(number(hours, digits) in found for digits in (1, 2, 3)), kind


def test_levers_are_those_of_explain_json(folder: Path) -> None:
    found = explanation(open_results(folder), ["separate", "one-stop"])
    assert [step.levers for step in found.waterfall] == [("declaration",), ("site", "appointment")]
    assert found.total.estimate == -50.5 and found.baseline.estimate == 140.25
    said = " ".join(texts(folder, levers.draw))
    for value in ("−20.1", "−30.4", "−22.0", "−28.5", "−40.0", "−10.5"):
        assert value in said


def test_sensitivity_marks_what_turns_around_and_what_cannot_run(folder: Path) -> None:
    said = " ".join(texts(folder, sensitivity.draw))
    assert "+3.5" in said and "1 CNY/h" in said


@pytest.mark.parametrize("draw", [levers.draw, sensitivity.draw])
def test_without_explain_json_the_command_is_named(folder: Path, tmp_path: Path,
                                                   draw: Any) -> None:
    out = tmp_path / "bare"
    shutil.copytree(folder, out)
    (out / "explain.json").unlink()
    with pytest.raises(MissingTable, match="onestop explain"):
        texts(out, draw)


@pytest.mark.parametrize("damage", [
    {"scenarios": []}, {"scenarios": {"one-stop": {"measures": {"a": {}}}}},
    {"scenarios": {"one-stop": {}}}])
def test_a_damaged_explanation_is_named(folder: Path, tmp_path: Path,
                                        damage: dict[str, Any]) -> None:
    out = tmp_path / "damaged"
    shutil.copytree(folder, out)
    found = json.loads((out / "explain.json").read_text(encoding="utf-8"))
    (out / "explain.json").write_text(json.dumps(found | damage), encoding="utf-8")
    with pytest.raises(InputError, match="explain"):
        texts(out, levers.draw)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_all_eight_are_drawn(folder: Path, tmp_path: Path, lang: str) -> None:
    out = tmp_path / "drawn"
    shutil.copytree(folder, out)
    drawn = draw_figures(out, lang)
    assert {path.stem for path in drawn.paths} == set(FIGURES)
    assert len(FIGURES) == 8
