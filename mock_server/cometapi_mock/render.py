"""The generator: decodes the video that was sent, changes its picture, encodes every frame of it again."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.codec.context import Flags
from av.video.frame import PictureType, VideoFrame

from .grade import Grade
from .picture import graded_frames
from .repeatable import repeatable_h264
from .scenarios import OutputPlan
from .sequence import edited, presentation_time, retimed
from .sound import add_tone
from .timing import Timing, timing_of

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

_UNSPECIFIED = 2
_TAGS = ("color_primaries", "color_trc", "colorspace")
_TEXT = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>\n'


class UndecodableInputError(Exception):
    """The input is no video that can be decoded to its end."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The form in which an output is delivered."""

    suffix: str = ".mp4"
    """What its file name ends in."""
    media_type: str = "video/mp4"
    """Its Content-Type."""
    container: str = "mp4"
    """The muxer."""
    codec: str = "libx264"
    """The encoder."""
    pixels: str = ""
    """The pixel format; empty: the frames' own."""
    options: dict[str, str] = field(default_factory=lambda: {"crf": "14", "preset": "veryfast"})
    """The encoder's options."""
    tag: str = ""
    """The codec's tag in the file; empty: the muxer's choice."""


_MP4 = Delivery()
_DELIVERIES = {
    "prores": Delivery(".mov", "video/quicktime", "mov", "prores_ks", "yuv422p10le", {"profile": "hq"}),
    "hevc10": Delivery(
        codec="libx265",
        pixels="yuv420p10le",
        options={"preset": "ultrafast", "x265-params": "pools=none:frame-threads=1:crf=14:log-level=none"},
        tag="hvc1",
    ),
    "png_zip": Delivery(".zip", "application/zip", "", "png", "rgb24", {}),
}


def delivery_of(plan: OutputPlan) -> Delivery:
    """Return the form in which a plan's output is delivered."""
    return _DELIVERIES.get(plan.variant, _MP4)


def render(source: Path, target: Path, grade: Grade, plan: OutputPlan) -> None:
    """
    Write the output that a plan asks for; the plain one has every frame of the input, at its rate, without sound.

    Encoded by one thread with bit-exact flags, so that the same input, grade and plan give the same bytes.

    Raises:
        UndecodableInputError: The input is no video, or breaks off.
    """
    partial = target.with_suffix(".part" + target.suffix)
    try:
        with av.open(str(source)) as container:
            timing = timing_of(container, container.streams.video[0])
        frames = edited(graded_frames(source, grade, plan), plan, timing)
        delivery = delivery_of(plan)
        if delivery.container:
            _encode(frames, partial, retimed(timing, plan), plan)
        else:
            _archive(frames, partial, delivery)
    except (av.error.FFmpegError, OSError, IndexError, ValueError) as exc:
        partial.unlink(missing_ok=True)
        message = f"the input video could not be decoded: {exc}"
        raise UndecodableInputError(message) from exc
    _spoil(partial, plan)
    partial.replace(target)


def _spoil(file: Path, plan: OutputPlan) -> None:
    if plan.variant == "truncated":
        content = file.read_bytes()
        file.write_bytes(content[: len(content) * 3 // 5])
    elif plan.variant in {"text", "empty"}:
        file.write_bytes(_TEXT if plan.variant == "text" else b"")


def _encode(frames: Iterator[VideoFrame], target: Path, timing: Timing, plan: OutputPlan) -> None:
    delivery = delivery_of(plan)
    unit = 1 / timing.rate if timing.is_constant else timing.time_base
    options = {"movflags": "+faststart", "fflags": "+bitexact", "video_track_timescale": str(_timescale(timing, unit))}
    with av.open(str(target), "w", format=delivery.container, options=options) as container:
        stream: VideoStream | None = None
        count, last_pts, first_own = 0, -1, 0
        for frame in frames:
            own = count if frame.pts is None else frame.pts
            if stream is None:
                stream, first_own = _add_stream(container, frame, timing.rate, delivery), own
                stream.codec_context.time_base = unit
                tone = add_tone(container) if plan.variant == "sound" else None
            picture = frame.reformat(format=delivery.pixels) if delivery.pixels else frame
            last_pts = max(last_pts + 1, presentation_time(count, own - first_own, timing, plan))
            picture.pts, picture.time_base, picture.pict_type = last_pts, unit, PictureType.NONE
            container.mux(stream.encode(picture))
            # A frame that is delivered twice keeps its own time for the next round.
            frame.pts = own
            count += 1
        if stream is None:
            message = "no frame could be decoded"
            raise UndecodableInputError(message)
        container.mux(stream.encode(None))
        if tone is not None:
            tone.write(seconds=Fraction(count) / timing.rate + Fraction(1, 5))


def _add_stream(container: OutputContainer, frame: VideoFrame, rate: Fraction, delivery: Delivery) -> VideoStream:
    options = {**delivery.options, **(repeatable_h264() if delivery.codec == "libx264" else {})}
    stream = cast("VideoStream", container.add_stream(delivery.codec, rate=rate, options=options))
    stream.width, stream.height = frame.width, frame.height
    stream.pix_fmt = delivery.pixels or frame.format.name
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= Flags.bitexact
    for tag in _TAGS:
        value = getattr(frame, tag, _UNSPECIFIED)
        if value != _UNSPECIFIED:
            setattr(context, tag, value)
    context.color_range = 1
    if delivery.tag:
        context.codec_tag = delivery.tag
    return stream


def _timescale(timing: Timing, unit: Fraction) -> int:
    # Small time scales are legal, but players and the muxer's own edit lists like fine ones better.
    if not timing.is_constant:
        return unit.denominator
    return timing.rate.numerator if timing.rate.numerator >= 1000 else timing.rate.numerator * 1000


def _archive(frames: Iterator[VideoFrame], target: Path, delivery: Delivery) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, frame in enumerate(frames, start=1):
            # A fixed date: the archive of the same frames is the same, byte for byte.
            entry = zipfile.ZipInfo(f"frame_{number:05d}.png", date_time=(2026, 5, 1, 0, 0, 0))
            archive.writestr(entry, png_bytes(frame.reformat(format=delivery.pixels)))


def png_bytes(picture: VideoFrame) -> bytes:
    """Return an rgb24 picture as a PNG file."""
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "rgb24"
    encoder.time_base, encoder.thread_count = Fraction(1, 24), 1
    picture.pts = 0
    packets = [*encoder.encode(picture), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
