"""The documentation runs: every command of the pages, the code of the Python guide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.reference import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RUN = ("README.md", "docs/commands.md", "docs/planners-guide.md", "docs/report.md",
       "docs/tutorial.md")
"""Pages whose commands run here. The gallery has a test of its own."""
SAME_AS_README = "README.zh.md"
NOT_RUN = {"docs/commands.md": 3, "docs/tutorial.md": 1}
"""Blocks that are marked as not run."""


def texts() -> dict[str, str]:
    """Every page of the documentation by its path."""
    paths = [*ROOT.glob("README*.md"), *DOCS.rglob("*.md")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(paths)}


def commands(text: str) -> list[list[str]]:
    return [words for block in pages.blocks(text) for words in block.commands
            if block.mark != "not run"]


def label(line: str) -> str:
    """What a line of an output is about: its first cell, numbers left open."""
    cell = re.split(r"\s{2,}", line.strip())[0].replace("replications", "replication")
    return re.sub(r"[\d,.]+", "#", cell)


@pytest.mark.parametrize("name", RUN)
def test_the_commands_of_a_page_run_and_print_what_it_shows(name: str, tmp_path: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    ran = 0
    for block, told in pages.run(text, tmp_path):
        assert all("Traceback" not in one.text for one in told)
        if block.mark != "output":
            ran += len(block.commands) if block.mark != "not run" else 0
            continue
        now = pages.shown(told[-1], block.value)
        if not told[-1].is_study:
            assert block.text == now, f"{name}:{block.line}: {ADVICE}"
            continue
        # Numbers of a shortened study differ, and with them where a long label is broken; its
        # rows do not.
        known = {label(line) for line in told[-1].text.splitlines()}
        rows = [line for line in block.text.splitlines() if not line.startswith(" " * 20)]
        gone = [row for row in map(label, rows)
                if not any(k and (k.startswith(row) or row.startswith(k)) for k in known)]
        assert rows and not gone, f"{name}:{block.line}: {ADVICE}"
    assert ran == len(commands(text)) > 0


ADVICE = "what the page shows is not printed any more; run: python -m docs.reference outputs"


@pytest.mark.slow
@pytest.mark.parametrize("name", pages.WITH_OUTPUTS)
def test_every_number_shown_is_printed_by_the_command_above_it(name: str, tmp_path: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert pages.renewed(text, tmp_path) == text, ADVICE


def test_no_command_of_any_page_is_left_out() -> None:
    elsewhere = {"docs/gallery.md", SAME_AS_README}
    with_commands = {name for name, text in texts().items() if commands(text)}
    assert with_commands - elsewhere == set(RUN)


def test_blocks_that_are_not_run_are_few_and_say_why() -> None:
    marked = {name: [b for b in pages.blocks(text) if b.mark == "not run"]
              for name, text in texts().items() if name != "docs/gallery.md"}
    assert {name: len(found) for name, found in marked.items() if found} == NOT_RUN
    assert all(b.value.strip() for found in marked.values() for b in found)


def test_both_readmes_have_the_same_commands() -> None:
    blocks = {name: [b.text for b in pages.blocks((ROOT / name).read_text(encoding="utf-8"))
                     if b.lang in ("sh", "powershell")] for name in ("README.md", SAME_AS_README)}
    plain = {name: [re.sub(r"\s*#.*", "", text) for text in found]
             for name, found in blocks.items()}
    assert plain["README.md"] and plain["README.md"] == plain[SAME_AS_README]


def test_the_code_of_the_python_guide_runs_in_order(tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "python-guide.md").read_text(encoding="utf-8")
    code = [b for b in pages.blocks(text) if b.lang == "python"]
    names: dict[str, object] = {"__name__": "__main__"}
    for block in code:
        exec(compile("\n" * block.line + block.text, "python-guide.md", "exec"), names)
    told = capsys.readouterr().out
    assert len(code) >= 7
    assert "regime.examination - 'joint' is not feasible" not in told
    assert "yard.slots - unknown key" in told
    # What the guide says of its own process: papers until 440, work that pauses overnight.
    last = [line.split() for line in told.splitlines() if line.startswith(("papers", "exam"))]
    assert last[-4][0] == "papers" and float(last[-4][-1]) == 440.0
    assert float(last[-1][-1]) > 1440.0


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for name, text in texts().items():
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            here = (ROOT / name).parent / target
            if not here.exists() and target.rpartition("/")[2] != "gallery.md":
                broken.append(f"{name}: {target}")
    assert broken == []


def test_words_for_the_reader_of_a_page() -> None:
    text = ("<!-- file: a.csv -->\n```text\nx\n```\n\n<!-- exits: 2 -->\n```sh\n"
            "onestop check a.yaml \\\n  --json  # why\nls\n```\n")
    file, check = pages.blocks(text)
    assert (file.mark, file.value, file.text, file.commands) == ("file", "a.csv", "x\n", [])
    assert check.commands == [["check", "a.yaml", "--json"]] and check.line == 6


def test_rows_are_shown_with_their_intervals_and_without_wide_gaps() -> None:
    table = ("Title\n  row a" + " " * 30 + "1\n" + " " * 34 + "[0, 2]\n  row b" + " " * 30 + "2\n")
    told = pages.Told(["run"], 0, table, "")
    assert pages.shown(told, "row a") == "  row a     1\n         [0, 2]\n"
    assert pages.shown(told, "all") == table


def test_a_command_that_ends_otherwise_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="line 1: onestop show nothing: exit status 2"):
        list(pages.run("```sh\nonestop show nothing\n```\n", tmp_path))
