"""Clip space laid onto a file, and shots made of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.shots import shots_for
from otio_cometapi.editorial.spans import placed
from otio_cometapi.records import ClipRange, Look, Model, PlacedClip, Shot, SourceCandidate, Span
from support.otio_builders import CALM, media_info, model, placed_clip, surveyed

FILM = Fraction(24000, 1001)
PATH = "/media/a.mov"


def candidate(available: ClipRange | None, *, key: str = "DEFAULT_MEDIA", path: str = PATH, **more: Any) -> Any:
    """Return a reference that may be the source."""
    rate = float(available.rate) if available else 0.0
    return SourceCandidate(key, path, available, more.pop("reference_rate", rate), **more)


def lay(start: int, count: int, available: ClipRange | None, info: Any, *, rate: Fraction | None = None) -> Any:
    """Return a clip laid onto a file."""
    clip = surveyed(start, count, rate or info.rate, candidates=(candidate(available),))
    return placed(clip, {PATH: info}, {})


def test_the_available_ranges_start_is_the_files_first_frame() -> None:
    """Clip space starts at 1000: frame 1010 is the file's tenth."""
    found = lay(1010, 24, ClipRange(1000, 240, Fraction(24)), media_info())
    assert isinstance(found, PlacedClip)
    assert (found.visible, found.origin) == (Span(10, 24, Fraction(24)), 1000)
    assert found.notes == ()


def test_clip_space_unlike_the_files_timecode_is_told() -> None:
    """OTIO counts from 0, the file from 01:00:00:00; the frames are OTIO's and the difference is a note."""
    found = lay(10, 24, ClipRange(0, 240, Fraction(24)), media_info(start_frame=86400, start_timecode="01:00:00:00"))
    assert isinstance(found, PlacedClip)
    assert found.visible.first_frame == 10
    assert "01:00:00:10" in found.notes[0]


def test_a_reference_to_a_part_of_the_file_counts_by_the_files_timecode() -> None:
    """A range that begins inside the file's timecode and is shorter than the file is in the file's numbers."""
    info = media_info(start_frame=86400, start_timecode="01:00:00:00")
    found = lay(86450, 24, ClipRange(86440, 100, Fraction(24)), info)
    assert isinstance(found, PlacedClip)
    assert (found.visible.first_frame, found.origin) == (50, 86400)


def test_a_reference_to_a_part_of_a_file_without_timecode_counts_from_zero() -> None:
    """A file without timecode counts from 0."""
    found = lay(60, 24, ClipRange(48, 96, Fraction(24)), media_info())
    assert isinstance(found, PlacedClip)
    assert (found.visible.first_frame, found.origin) == (60, 0)
    assert "part of the file" in found.notes[0]


@pytest.mark.parametrize(
    ("start", "timecode", "first"), [(86410, 86400, 10), (10, 86400, 10), (10, None, 10), (10, 0, 10)]
)
def test_without_available_range_the_numbers_tell_what_they_count(start: int, timecode: int | None, first: int) -> None:
    """Inside the file's timecode, or inside its frames from 0."""
    found = lay(start, 24, None, media_info(start_frame=timecode))
    assert isinstance(found, PlacedClip)
    assert found.visible.first_frame == first


def test_numbers_that_fit_both_ways_are_refused() -> None:
    """A file whose timecode starts at 00:00:02:00, and a clip at 60: frame 60 or frame 12 is a guess."""
    found = lay(60, 24, None, media_info(start_frame=48, start_timecode="00:00:02:00"))
    assert isinstance(found, str)
    assert "00:00:02:00" in found


@pytest.mark.parametrize(("start", "count"), [(-1, 24), (230, 24), (86400, 24), (1000, 1)])
def test_a_range_outside_the_media_is_named_with_both_timecodes(start: int, count: int) -> None:
    """What the file has not cannot be sent, not even in part."""
    for available in (ClipRange(0, 240, Fraction(24)), None):
        found = lay(start, count, available, media_info())
        assert isinstance(found, str)
        assert "outside the media" in found
        assert "00:00:10:00" in found


def test_rates_that_share_whole_frames_are_accepted_and_told() -> None:
    """48 frames at 24 from 24 are 50 at 25 from 25."""
    found = lay(24, 48, ClipRange(0, 250, Fraction(25)), media_info(frames=250, rate=Fraction(25)), rate=Fraction(24))
    assert isinstance(found, PlacedClip)
    assert found.visible == Span(25, 50, Fraction(25))
    assert "25" in found.notes[0]


def test_rates_that_share_no_whole_frame_are_refused_with_both_and_the_option() -> None:
    """10 frames at 24 are no whole number at 23.976."""
    found = lay(100, 10, ClipRange(0, 240, FILM), media_info(rate=FILM), rate=Fraction(24))
    assert isinstance(found, str)
    assert "24 " in found
    assert "23.976" in found
    assert "--rate" in found


def test_the_new_references_rate_is_written_as_the_old_ones() -> None:
    """23.976 stays 23.976 where the host writes it so; a rate that means another one does not."""
    clip = surveyed(0, 24, FILM, candidates=(candidate(ClipRange(0, 240, FILM), reference_rate=23.976),))
    found = placed(clip, {PATH: media_info(rate=FILM)}, {})
    assert isinstance(found, PlacedClip)
    assert found.reference_rate == 23.976
    other = replace(clip, candidates=(candidate(None),), clip_rate=23.98)
    found = placed(other, {PATH: media_info(rate=FILM)}, {})
    assert isinstance(found, PlacedClip)
    assert found.reference_rate == 23.98


def two_sources(**second: Any) -> Any:
    """Return a clip with an offline reference and another one."""
    available = ClipRange(0, 240, Fraction(24))
    return surveyed(
        candidates=(candidate(available, path="/m/offline.mov"), candidate(available, key="a.PHYS", **second))
    )


def test_the_next_reference_that_decodes_is_the_source_and_is_named() -> None:
    """Avid's active reference is offline; its physical file is not."""
    found = placed(two_sources(), {PATH: media_info()}, {"/m/offline.mov": "its media is missing"})
    assert isinstance(found, PlacedClip)
    assert found.source_key == "a.PHYS"
    assert "a.PHYS" in found.notes[0]
    assert "its media is missing" in found.notes[0]


@pytest.mark.parametrize("info", [media_info(rate=Fraction(25)), media_info(frames=10), media_info(refusals=("VFR",))])
def test_another_reference_must_have_rate_and_range(info: Any) -> None:
    """Else the active one's own problem is the reason."""
    assert placed(two_sources(), {PATH: info}, {"/m/offline.mov": "no such file"}) == "no such file"


def test_a_file_that_cannot_be_sent_exactly_has_its_reason() -> None:
    """What the probe refuses, the plan refuses."""
    found = lay(0, 24, None, media_info(refusals=("its frame rate varies",)))
    assert found == "its media cannot be sent: its frame rate varies"


@CALM
@given(
    st.integers(0, 10**7), st.integers(1, 500), st.integers(0, 200), st.integers(1, 100), st.sampled_from([24, 25, 30])
)
def test_origin_plus_frame_is_the_number_in_clip_space(
    origin: int, frames: int, first: int, count: int, rate: int
) -> None:
    """For every clip inside its media, file frame and clip number differ by the origin alone."""
    exact = Fraction(rate)
    found = lay(origin + first, count, ClipRange(origin, frames, exact), media_info(frames=frames, rate=exact))
    if first + count > frames:
        assert isinstance(found, str)
    else:
        assert isinstance(found, PlacedClip)
        assert found.visible == Span(first, count, exact)
        assert found.origin + found.visible.first_frame == origin + first


TABLE = {"m5": model(), "m30": model("m30", 30)}


def shots(
    *clips: PlacedClip, handles: int = 8, known: Model | None = None, **more: Any
) -> tuple[tuple[Shot, ...], Any]:
    """Return the shots of clips, for a model of five seconds."""
    return shots_for(clips, models=TABLE, model_for=lambda _id: known or TABLE["m5"], handles=handles, **more)


def test_handles_widen_a_shot() -> None:
    """Eight frames on both sides."""
    (shot,), _ = shots(placed_clip(50, 24))
    assert shot.span == Span(42, 40, Fraction(24))
    assert shot.uses[0].visible == Span(50, 24, Fraction(24))


@pytest.mark.parametrize(("first", "span"), [(3, (0, 35)), (210, (202, 38)), (0, (0, 32))])
def test_handles_stop_at_the_media(first: int, span: tuple[int, int]) -> None:
    """There are no frames outside of the file."""
    (shot,), _ = shots(placed_clip(first, 24))
    assert (shot.span.first_frame, shot.span.frame_count) == span


@pytest.mark.parametrize(("count", "before"), [(110, 5), (119, 0), (120, 0)])
def test_handles_shrink_before_they_pass_the_model(count: int, before: int) -> None:
    """Five seconds at 24 are 120 frames, handles included."""
    (shot,), left = shots(placed_clip(50, count))
    assert not left
    assert shot.span.frame_count == 120
    assert shot.span.first_frame == 50 - before
    assert "Handles" in shot.notes[0]


def test_one_sides_missing_handles_go_to_the_other() -> None:
    """Room that the start of the file leaves is used at the end."""
    (shot,), _ = shots(placed_clip(2, 110))
    assert shot.span == Span(0, 120, Fraction(24))


def test_the_limit_counts_whole_frames_of_the_exact_rate() -> None:
    """Five seconds at 24000/1001 are 119.88 frames: 119 fit, 120 do not."""
    info = media_info(rate=FILM)
    (shot,), left = shots(placed_clip(50, 119, info=info))
    assert (shot.span.frame_count, left) == (119, {})
    assert shot.wire_seconds <= 5
    made, left = shots(placed_clip(50, 120, info=info, index=4))
    assert made == ()
    assert "m30" in left[4]
    assert "119 frames" in left[4]


def test_overlapping_spans_of_one_look_are_sent_once() -> None:
    """Each clip keeps its own use."""
    (shot,), _ = shots(placed_clip(60, 24, index=1), placed_clip(50, 24, index=0))
    assert shot.span == Span(42, 50, Fraction(24))
    assert [(use.clip_index, use.visible.first_frame) for use in shot.uses] == [(0, 50), (1, 60)]


def test_spans_whose_handles_overlap_are_sent_once() -> None:
    """The frames between would be sent twice."""
    made, _ = shots(placed_clip(50, 24, index=0), placed_clip(80, 24, index=1))
    assert [shot.span for shot in made] == [Span(42, 70, Fraction(24))]


def test_spans_apart_are_two_shots() -> None:
    """Frames that no clip shows are not bought."""
    made, _ = shots(placed_clip(10, 24, index=0), placed_clip(100, 24, index=1))
    assert len(made) == 2


def test_a_merge_that_would_pass_the_model_is_not_made() -> None:
    """Two shots of 80 frames that share 40 are together as long as the model allows; 41 apart they are not."""
    made, _ = shots(placed_clip(0, 80, index=0), placed_clip(40, 80, index=1))
    assert [shot.span.frame_count for shot in made] == [120]
    made, _ = shots(placed_clip(0, 80, index=0), placed_clip(41, 80, index=1))
    assert len(made) == 2


def test_different_looks_or_files_are_never_merged() -> None:
    """One generation has one look."""
    other = Look("rain", "m5")
    made, _ = shots(
        placed_clip(50, 24, index=0),
        placed_clip(50, 24, index=1, look=other),
        placed_clip(50, 24, index=2, info=media_info("/media/b.mov")),
        placed_clip(50, 24, index=3, takes=2),
    )
    assert [[use.clip_index for use in shot.uses] for shot in made] == [[0], [1], [2], [3]]
    assert made[3].takes == 2


def test_a_short_shot_is_widened_into_its_media() -> None:
    """Two seconds at least: 48 frames around the clip."""
    (shot,), _ = shots(placed_clip(100, 10), handles=0, known=model(min_seconds=Fraction(2)))
    assert (shot.span, shot.pad_frames) == (Span(81, 48, Fraction(24)), 0)


def test_a_short_media_is_padded() -> None:
    """Where the media has no more, held frames make up for it."""
    (shot,), _ = shots(placed_clip(0, 10, info=media_info(frames=20)), known=model(min_seconds=Fraction(2)))
    assert (shot.span, shot.pad_frames) == (Span(0, 20, Fraction(24)), 28)
    assert shot.wire_seconds == 2


@pytest.mark.parametrize(("rate", "slowdown"), [(24, 1), (30, 1), (50, 2), (60, 2), (120, 4)])
def test_a_fast_source_is_sent_slower_with_every_frame(rate: int, slowdown: int) -> None:
    """The smallest whole number that brings the rate under the model's."""
    info = media_info(rate=Fraction(rate))
    (shot,), _ = shots(placed_clip(10, 24, info=info), known=model(max_fps=Fraction(30)))
    assert shot.slowdown == slowdown
    assert shot.wire_rate <= 30


def test_slower_means_fewer_frames_fit() -> None:
    """At 50 sent as 25, five seconds are 125 frames of the source."""
    info = media_info(rate=Fraction(50))
    slow = model(max_fps=Fraction(30))
    assert not shots(placed_clip(10, 125, info=info), known=slow)[1]
    assert shots(placed_clip(10, 126, info=info), known=slow)[1]


@CALM
@given(
    st.lists(st.tuples(st.integers(0, 239), st.integers(1, 130)), min_size=1, max_size=8),
    st.integers(0, 40),
    st.sampled_from([Fraction(24), FILM, Fraction(50), Fraction(60000, 1001)]),
)
def test_no_shot_passes_the_model_and_every_clip_lies_in_its_shot(
    places: list[tuple[int, int]], handles: int, rate: Fraction
) -> None:
    """Whatever the cut: within the limits, inside the file, each clip used once or left out."""
    info = media_info(rate=rate)
    known = model(max_fps=Fraction(30), min_seconds=Fraction(1))
    clips = [
        placed_clip(first, min(count, 240 - first), index=index, info=info)
        for index, (first, count) in enumerate(places)
    ]
    made, left = shots(*clips, handles=handles, known=known)
    assert sorted([use.clip_index for shot in made for use in shot.uses] + list(left)) == list(range(len(clips)))
    for shot in made:
        assert 1 <= shot.wire_seconds <= 5
        assert shot.span.end_frame <= 240
        assert all(shot.span.contains(use.visible) for use in shot.uses)
