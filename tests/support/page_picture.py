"""
Two pictures of a job for the documentation: the review page as headless Chromium shows it, and the timeline's strip.

``make pictures`` makes them anew. Takes differ in a few bytes between processors, so no test compares them.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

import opentimelineio as otio
from click.testing import CliRunner
from playwright.sync_api import Page, sync_playwright

from cometapi_mock.server import MockServer
from otio_cometapi.cli import cli
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import judge, reviews
from otio_cometapi.pipeline.options import PlanOptions, RunOrder, SendOptions
from otio_cometapi.pipeline.run import run
from support.doc_desks import shoot
from support.review_desk import served, settings_for
from support.screencast import PICTURES

FILM = (640, 360)
"""Size of the films on the page, in pixels."""
WINDOW = (1400, 880)
"""Size of the browser's window, in pixels."""


def job_to_judge(place: Path) -> Path:
    """Take the sample edit down the road, two takes a clip, one approved; return the job."""
    edit = otio.adapters.read_from_file(str(shoot(place / "media", size=FILM)))
    with MockServer() as server:
        order = RunOrder(
            output=place / "relinked.otio",
            job=place / "comet.cometjob",
            options=PlanOptions(look={"takes": 2}, media_root=place),
            send=SendOptions(poll_interval_s=0.05),
        )
        assert run(edit, order, settings=settings_for(server)).problems == ()
    with Job(order.job) as job:
        take = next(use for use in reviews(job) if use.clip_name == "window")
        judge(job, take.take_id, "approve", by="mia", text="the snow sits well")
    return order.job


def taken(page: Page, address: str) -> bytes:
    """Open the page, look at a frame in the middle of the first clip; return what is on the screen."""
    page.goto(address)
    while not page.evaluate("[...document.querySelectorAll('video')].every((each) => each.readyState >= 2)"):
        page.wait_for_timeout(200)
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # thumbnails and the strip of differences are made when they are looked at
    return page.screenshot(type="jpeg", quality=85)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        screen = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        with served(job_to_judge(Path(name))) as server:
            (PICTURES / "review.jpg").write_bytes(taken(screen, server.url))
        CliRunner().invoke(cli, ["strip", "comet.cometjob", "-o", str(PICTURES / "strip.svg")], catch_exceptions=False)
        browser.close()
