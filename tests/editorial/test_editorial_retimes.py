"""Speed changes: the source frames that are shown, and nothing guessed."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.criteria import Criteria
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.matching import TakeIndex, clip_matches
from otio_cometapi.editorial.relink import timeline_relinked
from otio_cometapi.editorial.retimes import Retime, retime_of
from otio_cometapi.editorial.selection import survey
from otio_cometapi.editorial.spans import placed
from otio_cometapi.editorial.structure import video_clips
from otio_cometapi.records import ClipRange, PlacedClip, Span, SurveyedClip
from support.otio_builders import CALM, clip, link, media_info, span, take, time, timeline

FILM = Fraction(24)


def warped(speed: float, start: int = 100, count: int = 48, **more: Any) -> Any:
    """Return a clip at a speed."""
    return clip("x", start, count, effects=[otio.schema.LinearTimeWarp(time_scalar=speed)], **more)


def look_at(made: Any) -> SurveyedClip:
    """Return the first clip of a timeline, surveyed."""
    found = survey(
        made if isinstance(made, otio.schema.Timeline) else timeline(made),
        criteria=Criteria(("all",)),
        looks=LookSources(flags={"prompt": "p"}),
        media_root=Path("/media"),
    )
    return found.clips[0]


def laid(made: Any, frames: int = 240) -> PlacedClip | str:
    """Return the first clip of a timeline, laid onto its file."""
    return placed(look_at(made), {"/media/a.mov": media_info(frames=frames)}, {})


@pytest.mark.parametrize(
    ("speed", "shown", "sent"),
    [
        (0.5, ClipRange(100, 24, FILM), Span(100, 25, FILM)),
        (2.0, ClipRange(100, 95, FILM), Span(100, 95, FILM)),
        (1.98333, ClipRange(100, 94, FILM), Span(100, 95, FILM)),
        (1 / 3, ClipRange(100, 16, FILM), Span(100, 17, FILM)),
        (0.3333333432674408, ClipRange(100, 16, FILM), Span(100, 17, FILM)),
    ],
    ids=["half", "double", "1.98333", "a third", "a third as a 32-bit number"],
)
def test_a_constant_speed_sends_the_frames_that_it_shows(speed: float, shown: ClipRange, sent: Span) -> None:
    """From start to start + floor((n - 1) * speed), and one frame more where the speed is no whole number."""
    found = laid(warped(speed))
    assert isinstance(found, PlacedClip)
    assert found.clip.visible == shown
    assert found.visible == sent


@CALM
@given(
    speed=st.one_of(
        st.sampled_from([0.05, 0.1, 0.3, 0.5, 0.9, 0.99, 1.01, 1.1, 1.98333, 2.0, 3.0, 10.0]),
        st.floats(0.02, 20).map(lambda value: round(value, 4)),
    ),
    count=st.integers(1, 300),
    head=st.integers(-20, 10),
    tail=st.integers(-10, 20),
)
def test_the_range_is_the_hull_of_every_frame_shown(speed: float, count: int, head: int, tail: int) -> None:
    """No frame that start + floor(k * speed) names lies outside, and both its ends are named by one."""
    if count + tail <= head:
        return
    exact = Fraction(str(speed))
    found = Retime(exact).frames_of(ClipRange(1000, count, FILM), head=head, tail=tail)
    named = [1000 + math.floor(k * exact) for k in range(head, count + tail)]
    assert (found.start, found.end - 1) == (min(named), max(named))


AVID = (
    # marker, speed as the AAF adapter reads it, start, length, and what Media Composer's render showed first and last
    ("Slow down to 90 %", 0.9, 0, 120, 0, 107),
    ("Slow down to 10 %", 0.1, 0, 120, 0, 11),
    ("Speed up to 110 %", 1.1, 0, 100, 0, 108),
    ("Fit-to-fill 100 into 33", 3.0, 0, 33, 0, 96),
    ("Fit-to-fill 5 into 100", 0.05, 0, 100, 0, 4),
    ("Reverse 100 % - trimmed", -1.0, 30, 20, 49, 30),
    ("Reverse 50 % - trimmed", -0.5416666666666666, 69, 24, 81, 69),
    ("Reverse 30 % - trimmed", -0.34375, 81, 32, 91, 82),
)


@pytest.mark.parametrize("row", AVID, ids=lambda row: row[0])
def test_media_composers_own_render_lies_inside_what_is_sent(row: tuple[str, float, int, int, int, int]) -> None:
    """Every source frame that Media Composer shows of a clip of the OTIO time warp suite is among those sent."""
    _, speed, start, count, first, last = row
    made = warped(speed, start, count)
    made.metadata["AAF"] = {"Name": "x"}
    found = laid(made, frames=120)
    assert isinstance(found, PlacedClip)
    low, high = sorted((first, last))
    assert found.visible.first_frame <= low
    assert high < found.visible.end_frame
    assert found.visible.frame_count <= high - low + 4


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "not known"),
        ("PremierePro_OTIO", "Premiere"),
        ("Resolve_OTIO", "Resolve"),
        ("cmx_3600", "EDL"),
    ],
)
def test_a_reversed_clip_of_an_unsure_writer_is_left_out_by_name(key: str, words: str) -> None:
    """Backwards is counted from either end; where the writer does not say, nothing is sent."""
    made = timeline(warped(-1.0))
    if key:
        made.metadata[key] = {"version": 1}
    one = look_at(made)
    assert not one.selected
    assert "backwards" in one.reason
    assert words in one.reason


@pytest.mark.parametrize("place", ["timeline", "track", "clip", "effect"])
def test_the_writer_of_a_reversed_clip_is_known_wherever_its_key_stands(place: str) -> None:
    """Hiero marks its timelines, the AAF adapter everything."""
    made = timeline(warped(-1.0, 100, 48))
    one = video_clips(made)[0]
    owner = {"timeline": made, "track": made.tracks[0], "clip": one, "effect": one.effects[0]}[place]
    owner.metadata["AAF" if place != "timeline" else "nuke"] = {"version": "14"}
    found = look_at(made)
    assert found.selected, found.reason
    assert found.visible == ClipRange(100, 48, FILM)


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ([otio.schema.FreezeFrame()], "a still"),
        ([otio.schema.LinearTimeWarp(time_scalar=0)], "a still"),
        ([otio.schema.LinearTimeWarp(time_scalar=2), otio.schema.LinearTimeWarp(time_scalar=0.5)], "several"),
        ([otio.schema.TimeEffect()], "ramp"),
        ([otio.schema.LinearTimeWarp(time_scalar=float("inf"))], "no number"),
        ([otio.schema.LinearTimeWarp(time_scalar=1e-9)], "still"),
    ],
    ids=["freeze", "zero", "two warps", "ramp", "infinite", "almost zero"],
)
def test_what_no_constant_speed_tells_is_left_out_by_name(effects: list[Any], words: str) -> None:
    """Stills, ramps and warps upon warps have their own reasons."""
    one = look_at(clip(effects=effects))
    assert not one.selected
    assert words in one.reason


def test_an_identity_warp_beside_a_real_one_is_no_second_one() -> None:
    """Hosts write warps of 100 %."""
    effects = [otio.schema.LinearTimeWarp(time_scalar=1), otio.schema.LinearTimeWarp(time_scalar=2)]
    assert retime_of(clip(effects=effects)) == Retime(Fraction(2))


def test_a_transition_beside_a_warp_runs_on_at_its_speed() -> None:
    """Ten frames of a dissolve at half speed need five source frames, before and after the cut."""
    made = timeline(warped(0.5, 100, 48), clip("y", 20, 24))
    made.tracks[0].insert(1, otio.schema.Transition("d", "SMPTE_Dissolve", time(6), time(10)))
    one = look_at(made)
    assert one.visible == ClipRange(100, 29, FILM)
    assert one.guard == (0, 1)


def test_a_speed_on_media_of_another_rate_is_left_out_by_name() -> None:
    """Which media frame a warp then shows is every host's own arithmetic."""
    one = look_at(warped(2.0, 0, 24))
    info = media_info(rate=Fraction(48), frames=480)
    found = placed(one, {"/media/a.mov": info}, {})
    assert isinstance(found, str)
    assert "differs from host to host" in found


def test_a_warp_that_runs_out_of_its_media_is_left_out_by_name() -> None:
    """Double speed needs twice the frames."""
    found = laid(warped(2.0, 200, 40))
    assert isinstance(found, str)
    assert "outside the media" in found


def test_the_guard_frame_yields_to_the_end_of_the_media() -> None:
    """It is sent where it is, and missed nowhere."""
    found = laid(warped(0.5, 192, 96))
    assert isinstance(found, PlacedClip)
    assert found.visible == Span(192, 48, FILM)


def test_relinking_keeps_the_warp_and_the_source_range() -> None:
    """The clip stays as it is; the new reference covers the frames that it shows."""
    made = timeline(warped(2.0, 10, 30))
    one = video_clips(timeline_relinked(made, [link(0)]))[0]
    assert one.source_range == span(10, 30)
    assert [effect.time_scalar for effect in one.effects] == [2.0]
    assert one.media_reference.available_range == span(0, 100)


def test_the_linker_asks_for_the_frames_that_a_warp_shows() -> None:
    """A take of frames 0 to 99 serves 40 frames at double speed from 20, and not 41."""
    index = TakeIndex([take()], media_root=Path("/"))
    assert clip_matches(warped(2.0, 20, 40), index) is not None
    assert clip_matches(warped(2.0, 20, 41), index) is None
    assert clip_matches(warped(-1.0, 20, 20), index) is None
