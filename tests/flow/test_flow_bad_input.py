"""Bad input: each a clear error, nothing lost, nothing sent, and the other clips go on."""

from __future__ import annotations

import json
from pathlib import Path

import opentimelineio as otio
import pytest

from support import road, warm_scripts
from support.flow import Desk, clips, fast, taken
from support.numbered import write_numbered

PICKS = ("--select", "all", "--prompt", "make it snow")


def rewritten(at_desk: Desk, change: object) -> None:
    """Let *change* alter the edit's first clip, and save it."""
    timeline = at_desk.edit.timeline.clone()
    first = next(iter(timeline.find_clips()))
    change(first)  # type: ignore[operator]
    at_desk.save(timeline, "edit.otio")


def test_no_key_is_said_before_any_work(at_desk: Desk) -> None:
    """Without a key nothing is made, and the variable to set is named."""
    environment = road.environment(base_url=at_desk.url, home=at_desk.folder)
    del environment["COMETAPI_KEY"]
    command = ["otiocomet", "run", "edit.otio", "-o", "out.otio", *PICKS, "--yes"]
    ended = warm_scripts.run(command, cwd=at_desk.folder, env=environment, timeout_s=120)
    assert ended.returncode == 1
    assert "COMETAPI_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (at_desk.folder / "comet.cometjob").exists()


def test_a_wrong_key_stops_the_run_and_keeps_the_work(at_desk: Desk) -> None:
    """A key that the service refuses ends with 1, sends nothing more, and a right key goes on from there."""
    environment = {**road.environment(base_url=at_desk.url, home=at_desk.folder), "COMETAPI_KEY": "invalid"}
    command = ["otiocomet", "run", "edit.otio", "-o", "out.otio", *PICKS, "--yes"]
    ended = warm_scripts.run(command, cwd=at_desk.folder, env=environment, timeout_s=120)
    assert ended.returncode == 1
    assert "COMETAPI_KEY" in ended.stderr
    assert "401" in ended.stderr
    assert at_desk.creates() == 0
    assert at_desk.comet("resume", "comet.cometjob", "-o", "out.otio", *fast()).returncode == 0
    assert at_desk.creates() == 5


@pytest.mark.parametrize("kind", ["missing", "no video"])
def test_a_clip_without_usable_media_is_named_and_the_others_go_on(at_desk: Desk, kind: str) -> None:
    """Missing media, or media that is no video, leaves that clip out by name; the others come back; exit 3."""
    path = at_desk.folder / "elsewhere.mp4"
    if kind == "no video":
        path.write_bytes(b"this is text" * 100)

    def relocate(clip: otio.schema.Clip) -> None:
        reference = clip.media_reference.clone()
        reference.target_url = str(path)
        clip.media_reference = reference

    rewritten(at_desk, relocate)
    said = at_desk.run()
    assert said["exit"] == 3
    (problem,) = said["problems"]
    assert "sh010" in problem
    assert "elsewhere.mp4" in problem
    shown = {clip.name: bool(taken(clip)) for clip in clips(at_desk.folder / "out.otio")}
    assert shown == {"sh010": False, "sh020": True, "sh030": True, "sh040": True, "sh050": True}


def test_a_range_outside_the_media_is_named(at_desk: Desk) -> None:
    """A clip whose range lies outside its media is left out with both ranges, and never guessed."""

    def shift(clip: otio.schema.Clip) -> None:
        start = clip.source_range.start_time
        clip.source_range = otio.opentime.TimeRange(
            start + otio.opentime.RationalTime(5000, start.rate), clip.source_range.duration
        )

    rewritten(at_desk, shift)
    plan = json.loads(at_desk.comet("plan", "edit.otio", *PICKS, "--json").stdout)
    (first, *others) = plan["clips"]
    assert not first["selected"]
    assert "outside" in first["reason"]
    assert all(clip["selected"] for clip in others)


def test_a_zero_length_clip_is_named(at_desk: Desk) -> None:
    """A clip of no frames is left out with that reason."""

    def shorten(clip: otio.schema.Clip) -> None:
        start = clip.source_range.start_time
        clip.source_range = otio.opentime.TimeRange(start, otio.opentime.RationalTime(0, start.rate))

    rewritten(at_desk, shorten)
    plan = json.loads(at_desk.comet("plan", "edit.otio", *PICKS, "--json").stdout)
    assert not plan["clips"][0]["selected"]
    assert "no frames" in plan["clips"][0]["reason"] or "zero" in plan["clips"][0]["reason"]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("", "prompt"), ("snow " * 300, "1000"), ("\N{SNOWMAN WITHOUT SNOW}" * 999 + "\N{SNOWBOARDER}", "1000")],
    ids=["empty", "too long", "too long in UTF-16"],
)
def test_a_prompt_that_the_service_would_refuse_is_named(at_desk: Desk, prompt: str, words: str) -> None:
    """An empty prompt, or one above 1000 UTF-16 units, ends with 1 before anything is made."""
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", "--select", "all", "--prompt", prompt, *fast())
    assert ended.returncode == 1
    assert words in ended.stderr
    assert not (at_desk.folder / "comet.cometjob").exists()
    assert at_desk.creates() == 0


def test_an_unknown_model_is_refused_by_the_service_and_nothing_is_spent(at_desk: Desk) -> None:
    """A model that no table knows is let through with a warning; the service's refusal is shown, with what to do."""
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", *PICKS, "--model", "gen9_nothing", *fast())
    said = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert "gen9_nothing" in " ".join(said["problems"])
    assert {take["state"] for take in said["takes"]} == {"REFUSED"}
    assert at_desk.creates() == 0


def test_the_output_may_not_be_the_input(at_desk: Desk) -> None:
    """Writing over the input timeline is refused, also by another name for the same file."""
    before = at_desk.timeline.read_bytes()
    (at_desk.folder / "link.otio").symlink_to(at_desk.timeline)
    for output in ("edit.otio", "./edit.otio", "link.otio"):
        ended = at_desk.comet("run", "edit.otio", "-o", output, *PICKS, *fast())
        assert ended.returncode == 2, output
        assert "is the input timeline" in ended.stderr
    assert at_desk.timeline.read_bytes() == before
    assert at_desk.creates() == 0


@pytest.mark.parametrize("output", ["nowhere/out.otio", "out.nothing", "media"])
def test_an_output_that_cannot_be_written_is_said_before_anything_is_spent(at_desk: Desk, output: str) -> None:
    """A missing folder, an unknown format or a folder in the output's place ends with 1, and nothing is sent."""
    ended = at_desk.comet("run", "edit.otio", "-o", output, *PICKS, *fast())
    assert ended.returncode == 1
    assert "could not write" in ended.stderr
    assert at_desk.creates() == 0


def test_a_missing_timeline_is_an_error_in_one_line(at_desk: Desk) -> None:
    """A path to nothing ends with 1, and `plan --json` still prints its object."""
    ended = at_desk.comet("plan", "nothing.otio", "--json")
    assert ended.returncode == 1
    said = json.loads(ended.stdout)
    assert said["clips"] == []
    assert "nothing.otio" in said["problems"][0]


def test_a_timeline_that_is_no_timeline_is_an_error(at_desk: Desk) -> None:
    """A file that no adapter can read ends with 1 and its problem, without a traceback."""
    (at_desk.folder / "broken.otio").write_text("{not json")
    ended = at_desk.comet("plan", "broken.otio", "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["problems"]
    assert "Traceback" not in ended.stderr


def test_nothing_selected_ends_with_1_and_says_how_to_select(at_desk: Desk) -> None:
    """A timeline without `comet:` markers and a run without --select end with 1 and the flag to give."""
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", *fast())
    assert ended.returncode == 1
    assert "--select" in ended.stderr
    assert not (at_desk.folder / "out.otio").exists()


def test_a_shot_longer_than_the_model_takes_is_left_out_with_models_that_fit(at_desk: Desk) -> None:
    """A clip of 6 s is too long for a model of 5 s: it is left out, and the models that take it are named."""
    path = write_numbered(at_desk.folder / "long.mp4", frame_count=160, rate=at_desk.edit.rate, row=2)
    rate = float(at_desk.edit.rate)
    whole = otio.opentime.TimeRange(otio.opentime.RationalTime(0, rate), otio.opentime.RationalTime(160, rate))

    def lengthen(clip: otio.schema.Clip) -> None:
        clip.media_reference = otio.schema.ExternalReference(str(path), whole)
        clip.source_range = whole

    rewritten(at_desk, lengthen)
    plan = json.loads(at_desk.comet("plan", "edit.otio", *PICKS, "--json").stdout)
    assert not plan["clips"][0]["selected"]
    assert "aleph2" in plan["clips"][0]["reason"]


def test_the_estimate_above_the_limit_stops_before_the_first_create(at_desk: Desk) -> None:
    """Without a person, an estimate above the limit ends with 4, sends nothing and names the option to pass."""
    ended = at_desk.comet("run", "edit.otio", "-o", "out.otio", *PICKS, *fast(), "--budget", "3s")
    assert ended.returncode == 4
    assert "--budget" in ended.stderr
    assert at_desk.creates() == 0


def test_a_full_media_folder_does_not_lose_what_was_paid(at_desk: Desk, tmp_path: Path) -> None:
    """When media cannot be written, the outputs are home, the exit code is 3, and `resume` conforms without paying."""
    said = at_desk.run()
    for take in said["takes"]:
        for path in take["media"]:
            Path(path).unlink()
    media = at_desk.folder / "comet.cometjob" / "media"
    media.rmdir()
    media.write_text("in the way")
    ended = at_desk.comet("resume", "comet.cometjob", "-o", "again.otio", *fast())
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    media.unlink()
    assert at_desk.comet("resume", "comet.cometjob", "-o", "again.otio", *fast()).returncode == 0
    assert at_desk.creates() == 5
