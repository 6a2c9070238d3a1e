"""Exporting: exactly the frames of a span, in a file that fits what the model takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from otio_cometapi.errors import MediaError
from otio_cometapi.media.ahead import made_ahead
from otio_cometapi.media.colour import ColourTags, decided, picture_tags, tags_of
from otio_cometapi.media.encode import EncodeSpec, TooLargeError, write_video
from otio_cometapi.media.files import reading, sha256_of, written
from otio_cometapi.media.orientation import is_sideways, upright_steps
from otio_cometapi.media.picture import Recipe, is_rgb, pictures
from otio_cometapi.media.raster import Layout, display_size, layout
from otio_cometapi.media.reading import coded_hashes, treated_frames
from otio_cometapi.media.size_fit import Attempt, Fit
from otio_cometapi.media.verify import Expected, verify
from otio_cometapi.records import Export, ExportLimits, MediaInfo, Span, Treatment

_KEPT_BYTES = 256 * 1024 * 1024
"""A span that decodes to no more than this is decoded once and kept for every attempt."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be exported."""

    info: MediaInfo
    span: Span
    pad_frames: int
    wire_rate: Fraction
    max_bytes: int

    @property
    def frame_count(self) -> int:
        """Frames of the export, padding included."""
        return self.span.frame_count + self.pad_frames

    @property
    def tags(self) -> ColourTags:
        """What the pixels that are sent mean."""
        return decided(picture_tags(self.info), height=display_size(self.info)[1])

    @property
    def comes_in_full_range(self) -> bool:
        """Whether the frames that are read use the whole range."""
        info = self.info
        return info.full_range or is_rgb(info.pixel_format) or info.treatment.colour is not None

    @property
    def stored_matrix(self) -> str:
        """The scaler's name of the matrix that the source's pixels are in."""
        return decided(tags_of(self.info), height=display_size(self.info)[1]).matrix_name


def export_span(
    info: MediaInfo, span: Span, *, into: Path, limits: ExportLimits, pad_frames: int = 0, slowdown: int = 1
) -> Export:
    """
    Write the frames of *span* to an H.264 MP4 without sound, timecode or metadata of the source.

    The file starts at the source's raster (in square pixels, inside the limits) and at high quality. Where it is
    larger than allowed, quality gives way first, then the raster down to the model's, then quality down to a floor.

    Args:
        info: The source file.
        span: Which of its frames.
        into: The file to write; its folder is made. It appears under this name complete and verified, or not at all.
        limits: What it has to fit.
        pad_frames: Copies of the last frame to add at the end.
        slowdown: Every frame is kept and shown this many times as long.

    Raises:
        MediaError: The frames cannot be read exactly, or do not fit even at the lowest quality.
    """
    if pad_frames < 0 or slowdown < 1:
        raise ValueError(f"pad_frames {pad_frames} must not be negative, slowdown {slowdown} not below 1")
    _check_tables(info.treatment)
    hashes, stored_frames = coded_hashes(info, span)
    order = _Order(info, span, pad_frames, span.rate / slowdown, limits.max_bytes)
    frames = _source_frames(info, span)
    with written(into) as part:
        attempt = _fitted(order, frames, part, Fit(_layouts(info, limits), limits.max_bytes))
        raster = attempt.layout
        verify(part, Expected(order.frame_count, order.wire_rate, raster.width, raster.height))
        size, digest = part.stat().st_size, sha256_of(part)
    return Export(
        path=str(into.absolute()),
        span=span,
        pad_frames=pad_frames,
        wire_rate=order.wire_rate,
        width=raster.width,
        height=raster.height,
        picture=raster.picture,
        size_bytes=size,
        quality=attempt.quality,
        sha256=digest,
        frame_hashes=hashes,
        stored_frames=stored_frames,
    )


def _check_tables(treatment: Treatment) -> None:
    """See that what the picture goes through is still what the take was planned with."""
    tables = [(treatment.lut, treatment.lut_sha256)] if treatment.lut else []
    if treatment.colour is not None and treatment.colour.config_sha256:
        tables.append((treatment.colour.config, treatment.colour.config_sha256))
    for name, digest in tables:
        with reading(Path(name)):
            found = sha256_of(Path(name))
        if found != digest:
            raise MediaError(f"'{name}' has changed since this was planned.", next_step="Plan it again.")


class _Reread:
    """The frames of a span, decoded anew each time they are gone through."""

    def __init__(self, info: MediaInfo, span: Span) -> None:
        self._info, self._span = info, span

    def __iter__(self) -> Iterator[av.VideoFrame]:
        return treated_frames(self._info, self._span)


class _Kept:
    """The frames of a span, decoded when they are first asked for and kept; for one who goes through them at a time."""

    def __init__(self, info: MediaInfo, span: Span) -> None:
        self._kept: list[av.VideoFrame] = []
        self._others = treated_frames(info, span)
        self._error: MediaError | None = None

    def __iter__(self) -> Iterator[av.VideoFrame]:
        yield from self._kept
        if self._error is not None:  # an attempt was broken off just before it would have met this
            raise self._error
        try:
            for frame in self._others:
                self._kept.append(frame)
                yield frame
        except MediaError as exc:
            self._error = exc
            raise


def _source_frames(info: MediaInfo, span: Span) -> Iterable[av.VideoFrame]:
    """Return the span's frames, to be gone through several times, in bounded memory."""
    bits = 48 if info.treatment.colour else av.VideoFormat(info.pixel_format).padded_bits_per_pixel
    size = info.width * info.height * bits // 8 * span.frame_count
    return _Kept(info, span) if size <= _KEPT_BYTES else _Reread(info, span)


def _layouts(info: MediaInfo, limits: ExportLimits) -> tuple[Layout, ...]:
    """Return the rasters to try: the source's, and the model's where that is smaller."""
    size = display_size(info)
    first = layout(size, (limits.max_width, limits.max_height), limits.ratio)
    smaller = layout(size, (limits.model_width, limits.model_height), limits.ratio)
    if smaller.width * smaller.height < first.width * first.height:
        return first, smaller
    return (first,)


def _fitted(order: _Order, frames: Iterable[av.VideoFrame], part: Path, fit: Fit) -> Attempt:
    """Encode until the file fits; return how it did."""
    while (attempt := fit.current) is not None:
        try:
            _encode(order, frames, part, attempt)
        except TooLargeError as exc:
            fit.too_large(exc.size_bytes * order.frame_count // exc.frame_count)
            continue
        size = part.stat().st_size
        if size <= order.max_bytes:
            return attempt
        fit.too_large(size)
    seconds = float(order.frame_count / order.wire_rate)
    raise MediaError(
        f"{seconds:.2f} s of '{order.info.path}' do not fit into {order.max_bytes:,} bytes at a quality worth sending.",
        next_step="Shorten the clip, send fewer handles, or send it by URL, where more fits: --publish.",
    )


def _encode(order: _Order, frames: Iterable[av.VideoFrame], part: Path, attempt: Attempt) -> None:
    """Encode every frame and the padding once."""
    raster = attempt.layout
    pad = (*raster.picture[:2], raster.width, raster.height) if raster.has_bars else None
    across, down = raster.picture[2:]
    recipe = Recipe(
        scaled=(down, across) if is_sideways(order.info.display_matrix) else (across, down),
        source_matrix=order.stored_matrix,
        target_matrix=order.tags.matrix_name,
        full_range=order.comes_in_full_range,
        pad=pad,
        turn_after=upright_steps(order.info.display_matrix),
        lut=order.info.treatment.lut,
    )
    spec = EncodeSpec(
        width=raster.width,
        height=raster.height,
        rate=order.wire_rate,
        tags=order.tags,
        crf=attempt.crf,
    )
    with made_ahead(pictures(frames, recipe)) as shown:
        write_video(part, _with_held(shown, order.pad_frames), spec=spec, stop_above=order.max_bytes)


def _with_held(frames: Iterable[av.VideoFrame], held: int) -> Iterator[av.VideoFrame]:
    """Repeat the last frame *held* times."""
    last: av.VideoFrame | None = None
    for frame in frames:
        yield frame
        last = frame
    if last is not None:
        yield from itertools.repeat(last, held)
