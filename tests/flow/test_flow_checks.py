"""Checks through the real road: outputs that are shifted, still or cut, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from otio_cometapi import Job
from support.flow import Desk, clips, numbers_shown, taken
from support.moving_pictures import moving, write_pictures


def _wrong_frames(at_desk: Desk, name: str) -> dict[str, list[int]]:
    """Return for every clip the frames, counted in the clip, that show other numbers than its original does."""
    found = {}
    for clip in clips(at_desk.folder / name):
        assert taken(clip)
        shown = numbers_shown(clip)
        clip.active_media_reference_key = clip.media_reference.metadata["cometapi"]["source_key"]
        pairs = zip(shown, numbers_shown(clip), strict=True)
        found[clip.name] = [number for number, (one, other) in enumerate(pairs) if one != other]
    return found


def _alignments(at_desk: Desk, name: str) -> list[dict[str, Any]]:
    kept = clips(at_desk.folder / name)
    return [dict(clip.media_reference.metadata["cometapi"]["checks"][0]["alignment"]) for clip in kept]


def _kinds(said: dict[str, Any]) -> set[str]:
    return {flag["kind"] for take in said["takes"] for checks in take["checks"] for flag in checks["flags"]}


def _shift_told_then_corrected(at_desk: Desk, scenario: str, offset: int) -> None:
    said = at_desk.run("--prompt", f"snow [[scenario:{scenario}]]")
    assert said["exit"] == 0
    assert {(each["offset_frames"], each["sure"], each["corrected"]) for each in _alignments(at_desk, "out.otio")} == {
        (offset, True, False)
    }
    assert all(_wrong_frames(at_desk, "out.otio").values())
    assert any("--align moves it back" in warning for warning in said["warnings"])
    done = at_desk.comet("relink", str(at_desk.folder / "comet.cometjob"), "-o", "moved.otio", "--align", "--json")
    assert done.returncode == 0, done.stderr
    # The clip that shows its whole medium has no handles: what came back has no picture for its first or last frames.
    held = list(range(offset)) if offset > 0 else list(range(24 + offset, 24))
    assert {name: wrong for name, wrong in _wrong_frames(at_desk, "moved.otio").items() if wrong} == {"sh050": held}
    assert any("clip 'sh050'" in note and "held" in note for note in json.loads(done.stdout)["warnings"])
    assert {(each["offset_frames"], each["corrected"]) for each in _alignments(at_desk, "moved.otio")} == {
        (offset, True)
    }


def test_a_shifted_output_is_told_and_moved_back_when_asked(at_desk: Desk) -> None:
    """Outputs two frames ahead are named with their offset; `relink --align` sets every frame in its place."""
    _shift_told_then_corrected(at_desk, "output_shifted", 2)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("scenario", "offset"),
    [
        ("output_ahead_1", 1),
        ("output_ahead_3", 3),
        ("output_behind_1", -1),
        ("output_behind_2", -2),
        ("output_behind_3", -3),
    ],
)
def test_every_shift_is_told_and_moved_back(at_desk: Desk, scenario: str, offset: int) -> None:
    """One to three frames, ahead and behind: the offset is right, and `--align` sets every frame right."""
    _shift_told_then_corrected(at_desk, scenario, offset)


def test_an_output_in_its_place_is_the_same_with_align(at_desk: Desk) -> None:
    """Where nothing is shifted, `--align` moves nothing, raises no flag and makes no second media."""
    said = at_desk.run("--align")
    assert said["exit"] == 0
    assert not any(_wrong_frames(at_desk, "out.otio").values())
    assert _kinds(said) == set()
    assert {each["corrected"] for each in _alignments(at_desk, "out.otio")} == {False}
    media = sorted((at_desk.folder / "comet.cometjob" / "media").iterdir())
    again = at_desk.comet("relink", str(at_desk.folder / "comet.cometjob"), "-o", "again.otio", "--no-align")
    assert again.returncode == 0
    assert sorted((at_desk.folder / "comet.cometjob" / "media").iterdir()) == media


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("output_black", "black"),
        pytest.param("output_frozen", "frozen", marks=pytest.mark.proof),
        pytest.param("output_repeated", "repeated", marks=pytest.mark.proof),
        pytest.param("output_frame_more", "length", marks=pytest.mark.proof),
    ],
)
def test_what_is_wrong_with_a_picture_is_flagged(at_desk: Desk, scenario: str, kind: str) -> None:
    """A take's fault stands in `run --json`, in the notes and in `status` before anybody looks at the picture."""
    said = at_desk.run("--prompt", f"snow [[scenario:{scenario}]]")
    assert all(kind in {flag["kind"] for flag in take["checks"][0]["flags"]} for take in said["takes"])
    assert any(f"{kind.replace('_', ' ')}: " in warning for warning in said["warnings"])
    status = at_desk.comet("status", str(at_desk.folder / "comet.cometjob"), "--json")
    assert kind in _kinds(json.loads(status.stdout))


FOOTAGE = Path(__file__).parents[3] / "shared" / "footage" / "bigbuckbunny.mp4"


def _one_clip(at_desk: Desk, path: Path, *, first: int, count: int) -> None:
    """Save a timeline of one clip of a file at 25 frames a second."""
    used = otio.opentime.TimeRange(otio.opentime.RationalTime(first, 25), otio.opentime.RationalTime(count, 25))
    clip = otio.schema.Clip("sh900", otio.schema.ExternalReference(str(path)), used)
    timeline = otio.schema.Timeline("moving")
    timeline.tracks.append(otio.schema.Track("V1", [clip], kind=otio.schema.TrackKind.Video))
    at_desk.save(timeline, "moving.otio")


def _a_cut_is_flagged_all_along(at_desk: Desk) -> None:
    """Send one clip whose output cuts in its middle, and find the flag wherever a person may look."""
    said = at_desk.run("--prompt", "snow [[scenario:output_cut]]", timeline="moving.otio")
    assert said["exit"] == 0
    (take,) = said["takes"]
    (flag,) = take["checks"][0]["flags"]
    (clip,) = clips(at_desk.folder / "out.otio")
    assert (flag["kind"], flag["frame_count"]) == ("extra_cut", 1)
    facts = clip.media_reference.metadata["cometapi"]
    assert flag["first_frame"] == facts["span"]["frame_count"] // 2
    assert [dict(each) for each in facts["checks"][0]["flags"]] == [flag]
    assert any("clip 'sh900'" in warning and "extra cut: " in warning for warning in said["warnings"])
    status = at_desk.comet("status", "comet.cometjob", "--json")
    assert json.loads(status.stdout)["takes"][0]["checks"][0]["flags"] == [flag]
    assert "extra cut: " in at_desk.comet("status", "comet.cometjob").stdout
    with Job(at_desk.folder / "comet.cometjob") as job:
        ((kept,),) = [record.media for record in job.takes()]
    assert [(each.kind, each.first_frame, each.message) for each in kept.checks[0].flags] == [
        ("extra_cut", flag["first_frame"], flag["message"])
    ]


def test_a_cut_that_the_source_does_not_have_is_flagged_all_along(at_desk: Desk) -> None:
    """A new scene in an output stands, with its frame, in the run, the ledger, `status` and the metadata."""
    path = write_pictures(at_desk.folder / "moving.mp4", moving("pan", frame_count=60, rate=25, seed=11), rate=25)
    _one_clip(at_desk, path, first=10, count=40)
    _a_cut_is_flagged_all_along(at_desk)


@pytest.mark.proof
def test_a_cut_in_real_footage_is_flagged_all_along(at_desk: Desk) -> None:
    """The same on real footage; nothing else of it is flagged."""
    assert FOOTAGE.exists(), f"the proof needs {FOOTAGE}, which is not there"
    _one_clip(at_desk, FOOTAGE, first=72, count=30)
    _a_cut_is_flagged_all_along(at_desk)
