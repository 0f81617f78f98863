"""docs/verification.md: sections are renewed by name, the others stay."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from benchmarks import verification
from benchmarks.verification import PAGE, SECTIONS, dated, main, page_of, renew, sections_of


@pytest.fixture
def modules(monkeypatch):
    """Two sections whose modules are here, and one whose module is missing."""
    monkeypatch.setattr(verification, "SECTIONS", {
        "one": "a_section_one", "two": "a_section_two", "none": "a_section_that_is_missing"})
    for name in ("one", "two"):
        module = SimpleNamespace(markdown=lambda name=name: f"## Title {name}\n\ntext {name}\n",
                                 __spec__=SimpleNamespace())
        monkeypatch.setitem(sys.modules, f"a_section_{name}", module)


def test_what_is_written_is_read_again():
    sections = {"theory": "## T\n\n```\na\n```", "cost": "## C\n\nb"}
    page = page_of(dict(reversed(sections.items())))
    assert sections_of(page) == sections
    assert list(sections_of(page)) == ["theory", "cost"]
    assert page.startswith("# Verification\n")


def test_a_section_that_is_renewed_leaves_the_others_alone(modules, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(page_of({"one": "## Old one", "two": "## Old two"}), encoding="utf-8")
    assert renew(["two"], page) == []
    sections = sections_of(page.read_text(encoding="utf-8"))
    assert sections["one"] == "## Old one"
    assert sections["two"].startswith("## Title two\n\nRenewed on 2")
    assert sections["two"].endswith("\n\ntext two")
    assert capsys.readouterr().err.startswith("two: renewed in ")


def test_a_missing_module_is_told_and_the_rest_is_done(modules, tmp_path, capsys):
    page = tmp_path / "page.md"
    assert renew(["none", "one"], page) == ["none"]
    assert "no module a_section_that_is_missing" in capsys.readouterr().err
    assert list(sections_of(page.read_text(encoding="utf-8"))) == ["one"]


def test_a_section_needs_a_title():
    with pytest.raises(ValueError, match="begins with '## '"):
        dated("text")


def test_an_unknown_name_is_refused(capsys):
    assert main(["theory", "luck"]) == 2
    assert "no such section: luck; allowed: theory, faults" in capsys.readouterr().err


def test_the_page_in_the_tree_has_dated_sections_that_are_known():
    text = PAGE.read_text(encoding="utf-8")
    sections = sections_of(text)
    assert {"theory", "faults"} <= set(sections) <= set(SECTIONS)
    assert page_of(sections) == text
    for section in sections.values():
        assert section.startswith("## ")
        assert "\n\nRenewed on 20" in section
