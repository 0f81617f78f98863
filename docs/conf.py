"""Sphinx: the pages of this folder as HTML, without anything from the network."""

from __future__ import annotations

import configparser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
setup_cfg = configparser.ConfigParser()
setup_cfg.read(ROOT / "setup.cfg", encoding="utf-8")

project = "onestop"
author = setup_cfg["metadata"]["author"]
copyright = author  # noqa: A001
release = setup_cfg["metadata"]["version"]
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["reference", "_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"onestop {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sourcelink = False
templates_path: list[str] = []

# Files at the root are shown as pages; their links begin at the root.
LINKS = (("(docs/", "("), ("(README.md)", "(index.md)"), ("(README.zh.md)", "(zh.md)"),
         ("(CONTRIBUTING.md)", "(contributing.md)"), ("(CHANGELOG.md)", "(changelog.md)"),
         ("(LICENSE)", "(index.md)"))


def point_into_pages(app, relative_path, parent, content) -> None:  # noqa: ANN001
    """Makes links of an included file of the root point to the pages that stand for them."""
    for written, page in LINKS:
        content[0] = content[0].replace(written, page)


def setup(app) -> None:  # noqa: ANN001
    """Called by Sphinx."""
    app.connect("include-read", point_into_pages)
