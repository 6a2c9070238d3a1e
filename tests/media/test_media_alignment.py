"""Alignment: which source frame an output frame shows, and when that cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.alignment import MAX_OFFSET, MIN_FRAMES, alignment_of
from otio_cometapi.media.colour import ColourTags
from otio_cometapi.media.encode import EncodeSpec, write_video
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.motion import Trace, trace_of
from otio_cometapi.media.testcard import write_testcard
from support.moving_pictures import moving, shifted
from support.restyles import restyled
from support.traces import trace_of_pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOVEMENTS = ("pan", "handheld", "discs", "cuts")
_CHANGES = ("half replaced", "wobble")
_SHIFTS = (3, 0, -1, -3, 1, 0, 2, -2)


@cache
def _pictures(kind: str) -> NDArray[Any]:
    # Half the size is drawn on: what is tried here is time, and there is much of it to try.
    return moving(kind, frame_count=60, rate=24, seed=7)[:, ::2, ::2]


@cache
def _sent(kind: str) -> Trace:
    return trace_of_pictures(_pictures(kind))


def _offset(kind: str, change: str, shift: int, *, drop: bool = False) -> int | None:
    made = restyled(shifted(_pictures(kind), shift, drop=drop), change, seed=11)
    return alignment_of(_sent(kind), trace_of_pictures(made)).sure_offset


def _part(trace: Trace, first: int, end: int) -> Trace:
    return trace.picked(range(first, end))


@pytest.mark.parametrize("change", _CHANGES)
def test_shifts_are_found_under_changes_of_the_whole_picture(change: str) -> None:
    """Of four kinds of movement under one change at least three are found, and none is found wrong."""
    start = 2 * _CHANGES.index(change)
    wanted = [_SHIFTS[(start + number) % len(_SHIFTS)] for number in range(len(_MOVEMENTS))]
    found = [_offset(kind, change, shift) for kind, shift in zip(_MOVEMENTS, wanted, strict=True)]
    assert [one for one, shift in zip(found, wanted, strict=True) if one not in (None, shift)] == []
    assert sum(one is not None for one in found) >= 3


@pytest.mark.parametrize("change", ["mosaic", "repainted"])
def test_unshifted_takes_raise_no_alarm(change: str) -> None:
    """A take that only looks different is aligned, or unsure, never shifted."""
    assert {_offset(kind, change, 0) for kind in ("handheld", "discs")} <= {0, None}


def test_wobble_on_slow_movement_is_unsure_rather_than_wrong() -> None:
    """Wobble of the whole picture, larger than what moves in a frame, deceives all places alike."""
    slow = _pictures("slow pan")
    found = {
        alignment_of(_sent("slow pan"), trace_of_pictures(restyled(shifted(slow, -2), "wobble", seed=seed))).sure_offset
        for seed in range(2)
    }
    assert found <= {None, -2}


@pytest.mark.parametrize("shift", [-8, 8])
def test_the_largest_shift_is_found(shift: int) -> None:
    """Eight frames either way are found."""
    assert _offset("handheld", "none", shift) == shift


@pytest.mark.parametrize("shift", [-11, 11])
def test_a_shift_beyond_the_search_is_not_guessed(shift: int) -> None:
    """What lies further away than anything searched is unsure."""
    assert _offset("handheld", "none", shift) is None


def test_frames_left_out_at_the_start_are_a_shift() -> None:
    """An output that lacks the first three frames, and is shorter by three, shows n + 3."""
    assert _offset("pan", "hue and contrast", 3, drop=True) == 3


@pytest.mark.parametrize("kind", ["still", "loop"])
def test_movement_that_tells_nothing_of_time_is_unsure(kind: str) -> None:
    """A still picture, and one that repeats itself every six frames, name no offset even where it is zero."""
    found = alignment_of(_sent(kind), trace_of_pictures(restyled(_pictures(kind), "flicker", seed=3)))
    assert not found.sure
    assert found.reason


def test_another_video_is_unsure() -> None:
    """An output that has nothing to do with the source names no offset."""
    assert alignment_of(_sent("discs"), _sent("handheld")).sure_offset is None


def test_a_stretched_output_is_unsure() -> None:
    """An output that runs slower shows no source frame at one offset, so none is named."""
    slower = _pictures("pan")[[min(59, number * 9 // 10) for number in range(60)]]
    assert alignment_of(_sent("pan"), trace_of_pictures(slower)).sure_offset is None


def test_too_few_frames_are_unsure() -> None:
    """Below the least number of frames nothing is compared."""
    short = _part(_sent("handheld"), 0, MIN_FRAMES - 1)
    found = alignment_of(short, short)
    assert (found.sure_offset, found.confidence, found.frames_compared) == (None, 0.0, 0)
    assert "too few" in found.reason


def test_a_video_equals_itself() -> None:
    """The same trace on both sides is aligned, with all frames compared and high confidence."""
    found = alignment_of(_sent("handheld"), _sent("handheld"))
    assert (found.sure_offset, found.frames_compared) == (0, 60)
    assert found.confidence > 0.99


def test_source_and_output_swapped_give_the_opposite_offset() -> None:
    """Frame n shows n + 2 one way, and n - 2 the other."""
    whole = _sent("handheld")
    early, late = _part(whole, 0, 56), _part(whole, 2, 58)
    assert (alignment_of(early, late).offset_frames, alignment_of(late, early).offset_frames) == (2, -2)
    assert alignment_of(early, late).frames_compared == 54


def test_offsets_named_stay_within_the_limit() -> None:
    """An offset that the search sees but may not name stays unsure."""
    whole = _sent("handheld")
    beyond = alignment_of(_part(whole, 0, 50), _part(whole, MAX_OFFSET + 1, 60))
    assert beyond.sure_offset is None


def _late(frames: Iterator[av.VideoFrame], by: int) -> Iterator[av.VideoFrame]:
    first = next(frames)
    yield from repeat(first, by + 1)
    yield from frames


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)])
def test_a_test_card_that_comes_back_late_is_found_through_files(tmp_path: Path, rate: Fraction) -> None:
    """A coded test card whose first frame is doubled twice shows n - 2."""
    sent, came = tmp_path / "sent.mp4", tmp_path / "came.mp4"
    write_testcard(sent, frame_count=50, rate=rate, width=320, height=180, seed=4)
    spec = EncodeSpec(320, 180, rate, ColourTags(1, 1, 1), crf=28, preset="veryfast")
    write_video(came, islice(_late(decoded_frames(sent), 2), 50), spec=spec)
    found = alignment_of(trace_of(decoded_frames(sent)), trace_of(decoded_frames(came)))
    assert found.sure_offset == -2


def test_a_trace_is_in_grey_levels() -> None:
    """Black is 0 and white is 255, whatever the range of the samples; before the first frame nothing changed."""
    trace = trace_of([av.VideoFrame.from_ndarray(_flat(level), format="gray") for level in (0, 255)])
    assert trace.luma.mean((1, 2)).tolist() == pytest.approx([0, 255], abs=1.5)
    assert trace.level.tolist() == pytest.approx([0, 255], abs=1.5)
    assert trace.change.mean((1, 2)).tolist() == pytest.approx([0, 255], abs=1.5)


def test_limited_range_is_stretched() -> None:
    """Video black and white, 16 and 235, are 0 and 255 too."""
    frames = []
    for level in (16, 235):
        frame = av.VideoFrame(64, 36, "yuv420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([level if number == 0 else 128]) * plane.buffer_size)
        frames.append(frame)
    assert trace_of(frames).luma.mean((1, 2)).tolist() == pytest.approx([0, 255], abs=1.5)


def test_bars_are_no_part_of_a_trace() -> None:
    """Only the picture inside the bars is looked at, by the numbers given."""
    barred = _flat(0).copy()
    barred[20:70, 40:120] = 255
    trace = trace_of([av.VideoFrame.from_ndarray(barred, format="gray")], crop=(40, 20, 80, 50))
    assert trace.luma.min() == pytest.approx(255, abs=1.5)


def test_long_videos_are_reduced_without_a_seam() -> None:
    """A video that is reduced in several goes has the same trace as any part of it."""
    whole, part = _sent("pan"), trace_of_pictures(_pictures("pan")[40:])
    for one, other in ((whole.luma, part.luma), (whole.edges, part.edges), (whole.change, part.change)):
        assert abs(one[41:] - other[1:]).max() < 1e-3


def test_a_raster_that_changes_halfway_is_an_error() -> None:
    """Frames of two sizes in one file are named, not measured."""
    frames = [av.VideoFrame(64, 36, "gray"), av.VideoFrame(32, 18, "gray")]
    with pytest.raises(MediaError, match="at frame 1"):
        trace_of(frames)


def _flat(level: int) -> NDArray[Any]:
    return _pictures("still")[0, ..., 0] * 0 + level
