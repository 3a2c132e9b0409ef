"""review.html in a real browser, opened from disk: a click on a value lights up its words on the page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browsing import chromium
from PIL import Image

from extract import batch
from extract.schema import Schema
from extract.views import write_views

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
PAPER = ROOT / "corpus" / "sample" / "08_hands_letter.pdf"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> str:
    """The review page of one paper."""
    out = tmp_path_factory.mktemp("shown")
    summary = batch.run([PAPER], out, schema, workers=1)
    assert write_views(out, summary.tables, schema, workers=1).failures == []
    return (out / "review.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page at the first patient; afterwards nothing was asked of a network and nothing was amiss."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    amiss: list[str] = []
    page.on("console", lambda message: amiss.append(message.text))
    page.on("pageerror", lambda error: amiss.append(str(error)))
    page.on("request", lambda ask: None if ask.url.startswith(("file:", "data:")) else amiss.append(ask.url))
    page.goto(address)
    page.locator(".evidence tbody a").first.click()
    yield page
    page.close()
    assert amiss == []


def yellow(page: Page) -> tuple[float, float]:
    """How much of the lit box is yellow as people see it, and how much of the page around it."""
    box = page.locator(".lit").bounding_box()
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), dtype=int)
    mask = (picture[..., 0] - picture[..., 2] > 60) & (picture[..., 1] > 120)
    x0, y0 = int(box["x"]) + 2, int(box["y"]) + 2
    x1, y1 = int(box["x"] + box["width"]) - 2, int(box["y"] + box["height"]) - 2
    desk = page.locator(".desk").bounding_box()
    inside = mask[y0:y1, x0:x1]
    whole = mask[int(desk["y"]) :, int(desk["x"]) :]
    return float(inside.mean()), float((whole.sum() - mask[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4].sum()) / whole.size)


def test_a_click_shows_quote_rule_and_the_words_lit_up_on_their_page(page: Page) -> None:
    page.locator(".person button.v[data-v$='.sex']").click()
    viewer = page.locator(".viewer")
    assert viewer.is_visible()
    assert viewer.locator("h2").inner_text().startswith("sex: ")
    assert viewer.locator("blockquote mark").count() == 1
    assert "sex." in viewer.locator("dl").inner_text()
    inside, around = yellow(page)
    assert inside > 0.5
    assert around < 0.01
    assert viewer.locator("svg .line").count() >= 1


def test_the_lit_box_stays_on_its_words_at_every_size(page: Page) -> None:
    page.locator(".person button.v[data-v$='.sex']").click()
    for key in "-++":
        page.keyboard.press(key)
        inside, around = yellow(page)
        assert (inside > 0.5, around < 0.01) == (True, True), key


def test_keys_go_from_value_to_value_and_from_place_to_place(page: Page) -> None:
    title = page.locator(".viewer h2")
    page.keyboard.press("j")
    first = title.inner_text()
    page.keyboard.press("j")
    assert title.inner_text() != first
    page.keyboard.press("k")
    assert title.inner_text() == first
    page.locator(".person button.v[data-v$='.sex']").click()
    quote = page.locator(".viewer blockquote")
    before = quote.inner_text()
    page.keyboard.press("n")
    assert page.locator(".places [aria-current]").inner_text().startswith("2 ")
    page.keyboard.press("p")
    assert quote.inner_text() == before
    page.keyboard.press("Escape")
    assert not page.locator(".viewer").is_visible()
    assert page.evaluate("document.activeElement.dataset.v").endswith(".sex")


def test_both_sides_of_a_conflict_lead_to_their_words(page: Page) -> None:
    sides = page.locator(".conflict").first.locator("button.v")
    for index in range(2):
        sides.nth(index).click()
        shown = page.locator(".viewer h2").inner_text()
        assert shown.endswith(sides.nth(index).inner_text())
        assert page.locator(".viewer .lit").count() == 1


def test_nothing_spills_over_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.reload()
    page.locator(".person button.v[data-v$='.sex']").click()
    assert page.locator(".viewer").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".viewer .lit").is_visible()


def test_a_printed_page_holds_the_tables_and_the_open_value(page: Page) -> None:
    page.locator(".person button.v[data-v$='.sex']").click()
    page.emulate_media(media="print")
    assert not page.locator(".papers").is_visible()
    assert page.locator(".person").first.is_visible()
    assert page.locator(".viewer blockquote").is_visible()
