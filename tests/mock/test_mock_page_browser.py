"""The page at /, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cometapi_mock.server import MockServer
from support.mock_client import MockClient, body_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.proof


@pytest.fixture
def page() -> Iterator[Page]:
    """Yield a page of a headless Chromium that fails a test on any error in it."""
    from playwright.sync_api import sync_playwright

    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1200, "height": 900})
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield opened
        browser.close()
    assert errors == []


def test_a_person_follows_a_task_to_its_end(server: MockServer, clip_path: Path, page: Page) -> None:
    """The buttons move a task from pending to succeeded, and both pictures are really shown."""
    client = MockClient(server.url)
    task_id = client.created(body_for(clip_path))
    page.goto(server.url)
    card = page.locator(f"#task-{task_id}")
    assert card.locator(".status").inner_text() == "PENDING"
    page.click("#advance-5")
    page.click("#advance-5")
    assert card.locator(".status").inner_text() == "RUNNING"
    page.click("#advance-30")
    assert card.locator(".status").inner_text() == "SUCCEEDED"
    for side in ("before", "after"):
        page.wait_for_function(
            "alt => { const i = document.querySelector(`img[alt=${alt}]`); return i.complete && i.naturalWidth > 0; }",
            arg=side,
        )
    assert client.poll(task_id).json()["status"] == "SUCCEEDED"


def test_a_person_fails_a_task_and_resets(server: MockServer, page: Page) -> None:
    """Fail ends the task for its client as well; reset empties the page."""
    client = MockClient(server.url)
    task_id = client.created(body_for("https://media.example.com/shots/sh010.mp4"))
    page.goto(server.url)
    page.click("button.fail")
    assert page.locator(".status").inner_text() == "FAILED"
    assert client.poll(task_id).json()["status"] == "FAILED"
    page.click("#reset")
    assert "No task yet" in page.inner_text("main")


def test_the_scenario_is_chosen_from_the_list(server: MockServer, page: Page) -> None:
    """What is chosen and set is in force, and still chosen after the page has come back."""
    page.goto(server.url)
    page.select_option("#scenario", "throttled")
    page.get_by_role("button", name="Set", exact=True).click()
    assert page.input_value("#scenario") == "throttled"
    assert server.service.options.scenario == "throttled"


def test_nothing_sticks_out_of_a_narrow_window(server: MockServer, page: Page) -> None:
    """At the width of a telephone the page does not scroll sideways."""
    MockClient(server.url).created(body_for("https://media.example.com/shots/sh010.mp4", promptText="x" * 400))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(server.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_contract_is_read_by_opening_its_parts(server: MockServer, page: Page) -> None:
    """A person opens the create and sees its body's examples."""
    page.goto(f"{server.url}/_mock/docs")
    page.click("#createVideoToVideo > summary")
    assert page.locator("#createVideoToVideo pre").first.is_hidden()
    page.locator("#createVideoToVideo details summary").first.click()
    assert "videoUri" in page.locator("#createVideoToVideo pre").first.inner_text()
