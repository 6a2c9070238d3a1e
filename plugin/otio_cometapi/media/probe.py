"""Probing: what a video file is, measured instead of believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.error
import av.video

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import HDR_TRANSFERS, matrix_is_known
from otio_cometapi.media.display import HDR_SOURCES, colour_problem
from otio_cometapi.media.files import Opened, opened, reading
from otio_cometapi.media.orientation import can_be_turned, display_matrix
from otio_cometapi.media.timing import (
    PacketTimes,
    constant_rate,
    frames_by_time,
    nominal_rate,
    packet_times,
    shown_from,
)
from otio_cometapi.records import AS_IT_IS, MediaInfo, Treatment
from otio_cometapi.timecode import frame_of_timecode, smpte_rate_near

NO_STAMPS = "its frames carry no time stamps"
STILL = "it is a still: one frame"
VARYING = "its frame rate varies (--vfr convert lays it onto constant frames by time)"
_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """A file's facts, and the time stamps they rest on."""

    info: MediaInfo
    """What is known of it."""
    times: PacketTimes
    """The stamps of the frames it shows."""


def media_info(path: Path, treatment: Treatment = AS_IT_IS) -> MediaInfo:
    """
    Measure a video file: exact rate, true frame count, raster, timecode, colour tags, and what speaks against it.

    Reads every packet once and decodes a single frame, so that long files stay cheap. What *treatment* takes care of
    does not speak against the file; the part of it that applies to the file stands in the record.

    Raises:
        MediaError: The file is missing, is not a video, or nothing of it can be decoded.
    """
    return measured(path, treatment).info


def measured(path: Path, treatment: Treatment = AS_IT_IS) -> Measured:
    """
    Measure a video file and keep the time stamps of its frames.

    Raises:
        MediaError: The file is missing, is not a video, is truncated, or nothing of it can be decoded.
    """
    with opened(path) as source, reading(path):
        # Where the container has an index it is read by now, edit lists applied.
        promised = len(source[1].index_entries)
        times = packet_times(source)
        _check_complete(path, times, promised)
    with opened(path, threads=False) as source, reading(path, "decode"):
        frame = _first_frame(path, source)
        if frame.pts is not None:
            times = shown_from(times, frame.pts)
        if times.frame_count == 0 and not times.unstamped:
            raise _undecodable(path)
        return Measured(_info(path, source, times, frame, treatment), times)


def _check_complete(path: Path, times: PacketTimes, promised: int) -> None:
    """Compare what the file's index promises with what is there."""
    if times.packet_count == 0:
        raise _undecodable(path)
    if times.packet_count < promised:
        raise MediaError(
            f"'{path}' is truncated: it promises {promised} frames, {times.packet_count} are there.",
            next_step="Copy or download it again.",
        )


def _first_frame(path: Path, source: Opened) -> av.VideoFrame:
    """Decode the first frame that is shown."""
    container, stream = source
    try:
        for frame in container.decode(stream):
            return frame
    except av.error.InvalidDataError as exc:
        raise _undecodable(path) from exc
    raise _undecodable(path)


def _undecodable(path: Path) -> MediaError:
    """Return the error for a file without a single frame."""
    return MediaError(
        f"'{path}' is not a video that can be decoded: it holds no frame.",
        next_step="Check that the file is a complete video and plays elsewhere.",
    )


def _info(path: Path, source: Opened, times: PacketTimes, frame: av.VideoFrame, asked: Treatment) -> MediaInfo:
    """Put the facts together."""
    container, stream = source
    rate, constant = _rate(stream, times)
    varying = not constant and times.frame_count > 1 and not times.unstamped
    if varying and asked.convert_vfr:
        rate = nominal_rate(times, _declared(stream))
    text = _timecode_text(container, stream)
    number, drop_frame = _timecode_frame(text, rate)
    treatment = _applied(asked, frame, varying=varying)
    return MediaInfo(
        path=str(path.absolute()),
        frame_count=frames_by_time(times, rate) if treatment.convert_vfr else max(times.frame_count, 1),
        rate=rate,
        width=frame.width,
        height=frame.height,
        size_bytes=path.stat().st_size,
        codec=stream.codec_context.name,
        pixel_format=frame.format.name,
        start_timecode=text,
        start_frame=number,
        drop_frame=drop_frame,
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        matrix=int(frame.colorspace),
        # Formats such as yuvj420p mean full range by their name.
        full_range=int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj"),
        has_audio=bool(container.streams.audio),
        has_alpha=any(component.is_alpha for component in frame.format.components),
        pixel_aspect=_pixel_aspect(stream),
        display_matrix=display_matrix(frame),
        interlaced=frame.interlaced_frame,
        varying=varying,
        treatment=treatment,
        refusals=tuple(_refusals(times, frame, treatment, varying=varying)),
    )


def _applied(asked: Treatment, frame: av.VideoFrame, *, varying: bool) -> Treatment:
    """Return the part of a treatment that applies to this file; the tags of HDR name the space that it is in."""
    transfer = int(frame.color_trc)
    colour = asked.colour if transfer in HDR_TRANSFERS else None
    return replace(
        asked.for_display(replace(colour, source=HDR_SOURCES[transfer]) if colour else None),
        deinterlace=asked.deinterlace and frame.interlaced_frame,
        convert_vfr=asked.convert_vfr and varying,
    )


def _rate(stream: av.video.stream.VideoStream, times: PacketTimes) -> tuple[Fraction, bool]:
    """Return the file's rate, and whether every frame keeps to it."""
    declared = _declared(stream)
    if times.frame_count == 0:
        return (declared[0] if declared else Fraction(25)), False
    rate = constant_rate(times, declared)
    if rate is not None:
        return rate, True
    average = declared[0] if declared else Fraction(25)
    return smpte_rate_near(average) or average, False


def _declared(stream: av.video.stream.VideoStream) -> list[Fraction]:
    """Return the rates that a file claims."""
    return [Fraction(rate) for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate) if rate]


def _pixel_aspect(stream: av.video.stream.VideoStream) -> Fraction:
    """Return the shape of a pixel; square where the file does not say."""
    aspect = stream.sample_aspect_ratio
    return Fraction(aspect) if aspect else Fraction(1)


def _timecode_text(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> str | None:
    """Find the start timecode: on the picture (MOV, MP4), on a timecode track, or on the whole file (MXF)."""
    places = [stream.metadata, *(data.metadata for data in container.streams.data), container.metadata]
    return next((place["timecode"] for place in places if place.get("timecode")), None)


def _timecode_frame(text: str | None, rate: Fraction) -> tuple[int | None, bool]:
    """Count a start timecode in frames; None where it does not belong to the rate."""
    if text is None:
        return None, False
    try:
        return frame_of_timecode(text, rate)
    except ValueError:
        return None, ";" in text


def _refusals(times: PacketTimes, frame: av.VideoFrame, treatment: Treatment, *, varying: bool) -> Iterator[str]:
    """Say what keeps this file's frames from being sent and brought back exactly."""
    if times.unstamped:
        yield NO_STAMPS
    elif times.frame_count == 1:
        yield STILL
    elif varying and not treatment.convert_vfr:
        yield VARYING
    if frame.interlaced_frame and not treatment.deinterlace:
        yield "it is interlaced (--deinterlace sends one whole frame for both fields)"
    if not can_be_turned(display_matrix(frame)):
        yield "its picture is turned by a display matrix that no whole turn or mirror undoes exactly"
    transfer = int(frame.color_trc)
    problem = colour_problem(treatment.colour) if transfer in HDR_TRANSFERS else ""
    if problem:
        yield f"it is high dynamic range ({HDR_TRANSFERS[transfer]}): {problem}"
    if not matrix_is_known(int(frame.colorspace)):
        yield f"its colour matrix (code {int(frame.colorspace)}) cannot be converted"
