"""Exact frame reading: the frames of a span, each one the frame it is said to be."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error

from otio_cometapi.errors import MediaError
from otio_cometapi.media.files import Opened, opened, reading
from otio_cometapi.media.probe import measured
from otio_cometapi.media.timing import shown_at
from otio_cometapi.records import MediaInfo, Span

_FROM_START_S = 2
"""Spans that begin this near to the file's start are reached by decoding, without a seek."""
_EARLIER_S = (0, 1, 2, 4, 8, 16, 32)
"""How many seconds before the span's start the seeks aim, one after the other."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Where a span's frames stand on the file's own clock."""

    span: Span
    """The span."""
    origin: int
    """The stamp of the file's first shown frame, in ticks."""
    ticks_per_frame: Fraction
    """How many ticks one frame takes."""
    stamps: tuple[int, ...] = ()
    """Where the rate varies: the stamp of every stored frame; else empty."""

    def stamp(self, frame: int) -> int:
        """Return where frame number *frame* of the file stands, in ticks."""
        return self.stamps[frame] if self.stamps else self.origin + round(frame * self.ticks_per_frame)

    def frame_at(self, stamp: int) -> int:
        """Return the number of the frame whose place is nearest to *stamp*."""
        if self.stamps:
            return bisect_right(self.stamps, stamp) - 1
        return round((stamp - self.origin) / self.ticks_per_frame)


def read_frames(info: MediaInfo, span: Span) -> Iterator[av.VideoFrame]:
    """
    Decode exactly the stored frames of *span*, in order, each checked to be in its own place.

    Where the rate varies, *span* counts the file's stored frames (`stored_span`).

    Raises:
        MediaError: The span lies outside the file, or a frame is missing, damaged or out of place; the frame is named.
    """
    path = Path(info.path)
    _check_span(info, span)
    window = _window(info, span)
    for aim in _aims(window, info.rate):
        with opened(path) as source:
            frames = _frames_from(source, window, aim)
            first = _first_of(frames, path, span.first_frame, last_try=aim is None)
            if first is None:
                continue
            yield first
            yield from _following(frames, path, window)
            return
    raise _missing(path, span.first_frame)


def decoded_frames(path: Path) -> Iterator[av.VideoFrame]:
    """
    Decode every frame of a file, in the order shown, whatever its time stamps say.

    Raises:
        MediaError: The file cannot be read, or a frame is damaged; the frame is named.
    """
    with opened(path) as source:
        yield from _all_frames(source, path)


def decodable_frames(path: Path) -> int:
    """
    Decode every frame of a file, as `decoded_frames` does, and return how many there are.

    Raises:
        MediaError: The file cannot be read, or a frame is damaged; the frame is named.
    """
    with opened(path) as source:
        # Nobody looks at the pixels: smoothing the edges of blocks comes after all that can be found wrong in a frame.
        source[1].codec_context.options = {"skip_loop_filter": "all"}
        return sum(1 for _ in _all_frames(source, path))


def packet_hashes(info: MediaInfo, span: Span) -> tuple[str, ...]:
    """
    Return one hash for every coded frame of *span*, in the order shown, without decoding.

    Equal hashes mean equal coded frames, wherever the file lies now. Where the rate varies, *span* counts the file's
    stored frames.

    Raises:
        MediaError: The span lies outside the file, or a coded frame is missing.
    """
    path = Path(info.path)
    _check_span(info, span)
    window = _window(info, span)
    found: dict[int, str] = {}
    for aim in _aims(window, info.rate):
        with opened(path) as source, reading(path):
            found = _hashes_from(source, window, aim)
        if len(found) == span.frame_count:
            return tuple(found[number] for number in range(span.first_frame, span.end_frame))
    missing = next(n for n in range(span.first_frame, span.end_frame) if n not in found)
    raise _missing(path, missing)


def stored_span(info: MediaInfo, span: Span) -> tuple[Span, tuple[int, ...]]:
    """
    Return the stored frames that *span* needs, and which of them each of its frames is, counted in the file.

    They are the span's own, unless the rate varies: then the frame shown in the middle of each constant frame.

    Raises:
        MediaError: The file cannot be read.
    """
    if not info.treatment.convert_vfr:
        return span, tuple(range(span.first_frame, span.end_frame))
    times = measured(Path(info.path), info.treatment).times
    picks = shown_at(times, span.rate, range(span.first_frame, span.end_frame))
    return Span(picks[0], picks[-1] - picks[0] + 1, span.rate), picks


def _all_frames(source: Opened, path: Path) -> Iterator[av.VideoFrame]:
    """Yield every frame, each seen to be whole."""
    container, stream = source
    frames = container.decode(stream)
    number = 0
    while (frame := _decode_next(frames, path, number)) is not None:
        if frame.is_corrupt:
            raise _damaged(path, number)
        yield frame
        number += 1


def _check_span(info: MediaInfo, span: Span) -> None:
    """Refuse what is not in the file."""
    if info.refusals:
        raise MediaError(
            f"frames of '{info.path}' cannot be read exactly: {'; '.join(info.refusals)}.",
            next_step="Convert it to a constant-rate, progressive file first.",
        )
    if span.rate != info.rate or (span.end_frame > info.frame_count and not info.treatment.convert_vfr):
        raise MediaError(
            f"frames {span.first_frame} to {span.end_frame - 1} at {span.rate} are not in '{info.path}',"
            f" which has {info.frame_count} at {info.rate}.",
            next_step="Check the clip's source range, or whether the media was replaced.",
        )


def _window(info: MediaInfo, span: Span) -> _Window:
    """Find the file's first shown frame; every other frame's place follows from it."""
    path = Path(info.path)
    stamps = measured(path, info.treatment).times.shown if info.treatment.convert_vfr else ()
    with opened(path, threads=False) as (container, stream):
        first = _decode_next(container.decode(stream), path, 0)
        if first is None or first.pts is None:
            raise _missing(path, 0)
        return _Window(span, first.pts, 1 / (info.rate * Fraction(stream.time_base or 1)), stamps)


def _aims(window: _Window, rate: Fraction) -> Iterator[int | None]:
    """Yield the stamps to seek to, ever earlier; None is the file's start, without a seek."""
    first = window.span.first_frame
    for seconds in _EARLIER_S:
        frame = first - round(seconds * rate)
        if frame <= _FROM_START_S * rate:
            break
        yield window.stamp(frame)
    yield None


def _frames_from(source: Opened, window: _Window, aim: int | None) -> Iterator[av.VideoFrame]:
    """Yield the span's frames after a seek to *aim*; nothing when the seek landed too late."""
    container, stream = source
    if aim is not None:
        container.seek(aim, stream=stream, backward=True, any_frame=False)
    landed = aim is None
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        number = window.frame_at(frame.pts)
        if not landed and number > window.span.first_frame:
            return
        landed = True
        if number >= window.span.end_frame:
            return
        if number >= window.span.first_frame:
            yield frame


def _first_of(frames: Iterator[av.VideoFrame], path: Path, number: int, *, last_try: bool) -> av.VideoFrame | None:
    """Return the span's first frame; None where this seek did not bring it whole and an earlier one may."""
    try:
        frame = _decode_next(frames, path, number)
    except MediaError:
        # Between two keyframes a decoder lacks what the frames refer to.
        if last_try:
            raise
        return None
    if frame is not None and frame.is_corrupt:
        if last_try:
            raise _damaged(path, number)
        return None
    return frame


def _following(frames: Iterator[av.VideoFrame], path: Path, window: _Window) -> Iterator[av.VideoFrame]:
    """Yield the frames after the first, each in its own place, none left out."""
    for number in range(window.span.first_frame + 1, window.span.end_frame):
        frame = _decode_next(frames, path, number)
        if frame is None or frame.pts is None or window.frame_at(frame.pts) != number:
            raise _missing(path, number)
        if frame.is_corrupt:
            raise _damaged(path, number)
        yield frame


def _decode_next(frames: Iterator[av.VideoFrame], path: Path, number: int) -> av.VideoFrame | None:
    """Take the next frame; None at the end."""
    try:
        return next(frames, None)
    except (av.error.FFmpegError, OSError) as exc:
        raise _damaged(path, number) from exc


def _hashes_from(source: Opened, window: _Window, aim: int | None) -> dict[int, str]:
    """Hash the coded frames of the span that follow *aim*, by frame number."""
    container, stream = source
    if aim is not None:
        container.seek(aim, stream=stream, backward=True, any_frame=False)
    found: dict[int, str] = {}
    for packet in container.demux(stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if packet.size == 0 or packet.is_discard or stamp is None:
            continue
        number = window.frame_at(stamp)
        if window.span.first_frame <= number < window.span.end_frame:
            found[number] = hashlib.sha256(bytes(packet)).hexdigest()[:16]
            if len(found) == window.span.frame_count:
                break
    return found


def _missing(path: Path, number: int) -> MediaError:
    """Return the error for a frame that is not there."""
    return MediaError(
        f"frame {number} of '{path}' is missing.", next_step="Check the file; it may be damaged or still being written."
    )


def _damaged(path: Path, number: int) -> MediaError:
    """Return the error for a frame that cannot be decoded."""
    return MediaError(
        f"frame {number} of '{path}' cannot be decoded: it is damaged.", next_step="Restore the file from its source."
    )
