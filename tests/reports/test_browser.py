"""The report in a real Chromium: nothing complains, everything opens, prints and fits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
                 if (found := shutil.which(name))), None)
# The width of A4 between the margins that the page states, in CSS pixels.
A4 = int((210 - 2 * 12) / 25.4 * 96)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(params=["en", "zh"])
def page(request: pytest.FixtureRequest, browser: Any, folder: Path) -> Iterator[Any]:
    """The page of a language, which may neither complain nor ask for anything outside."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if asked.url.startswith("http")
            else None)
    page.goto((folder / f"report.{request.param}.html").as_uri())
    yield page
    page.close()
    assert said == []


def overflowing(page: Any) -> list[str]:
    """Elements that stick out to the right of the page, but for those that scroll inside."""
    found: list[str] = page.evaluate("""() => {
      const width = document.documentElement.clientWidth + 1;
      return [...document.querySelectorAll("body *")]
        .filter((e) => !e.closest(".scroll, .hidden, .skip") && e.getClientRects().length &&
                e.getBoundingClientRect().right > width)
        .map((e) => e.tagName + "." + e.className);
    }""")
    return found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_all_folds_open(page: Any, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    assert overflowing(page) == []
    folds = page.locator("details > summary")
    assert folds.count() >= 6
    for i in range(folds.count()):
        folds.nth(i).click()
    # Folds within folds were opened by the clicks above, or closed again with their parent.
    assert page.locator("details[open]").count() >= 6
    assert overflowing(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_anchor_leads_to_its_section(page: Any) -> None:
    links = page.locator("nav a")
    assert links.count() >= 10
    for i in range(links.count()):
        links.nth(i).click()
        target = links.nth(i).get_attribute("href")
        assert page.locator(target).count() == 1
        assert page.evaluate("location.hash") == target


def test_an_anchor_into_a_fold_opens_it(page: Any) -> None:
    page.evaluate("location.hash = '#table-measures'")
    page.locator("#table-measures").wait_for(state="visible")


def test_rows_are_filtered_by_what_is_typed(page: Any) -> None:
    page.evaluate("document.querySelector('#table-measures').closest('details').open = true")
    rows = page.locator("#table-measures tbody tr:not(.head):visible")
    before = rows.count()
    page.locator("input[data-table='table-measures']").fill("P90" if before == 0 else "95")
    assert 0 < rows.count() < before
    page.locator("input[data-table='table-measures']").fill("")
    assert rows.count() == before


def test_the_keyboard_reaches_content_folds_and_tables(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    page.locator("details > summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    assert page.locator(".scroll[tabindex='0']").count() == page.locator("table").count()


def test_printing_opens_everything_and_cuts_no_table(page: Any, tmp_path: Path) -> None:
    page.set_viewport_size({"width": A4, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    wide = page.evaluate("""(width) => [...document.querySelectorAll("table")]
        .filter((t) => t.getBoundingClientRect().right > width + 1)
        .map((t) => t.id + " " + t.getBoundingClientRect().right)""", A4)
    assert wide == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    page.emulate_media(media="screen")
    data = page.pdf(prefer_css_page_size=True)
    assert data.startswith(b"%PDF") and len(data) > 100_000


def test_a_screen_reader_finds_names(page: Any) -> None:
    assert page.locator("html").get_attribute("lang") in ("en", "zh-CN")
    assert page.locator("img:not([alt])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((h) => +h.tagName[1])")
    assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:]))
