"""
A picture of the page on which Resolve's script asks, as headless Chromium shows it before anything is sent.

``make pictures`` makes it anew. Letters differ between machines, so no test compares it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from support import road
from support.resolve_desk import ResolveDesk, panel
from support.resolve_stand_in import Marks, Resolve
from support.screencast import PICTURES

if TYPE_CHECKING:
    from playwright.sync_api import Page

WINDOW = (900, 330)
"""Size of the browser's window, in pixels."""
LONG_MS = 60_000


@dataclass
class Asked:
    """The script at work, and the browser's page that it opened."""

    host: Resolve
    page: Page
    opened: Queue[str]
    """What else it opened."""
    ended: Callable[[], int]
    """Waits until it is over, and returns its exit code."""


@contextlib.contextmanager
def asked(desk: ResolveDesk) -> Iterator[Asked]:
    """Start the script beside a browser, on a cut in which two clips are orange."""
    host = desk.resolve({"sh020": Marks("Orange"), "sh040": Marks("Orange")})
    opened: Queue[str] = Queue()
    codes: list[int] = []

    def opens(url: str) -> bool:
        opened.put(url)
        return True

    def work() -> None:
        asking = panel("asking").Page(opens)
        codes.append(panel("script").main(host, asking, opens))

    def ended() -> int:
        script.join(60)
        return codes[0]

    script = threading.Thread(target=work, daemon=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": WINDOW[0], "height": WINDOW[1]}).new_page()
        script.start()
        page.goto(opened.get(timeout=30))
        yield Asked(host, page, opened, ended)
        browser.close()


def to_the_estimate(page: Page) -> None:
    """Fill the first form in, and wait for the price."""
    page.wait_for_selector("#clips", timeout=LONG_MS)
    page.select_option("#clips", "clip colour Orange")
    page.fill("#prompt", "make it snow")
    page.click("text=Estimate")
    page.wait_for_selector("text=about 0.45 USD", timeout=LONG_MS)


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as name,
        pytest.MonkeyPatch.context() as patch,
        road.simulator() as service,
        asked(ResolveDesk(Path(name), service, patch)) as found,
    ):
        to_the_estimate(found.page)
        found.page.screenshot(path=PICTURES / "resolve.png")
        found.page.click("text=Cancel")
        found.page.wait_for_selector("text=Nothing was sent", timeout=LONG_MS)
        found.ended()
