"""Pictures: frames brought to another raster, range and pixel format, with bars added or taken off."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import av
import av.error
import av.filter

from otio_cometapi.errors import MediaError

_UNSPECIFIED_MATRIX = 2
# Accurate rounding and the bit-exact paths make every machine compute the same pixels.
_SCALER = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_AS_444 = ("format", "yuv444p")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to every frame, in this order: crop, scale, pad. Pixels come out in limited range."""

    scaled: tuple[int, int]
    """Width and height after scaling."""
    source_matrix: str
    """The scaler's name of the matrix that the frames are in."""
    target_matrix: str
    """The scaler's name of the matrix that they are wanted in."""
    full_range: bool = False
    """Whether the frames come in full range."""
    crop: tuple[int, int, int, int] | None = None
    """Left, top, width and height of what is kept before scaling; None: all."""
    pad: tuple[int, int, int, int] | None = None
    """Left and top of the picture in a black raster, and the raster's width and height; None: no bars."""
    pixel_format: str = "yuv420p"
    """What comes out."""


def is_rgb(pixel_format: str) -> bool:
    """Tell whether pixels of this format are RGB, which always uses the whole range."""
    known = av.VideoFormat(pixel_format)
    return known.is_rgb or known.has_palette


def pictures(frames: Iterable[av.VideoFrame], recipe: Recipe) -> Iterator[av.VideoFrame]:
    """
    Apply *recipe* to every frame, one out for one in.

    Raises:
        MediaError: A frame cannot be converted, or the frames change their raster or format halfway.
    """
    graph: av.filter.Graph | None = None
    shape = None
    for number, frame in enumerate(frames):
        if graph is None:
            graph, shape = _graph(frame, recipe), _shape(frame)
        if _shape(frame) != shape:
            raise MediaError(
                f"the picture changes its raster or pixel format at frame {number}.",
                next_step="Convert the file to one raster and format first.",
            )
        try:
            yield _through(graph, frame, number)
        except av.error.FFmpegError as exc:
            raise MediaError(
                f"frame {number} cannot be converted to {recipe.pixel_format}: {exc.strerror or exc}.",
                next_step="Convert the file to an ordinary pixel format first.",
            ) from exc


def _through(graph: av.filter.Graph, frame: av.VideoFrame, number: int) -> av.VideoFrame:
    """Push one frame through the graph. Its own stamp and tags are replaced: they were judged before."""
    frame.pts = number
    frame.colorspace = 0 if is_rgb(frame.format.name) else _UNSPECIFIED_MATRIX
    frame.color_range = 0
    graph.vpush(frame)
    return graph.vpull()


def _shape(frame: av.VideoFrame) -> tuple[int, int, str]:
    """Return what must stay the same over a whole file."""
    return frame.width, frame.height, frame.format.name


def _graph(frame: av.VideoFrame, recipe: Recipe) -> av.filter.Graph:
    """Build the chain of filters for frames like *frame*."""
    graph = av.filter.Graph()
    graph.threads = 1
    chain = [
        graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/25:pixel_aspect=1/1",
        )
    ]
    chain += [graph.add(name, args) for name, args in _steps(frame, recipe)]
    chain.append(graph.add("buffersink"))
    for before, after in itertools.pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


def _steps(frame: av.VideoFrame, recipe: Recipe) -> list[tuple[str, str]]:
    """Name the filters and their arguments; none of them touches a pixel that is right already."""
    steps: list[tuple[str, str]] = []
    size, pixel_format = [frame.width, frame.height], frame.format.name
    if recipe.crop is not None:
        left, top, *size = recipe.crop
        if (left % 2 or top % 2) and not is_rgb(pixel_format):
            # Colour is stored for pairs of pixels: cutting between two needs a format that has it for each.
            steps += [("scale", _scale_arguments(recipe, (frame.width, frame.height), convert=False)), _AS_444]
            pixel_format = "yuv444p"
        steps.append(("crop", f"w={size[0]}:h={size[1]}:x={left}:y={top}:exact=1"))
    if not _is_right(tuple(size), pixel_format, recipe):
        steps.append(("scale", _scale_arguments(recipe, recipe.scaled, convert=True)))
        steps.append(("format", recipe.pixel_format))
    if recipe.pad is not None:
        left, top, width, height = recipe.pad
        steps.append(("pad", f"w={width}:h={height}:x={left}:y={top}:color=black"))
    return steps


def _scale_arguments(recipe: Recipe, size: tuple[int, int], *, convert: bool) -> str:
    """Write what the scaler is told; without *convert* matrix and range stay as they are."""
    came = "full" if recipe.full_range else "limited"
    return (
        f"w={size[0]}:h={size[1]}:flags={_SCALER}:in_color_matrix={recipe.source_matrix}:in_range={came}"
        f":out_color_matrix={recipe.target_matrix if convert else recipe.source_matrix}"
        f":out_range={'limited' if convert else came}"
    )


def _is_right(size: tuple[int, ...], pixel_format: str, recipe: Recipe) -> bool:
    """Tell whether pictures of this size and format need no scaling and no conversion."""
    return (
        size == recipe.scaled
        and pixel_format == recipe.pixel_format
        and not recipe.full_range
        and recipe.source_matrix == recipe.target_matrix
    )
