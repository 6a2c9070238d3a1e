"""Guide images: a frame of one part's output, for the next part to go on from."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import av

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import decided, tags_of
from otio_cometapi.media.conform import measured_output
from otio_cometapi.media.files import written
from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.joined import Piece, laid_whole
from otio_cometapi.media.picture import Recipe, is_rgb, pictures
from otio_cometapi.media.stills import largest_jpeg
from otio_cometapi.records import Finish


def write_guide(piece: Piece, *, frame: int, part: int, finish: Finish, stem: Path, max_bytes: int) -> Path:
    """
    Write what an output shows for source frame number *frame*: a PNG, or where that is too large, a JPEG.

    The picture has the output's own raster, bars included: it is the shape that the next part is sent in too.

    Args:
        piece: The output, and what was sent for it.
        frame: Number of a source frame that was sent.
        part: Number of the part that it is, for messages.
        finish: How an output of another length is laid onto what was sent, and whether a shifted one is moved back.
        stem: The image to write, without the ending.
        max_bytes: Largest file.

    Returns:
        The image.

    Raises:
        ConformRefusedError: The output lacks a frame, so that the parts would not meet.
        MediaError: It is no video, is damaged, or the image cannot be written.
    """
    fit = laid_whole(piece, finish=finish, part=part)
    pick = fit.picks[frame - piece.export.span.first_frame - fit.first]
    picture = next(islice(decoded_frames(piece.output), pick, None), None)
    if picture is None:
        raise MediaError(f"the output '{piece.output.name}' has no frame {pick}.", next_step="Download it again.")
    info = measured_output(piece.output).info
    size = (picture.width, picture.height)
    full_range = info.full_range or is_rgb(info.pixel_format)
    matrix = decided(tags_of(info), height=info.height).matrix_name
    rgb = Recipe(size, matrix, matrix, full_range, pixel_format="rgb24", full_range_out=True)
    (shown,) = pictures([picture], rgb)
    ending, data = ".png", _png(shown)
    if len(data) > max_bytes:
        ending, data = ".jpg", largest_jpeg(shown, max_bytes) or b""
    if not data:
        raise MediaError(
            f"the guide image of {size[0]}x{size[1]} does not fit into {max_bytes:,} bytes.",
            next_step="Give a reference image of your own.",
        )
    into = stem.with_name(stem.name + ending)
    with written(into) as unfinished:
        unfinished.write_bytes(data)
    return into


def _png(picture: av.VideoFrame) -> bytes:
    context: Any = av.CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, picture.format.name
    context.time_base, context.thread_count = 1, 1
    picture.pts = 0
    packets = [*context.encode(picture), *context.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
