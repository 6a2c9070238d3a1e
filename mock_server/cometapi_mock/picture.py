"""From the video that was sent to the pictures that are delivered, one for each frame."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.filter import Graph

from .grade import Grade, filters_for
from .scenarios import OutputPlan

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_SCALE = "flags=bicubic+accurate_rnd+bitexact"


def graded_frames(source: Path, grade: Grade, plan: OutputPlan) -> Iterator[VideoFrame]:
    """Yield every frame of a video in order of presentation, graded and in the raster that the plan asks for."""
    graph: Graph | None = None
    shape: tuple[object, ...] = ()
    for frame in _decoded_frames(source):
        if graph is None or shape != (frame.width, frame.height, frame.format.name):
            shape = (frame.width, frame.height, frame.format.name)
            graph = _graph(frame, grade, plan)
        graph.vpush(frame)
        yield graph.vpull()


def _decoded_frames(source: Path) -> Iterator[VideoFrame]:
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        yield from container.decode(stream)


def _graph(frame: VideoFrame, grade: Grade, plan: OutputPlan) -> Graph:
    graph = Graph()
    graph.threads = 1  # as the codecs on both sides of it: the same input gives the same bytes
    # 4:2:0 needs even sides; an odd raster keeps every pixel as 4:4:4.
    pixels = "yuv420p" if frame.width % 2 == 0 and frame.height % 2 == 0 else "yuv444p"
    chain = [("scale", f"{_SCALE}:out_range=tv"), ("format", f"pix_fmts={pixels}")]
    chain.extend(filters_for(grade, width=frame.width, height=frame.height))
    chain.extend(_raster_filters(plan))
    if plan.variant == "black":
        chain.append(("lutyuv", "y=16:u=128:v=128"))
    unit = frame.time_base or Fraction(1, 1000)
    last = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=unit)
    for name, arguments in chain:
        node = graph.add(name, arguments)
        last.link_to(node)
        last = node
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _raster_filters(plan: OutputPlan) -> list[tuple[str, str]]:
    width, height = plan.size
    if plan.variant == "raster":
        return [("scale", f"w={width}:h={height}:{_SCALE}"), ("setsar", "1")]
    if plan.variant == "letterbox":
        # The picture fills four fifths of the height, so that there are bars whatever its own proportions.
        inner = f"w={width}:h={height * 4 // 5 // 2 * 2}"
        fitted = f"{inner}:force_original_aspect_ratio=decrease:force_divisible_by=2:{_SCALE}"
        return [("scale", fitted), ("pad", f"w={width}:h={height}:x=(ow-iw)/2:y=(oh-ih)/2"), ("setsar", "1")]
    return []
