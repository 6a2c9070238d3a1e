"""Exporting spans."""

from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import av
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media import verify
from otio_cometapi.media.encode import write_video
from otio_cometapi.media.export import export_span
from otio_cometapi.media.frames import packet_hashes
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.reading import treated_frames
from otio_cometapi.records import Export, ExportLimits, MediaInfo, Span
from support import source_kinds
from support.numbered import frames_of, numbers_of
from support.source_kinds import OPEN, Kind

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)


def limits(**changes: object) -> ExportLimits:
    """Return roomy limits with some changed."""
    fields = {name: getattr(ROOMY, name) for name in ROOMY.__dataclass_fields__}
    return ExportLimits(**{**fields, **changes})  # type: ignore[arg-type]


def noisy(folder: Path, frame_count: int = 24) -> MediaInfo:
    """Write 320x180 of noise, which hardly compresses."""
    path = folder / "noise.mkv"
    graph = av.filter.Graph()
    source = graph.add("color", "size=320x180:rate=24:color=gray")
    noise, pixels, sink = graph.add("noise", "alls=60:allf=t"), graph.add("format", "yuv420p"), graph.add("buffersink")
    source.link_to(noise)
    noise.link_to(pixels)
    pixels.link_to(sink)
    graph.configure(auto_buffer=False)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(frame_count):
            frame = graph.vpull()
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return media_info(path)


def written(folder: Path, kind: Kind) -> MediaInfo:
    """Write a kind and probe it."""
    return media_info(source_kinds.write(folder, kind))


def numbers(path: str | Path) -> list[int | None]:
    """Read the numbers of a file's frames."""
    return [found.get(0) for found in numbers_of(path, (0,))]


@pytest.mark.parametrize("rate", [24, 25, Fraction(24000, 1001), Fraction(30000, 1001)], ids=str)
def test_the_export_holds_exactly_the_span(tmp_path: Path, rate: Fraction) -> None:
    """Every frame of a mid-GOP span, no other, at the exact rate, from 0 on, without sound, timecode or metadata."""
    rate = Fraction(rate)
    info = written(tmp_path, Kind("a", rate=rate, codec_options=OPEN, timecode="01:00:00:00", sound=True))
    export = export_span(info, Span(77, 30, rate), into=tmp_path / "out" / "e.mp4", limits=ROOMY)
    sent = media_info(Path(export.path))
    assert numbers(export.path) == list(range(77, 107))
    assert (sent.rate, sent.frame_count, sent.has_audio, sent.start_timecode) == (rate, 30, False, None)
    assert (sent.codec, sent.pixel_format, sent.width, sent.height) == ("h264", "yuv420p", 320, 180)
    with av.open(export.path) as container:
        assert container.streams.video[0].start_time == 0
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands"}
        assert not container.streams.data


def test_the_record_describes_the_file(tmp_path: Path) -> None:
    """Size, hash, place of the picture and the hashes of the coded frames are those of the file and the span."""
    info = written(tmp_path, Kind("a"))
    span = Span(50, 10, info.rate)
    export = export_span(info, span, into=tmp_path / "e.mp4", limits=ROOMY)
    data = Path(export.path).read_bytes()
    assert (export.size_bytes, export.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (export.picture, export.width, export.height, export.quality) == ((0, 0, 320, 180), 320, 180, "high")
    assert export.frame_hashes == packet_hashes(info, span)


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_an_equal_export_that_stands_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Another process may be sending it, and tells it by its time of change; what has other bytes is replaced."""
    if not links:
        monkeypatch.setattr("os.link", Mock(side_effect=OSError(errno.EPERM, "no links here")))
    info = written(tmp_path, Kind("a"))
    into = tmp_path / "out" / "e.mp4"
    first = export_span(info, Span(50, 10, info.rate), into=into, limits=ROOMY)
    before = into.stat()
    again = export_span(info, Span(50, 10, info.rate), into=into, limits=ROOMY)
    now = into.stat()
    assert again == first
    assert (now.st_ino, now.st_mtime_ns, now.st_nlink) == (before.st_ino, before.st_mtime_ns, 1)
    other = export_span(info, Span(51, 10, info.rate), into=into, limits=ROOMY)
    assert other.sha256 == hashlib.sha256(into.read_bytes()).hexdigest() != first.sha256
    assert [path.name for path in into.parent.iterdir()] == ["e.mp4"]


def test_padding_repeats_the_last_frame(tmp_path: Path) -> None:
    """A clip under the model's minimum ends in held frames."""
    info = written(tmp_path, Kind("a"))
    export = export_span(info, Span(10, 4, info.rate), into=tmp_path / "e.mp4", limits=ROOMY, pad_frames=3)
    assert numbers(export.path) == [10, 11, 12, 13, 13, 13, 13]
    assert (export.pad_frames, len(export.frame_hashes)) == (3, 4)


def test_slow_motion_keeps_every_frame(tmp_path: Path) -> None:
    """Above the model's rate every frame is sent at a whole fraction of the rate."""
    info = written(tmp_path, Kind("a", rate=Fraction(60000, 1001)))
    export = export_span(info, Span(10, 12, info.rate), into=tmp_path / "e.mp4", limits=ROOMY, slowdown=2)
    assert export.wire_rate == media_info(Path(export.path)).rate == Fraction(30000, 1001)
    assert numbers(export.path) == list(range(10, 22))


def test_a_single_frame_can_be_exported(tmp_path: Path) -> None:
    """A span of one frame is a file of one frame."""
    info = written(tmp_path, Kind("a"))
    export = export_span(info, Span(99, 1, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    assert numbers(export.path) == [99]


def test_equal_spans_make_equal_files(tmp_path: Path) -> None:
    """The same frames with the same limits are the same bytes."""
    info = written(tmp_path, Kind("a"))
    first, second = (
        export_span(info, Span(10, 20, info.rate), into=tmp_path / name, limits=ROOMY) for name in ("a1.mp4", "a2.mp4")
    )
    assert first.sha256 == second.sha256


def test_quality_gives_way_first_then_the_raster_then_quality_to_the_floor(tmp_path: Path) -> None:
    """A tighter limit costs quality, then size, then quality again; every file fits its limit."""
    info = noisy(tmp_path)
    span = Span(0, 24, info.rate)
    seen = []
    for number, size in enumerate((2_000_000, 600_000, 220_000, 90_000, 40_000)):
        export = export_span(info, span, into=tmp_path / f"{number}.mp4", limits=limits(max_bytes=size))
        assert export.size_bytes <= size
        seen.append((export.width, export.quality))
    assert seen[0] == (320, "high")
    ranks = [("high", "good", "low").index(quality) + (0 if width == 320 else 1) for width, quality in seen]
    assert ranks == sorted(ranks)
    assert {width for width, _ in seen} == {320, 160}
    assert seen[-1] == (160, "low")


def test_below_the_floor_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """A picture that is not worth sending is not sent, and no file is left."""
    info = noisy(tmp_path)
    with pytest.raises(MediaError, match="Shorten the clip, send fewer handles, or send it by URL"):
        export_span(info, Span(0, 24, info.rate), into=tmp_path / "e.mp4", limits=limits(max_bytes=4_000))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["noise.mkv"]


@pytest.mark.parametrize(
    ("ratio", "raster", "picture"),
    [
        (None, (320, 180), (0, 0, 320, 180)),
        ((1280, 720), (320, 180), (0, 0, 320, 180)),
        ((1284, 720), (320, 180), (0, 0, 320, 180)),
        ((1, 1), (320, 320), (0, 70, 320, 180)),
        ((1584, 672), (424, 180), (52, 0, 320, 180)),
    ],
    ids=["none", "the same", "within 1 %", "square", "wide"],
)
def test_bars_stand_only_where_the_shape_differs(
    tmp_path: Path, ratio: tuple[int, int] | None, raster: tuple[int, int], picture: tuple[int, int, int, int]
) -> None:
    """The picture is not scaled; bars make the shape, and the record says where the picture stands."""
    info = written(tmp_path, Kind("a", frame_count=60))
    export = export_span(info, Span(5, 3, info.rate), into=tmp_path / "e.mp4", limits=limits(ratio=ratio))
    assert ((export.width, export.height), export.picture) == (raster, picture)
    frame = next(frames_of(export.path)).to_ndarray(format="gray")
    left, top, width, height = picture
    assert frame[top : top + height, left : left + width].mean() > 60
    if top:
        assert frame[: top - 2].max() < 8
    if left:
        assert frame[:, : left - 2].max() < 8


def test_a_large_source_shrinks_into_the_limits(tmp_path: Path) -> None:
    """The raster is bounded, the shape kept, the sides even."""
    info = written(tmp_path, Kind("a", frame_count=20))
    export = export_span(
        info, Span(5, 3, info.rate), into=tmp_path / "e.mp4", limits=limits(max_width=201, max_height=900)
    )
    assert (export.width, export.height, export.picture) == (200, 112, (0, 0, 200, 112))
    assert numbers(export.path) == [5, 6, 7]


def test_an_odd_raster_gets_a_bar_and_is_not_scaled(tmp_path: Path) -> None:
    """H.264 needs even sides: one row and one column are added."""
    kind = Kind("odd", suffix=".mkv", codec="ffv1", pixel_format="yuv444p", width=321, height=181, frame_count=12)
    info = written(tmp_path, kind)
    export = export_span(info, Span(2, 5, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    assert (export.width, export.height, export.picture) == (322, 182, (0, 0, 321, 181))
    assert numbers(export.path) == [2, 3, 4, 5, 6]


def test_wide_pixels_become_square_ones(tmp_path: Path) -> None:
    """What is sent is what is seen: an anamorphic picture is sent in its true shape."""
    info = written(tmp_path, Kind("wide", frame_count=12, pixel_aspect=Fraction(4, 3)))
    export = export_span(info, Span(2, 5, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    assert (export.width, export.height) == (426, 180)
    assert media_info(Path(export.path)).pixel_aspect == 1


def test_full_range_becomes_limited_range(tmp_path: Path) -> None:
    """A full-range source is sent in limited range: 255 is 235, 0 is 16, and the file says so."""
    path = tmp_path / "full.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.color_range, stream.codec_context.colorspace = 2, 1
        for number in range(4):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane, value in zip(frame.planes, (255 if number % 2 else 0, 128, 128), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base, frame.color_range, frame.colorspace = number, Fraction(1, 24), 2, 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    info = media_info(path)
    assert info.full_range
    export = export_span(info, Span(0, 4, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    levels = [round(float(frame.to_ndarray()[:180].mean())) for frame in frames_of(export.path)]
    assert levels == pytest.approx([16, 235, 16, 235], abs=1)
    assert media_info(Path(export.path)).full_range is False


@pytest.mark.parametrize(
    ("colour", "height", "tags"),
    [
        ((2, 2, 2), 180, (6, 6, 6)),
        ((2, 2, 2), 720, (1, 1, 1)),
        ((9, 14, 9), 180, (9, 14, 9)),
        ((5, 6, 5), 180, (5, 6, 5)),
    ],
    ids=["small untagged", "large untagged", "bt2020", "pal"],
)
def test_colour_tags_are_carried_or_decided(
    tmp_path: Path, colour: tuple[int, int, int], height: int, tags: tuple[int, int, int]
) -> None:
    """Tags go along; where there are none, the rule that players go by is written down."""
    info = written(tmp_path, Kind("c", frame_count=4, colour=colour, height=height))
    sent = media_info(Path(export_span(info, Span(0, 3, info.rate), into=tmp_path / "e.mp4", limits=ROOMY).path))
    assert (sent.primaries, sent.transfer, sent.matrix) == tags


def test_an_rgb_source_keeps_its_colours(tmp_path: Path) -> None:
    """RGB is converted with the matrix that the export is tagged with."""
    path = tmp_path / "rgb.mkv"
    colour = (200, 60, 30)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "bgr0"
        for number in range(3):
            frame = av.VideoFrame(320, 180, "bgr0")
            frame.planes[0].update(bytes([*reversed(colour), 0]) * (frame.planes[0].buffer_size // 4))
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    info = media_info(path)
    export = export_span(info, Span(0, 3, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    frame = next(frames_of(export.path))
    luma, blue, red = (bytes(frame.planes[number])[0] for number in range(3))
    # BT.601, limited range, computed by hand from the colour.
    y = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    expected = (
        16 + y * 219 / 255,
        128 + (colour[2] - y) / 1.772 * 224 / 255,
        128 + (colour[0] - y) / 1.402 * 224 / 255,
    )
    assert (luma, blue, red) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("suffix", [".ts", ".mxf", ".mov"])
def test_editors_containers_are_exported_exactly(tmp_path: Path, suffix: str) -> None:
    """MPEG-TS, DNxHR in MXF and ProRes in MOV export the frames that the span names."""
    kinds = {
        ".ts": Kind("a", suffix=".ts", rate=Fraction(25), first_stamp=90),
        ".mxf": Kind(
            "a", suffix=".mxf", rate=Fraction(25), codec="dnxhd", pixel_format="yuv422p",
            codec_options={"profile": "dnxhr_sq"},
        ),
        ".mov": Kind("a", suffix=".mov", rate=Fraction(25), codec="prores_ks", pixel_format="yuv422p10le"),
    }  # fmt: skip
    info = written(tmp_path, kinds[suffix])
    export = export_span(info, Span(111, 9, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    assert numbers(export.path) == list(range(111, 120))


def test_an_export_that_fails_its_check_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not verified never stands under the final name, nor under a temporary one."""
    info = written(tmp_path, Kind("a", frame_count=20))
    monkeypatch.setattr(verify, "decodable_frames", lambda path: 0)
    with pytest.raises(MediaError, match="frames 0 instead of 5"):
        export_span(info, Span(2, 5, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4"]


def test_a_source_that_cannot_be_exact_is_refused(tmp_path: Path) -> None:
    """What the probe refuses, the export refuses with the same words."""
    info = written(tmp_path, Kind("vfr", frame_count=30, steps=(1, 2, 1, 3)))
    with pytest.raises(MediaError, match="its frame rate varies"):
        export_span(info, Span(0, 5, info.rate), into=tmp_path / "e.mp4", limits=ROOMY)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """An unwritable place is an error of ours."""
    info = written(tmp_path, Kind("a", frame_count=20))
    (tmp_path / "blocked").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(MediaError, match="cannot write"):
        export_span(info, Span(0, 5, info.rate), into=tmp_path / "blocked" / "e.mp4", limits=ROOMY)


def test_a_span_that_memory_does_not_hold_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts on a long span decode it anew and give the same file."""
    info = noisy(tmp_path)
    tight = limits(max_bytes=220_000)
    kept = export_span(info, Span(0, 24, info.rate), into=tmp_path / "kept.mp4", limits=tight)
    monkeypatch.setattr("otio_cometapi.media.export._KEPT_BYTES", 0)
    again: Export = export_span(info, Span(0, 24, info.rate), into=tmp_path / "again.mp4", limits=tight)
    assert again.sha256 == kept.sha256


def test_damage_met_just_after_an_attempt_was_broken_off_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames are made ahead of the encoder: what was found while nobody waited for it is raised in the next attempt."""
    info = noisy(tmp_path, frame_count=60)
    met = threading.Event()

    def damaged(info: MediaInfo, span: Span) -> Iterator[av.VideoFrame]:
        for number, frame in enumerate(treated_frames(info, span)):
            if number == 50:
                met.set()
                raise MediaError("frame 50 is damaged.")
            yield frame

    def late(*given: Any, **named: Any) -> int:
        try:
            return write_video(*given, **named)
        finally:
            assert met.wait(10)

    monkeypatch.setattr("otio_cometapi.media.export.treated_frames", damaged)
    monkeypatch.setattr("otio_cometapi.media.export.write_video", late)
    with pytest.raises(MediaError, match="frame 50 is damaged"):
        export_span(info, Span(0, 60, info.rate), into=tmp_path / "e.mp4", limits=limits(max_bytes=220_000))
