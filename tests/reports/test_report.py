"""The report: every number is a stored one, names are data, what is missing is said."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from reports.commands import report_command
from reports.content import Interval, Number
from reports.report import content_of, write_report
from reports.stored import open_results
from reports.workbook import HEAD_ROW
from scenarios.errors import InputError
from scenarios.load import load
from sim.study import compare

SHORT = ["run.warmup=1 weeks", "run.measured=2 weeks", "run.drain=4 weeks"]
PER_CENT = re.compile(r" relative$|(share|utilisation|\.within_\w+) [sd]\d+ |/inside_\d+$")


class Page(HTMLParser):
    """The numbers of a page: source, text, whether a sentence says them; and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.numbers: list[tuple[str, str, bool]] = []
        self.unsourced: list[str] = []
        self.texts: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self._prefix, self._source, self._number, self._spoken = "", "", False, False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if "id" in found:
            self.ids.add(found["id"] or "")
        if (found.get("href") or "").startswith("#"):
            self.links.add((found["href"] or "")[1:])
        if tag == "tr":
            self._prefix = found.get("data-p") or ""
        if tag == "p":
            self._spoken = found.get("class") == "lead"
        if tag == "b":
            self._number = True
            source = found.get("data-n")
            self._source = self._prefix + source if source is not None else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "b":
            self._number = False
        if tag == "tr":
            self._prefix = ""

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._number and self._source:
            self.numbers.append((self._source, data, self._spoken))
        elif self._number and data != "–":
            self.unsourced.append(data)


class StoredNumbers:
    """Where the sources point: read anew from the files, by nothing of the report's code."""

    def __init__(self, folder: Path) -> None:
        import duckdb

        def read(name: str) -> Any:
            return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))

        self.summary, self.explain = read("summary"), read("explain")
        self.names = list(self.summary["scenarios"])
        self.beside = {name: read(name) for name in ("calibration", "uncertainty")}
        self.verification = read("verification")["checks"]
        with duckdb.connect() as connection:
            self.stages = connection.execute(
                "SELECT * FROM read_parquet(?)", [str(folder / "stages.parquet")]).fetchnumpy()

    def __call__(self, source: str) -> float:
        head, _, rest = source.partition(" ")
        if head == "json":
            name, _, path = rest.partition(" ")
            node: Any = self.beside[name]
            for step in self.steps(path):
                node = node[int(step)] if isinstance(node, list) else node[step]
            return float(node)
        if head == "verification":
            number, key = rest.split("/")
            return float(self.verification[int(number)][key])
        if re.fullmatch(r"t\d+", head):
            return self.of_stages(self.names[int(head[1:])], rest)
        place, _, path = rest.partition(" ")
        if place == "explain":
            index, _, path = path.partition(" ")
            found = self.explain["scenarios"][self.names[int(index)]]["measures"][head]
            for step in re.split("[/ ]", path):
                found = found[int(step)] if isinstance(found, list) else found[step]
            return float(found)
        name = self.names[int(place[1:])]
        within = (self.summary["scenarios"][name]["measures"] if place[0] == "s"
                  else self.summary["differences"][name])
        return float(within[head][path])

    @staticmethod
    def steps(path: str) -> list[str]:
        """A number that has no name of its own stands under an empty one."""
        return path.split("/")

    def of_stages(self, name: str, rest: str) -> float:
        group, _, rest = rest.partition(" ")
        step, _, fraction = rest.rpartition(" ")
        table = self.stages
        rows = table["scenario"] == name
        if group != "all":
            rows &= table["group"] == group
        pairs = {(r, g): n for r, g, n in zip(table["replication"][rows], table["group"][rows],
                                              table["consignments"][rows])}
        for column, value in zip(("stage", "agency", "site"), step.split("|")):
            rows = rows & ((table[column] == value) | (value == "*"))
        above, below = fraction.split("/")
        under = sum(pairs.values()) if below == "members" else table[below][rows].sum()
        return float(sum(table[column][rows].sum() for column in above.split("+")) / under)


def shown(text: str) -> tuple[float, int]:
    """A number as shown, and its decimals."""
    plain = text.replace("−", "-").replace(",", "").replace("%", "").strip(" ≥>+")
    return float(plain), len(plain.partition(".")[2])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_on_the_page_is_a_stored_one(folder: Path, lang: str) -> None:
    page = Page((folder / f"report.{lang}.html").read_text(encoding="utf-8"))
    stored = StoredNumbers(folder)
    assert len(page.numbers) > 3000
    for source, text, spoken in page.numbers:
        if text == "–":
            continue
        value, (number, decimals) = stored(source), shown(text)
        if PER_CENT.search(source):
            value *= 100.0
        if spoken and value < 0.0 < number:
            # A sentence says how much less.
            value = -value
        assert abs(value - number) <= 0.5000001 * 10.0**-decimals, (source, text, value)
    # Published figures stand in the scenario, not in the results.
    assert len(page.unsourced) <= 20


def test_every_measure_is_on_the_page(folder: Path) -> None:
    page = Page((folder / "report.en.html").read_text(encoding="utf-8"))
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    said = {source.split(" ")[0] for source, *_ in page.numbers}
    for about in summary["scenarios"].values():
        for measure, entry in about["measures"].items():
            assert measure in said or entry["mean"] is None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_workbook_holds_the_same_numbers_in_full(folder: Path, lang: str) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(folder / "report.xlsx"))
    report = content_of(open_results(folder), lang)
    half = len(book.sheet_names) // 2
    sheets = book.sheet_names[:half] if lang == "en" else book.sheet_names[half:]
    assert len(sheets) == 1 + len(report.tables)
    for name, table in zip(sheets[1:], report.tables):
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for line, row in zip(rows[HEAD_ROW + 1:], table.rows):
            for at, number in _numbers(row, table):
                # A workbook holds sixteen digits.
                assert line[at] == ("" if number.value is None else
                                    pytest.approx(number.value, rel=1e-15, abs=0.0))


def _numbers(row: Any, table: Any) -> Iterator[tuple[int, Number]]:
    """Column of the sheet and number, of every number in a row."""
    at = 0
    for cell, column in zip(row.cells, table.columns):
        if isinstance(cell, Interval):
            yield at, cell.low
            yield at + 1, cell.high
        elif isinstance(cell, Number):
            yield at, cell
        at += 2 if column.kind == "interval" and row.kind != "head" else 1


def test_pages_need_nothing_else_and_their_links_lead_somewhere(folder: Path) -> None:
    for lang in ("en", "zh"):
        text = (folder / f"report.{lang}.html").read_text(encoding="utf-8")
        outside = re.findall(r"""(?:src|href)=["'](?!data:|#|%23)[^"']*""", text)
        assert outside == [] and "default-src &#39;none&#39;" in text
        page = Page(text)
        assert page.links and page.links <= page.ids
        assert len(text.encode()) < 3_000_000


def test_the_same_results_give_the_same_files(folder: Path) -> None:
    before = {p.name: p.read_bytes() for p in folder.glob("report.*")}
    assert len(before) == 3
    write_report(folder)
    assert {p.name: p.read_bytes() for p in folder.glob("report.*")} == before


HOSTILE = [
    "<script>alert('x')</script>",
    "=HYPERLINK(\"http://x\",\"y\")",
    "\u202eright to left\u202c \u200f mark",
    "x" * 10_000,
    "{{ 7 * 7 }} {name} %s",
    "a'b[c]:*?/\\",
]


def renamed(folder: Path, names: list[str], out: Path) -> Path:
    """The folder with its scenarios called otherwise, everywhere."""
    import duckdb

    shutil.copytree(folder, out)
    old = list(json.loads((out / "summary.json").read_text(encoding="utf-8"))["scenarios"])
    new = dict(zip(old, names))
    for name in ("summary", "explain", "assumptions", "process", "manifest"):
        path = out / f"{name}.json"
        found = json.loads(path.read_text(encoding="utf-8"))
        for key in ("scenarios", "differences"):
            if key in found:
                found[key] = {new.get(n, n): v for n, v in found[key].items()}
        found["baseline"] = new[old[0]]
        path.write_text(json.dumps(found), encoding="utf-8")
    for path in out.glob("*.parquet"):
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE t AS SELECT * FROM read_parquet(?)", [str(path)])
            for before, after in new.items():
                connection.execute("UPDATE t SET scenario = ? WHERE scenario = ?", [after, before])
            path.unlink()
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return out


@pytest.mark.parametrize("names", [HOSTILE[:3], HOSTILE[3:]])
def test_names_are_data(folder: Path, tmp_path: Path, names: list[str]) -> None:
    out = renamed(folder, names, tmp_path / "hostile")
    written = write_report(out)
    for path in written.paths[:2]:
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text and "x" * 100 not in text
        assert not re.search(r"[\u200e\u200f\u202a-\u202e]", text)
        assert text.count("<script>") == 1
    with zipfile.ZipFile(io.BytesIO((out / "report.xlsx").read_bytes())) as parts:
        for name in parts.namelist():
            # A chart's cells are named by formulas; a sheet's cells are not.
            if name.startswith("xl/worksheets"):
                assert not re.search(rb"<f[ >]|<hyperlink", parts.read(name))


def test_what_is_missing_names_the_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "bare"
    shutil.copytree(folder, out)
    for name in ("explain.json", "verification.json", "stages.parquet", "ledger.parquet",
                 "occupancy.parquet", "assumptions.json"):
        (out / name).unlink()
    result = CliRunner().invoke(report_command, [str(out)])
    assert result.exit_code == 0, result.output
    text = (out / "report.en.html").read_text(encoding="utf-8")
    assert "onestop explain" in text and "onestop verify --json" in text
    assert "cost-by-party is not drawn" in result.output
    assert str(out / "report.xlsx") in result.output


@pytest.mark.parametrize(("name", "content"), [
    ("explain", "{"), ("explain", '{"schema": "onestop.explain/9"}'), ("assumptions", "[]")])
def test_a_damaged_file_is_named(folder: Path, tmp_path: Path, name: str, content: str) -> None:
    out = tmp_path / "damaged"
    shutil.copytree(folder, out)
    (out / f"{name}.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=name):
        write_report(out)


def test_a_single_run_has_a_report(tmp_path: Path) -> None:
    out = tmp_path / "one"
    compare([load("separate", None, SHORT)], out, replications=2, workers=1)
    write_report(out)
    text = (out / "report.en.html").read_text(encoding="utf-8")
    assert "section" in text and "Where the time goes" in text


def channel(value: int) -> float:
    part = value / 255.0
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    red, green, blue = (channel(int(colour[i:i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_the_contrast_of_wcag_aa() -> None:
    css = (Path(__file__).parents[2] / "reports/templates/page.css").read_text(encoding="utf-8")
    themes = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
              for block in re.findall(r":root \{([^}]*)\}", css)[:2]]
    assert len(themes) == 2
    for theme in themes:
        grounds = ["paper", "wash", *(k for k in theme if k.startswith("tone"))]
        for ink in ("ink", "muted", "accent"):
            for ground in grounds if ink != "accent" else grounds[:2]:
                light, dark = sorted((luminance(theme[ink]), luminance(theme[ground])),
                                     reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_numbers_are_shown_with_sign_and_bound() -> None:
    assert Number(-0.0004, 2, "x", sign=True).text == "0.00"
    assert Number(1234.5, 1, "x", sign=True).text == "+1,234.5"
    assert Number(0.123, 1, "x", 100.0, suffix=" %").text == "12.3 %"
    assert Number(5.0, 0, "x", bound=">").text == "> 5"
    assert Number(None, 0, "x").text == "–"
    assert not np.isnan(shown("−1,234.50")[0])
