"""Conforming outputs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from otio_cometapi.errors import ConformRefusedError, MediaError
from otio_cometapi.media import verify
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.probe import media_info
from otio_cometapi.records import Conformed, Export, ExportLimits, Finish, MediaInfo, Span
from support import source_kinds
from support.numbered import frames_of, numbers_of, write_numbered
from support.source_kinds import OPEN, Kind

ROOMY = ExportLimits(max_bytes=3_700_000, max_width=1920, max_height=1080, model_width=160, model_height=90)
FIRST, COUNT = 40, 24
"""The span that most tests send."""


def numbers(path: str | Path) -> list[int | None]:
    """Read the numbers of a file's frames."""
    return [found.get(0) for found in numbers_of(path, (0,))]


class Take:
    """A source, an export of it, and the ways to conform an output."""

    def __init__(self, folder: Path, kind: Kind, **export: Any) -> None:
        self.folder = folder
        self.source: MediaInfo = media_info(source_kinds.write(folder, kind))
        span = Span(FIRST, COUNT, self.source.rate)
        limits = replace(ROOMY, **export.pop("limits", {}))
        self.export: Export = export_span(self.source, span, into=folder / "export.mp4", limits=limits, **export)

    def conformed(self, output: Path | None = None, **changes: Any) -> Conformed:
        """Conform an output (by default the export itself, as if the model had changed nothing)."""
        arguments: dict[str, Any] = {
            "export": self.export,
            "source": self.source,
            "visible": Span(FIRST + 2, COUNT - 8, self.source.rate),
            "start_frame": 86400,
            "drop_frame": False,
            "into": self.folder / "media.mp4",
        }
        finish = {name: changes.pop(name) for name in ("policy", "codec", "sound") if name in changes}
        if finish:
            arguments["finish"] = Finish(**finish)
        return conform(output or Path(self.export.path), **{**arguments, **changes})

    def output(self, count: int, rate: Fraction, *, first: int = FIRST, **more: Any) -> Path:
        """Write an output that carries the numbers of the span's frames."""
        return write_numbered(
            self.folder / "output.mp4", frame_count=count, rate=rate, row=0, first_number=first, **more
        )


RATES = [Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001)]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_every_frame_stands_for_its_own(tmp_path: Path, rate: Fraction) -> None:
    """An output of the same count is laid on by index, at the source's exact rate and raster, verified and silent."""
    take = Take(tmp_path, Kind("a", rate=rate, codec_options=OPEN, frame_count=100))
    media = take.conformed()
    info = media_info(Path(media.path))
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert (info.rate, info.frame_count, info.width, info.height) == (rate, COUNT, 320, 180)
    assert (info.has_audio, info.refusals) == (False, ())
    assert (media.policy, media.notes, media.span) == ("index", (), Span(FIRST, COUNT, rate))


def test_hosts_can_seek_every_frame(tmp_path: Path) -> None:
    """The media has a short GOP, no B frames, no edit list and starts at 0."""
    media = Take(tmp_path, Kind("a", frame_count=100)).conformed()
    with av.open(media.path) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
        assert packets[0].pts == 0
        keyframes = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert max(after - before for before, after in pairwise(keyframes)) <= 12
    data = Path(media.path).read_bytes()
    assert b"elst" not in data
    assert data.index(b"moov") < data.index(b"mdat")


TIMECODES = [
    (Fraction(24000, 1001), 86400, False, "01:00:00:00"),
    (Fraction(30000, 1001), 107892, True, "01:00:00;00"),
    (Fraction(30000, 1001), 107892, False, "00:59:56:12"),
    (Fraction(25), 0, False, "00:00:00:00"),
    (Fraction(24), 24 * 3600 * 24 - 1, False, "23:59:59:23"),
    (Fraction(25), 90000, True, "01:00:00:00"),
    (Fraction(60000, 1001), 215784, True, "01:00:00;00"),
]


@pytest.mark.parametrize(("rate", "start_frame", "drop_frame", "text"), TIMECODES)
def test_the_start_timecode_stands_in_the_file(
    tmp_path: Path, rate: Fraction, start_frame: int, drop_frame: bool, text: str
) -> None:
    """The number of the first frame in clip space is the file's start timecode, drop frame where the source has it."""
    take = Take(tmp_path, Kind("a", rate=rate, frame_count=70))
    media = take.conformed(start_frame=start_frame, drop_frame=drop_frame)
    info = media_info(Path(media.path))
    assert (media.start_frame, media.start_timecode) == (start_frame, text)
    assert (info.start_timecode, info.start_frame) == (text, start_frame)


@pytest.mark.parametrize(
    ("rate", "start_frame"), [(Fraction(24), -5), (Fraction(24), 24 * 86400), (Fraction(15), 100)], ids=str
)
def test_where_there_is_no_timecode_there_is_none(tmp_path: Path, rate: Fraction, start_frame: int) -> None:
    """A number outside the day, or a rate without timecode, leaves the track out and says so."""
    media = Take(tmp_path, Kind("a", rate=rate, frame_count=70)).conformed(start_frame=start_frame)
    assert (media.start_timecode, media.start_frame) == (None, start_frame)
    assert media_info(Path(media.path)).start_timecode is None
    assert any("No timecode" in note for note in media.notes)


def test_padding_is_taken_off(tmp_path: Path) -> None:
    """Held frames that only made the clip long enough are not in the media."""
    take = Take(tmp_path, Kind("a", frame_count=100), pad_frames=9)
    media = take.conformed()
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert media.span.frame_count == COUNT


def test_slow_motion_comes_back_at_speed(tmp_path: Path) -> None:
    """What was sent at half the rate is at the source's rate again."""
    take = Take(tmp_path, Kind("a", rate=Fraction(60000, 1001), frame_count=100), slowdown=2)
    media = take.conformed()
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert media_info(Path(media.path)).rate == Fraction(60000, 1001)


@pytest.mark.parametrize("ratio", [(1, 1), (1584, 672), (832, 1104)], ids=["square", "wide", "upright"])
@pytest.mark.parametrize("factor", [Fraction(1), Fraction(1, 2), Fraction(3, 2)], ids=str)
def test_bars_are_taken_off_at_any_size(tmp_path: Path, ratio: tuple[int, int], factor: Fraction) -> None:
    """Bars that the export added are gone, the picture is where it was, though the output has another raster."""
    take = Take(tmp_path, Kind("a", frame_count=100), limits={"ratio": ratio})
    output = _scaled(take, factor)
    media = take.conformed(output)
    assert (media.width, media.height) == (320, 180)
    original = next(frames_of(take.source.path)).to_ndarray(format="gray").astype(float)
    first = next(frames_of(media.path)).to_ndarray(format="gray").astype(float)
    assert first[:, 0].mean() == pytest.approx(original[:, 0].mean(), abs=12)
    assert first[0].mean() == pytest.approx(original[0].mean(), abs=12)
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))


def _scaled(take: Take, factor: Fraction) -> Path:
    """Write the export at another raster, as a service may."""
    path = take.folder / "scaled.mp4"
    size = [int(side * factor) // 2 * 2 for side in (take.export.width, take.export.height)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=take.export.wire_rate, options={"crf": "12", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, frame in enumerate(frames_of(take.export.path)):
            scaled = frame.reformat(*size, format="yuv420p", interpolation="LANCZOS")
            scaled.pts, scaled.time_base = number, 1 / take.export.wire_rate
            container.mux(stream.encode(scaled))
        container.mux(stream.encode(None))
    return path


def test_an_odd_raster_comes_back_odd(tmp_path: Path) -> None:
    """The source's raster is kept even where 4:2:0 cannot hold it, and the note says what that means."""
    kind = Kind("odd", suffix=".mkv", codec="ffv1", pixel_format="yuv444p", width=321, height=181, frame_count=80)
    media = Take(tmp_path, kind).conformed()
    info = media_info(Path(media.path))
    assert (info.width, info.height, info.pixel_format) == (321, 181, "yuv444p")
    assert any("4:4:4" in note for note in media.notes)
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))


def test_colour_tags_and_pixel_shape_are_the_sources(tmp_path: Path) -> None:
    """Tags and pixel aspect are carried from the source, unspecified ones included."""
    kind = Kind("a", frame_count=80, colour=(5, 6, 5), pixel_aspect=Fraction(16, 15))
    info = media_info(Path(Take(tmp_path, kind).conformed().path))
    assert (info.primaries, info.transfer, info.matrix, info.pixel_aspect) == (5, 6, 5, Fraction(16, 15))


def test_an_untagged_source_gets_untagged_media(tmp_path: Path) -> None:
    """A host that guesses the colours of the source guesses the same for the media."""
    info = media_info(Path(Take(tmp_path, Kind("a", frame_count=80, colour=(2, 2, 2))).conformed().path))
    assert (info.primaries, info.transfer, info.matrix) == (2, 2, 2)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(16), Fraction(30)], ids=str)
def test_the_same_count_is_laid_on_by_index_whatever_the_rate(tmp_path: Path, rate: Fraction) -> None:
    """Frame n is frame n, though the output claims another rate; the note says so."""
    take = Take(tmp_path, Kind("a", rate=Fraction(25), frame_count=100))
    media = take.conformed(take.output(COUNT, rate))
    assert media.policy == "index"
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert "counted" in media.notes[0]


def test_an_output_of_varying_rate_is_laid_on_by_index(tmp_path: Path) -> None:
    """Odd time stamps do no harm when the count is right."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    output = source_kinds.write(tmp_path, Kind("vfr", frame_count=COUNT, steps=(1, 2, 1, 3, 1), first_stamp=7))
    media = take.conformed(output)
    assert media.policy == "index"
    assert numbers(media.path) == list(range(COUNT))


@pytest.mark.parametrize(
    ("sent", "came", "count"),
    [(Fraction(25), Fraction(24), 23), (Fraction(24), Fraction(30), 30), (Fraction(30000, 1001), Fraction(24), 19)],
    ids=["25 as 24", "24 as 30", "29.97 as 24"],
)
def test_the_same_duration_at_another_rate_is_laid_on_by_time(
    tmp_path: Path, sent: Fraction, came: Fraction, count: int
) -> None:
    """Every frame gets the output's frame nearest to its time."""
    take = Take(tmp_path, Kind("a", rate=sent, frame_count=100))
    media = take.conformed(take.output(count, came, first=0))
    expected = [min(range(count), key=lambda n, k=k: (abs(n / came - k / sent), n)) for k in range(COUNT)]
    assert (media.policy, media.span.frame_count) == ("time", COUNT)
    assert numbers(media.path) == expected


@pytest.mark.parametrize("extra", [1, 12])
def test_a_longer_output_loses_its_tail(tmp_path: Path, extra: int) -> None:
    """More frames at the same rate: the tail is left out, and the note calls it a guess."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    media = take.conformed(take.output(COUNT + extra, Fraction(24)))
    assert media.policy == "trim"
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
    assert "guess" in media.notes[0]


def test_a_shorter_output_that_covers_the_cut_keeps_its_true_range(tmp_path: Path) -> None:
    """Handles may be missing; nothing is held or invented."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    media = take.conformed(take.output(COUNT - 4, Fraction(24)))
    assert (media.policy, media.span) == ("short", Span(FIRST, COUNT - 4, Fraction(24)))
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT - 4))


def test_an_output_that_lacks_only_padding_is_whole(tmp_path: Path) -> None:
    """A model that drops frames at the end has dropped only held ones."""
    take = Take(tmp_path, Kind("a", frame_count=100), pad_frames=6)
    media = take.conformed(take.output(COUNT + 2, Fraction(24)))
    assert media.span == Span(FIRST, COUNT, Fraction(24))
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))


REFUSED = [
    ("auto", COUNT - 9, Fraction(24)),
    ("index", COUNT + 1, Fraction(24)),
    ("index", COUNT - 1, Fraction(24)),
    ("refuse", COUNT + 1, Fraction(24)),
    ("refuse", COUNT, Fraction(25)),
    ("trim", COUNT - 1, Fraction(24)),
    ("time", COUNT + 4, Fraction(24)),
]


@pytest.mark.parametrize(("policy", "count", "rate"), REFUSED)
def test_what_does_not_fit_is_refused(tmp_path: Path, policy: str, count: int, rate: Fraction) -> None:
    """An output that the policy does not take is refused with its numbers, and leaves no file."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    output = take.output(count, rate)
    with pytest.raises(ConformRefusedError, match=f"{count} frames") as caught:
        take.conformed(output, policy=policy)
    assert "24 at 24 fps" in str(caught.value)
    assert not (tmp_path / "media.mp4").exists()


@pytest.mark.parametrize("policy", ["index", "refuse"])
def test_strict_policies_take_what_is_as_sent(tmp_path: Path, policy: str) -> None:
    """An output with the count and the rate that were sent passes every policy."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    assert take.conformed(policy=policy).policy == "index"


def test_an_unknown_policy_is_named(tmp_path: Path) -> None:
    """A misspelt policy lists the ones there are."""
    with pytest.raises(MediaError, match=r"'stretch'.*auto, hold, index, refuse"):
        Take(tmp_path, Kind("a", frame_count=100)).conformed(policy="stretch")


def _cut(take: Take) -> Path:
    path = take.folder / "half.mp4"
    data = Path(take.export.path).read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


def _page(take: Take) -> Path:
    path = take.folder / "page.mp4"
    path.write_text("<html>expired</html>", encoding="utf-8")
    return path


def _nothing(take: Take) -> Path:
    path = take.folder / "nothing.mp4"
    path.touch()
    return path


@pytest.mark.parametrize("bad", [_cut, _page, _nothing], ids=["truncated", "not video", "empty"])
def test_an_output_that_is_no_whole_video_is_named(tmp_path: Path, bad: Any) -> None:
    """A truncated, empty or foreign file is an error that names it; nothing is written."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    output = bad(take)
    with pytest.raises(MediaError, match=output.name):
        take.conformed(output)
    assert not list(tmp_path.glob("media*"))


def test_a_matrix_of_its_own_is_converted(tmp_path: Path) -> None:
    """An output in BT.709 for a BT.601 source comes back with the same colours, not the same code values."""
    take = Take(tmp_path, Kind("a", frame_count=100, colour=(6, 6, 6)))
    red = (63, 102, 220)
    output = _flat(take, red, matrix=1)
    found = next(frames_of(take.conformed(output).path))
    values = [bytes(plane)[0] for plane in found.planes]
    assert values == pytest.approx(_as_601(red), abs=2)


def _flat(take: Take, colour: tuple[int, int, int], *, matrix: int) -> Path:
    """Write an output of one colour with a matrix tag."""
    path = take.folder / "flat.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 1
        for number in range(COUNT):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane, value in zip(frame.planes, colour, strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base, frame.colorspace = number, Fraction(1, 24), matrix
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _as_601(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """Convert BT.709 code values to BT.601 ones by way of RGB, by the standards' own numbers."""
    luma, blue, red = (colour[0] - 16) / 219, (colour[1] - 128) / 224, (colour[2] - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return 16 + 219 * y, 128 + 224 * (b - y) / 1.772, 128 + 224 * (r - y) / 1.402


def test_media_that_fails_its_check_never_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When verification fails, neither the final name nor a temporary one is left."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    monkeypatch.setattr(verify, "decodable_frames", lambda path: 3)
    with pytest.raises(MediaError, match="frames 3 instead of 24"):
        take.conformed()
    assert not list(tmp_path.glob("media*"))


def test_media_replaces_older_media_whole(tmp_path: Path) -> None:
    """Conforming again puts the new file in the old one's place."""
    take = Take(tmp_path, Kind("a", frame_count=100))
    (tmp_path / "media.mp4").write_bytes(b"old")
    media = take.conformed()
    assert numbers(media.path) == list(range(FIRST, FIRST + COUNT))
