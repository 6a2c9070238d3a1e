"""What people decide on the page steers what `relink` lays, and is written down for good."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from click.testing import CliRunner

from cometapi_mock.server import MockServer
from otio_cometapi import judge, reviews
from otio_cometapi.cli import cli
from otio_cometapi.errors import JobError, WrongUsageError
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.link import link_clip
from otio_cometapi.pipeline.options import PlanOptions
from otio_cometapi.pipeline.plan import plan
from otio_cometapi.pipeline.relink import relink
from otio_cometapi.settings import Settings
from support.review_desk import PROMPTS, Browser, served, settings_for
from support.tiny_road import FRAMES, TinyRoad


def active(job: Path) -> list[str]:
    """Return the active reference's key of every clip, as `relink` lays them now."""
    with Job(job) as opened:
        return [str(clip.active_media_reference_key) for clip in relink(opened).timeline.find_clips()]


def decide(browser: Browser, clip: int, take: int, word: str, text: str = "") -> Any:
    """Say something of a take, by its place; return the clip as it stands then."""
    found = browser.sheet()["clips"][clip]
    values = {"take": found["takes"][take]["id"], "clip": found["index"], "word": word, "text": text}
    answer = browser.post("/decide", values)
    assert answer.status == 200, answer.body
    return answer.json["clips"][clip]


def test_the_approved_take_is_shown(browser: Browser, job: Path) -> None:
    """An approval of take 2 makes it active on its clip and leaves the other clip as it was."""
    first, second = (clip["takes"] for clip in browser.sheet()["clips"])
    assert active(job) == [f"cometapi:{first[0]['id']}", f"cometapi:{second[0]['id']}"]
    clip = decide(browser, 0, 1, "approve")
    assert (clip["standing"], clip["shown"]) == ("approved", first[1]["id"])
    assert active(job) == [f"cometapi:{first[1]['id']}", f"cometapi:{second[0]['id']}"]


def test_a_rejected_take_is_never_shown(browser: Browser, job: Path) -> None:
    """The other take is shown; with both rejected the original, with a sentence that says so, and nothing is lost."""
    takes = browser.sheet()["clips"][0]["takes"]
    decide(browser, 0, 0, "reject")
    assert active(job)[0] == f"cometapi:{takes[1]['id']}"
    assert decide(browser, 0, 1, "reject")["standing"] == "rejected"
    with Job(job) as opened:
        shown = relink(opened, wanted_takes=(takes[0]["id"],))
    clip = next(iter(shown.timeline.find_clips()))
    assert clip.active_media_reference_key == "DEFAULT_MEDIA"
    assert list(clip.media_references()) == ["DEFAULT_MEDIA"]
    assert any("its takes are rejected" in note for note in shown.shown.notes)
    assert clip.name not in shown.clips
    decide(browser, 0, 0, "clear")
    assert active(job)[0] == f"cometapi:{takes[0]['id']}"


def test_the_latest_word_counts(browser: Browser, job: Path) -> None:
    """Of an approved and a chosen take the one named last is shown, and taking it back brings the other again."""
    takes = browser.sheet()["clips"][0]["takes"]
    decide(browser, 0, 0, "approve")
    decide(browser, 0, 1, "choose")
    assert active(job)[0] == f"cometapi:{takes[1]['id']}"
    decide(browser, 0, 1, "clear")
    assert active(job)[0] == f"cometapi:{takes[0]['id']}"


def test_a_rejected_take_cannot_be_chosen(browser: Browser) -> None:
    """The refusal says what to do, and nothing is written down."""
    take = browser.sheet()["clips"][0]["takes"][0]["id"]
    decide(browser, 0, 0, "reject")
    answer = browser.post("/decide", {"take": take, "clip": 0, "word": "choose", "text": ""})
    assert answer.status == 409
    assert "take the rejection back" in answer.json["problem"]
    assert not browser.sheet()["clips"][0]["takes"][0]["review"]["chosen"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"word": "delete"}, "there is no decision"),
        ({"clip": 1}, "no such clip"),
        ({"clip": -1}, "no such clip"),
        ({"take": "t1-0000"}, "no take"),
        ({"take": ""}, "no take"),
        ({"word": "note", "text": "x" * 2001}, "2,001 letters"),
    ],
)
def test_what_cannot_be_meant_is_refused(browser: Browser, values: dict[str, Any], words: str) -> None:
    """Unknown words, takes and clips are refused by name."""
    take = browser.sheet()["clips"][0]["takes"][0]["id"]
    answer = browser.post("/decide", {"take": take, "clip": 0, "word": "approve", "text": "", **values})
    assert answer.status == 409
    assert words in answer.json["problem"]


def test_notes_stand_in_the_metadata(browser: Browser, job: Path, tmp_path: Path) -> None:
    """The relinked file's reference says who approved it, when, and what was noted, in the writer's own letters."""
    note = "more <snow> & less \u2018wind\u2019\nin the second half"
    decide(browser, 0, 0, "approve")
    decide(browser, 0, 0, "note", note)
    done = CliRunner().invoke(cli, ["relink", str(job), "-o", str(tmp_path / "out.otio")])
    assert done.exit_code == 0, done.output
    clip = next(iter(otio.adapters.read_from_file(str(tmp_path / "out.otio")).find_clips()))
    said = clip.media_reference.metadata["cometapi"]["review"]
    assert (said["verdict"], said["chosen"], said["by"]) == ("approved", True, "mia")
    assert (said["note"], said["noted_by"]) == (note, "mia")
    assert said["at"].endswith("+00:00")


def test_status_and_report_show_decisions(browser: Browser, job: Path) -> None:
    """`status --json` has every decision, `report` who approved; a take that nobody judged is in neither."""
    clip = decide(browser, 1, 1, "approve")
    status = json.loads(CliRunner().invoke(cli, ["status", str(job), "--json"]).output)
    (review,) = status["reviews"]
    assert (review["clip"], review["take"], review["verdict"], review["by"]) == (
        "sh001",
        clip["shown"],
        "approved",
        "mia",
    )
    report = json.loads(CliRunner().invoke(cli, ["report", str(job), "--json"]).output)
    assert [line["approved_by"] or "" for line in report["lines"]].count("mia") == 1


def test_python_judges_too(job: Path) -> None:
    """`judge` and `reviews` do what the page does; nothing said, or of nothing, is refused."""
    with Job(job) as opened:
        take = opened.takes()[0].take_id
        (said,) = judge(opened, take, "approve", by="leo", note="good")
        assert said in reviews(opened)
        assert (said.review.by, said.review.note, said.review.chosen) == ("leo", "good", True)
        with pytest.raises(WrongUsageError, match="nothing is said"):
            judge(opened, take, by="leo")
        with pytest.raises(JobError, match="no such clip"):
            judge(opened, take, "approve", by="leo", clip_index=7)


def recut(job: Path, timeline: Any) -> None:
    """Enter another version of the cut, whose takes the job has."""
    with Job(job) as opened:
        root = Path(opened.takes()[0].info.path).parent
        options = PlanOptions(select=("all",), look={"takes": 2}, handles=0, media_root=root)
        made = plan(timeline, options=options, settings=Settings(), job=opened)
        assert not made.new_takes, made.problems
    Job.with_plan(job, made, timeline=timeline).close()


@pytest.mark.parametrize(
    ("first", "count", "standing"),
    [(0, FRAMES, "approved"), (2, FRAMES - 4, "approved"), (0, FRAMES // 2, "approved")],
    ids=["as it was", "trimmed on both sides", "its first half"],
)
def test_an_approval_holds_on_in_the_next_cut(finished: Path, job: Path, first: int, count: int, standing: str) -> None:
    """A clip of the same name that shows nothing new keeps its approved take; the other clips are not touched."""
    with Job(job) as opened:
        judge(opened, opened.takes()[1].take_id, "approve", by="mia", clip_index=None)
    before = active(job)
    cut = TinyRoad(finished.parent).timeline(PROMPTS)
    for clip in cut.find_clips():
        start = clip.source_range.start_time
        clip.source_range = otio.opentime.TimeRange(
            start + otio.opentime.RationalTime(first, start.rate), otio.opentime.RationalTime(count, start.rate)
        )
    recut(job, cut)
    assert active(job) == before
    with served(job) as server:
        browser = Browser(server)
        browser.enter()
        assert [clip["standing"] for clip in browser.sheet()["clips"]].count(standing) == 1


def test_an_approval_is_for_what_was_seen(finished: Path, job: Path) -> None:
    """A clip that shows more than was approved is open again, though a rejection still holds."""
    road = TinyRoad(finished.parent)
    short, whole = road.timeline(PROMPTS), road.timeline(PROMPTS)
    for clip in short.find_clips():
        start = clip.source_range.start_time
        clip.source_range = otio.opentime.TimeRange(start, otio.opentime.RationalTime(FRAMES // 2, start.rate))
    recut(job, short)
    with Job(job) as opened:
        uses = reviews(opened)
        judge(opened, uses[0].take_id, "approve", by="mia", clip_index=uses[0].clip_index)
        judge(opened, uses[1].take_id, "reject", by="mia", clip_index=uses[1].clip_index)
    recut(job, whole)
    with Job(job) as opened:
        found = {use.take_id: use.review.verdict for use in reviews(opened)}
    assert (found[uses[0].take_id], found[uses[1].take_id]) == ("", "rejected")


def test_two_clips_that_share_a_take_are_judged_apart(tmp_path: Path) -> None:
    """What is said of a take on one clip says nothing of it on the other."""
    road = TinyRoad(tmp_path)
    cut = road.timeline(["make it snow"])
    twin = cut.tracks[0][0].clone()
    cut.tracks[0].append(twin)
    made = plan(
        cut, options=PlanOptions(select=("all",), handles=0, media_root=tmp_path), settings=Settings(), job=None
    )
    (take,) = made.takes
    with MockServer() as server, Job.with_plan(tmp_path / "twin.cometjob", made, timeline=cut) as opened:
        road.resume(opened.path, server)
        judge(opened, take.take_id, "reject", by="mia", clip_index=0)
        keys = [str(clip.active_media_reference_key) for clip in relink(opened).timeline.find_clips()]
    assert keys == ["DEFAULT_MEDIA", f"cometapi:{take.take_id}"]


def test_another_take_costs_what_was_shown_and_nothing_else_is_sent(job: Path) -> None:
    """The price is shown before, one create is sent for the yes, and the new take stands beside the others."""
    with MockServer() as server, served(job, settings=settings_for(server)) as page:
        browser = Browser(page)
        browser.enter()
        clip = browser.sheet()["clips"][1]
        wish = {"take": clip["takes"][0]["id"], "clip": clip["index"], "prompt": "a woodcut <in> blue"}
        offer = browser.post("/another/price", wish).json
        assert "0.50 s of video through gen4_aleph, about 0." in offer["words"]
        assert server.verify()["creates"] == 0
        said = browser.post("/another/order", {"offer": offer["offer"]}).json
        assert not said["wrong"], said["words"]
        assert browser.post("/another/order", {"offer": offer["offer"]}).status == 409
        take = ready_take(page._room, clip["index"])
        assert (take.look.prompt, take.number) == (wish["prompt"], 3)
        assert server.verify()["creates"] == 1
        server.check()


def ready_take(room: Any, clip_index: int) -> Any:
    """Wait until the clip's third take is home; return it."""
    import threading

    waiter = threading.Event()
    for _ in range(300):
        (clip,) = [each for each in room.values(room.timeline(""))["clips"] if each["index"] == clip_index]
        if clip["takes"][-1]["number"] == 3 and clip["takes"][-1]["state"] == "READY":
            return room._job.take(clip["takes"][-1]["id"])
        waiter.wait(0.1)
    raise AssertionError(room.values(room.timeline(""))["doing"])


def test_another_take_obeys_the_limits(job: Path) -> None:
    """Above the user's own limit of a job nothing is sent, and the page says why; without words nothing is priced."""
    with MockServer() as server, served(job, settings=settings_for(server, budget="0.1s")) as page:
        browser = Browser(page)
        browser.enter()
        take = browser.sheet()["clips"][0]["takes"][0]["id"]
        assert browser.post("/another/price", {"take": take, "clip": 0, "prompt": " "}).status == 409
        offer = browser.post("/another/price", {"take": take, "clip": 0, "prompt": "ink"}).json["offer"]
        answer = browser.post("/another/order", {"offer": offer})
        assert answer.status == 409
        assert server.verify()["creates"] == 0
        assert [each["number"] for each in browser.sheet()["clips"][0]["takes"]] == [1, 2]


def test_another_take_needs_a_key(browser: Browser) -> None:
    """Without a key the price is shown and nothing can be ordered."""
    take = browser.sheet()["clips"][0]["takes"][0]["id"]
    offer = browser.post("/another/price", {"take": take, "clip": 0, "prompt": "ink"}).json["offer"]
    answer = browser.post("/another/order", {"offer": offer})
    assert answer.status == 409
    assert "no API key" in answer.json["problem"]


def test_an_ordered_take_is_not_lost_with_the_next_cut(finished: Path, job: Path) -> None:
    """Approved, it stays on its clip in the next version of the timeline; nothing is sent for that."""
    with MockServer() as server:
        with served(job, settings=settings_for(server)) as page:
            browser = Browser(page)
            browser.enter()
            clip = browser.sheet()["clips"][0]
            wish = {"take": clip["takes"][0]["id"], "clip": clip["index"], "prompt": "ink on paper"}
            browser.post("/another/order", {"offer": browser.post("/another/price", wish).json["offer"]})
            take = ready_take(page._room, clip["index"])
            decide(browser, 0, 2, "approve")
        recut(job, TinyRoad(finished.parent).timeline(PROMPTS))
        assert active(job)[0] == f"cometapi:{take.take_id}"
        assert server.verify()["creates"] == 1


def test_the_media_linker_goes_by_decisions(job: Path, tmp_path: Path, finished: Path) -> None:
    """A bare cut gets the approved take of a clip, and never a rejected one."""
    with Job(job) as opened:
        uses = reviews(opened)
        judge(opened, uses[0].take_id, "approve", by="mia")
        for use in uses[2:]:
            judge(opened, use.take_id, "reject", by="mia")
    cut = TinyRoad(finished.parent).timeline(PROMPTS)
    linked = [link_clip(clip, job, media_root=tmp_path) for clip in cut.find_clips()]
    assert linked == [uses[0].take_id, ""]


def test_all_that_was_said_stays_to_be_read(browser: Browser, job: Path) -> None:
    """Every decision and note of a take on a clip, oldest first, with who said it, also when it no longer holds."""
    decide(browser, 0, 0, "approve")
    decide(browser, 0, 0, "note", "the snow is too blue")
    with Job(job) as opened:
        judge(opened, browser.sheet()["clips"][0]["takes"][0]["id"], "reject", by="leo")
    clip = decide(browser, 0, 0, "note", "")
    said = [(each["word"], each["by"], each["text"]) for each in clip["takes"][0]["said"]]
    assert said == [
        ("approve", "mia", ""),
        ("note", "mia", "the snow is too blue"),
        ("reject", "leo", ""),
        ("note", "mia", ""),
    ]
    assert all(each["at"].startswith("20") for each in clip["takes"][0]["said"])
    assert clip["takes"][1]["said"] == []


def second_cut(finished: Path, job: Path) -> None:
    """Enter another timeline into the job: the second clip alone."""
    cut = TinyRoad(finished.parent).timeline(PROMPTS)
    cut.name = "trailer <b>"
    del cut.tracks[0][0]
    recut(job, cut)


def test_the_page_goes_from_one_timeline_to_another(finished: Path, job: Path) -> None:
    """Each timeline has a link, its own clips and its own decisions; what was opened is what comes without a number."""
    second_cut(finished, job)
    with served(job) as server:
        browser = Browser(server)
        browser.enter()
        page = browser.ask("/").body.decode()
        assert re.findall(r'<a href="(\?timeline=\d)"( aria-current="page")?>', page) == [
            ("?timeline=2", ' aria-current="page"'),
            ("?timeline=1", ""),
        ]
        assert "trailer &lt;b&gt;" in page
        assert [len(browser.ask(f"/sheet.json{which}").json["clips"]) for which in ("", "?timeline=1")] == [1, 2]
        assert browser.ask("/strip.svg?timeline=1").body != browser.ask("/strip.svg").body
        first = browser.ask("/sheet.json?timeline=1").json["clips"][0]
        values = {"take": first["takes"][1]["id"], "clip": 0, "word": "approve", "text": ""}
        assert browser.post("/decide", values).status == 409, "the second timeline has no such clip"
        said = browser.post("/decide?timeline=1", values)
        assert (said.status, said.json["timeline_id"], said.json["clips"][0]["standing"]) == (200, 1, "approved")
    with Job(job) as opened:
        found = reviews(opened, timeline="1")
    assert [use.clip_index for use in found if use.review.verdict] == [0]


@pytest.mark.parametrize("number", ["3", "0", "-1", "1x", "tiny", "%00"])
def test_a_timeline_that_is_not_there(browser: Browser, number: str) -> None:
    """Every door says so, and nothing is entered."""
    for door in ("/", "/sheet.json", "/strip.svg"):
        assert browser.ask(f"{door}?timeline={number}").status == 404
    clip = browser.sheet()["clips"][0]
    values = {"take": clip["takes"][0]["id"], "clip": 0, "word": "reject", "text": ""}
    assert browser.post(f"/decide?timeline={number}", values).status == 404
    assert browser.sheet()["clips"][0]["takes"][0]["said"] == []
