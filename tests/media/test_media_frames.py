"""Exact frame reading."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.frames import decodable_frames, decoded_frames, packet_hashes, read_frames
from otio_cometapi.media.probe import media_info
from otio_cometapi.records import MediaInfo, Span
from support import source_kinds
from support.source_kinds import OPEN, Kind, all_hashes, picture_hash, remuxed, x264

KINDS = [
    Kind("film", rate=Fraction(24)),
    Kind("pal", rate=Fraction(25)),
    Kind("ntsc_film", rate=Fraction(24000, 1001)),
    Kind("ntsc", rate=Fraction(30000, 1001)),
    Kind("fast", rate=Fraction(60000, 1001), codec_options=x264("keyint=250:scenecut=0:bframes=3")),
    Kind("open_gop", codec_options=OPEN),
    Kind("intra_refresh", codec_options=x264("keyint=48:intra-refresh=1:bframes=0")),
    Kind("matroska", suffix=".mkv", rate=Fraction(24000, 1001), codec_options=OPEN),
    Kind("fragmented", codec_options=OPEN, muxer_options={"movflags": "frag_keyframe+empty_moov"}),
    Kind("webm", suffix=".webm", codec="libvpx-vp9", codec_options={"cpu-used": "8", "g": "40"}),
    Kind("mpeg_program", suffix=".mpg", rate=Fraction(25), codec="mpeg2video", codec_options={"g": "15", "bf": "2"}),
    Kind("avi", suffix=".avi", codec="mjpeg", pixel_format="yuvj420p"),
    Kind("after_sound", first_stamp=84, sound=True),
    Kind("offset", first_stamp=84),
    Kind("transport", suffix=".ts", rate=Fraction(25), first_stamp=250),
    Kind("transport_open", suffix=".ts", rate=Fraction(30000, 1001), codec_options=OPEN),
    Kind(
        "prores", suffix=".mov", rate=Fraction(30000, 1001), codec="prores_ks", pixel_format="yuv422p10le",
        timecode="00:59:58;00", frame_count=110,
    ),
    Kind(
        "dnxhr", suffix=".mxf", rate=Fraction(25), codec="dnxhd", pixel_format="yuv422p", frame_count=110,
        codec_options={"profile": "dnxhr_sq"}, timecode="10:00:00:00", container_timecode=True,
    ),
    Kind("hevc", codec="libx265", codec_options={"preset": "ultrafast", "x265-params": "keyint=48:log-level=none"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the module's sources."""
    return tmp_path_factory.mktemp("sources")


@pytest.fixture(scope="module")
def source(folder: Path) -> object:
    """Return a function that writes a kind once and gives its path, facts and frame hashes."""

    @cache
    def written(name: str) -> tuple[Path, MediaInfo, list[str]]:
        path = source_kinds.write(folder, next(kind for kind in KINDS if kind.name == name))
        return path, media_info(path), all_hashes(path)

    return written


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_span_holds_the_frames_it_names(source: object, kind: Kind) -> None:
    """Head, tail, mid-GOP and keyframe-edge spans decode to the very frames that a full decode shows there."""
    _, info, hashes = source(kind.name)  # type: ignore[operator]
    assert info.frame_count == kind.frame_count == len(hashes)
    for first, count in ((0, 3), (1, 2), (47, 3), (95, 4), (96, 2), (kind.frame_count - 2, 2), (77, 30)):
        span = Span(first, count, info.rate)
        found = [picture_hash(frame) for frame in read_frames(info, span)]
        assert found == hashes[first : first + count], f"{kind.name} {span}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_coded_frames_hash_alike_from_any_seek(source: object, kind: Kind) -> None:
    """One hash a coded frame; a frame's hash does not depend on the span it was read with."""
    _, info, _ = source(kind.name)  # type: ignore[operator]
    whole = packet_hashes(info, Span(0, info.frame_count, info.rate))
    assert len(set(whole)) > info.frame_count * 0.9
    assert packet_hashes(info, Span(101, 7, info.rate)) == whole[101:108]


def test_frames_outside_an_edit_list_are_not_counted(tmp_path: Path) -> None:
    """A file whose edit list begins in mid-GOP starts with the frame that players show first."""
    kind = Kind("plain", rate=Fraction(25))
    plain = source_kinds.write(tmp_path, kind)
    with av.open(str(plain)) as container:
        frame_ticks = int(1 / (25 * container.streams.video[0].time_base))
    cut = remuxed(plain, tmp_path / "cut.mp4", shift=-10 * frame_ticks)
    info = media_info(cut)
    assert (info.frame_count, info.refusals) == (kind.frame_count - 10, ())
    found = [picture_hash(frame) for frame in read_frames(info, Span(60, 5, info.rate))]
    assert found == all_hashes(plain)[70:75]


def test_a_span_outside_the_file_is_refused(source: object) -> None:
    """A span that passes the end is an error that names its frames, not a shorter span."""
    _, info, _ = source("film")  # type: ignore[operator]
    with pytest.raises(MediaError, match="frames 190 to 200"):
        list(read_frames(info, Span(190, 11, info.rate)))


def test_a_damaged_frame_is_named(source: object, tmp_path: Path) -> None:
    """A file damaged in the middle names the frame that cannot be had."""
    path, _, _ = source("prores")  # type: ignore[operator]
    broken = tmp_path / "broken.mov"
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(container.streams.video[0]) if packet.size]
        place, size = packets[40].pos, packets[40].size
    assert place is not None
    data[place : place + size] = bytes(size)
    broken.write_bytes(data)
    with pytest.raises(MediaError, match="frame 40 of"):
        list(read_frames(media_info(broken), Span(38, 5, Fraction(30000, 1001))))


def test_what_is_damaged_is_found_without_looking_at_it(source: object, tmp_path: Path) -> None:
    """Seeing that a file can be decoded names the same frame as decoding it, or none, wherever bytes are wrong."""
    path, _, _ = source("film")  # type: ignore[operator]
    broken, data, chance = tmp_path / "broken.mp4", path.read_bytes(), random.Random(7)
    found: list[str] = []
    for number in range(24):
        wrong, length = bytearray(data), (1, 16, 64, 2000)[number % 4]
        place = chance.randrange(data.index(b"mdat") + 8, len(data) * 3 // 4)
        wrong[place : place + length] = chance.randbytes(length)
        broken.write_bytes(wrong)
        # several times, since threads that decode ahead could tell otherwise the next time
        said = {said_of(lambda: len(list(decoded_frames(broken)))) for _ in range(3)}
        said |= {said_of(lambda: decodable_frames(broken)) for _ in range(3)}
        assert len(said) == 1, said
        assert ("damaged" in said.copy().pop()) == told_by_one_thread(broken)
        found += said
    assert len({words for words in found if "damaged" in words}) > 3


def told_by_one_thread(path: Path) -> bool:
    """Tell whether the codec library finds damage in a file when it does one thing after the other."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        try:
            return any(frame.is_corrupt for frame in container.decode(stream))
        except av.error.FFmpegError:
            return True


def said_of(counting: Callable[[], int]) -> str:
    """Return how many frames there are, or what is wrong with one."""
    try:
        return str(counting())
    except MediaError as exc:
        return str(exc)


def test_every_frame_of_a_file_is_read_in_the_order_shown(source: object) -> None:
    """Reading a whole file gives every frame once."""
    path, _, hashes = source("open_gop")  # type: ignore[operator]
    assert [picture_hash(frame) for frame in decoded_frames(path)] == hashes


@pytest.mark.proof
def test_real_footage_is_read_exactly() -> None:
    """Spans all over a real film clip decode to the frames of a full decode."""
    path = Path(__file__).parents[3] / "shared" / "footage" / "bigbuckbunny.mp4"
    info, hashes = media_info(path), all_hashes(path)
    assert info.frame_count == len(hashes)
    for first in range(0, info.frame_count - 3, 16):
        found = [picture_hash(frame) for frame in read_frames(info, Span(first, 3, info.rate))]
        assert found == hashes[first : first + 3]
