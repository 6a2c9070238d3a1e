"""Encoding: the one place where a video file is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from otio_cometapi.media.colour import ColourTags

_LIMITED_RANGE = 1
_MIN_TIMESCALE = 10_000


@dataclass(frozen=True, slots=True)
class EncodeSpec:
    """How frames become an H.264 file."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    rate: Fraction
    """Frames per second, exact."""
    tags: ColourTags
    """What the file says of its colours. Pixels are in limited range."""
    crf: float
    """Constant quality: 0 lossless, 18 looks lossless, 51 worst."""
    preset: str = "fast"
    """The encoder's speed."""
    keyframe_every: int = 48
    """A keyframe at least every so many frames."""
    pixel_format: str = "yuv420p"
    """What the frames are in."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height."""
    start_timecode: str | None = None
    """Timecode of the first frame, written as a track of its own; None: no such track."""
    threads: int = 1
    """Encoder threads. With one, equal frames make equal files everywhere; clips run in parallel instead."""


class TooLargeError(Exception):
    """Encoding was broken off, because the file would be larger than allowed."""

    def __init__(self, size_bytes: int, frame_count: int) -> None:
        """Tell how many bytes how many frames took."""
        self.size_bytes = size_bytes
        self.frame_count = frame_count
        super().__init__(f"{size_bytes} bytes after {frame_count} frames")


def write_video(path: Path, frames: Iterable[av.VideoFrame], *, spec: EncodeSpec, stop_above: int | None = None) -> int:
    """
    Encode *frames* into a new MP4: one frame a step, the first at 0, no B frames, no sound, no metadata.

    Args:
        path: Where to write; the name's ending plays no part.
        frames: Pictures of the raster and pixel format that *spec* names.
        spec: How.
        stop_above: Break off once the coded frames exceed so many bytes, but not within the first keyframe
            interval; None: never.

    Returns:
        How many frames were written.

    Raises:
        TooLargeError: The file would exceed *stop_above*.
        FFmpegError: The file cannot be encoded or written.
    """
    options = {"movflags": "+faststart+write_colr", "fflags": "+bitexact", "use_editlist": "0"}
    options["video_track_timescale"] = str(_timescale(spec.rate))
    count = size = 0
    with av.open(str(path), mode="w", format="mp4", options=options) as container:
        stream = _stream(container, spec)
        for frame in frames:
            frame.pts = count
            frame.time_base = 1 / spec.rate
            frame.pict_type = 0
            count += 1
            for packet in stream.encode(frame):
                size += packet.size
                container.mux(packet)
            # A keyframe weighs many times an ordinary frame: one whole interval tells what is to come.
            if stop_above is not None and size > stop_above and count >= spec.keyframe_every:
                raise TooLargeError(size, count)
        container.mux(stream.encode(None))
    return count


def _stream(container: av.container.OutputContainer, spec: EncodeSpec) -> av.video.stream.VideoStream:
    """Add the picture stream that *spec* describes."""
    stream = container.add_stream("libx264", rate=spec.rate)
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, spec.pixel_format
    if spec.start_timecode is not None:
        stream.metadata["timecode"] = spec.start_timecode
    stream.options = {"crf": f"{spec.crf:g}", "preset": spec.preset, "bf": "0"}
    context = stream.codec_context
    context.time_base = 1 / spec.rate
    context.gop_size = spec.keyframe_every
    context.max_b_frames = 0
    context.thread_count = spec.threads
    context.sample_aspect_ratio = spec.pixel_aspect
    context.color_primaries = spec.tags.primaries
    context.color_trc = spec.tags.transfer
    context.colorspace = spec.tags.matrix
    context.color_range = _LIMITED_RANGE
    return stream


def _timescale(rate: Fraction) -> int:
    """Return ticks a second that hold the rate exactly, and enough of them for every player."""
    timescale = rate.numerator
    while timescale < _MIN_TIMESCALE:
        timescale *= 10
    return timescale
