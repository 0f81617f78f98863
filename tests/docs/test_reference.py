"""The generated pages are up to date, and every key of a scenario file is explained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.reference import commands, keys

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    assert keys.differences() == [], "edit docs/reference/keys.yaml"


def test_a_missing_and_an_unknown_key_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {name: dict(fields) for name, fields in keys.meanings().items()}
    del said["Yard"]["slot"]
    said["Yard"]["slots"] = "no such key"
    monkeypatch.setattr(keys, "meanings", lambda: said)
    assert keys.differences() == ["keys.yaml lacks Yard.slot",
                                  "keys.yaml has Yard.slots, which the schema has not"]


@pytest.mark.parametrize("module", [keys, commands])
def test_a_generated_page_is_up_to_date(module) -> None:
    there = (DOCS / module.PAGE).read_bytes()
    assert there == module.page().encode("utf-8"), "run: python -m docs.reference"


def test_the_reference_says_kind_default_and_meaning() -> None:
    page = keys.page()
    assert "| `slot` | area, as `11600 m2` | required | Area of a devanning slot. |" in page
    assert "| `level` | number, at least 0.5, below 1 | `0.95` |" in page
    assert "| `reefer` | share, 0 to 1 | required |" in page
    assert "| `handover` | duration, as `12 min` | `0 min` |" in page
    assert "## `layout.separate.sites.NAME`\n" in page
    assert "Also at `layout.shared.sites.NAME`." in page
    assert "- `lognormal`: `cv` and `mean`, or `median` and `sigma`" in page


def test_the_commands_page_has_every_option() -> None:
    page = commands.page()
    for name, command in commands.commands().items():
        assert f"## onestop {name}\n" in page
        assert all(f"`{word}" in page for option in command.params for word in option.opts
                   if word.startswith("--"))
        about, examples = commands.words_of(command)
        assert about and examples, f"onestop {name} --help has no example"


def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="in the docs extra")
    pytest.importorskip("myst_parser", reason="in the docs extra")
    pytest.importorskip("furo", reason="in the docs extra")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(DOCS), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "scenario-reference.html" in index
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text and 'rel="stylesheet" type="text/css" href="http' not in text
