"""The review page in a real browser: what is on the screen, frame by frame."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import opentimelineio as otio
import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import PlanOptions, RunOrder, SendOptions
from otio_cometapi.pipeline.relink import relink
from otio_cometapi.pipeline.review_folder import write_review_folder
from otio_cometapi.pipeline.run import run
from otio_cometapi.records import Sheet, SheetClip, SheetTake
from otio_cometapi.review.page import page as page_of
from otio_cometapi.timecode import label_text
from support.numbered import write_numbered
from support.review_desk import copied, served, settings_for
from support.screens import Screen, violations

pytestmark = pytest.mark.proof

FILM = Fraction(24000, 1001)
COUNT = 60
HEAD = 8
"""Handles before the cut."""
RECORD = """
() => {
  window.shown = [[], []];
  [...document.querySelectorAll("video")].forEach((video, which) => {
    const each = (now, facts) => {
      window.shown[which].push([facts.expectedDisplayTime, Math.round(facts.mediaTime * %RATE%)]);
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
  });
}
""".replace("%RATE%", str(float(FILM)))
"""Writes down which frame each player shows when."""


@pytest.fixture(scope="session")
def numbered_job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take one clip of a numbered ProRes film down the road, twice; return the job."""
    folder = tmp_path_factory.mktemp("numbered")
    film = write_numbered(folder / "film.mov", frame_count=COUNT + 40, rate=FILM, row=1, codec="prores_ks")
    rate = float(FILM)
    clip = otio.schema.Clip(
        "sh010",
        otio.schema.ExternalReference(str(film), span(0, COUNT + 40, rate)),
        span(20, COUNT, rate),
        metadata={"cometapi": {"prompt": "snow"}},
    )
    track = otio.schema.Track("V1", kind="Video")
    track.append(clip)
    cut = otio.schema.Timeline("numbered", global_start_time=otio.opentime.RationalTime(0, rate))
    cut.tracks.append(track)
    with MockServer() as server:
        order = RunOrder(
            output=folder / "out.otio",
            job=folder / "numbered.cometjob",
            options=PlanOptions(select=("all",), look={"takes": 2}, media_root=folder),
            send=SendOptions(poll_interval_s=0.05),
        )
        assert run(cut, order, settings=settings_for(server)).problems == ()
    return order.job


def span(first: int, count: int, rate: float) -> otio.opentime.TimeRange:
    """Return a range of frames."""
    return otio.opentime.TimeRange(otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(count, rate))


@pytest.fixture
def job(numbered_job: Path, tmp_path: Path) -> Path:
    """Return a copy of the numbered job."""
    return copied(numbered_job, tmp_path)


@pytest.fixture
def shown(job: Path, screen: Screen) -> Iterator[Screen]:
    """Yield the numbered job's page, served."""
    with served(job) as server:
        yield screen.opened(server.url)


def test_both_players_step_frame_by_frame(shown: Screen) -> None:
    """From the cut's first frame on, arrows, shift, home, end and the slider show that very frame in both players."""
    keys = shown.page.keyboard
    assert shown.numbers() == [20, 20]
    for key, number in (
        ("ArrowRight", 21), ("ArrowRight", 22), ("ArrowLeft", 21), ("Shift+ArrowRight", 31), ("End", 20 + COUNT - 1),
        ("ArrowRight", 20 + COUNT - 1), ("ArrowLeft", 20 + COUNT - 2), ("Home", 20), ("ArrowLeft", 20),
    ):  # fmt: skip
        keys.press(key)
        shown.settled()
        assert shown.numbers() == [number, number], key
    shown.page.evaluate(
        "() => { const s = document.getElementById('scrub'); s.value = 37; s.dispatchEvent(new Event('input')); }"
    )
    shown.settled()
    assert shown.numbers() == [20 + 37 - HEAD] * 2


def test_ten_quick_steps_are_ten_frames(shown: Screen) -> None:
    """Keys that come faster than the players seek are all counted."""
    for _ in range(10):
        shown.page.keyboard.press("ArrowRight")
    shown.settled()
    assert shown.numbers() == [30, 30]


def test_handles_are_shown_when_asked_for(shown: Screen) -> None:
    """With handles the first frame is the first that was sent."""
    shown.page.check("#handles")
    shown.page.keyboard.press("Escape")
    shown.page.evaluate("document.activeElement.blur()")
    shown.page.keyboard.press("Home")
    shown.settled()
    assert shown.numbers() == [20 - HEAD] * 2


@pytest.mark.parametrize("speed", [1, 2])
def test_playing_stays_in_step(shown: Screen, speed: int) -> None:
    """
    From start to stop, without a loop's jump, they never show frames more than one apart; a stop is one frame.

    Where the machine is too busy to draw every frame, a picture of the screen moves on by several, and nothing tells
    apart what lies less than that apart.
    """
    shown.page.uncheck("#loop")
    shown.page.evaluate("document.activeElement.blur()")
    shown.page.evaluate(RECORD)
    for _ in range(speed):
        shown.page.keyboard.press("l")
        shown.page.wait_for_timeout(150)
    shown.page.wait_for_timeout(1500 // speed)
    shown.page.keyboard.press("k")
    shown.settled()
    numbers = shown.numbers()
    assert numbers[0] == numbers[1]
    first, second = shown.page.evaluate("window.shown")
    beside = [nearest(second, when) for _, (when, _) in steady(first)]
    apart = [abs(frame - other) for (_, (_, frame)), (other, _) in zip(steady(first), beside, strict=True)]
    drawn = [
        max(1, frame - last, moved) for ((_, last), (_, frame)), (_, moved) in zip(steady(first), beside, strict=True)
    ]
    assert len(apart) >= 12
    assert all(far <= step for far, step in zip(apart, drawn, strict=True)), (apart, drawn, first, second)
    assert len({frame for _, frame in first}) > 12


def steady(shown: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    """Return what one player showed while it moved, from its third frame on, each after what it showed before."""
    moved = [(before, each) for before, each in pairwise(shown) if 0 < each[1] - before[1] < 6]
    return moved[2:]


def nearest(shown: list[list[float]], when: float) -> tuple[int, int]:
    """Return the frame that the other player showed at a moment, and how many it had moved on by with it."""
    at = min(range(len(shown)), key=lambda each: abs(shown[each][0] - when))
    around = [round(abs(shown[each][1] - shown[at][1])) for each in (at - 1, at + 1) if 0 <= each < len(shown)]
    return round(shown[at][1]), max((step for step in around if step < 6), default=0)


def test_backwards_goes_backwards(shown: Screen) -> None:
    """J from the end plays towards the start, both players on one frame when it stops."""
    shown.page.keyboard.press("End")
    shown.settled()
    shown.page.keyboard.press("j")
    shown.page.wait_for_timeout(700)
    shown.page.keyboard.press("k")
    shown.settled()
    numbers = shown.numbers()
    assert numbers[0] == numbers[1]
    assert 20 < numbers[0] < 20 + COUNT - 5


def test_an_approval_changes_the_relinked_timeline(shown: Screen, job: Path) -> None:
    """Take 2, chosen with a key and approved with another, is active when the timeline is relinked."""
    with Job(job) as opened:
        before = [str(clip.active_media_reference_key) for clip in relink(opened).timeline.find_clips()]
    shown.page.keyboard.press("2")
    shown.page.wait_for_function("() => document.getElementById('take-caption').textContent === 'Take 2'")
    shown.page.keyboard.press("a")
    shown.page.wait_for_function("() => document.getElementById('news').textContent.includes('approved')")
    shown.page.fill("#note", "sits <b>well</b>")
    shown.page.click("#save-note")
    shown.page.wait_for_function("() => document.getElementById('news').textContent.includes('noted')")
    assert shown.page.inner_text("#clip-0 .standing") == "approved"
    with Job(job) as opened:
        (clip,) = relink(opened).timeline.find_clips()
        second = next(take for take in opened.takes() if take.number == 2)
    assert [str(clip.active_media_reference_key)] != before
    assert clip.active_media_reference_key == f"cometapi:{second.take_id}"
    assert clip.media_reference.metadata["cometapi"]["review"]["note"] == "sits <b>well</b>"


def test_another_take_is_asked_for_and_appears(job: Path, screen: Screen) -> None:
    """The price is shown first; after the yes the third take appears on the page by itself."""
    with MockServer() as service, served(job, settings=settings_for(service)) as server:
        opened = screen.opened(server.url).page
        opened.click("summary:has-text('Another take')")
        opened.fill("#prompt", "ink on paper")
        opened.click("#ask-price")
        opened.wait_for_selector("#offer:not([hidden])")
        assert "USD (assumed)" in opened.inner_text("#offer-words")
        assert service.verify()["creates"] == 0
        opened.click("#order")
        opened.wait_for_function(
            "() => [...document.querySelectorAll('.take-button')].some((each) => each.textContent.trim() === 'Take 3')",
            timeout=40_000,
        )
        assert service.verify()["creates"] == 1


def test_nobody_is_shut_out(shown: Screen) -> None:
    """No violation by axe: as the page opens, with the wipe and an offer, narrow, and in the list of keys."""
    assert violations(shown.page) == []
    shown.page.keyboard.press("w")
    shown.page.keyboard.press("a")
    shown.page.click("summary:has-text('Another take')")
    shown.page.click("#ask-price")
    shown.page.wait_for_selector("#offer:not([hidden])")
    assert violations(shown.page) == []
    shown.page.set_viewport_size({"width": 390, "height": 800})
    assert violations(shown.page) == []
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 390
    shown.page.click("#open-keys")
    assert violations(shown.page) == []


def test_single_letters_can_be_switched_off(shown: Screen) -> None:
    """Without them no letter decides, and the arrows still step (WCAG 2.1.4)."""
    shown.page.click("#open-keys")
    shown.page.uncheck("#single-keys")
    shown.page.click("dialog button")
    shown.page.evaluate("document.activeElement.blur()")
    shown.page.keyboard.press("r")
    shown.page.keyboard.press("ArrowRight")
    shown.settled()
    assert shown.numbers() == [21, 21]
    assert shown.page.inner_text("#clip-0 .standing") == "to decide"


def test_five_hundred_clips_cost_two_players(screen: Screen, tmp_path: Path, numbered_job: Path) -> None:
    """The page has two video elements, loads what is on the screen, and the next clip loads its own files alone."""
    with Job(numbered_job) as opened:
        write_review_folder(opened, tmp_path / "page")
    folder = tmp_path / "page"
    originals = list((folder / "original").iterdir())
    media = list((folder / "take").iterdir())
    thumbnail = next(iter((folder / "thumbnail").iterdir()))
    clips = []
    for number in range(500):
        shutil.copy(thumbnail, folder / "thumbnail" / f"n{number}.jpg")
        take = SheetTake(
            f"t1-{number}", 1, "READY", "", "snow", "gen4_aleph", number, "0.10 USD assumed",
            media_frames=COUNT, original_key=originals[0].stem, media_key=media[0].stem, thumbnail_key=f"n{number}",
        )  # fmt: skip
        clips.append(
            SheetClip(number, f"sh{number:03d}", "V1", "", "", "film.mov", FILM, False, 0, COUNT, take.take_id, (take,))
        )
    (folder / "index.html").write_text(page_of(Sheet("many", "many", tuple(clips)), live=False), "utf-8")
    opened_page = screen.opened((folder / "index.html").as_uri()).page
    assert opened_page.locator("video").count() == 2
    assert opened_page.locator(".row").count() == 500
    assert opened_page.evaluate("document.querySelectorAll('*').length") < 500 * 10
    thumbnails = sum("/thumbnail/" in url for url in screen.asked)
    assert 5 <= thumbnails <= 60
    assert sum(url.endswith(".mp4") for url in screen.asked) <= 6
    opened_page.keyboard.press("ArrowDown")
    screen.settled()
    assert opened_page.inner_text("#clip-name") == "sh001"
    opened_page.evaluate("document.querySelector('.clips').scrollTop = 1e6")
    opened_page.wait_for_timeout(300)
    assert sum("/thumbnail/" in url for url in screen.asked) < 160


def test_the_folder_opens_from_the_disk(screen: Screen, tmp_path: Path, numbered_job: Path) -> None:
    """Without a server both players step and play, the differences are drawn, and every decision is off."""
    with Job(numbered_job) as opened:
        write_review_folder(opened, tmp_path / "page")
    found = screen.opened((tmp_path / "page" / "index.html").as_uri()).page
    found.keyboard.press("ArrowRight")
    screen.settled()
    places = found.evaluate("[...document.querySelectorAll('video')].map((video) => video.currentTime)")
    assert [int(place * FILM) for place in places] == [HEAD + 1, HEAD + 1]
    assert "Difference to the original" in found.inner_text("#difference-words")
    found.keyboard.press("l")
    found.wait_for_timeout(700)
    found.keyboard.press("k")
    screen.settled()
    played = found.evaluate("[...document.querySelectorAll('video')].map((video) => video.currentTime)")
    assert int(played[0] * FILM) == int(played[1] * FILM) > HEAD + 3
    assert all(
        found.locator(f"#{name}").is_disabled() for name in ("approve", "reject", "choose", "clear", "note", "prompt")
    )
    assert violations(found, from_disk=True) == []


@pytest.mark.parametrize(
    "rate", [FILM, Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)], ids=str
)
def test_the_pages_timecode_is_pythons(screen: Screen, tmp_path: Path, rate: Fraction) -> None:
    """Numbers around every minute of two hours, drop frame and not, read the same on the page as everywhere else."""
    from otio_cometapi.review.page import asset

    (tmp_path / "t.html").write_text(
        f"<title>t</title><script>{(asset('timecode.js') or b'').decode()}</script>", "utf-8"
    )
    screen.page.goto((tmp_path / "t.html").as_uri())
    nominal = round(rate)
    numbers = [60 * nominal * minute + more for minute in range(121) for more in range(-70, 8, 3)] + [-1, 0, 10**7]
    for drop in (False, True):
        found = screen.page.evaluate(
            "([numbers, rate, drop]) => numbers.map((number) => comet.timecode(number, rate, drop))",
            [numbers, [rate.numerator, rate.denominator], drop],
        )
        assert found == [label_text(number, rate, drop_frame=drop) for number in numbers]


def test_a_comparison_that_takes_long_has_a_name(screen: Screen, job: Path) -> None:
    """While the differences are not there yet the picture of them says so, to those who listen too."""
    with served(job) as server:
        screen.page.route("**/difference/*", lambda route: None)  # an answer that does not come
        found = screen.opened(server.url).page
        assert found.inner_text("#difference-words") == "Comparing with the original."
        assert violations(found) == []
