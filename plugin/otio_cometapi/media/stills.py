"""Stills: single pictures that go with a request."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error

from otio_cometapi.errors import MediaError
from otio_cometapi.media.files import reading, written

_LINEAR = 8
_LADDER = ((None, 2), (1920, 2), (1920, 5), (1280, 5))
"""Longest side in pixels and the codec's quantiser, from the best down; the last is below 3 MB for any picture."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture, as measured."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    codec: str
    """The codec library's name, such as ``"png"``."""


def still_info(path: Path) -> Still:
    """
    Measure a still by decoding it.

    Raises:
        MediaError: It is missing, cannot be decoded whole, is a video, or its light is scene-linear.
    """
    frame, codec = _picture(path)
    return Still(frame.width, frame.height, codec)


def as_jpeg(path: Path, *, into: Path, max_bytes: int, sha256: str) -> None:
    """
    Write a still as a JPEG of at most *max_bytes* bytes: as good and as large as fits.

    Raises:
        MediaError: Its bytes are not those with this SHA-256 any more, it cannot be read or written, or is larger in
            every size.
    """
    with reading(path):
        _check_same(path, path.read_bytes(), sha256)
    content = largest_jpeg(_picture(path)[0], max_bytes)
    if content is None:
        raise MediaError(f"'{path}' does not fit into {max_bytes:,} bytes.", next_step="Make a smaller picture of it.")
    with written(into) as part:
        part.write_bytes(content)


def largest_jpeg(frame: av.VideoFrame, max_bytes: int) -> bytes | None:
    """Return a picture as a JPEG of at most *max_bytes* bytes, as good and as large as fits; None where none does."""
    for longest, quantiser in _LADDER:
        content = _jpeg(frame, longest, quantiser)
        if len(content) <= max_bytes:
            return content
    return None


def copied(path: Path, *, into: Path, sha256: str) -> None:
    """
    Write a still's own bytes to another place.

    Raises:
        MediaError: They are not those with this SHA-256 any more, or cannot be read or written.
    """
    with reading(path):
        content = path.read_bytes()
    _check_same(path, content, sha256)
    with written(into) as part:
        part.write_bytes(content)


def _check_same(path: Path, content: bytes, sha256: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise MediaError(f"'{path}' has changed since it was planned.", next_step="Plan again.")


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    try:
        yield
    except (av.error.FFmpegError, OSError) as exc:
        raise MediaError(
            f"the picture '{path}' cannot be decoded: {exc.strerror or exc}.",
            next_step="Choose a whole PNG, JPEG, WebP or TIFF file.",
        ) from exc


def _picture(path: Path) -> tuple[av.VideoFrame, str]:
    # The library takes some names for patterns unless it is told not to.
    with _decoding(path), av.open(str(path), mode="r", options={"pattern_type": "none"}) as container:
        if not container.streams.video:
            raise MediaError(f"'{path}' holds no picture.", next_step="Choose a PNG, JPEG, WebP or TIFF file.")
        stream = container.streams.video[0]
        if stream.codec_context.name == "mjpeg":
            # Else a JPEG that breaks off is filled up with grey and passes for whole.
            stream.codec_context.options = {"err_detect": "explode"}
        frames = container.decode(stream)
        frame = next(frames, None)
        if frame is None:
            raise MediaError(f"'{path}' holds no picture.", next_step="Choose a PNG, JPEG, WebP or TIFF file.")
        if next(frames, None) is not None:
            raise MediaError(f"'{path}' is no still: it holds several pictures.", next_step="Export one frame of it.")
        codec = stream.codec_context.name
    if int(frame.color_trc) == _LINEAR or "f32" in frame.format.name or "f16" in frame.format.name:
        raise MediaError(
            f"'{path}' is scene-linear, and nobody says how it is to look.", next_step="Export it as PNG from the host."
        )
    return frame, codec


def _jpeg(frame: av.VideoFrame, longest: int | None, quantiser: int) -> bytes:
    width, height = frame.width, frame.height
    if longest is not None and max(width, height) > longest:
        factor = Fraction(longest, max(width, height))
        width, height = max(1, round(width * factor)), max(1, round(height * factor))
    # By way of RGB, so that whatever the picture's own numbers mean, the JPEG's mean what all JPEGs mean.
    picture = frame.reformat(format="rgb24").reformat(
        width, height, format="yuvj444p", dst_colorspace="ITU601", dst_color_range="JPEG", interpolation="LANCZOS"
    )
    held = io.BytesIO()
    with av.open(held, "w", format="mjpeg") as container:
        options = {"qmin": str(quantiser), "qmax": str(quantiser), "flags": "+bitexact"}
        stream = container.add_stream("mjpeg", rate=1, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj444p"
        stream.codec_context.thread_count = 1
        picture.pts, picture.time_base = 0, Fraction(1)
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return held.getvalue()
