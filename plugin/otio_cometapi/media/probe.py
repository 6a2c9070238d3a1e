"""Probing: what a video file is, measured instead of believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.video
from av.sidedata.sidedata import Type as SideData

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import HDR_TRANSFERS, matrix_is_known
from otio_cometapi.media.files import Opened, opened, reading
from otio_cometapi.media.timecode import frame_of_timecode, smpte_rate_near
from otio_cometapi.media.timing import PacketTimes, constant_rate, packet_times, shown_from
from otio_cometapi.records import MediaInfo

_UPRIGHT = (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
"""The display matrix that changes nothing."""
_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """A file's facts, and the time stamps they rest on."""

    info: MediaInfo
    """What is known of it."""
    times: PacketTimes
    """The stamps of the frames it shows."""


def media_info(path: Path) -> MediaInfo:
    """
    Measure a video file: exact rate, true frame count, raster, timecode, colour tags, and what speaks against it.

    Reads every packet once and decodes a single frame, so that long files stay cheap.

    Raises:
        MediaError: The file is missing, is not a video, or nothing of it can be decoded.
    """
    return measured(path).info


def measured(path: Path) -> Measured:
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
    with opened(path) as source, reading(path, "decode"):
        frame = _first_frame(path, source)
        if frame.pts is not None:
            times = shown_from(times, frame.pts)
        if times.frame_count == 0 and not times.unstamped:
            raise _undecodable(path)
        return Measured(_info(path, source, times, frame), times)


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


def _info(path: Path, source: Opened, times: PacketTimes, frame: av.VideoFrame) -> MediaInfo:
    """Put the facts together."""
    container, stream = source
    rate, constant = _rate(stream, times)
    text = _timecode_text(container, stream)
    number, drop_frame = _timecode_frame(text, rate)
    matrix = int(frame.colorspace)
    return MediaInfo(
        path=str(path.absolute()),
        frame_count=max(times.frame_count, 1),
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
        matrix=matrix,
        # Formats such as yuvj420p mean full range by their name.
        full_range=int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj"),
        has_audio=bool(container.streams.audio),
        has_alpha=any(component.is_alpha for component in frame.format.components),
        pixel_aspect=_pixel_aspect(stream),
        refusals=tuple(_refusals(times, frame, constant=constant)),
    )


def _rate(stream: av.video.stream.VideoStream, times: PacketTimes) -> tuple[Fraction, bool]:
    """Return the file's rate, and whether every frame keeps to it."""
    declared = [Fraction(rate) for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate) if rate]
    if times.frame_count == 0:
        return (declared[0] if declared else Fraction(25)), False
    rate = constant_rate(times, declared)
    if rate is not None:
        return rate, True
    average = declared[0] if declared else Fraction(25)
    return smpte_rate_near(average) or average, False


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


def _refusals(times: PacketTimes, frame: av.VideoFrame, *, constant: bool) -> Iterator[str]:
    """Say what keeps this file's frames from being sent and brought back exactly."""
    if times.unstamped:
        yield "its frames carry no time stamps"
    elif times.frame_count == 1:
        yield "it is a still: one frame"
    elif not constant:
        yield "its frame rate varies"
    if frame.interlaced_frame:
        yield "it is interlaced"
    if _is_turned(frame):
        yield "its picture is turned or mirrored by a display matrix"
    if int(frame.color_trc) in HDR_TRANSFERS:
        yield f"it is high dynamic range ({HDR_TRANSFERS[int(frame.color_trc)]})"
    if not matrix_is_known(int(frame.colorspace)):
        yield f"its colour matrix (code {int(frame.colorspace)}) cannot be converted"


def _is_turned(frame: av.VideoFrame) -> bool:
    """Tell whether a display matrix (nine 32-bit numbers in the machine's byte order) is to be applied."""
    # The library's type stubs know motion vectors only.
    side_data: Any = frame.side_data
    return any(
        data.type == SideData.DISPLAYMATRIX and tuple(memoryview(bytes(data)).cast("i")) != _UPRIGHT
        for data in side_data
    )
