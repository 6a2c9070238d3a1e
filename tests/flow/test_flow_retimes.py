"""Clips with speed changes, down the whole road: every frame that they show is there, under its own number."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest

from support.flow import Desk, clips, taken
from support.numbered import numbers_of

SPEEDS = {"half": 0.5, "double": 2.0, "odd": 1.98333, "third": 1 / 3, "back": -1.0}


def _retimed(at_desk: Desk) -> Any:
    """Return a track of clips of the second unit at many speeds, one of them beside a dissolve."""
    plates, second_unit, _ = at_desk.edit.media
    rate = float(second_unit.rate)
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    for name, speed in SPEEDS.items():
        clip = second_unit.clip(name, 40, 24)
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
        clip.metadata["AAF"] = {"Name": name}
        track.append(clip)
    six = otio.opentime.RationalTime(6, rate)
    track.append(otio.schema.Transition("dissolve", "SMPTE_Dissolve", in_offset=six, out_offset=six))
    track.append(plates.clip("plain", 31, 24))
    still = plates.clip("still", 70, 12)
    still.effects.append(otio.schema.FreezeFrame())
    track.append(still)
    timeline = otio.schema.Timeline("retimed")
    timeline.tracks.append(track)
    return timeline


def _shown(clip: Any, frame: int) -> int:
    """Return the number in clip space that a clip shows at its frame *frame*, transitions included."""
    start = round(clip.source_range.start_time.value)
    speed = next(
        (Fraction(str(effect.time_scalar)) for effect in clip.effects if abs(effect.time_scalar * 3 - 1) > 1e-9),
        Fraction(1, 3) if len(clip.effects) else Fraction(1),
    )
    if speed < 0:
        frame = round(clip.source_range.duration.value) - 1 - frame
    return start + math.floor(frame * abs(speed))


def test_every_frame_of_a_retimed_clip_is_in_its_take(at_desk: Desk) -> None:
    """For each frame k, dissolves included, the new media holds the source frame start + floor(k * speed)."""
    before = _retimed(at_desk)
    at_desk.save(before, "retimed.otio")
    said = at_desk.run(timeline="retimed.otio", output="out.otio")
    still = said["clips"][6]
    assert (still["selected"], "a still" in still["reason"]) == (False, True)
    relinked = clips(at_desk.folder / "out.otio")
    for old, new in zip(before.find_clips(), relinked, strict=True):
        assert new.source_range == old.source_range
        assert [each.to_json_string() for each in new.effects] == [each.to_json_string() for each in old.effects]
        if new.name == "still":
            assert not taken(new)
            continue
        assert taken(new), said["problems"]
        medium = at_desk.edit.medium_of(new.media_references()["DEFAULT_MEDIA"].target_url)
        numbers = numbers_of(new.media_reference.target_url)
        begins = round(new.media_reference.available_range.start_time.value)
        used, seen = old.trimmed_range(), old.visible_range()
        head = round((seen.start_time - used.start_time).value)
        for frame in range(head, head + round(seen.duration.value)):
            number = _shown(new, frame)
            expected = {medium.row: medium.first_number + number - medium.clip_space_start}
            assert numbers[number - begins] == expected, (new.name, frame)


@pytest.mark.parametrize("where", ["track", "stack"])
def test_a_warp_around_a_clip_is_refused_by_name(at_desk: Desk, where: str) -> None:
    """A speed change on what encloses a clip leaves it out with that reason, and nothing is sent."""
    timeline = at_desk.edit.timeline.clone()
    if where == "track":
        timeline.tracks[0].effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    else:
        stack = otio.schema.Stack("compound")
        inner = timeline.tracks[0].clone()
        stack.append(inner)
        stack.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
        del timeline.tracks[0][:]
        timeline.tracks[0].append(stack)
    at_desk.save(timeline, "warped.otio")
    said = at_desk.run("--exclude", "track:V2,track:V3", timeline="warped.otio", output="out.otio")
    assert said["exit"] == 1
    reasons = [clip["reason"] for clip in said["clips"] if clip["name"] in ("sh010", "sh020", "sh030")]
    assert len(reasons) == 3
    assert all("speed change" in reason and ("track" in reason or "compound" in reason) for reason in reasons)
    assert at_desk.creates() == 0
