"""A reviewer in a real browser: Chromium before the page that ``caseloom review`` serves."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SOON = 20_000
"""Milliseconds after which what should be there is missed; nothing waits so long when it is there."""


def missing() -> str:
    """What is missing for tests in a browser; '' when nothing is."""
    if not any(map(shutil.which, PROGRAMS)):
        return f"no browser: none of {', '.join(PROGRAMS)} is on the PATH (Debian: apt-get install chromium)"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "no playwright: pip install -c constraints.txt playwright"
    return ""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skips the test where there is none, fails it where one is required."""
    fault = missing()
    if fault:
        if os.environ.get("CASELOOM_REQUIRE_BROWSER") == "1":
            pytest.fail(fault)
        pytest.skip(fault)
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


class Server:
    """``caseloom review`` in a process of its own."""

    def __init__(self, outputs: Path, decisions: Path, *options: str, reviewer: str = "anna") -> None:
        self.command = [
            sys.executable, "-m", "extract", "review", str(outputs), "--decisions", str(decisions), "--no-browser",
            *(["--reviewer", reviewer] if reviewer else []), *options,
        ]  # fmt: skip
        self.file = decisions / f"{reviewer or 'anna'}.csv"
        self.start()

    def start(self) -> None:
        """Start it (again) and wait until it tells its address."""
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("The review is at http://127.0.0.1:"), (
            line + (self.process.stderr or io.StringIO()).read()
        )
        self.url = line.split()[-1]

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> str:
        """End it as Ctrl-C does. Returns what it says."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=30)
        return out

    def decisions(self) -> list[dict[str, str]]:
        """What is on the disk."""
        from sittings import lines

        return lines(self.file) if self.file.exists() else []

    def wait_for(self, count: int) -> list[dict[str, str]]:
        """The decisions on the disk, once there are so many."""
        for _ in range(200):
            found = self.decisions()
            if len(found) >= count:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{len(self.decisions())} of {count} decisions were saved")


class Reviewer:
    """Somebody before the page: presses keys, which are counted, looks at values, marks words."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.strokes = 0
        self.troubles: list[str] = []
        self.asked: list[str] = []
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: self.troubles.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(url)

    def open(self, start: str) -> None:
        """Open the paper whose name begins so, and wait for its first page or text."""
        entry = self.page.locator("button.paper", has_text=start)
        entry.click()
        self.page.wait_for_selector(f"button.paper[aria-current]:has-text('{start}')")
        self.page.wait_for_selector(".sheet .words span, .block")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += 1

    def type(self, words: str) -> None:
        """Type into the field that has the focus."""
        self.page.keyboard.type(words)
        self.strokes += len(words)

    def cell(self, table: str, field: str, value: str = "") -> Any:
        """The first cell of a column (with a value)."""
        cells = self.page.locator(f"[data-key^='{table}/'][data-key$='/{field}']")
        return (cells.filter(has_text=value) if value else cells).first

    def chosen(self) -> str:
        """The key of the chosen value."""
        return str(self.page.locator("#rows .chosen").get_attribute("data-key"))

    def saved(self) -> None:
        """Wait until the page says that all is saved."""
        self.page.wait_for_selector("#saving[data-state='saved']:not(:empty)")

    def open_values(self) -> int:
        """How many values the page says are open."""
        said = self.page.locator("#heading .left span").inner_text()
        return 0 if said == "all decided" else int(said.split()[0])

    def mark(self, first: str, last: str, page: int = 1) -> None:
        """Drag the mouse over words of a page, from the first to the last."""
        layer = self.page.locator(f".sheet[data-page='{page}'] .words span")
        texts = layer.all_inner_texts()
        begin = texts.index(first)
        end = texts.index(last, begin)
        layer.nth(begin).scroll_into_view_if_needed()
        a, b = layer.nth(begin).bounding_box(), layer.nth(end).bounding_box()
        assert a is not None
        assert b is not None
        self.page.mouse.move(a["x"] + 2, a["y"] + a["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(b["x"] + b["width"] - 2, b["y"] + b["height"] / 2, steps=5)
        self.page.mouse.up()

    def picture(self, page: int, box: tuple[float, float, float, float], size: tuple[float, float]) -> Image.Image:
        """What is seen on the screen where a box in points lies on a page of some size."""
        self.page.wait_for_function(
            "page => document.querySelector(`.sheet[data-page='${page}'] img`).complete", arg=page
        )
        sheet = self.page.locator(f".sheet[data-page='{page}']").bounding_box()
        assert sheet
        x, y = sheet["width"] / size[0], sheet["height"] / size[1]
        clip = {
            "x": sheet["x"] + box[0] * x, "y": sheet["y"] + box[1] * y,
            "width": (box[2] - box[0]) * x, "height": (box[3] - box[1]) * y,
        }  # fmt: skip
        return Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")  # type: ignore[arg-type]


def share(picture: Image.Image, colour: str) -> float:
    """How much of a picture is of a colour: yellow, blue, orange (as lights are), ink (dark) or paper (white)."""
    data = picture.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return sum(_is(colour, *pixel) for pixel in pixels) / len(pixels)


def _is(colour: str, r: int, g: int, b: int) -> bool:
    if colour == "yellow":
        return r > 200 and g > 160 and b < 170 and r - b > 60
    if colour == "blue":
        return b > 190 and b - r > 40
    if colour == "orange":
        return r > 200 and 130 < g < 225 and b < 190 and r - g > 25
    if colour == "ink":
        return r + g + b < 330
    return min(r, g, b) > 225
