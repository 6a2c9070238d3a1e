"""Keyframes down the whole road: what was asked for at a timecode stands at its own time of what is sent."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

import otio_cometapi
from otio_cometapi.settings import Settings
from support import road, warm_scripts
from support.edits import Edit, Medium, three_tracks
from support.flow import FILM, Desk, clips, fast, journal_of, taken
from support.numbered import write_numbered
from support.pictures import data_uri_digest, write_picture

PICKS = ("--select", "name:sh010", "--prompt", "make it snow", "--model", "aleph2")


def bodies(at_desk: Desk) -> list[dict[str, Any]]:
    """Return the bodies of all creates, in order."""
    return [entry["body"] for entry in journal_of(at_desk.url, "video_to_video")]


def moment(frame: int, spanned: dict[str, Any], rate: Fraction) -> float:
    """Return the time of a source frame in what was sent, as exact as the wire has it."""
    exact = (frame - spanned["first_frame"]) / rate
    return float(-(-exact * 10**6 // 1) / 10**6)


def keyed_still(name: str, image: Path, at: int, length: int, rate: Fraction) -> otio.schema.Track:
    """Return a track with a still from record frame *at* on that says that it is a keyframe."""
    time = otio.opentime.RationalTime
    single = otio.opentime.TimeRange(time(0, float(rate)), time(1, float(rate)))
    held = otio.opentime.TimeRange(time(0, float(rate)), time(length, float(rate)))
    still = otio.schema.Clip(name, otio.schema.ExternalReference(image.name, single), held)
    still.markers.append(otio.schema.Marker("comet:key", single))
    track = otio.schema.Track("stills", kind=otio.schema.TrackKind.Video)
    track.extend([otio.schema.Gap(source_range=otio.opentime.TimeRange(time(0, float(rate)), time(at, float(rate))))])
    track.append(still)
    return track


def test_a_keyframe_goes_out_at_its_own_time_and_is_remembered(at_desk: Desk) -> None:
    """Flag to body to timeline: the seconds name the very frame, the bytes are the image's, the reference tells it."""
    image = write_picture(at_desk.folder / "refs" / "k1.png", width=320, height=180)
    key = ("--keyframe", "01:00:00:10=refs/k1.png")
    planned = at_desk.comet("plan", "edit.otio", *PICKS, *key, "--json")
    (clip,) = [each for each in json.loads(planned.stdout)["clips"] if each["selected"]]
    assert clip["keyframes"] == [{"timecode": "01:00:00:10", "image": str(image)}]
    shown = at_desk.comet("plan", "edit.otio", *PICKS, *key).stdout
    assert f"Keyframes\t01:00:00:10\tV1\tsh010\t{image}" in shown
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", *PICKS, *key, *fast())
    assert ended.returncode == 0, ended.stderr
    (take,) = json.loads(ended.stdout)["takes"]
    (body,) = bodies(at_desk)
    (sent,) = body["keyframes"]
    # sh010 begins at frame 31 of its medium, so its eleventh frame is 41.
    assert sent["seconds"] == moment(41, take["span"], FILM)
    assert round(sent["seconds"] * float(FILM)) == 41 - take["span"]["first_frame"]
    assert data_uri_digest(image, "image/png") in sent["uri"]
    assert "references" not in body
    (relinked,) = [each for each in clips(at_desk.folder / "out.otio") if taken(each)]
    facts = relinked.media_reference.metadata["cometapi"]["keyframes"]
    assert [dict(each) for each in facts] == [{"image": "k1.png", "frame": 41, "timecode": "01:00:01:17"}]
    again = at_desk.comet("run", "edit.otio", "-o", "out2.otio", *PICKS, *key, *fast())
    assert (again.returncode, at_desk.creates()) == (0, 1)
    write_picture(image, width=320, height=180, noise=True)
    other = json.loads(at_desk.comet("plan", "edit.otio", "-o", "out.otio", *PICKS, *key, "--json").stdout)
    assert [each["state"] for each in other["takes"]] == ["NEW"]


def test_a_still_above_the_clip_is_its_keyframe(at_desk: Desk) -> None:
    """The editor lays an image over the shot and marks it; it is sent as a keyframe and never as a clip."""
    image = write_picture(at_desk.folder / "painted.jpg", width=320, height=180)
    timeline = at_desk.edit.timeline.clone()
    timeline.tracks.append(keyed_still("painted", image, 6, 10, FILM))
    at_desk.save(timeline, "stills.otio")
    ended = at_desk.comet("run", "stills.otio", "-o", "out.otio", *PICKS, *fast())
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["clips"][-1]["reason"] == "not selected: it is a keyframe of 'sh010' (its comet:key marker says so)"
    (sent,) = bodies(at_desk)[0]["keyframes"]
    assert sent["seconds"] == moment(37, said["takes"][0]["span"], FILM)
    assert data_uri_digest(image, "image/jpeg") in sent["uri"]
    after = clips(at_desk.folder / "out.otio")[-1]
    assert (after.name, taken(after), len(after.media_references())) == ("painted", "", 1)


def test_slow_motion_moves_a_keyframe_with_its_frame(at_desk: Desk) -> None:
    """50 frames a second go to aleph2 as 25: the keyframe's time doubles, and is whole in frames."""
    rate = Fraction(50)
    path = write_numbered(at_desk.folder / "fast.mp4", frame_count=120, rate=rate, row=1)
    timeline = otio.schema.Timeline("fast", global_start_time=otio.opentime.RationalTime(0, 50))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.append(Medium(path, 1, rate, 120, 0, 0).clip("sh010", 20, 60))
    timeline.tracks.append(track)
    at_desk.save(timeline, "fast.otio")
    image = write_picture(at_desk.folder / "k.png", width=320, height=180)
    ended = at_desk.comet("run", "fast.otio", "-o", "out.otio", *PICKS, "--keyframe", f"00:00:00:31={image}", *fast())
    assert ended.returncode == 0, ended.stderr
    first = json.loads(ended.stdout)["takes"][0]["span"]["first_frame"]
    assert bodies(at_desk)[0]["keyframes"][0]["seconds"] == (51 - first) / 25


def test_the_adapter_and_python_take_keyframes_alike(at_desk: Desk) -> None:
    """`-A keyframe=` and `keyframes=` ask for the same take as the flag does."""
    image = write_picture(at_desk.folder / "k.png")
    flag = at_desk.comet("plan", "edit.otio", *PICKS, "--keyframe", "01:00:00:10=k.png", "--json")
    (asked,) = json.loads(flag.stdout)["takes"]
    asked_for = ("select=name:sh010", "prompt=make it snow", "model=aleph2", "keyframe=01:00:00:10=k.png")
    arguments = [word for each in asked_for for word in ("-A", each)]
    sent = warm_scripts.run(
        ["otioconvert", "-i", "edit.otio", "-o", "edit.cometjob", *arguments],
        cwd=at_desk.folder,
        env=road.environment(base_url=at_desk.url, home=at_desk.folder),
        timeout_s=120,
    )
    assert sent.returncode == 0, sent.stderr
    (status,) = json.loads(at_desk.comet("status", "edit.cometjob", "--json").stdout)["takes"]
    found = otio_cometapi.plan(
        at_desk.edit.timeline,
        select=["name:sh010"],
        prompt="make it snow",
        model="aleph2",
        keyframes=[{"at": "01:00:00:10", "image": image}],
        settings=Settings(base_url=at_desk.url, key="test"),
    )
    assert [take.take_id for take in found.takes] == [status["id"]] == [asked["id"]]
    assert [each.image for clip in found.clips for each in clip.keyframes] == [str(image)]


def test_an_image_that_the_service_does_not_take_goes_as_a_jpeg(at_desk: Desk) -> None:
    """A TIFF is converted, and `plan` says so; what was cut is sent, whatever became of the image since."""
    image = write_picture(at_desk.folder / "k.tif", width=100, height=100)
    key = ("--keyframe", "01:00:00:10=k.tif")
    planned = at_desk.comet("plan", "edit.otio", *PICKS, *key).stdout
    assert "The keyframe k.tif is no PNG, JPEG or WebP: a JPEG made of it is sent." in planned
    assert "is 100x100, another shape than the shot's 320x180" in planned
    cut = at_desk.comet("export", "edit.otio", "--job", "one.cometjob", *PICKS, *key)
    assert cut.returncode == 0, cut.stderr
    image.unlink()
    ended = at_desk.comet("resume", "one.cometjob", "-o", "out.otio", *fast())
    assert ended.returncode == 0, ended.stderr
    (kept,) = (at_desk.folder / "one.cometjob").rglob("k-*.jpg")
    assert data_uri_digest(kept, "image/jpeg") in bodies(at_desk)[0]["keyframes"][0]["uri"]


def test_an_image_that_changed_after_the_plan_is_not_sent(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between plan and cut the file was overwritten: the take is named, and nothing is paid."""
    monkeypatch.chdir(at_desk.folder)
    image = write_picture(at_desk.folder / "k.png")
    settings = Settings(base_url=at_desk.url, key="test")
    look = {"prompt": "x", "model": "aleph2", "keyframes": f"01:00:00:10={image}"}
    plan = otio_cometapi.plan(at_desk.edit.timeline, select=["name:sh010"], settings=settings, **look)
    write_picture(image, noise=True)
    job, troubles = otio_cometapi.submit(at_desk.edit.timeline, plan, job="job.cometjob", settings=settings)
    job.close()
    assert len(troubles) == 1
    assert "'sh010'" in troubles[0].message
    assert "k.png' has changed since it was planned" in troubles[0].message
    assert at_desk.creates() == 0


@pytest.fixture(scope="module")
def edit(tmp_path_factory: pytest.TempPathFactory) -> Edit:
    """Return an edit with images and other files beside its media."""
    folder = tmp_path_factory.mktemp("keyframes")
    write_picture(folder / "k.png", width=320, height=180)
    write_picture(folder / "k2.png", width=320, height=180, noise=True)
    (folder / "text.png").write_text("no picture")
    return three_tracks(folder, FILM)


@pytest.mark.parametrize(
    ("keyframes", "look", "words"),
    [
        (["01:00:00:10=gone.png"], {}, r"its keyframe at 01:00:00:10 .*gone\.png' cannot be decoded"),
        (["01:00:00:10=text.png"], {}, r"text\.png' cannot be decoded"),
        (["01:00:00:10=insert.mp4"], {}, "holds several pictures"),
        (["01:00:00:10=http://media.example.com/k.png"], {}, "is not https"),
        (["01:00:00:10=k.png"], {"model": "gen4_aleph"}, "gen4_aleph takes no keyframes; these do: aleph2"),
        (["01:00:00:10=k.png"], {"references": "k.png"}, "place every image at a moment, or none"),
        (["01:00:00:10=k.png", "01:00:00:10=k2.png"], {}, "two keyframes are given for source frame 41"),
        ([f"01:00:00:1{frame}=k.png" for frame in range(6)], {}, "6 keyframes are given for one video; aleph2 takes 5"),
    ],
    ids=["gone", "text", "video", "http", "model", "references", "twice", "six"],
)
def test_a_keyframe_that_cannot_be_sent_leaves_its_clip_out(
    edit: Edit, keyframes: list[str], look: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan names the cause in words that a person can act on, and nothing is to be paid."""
    monkeypatch.chdir(edit.media[0].path.parent)
    asked = {"prompt": "x", "model": "aleph2", **look}
    plan = otio_cometapi.plan(
        edit.timeline, select=["name:sh010"], keyframes=keyframes, settings=Settings(key="test"), **asked
    )
    assert plan.takes == ()
    (problem,) = plan.problems
    assert re.search(words, problem), problem


def test_media_roots_bound_keyframes_too(edit: Edit, tmp_path: Path) -> None:
    """An image outside of the folders that may be sent is not sent, though the shot may be."""
    folder = edit.media[0].path.parent
    image = write_picture(tmp_path / "k.png")
    settings = Settings(key="test", allowed_media_roots=(folder,))
    look = {"prompt": "x", "model": "aleph2", "keyframes": (("01:00:00:10", str(image)),)}
    plan = otio_cometapi.plan(edit.timeline, select=["name:sh010"], settings=settings, **look)
    assert "allowed_media_roots" in plan.problems[0]


@pytest.mark.parametrize(
    ("keyframe", "words"),
    [("01:00:03:00=k.png", "stands over no selected clip"), ("k.png", "Write TIMECODE=IMAGE")],
    ids=["elsewhere", "no timecode"],
)
def test_a_keyframe_that_means_no_clip_stops_the_run(at_desk: Desk, keyframe: str, words: str) -> None:
    """`run` says what is there or how a keyframe is written, and no create goes out."""
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", *PICKS, "--keyframe", keyframe, *fast())
    assert ended.returncode in (1, 2)
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert at_desk.creates() == 0
