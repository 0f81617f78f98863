"""The figures are drawn from stored files alone, for any names, without leaking settings."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from click.testing import CliRunner

from reports import figures as figures_module
from reports import style as style_module
from reports.commands import figures_command
from reports.figures import FIGURES, cost, draw_figures, frame, yard
from reports.stored import open_results
from reports.style import Style, settings, style_for
from scenarios.errors import EnvironmentFailure, InputError
from scenarios.load import load
from sim.provenance import Study, file_digest
from sim.replication import Replication
from sim.tablefiles import Tables
from tests.reports.made import HOSTILE

TABLES = ("distributions", "ledger", "occupancy")


def write_table(path: Path, rows: list[tuple[Any, ...]], columns: str) -> None:
    """Write rows as Parquet, as a study does; `columns` declares them as 'name TYPE, ...'."""
    kinds = {"VARCHAR": object, "INTEGER": np.int32, "BIGINT": np.int64, "DOUBLE": np.float64}
    table = {}
    for i, column in enumerate(columns.split(", ")):
        name, kind = column.rsplit(" ", 1)
        table[name.strip('"')] = np.array([row[i] for row in rows], dtype=kinds[kind])
    with Tables(path.parent / "scratch") as tables:
        tables.add(Replication("made", 0, tables={path.stem: table}))
        tables.write(path.parent)


def distributions(names: Sequence[str]) -> list[tuple[Any, ...]]:
    groups = ("quarantine", "customs", "joint")
    hours = (20.0, 50.0, 80.0, 120.0, None)
    return [
        (name, r, group, None if h is None else h / (1 + 0.2 * i) + r)
        for i, name in enumerate(names)
        for r in range(2)
        for group in groups
        for h in hours
    ]


def ledger(names: Sequence[str]) -> list[tuple[Any, ...]]:
    entries = (
        ("transfer", "trader", "operator", "move", 600.0),
        ("transfer", "public", "operator", "devanning", 100.0),
        ("resource", "operator", "", "gangs", 300.0),
        ("resource", "customs", "", "officers", 200.0),
        ("resource", "trader", "", "goods-time", 400.0),
    )
    return [
        (name, r, group, *entry, 10.0 * (r + 1))
        for name in names
        for r in range(2)
        for group in ("joint", "customs")
        for entry in entries
    ]


def occupancy(names: Sequence[str]) -> list[tuple[Any, ...]]:
    return [
        (name, 0, run, site, 672 + hour, 1000.0 + 10 * (hour % 24))
        for i, name in enumerate(names)
        for run in ("actual", "unlimited")
        for site in (("quarantine-yard", "customs-yard") if i == 0 else ("joint-yard",))
        for hour in range(2 * 168)
    ]


def measures(i: int) -> dict[str, Any]:
    def entry(mean: float | None, unit: str, **more: Any) -> dict[str, Any]:
        return {"unit": unit, "mean": mean, "low": mean, "high": mean, "confidence": 0.95, **more}

    found = {}
    for group in ("all", "quarantine", "customs", "joint"):
        found[f"time.clearance.{group}.p50"] = entry(80.0 / (1 + 0.2 * i), "h")
        found[f"time.clearance.{group}.p90"] = entry(None, "h", censored_above=120.0)
    for site in ("quarantine-yard", "customs-yard") if i == 0 else ("joint-yard",):
        found[f"area.{site}.size"] = entry(15_200.0, "m2", label="input")
        found[f"area.{site}.required"] = entry(12_000.0, "m2")
    found["area.size"] = entry(20_000.0, "m2", label="input")
    found["area.required"] = entry(16_000.0 + i, "m2")
    return found


def make(folder: Path, names: Sequence[str], tables: Sequence[str] = TABLES) -> Path:
    """A folder of made-up results of two replications."""
    folder.mkdir(parents=True)
    port = load("separate").resolved
    leading = "scenario VARCHAR, replication INTEGER, "
    columns = {
        "distributions": '"group" VARCHAR, clearance_h DOUBLE',
        "ledger": '"group" VARCHAR, kind VARCHAR, payer VARCHAR, payee VARCHAR, reason VARCHAR, '
        "amount DOUBLE, teu DOUBLE",
        "occupancy": "run VARCHAR, site VARCHAR, hour BIGINT, m2_max DOUBLE",
    }
    rows = {"distributions": distributions, "ledger": ledger, "occupancy": occupancy}
    for table in tables:
        write_table(folder / f"{table}.parquet", rows[table](names), leading + columns[table])
    summary = {
        "schema": "onestop.summary/1",
        "baseline": names[0],
        "primary": [],
        "scenarios": {
            name: {"replications": 2, "measures": measures(i)} for i, name in enumerate(names)
        },
        "differences": {},
    }
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    study = Study(("onestop", "compare"), 1, 2, {n: {"scenario": port} for n in names}, names[0])
    files = {path.name: {"sha256": file_digest(path)} for path in folder.iterdir()}
    manifest = {
        "schema": "onestop.manifest/1",
        "state": "complete",
        "files": files,
        **study.to_json(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pixels: a picture of 150 dpi takes longer to compress than all else. The figures that
    need a whole study have tests of their own."""
    monkeypatch.setattr(style_module, "DPI", 30)
    drawn = {name: FIGURES[name] for name in ("clearance-time", "cost-by-party", "yard-occupancy")}
    monkeypatch.setattr(figures_module, "FIGURES", drawn)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("stored") / "two", ["separate", "one-stop"])


def drawn_texts(folder: Path, which: Any) -> list[str]:
    """Every text of a figure, drawn from a folder."""
    from matplotlib.text import Text

    stored, style = open_results(folder), style_for("en")
    with settings(style):
        figure, _ = which(stored, style, style.looks(stored.scenarios))
        return [text.get_text() for text in figure.findobj(Text)]


def test_three_figures_as_png_and_svg(two: Path) -> None:
    drawn = draw_figures(two)
    names = [path.name for path in drawn.paths]
    assert names == [
        f"{stem}.{kind}"
        for stem in ("clearance-time", "cost-by-party", "yard-occupancy")
        for kind in ("png", "svg")
    ]
    assert drawn.notes == []
    for path in drawn.paths:
        assert path.parent == two / "figures"
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
        else:
            assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_the_same_results_give_the_same_bytes(two: Path) -> None:
    first = {path: path.read_bytes() for path in draw_figures(two).paths}
    assert first == {path: path.read_bytes() for path in draw_figures(two).paths}
    svg = (two / "figures/cost-by-party.svg").read_text(encoding="utf-8")
    assert "dc:date" not in svg


@pytest.mark.parametrize("names", [["a"], [f"{'long-name-' * 5}{i}" for i in range(6)], HOSTILE])
def test_any_names_of_one_to_six_scenarios(tmp_path: Path, names: list[str]) -> None:
    drawn = draw_figures(make(tmp_path / "made", names))
    assert len(drawn.paths) == 6
    svg = (tmp_path / "made/figures/clearance-time.svg").read_text(encoding="utf-8")
    assert "<script" not in svg.lower()
    assert not re.search(r"[\u200e\u200f\u202a-\u202e]", svg)


def test_a_seventh_scenario_is_left_out_and_said(tmp_path: Path) -> None:
    drawn = draw_figures(make(tmp_path / "made", [f"s{i}" for i in range(7)]))
    assert drawn.notes == ["Only the first 6 scenarios are drawn."]


def test_names_are_texts_and_stay_apart() -> None:
    style = style_for("en")
    labels = [look.label for look in style.looks(HOSTILE)]
    assert len(set(labels)) == len(labels)
    assert all(len(label) <= style_module.NAME_LIMIT for label in labels)
    assert labels[1] == HOSTILE[1]
    assert labels[2] == "right to left mark"
    assert labels[5] == "6: ??"
    with settings(style):
        from matplotlib.text import Text

        assert not Text(text="$x$").get_parse_math()


def test_no_meaning_by_colour_alone() -> None:
    looks = style_for("en").looks([f"s{i}" for i in range(6)])
    for kind in ("colour", "line", "marker", "hatch"):
        assert len({str(getattr(look, kind)) for look in looks}) == 6


def test_no_setting_outlives_the_drawing(two: Path) -> None:
    before = dict(matplotlib.rcParams)
    finder = logging.getLogger("matplotlib.font_manager")
    level = finder.level
    draw_figures(two)
    assert dict(matplotlib.rcParams) == before
    assert finder.level == level


def test_pyplot_is_never_imported_and_the_command_is_light(two: Path) -> None:
    code = (
        "import sys; import reports.commands; "
        "assert not {'matplotlib', 'duckdb', 'numpy'} & set(sys.modules); "
        "from reports.figures import draw_figures; draw_figures(sys.argv[1]); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code, str(two)], cwd=root, check=True)


@pytest.mark.parametrize("absent", TABLES)
def test_a_missing_table_is_said_with_the_command_that_makes_it(
    tmp_path: Path, absent: str
) -> None:
    folder = make(tmp_path / "made", ["a", "b"], [t for t in TABLES if t != absent])
    drawn = draw_figures(folder)
    assert len(drawn.paths) == 4
    assert len(drawn.notes) == 1
    assert f"{absent}.parquet" in drawn.notes[0]
    assert "onestop compare" in drawn.notes[0]


def test_no_table_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="onestop compare"):
        draw_figures(make(tmp_path / "made", ["a"], []))
    assert not (tmp_path / "made/figures").exists()


def test_a_table_of_other_columns_or_damaged_is_said(tmp_path: Path) -> None:
    folder = make(tmp_path / "made", ["a"])
    write_table(folder / "ledger.parquet", [("a", 1)], "scenario VARCHAR, odd INTEGER")
    assert "lacks a column" in draw_figures(folder).notes[0]
    (folder / "ledger.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"ledger\.parquet cannot be read"):
        draw_figures(folder)


def test_a_folder_that_is_not_of_results(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder of results"):
        draw_figures(tmp_path)


def test_figures_that_cannot_be_written(two: Path, tmp_path: Path) -> None:
    folder = make(tmp_path / "made", ["a"])
    (folder / "figures").write_text("in the way", encoding="utf-8")
    with pytest.raises(EnvironmentFailure, match="cannot write"):
        draw_figures(folder)


def test_net_positions_by_hand(two: Path) -> None:
    """Two replications: the same amounts, 10 and 20 TEU in each of two groups."""
    rows = open_results(two).ledger("separate")
    joint = cost.net_positions(rows, "joint")
    everything = cost.net_positions(rows, "all")
    assert joint is not None and everything is not None
    per_teu = 2 / 30
    expected = {"trader": 1000, "operator": -400, "customs": 200, "public": 100}
    assert joint.parties == pytest.approx({k: v * per_teu for k, v in expected.items()})
    assert joint.total == pytest.approx(900 * per_teu)
    assert sum(joint.parties.values()) == pytest.approx(joint.total)
    assert everything.parties == pytest.approx(joint.parties)
    assert cost.net_positions(rows, "quarantine") is None


def test_open_consignments_stay_in_the_denominator(two: Path) -> None:
    hours = open_results(two).clearance("separate")
    assert np.isinf(hours["joint"]).sum() == 2
    assert len(hours["joint"]) == 10
    assert len(hours["all"]) == 30


def test_the_profile_turns_to_monday_and_skips_what_was_not_measured() -> None:
    weeks = np.tile(np.arange(168.0), (2, 1))
    weeks[1] += 10.0
    weeks[:, 5] = np.nan
    mean, high = yard.profile(weeks, first_weekday=2)
    assert mean[48] == 5.0
    assert high[48] == pytest.approx(9.5)
    assert np.isnan(mean[53])
    assert mean[47] == 172.0


def test_the_yard_figure_states_inputs_and_the_fixed_part(two: Path) -> None:
    stored = open_results(two)
    assert stored.fixed_area("separate", "customs-yard") == 2209.0
    assert stored.first_weekday() == 0
    texts = drawn_texts(two, yard.draw)
    assert "size 15,200 m² (input)" in texts
    assert "required 12,000 m²" in texts
    assert any("inputs, not results" in text for text in texts)
    assert "Mon" in texts
    found = next(text for text in texts if text.startswith("Yard area required"))
    assert "16,000 of 20,000 m² under separate" in found.replace("\n", " ")


def test_censored_quantiles_are_said_as_more_than(two: Path) -> None:
    from reports.figures import clearance

    texts = drawn_texts(two, clearance.draw)
    assert "3.3 days / more than 5.0 days" in texts
    assert any("still open when the run ended: at most 20.00%" in text for text in texts)


def test_without_a_chinese_font_labels_are_english(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style_module, "CHINESE_FONTS", ("No Such Font",))
    drawn = draw_figures(two, "zh")
    assert len(drawn.notes) == 1
    assert "No Chinese font was found" in drawn.notes[0]
    style = style_for("zh")
    assert style.lang == "en"
    assert style.clean("厦门 port") == "?? port"


def test_chinese_words_where_the_font_is_there(two: Path) -> None:
    """Only the words: no font is drawn with, so that this runs everywhere."""
    style = Style("zh", ("DejaVu Sans",), frozenset(range(0x30000)))
    stored = open_results(two)
    with settings(style):
        for draw in (cost.draw, yard.draw):
            _, title = draw(stored, style, style.looks(stored.scenarios))
            assert re.search(r"[\u4e00-\u9fff]", title)
    assert stored.agency_label("customs", "zh") == "海关"


def test_lines_are_wrapped_between_words() -> None:
    lines = frame.wrap("a title of some words that is wider than the page", 16, 3.0)
    assert " ".join(lines) == "a title of some words that is wider than the page"
    assert all(frame.em_width(line) * 16 / 72 <= 3.0 for line in lines)
    assert "".join(frame.wrap("w" * 500, 16, 3.0)) == "w" * 500
    chinese = frame.wrap("一" * 20 + "，" + "二" * 20, 16, 4.0)
    assert all(not line.startswith("，") for line in chinese)


def test_the_command_prints_the_paths(two: Path) -> None:
    done = CliRunner().invoke(figures_command, [str(two), "--lang", "en"], catch_exceptions=False)
    assert done.exit_code == 0
    assert [Path(line).name for line in done.stdout.splitlines()][0] == "clearance-time.png"
    assert len(done.stdout.splitlines()) == 6
    silent = CliRunner().invoke(figures_command, [str(two), "--quiet"], catch_exceptions=False)
    assert (silent.exit_code, silent.stdout) == (0, "")
