"""Pictures of the report for docs/report.md, taken in a Chromium.

Run from the root: python -m docs.reference.screenshots DIR, DIR being results with a report.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parents[1] / "images"
WIDTH, HEIGHT = 1280, 1400
# Name of the picture -> the section, and the tallest picture of it.
SHOTS = {"brief": ("answers", 1500), "maps": ("maps", 1800), "levers": ("levers", 1240),
         "register": ("register", 1100)}


def take(page: Any, lang: str) -> None:
    """The four pictures of a page that is open."""
    for name, (section, tallest) in SHOTS.items():
        page.evaluate("(key) => { for (const fold of document.querySelectorAll("
                      "`#${key} details`)) fold.open = key === 'register'; }", section)
        box = page.locator(f"#{section}").bounding_box()
        clip = {**box, "height": min(box["height"], tallest)}
        page.screenshot(path=IMAGES / f"report-{name}.{lang}.png", clip=clip, full_page=True)


def main(folder: Path) -> None:
    """Take the pictures in both languages."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for lang in ("en", "zh"):
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto((folder / f"report.{lang}.html").resolve().as_uri())
            take(page, lang)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
