"""Numbers by hand in the figures of segments, labour, levers and sensitivity; hostile names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from reports import style as style_module
from reports.explained import explanation
from reports.figures import draw_figures, labour, levers, segments, sensitivity
from reports.figures.measures import input_label, lever_label, measure_label, unit_label
from reports.figures.words import interval, places, say, signed
from reports.stored import MissingTable, open_results
from reports.style import settings, style_for
from scenarios.errors import InputError
from tests.reports.made import HOSTILE, drawn_texts, make

FOUR = (segments.draw, labour.draw, levers.draw, sensitivity.draw)
MEASURE = "time.clearance.joint.mean"


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pixels: a picture of 150 dpi takes longer to compress than all else."""
    monkeypatch.setattr(style_module, "DPI", 30)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("stored") / "two", ["separate", "one-stop"])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return make(tmp_path / "made", ["a", "b"])


def change(folder: Path, name: str, edit: Any) -> Path:
    """The folder with one of its files edited."""
    path = folder / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def flat(texts: list[str]) -> str:
    return " | ".join(text.replace("\n", " ") for text in texts)


def explained(content: Any) -> Any:
    return content["scenarios"]["b"]["measures"][MEASURE]


def test_segments_state_the_changes_and_who_gets_slower(two: Path) -> None:
    texts = drawn_texts(two, segments.draw)
    assert {"−51.2 [−53.2, −49.2]", "+2.2 [+0.2, +4.2]", "20.0% [19.0, 21.0]"} <= set(texts)
    joined = flat(texts)
    assert "of jointly selected goods changes by −51.2 h [−53.2, −49.2] under one-stop" in joined
    assert "It rises most for: Customs alone, +2.2 h [+0.2, +4.2] under one-stop" in joined
    assert "All goods * 90.0 h under separate" in joined
    assert "intervals of 99.0% each, which hold together at 95%" in joined


def test_what_is_not_slower_is_not_in_the_title_and_overload_is_said(own: Path) -> None:
    def edit(summary: Any) -> None:
        summary["differences"]["b"]["time.clearance.customs.mean"]["low"] = -0.1
        summary["scenarios"]["b"]["overloaded"] = True

    texts = drawn_texts(change(own, "summary", edit), segments.draw)
    assert "It rises" not in flat(texts)
    assert "b (overloaded)" in texts and "no forecast" in flat(texts)
    assert "b (overloaded)" in drawn_texts(own, labour.draw)


def test_labour_is_stacked_to_what_is_held(two: Path) -> None:
    texts = drawn_texts(two, labour.draw)
    assert {"4.00", "5.50, of it 0.50 waiting"} <= set(texts)
    assert "officers are held for 4.00 h [3.88, 4.12] under separate" in flat(texts)
    stored, style = open_results(two), style_for("en")
    with settings(style):
        figure, _ = labour.draw(stored, style, style.looks(stored.scenarios))
        bars = figure.axes[0].patches
        ends = sorted(round(bar.get_x() + bar.get_width(), 6) for bar in bars)
    # Officers: nothing waits. Clerks wait 0.25 h, gangs 0.5 h.
    assert ends == [3.5, 4.0, 4.25, 4.5, 4.75, 5.0, 5.0, 5.5, 5.5, 6.0]


def test_levers_walk_from_one_level_to_the_other(two: Path) -> None:
    texts = drawn_texts(two, levers.draw)
    assert {"90.0 [86.0, 94.0]", "−60.0 [−64.0, −56.0] ▲ overloaded", "+10.0 [+6.0, +14.0]",
            "40.0 [36.0, 44.0]", "−55.5 [−59.5, −51.5]", "+5.5 [+1.5, +9.5]",
            "−50.0 [−54.0, −46.0]", "−35.2 [−39.2, −31.2]", "−14.8 [−18.8, −10.8]"} <= set(texts)
    joined = flat(texts)
    assert "changes by −50.0 h [−54.0, −46.0] under one-stop" in joined
    assert "most through declaration, −60.0 h [−64.0, −56.0]" in joined
    assert "declaration chained → single" in joined
    assert "1 of 3 combinations are overloaded" in joined
    assert "The comparison has 2: its numbers differ somewhat" in joined


def test_sensitivity_states_both_ends_and_counts_the_rest(two: Path) -> None:
    texts = drawn_texts(two, sensitivity.draw)
    assert {"1 h: −45.0 [−49.0, −41.0]", "4 h: +408.5 [+404.5, +412.5] ▲ overloaded ★",
            "0 h: cannot be run", "3 h: +7.5 [+3.5, +11.5] ★"} <= set(texts)
    joined = flat(texts)
    assert "as stated: 2 h (assumed)" in joined
    assert "nobody.knows.9" in joined and "nobody.knows.10" not in joined
    assert "the sign turns within the range of 2 of 14 inputs" in joined
    assert "the 12 inputs that move the change most, of 14" in joined
    assert "Of the other 2, 0 do not move it at all. 1 could not be run" in joined


def test_what_is_overloaded_does_not_set_the_axis(two: Path) -> None:
    stored, style = open_results(two), style_for("en")
    with settings(style):
        figure, _ = sensitivity.draw(stored, style, style.looks(stored.scenarios))
        low, high = figure.axes[0].get_xlim()
    assert low < -66.0 and 11.5 < high < 50.0


def test_where_the_sign_turns_only_overloaded_or_never_or_is_open(own: Path) -> None:
    change(own, "explain", lambda content: explained(content)["sensitivity"].pop(1))
    texts = flat(drawn_texts(own, sensitivity.draw))
    assert "of 1 of 13 inputs, and only where the port is overloaded" in texts
    change(own, "explain", lambda content: explained(content)["sensitivity"].pop(0))
    texts = flat(drawn_texts(own, sensitivity.draw))
    assert "none of 12 inputs turns the sign" in texts and "across zero" not in texts

    def widen(content: Any) -> None:
        explained(content)["sensitivity"][0]["low"]["effect"]["high"] = 3.0

    assert "1 inputs the interval reaches across zero" in flat(
        drawn_texts(change(own, "explain", widen), sensitivity.draw))


def test_without_explain_json_one_note_names_the_command(own: Path) -> None:
    (own / "explain.json").unlink()
    drawn = draw_figures(own)
    assert [path.name for path in drawn.paths] == [
        "segments.png", "segments.svg", "labour.png", "labour.svg"]
    assert [note.partition(": ")[0] for note in drawn.notes[-2:]] == [
        "levers, sensitivity are not drawn", "fits is not drawn"]
    assert f"onestop explain {own}" in drawn.notes[-2]


def test_one_scenario_has_nothing_to_compare_with(tmp_path: Path) -> None:
    notes = draw_figures(make(tmp_path / "made", ["a"])).notes
    (note,) = (note for note in notes if note.startswith("segments, levers, sensitivity are"))
    assert "no second scenario" in note and "onestop compare" in note


def test_explained_without_inputs_undefined_or_of_other_scenarios(own: Path) -> None:
    def others(content: Any) -> None:
        content["scenarios"] = {"c": content["scenarios"]["b"]}

    change(own, "explain", lambda content: explained(content).update(sensitivity=[]))
    with pytest.raises(MissingTable, match="no-sensitivity"):
        drawn_texts(own, sensitivity.draw)
    change(own, "explain", lambda content: explained(content)["waterfall"][0].update(estimate=None))
    with pytest.raises(MissingTable, match="not defined for every"):
        drawn_texts(own, levers.draw)
    with pytest.raises(MissingTable, match="none of these scenarios"):
        drawn_texts(change(own, "explain", others), levers.draw)


@pytest.mark.parametrize("text, said", [
    ("{", "cannot be read"),
    ("[]", "not of the schema"),
    ('{"schema": "onestop.explain/9", "scenarios": {}}', "not of the schema"),
    ('{"schema": "onestop.explain/1", "scenarios": 3}', "is damaged"),
    ('{"schema": "onestop.explain/1", "scenarios": {"b": {}}}', "is damaged"),
    ('{"schema": "onestop.explain/1", "scenarios": {"b": []}}', "is damaged"),
])
def test_a_damaged_explain_json_is_said(own: Path, text: str, said: str) -> None:
    (own / "explain.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        drawn_texts(own, levers.draw)


def test_numbers_that_are_none_are_undefined_not_nought(own: Path) -> None:
    def edit(content: Any) -> None:
        explained(content)["shapley"][0]["estimate"] = float("inf")
        explained(content)["queue_relief"]["low"] = float("nan")

    found = explanation(open_results(change(own, "explain", edit)), ["b"])
    assert found.shapley[0].effect.estimate is None
    assert found.queue_relief.low is None
    assert "–" in drawn_texts(own, levers.draw)


@pytest.mark.parametrize("draw", FOUR)
def test_hostile_names_are_texts_of_bounded_length(tmp_path: Path, draw: Any) -> None:
    def hostile(content: Any) -> None:
        entry = content["scenarios"][HOSTILE[1]]["measures"][MEASURE]
        entry["waterfall"][0]["levers"] = [HOSTILE[3]]
        entry["unit"] = HOSTILE[0]
        entry["sensitivity"][2]["key"] = HOSTILE[2]
        entry["sensitivity"][3]["value"] = HOSTILE[4]
        entry["sensitivity"][3]["low"]["value"] = HOSTILE[1]

    folder = change(make(tmp_path / "made", HOSTILE), "explain", hostile)
    texts = drawn_texts(folder, draw)
    assert not any(re.search(r"[\u200e\u200f\u202a-\u202e]", text) for text in texts)
    assert all(len(line) < 150 for text in texts for line in text.split("\n"))


@pytest.mark.parametrize("draw", FOUR)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_six_scenarios_overlap_nowhere(tmp_path: Path, draw: Any, lang: str) -> None:
    """No two texts of a panel share a place, and none leaves the page."""
    folder = make(tmp_path / "made", [f"{'long-name-' * 5}{i}" for i in range(6)])
    stored, style = open_results(folder), style_for(lang)
    with settings(style):
        figure, _ = draw(stored, style, style.looks(stored.scenarios))
        figure.draw_without_rendering()
        for panel in figure.axes:
            boxes = [text.get_window_extent() for text in panel.texts]
            boxes += [tick.get_window_extent() for tick in panel.get_yticklabels()
                      if tick.get_text()]
            for i, box in enumerate(boxes):
                assert 0 <= box.x0 and box.x1 <= figure.bbox.width
                assert 0 <= box.y0 and box.y1 <= figure.bbox.height
                assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_words_for_measures_units_levers_and_inputs(two: Path) -> None:
    stored, style = open_results(two), style_for("en")
    assert measure_label(stored, style, "cost.trader.joint.per_teu") == (
        "Net cost per TEU of jointly selected goods, Trader")
    assert measure_label(stored, style, "labour.officer.customs.per_consignment") == (
        "Hours held per consignment of goods of Customs alone, officers")
    assert measure_label(stored, style, "area.required") == "Yard area required"
    assert measure_label(stored, style, "queue.tractor.mean") == "queue.tractor.mean"
    assert [unit_label(style, unit) for unit in ("1", "m2", "CNY/TEU", "odd")] == [
        "", "m²", "CNY/TEU", "odd"]
    assert lever_label(style, ("hours", "costs")) == "working hours + costs"
    assert input_label(stored, style, "agencies.customs.release").startswith("Customs: ")
    assert input_label(stored, style, "an.unknown.key") == "an.unknown.key"


def test_numbers_with_signs_and_intervals() -> None:
    assert [signed(x, 1) for x in (1.3, -1.3, 0.0, -0.01)] == ["+1.3", "−1.3", "0.0", "0.0"]
    assert interval(-1.0, 2.0, 0, signed) == " [−1, +2]"
    assert interval(None, 2.0) == ""
    assert [places(x) for x in (1200.0, -54.0, 4.0, 0.05, None)] == [0, 1, 2, 3, 3]


def test_every_text_has_the_same_parts_in_both_languages() -> None:
    texts = [say._texts(lang) for lang in ("en", "zh")]
    assert texts[0].keys() == texts[1].keys()
    for key in texts[0]:
        parts = [sorted(set(re.findall(r"{(\w+)}", found[key][0]))) for found in texts]
        assert parts[0] == parts[1], key
