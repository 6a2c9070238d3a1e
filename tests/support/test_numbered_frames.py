"""The numbers in numbered media can be read after all that the road and a host do to a picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from support.edits import RATES, Shown, dissolve, expected_numbers
from support.numbered import LARGEST_NUMBER, ROWS, frames_of, number_luma, numbers_of, read_numbers, write_numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNT = 24


def written(folder: Path, *, row: int, crf: int = 23) -> Path:
    """Write a short numbered file, numbers from 100 x (row + 1) on."""
    return write_numbered(
        folder / f"row{row}.mp4", frame_count=COUNT, rate=Fraction(25), row=row, first_number=first(row), crf=crf
    )


def first(row: int) -> int:
    """Return the first number of `written`."""
    return 100 * (row + 1)


def planes(path: Path) -> list[NDArray[np.float64]]:
    """Decode a file to brightness from 0 to 1."""
    return [frame.to_ndarray(format="gray") / 255.0 for frame in frames_of(path)]


def encoded(path: Path, pictures: list[NDArray[np.float64]], *, width: int, height: int, crf: int) -> Path:
    """Encode brightness from 0 to 1 as H.264 of another size."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.uint8(np.round(picture * 255)), format="gray")
            container.mux(stream.encode(frame.reformat(width=width, height=height, format="yuv420p")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_read_at_low_quality(row: int, tmp_path: Path) -> None:
    """At crf 30 every frame shows its own number in its own row, and no other row shows any."""
    path = written(tmp_path, row=row, crf=30)
    assert numbers_of(path) == [{row: first(row) + frame} for frame in range(COUNT)]


@pytest.mark.parametrize("inverted", [False, True], ids=["upright", "inverted"])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0], ids=lambda gamma: f"gamma {gamma}")
def test_numbers_survive_a_curve_half_the_range_half_the_size_and_h264(
    gamma: float, inverted: bool, tmp_path: Path
) -> None:
    """A curve, whole inversion, half of the contrast, half of the size and crf 30 together change nothing."""
    curved = [picture**gamma for picture in planes(written(tmp_path, row=4))]
    changed = [0.2 + 0.5 * ((1 - picture) if inverted else picture) for picture in curved]
    path = encoded(tmp_path / "changed.mp4", changed, width=160, height=90, crf=30)
    assert numbers_of(path) == [{4: first(4) + frame} for frame in range(COUNT)]


@pytest.mark.parametrize("ninths", range(1, 9))
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0], ids=lambda gamma: f"gamma {gamma}")
def test_both_numbers_of_a_dissolve_are_read(ninths: int, gamma: float, tmp_path: Path) -> None:
    """At every ninth of a dissolve both media show their numbers, one of them curved and inverted."""
    outgoing, incoming = planes(written(tmp_path, row=1)), planes(written(tmp_path, row=5))
    part = ninths / 9
    mixed = [a * (1 - part) + (1 - b**gamma) * part for a, b in zip(outgoing, incoming, strict=True)]
    read = [read_numbers(np.round(picture * 255)) for picture in mixed]
    assert read == [{1: first(1) + frame, 5: first(5) + frame} for frame in range(COUNT)]


def test_a_mix_of_two_frames_of_one_medium_has_no_number() -> None:
    """A host that blends neighbouring frames is found out: the blend is no number rather than a wrong one."""
    blends = (number_luma(n, row=0) * 0.5 + number_luma(n + 1, row=0) * 0.5 for n in range(64))
    assert [read_numbers(blend) for blend in blends] == [{}] * 64


def test_noise_has_no_number() -> None:
    """Pictures without cells, smooth or noisy, read as nothing."""
    random = np.random.default_rng(7)
    pictures = [np.full((180, 320), 126.0) + random.normal(0, spread, (180, 320)) for spread in range(0, 60, 2)]
    assert [read_numbers(picture) for picture in pictures] == [{}] * len(pictures)


def test_a_number_is_not_read_in_another_row() -> None:
    """A picture shifted by one row reads as nothing, since the checksum knows the row."""
    shifted = np.roll(number_luma(77, row=2), 20, axis=0)
    assert read_numbers(shifted) == {}


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"at {rate}")
def test_files_have_the_exact_rate_and_timecode(rate: Fraction, tmp_path: Path) -> None:
    """A numbered file has its exact rate, starts at 0, and carries the start timecode it was given."""
    path = write_numbered(tmp_path / "a.mp4", frame_count=COUNT, rate=rate, row=0, start_timecode="10:20:30:05", gop=7)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = (stream.average_rate, stream.start_time, stream.frames, stream.metadata["timecode"])
    assert found == (rate, 0, COUNT, "10:20:30:05")


def test_key_frames_stand_where_they_were_asked_for(tmp_path: Path) -> None:
    """The distance of key frames is the one given, so that a test knows where mid-GOP is."""
    path = write_numbered(tmp_path / "a.mp4", frame_count=30, rate=Fraction(24), row=0, gop=7)
    assert [k for k, frame in enumerate(frames_of(path)) if frame.key_frame] == [0, 7, 14, 21, 28]


def test_a_number_too_large_is_refused() -> None:
    """A number that the cells cannot hold is an error, not another number."""
    with pytest.raises(ValueError, match=str(LARGEST_NUMBER)):
        number_luma(LARGEST_NUMBER + 1, row=0)


def test_a_dissolve_is_expected_around_its_cut(tmp_path: Path) -> None:
    """Both media are expected from 6 frames before the cut to 10 after it, the incoming from before its start."""
    expected = expected_numbers(dissolve(tmp_path, Fraction(24)))
    shown = {frame: expected[frame].numbers for frame in (27, 28, 33, 34, 43, 44)}
    assert shown == {
        27: {1: 56},
        28: {1: 57, 5: 3047},
        33: {1: 62, 5: 3052},
        34: {1: 63, 5: 3053},
        43: {1: 72, 5: 3062},
        44: {5: 3063},
    }


@pytest.mark.parametrize(
    ("read", "agrees"),
    [
        ({1: 5, 2: 9}, True),
        ({1: 5}, True),
        ({2: 9}, False),
        ({1: 6, 2: 9}, False),
        ({1: 5, 2: 8}, False),
        ({1: 5, 2: 9, 3: 1}, False),
    ],
    ids=["both", "faint one missing", "strong one missing", "strong one wrong", "faint one wrong", "a third"],
)
def test_a_faint_picture_may_be_missing_but_never_wrong(read: dict[int, int], agrees: bool) -> None:
    """Below the least weight a number may be missing; a wrong number never agrees."""
    shown = Shown({1: 5, 2: 9}, {1: 0.95, 2: 0.05})
    assert shown.agrees(read, least_weight=0.15) is agrees
