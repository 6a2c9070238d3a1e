"""The cut goes on while tasks run: trimmed, slipped, split and reordered, it pays for nothing but what is new."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import opentimelineio as otio
import pytest

from support import road
from support.flow import Desk, clips, numbers_shown, taken
from support.host_process import script

RECUT = (
    ("sh030", 0, 105, 28),
    ("sh010", 0, 46, 19),
    ("sh010", 0, 33, 10),
    ("sh020", 1, 60, 33),
    ("sh040", 1, 112, 12),
)
"""
Name, medium, first frame of the file, frame count: sh030 slipped by four frames, which its handles hold; sh010 split,
trimmed, its halves swapped; sh020 slipped by 23, beyond its take; sh040 trimmed; sh050 gone.
"""
PICKS = ("--select", "all", "--prompt", "make it snow")


def recut(at_desk: Desk, references: dict[str, Any]) -> None:
    """Save the cut as the editor left it, over these references by clip name, as edit_v2.otio."""
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    for name, number, first, count in RECUT:
        medium = at_desk.edit.media[number]
        clip = medium.clip(name, first, count)
        clip.set_media_references({"DEFAULT_MEDIA": references[name].clone()}, "DEFAULT_MEDIA")
        track.append(clip)
    timeline = otio.schema.Timeline("recut", global_start_time=at_desk.edit.timeline.global_start_time)
    timeline.tracks.append(track)
    at_desk.save(timeline, "edit_v2.otio")


def expected() -> list[tuple[int, int]]:
    """Return the row and the first number that every clip of the new cut shows."""
    return [({0: 1, 1: 5}[number], {0: 0, 1: 3000}[number] + first) for _, number, first, _ in RECUT]


def sent_and_running(at_desk: Desk) -> dict[str, Any]:
    """Send the first cut and leave it; return the originals' references."""
    for arguments in (
        ("export", "edit.otio", "--job", "comet.cometjob", *PICKS),
        ("submit", "comet.cometjob", "--yes"),
    ):
        assert at_desk.comet(*arguments).returncode == 0
    takes = json.loads(at_desk.comet("status", "comet.cometjob", "--json").stdout)["takes"]
    assert {take["state"] for take in takes} == {"SUBMITTED"}
    return {clip.name: clip.media_reference for clip in at_desk.edit.timeline.find_clips()}


def back_from_a_host(at_desk: Desk) -> dict[str, Any]:
    """Finish the first cut; return references to our media as a host keeps them that knows no other."""
    assert at_desk.run()["exit"] == 0
    references = {}
    for clip in clips(at_desk.folder / "out.otio"):
        reference = clip.media_reference.clone()
        reference.metadata.clear()
        references[clip.name] = reference
    return references


@pytest.mark.parametrize("begin", [sent_and_running, pytest.param(back_from_a_host, marks=pytest.mark.proof)])
def test_a_cut_that_went_on_pays_for_what_no_take_covers(at_desk: Desk, begin: Any) -> None:
    """While tasks ran, or out of a host with our media in it: one create for five clips, every frame right."""
    recut(at_desk, begin(at_desk))
    paid = at_desk.creates()
    planned = json.loads(at_desk.comet("plan", "edit_v2.otio", "-o", "v2.otio", *PICKS, "--json").stdout)
    assert [take["clips"] for take in planned["takes"] if take["seconds"]] == [["sh020"]]
    told = {clip["name"] for clip in planned["clips"] if any("of this look has" in note for note in clip["warnings"])}
    assert told == {"sh020"}
    (warnings,) = [clip["warnings"] for clip in planned["clips"] if clip["name"] == "sh020"]
    assert any("18 of its 33 frames, 00:00:44:05 to 00:00:44:22: cut to those" in note for note in warnings)
    said = at_desk.run(timeline="edit_v2.otio", output="v2.otio")
    assert said["exit"] == 0, said["problems"]
    assert (paid, at_desk.creates()) == (5, 6)
    assert at_desk.verify()["duplicates"] == []
    originals = {str(medium.path) for medium in at_desk.edit.media}
    for clip, (_, number, _, count), (row, first) in zip(
        clips(at_desk.folder / "v2.otio"), RECUT, expected(), strict=True
    ):
        assert taken(clip), clip.name
        shown = numbers_shown(clip)
        assert shown == [{row: first + frame} for frame in range(count)], clip.name
        source = clip.media_references()[clip.media_reference.metadata["cometapi"]["source_key"]]
        assert source.target_url in originals, clip.name
        assert source.target_url == str(at_desk.edit.media[number].path)


@pytest.mark.proof
def test_the_linker_lays_what_there_is_and_leaves_the_rest(at_desk: Desk) -> None:
    """`otioconvert -m cometapi` on the cut that went on: four clips show their take, the one beyond it its original."""
    at_desk.run()
    recut(at_desk, {clip.name: clip.media_reference for clip in at_desk.edit.timeline.find_clips()})
    linked = subprocess.run(
        [script("otioconvert"), "-i", "edit_v2.otio", "-m", "cometapi", "-M", "job=comet.cometjob", "-o", "v2.otio"],
        check=False,
        cwd=at_desk.folder,
        env=road.environment(base_url=at_desk.url, home=at_desk.folder),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert linked.returncode == 0, linked.stderr
    found = clips(at_desk.folder / "v2.otio")
    assert [bool(taken(clip)) for clip in found] == [True, True, True, False, True]
    for clip, (_, _, _, count), (row, first) in zip(found, RECUT, expected(), strict=True):
        assert numbers_shown(clip) == [{row: first + frame} for frame in range(count)], clip.name
    assert at_desk.creates() == 5


def test_another_look_is_another_reference_on_the_same_clip(at_desk: Desk) -> None:
    """A relinked clip that is sent with other words keeps its first take beside the second, and shows the second."""
    one = ("--exclude", "name:sh01*,name:sh03*,name:sh04*,name:sh05*")
    assert at_desk.run(*one)["exit"] == 0
    said = at_desk.run(*one, "--prompt", "make it rain", timeline="out.otio", output="rain.otio")
    assert said["exit"] == 0, said["problems"]
    (clip,) = [each for each in clips(at_desk.folder / "rain.otio") if taken(each)]
    takes = {key: reference for key, reference in clip.media_references().items() if key.startswith("cometapi:")}
    assert {reference.metadata["cometapi"]["prompt"] for reference in takes.values()} == {
        "make it snow",
        "make it rain",
    }
    assert clip.media_reference.metadata["cometapi"]["prompt"] == "make it rain"
    shown = {}
    for key in takes:
        clip.active_media_reference_key = key
        shown[key] = numbers_shown(clip)
    assert len({str(each) for each in shown.values()}) == 1
    assert at_desk.creates() == 2
