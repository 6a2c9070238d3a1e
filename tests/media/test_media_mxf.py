"""DNxHR in MXF, for the host that keeps it so: the same frames, numbers and colours as in any other media."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio as otio
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.sound import sample_counts
from otio_cometapi.media.verify import Expected, verify
from otio_cometapi.records import Conformed, Export, ExportLimits, Finish, MediaInfo, Span
from otio_cometapi.timecode import DROP_FRAME_RATES, SMPTE_RATES, frame_of_timecode
from support import host_process, melt_host, source_kinds
from support.numbered import numbers_of
from support.source_kinds import Kind

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)
FIRST, COUNT = 10, 8
NUMBERS = [{0: number} for number in range(FIRST, FIRST + COUNT)]
FILM = Fraction(24000, 1001)
MXF = Finish(codec="dnxhr", dnxhr_in="mxf", reel="3FA9C1D2")
"""What `--host avid --codec dnxhr` comes to."""


@dataclass
class Take:
    """A source of its own kind, and what was sent of it."""

    folder: Path
    kind: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind = Kind("source", **{"rate": FILM, "frame_count": 24, **self.kind})
        self.source: MediaInfo = media_info(source_kinds.write(self.folder, kind))
        span = Span(FIRST, COUNT, self.source.rate)
        self.export: Export = export_span(self.source, span, into=self.folder / "export.mp4", limits=ROOMY)

    def media(
        self, finish: Finish = MXF, *, start: int = 86400, name: str = "sh010_t01", drop: bool = False
    ) -> Conformed:
        """Make media of what was sent."""
        return conform(
            Path(self.export.path),
            export=self.export,
            source=self.source,
            visible=self.export.span,
            start_frame=start,
            drop_frame=drop,
            into=self.folder / f"{name}.{finish.container}",
            finish=finish,
        )


def facts_of(path: str | Path) -> dict[str, str]:
    """Return what an MXF file says of itself."""
    with av.open(str(path)) as container:
        assert container.format.name == "mxf"
        return {**container.metadata, **container.streams.video[0].metadata}


STARTS = [
    *((rate, 86400, False) for rate in SMPTE_RATES),
    *((rate, round(rate) * 3600 + 1803, True) for rate in DROP_FRAME_RATES),
    (FILM, 24 * 3600 * 20 + 7, False),
]


@pytest.mark.parametrize(("rate", "start", "drop"), STARTS)
def test_every_rate_keeps_frames_and_numbers_in_mxf(tmp_path: Path, rate: Fraction, start: int, *, drop: bool) -> None:
    """At every SMPTE rate, drop frame and 20 hours included, the file has the exact rate, each frame and its number."""
    media = Take(tmp_path, {"rate": rate}).media(start=start, drop=drop)
    info = media_info(Path(media.path))
    assert media.path.endswith(".mxf")
    assert (info.codec, info.rate, info.frame_count, info.width, info.height) == ("dnxhd", rate, COUNT, 320, 180)
    assert (info.start_frame, info.drop_frame, info.start_timecode) == (start, drop, media.start_timecode)
    assert frame_of_timecode(str(media.start_timecode), rate) == (start, drop)
    assert numbers_of(media.path, (0,)) == NUMBERS


def test_the_file_is_op1a_with_reel_and_name_of_its_own(tmp_path: Path) -> None:
    """OP1a, the reel that the EDL names, the clip's name as it is, and a UMID that no other file has."""
    take = Take(tmp_path)
    facts = [facts_of(take.media(name=name).path) for name in ("sh010 日本", "sh020")]
    assert [each["operational_pattern_ul"] for each in facts] == ["060e2b34.04010101.0d010201.01010900"] * 2
    assert [each["material_package_name"] for each in facts] == ["sh010 日本", "sh020"]
    assert {each["reel_name"] for each in facts} == {"3FA9C1D2"}
    assert len({each["material_package_umid"] for each in facts}) == 2
    assert len({each["file_package_umid"] for each in facts} | {each["reel_umid"] for each in facts}) == 4


def test_ten_bits_stay_ten_bits_in_mxf(tmp_path: Path) -> None:
    """A source of ten bits comes back as DNxHR HQX."""
    kind = {"suffix": ".mov", "codec": "cfhd", "pixel_format": "yuv422p10le"}
    assert media_info(Path(Take(tmp_path, kind).media().path)).pixel_format == "yuv422p10le"


def test_square_pixels_stay_square_in_mxf(tmp_path: Path) -> None:
    """A raster that is not 16:9 has the shape that it has, and not that of the usual one."""
    info = media_info(Path(Take(tmp_path, {"width": 480, "height": 200}).media().path))
    assert (info.width, info.height, info.pixel_aspect) == (480, 200, 1)


def test_a_number_without_timecode_is_said(tmp_path: Path) -> None:
    """MXF always has a timecode: where the number has none it says zero, and the note says why."""
    media = Take(tmp_path).media(start=-5)
    assert (media.start_timecode, media_info(Path(media.path)).start_timecode) == (None, "00:00:00:00")
    assert any("00:00:00:00" in note and "negative" in note for note in media.notes)


REFUSED = [
    ({"rate": Fraction(15)}, r"MXF cannot hold 15 frames a second exactly.*prores or h264"),
    ({"width": 160, "height": 90}, r"160x90.*prores or h264"),
    ({"pixel_aspect": Fraction(4, 3)}, r"square pixels, and the source's are 4/3.*prores or h264"),
]


@pytest.mark.parametrize(("kind", "words"), REFUSED)
def test_what_mxf_cannot_hold_is_refused_by_name(tmp_path: Path, kind: dict[str, Any], words: str) -> None:
    """A rate, raster or shape of pixels that it cannot have is named, with the codecs that do; nothing is written."""
    take = Take(tmp_path, kind)
    with pytest.raises(MediaError, match=words):
        take.media()
    assert not list(tmp_path.glob("sh010*"))


def test_a_turned_picture_is_refused_in_mxf(tmp_path: Path) -> None:
    """MXF has no display matrix; laid down sideways without a word would be wrong."""
    take = Take(tmp_path)
    turned = tmp_path / "turned.mp4"
    with av.open(take.source.path) as reader, av.open(str(turned), "w") as writer:
        copy = writer.add_stream_from_template(reader.streams.video[0])
        copy.set_display_matrix((0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30))
        for packet in reader.demux(video=0):
            if packet.size:
                packet.stream = copy
                writer.mux(packet)
    take.source = media_info(turned)
    take.export = export_span(take.source, take.export.span, into=tmp_path / "up.mp4", limits=ROOMY)
    with pytest.raises(MediaError, match="turn the picture"):
        take.media()


def test_a_written_file_that_is_otherwise_is_not_accepted(tmp_path: Path) -> None:
    """Verification reads the MXF file again: count, rate, raster, timecode and colours, each by name."""
    path = Path(Take(tmp_path).media().path)
    right = Expected(COUNT, FILM, 320, 180, start_timecode="01:00:00:00", start_frame=86400)
    verify(path, right)
    wrong = Expected(COUNT + 1, Fraction(24), 322, 180, start_timecode="01:00:00:01", start_frame=86401)
    with pytest.raises(MediaError) as caught:
        verify(path, wrong)
    for word in ("frames 8 instead of 9", "rate 24000/1001", "raster (320, 180)", "timecode 01:00:00:00 instead"):
        assert word in str(caught.value)


# -- colours

TAGS = [
    ((1, 1, 1), (1, 1, 1), (1, 1, 1)),
    ((2, 2, 2), (2, 2, 1), (2, 2, 1)),
    ((6, 6, 6), (6, 6, 1), (6, 1, 1)),
    ((5, 6, 5), (5, 6, 1), (5, 1, 1)),
    ((9, 14, 9), (9, 14, 1), (9, 14, 1)),
    ((1, 13, 1), (1, 13, 1), (1, 2, 1)),
    ((1, 2, 1), (2, 2, 1), (1, 2, 1)),
]
"""A source's tags, and those of its DNxHR media in QuickTime and in MXF."""


@pytest.mark.parametrize(("source", "mov", "mxf"), TAGS)
def test_dnxhr_says_of_its_colours_what_it_can(
    tmp_path: Path, source: tuple[int, ...], mov: tuple[int, ...], mxf: tuple[int, ...]
) -> None:
    """The frames' matrix is BT.709; primaries and transfer are the source's, or the same by another code, or untold."""
    take = Take(tmp_path, {"colour": source})
    for finish, tags in ((Finish(codec="dnxhr"), mov), (MXF, mxf)):
        media = take.media(finish)
        info = media_info(Path(media.path))
        assert (info.primaries, info.transfer, info.matrix, info.full_range) == (*tags, False)
        assert numbers_of(media.path, (0,)) == NUMBERS
        untold = tags[:2] != source[:2] and 2 in tags[:2]
        assert any("cannot name the source's colours" in note for note in media.notes) is untold


def reds_of(path: str | Path, matrix: int) -> np.ndarray:
    """Return the mean red, green and blue of a file's first frame, its pixels taken for those of a matrix."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        frame.colorspace, frame.color_range = matrix, 1
        shown = frame.reformat(format="rgb24", src_colorspace=matrix, dst_colorspace="default")
        return np.asarray(shown.to_ndarray()[40:80, 40:80].reshape(-1, 3).mean(0))


@pytest.mark.parametrize("finish", [Finish(codec="dnxhr"), MXF], ids=["mov", "mxf"])
@pytest.mark.parametrize("matrix", [6, 2], ids=["BT.601", "untagged"])
def test_a_picture_of_another_matrix_keeps_its_colours_in_dnxhr(tmp_path: Path, finish: Finish, matrix: int) -> None:
    """Orange stays orange: pixels of BT.601, named or by the rule of players, become pixels of BT.709."""
    path = tmp_path / "orange.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"crf": "5", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 1
        for number in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), (210, 110, 40), np.uint8), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=6, dst_color_range=1)
            frame.colorspace, frame.pts, frame.time_base = matrix, number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    take = Take(tmp_path)
    take.source = media_info(path)
    take.export = export_span(take.source, Span(FIRST, COUNT, Fraction(25)), into=tmp_path / "o.mp4", limits=ROOMY)
    media = take.media(finish)
    assert np.abs(reds_of(media.path, 1) - reds_of(path, 6)).max() < 4
    assert np.abs(reds_of(media.path, 6) - reds_of(path, 6)).max() > 8
    assert any("converted" in note for note in media.notes)


# -- sound


def with_tone(folder: Path, *, sample_rate: int, hertz: int = 1000) -> Path:
    """Write a numbered source with a tone beside it."""
    silent = source_kinds.write(folder, Kind("silent", rate=FILM, frame_count=24))
    path = folder / "heard.mov"
    total = round(24 / FILM * sample_rate)
    wave = (np.sin(2 * np.pi * hertz * np.arange(total) / sample_rate) * 20000).astype(np.int16)
    with av.open(str(silent)) as reader, av.open(str(path), "w") as writer:
        copy = writer.add_stream_from_template(reader.streams.video[0])
        sound: Any = writer.add_stream("pcm_s16le", rate=sample_rate)
        sound.layout = "stereo"
        for packet in reader.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                writer.mux(packet)
        heard = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), format="s16", layout="stereo")
        heard.sample_rate, heard.pts, heard.time_base = sample_rate, 0, Fraction(1, sample_rate)
        writer.mux(sound.encode(heard))
        writer.mux(sound.encode(None))
    return path


def left_of(path: str | Path) -> np.ndarray:
    """Return the left channel of a file's sound."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0, ::2] for frame in container.decode(audio=0)])


@pytest.mark.parametrize("sample_rate", [48000, 44100])
def test_sound_lies_beside_the_picture_in_mxf(tmp_path: Path, sample_rate: int) -> None:
    """At 48 kHz the very samples of the span; of another rate the same tone at 48 kHz, as long, and said."""
    take = Take(tmp_path)
    take.source = media_info(with_tone(tmp_path, sample_rate=sample_rate))
    media = take.media(Finish(codec="dnxhr", dnxhr_in="mxf", sound="source"))
    count = round(COUNT / FILM * 48000)
    assert sample_counts(Path(media.path)) == (count,)
    moments = np.arange(count) / 48000 + round(FIRST / FILM * sample_rate) / sample_rate
    wanted = np.sin(2 * np.pi * 1000 * moments) * 20000
    heard = left_of(media.path)
    margin = 0 if sample_rate == 48000 else 200  # a filter has nothing to go by beyond either end
    assert np.abs(heard - wanted)[margin : count - margin].max() < (2 if sample_rate == 48000 else 400)
    assert any("48000 Hz" in note for note in media.notes) is (sample_rate != 48000)
    assert numbers_of(media.path, (0,)) == NUMBERS
    assert media_info(Path(media.path)).start_timecode == "01:00:00:00"


# -- strangers


@pytest.mark.proof
@pytest.mark.parametrize(("rate", "drop"), [(FILM, False), (Fraction(30000, 1001), True), (Fraction(25), False)])
def test_stock_readers_see_the_same_frames_and_timecode_in_mxf(tmp_path: Path, rate: Fraction, *, drop: bool) -> None:
    """ffprobe, ffmpeg and melt find every frame with its number, the exact rate, and the timecode."""
    start = round(rate) * 3600 + 7
    media = Take(tmp_path, {"rate": rate}).media(start=start, drop=drop)
    ffprobe = host_process.program("ffprobe", package="ffmpeg")
    asked = [ffprobe, "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", media.path]
    said = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    (picture,) = [stream for stream in said["streams"] if stream["codec_type"] == "video"]
    assert (picture["codec_name"], picture["nb_read_frames"]) == ("dnxhd", str(COUNT))
    assert Fraction(picture["r_frame_rate"]) == rate
    assert said["format"]["tags"]["timecode"] == media.start_timecode
    again = tmp_path / "again.mkv"
    ffmpeg = host_process.program("ffmpeg", package="ffmpeg")
    host_process.run([ffmpeg, "-v", "error", "-i", media.path, "-c:v", "ffv1", "-fps_mode", "passthrough", str(again)])
    assert numbers_of(again, (0,)) == NUMBERS


@pytest.mark.proof
def test_melt_plays_every_frame_of_mxf(tmp_path: Path) -> None:
    """A timeline whose clip points to the file is rendered frame for frame."""
    media = Take(tmp_path).media()
    shown = otio.opentime.TimeRange(otio.opentime.RationalTime(86400, FILM), otio.opentime.RationalTime(COUNT, FILM))
    clip = otio.schema.Clip("sh010", otio.schema.ExternalReference(media.path, shown), shown)
    timeline = otio.schema.Timeline("cut")
    timeline.tracks.append(otio.schema.Track("V1", [clip], kind=otio.schema.TrackKind.Video))
    assert numbers_of(melt_host.render(timeline, tmp_path / "played.mkv", rate=FILM), (0,)) == NUMBERS
