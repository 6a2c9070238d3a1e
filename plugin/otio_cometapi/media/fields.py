"""Fields: whole frames made of interlaced ones, one for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import av.error
import av.filter

from otio_cometapi.errors import MediaError


def whole_frames(frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """
    Make one progressive frame of both fields of every interlaced frame; progressive frames pass as they are.

    Raises:
        MediaError: A frame cannot be converted.
    """
    graph: av.filter.Graph | None = None
    try:
        for number, frame in enumerate(frames):
            if graph is None:
                graph = _graph(frame)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            graph.vpush(frame)
            yield from _ready(graph)
        if graph is not None:
            graph.vpush(None)
            yield from _ready(graph)
    except av.error.FFmpegError as exc:
        raise MediaError(
            f"interlaced frames cannot be made whole: {exc.strerror or exc}.",
            next_step="Convert the file to a progressive one first.",
        ) from exc


def _ready(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    """Take out what the filter has finished; it looks one frame ahead."""
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _graph(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add(
        "buffer",
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/25:pixel_aspect=1/1",
    )
    fields = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(fields)
    fields.link_to(sink)
    graph.configure()
    return graph
