"""What the tests of the review page share: a finished job, and its page served."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.review_desk import Browser, copied, finished_job, served
from support.screens import Screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished job that nobody changes."""
    return finished_job(tmp_path_factory.mktemp("review"))


@pytest.fixture
def job(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return copied(finished, tmp_path)


@pytest.fixture
def browser(job: Path) -> Iterator[Browser]:
    """Yield a browser that was let in to the job's page."""
    with served(job) as server:
        found = Browser(server)
        assert found.enter().status == 303
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Yield a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def screen(chromium: Chromium) -> Iterator[Screen]:
    """Yield a page that fails a test on any error in it, and on any word to another host."""
    errors: list[str] = []
    opened = chromium.new_page(viewport={"width": 1440, "height": 860})
    found = Screen(opened)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda request: found.asked.append(request.url))
    yield found
    opened.close()
    assert errors == []
    assert [url for url in found.asked if not re.match(r"http://127\.0\.0\.1:|file://|blob:", url)] == []
