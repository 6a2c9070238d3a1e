"""Encoding: the one place where a video file is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from otio_cometapi.media.codecs import repeatable_h264
from otio_cometapi.media.colour import UNSPECIFIED, ColourTags
from otio_cometapi.media.sound import SoundTrack

_LIMITED_RANGE = 1
_MIN_TIMESCALE = 10_000


@dataclass(frozen=True, slots=True)
class EncodeSpec:
    """How frames become a file."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    rate: Fraction
    """Frames per second, exact."""
    tags: ColourTags
    """What the file says of its colours. Pixels are in limited range."""
    crf: float
    """Constant quality of H.264: 0 lossless, 18 looks lossless, 51 worst."""
    preset: str = "fast"
    """The speed of H.264's encoder."""
    keyframe_every: int = 48
    """A keyframe at least every so many frames."""
    pixel_format: str = "yuv420p"
    """What the frames are in."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height."""
    start_timecode: str | None = None
    """Timecode of the first frame, written as a track of its own; None: no such track."""
    encoder: str = "libx264"
    """The codec library's name of the encoder."""
    container: str = "mp4"
    """``"mp4"``, ``"mov"`` or ``"mxf"``."""
    clip_name: str = ""
    """What MXF calls the clip; empty: nothing. Other containers go by their files' names."""
    reel: str = ""
    """The reel that MXF names, with the same timecode; empty: none."""
    options: tuple[tuple[str, str], ...] = ()
    """Options of an encoder other than H.264's."""
    display_matrix: tuple[int, ...] = ()
    """How players turn the picture; empty: it is stored upright."""
    threads: int = 1
    """Encoder threads. With one, equal frames make equal files everywhere; clips run in parallel instead."""


class TooLargeError(Exception):
    """Encoding was broken off, because the file would be larger than allowed."""

    def __init__(self, size_bytes: int, frame_count: int) -> None:
        """Tell how many bytes how many frames took."""
        self.size_bytes = size_bytes
        self.frame_count = frame_count
        super().__init__(f"{size_bytes} bytes after {frame_count} frames")


def write_video(
    path: Path,
    frames: Iterable[av.VideoFrame],
    *,
    spec: EncodeSpec,
    sound: Sequence[SoundTrack] = (),
    stop_above: int | None = None,
) -> int:
    """
    Encode *frames* into a new file: one frame a step, the first at 0, no B frames, no metadata.

    Args:
        path: Where to write; the name's ending plays no part.
        frames: Pictures of the raster and pixel format that *spec* names.
        spec: How.
        sound: What is heard beside them.
        stop_above: Break off once the coded frames exceed so many bytes, but not within the first keyframe
            interval; None: never.

    Returns:
        How many frames were written.

    Raises:
        TooLargeError: The file would exceed *stop_above*.
        FFmpegError: The file cannot be encoded or written.
    """
    count = size = 0
    with new_container(path, spec) as container:
        stream = _stream(container, spec)
        beside = SoundBeside(container, sound, spec.rate)
        for frame in frames:
            frame.pts = count
            frame.time_base = 1 / spec.rate
            frame.pict_type = 0
            _tag(frame, spec.tags)
            count += 1
            for packet in stream.encode(frame):
                size += packet.size
                container.mux(packet)
            beside.up_to(count)
            # A keyframe weighs many times an ordinary frame: one whole interval tells what is to come.
            if stop_above is not None and size > stop_above and count >= spec.keyframe_every:
                raise TooLargeError(size, count)
        container.mux(stream.encode(None))
        beside.end()
    return count


def _tag(frame: av.VideoFrame, tags: ColourTags) -> None:
    """Say what the pixels mean: some encoders go by the frames and not by the stream."""
    frame.color_primaries, frame.color_trc = tags.primaries, tags.transfer
    frame.colorspace, frame.color_range = tags.matrix, _LIMITED_RANGE


def new_container(path: Path, spec: EncodeSpec) -> av.container.OutputContainer:
    """Open a new file: index first, no edit list, a clock that holds the rate exactly."""
    if spec.container == "mxf":
        # Not bit-exact: then every file would have the same UMID, by which editing systems tell media apart.
        container = av.open(str(path), mode="w", format="mxf")
        named = {"material_package_name": spec.clip_name, "reel_name": spec.reel}
        container.metadata.update({name: value for name, value in named.items() if value})
        return container
    # Asked to write tags that are not all known, the library guesses the rest by the picture's height.
    known = UNSPECIFIED not in (spec.tags.primaries, spec.tags.transfer, spec.tags.matrix)
    options = {"movflags": f"+faststart{'+' if known else '-'}write_colr", "fflags": "+bitexact", "use_editlist": "0"}
    options["video_track_timescale"] = str(_timescale(spec.rate))
    return av.open(str(path), mode="w", format=spec.container, options=options)


class SoundBeside:
    """Writes sound in step with the picture, so that players find both near each other."""

    def __init__(self, container: av.container.OutputContainer, sound: Sequence[SoundTrack], rate: Fraction) -> None:
        """Add the streams; call before the first picture is written."""
        self._container = container
        self._rate = rate
        self._tracks = [(track, self._stream(track)) for track in sound]
        self._written = [0] * len(self._tracks)

    def _stream(self, track: SoundTrack) -> av.audio.stream.AudioStream:
        stream: Any = self._container.add_stream(track.encoder, rate=track.sample_rate)
        stream.layout, stream.format = track.layout, track.sample_format
        found: av.audio.stream.AudioStream = stream
        return found

    def up_to(self, frame_count: int) -> None:
        """Write the sound of the first *frame_count* frames, as far as it is not written."""
        for number, (track, stream) in enumerate(self._tracks):
            end = min(round(frame_count / self._rate * track.sample_rate), track.sample_count)
            if end > self._written[number]:
                self._container.mux(stream.encode(track.frame(self._written[number], end)))
                self._written[number] = end

    def end(self) -> None:
        """Close the streams."""
        for _, stream in self._tracks:
            self._container.mux(stream.encode(None))


def _stream(container: av.container.OutputContainer, spec: EncodeSpec) -> av.video.stream.VideoStream:
    """Add the picture stream that *spec* describes."""
    # The library's type stubs know a stream's kind for a few encoders only.
    stream: Any = container.add_stream(spec.encoder, rate=spec.rate)
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, spec.pixel_format
    if spec.start_timecode is not None:
        stream.metadata["timecode"] = spec.start_timecode
    if spec.display_matrix:
        stream.set_display_matrix(spec.display_matrix)
    context = stream.codec_context
    if spec.encoder == "libx264":
        stream.options = {"crf": f"{spec.crf:g}", "preset": spec.preset, "bf": "0", **repeatable_h264()}
        context.gop_size = spec.keyframe_every
        context.max_b_frames = 0
    else:
        stream.options = dict(spec.options)
    context.time_base = 1 / spec.rate
    context.thread_count = spec.threads
    context.sample_aspect_ratio = spec.pixel_aspect
    context.color_primaries = spec.tags.primaries
    context.color_trc = spec.tags.transfer
    context.colorspace = spec.tags.matrix
    context.color_range = _LIMITED_RANGE
    found: av.video.stream.VideoStream = stream
    return found


def _timescale(rate: Fraction) -> int:
    """Return ticks a second that hold the rate exactly, and enough of them for every player."""
    timescale = rate.numerator
    while timescale < _MIN_TIMESCALE:
        timescale *= 10
    return timescale
