"""Still pictures of what was sent and what came of it, for the page."""

from __future__ import annotations

import itertools
from pathlib import Path

import av

from .outputs import UndecodableInputError
from .render import png_bytes

_WIDTH = 320


def middle_picture(video: Path) -> bytes:
    """
    Return the middle frame of a video as a small PNG.

    Raises:
        UndecodableInputError: There is no frame to be had.
    """
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            middle = (stream.frames or 1) // 2
            picture = next(itertools.islice(container.decode(stream), middle, None))
            width = min(_WIDTH, picture.width)
            height = max(2, round(picture.height * width / picture.width))
            return png_bytes(picture.reformat(width=width, height=height, format="rgb24"))
    except (av.error.FFmpegError, OSError, IndexError, StopIteration) as exc:
        message = f"no picture can be had of the video: {exc}"
        raise UndecodableInputError(message) from exc
