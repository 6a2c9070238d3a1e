"""Quality checks: what is wrong with a take, and that a change of style alone is not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from otio_cometapi.media.quality import quality_flags
from otio_cometapi.records import Alignment, QualityFlag
from support.moving_pictures import moving, shifted
from support.restyles import restyled
from support.traces import trace_of_pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from otio_cometapi.media.motion import Trace

_ALIGNED = Alignment(0, 0.99, sure=True, frames_compared=60)
_COUNT = 48


@cache
def _pictures(kind: str, seed: int = 7) -> NDArray[Any]:
    # Half the size is drawn on: what is tried here is time.
    return moving(kind, frame_count=_COUNT, rate=24, seed=seed)[:, ::2, ::2]


@cache
def _trace(kind: str, seed: int = 7) -> Trace:
    return trace_of_pictures(_pictures(kind, seed))


def _flags(source: str, came: NDArray[Any], alignment: Alignment | None = _ALIGNED) -> tuple[QualityFlag, ...]:
    return quality_flags(_trace(source), trace_of_pictures(came), alignment=alignment)


def _told(flags: tuple[QualityFlag, ...]) -> list[tuple[str, int, int]]:
    return [(flag.kind, flag.first_frame, flag.frame_count) for flag in flags]


def _blackened(pictures: NDArray[Any], first: int, end: int) -> NDArray[Any]:
    came = pictures.copy()
    came[first:end] = 0
    return came


@pytest.mark.parametrize("change", ["inverted", "half replaced", "boiling"])
def test_a_change_of_style_raises_no_flag(change: str) -> None:
    """Pans, discs and cuts under a strong change of the whole picture are clean, with and without alignment."""
    for kind in ("pan", "discs", "cuts"):
        came = trace_of_pictures(restyled(_pictures(kind), change, seed=5))
        assert _told(quality_flags(_trace(kind), came, alignment=_ALIGNED)) == []
        assert _told(quality_flags(_trace(kind), came)) == []


def test_black_frames_are_flagged() -> None:
    """Five black frames in the middle are one flag with their numbers."""
    flags = _flags("discs", _blackened(restyled(_pictures("discs"), "inverted", seed=1), 20, 25))
    assert ("black", 20, 5) in _told(flags)
    assert [flag.message for flag in flags if flag.kind == "black"] == ["frames 20 to 24 are black; the source is not."]


def test_a_black_output_is_flagged_whole() -> None:
    """An output without any picture is black from its first frame to its last."""
    assert ("black", 0, _COUNT) in _told(_flags("pan", _pictures("pan") * 0))


def test_black_of_the_source_is_no_flag() -> None:
    """Where the source is black, the output may be."""
    black = _blackened(_pictures("discs"), 20, 30)
    assert _told(quality_flags(trace_of_pictures(black), trace_of_pictures(black), alignment=_ALIGNED)) == []


@pytest.mark.parametrize("change", ["none", "painting"])
def test_a_frozen_run_is_flagged(change: str) -> None:
    """Frames 21 to 29, all the same as frame 20, stand still while the source moves."""
    numbers = [20 if 20 < n < 30 else n for n in range(_COUNT)]
    flags = _flags("discs", restyled(_pictures("discs")[numbers], change, seed=1))
    assert _told(flags) == [("frozen", 21, 9)]
    assert flags[0].message == "the picture stands still from frame 20 to 29; the source moves."


def test_an_output_that_never_moves_is_frozen() -> None:
    """One picture for the whole take is flagged from its second frame on."""
    assert _told(_flags("discs", _pictures("discs")[[0] * _COUNT])) == [("frozen", 1, _COUNT - 1)]


def test_a_still_source_is_no_frozen_output() -> None:
    """A still picture comes back still."""
    assert _told(_flags("still", restyled(_pictures("still"), "inverted", seed=1))) == []


def test_stillness_of_the_source_is_followed_by_the_offset() -> None:
    """A source that rests for a while gives an output that rests as long, shifted like everything else."""
    resting = _pictures("discs")[[20 if 20 < n < 30 else n for n in range(_COUNT)]]
    came = trace_of_pictures(shifted(resting, 3))
    flags = quality_flags(trace_of_pictures(resting), came, alignment=Alignment(3, 0.99, sure=True, frames_compared=45))
    assert _told(flags) == []


def test_repeated_frames_are_flagged_with_their_rhythm() -> None:
    """Every fifth frame repeats the one before: one flag over the take says so."""
    flags = _flags("discs", _pictures("discs")[[n - (n % 5 == 4) for n in range(_COUNT)]])
    assert _told(flags) == [("repeated", 4, 41)]
    assert "9 frames repeat the one before, every 5 frames: 4, 9, 14" in flags[0].message


def test_repeats_of_the_source_are_no_flag() -> None:
    """A source that was converted from another rate repeats frames itself."""
    pulled = trace_of_pictures(_pictures("discs")[[n - (n % 5 == 4) for n in range(_COUNT)]])
    assert _told(quality_flags(pulled, pulled, alignment=_ALIGNED)) == []


@pytest.mark.parametrize("count", [_COUNT - 6, _COUNT + 6])
def test_a_wrong_length_is_flagged(count: int) -> None:
    """Six frames too few or too many are told with both counts."""
    numbers = np.clip(np.arange(count), 0, _COUNT - 1)
    flags = [flag for flag in _flags("pan", _pictures("pan")[numbers]) if flag.kind == "length"]
    assert _told(tuple(flags)) == [("length", min(count, _COUNT), 6)]
    assert flags[0].message == f"{count} frames came back for {_COUNT}."


@pytest.mark.parametrize("change", ["inverted", "boiling"])
def test_a_cut_that_the_source_does_not_have_is_flagged(change: str) -> None:
    """A new scene at frame 22 of a take without cuts is named by its first frame."""
    came = np.concatenate([_pictures("pan")[:22], _pictures("pan", 8)[22:]])
    assert _told(_flags("pan", restyled(came, change, seed=2))) == [("extra_cut", 22, 1)]


def test_a_flash_is_no_cut() -> None:
    """Two bright frames do not begin a new scene."""
    came = _pictures("pan").copy()
    came[20:22] = 235
    assert "extra_cut" not in {flag.kind for flag in _flags("pan", came)}


def test_a_cut_that_the_output_lacks_is_flagged() -> None:
    """The source cuts at frame 22, the output goes on: the output's frame is named."""
    source = np.concatenate([_pictures("pan")[:22], _pictures("pan", 8)[22:]])
    flags = quality_flags(trace_of_pictures(source), _trace("pan"), alignment=_ALIGNED)
    assert _told(flags) == [("missing_cut", 22, 1)]


def test_a_shifted_cut_is_the_same_cut() -> None:
    """A cut that comes two frames early, as the whole take does, is neither extra nor missing."""
    source = np.concatenate([_pictures("pan")[:22], _pictures("pan", 8)[22:]])
    came = trace_of_pictures(shifted(source, 2))
    assert (
        _told(
            quality_flags(trace_of_pictures(source), came, alignment=Alignment(2, 0.99, sure=True, frames_compared=46))
        )
        == []
    )
