"""The review page: what it shows, how its pictures are served, and that strangers' words stay words."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import pytest

from otio_cometapi.records import Review, Sheet, SheetClip, SheetTake, Verdict
from otio_cometapi.review.page import ASSETS, asset, page
from support.numbered import numbers_of
from support.review_desk import PROMPTS, Browser

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`\u202e{{7*7}}\ud800"
TAKE = SheetTake(
    "t1-a", 1, "READY", "Its media is verified.", EVIL, EVIL, 7, "0.44 USD assumed", original_key="o", media_key="m"
)
CLIP = SheetClip(3, EVIL, EVIL, "01:00:00:00", "01:00:01:00", EVIL, Fraction(24), False, 0, 24, "t1-a", (TAKE,))
HOSTILE = Sheet(EVIL, EVIL, (CLIP,))


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))


def hostile(**more: Any) -> str:
    """Return a page on which every string of a stranger is an attack."""
    said = Review(Verdict.APPROVED, EVIL, 1.0, chosen=True, note=EVIL, noted_by=EVIL)
    take = replace(TAKE, message=EVIL, images=(EVIL,), flags=(EVIL,), review=said)
    return page(replace(HOSTILE, clips=(replace(CLIP, takes=(take,)),)), live=True, **more)


def test_strangers_words_stay_words() -> None:
    """Names, prompts, notes and flags that hold markup make no element and no attribute."""
    usual = Reader(page(Sheet("job", "cut", (replace(CLIP, name="a", track="V1", source="s"),)), live=True))
    found = Reader(hostile())
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in usual.tags]
    assert not any(name.startswith("on") for _, values in found.tags for name in values)


def test_the_page_can_be_written_whatever_stands_in_it() -> None:
    """Halves of characters and turned lines are replaced before they reach a file or a screen."""
    text = hostile()
    text.encode("utf-8")
    assert "\u202e" not in text
    assert "{{7*7}}" in text.replace("{{7*7}}", "{{7*7}}")
    assert "49" not in re.findall(r"<b>(.*?)</b>", text)[0]


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    """No style, no script and no handler in the page; every address in it is a relative one."""
    found = Reader(page(Sheet("job", "cut", (CLIP,)), live=True))
    for tag, values in found.tags:
        assert "style" not in values, (tag, values)
        assert tag != "style"
        if tag == "script":
            assert values.get("type") == "application/json" or values["src"] is not None
        for name in ("src", "href"):
            assert not re.match(r"(?i)[a-z]+:|//", values.get(name) or ""), (tag, values)


def test_what_the_page_loads_is_there() -> None:
    """Every asset that it names exists, and no other name leads to a file."""
    text = page(Sheet("job", "cut", (CLIP,)), live=True)
    named = set(re.findall(r'(?:src|href)="assets/([^"]+)"', text))
    assert named == set(ASSETS)
    assert all(asset(name) for name in ASSETS)
    for name in ("review.html", "../page.py", "page.py", "", "..", "/etc/passwd"):
        assert asset(name) is None


def test_the_scripts_make_no_markup_of_words() -> None:
    """No script writes HTML, evaluates text or speaks to another host."""
    for name in ASSETS:
        text = (asset(name) or b"").decode()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), name


def test_the_served_page_shows_every_clip_and_take(browser: Browser) -> None:
    """Two clips with two takes each, their looks, seeds, costs and where they stand; no path of this machine."""
    text = browser.ask("/").body.decode()
    sheet = browser.sheet()
    assert [clip["name"] for clip in sheet["clips"]] == ["sh000", "sh001"]
    for clip, prompt in zip(sheet["clips"], PROMPTS, strict=True):
        assert [take["number"] for take in clip["takes"]] == [1, 2]
        assert {take["prompt"] for take in clip["takes"]} == {prompt}
        assert all(take["cost"].endswith("USD assumed") and take["state"] == "READY" for take in clip["takes"])
        assert clip["shown"] == clip["takes"][0]["id"]
        assert clip["standing"] == "open"
    assert "<script>alert" not in text
    assert str(browser.server._room._job.path.parent) not in text


def test_a_video_is_served_in_ranges(browser: Browser) -> None:
    """A browser can seek: part of a file comes as part, with its place; past its end is refused."""
    take = browser.sheet()["clips"][0]["takes"][0]
    for place in (take["original"], take["media"]):
        whole = browser.ask(f"/{place}")
        assert (whole.status, whole.headers["content-type"]) == (200, "video/mp4")
        assert whole.headers["accept-ranges"] == "bytes"
        part = browser.ask(f"/{place}", Range="bytes=10-19")
        assert (part.status, part.body) == (206, whole.body[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(whole.body)}"
        assert browser.ask(f"/{place}", Range=f"bytes={len(whole.body)}-").status == 416


def test_thumbnails_and_differences_are_made_when_they_are_asked_for(browser: Browser) -> None:
    """Nothing is made before; then a JPEG, and a number for every frame."""
    folder = browser.server._room._job.folder.review
    take = browser.sheet()["clips"][0]["takes"][0]
    browser.ask("/")
    assert not folder.exists()
    assert browser.ask(f"/{take['thumbnail']}").body[:2] == b"\xff\xd8"
    found = browser.ask(f"/{take['difference']}").json
    assert len(found) == take["frames"]
    assert all(1 < value < 255 for value in found)
    assert folder.stat().st_mode & 0o077 == 0 or folder.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "path",
    [
        "/take/../../private/ledger.sqlite",
        "/take/%2e%2e%2f%2e%2e%2fjob.json",
        "/take/..%5c..%5cjob.json",
        "/original//etc/passwd",
        "/assets/../page.py",
        "/assets/%2e%2e/page.py",
        "/assets/review.html",
        "/take/.mp4",
        "/take/%00.mp4",
        "/difference/KEY.mp4",
        "/take/KEY.json",
        "/take/KEY.mp4.json",
        "/private/ledger.sqlite",
        "/job.json",
    ],
)
def test_no_address_leads_to_another_file(browser: Browser, path: str) -> None:
    """What is not on the sheet is not there, whatever the address is made of."""
    key = browser.sheet()["clips"][0]["takes"][0]["media"].split("/")[1].split(".")[0]
    assert browser.ask(path.replace("KEY", key)).status == 404


def test_what_cannot_be_shown_is_said(browser: Browser) -> None:
    """Where the original is offline, its proxy is an error in words, and the take plays all the same."""
    job = browser.server._room._job
    take = browser.sheet()["clips"][0]["takes"][0]
    source = job.takes()[0].info.path
    from pathlib import Path

    moved = Path(source).rename(Path(source).with_suffix(".away"))
    try:
        answer = browser.ask(f"/{take['original']}")
        assert answer.status == 404
        assert "does not exist" in answer.json["problem"]
        assert browser.ask(f"/{take['media']}").status == 200
    finally:
        moved.rename(source)


def test_an_original_is_shown_frame_for_frame(browser: Browser, tmp_path: Any) -> None:
    """The proxy has as many frames as the take's media, at its rate."""
    take = browser.sheet()["clips"][1]["takes"][0]
    place = tmp_path / "proxy.mp4"
    place.write_bytes(browser.ask(f"/{take['original']}").body)
    assert len(numbers_of(place, rows=())) == take["frames"] == 12


def test_an_answer_to_the_script_costs_one_look(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a decision brings back reads the takes once and draws no strip, so that 500 clips stay quick."""
    from otio_cometapi.pipeline import sheet
    from otio_cometapi.pipeline.job import Job

    looks = []
    takes = Job.takes
    monkeypatch.setattr(Job, "takes", lambda job, **which: looks.append(1) or takes(job, **which))
    monkeypatch.setattr(sheet, "strip_of", None)
    assert len(browser.sheet()["clips"]) == 2
    assert len(looks) == 1
