"""Probing media."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.probe import media_info
from support import source_kinds
from support.numbered import write_numbered
from support.source_kinds import CLOSED, OPEN, Kind, x264

SMALL = 30


@pytest.mark.parametrize(
    "rate",
    [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001)],
    ids=str,
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_the_rate_is_exact_in_every_container(tmp_path: Path, rate: Fraction, suffix: str) -> None:
    """Rates come out as the SMPTE rate they stand for, whatever the container's clock rounds to."""
    kind = Kind("rate", suffix=suffix, rate=rate, frame_count=SMALL, codec_options=OPEN)
    info = media_info(source_kinds.write(tmp_path, kind))
    assert (info.rate, info.frame_count, info.refusals) == (rate, SMALL, ())


@pytest.mark.parametrize("rate", [Fraction("23.976"), Fraction("23.98"), Fraction("29.97")], ids=str)
def test_a_rounded_rate_snaps(tmp_path: Path, rate: Fraction) -> None:
    """A file written at a rounded rate counts at the exact one."""
    info = media_info(source_kinds.write(tmp_path, Kind("rounded", rate=rate, frame_count=SMALL)))
    assert info.rate == {24: Fraction(24000, 1001), 30: Fraction(30000, 1001)}[round(rate)]


def test_a_constant_rate_that_is_no_smpte_rate_stays(tmp_path: Path) -> None:
    """15 frames a second are 15 frames a second."""
    info = media_info(source_kinds.write(tmp_path, Kind("slow", rate=Fraction(15), frame_count=SMALL)))
    assert (info.rate, info.refusals) == (Fraction(15), ())


TIMECODED = [
    (Kind("plain", timecode="01:00:00:00"), 86400, False),
    (Kind("drop", rate=Fraction(30000, 1001), timecode="00:59:58;00"), 107832, True),
    (Kind("fast_drop", rate=Fraction(60000, 1001), timecode="00:59:58;00"), 215664, True),
    (Kind("mov", suffix=".mov", codec="prores_ks", pixel_format="yuv422p10le", timecode="20:00:00:12"), 1728012, False),
    (
        Kind(
            "mxf", suffix=".mxf", rate=Fraction(25), codec="dnxhd", pixel_format="yuv422p",
            codec_options={"profile": "dnxhr_sq"}, timecode="10:00:00:05", container_timecode=True,
        ),
        900005,
        False,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "start_frame", "drop_frame"), TIMECODED, ids=lambda value: getattr(value, "name", ""))
def test_the_start_timecode_is_counted_in_frames(
    tmp_path: Path, kind: Kind, start_frame: int, drop_frame: bool
) -> None:
    """Timecode is found where each container keeps it, and counted at the file's rate."""
    info = media_info(source_kinds.write(tmp_path, Kind(**{**_fields(kind), "frame_count": SMALL})))
    assert (info.start_timecode, info.start_frame, info.drop_frame) == (kind.timecode, start_frame, drop_frame)


def _fields(kind: Kind) -> dict[str, object]:
    return {name: getattr(kind, name) for name in kind.__dataclass_fields__}


def test_a_file_without_timecode_has_none(tmp_path: Path) -> None:
    """No timecode is not timecode zero."""
    info = media_info(source_kinds.write(tmp_path, Kind("bare", frame_count=SMALL)))
    assert (info.start_timecode, info.start_frame) == (None, None)


def test_colour_tags_raster_and_sound_are_told(tmp_path: Path) -> None:
    """What the file says of its picture stands in the record."""
    kind = Kind("tags", frame_count=SMALL, colour=(9, 14, 9), full_range=True, sound=True, pixel_aspect=Fraction(4, 3))
    info = media_info(source_kinds.write(tmp_path, kind))
    assert (info.primaries, info.transfer, info.matrix, info.full_range) == (9, 14, 9, True)
    assert (info.width, info.height, info.codec, info.pixel_format) == (320, 180, "h264", "yuvj420p")
    assert (info.has_audio, info.has_alpha, info.pixel_aspect) == (True, False, Fraction(4, 3))


def test_an_alpha_channel_is_told(tmp_path: Path) -> None:
    """The model will not see alpha, so it has to be known."""
    kind = Kind("alpha", suffix=".mov", codec="qtrle", pixel_format="argb", frame_count=SMALL)
    assert media_info(source_kinds.write(tmp_path, kind)).has_alpha is True


def _leaning(folder: Path) -> Path:
    kind = Kind("straight", frame_count=SMALL)
    path = source_kinds.write(folder, kind)
    turned = folder / "leaning.mp4"
    with av.open(str(path)) as reader, av.open(str(turned), "w") as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        copy.set_display_rotation(30)
        for packet in reader.demux(stream):
            if packet.pts is not None:
                packet.stream = copy
                writer.mux(packet)
    return turned


REFUSED = {
    "varies": lambda folder: source_kinds.write(
        folder, Kind("vfr", frame_count=SMALL, steps=(1, 1, 2, 1, 3, 1), codec_options=CLOSED)
    ),
    "interlaced": lambda folder: source_kinds.write(
        folder, Kind("fields", rate=Fraction(25), frame_count=SMALL, codec_options=x264("interlaced=1:tff=1"))
    ),
    "turned": _leaning,
    "PQ": lambda folder: source_kinds.write(folder, Kind("pq", frame_count=SMALL, colour=(9, 16, 9))),
    "HLG": lambda folder: source_kinds.write(folder, Kind("hlg", frame_count=SMALL, colour=(9, 18, 9))),
    "still": lambda folder: source_kinds.write(folder, Kind("one", frame_count=1)),
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_cannot_be_sent_exactly_is_named(tmp_path: Path, word: str) -> None:
    """A file whose frames cannot be sent and brought back exactly says why, and says nothing else."""
    refusals = media_info(REFUSED[word](tmp_path)).refusals
    assert len(refusals) == 1
    assert word in refusals[0]


def test_a_picture_file_is_a_still(tmp_path: Path) -> None:
    """An image is a still, not an error."""
    path = tmp_path / "slate.png"
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "rgb24"
        container.mux(stream.encode(av.VideoFrame(64, 36, "rgb24")))
        container.mux(stream.encode(None))
    assert "still" in media_info(path).refusals[0]


def _truncated(folder: Path) -> Path:
    whole = source_kinds.write(folder, Kind("whole", suffix=".mov", codec="prores_ks", pixel_format="yuv422p10le"))
    fast = source_kinds.remuxed(whole, folder / "fast.mov", shift=0, options={"movflags": "+faststart"})
    cut = folder / "cut.mov"
    cut.write_bytes(fast.read_bytes()[: fast.stat().st_size // 2])
    return cut


def test_frames_after_an_edit_lists_end_are_not_counted(tmp_path: Path) -> None:
    """An edit list may leave out the tail too; that is no truncated file."""
    path = source_kinds.write(tmp_path, Kind("a", rate=Fraction(25), frame_count=50))
    data = bytearray(path.read_bytes())
    duration = data.index(b"elst") + 12
    assert int.from_bytes(data[duration : duration + 4], "big") == 2000
    data[duration : duration + 4] = (1600).to_bytes(4, "big")
    path.write_bytes(data)
    info = media_info(path)
    assert (info.frame_count, info.refusals) == (len(source_kinds.all_hashes(path)), ())
    assert info.frame_count == 40


def test_a_stream_that_begins_in_mid_gop_counts_what_can_be_decoded(tmp_path: Path) -> None:
    """A transport stream cut anywhere starts with the first frame that has all it refers to."""
    path = source_kinds.write(tmp_path, Kind("a", suffix=".ts", rate=Fraction(25), frame_count=120, codec_options=OPEN))
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 4 // 188 * 188 :])
    shown = len(source_kinds.all_hashes(path))
    assert 20 < shown < 110
    assert media_info(path).frame_count == shown


@pytest.mark.parametrize(
    "kind",
    [
        Kind("avi", suffix=".avi", codec="mjpeg", pixel_format="yuvj420p", frame_count=SMALL),
        Kind("webm", suffix=".webm", codec="libvpx-vp9", frame_count=SMALL, codec_options={"cpu-used": "8"}),
        Kind("dnx", suffix=".mov", codec="dnxhd", pixel_format="yuv422p10le", frame_count=SMALL,
             codec_options={"profile": "dnxhr_hqx"}),
        Kind("cine", suffix=".mov", codec="cfhd", pixel_format="yuv422p10le", frame_count=SMALL),
        Kind("mpeg2", suffix=".mpg", codec="mpeg2video", rate=Fraction(25), frame_count=SMALL),
    ],
    ids=lambda kind: kind.name,
)  # fmt: skip
def test_other_codecs_and_containers_are_counted_exactly(tmp_path: Path, kind: Kind) -> None:
    """Count and rate agree with a full decode for whatever else comes."""
    path = source_kinds.write(tmp_path, kind)
    info = media_info(path)
    assert (info.frame_count, info.rate, info.refusals) == (len(source_kinds.all_hashes(path)), kind.rate, ())


def test_a_bare_stream_has_no_time_stamps(tmp_path: Path) -> None:
    """H.264 without a container cannot be cut exactly, and says why."""
    path = source_kinds.write(tmp_path, Kind("bare", suffix=".h264", frame_count=SMALL))
    assert media_info(path).refusals[0] == "its frames carry no time stamps"


def _text(folder: Path) -> Path:
    path = folder / "notes.mp4"
    path.write_text("<html>this is no video</html>" * 50, encoding="utf-8")
    return path


def _sound(folder: Path) -> Path:
    path = folder / "voice.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=4800)
        frame.sample_rate = 48000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.write_bytes(b"")
    return path


BAD = {
    "does not exist": lambda folder: folder / "gone.mov",
    "is truncated": _truncated,
    "cannot open": _text,
    "no picture": _sound,
    "Invalid data": _empty,
    "not a file": lambda folder: folder,
}


@pytest.mark.parametrize("words", BAD)
def test_what_is_not_a_video_is_an_error(tmp_path: Path, words: str) -> None:
    """Missing, truncated, empty and foreign files are each an error of ours with a next step."""
    path = BAD[words](tmp_path)
    with pytest.raises(MediaError, match=words) as caught:
        media_info(path)
    assert path.name in str(caught.value)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n"),
        ("list.mov", "ffconcat version 1.0\nfile other.mp4\n"),
    ],
)
def test_a_list_of_other_files_is_no_source(tmp_path: Path, name: str, text: str) -> None:
    """A playlist shows what other files hold, wherever they lie: it is refused by its content, not by its name."""
    write_numbered(tmp_path / "other.mp4", frame_count=12, rate=Fraction(24), row=0)
    (tmp_path / name).write_text(text)
    with pytest.raises(MediaError, match="list of other files"):
        media_info(tmp_path / name)
