"""The generator: every frame of every kind of input, at its own time, graded and otherwise untouched."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from cometapi_mock.grade import grade_for
from cometapi_mock.render import UndecodableInputError, render
from cometapi_mock.scenarios import OutputPlan
from support.mock_client import FILM, frame_number, grey_frames, numbered_clip, stream_facts

PLAIN = OutputPlan()
UPRIGHT = next(g for seed in range(99) if not (g := grade_for(model="m", prompt="p", seed=seed)).inverted)
INVERTED = next(g for seed in range(99) if (g := grade_for(model="m", prompt="p", seed=seed)).inverted)


def remuxed(source: Path, target: Path, *, times: Any = None, shift: int = 0, **codec: Any) -> Path:
    """Write the frames of a video again: elsewhere, at other times, in another codec or pixel format."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        video = reader.streams.video[0]
        stream = writer.add_stream(
            codec.pop("name", "libx264"), rate=video.average_rate, options=codec.pop("options", {})
        )
        stream.width, stream.height = codec.pop("size", (video.width, video.height))
        stream.pix_fmt = codec.pop("pixels", "yuv420p")
        unit = 1 / Fraction(video.average_rate or 24)
        stream.codec_context.time_base = unit / 4
        for number, frame in enumerate(reader.decode(video)):
            picture = frame.reformat(width=stream.width, height=stream.height, format=stream.pix_fmt)
            picture.pts = shift + (times(number) if times else number * 4)
            picture.time_base = unit / 4
            writer.mux(stream.encode(picture))
        writer.mux(stream.encode(None))
    return target


def times_of(path: Path) -> list[Fraction]:
    """Return when each frame is shown, in seconds from the first."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [(frame.pts or 0) * (stream.time_base or Fraction(1)) for frame in container.decode(stream)]
    return [time - found[0] for time in found]


KINDS: dict[str, dict[str, Any]] = {
    "in.mp4": {},
    "matroska_with_millisecond_times.mkv": {},
    "transport_stream.ts": {},
    "late_start.mp4": {"shift": 50},
    "open_gop.mp4": {"options": {"x264-params": "open-gop=1:keyint=12:bframes=3"}},
    "no_b_frames.mp4": {"options": {"bf": "0"}},
    "ten_bits.mp4": {"name": "libx265", "pixels": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
    "prores.mov": {"name": "prores_ks", "pixels": "yuv422p10le"},
    "motion_jpeg.mov": {"name": "mjpeg", "pixels": "yuvj420p"},
    "vp9.webm": {"name": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
}


@pytest.mark.parametrize("grade", [UPRIGHT, INVERTED], ids=["upright", "inverted"])
@pytest.mark.parametrize("name", KINDS)
def test_every_frame_of_every_kind_of_input_comes_out(tmp_path: Path, clip_path: Path, name: str, grade: Any) -> None:
    """Numbers, rate, raster and sound are right, whatever container, codec, times and pixels the input has."""
    source = remuxed(clip_path, tmp_path / name, **dict(KINDS[name]))
    render(source, tmp_path / "out.mp4", grade, PLAIN)
    assert [frame_number(grey) for grey in grey_frames(tmp_path / "out.mp4")] == list(range(30))
    assert stream_facts(tmp_path / "out.mp4") == (FILM, 320, 180, 0)


@pytest.mark.parametrize(
    "rate",
    [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001), Fraction(12)],
    ids=str,
)
def test_the_rate_is_exact(tmp_path: Path, rate: Fraction) -> None:
    """Every rate comes out as the very fraction that went in, and frame n is shown at n / rate."""
    source = numbered_clip(tmp_path / "in.mp4", frames=9, rate=rate)
    render(source, tmp_path / "out.mp4", UPRIGHT, PLAIN)
    assert stream_facts(tmp_path / "out.mp4")[0] == rate
    assert times_of(tmp_path / "out.mp4") == [number / rate for number in range(9)]


def test_uneven_times_are_kept(tmp_path: Path, clip_path: Path) -> None:
    """An input of uneven times loses no frame, and every frame keeps its own time."""
    source = remuxed(clip_path, tmp_path / "vfr.mp4", times=lambda number: number * 4 + number % 3 + number // 10 * 20)
    render(source, tmp_path / "out.mp4", UPRIGHT, PLAIN)
    assert [frame_number(grey) for grey in grey_frames(tmp_path / "out.mp4")] == list(range(30))
    assert times_of(tmp_path / "out.mp4") == times_of(source)


def test_an_odd_raster_is_kept(tmp_path: Path, clip_path: Path) -> None:
    """A picture of odd width and height keeps every pixel."""
    source = remuxed(clip_path, tmp_path / "odd.mp4", size=(321, 181), pixels="yuv444p")
    render(source, tmp_path / "out.mp4", UPRIGHT, PLAIN)
    assert stream_facts(tmp_path / "out.mp4")[1:3] == (321, 181)
    assert len(grey_frames(tmp_path / "out.mp4")) == 30


def test_a_single_frame_is_enough(tmp_path: Path) -> None:
    """A video of one frame comes out as one."""
    render(numbered_clip(tmp_path / "in.mp4", frames=1), tmp_path / "out.mp4", UPRIGHT, PLAIN)
    assert len(grey_frames(tmp_path / "out.mp4")) == 1


def test_sound_is_dropped(tmp_path: Path, clip_path: Path) -> None:
    """An input with sound comes out without."""
    render(clip_path, tmp_path / "sound.mp4", UPRIGHT, OutputPlan(variant="sound"))
    assert stream_facts(tmp_path / "sound.mp4")[3] == 1
    render(tmp_path / "sound.mp4", tmp_path / "out.mp4", UPRIGHT, PLAIN)
    assert stream_facts(tmp_path / "out.mp4")[3] == 0


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_an_input_that_breaks_off_is_undecodable(tmp_path: Path, clip_path: Path, keep: float) -> None:
    """A file that ends in the middle is an error, and leaves nothing behind."""
    content = clip_path.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(UndecodableInputError):
        render(tmp_path / "cut.mp4", tmp_path / "out.mp4", UPRIGHT, PLAIN)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.mp4"]


def test_the_marks_stay_in_the_lowest_tenth(tmp_path: Path, clip_path: Path) -> None:
    """Two requests that differ in their marks alone give the same picture above the lowest tenth."""
    other = replace(UPRIGHT, marks=UPRIGHT.marks ^ 0xFFFF)
    for name, grade in (("a.mp4", UPRIGHT), ("b.mp4", other)):
        render(clip_path, tmp_path / name, grade, PLAIN)
    first, second = (grey_frames(tmp_path / name)[3].astype(int) for name in ("a.mp4", "b.mp4"))
    assert abs(first[:162] - second[:162]).max() <= 2
    assert abs(first[162:] - second[162:]).max() > 100


def test_grades_follow_from_the_request() -> None:
    """The same request has the same grade; prompt, seed, model and references each change it."""
    asked: dict[str, Any] = {"model": "m", "prompt": "p", "seed": 1, "references": ""}
    changes: list[dict[str, Any]] = [
        {},
        {"model": "n"},
        {"prompt": "q"},
        {"seed": 2},
        {"seed": None},
        {"references": "r"},
    ]
    grades = [grade_for(**{**asked, **change}) for change in changes]
    assert len(set(grades)) == len(grades)
    assert grade_for(**asked) == grades[0]
