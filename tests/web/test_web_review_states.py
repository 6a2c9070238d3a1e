"""The review page of jobs that are not finished, not whole or not small: every state is shown, and shuts nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import Plan, Sheet
from otio_cometapi.review.page import ASSETS, asset
from otio_cometapi.review.page import page as page_of
from otio_cometapi.review_app.room import Opening
from otio_cometapi.review_app.server import ReviewServer
from otio_cometapi.settings import Settings
from support.review_desk import served
from support.screens import Screen, violations
from support.tiny_road import TinyRoad

pytestmark = pytest.mark.proof

FATES = {
    "sh000": ("snow", "to decide", "ready"),
    "sh001": ("[[scenario:failed_internal]] rain", "needs a person", "failed"),
    "sh002": ("[[scenario:lost_502]] fog", "needs a person", "sent, no answer"),
    "sh003": ("[[scenario:never_ends]] hail", "on its way", "generating"),
    "sh004": ("ink", "", ""),
}
"""For every clip: its prompt, where the list says that it stands, and its take's state; the last one's media goes."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a job whose takes ended in every way there is, and the media of whose last take was taken away."""
    road = TinyRoad(tmp_path_factory.mktemp("mixed"))
    job = road.job([prompt for prompt, _, _ in FATES.values()], name="mixed.cometjob")
    with MockServer() as server:
        road.resume(job, server, wait_s=120.0)
    with Job(job) as opened:
        gone = next(take for take in opened.takes() if take.look.prompt == "ink")
        for path in (job / "media").iterdir():
            if gone.take_id[:11] in path.name or gone.take_id.removeprefix("t1-")[:8] in path.name:
                path.unlink()
    return job


@pytest.fixture
def mixed_screen(mixed: Path, screen: Screen) -> Iterator[Screen]:
    """Yield that job's page, served."""
    with served(mixed) as server:
        screen.page.goto(server.url)
        screen.page.wait_for_function("() => document.getElementById('clip-name').textContent !== ''")
        yield screen
        screen.page.goto("about:blank")  # a page that asks on has a server to ask


def test_every_state_is_told_and_shuts_nobody_out(mixed_screen: Screen) -> None:
    """List and facts say where each take stands; what is not ready cannot be approved; axe finds nothing in any."""
    page = mixed_screen.page
    for number, (name, (_, standing, state)) in enumerate(FATES.items()):
        page.click(f"#clip-{number}")
        page.wait_for_function(f"() => document.getElementById('clip-name').textContent === '{name}'")
        mixed_screen.settled()
        if standing:
            assert page.inner_text(f"#clip-{number} .standing") == standing, name
            assert state in page.inner_text("#facts"), name
            assert page.locator("#approve").is_disabled() == (state != "ready"), name
        assert violations(page) == [], name


def test_the_strip_leads_to_its_clips(mixed_screen: Screen) -> None:
    """The timeline above the page says what became of each clip; one in it, chosen by key, is shown below."""
    page = mixed_screen.page
    for number, state in enumerate(("replaced", "failed", "failed", "pending")):
        assert state in str(page.get_attribute(f".strip-picture a[href='#clip-{number}']", "aria-label"))
    page.focus(".strip-picture a[href='#clip-3']")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('clip-name').textContent === 'sh003'")


def test_media_that_was_taken_away_is_told(mixed_screen: Screen) -> None:
    """The take without its file is no empty frame: a sentence says what makes it again, and its original is shown."""
    page = mixed_screen.page
    page.click("#clip-4")
    page.wait_for_function("() => document.getElementById('trouble').textContent.includes('otiocomet relink')")
    mixed_screen.settled()
    assert page.evaluate("document.getElementById('original').readyState") >= 2
    assert page.locator("#take").is_hidden()
    assert page.locator("#approve").is_disabled()


def test_a_job_of_which_nothing_is_home(screen: Screen, tmp_path: Path) -> None:
    """Before anything was sent the page shows the originals, steps through them, and asks for no decision."""
    job = TinyRoad(tmp_path).job(["snow", "rain"])
    with served(job) as server:
        page = screen.page
        page.goto(server.url)
        page.wait_for_function("() => document.getElementById('original').readyState >= 2")
        screen.settled()
        assert "Take 1 has no picture yet." in page.inner_text("#trouble")
        before = page.inner_text("#timecode")
        page.keyboard.press("ArrowRight")
        screen.settled()
        assert page.inner_text("#timecode") != before
        page.keyboard.press("l")
        page.wait_for_timeout(300)
        page.keyboard.press("k")
        assert page.locator("#approve").is_disabled()
        assert page.evaluate("[...document.querySelectorAll('video')].every((video) => video.muted)")
        assert violations(page) == []
        page.goto("about:blank")


def test_a_timeline_without_takes_is_a_page_too(screen: Screen, tmp_path: Path) -> None:
    """No clip, no error in any key, and a sentence that says so."""
    (tmp_path / "assets").mkdir()
    for name in ASSETS:
        (tmp_path / "assets" / name).write_bytes(asset(name) or b"")
    (tmp_path / "index.html").write_text(page_of(Sheet("empty.cometjob", "empty", ()), live=False), "utf-8")
    page = screen.page
    page.goto((tmp_path / "index.html").as_uri())
    for key in ("ArrowRight", "End", "ArrowDown", " ", "l", "j", "k", "a", "2", "w"):
        page.keyboard.press(key)
    page.click("#play")
    page.click("#forward")
    assert "No clip of this timeline has a take." in page.inner_text(".clips")
    assert violations(page, from_disk=True) == []


def test_takes_past_the_ninth_are_reached_by_keys(screen: Screen, tmp_path: Path) -> None:
    """Of twelve takes the digits reach nine; from the last of those the arrows of the group go on to the others."""
    job = TinyRoad(tmp_path).job(["snow"], takes=12)
    with served(job) as server:
        page = screen.page
        page.goto(server.url)
        page.wait_for_function("() => document.getElementById('original').readyState >= 2")
        page.keyboard.press("9")
        page.wait_for_function("() => document.getElementById('take-caption').textContent === 'Take 9'")
        page.focus(".take-button[aria-checked=true]")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.getElementById('take-caption').textContent === 'Take 12'")
        assert page.evaluate("document.activeElement.textContent.trim()").startswith("Take 12")
        assert violations(page) == []
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert violations(page) == []
        page.goto("about:blank")


def test_what_goes_on_elsewhere_appears_by_itself(screen: Screen, tmp_path: Path) -> None:
    """While the page is open another hand sends and fetches the job: take and strip are shown without a click."""
    road = TinyRoad(tmp_path)
    job = road.job(["snow"])
    with served(job) as server, MockServer() as service:
        page = screen.page
        page.goto(server.url)
        page.wait_for_function("() => document.getElementById('trouble').textContent.includes('no picture yet')")
        page.fill("#note", "half a thought")
        assert road.resume(job, service).problems == ()
        page.wait_for_function("() => document.getElementById('take').readyState >= 2", timeout=30_000)
        assert page.inner_text("#clip-0 .standing") == "to decide"
        assert page.input_value("#note") == "half a thought"
        assert page.locator("#approve").is_enabled()
        page.wait_for_function("() => document.querySelector('.strip-picture').textContent.includes('1 replaced')")
        assert violations(page) == []
        page.goto("about:blank")


def test_history_and_other_timelines_are_at_hand(screen: Screen, tmp_path: Path) -> None:
    """What was said of a take is read newest first, the other timeline is one link away, and nobody is shut out."""
    road = TinyRoad(tmp_path)
    job = road.job(["snow", "ink"])
    with MockServer() as service:
        assert road.resume(job, service).problems == ()
    trailer = road.timeline(["snow", "ink"])
    trailer.name = "trailer, second version"
    Job.with_plan(job, Plan(trailer.name, (), ()), timeline=trailer, source_path=str(tmp_path / "trailer.otio")).close()
    with Job(job) as opened, ReviewServer(Opening(opened, opened.timeline("tiny"), Settings(), "mia")) as server:
        page = screen.opened(server.url).page
        assert page.locator("#history").is_hidden()
        page.fill("#note", "too blue <b>")
        page.click("#save-note")
        page.wait_for_selector("#history:not([hidden])")
        page.click("#reject")
        page.click("#history summary")
        page.wait_for_function("() => document.querySelectorAll('#history-words li').length === 2")
        said = page.locator("#history-words li").all_inner_texts()
        assert [line.split(" 2")[0] for line in said] == ["mia rejected", "mia noted"]
        assert said[1].endswith("too blue <b>")
        page.click(".timelines summary")
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 800})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.inner_text("a[aria-current=page]").startswith("tiny")
        page.click("text=trailer, second version")
        page.wait_for_function("() => document.querySelector('h1').textContent.startsWith('trailer')")
        assert page.inner_text(".empty") == "No clip of this timeline has a take."
        assert violations(page) == []
        page.goto("about:blank")
