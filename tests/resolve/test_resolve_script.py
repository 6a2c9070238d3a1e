"""The script for DaVinci Resolve, at a stand-in that has the documented calls and no other, with the real program."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

from support import road
from support.numbered import numbers_of
from support.resolve_desk import HOUR, Editor, ResolveDesk, panel
from support.resolve_stand_in import Marks, Resolve

ORANGE = {"sh020": Marks("Orange"), "sh040": Marks("Orange")}
CHOICE = {"clips": "clip colour Orange", "prompt": "make it snow", "button": "plan"}
SEND = {"button": "send"}
END = {"button": "end"}


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Yield a simulator."""
    with road.simulator() as url:
        yield url


@pytest.fixture
def desk(tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch) -> ResolveDesk:
    """Return a project in the stand-in."""
    return ResolveDesk(tmp_path, service, monkeypatch)


@dataclass
class Sent:
    """A cut that was sent."""

    desk: ResolveDesk
    host: Resolve
    before: str
    """The timeline that was open, before."""
    editor: Editor
    answered: list[int]
    """What the review page's server answered to one browser that asked twice."""


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, service: str) -> Iterator[Sent]:
    """Send the orange clips of a cut, once for the tests that look at what came of it."""
    with pytest.MonkeyPatch.context() as patch:
        desk = ResolveDesk(tmp_path_factory.mktemp("resolve"), service, patch)
        host = desk.resolve(ORANGE)
        before = host._project._timelines[0]._made.to_json_string()
        editor, answered = Editor([CHOICE, SEND, END]), []
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        editor.on_form = lambda form: form.link and answered.extend([browser.open(form.link).status for _ in "12"])
        code = desk.start(host, editor)
        assert code == 0, editor.said
        yield Sent(desk, host, before, editor, answered)


def timelines(host: Resolve) -> list[str]:
    """Return the names of the project's timelines."""
    return [each.GetName() for each in host._project._timelines]


def shown(host: Resolve, track: str) -> list[tuple[str, int, list[int]]]:
    """Return, of every clip on a track of the newest timeline: name, first frame, and the numbers its media shows."""
    made = host._project._timelines[-1]
    names = {made.GetTrackName("video", number): number for number in range(1, made.GetTrackCount("video") + 1)}
    found = []
    for item in made.GetItemListInTrack("video", names[track]):
        pool_item = item.GetMediaPoolItem()
        assert pool_item is not None, f"{item.GetName()} is offline"
        clip = item._clip
        first = round((clip.source_range.start_time - clip.media_reference.available_range.start_time).value)
        numbers = numbers_of(pool_item.GetClipProperty("File Path"))[first : first + item.GetDuration()]
        found.append((item.GetName(), item.GetStart(), [each[1] for each in numbers]))
    return found


def test_a_new_version_shows_the_takes_frame_for_frame(sent: Sent) -> None:
    """The clips of one colour, and no others, have takes above them: online, in place, every frame the right one."""
    assert timelines(sent.host) == ["Night 2/3", "Night 2/3 comet v001"]
    assert shown(sent.host, "COMET Video 1") == [("sh020", HOUR + 30, list(range(40, 64)))]
    assert shown(sent.host, "COMET Video 2") == [("sh040", HOUR + 32, list(range(110, 126)))]
    assert [name for name, _, _ in shown(sent.host, "Video 1")] == ["sh010", "sh020", "sh030"]


def test_what_was_there_is_as_it_was(sent: Sent) -> None:
    """The open timeline, the bins beside COMET and the current bin are untouched."""
    pool = sent.host._project._pool
    assert sent.host._project._timelines[0]._made.to_json_string() == sent.before
    assert pool.GetCurrentFolder() is pool.GetRootFolder()
    assert [clip.GetName() for clip in pool.GetRootFolder().GetClipList()] == ["plates.mp4"]
    assert pool._timelines == {"Night 2/3 comet v001": "COMET"}


def test_the_price_is_shown_before_anything_is_sent(sent: Sent) -> None:
    """The second form has the clips that were meant, with timecode and look, each warning once, and the estimate."""
    form = sent.editor.forms[1]
    assert form.title == "3.00 s of video, about 0.45 USD (assumed)"
    assert [row[0] for row in form.rows] == ["clip", "sh020", "sh040"]
    assert len([said for said in form.lines if "retired" in said]) == 1
    assert form.rows[1] == ["sh020", "Video 1", "01:00:01:06", "sent to gen4_aleph: make it snow"]


def test_the_review_page_is_opened_and_ends_with_the_script(sent: Sent) -> None:
    """Its address is opened in the browser, it answers until the editor ends it, and no server is left."""
    assert sent.answered == [200, 200]
    assert sent.desk.opened == [sent.editor.forms[2].link]
    with pytest.raises(OSError, match="refused"):
        urlopen(sent.editor.forms[2].link)


def test_what_was_told_is_the_editors_alone(sent: Sent) -> None:
    """The review page's address lies in a file that nobody else on the machine may read, and so do the rest."""
    told = [path for path in sent.desk.takes.iterdir() if path.stem in ("plan", "run", "review")]
    assert len(told) == 6
    assert [path.name for path in told if path.stat().st_mode & 0o077] == []


def test_the_same_again_costs_nothing_and_brings_nothing_twice(
    sent: Sent, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second start finds the job: no create more, no version more; it says which one shows the takes."""
    desk = ResolveDesk(sent.desk.folder, service, monkeypatch)
    before = desk.verify()["creates"]
    editor = Editor([{"button": "relink"}])
    assert desk.start(sent.host, editor) == 0
    assert "'Night 2/3 comet v001' shows these takes already." in editor.said
    again = Editor([CHOICE, SEND, END])
    assert desk.start(sent.host, again) == 0
    assert {row[3] for row in again.forms[1].rows[1:]} == {"there already: costs nothing"}
    assert again.forms[1].title == "0.00 s of video, about 0.00 USD (assumed)"
    assert desk.verify()["creates"] == before
    assert timelines(sent.host) == ["Night 2/3", "Night 2/3 comet v001"]


def test_without_a_review_page_the_takes_come_in_all_the_same(desk: ResolveDesk) -> None:
    """Where the page cannot be served, nothing is opened, nobody is asked to end it, and the version stands."""
    program = panel("program")
    start = program.start

    def started(arguments: list[str], told: Path) -> Any:
        return start(["review", "nowhere.cometjob"] if arguments[0] == "review" else arguments, told)

    desk.monkeypatch.setattr(program, "start", started)
    host = desk.resolve({"sh040": Marks("Orange")})
    editor = Editor([{**CHOICE, "prompt": "make it dark"}, SEND])
    assert desk.start(host, editor) == 0, editor.said
    assert timelines(host) == ["Night 2/3", "Night 2/3 comet v001"]
    assert desk.opened == []


class KilledError(BaseException):
    """The script's own process died."""


def test_a_killed_sending_goes_on_and_pays_nothing_twice(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Program and script are killed once tasks are known; starting again goes on with them and imports the takes."""
    desk = ResolveDesk(tmp_path, service, monkeypatch, installed=True)
    host, before = desk.resolve(ORANGE), desk.verify()["creates"]
    program, started = panel("program"), []
    start = program.start

    def remembered(*arguments: Any) -> Any:
        started.append(start(*arguments))
        return started[-1]

    looks = []

    def kill() -> None:
        if desk.verify()["creates"] == before + 2:
            looks.append("both are at the service")
        if len(looks) > 1:  # and in the books
            for each in started:
                if each.process.poll() is None:
                    os.kill(each.process.pid, signal.SIGKILL)
                    each.process.wait()
            raise KilledError

    desk.monkeypatch.setattr(program, "start", remembered)
    desk.arguments = ("--poll-interval", "30")
    with pytest.raises(KilledError):
        desk.start(host, Editor([{**CHOICE, "prompt": "make it rain"}, SEND], on_tell=kill))
    assert timelines(host) == ["Night 2/3"]
    desk.arguments = ("--poll-interval", "0.05")
    editor = Editor([{"button": "resume"}, END])
    assert desk.start(host, editor) == 0, editor.said
    found = desk.verify()
    assert (found["creates"] - before, found["duplicates"]) == (2, [])
    assert timelines(host) == ["Night 2/3", "Night 2/3 comet v001"]


def test_no_is_an_answer(desk: ResolveDesk) -> None:
    """Who cancels at the estimate has sent nothing, and nothing stands in the project or in a job."""
    host, before = desk.resolve(ORANGE), desk.verify()["creates"]
    editor = Editor([CHOICE, {"button": ""}])
    assert desk.start(host, editor) == 1
    assert "Nothing was sent, as you wished." in editor.said
    assert desk.verify()["creates"] == before
    assert timelines(host) == ["Night 2/3"]
    assert not (desk.takes / "comet.cometjob").exists()


def test_above_the_budget_nothing_is_sent(desk: ResolveDesk) -> None:
    """The program's refusal is shown as it stands, and nothing is imported."""
    host, before = desk.resolve(ORANGE), desk.verify()["creates"]
    editor = Editor([{**CHOICE, "budget": "1s"}, SEND])
    assert desk.start(host, editor) == 1
    assert "--budget" in editor.said[-1]
    assert desk.verify()["creates"] == before
    assert timelines(host) == ["Night 2/3"]
