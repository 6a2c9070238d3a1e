"""Parts of long shots: what the arithmetic promises for every length, model and overlap."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.editorial.parts import count_of_parts, divided
from otio_cometapi.editorial.shots import shots_for
from otio_cometapi.records import (
    ClipRange,
    Look,
    MediaInfo,
    Model,
    PlacedClip,
    Shot,
    Span,
    SurveyedClip,
)

MODELS = load_models()
RATES = [Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001)]
lengths = st.integers(1, 5000)
limits = st.integers(2, 900)
overlaps = st.integers(1, 60)
unhurried = settings(deadline=None)  # how long arithmetic takes is the machine's affair


def parts_of(span: Span, most: int, least: int, overlap: int) -> tuple[Span, ...]:
    """Divide a span that can be divided."""
    found = divided(span, most=most, least=least, overlap=overlap)
    assume(found is not None)
    assert found is not None
    return found


@unhurried
@given(st.integers(0, 10**6), lengths, limits, st.integers(0, 450), overlaps, st.sampled_from(RATES))
def test_parts_cover_the_span_and_each_fits_the_model(
    first: int, count: int, most: int, least: int, overlap: int, rate: Fraction
) -> None:
    """From the span's first frame to its last without a hole; no part is longer or shorter than the model takes."""
    span = Span(first, count, rate)
    parts = parts_of(span, most, least, overlap)
    assert parts[0].first_frame == first
    assert parts[-1].end_frame == span.end_frame
    assert all(later.first_frame < earlier.end_frame < later.end_frame for earlier, later in pairwise(parts))
    assert len(parts) == 1 or all(least <= part.frame_count <= most for part in parts)


@unhurried
@given(lengths, limits, st.integers(0, 450), overlaps)
def test_parts_are_equal_to_a_frame(count: int, most: int, least: int, overlap: int) -> None:
    """No part is more than one frame longer than another; the longer ones come first."""
    counts = [part.frame_count for part in parts_of(Span(0, count, Fraction(24)), most, least, overlap)]
    assert counts[0] - counts[-1] <= 1
    assert counts == sorted(counts, reverse=True)


@unhurried
@given(lengths, limits, overlaps)
def test_neighbours_share_what_was_asked_for(count: int, most: int, overlap: int) -> None:
    """All seams have one length: the one asked for, or fewer frames where one would be in three parts."""
    parts = parts_of(Span(0, count, Fraction(24)), most, 0, overlap)
    shared = {earlier.end_frame - later.first_frame for earlier, later in pairwise(parts)}
    assert len(shared) <= 1
    assert all(first.end_frame <= third.first_frame for first, third in zip(parts, parts[2:], strict=False))
    if shared and most >= 4 * overlap:
        assert shared == {overlap}
    assert all(1 <= each <= overlap for each in shared)


@unhurried
@given(lengths, limits, overlaps)
def test_there_are_as_few_parts_as_can_be(count: int, most: int, overlap: int) -> None:
    """With one part fewer of the model's longest, and these overlaps, the span would not be covered."""
    parts = parts_of(Span(0, count, Fraction(24)), most, 0, overlap)
    number = len(parts)
    if number > 1:
        shared = parts[0].end_frame - parts[1].first_frame
        assert (number - 1) * most - (number - 2) * shared < count


@unhurried
@given(lengths, st.integers(1, 30), st.integers(0, 900), overlaps)
def test_a_model_with_room_divides_everything(count: int, seconds: int, least: int, overlap: int) -> None:
    """Where the shortest input is no more than half of the longest, every shot can be divided."""
    most = seconds * 24
    assume(least * 2 <= most)
    assert divided(Span(0, count, Fraction(24)), most=most, least=least, overlap=overlap) is not None


def test_a_minimum_widens_the_overlap() -> None:
    """121 frames for a model of 100 to 120: two parts of 100, which share 79."""
    parts = divided(Span(7, 121, Fraction(24)), most=120, least=100, overlap=8)
    assert parts == (Span(7, 100, Fraction(24)), Span(28, 100, Fraction(24)))


def test_what_cannot_be_divided_is_none() -> None:
    """A model that takes exactly 100 frames cannot take 251 of them with equal overlaps; one of 1 frame shares none."""
    assert divided(Span(0, 250, Fraction(24)), most=100, least=100, overlap=8) is not None
    assert divided(Span(0, 251, Fraction(24)), most=100, least=100, overlap=8) is None
    assert divided(Span(0, 2, Fraction(24)), most=1, least=0, overlap=8) is None


def test_fewer_frames_than_the_models_longest_are_one_part() -> None:
    """Nothing is divided that fits."""
    span = Span(3, 120, Fraction(24))
    assert divided(span, most=120, least=48, overlap=8) == (span,)
    assert count_of_parts(121, most=120, least=48, overlap=8) == 2


# -- shots in parts


def clip_at(first: int, count: int, *, rate: Fraction, length: int, model: str, index: int = 0) -> PlacedClip:
    """Return a clip that shows *count* frames of a medium of *length* frames."""
    info = MediaInfo("/m/long.mp4", length, rate, 320, 180, 99, "h264", "yuv420p")
    seen = SurveyedClip(
        index=index,
        name=f"clip {index}",
        track="V1",
        record_timecode="01:00:00:00",
        record_frames=(0, count),
        selected=True,
        reason="asked for",
        visible=ClipRange(first, count, rate),
        look=Look("snow", model),
    )
    return PlacedClip(seen, "DEFAULT_MEDIA", info, Span(first, count, rate), 0, float(rate))


def shots(*clips: PlacedClip, handles: int = 8, overlap: int = 8) -> tuple[Shot, ...]:
    """Return the shots of clips, all of which are sent."""
    found, left_out = shots_for(
        clips, models=MODELS, model_for=lambda name: model_named(MODELS, name), handles=handles, overlap=overlap
    )
    assert left_out == {}
    return found


def limits_of(model: Model, rate: Fraction) -> tuple[int, int]:
    """Return a model's shortest and longest input in source frames, at the rate that is sent."""
    slower = rate / (1 if model.max_fps is None else max(1, math.ceil(rate / model.max_fps)))
    return math.ceil(model.min_seconds * slower), math.floor(model.max_seconds * slower)


@unhurried
@given(
    st.sampled_from(RATES),
    st.sampled_from(["gen4_aleph", "aleph2"]),
    st.integers(0, 200),
    st.integers(1, 4000),
    st.integers(0, 48),
    st.integers(0, 100),
)
def test_a_shot_of_any_length_is_sent_in_parts_its_model_takes(
    rate: Fraction, model: str, first: int, count: int, handles: int, after: int
) -> None:
    """Every part is within the model's limits at the rate that is sent, slow motion included; all is seen."""
    clip = clip_at(first, count, rate=rate, length=first + count + after, model=model)
    (shot,) = shots(clip, handles=handles)
    row = MODELS[model]
    for seconds in shot.part_seconds:
        assert row.min_seconds <= seconds <= row.max_seconds
    assert shot.span.contains(clip.visible)
    if shot.parts:
        assert shot.pad_frames == 0
        assert (shot.parts[0].first_frame, shot.parts[-1].end_frame) == (shot.span.first_frame, shot.span.end_frame)
        assert shot.wire_seconds == sum(part.frame_count for part in shot.parts) / shot.wire_rate


@unhurried
@given(st.integers(121, 3000), st.integers(0, 60))
def test_handles_never_add_a_part(count: int, handles: int) -> None:
    """With handles a shot has as many parts as without them."""
    rate = Fraction(24)
    clip = clip_at(500, count, rate=rate, length=4000, model="gen4_aleph")
    (bare,), (wide,) = shots(clip, handles=0), shots(clip, handles=handles)
    assert len(wide.parts) == len(bare.parts)
    assert wide.span.contains(bare.span)
    room = 120 * len(wide.parts) - 8 * (len(wide.parts) - 1)
    assert wide.span.frame_count == min(count + 2 * handles, room)


@unhurried
@given(st.integers(100, 700), st.integers(10, 300), st.integers(100, 700))
def test_merging_never_adds_a_part(first_count: int, second_start: int, second_count: int) -> None:
    """A shot that two clips share has no more parts than the longer of them alone."""
    rate = Fraction(24)
    pair = (
        clip_at(50, first_count, rate=rate, length=2000, model="gen4_aleph"),
        clip_at(50 + second_start, second_count, rate=rate, length=2000, model="gen4_aleph", index=1),
    )
    found = shots(*pair)
    alone = [len(shots(clip)[0].part_spans) for clip in pair]
    assert sum(len(shot.uses) for shot in found) == 2
    for shot in found:
        assert len(shot.part_spans) <= max(alone)


def test_without_parts_a_long_shot_is_left_out_with_all_ways_out() -> None:
    """The reason names the models that would take it, and the flag."""
    clip = clip_at(0, 288, rate=Fraction(24), length=288, model="gen4_aleph")
    found, left_out = shots_for(
        [clip], models=MODELS, model_for=lambda name: model_named(MODELS, name), handles=8, overlap=0
    )
    assert found == ()
    assert left_out[0].endswith("these would take it: aleph2; --parts sends it in parts")


def test_a_shot_that_cannot_be_divided_says_so() -> None:
    """The reason names the shortest part."""
    odd = replace(MODELS["gen4_aleph"], id="odd", min_seconds=Fraction(5))
    clip = clip_at(0, 301, rate=Fraction(24), length=301, model="odd")
    found, left_out = shots_for([clip], models={"odd": odd}, model_for=lambda _: odd, handles=0, overlap=8)
    assert found == ()
    assert "cannot be divided into parts of at least 120 frames each" in left_out[0]


@pytest.mark.parametrize(("seconds", "parts"), [(5, 0), (12, 3), (30, 7)])
def test_a_five_second_model_takes_long_shots(seconds: int, parts: int) -> None:
    """At 24 frames per second and with the usual overlap: (T - V) / (120 - V) rounded up."""
    (shot,) = shots(clip_at(0, seconds * 24, rate=Fraction(24), length=seconds * 24, model="gen4_aleph"))
    assert len(shot.parts) == parts
    assert shot.wire_seconds == seconds + Fraction(8 * max(0, parts - 1), 24)


def test_a_thirty_second_model_takes_forty_seconds_in_two() -> None:
    """Each of its parts is far above its two seconds."""
    (shot,) = shots(clip_at(0, 960, rate=Fraction(24), length=960, model="aleph2"))
    assert [part.frame_count for part in shot.parts] == [484, 484]
    assert [seam.frame_count for seam in shot.seams] == [8]
