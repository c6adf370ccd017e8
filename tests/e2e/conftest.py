"""A browser on the live server, and what a page did wrong in it.

One browser for the folder, closed before other tests run: its event loop would
make Django refuse the database in this thread. The tests here use none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.live import LiveServer

WIDE, NARROW = 1280, 390
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Reported to the console before any script of the page runs.
NOTE_VIOLATIONS = """
addEventListener("securitypolicyviolation", event =>
    console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`))
"""


@pytest.fixture(scope="package")
def live() -> Iterator[LiveServer]:
    with LiveServer() as server:
        yield server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's own browser; without one these tests are skipped, in CI they fail."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = "no Chromium on PATH; `make chromium` installs Debian's"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


class Visit:
    """A page, and everything it complained of or asked from elsewhere."""

    def __init__(self, page: Page, host: str) -> None:
        self.page, self.host = page, host
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.add_init_script(NOTE_VIOLATIONS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("request", self._watch)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _watch(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.foreign.append(request.url)

    def is_clean(self) -> bool:
        assert self.complaints == []
        assert self.foreign == []
        return True

    def fits(self) -> bool:
        """Whether nothing makes the page wider than the window."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        )

    def shoot(self, name: str) -> None:
        """Save a picture of the whole page into the folder SCREENSHOTS, if that is set."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


Open = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, live: LiveServer) -> Iterator[Open]:
    """`visit("/docs", width=390, scheme="dark")`: the path in a window of its own."""
    contexts = []

    def opened(path: str, *, width: int = WIDE, scheme: Literal["light", "dark"] = "light") -> Visit:
        context = chromium.new_context(
            base_url=live.url, color_scheme=scheme, viewport={"width": width, "height": 800}
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        seen = Visit(context.new_page(), urlsplit(live.url).netloc)
        seen.page.goto(path, wait_until="networkidle")
        return seen

    yield opened
    for context in contexts:
        context.close()


def contrast(page: Page, selector: str) -> float:
    """The contrast of an element's text with the first opaque colour behind it (WCAG 2)."""
    found: Any = page.evaluate(CONTRAST, selector)
    return float(found)


CONTRAST = """
selector => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => channels(colour).slice(0, 3)
        .map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
    const element = document.querySelector(selector);
    let behind = element;
    const isClear = node => (channels(getComputedStyle(node).backgroundColor)[3] ?? 1) === 0;
    while (behind.parentElement && isClear(behind)) behind = behind.parentElement;
    const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(luminance);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}
"""
