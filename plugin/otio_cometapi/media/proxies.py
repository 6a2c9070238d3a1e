"""Proxies: H.264 and JPEG that every browser shows, of exactly the frames asked for."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import ColourTags, decided, picture_tags, tags_of
from otio_cometapi.media.encode import EncodeSpec, write_video
from otio_cometapi.media.files import written
from otio_cometapi.media.orientation import is_sideways, upright_steps
from otio_cometapi.media.picture import Recipe, is_rgb, pictures
from otio_cometapi.media.probe import media_info
from otio_cometapi.media.raster import Layout, display_size, layout
from otio_cometapi.media.reading import treated_frames
from otio_cometapi.media.stills import largest_jpeg
from otio_cometapi.records import MediaInfo, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    import av

PROXY_BOX = (1280, 720)
"""The largest proxy, across and down or down and across: what half of a wide screen shows."""
THUMBNAIL_BOX = (320, 180)
"""The largest thumbnail."""
_LARGEST_PLAYED = 1920
"""Two players keep in step with pictures of this size on any machine; larger ones are shown as proxies."""
_THUMBNAIL_BYTES = 64 * 1024
_CRF = 20.0
_KEYFRAME_EVERY = 12
"""Near enough that a step back decodes a dozen small frames at most."""


def plays_in_browsers(path: Path) -> bool:
    """
    Tell whether browsers play a file as it is, two at a time.

    That is eight-bit 4:2:0 H.264 in MP4, upright, in square pixels and no larger than full HD.

    Raises:
        MediaError: It cannot be read.
    """
    if path.suffix.lower() != ".mp4":
        return False
    info = media_info(path)
    plain = info.codec == "h264" and info.pixel_format == "yuv420p" and not info.varying and not info.full_range
    upright = not info.display_matrix and info.pixel_aspect == 1
    return plain and upright and max(info.width, info.height) <= _LARGEST_PLAYED


def write_proxy(info: MediaInfo, span: Span, *, into: Path) -> None:
    """
    Write the frames of *span* as H.264 that every browser plays, one for one, treated as the source was.

    Raises:
        MediaError: A frame cannot be read, or the file not written.
    """
    box = PROXY_BOX if info.width >= info.height else PROXY_BOX[::-1]
    raster = layout(display_size(info), box, None)
    spec = EncodeSpec(
        width=raster.width,
        height=raster.height,
        rate=span.rate,
        tags=_tags(info),
        crf=_CRF,
        preset="veryfast",
        keyframe_every=_KEYFRAME_EVERY,
    )
    with written(into) as part:
        count = write_video(part, _shown(info, treated_frames(info, span), raster), spec=spec)
        if count != span.frame_count:
            raise MediaError(f"'{info.path}' gave {count} frames where {span.frame_count} were asked for.")


def write_thumbnail(info: MediaInfo, span: Span, frame: int, *, into: Path) -> None:
    """
    Write frame number *frame* of *span* (its first is 0) as a small JPEG.

    Raises:
        MediaError: It cannot be read, or the file not written.
    """
    box = THUMBNAIL_BOX if info.width >= info.height else THUMBNAIL_BOX[::-1]
    one = Span(span.first_frame + frame, 1, span.rate)
    (picture,) = islice(_shown(info, treated_frames(info, one), layout(display_size(info), box, None)), 1)
    picture.colorspace, picture.color_range = _tags(info).matrix, 1
    content = largest_jpeg(picture, _THUMBNAIL_BYTES)
    if content is None:
        raise MediaError(f"frame {one.first_frame} of '{info.path}' makes no small picture.")
    with written(into) as part:
        part.write_bytes(content)


def _tags(info: MediaInfo) -> ColourTags:
    return decided(picture_tags(info), height=display_size(info)[1])


def _shown(info: MediaInfo, frames: Iterator[av.VideoFrame], raster: Layout) -> Iterator[av.VideoFrame]:
    """Bring frames upright to a raster, eight bits, as players read them."""
    across, down = raster.picture[2:]
    recipe = Recipe(
        scaled=(down, across) if is_sideways(info.display_matrix) else (across, down),
        source_matrix=decided(tags_of(info), height=display_size(info)[1]).matrix_name,
        target_matrix=_tags(info).matrix_name,
        full_range=info.full_range or is_rgb(info.pixel_format) or info.treatment.colour is not None,
        pad=(*raster.picture[:2], raster.width, raster.height) if raster.has_bars else None,
        turn_after=upright_steps(info.display_matrix),
        lut=info.treatment.lut,
    )
    return pictures(frames, recipe)
