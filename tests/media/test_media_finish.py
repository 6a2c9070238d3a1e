"""Media in other codecs, with sound, copied, or held to its length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.probe import media_info
from otio_cometapi.records import Conformed, Export, ExportLimits, Finish, MediaInfo, Span
from support import source_kinds
from support.moving_pictures import moving, write_pictures
from support.numbered import frames_of, numbers_of, write_numbered
from support.source_kinds import Kind, x264

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)
FIRST, COUNT = 40, 24
RATE = Fraction(24000, 1001)
NUMBERS = list(range(FIRST, FIRST + COUNT))


def numbers(path: str | Path) -> list[int | None]:
    """Read the numbers of a file's frames."""
    return [found.get(0) for found in numbers_of(path, (0,))]


class Sent:
    """A source and what was sent of it."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.source: MediaInfo = media_info(path)
        span = Span(FIRST, COUNT, self.source.rate)
        self.export: Export = export_span(self.source, span, into=self.folder / "export.mp4", limits=ROOMY)

    def finished(self, finish: Finish, output: Path | None = None) -> Conformed:
        """Conform an output, by default what was sent."""
        return conform(
            output or Path(self.export.path),
            export=self.export,
            source=self.source,
            visible=Span(FIRST + 2, COUNT - 8, self.source.rate),
            start_frame=86400,
            drop_frame=False,
            into=self.folder / ("media.mp4" if finish == Finish() else "media.mov"),
            finish=finish,
        )


def sent(folder: Path, **kind: Any) -> Sent:
    """Write a source, and send a span of it."""
    return Sent(source_kinds.write(folder, Kind("a", **{"rate": RATE, "frame_count": 80, **kind})))


# -- codecs

DEEP = {"suffix": ".mov", "codec": "cfhd", "pixel_format": "yuv422p10le"}
CODECS = [
    ("prores", {}, "prores", "yuv422p10le"),
    ("prores", {"suffix": ".mkv", "codec": "ffv1", "pixel_format": "yuv444p", "width": 321}, "prores", "yuv444p12le"),
    ("dnxhr", {}, "dnxhd", "yuv422p"),
    ("dnxhr", DEEP, "dnxhd", "yuv422p10le"),
]


@pytest.mark.parametrize(("codec", "kind", "name", "pixels"), CODECS)
def test_editing_codecs_hold_every_frame_tag_and_timecode(
    tmp_path: Path, codec: str, kind: dict[str, Any], name: str, pixels: str
) -> None:
    """ProRes and DNxHR are intra-coded QuickTime movies with the same frames, rate, raster, tags and timecode."""
    media = sent(tmp_path, **kind).finished(Finish(codec=codec))
    info = media_info(Path(media.path))
    assert (info.codec, info.pixel_format, media.variant) == (name, pixels, codec)
    assert numbers(media.path) == NUMBERS
    assert (info.rate, info.width, info.height) == (RATE, kind.get("width", 320), 180)
    assert (info.primaries, info.transfer, info.matrix, info.full_range) == (1, 1, 1, False)
    assert (info.start_timecode, info.start_frame, info.has_audio) == ("01:00:00:00", 86400, False)
    with av.open(media.path) as container:
        assert container.format.name.startswith("mov")
        assert all(packet.is_keyframe for packet in container.demux(video=0) if packet.size)


def test_a_raster_that_dnxhr_cannot_hold_is_refused(tmp_path: Path) -> None:
    """A small or odd raster is named, with the codecs that hold it, and nothing is written."""
    take = sent(tmp_path, width=160, height=90)
    with pytest.raises(MediaError, match=r"160x90.*prores or h264"):
        take.finished(Finish(codec="dnxhr"))
    assert not list(tmp_path.glob("media*"))


def test_an_unknown_codec_is_named(tmp_path: Path) -> None:
    """A codec that there is not lists those that there are."""
    with pytest.raises(MediaError, match=r"'vp9'.*dnxhr, h264, prores"):
        sent(tmp_path).finished(Finish(codec="vp9"))


# -- what is copied


def output(take: Sent, *, parameters: str = "keyint=12:min-keyint=12:scenecut=0:bframes=0", **kind: Any) -> Path:
    """Write an output as a service may, by default one that needs no change at all."""
    fields = {"rate": RATE, "frame_count": COUNT, "codec_options": x264(parameters), **kind}
    return source_kinds.write(take.folder, Kind("output", **fields))


def coded(path: str | Path) -> list[bytes]:
    """Return the coded frames of a file."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_an_output_that_is_media_already_keeps_its_coded_frames(tmp_path: Path) -> None:
    """Nothing is encoded a second time; timecode, stamps and rate are those of every other medium."""
    take = sent(tmp_path)
    came = output(take)
    media = take.finished(Finish(), came)
    info = media_info(Path(media.path))
    assert coded(media.path) == coded(came)
    assert numbers(media.path) == list(range(COUNT))
    assert (info.rate, info.start_timecode, info.frame_count, info.refusals) == (RATE, "01:00:00:00", COUNT, ())
    with av.open(media.path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert packets[0].pts == 0
        assert {after.pts - before.pts for before, after in pairwise(packets)} == {1001}
    assert b"elst" not in Path(media.path).read_bytes()


ANYTHING_ELSE: dict[str, Callable[[Sent], Path]] = {
    "long GOP": lambda take: output(take, parameters="keyint=24:min-keyint=24:scenecut=0:bframes=0"),
    "B frames": lambda take: output(take, parameters="keyint=12:min-keyint=12:scenecut=0:bframes=2"),
    "another rate": lambda take: output(take, rate=Fraction(24)),
    "another raster": lambda take: output(take, width=640, height=360),
    "another depth": lambda take: output(take, pixel_format="yuv422p"),
    "other colours": lambda take: output(take, colour=(6, 6, 6)),
    "full range": lambda take: output(take, full_range=True),
    "another shape of pixels": lambda take: output(take, pixel_aspect=Fraction(4, 3)),
    "another count": lambda take: output(take, frame_count=COUNT + 2),
    "another codec": lambda take: output(take, suffix=".mov", codec="prores_ks", pixel_format="yuv422p10le",
                                         codec_options={"profile": "hq"}),
}  # fmt: skip


@pytest.mark.parametrize("what", ANYTHING_ELSE)
def test_any_difference_means_that_it_is_encoded(tmp_path: Path, what: str) -> None:
    """Whatever is not as media has to be is encoded anew, to what media has to be."""
    take = sent(tmp_path)
    came = ANYTHING_ELSE[what](take)
    media = take.finished(Finish(), came)
    info = media_info(Path(media.path))
    assert coded(media.path) != coded(came)
    assert numbers(media.path) == list(range(COUNT))
    assert (info.rate, info.width, info.height, info.pixel_format) == (RATE, 320, 180, "yuv420p")
    assert (info.primaries, info.transfer, info.matrix, info.full_range) == (1, 1, 1, False)
    with av.open(media.path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert [packet.pts for packet in packets] == [packet.dts for packet in packets]


def grey(path: str | Path) -> np.ndarray:
    """Decode a file's brightness in limited range, eight bits, frames x height x width."""
    pictures = [frame.to_ndarray(format="yuv420p")[: frame.height] for frame in frames_of(path)]
    return np.stack(pictures).astype(np.float64)


@pytest.mark.parametrize(
    "finish", [Finish(), Finish(codec="prores"), Finish(codec="dnxhr")], ids=lambda each: each.codec
)
def test_what_is_encoded_looks_like_the_output(tmp_path: Path, finish: Finish) -> None:
    """Of detailed moving pictures every frame differs from the output's by noise of 45 dB or less: looks lossless."""
    take = sent(tmp_path)
    came = write_pictures(tmp_path / "came.mp4", moving("handheld", frame_count=COUNT, rate=24, seed=3), crf=12)
    media = take.finished(finish, came)
    noise = ((grey(media.path) - grey(came)) ** 2).mean((1, 2))
    assert 10 * np.log10(255**2 / noise.max()) > 45


# -- policies


@pytest.mark.parametrize("missing", [1, 4, 20])
def test_hold_shows_the_last_frame_for_what_is_missing(tmp_path: Path, missing: int) -> None:
    """Asked for, the last frame stands until the end, even where the cut shows it, and the note says how many."""
    take = sent(tmp_path)
    came = write_numbered(tmp_path / "short.mp4", frame_count=COUNT - missing, rate=RATE, row=0, first_number=FIRST)
    media = take.finished(Finish(policy="hold"), came)
    assert (media.policy, media.span, media.variant) == ("hold", Span(FIRST, COUNT, RATE), "h264+hold")
    assert numbers(media.path) == [*NUMBERS[: COUNT - missing], *[NUMBERS[COUNT - missing - 1]] * missing]
    assert f"last {missing} frames are held" in media.notes[0]


@pytest.mark.parametrize("policy", ["index", "refuse", "time", "trim", "hold"])
def test_an_output_as_sent_passes_every_policy_by_index(tmp_path: Path, policy: str) -> None:
    """A policy says what becomes of outputs that do not fit; one that fits needs none."""
    media = sent(tmp_path).finished(Finish(policy=policy))
    assert media.policy == "index"
    assert numbers(media.path) == NUMBERS


def test_hold_leaves_what_is_long_enough_alone(tmp_path: Path) -> None:
    """Hold holds only where frames are missing: a longer output loses its tail, a re-timed one is laid on by time."""
    take = sent(tmp_path)
    longer = write_numbered(tmp_path / "long.mp4", frame_count=COUNT + 5, rate=RATE, row=0, first_number=FIRST)
    media = take.finished(Finish(policy="hold"), longer)
    assert (media.policy, numbers(media.path)) == ("trim", NUMBERS)
    timed = write_numbered(tmp_path / "timed.mp4", frame_count=30, rate=Fraction(30000, 1001), row=0)
    assert take.finished(Finish(policy="hold"), timed).policy == "time"


def test_hold_is_never_chosen_unasked(tmp_path: Path) -> None:
    """Without being asked, an output that does not cover the cut is refused."""
    take = sent(tmp_path)
    came = write_numbered(tmp_path / "short.mp4", frame_count=4, rate=RATE, row=0)
    with pytest.raises(ConformRefusedError):
        take.finished(Finish(), came)


# -- sound

SOUND_RATE = 48000


def with_sound(folder: Path, *, codec: str = "pcm_s16le", late: int = 0, suffix: str = ".mov") -> Path:
    """Write 80 numbered frames and a ramp that counts its samples, beginning *late* samples after the picture."""
    path = folder / f"heard{suffix}"
    total = round(80 / RATE * SOUND_RATE)
    counted = (np.arange(total) % 20000 - 10000).astype(np.int16)
    kind = Kind("x", rate=RATE)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        sound: Any = container.add_stream(codec, rate=SOUND_RATE)
        sound.layout = "stereo"
        for number in range(80):
            frame = source_kinds.picture(kind, number)
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for start in range(0, total, 1024):
            piece = counted[start : start + 1024]
            packed = np.repeat(piece, 2).reshape(1, -1)
            heard = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = SOUND_RATE, start + late, Fraction(1, SOUND_RATE)
            container.mux(sound.encode(heard))
        container.mux(sound.encode(None))
    return path


def heard_in(path: str | Path) -> np.ndarray:
    """Return the left channel of a file's sound."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray()[0, ::2] for frame in container.decode(audio=0)]
    return np.concatenate(frames)


@pytest.mark.parametrize("codec", ["h264", "prores", "dnxhr"])
@pytest.mark.parametrize("late", [0, 480], ids=["together", "late"])
def test_the_sources_sound_starts_with_the_span_to_the_sample(tmp_path: Path, codec: str, late: int) -> None:
    """Exactly the samples of the span are beside the picture, unchanged, whatever the codec."""
    media = Sent(with_sound(tmp_path, late=late)).finished(Finish(codec=codec, sound="source"))
    first, count = round(FIRST / RATE * SOUND_RATE), round(COUNT / RATE * SOUND_RATE)
    expected = (np.arange(first - late, first - late + count) % 20000 - 10000).astype(np.int16)
    assert np.array_equal(heard_in(media.path), expected)
    info = media_info(Path(media.path))
    assert (info.has_audio, info.start_timecode, media.variant) == (True, "01:00:00:00", f"{codec}+sound")
    assert numbers(media.path) == NUMBERS


def test_sound_of_a_lossy_codec_is_laid_where_it_is_heard(tmp_path: Path) -> None:
    """The delay of an encoder is taken off: the samples are those that a full decode has at that place."""
    source = with_sound(tmp_path, codec="aac", suffix=".mp4")
    media = Sent(source).finished(Finish(sound="source"))
    with av.open(str(source)) as container:
        frames = list(container.decode(audio=0))
    whole = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    begins = round(frames[0].pts * frames[0].time_base * SOUND_RATE)
    first, count = round(FIRST / RATE * SOUND_RATE), round(COUNT / RATE * SOUND_RATE)
    with av.open(media.path) as container:
        found = np.concatenate([frame.to_ndarray()[0, ::2] for frame in container.decode(audio=0)]) / 2**31
    assert len(found) == count
    assert np.abs(found - whole[first - begins : first - begins + count]).max() < 2**-20


def test_a_source_without_sound_gives_none(tmp_path: Path) -> None:
    """Silence is not made up; the note says why there is none."""
    media = sent(tmp_path).finished(Finish(sound="source"))
    assert not media_info(Path(media.path)).has_audio
    assert "the source has none" in media.notes[-1]


def test_sound_gives_way_where_it_must_not_stand_beside_timecode(tmp_path: Path) -> None:
    """For a host that fails on both, the timecode stays and the note says what was left out."""
    take = Sent(with_sound(tmp_path))
    media = take.finished(Finish(sound="source", sound_beside_timecode=False))
    info = media_info(Path(media.path))
    assert (info.has_audio, info.start_timecode) == (False, "01:00:00:00")
    assert "beside a timecode track" in media.notes[-1]


# -- which media serves


def test_media_serves_the_finish_it_was_made_by() -> None:
    """Codecs, sound and policies are told apart; media laid on frame by frame serves who asks for just that."""
    made = Conformed("a.mp4", Span(0, 2, RATE), 0, None, 2, 2, "index")
    assert Finish().served_by(made)
    assert Finish(policy="index").served_by(made)
    assert not Finish(policy="index").served_by(replace(made, policy="short"))
    assert not Finish(policy="hold").served_by(made)
    assert not Finish(codec="prores").served_by(made)
    assert not Finish(sound="source").served_by(made)
    assert Finish(policy="hold", sound="source").served_by(replace(made, variant="h264+hold+sound"))
