"""Pictures: frames brought to another raster, range and pixel format, with bars added or taken off."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import av
import av.error
import av.filter

from otio_cometapi.errors import MediaError
from otio_cometapi.media.orientation import Steps

_UNSPECIFIED_MATRIX = 2
# Accurate rounding and the bit-exact paths make every machine compute the same pixels.
_SCALER = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to every frame: crop, turn, look-up, scale, turn, pad."""

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
    turn_before: Steps = ()
    """How the picture is turned before it is scaled."""
    turn_after: Steps = ()
    """How it is turned once it has its pixel format."""
    full_range_out: bool = False
    """Whether pixels are wanted in full range, as RGB is."""
    lut: str = ""
    """Path of a .cube file that the picture goes through, in RGB; empty for none."""


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
            graph, shape = _built(frame, recipe), _shape(frame)
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


def _built(frame: av.VideoFrame, recipe: Recipe) -> av.filter.Graph:
    """Build the chain of filters, or say what is wrong with what it needs."""
    try:
        return _graph(frame, recipe)
    except (av.error.FFmpegError, OSError) as exc:
        what = (
            f"pictures cannot go through the look-up table '{recipe.lut}'" if recipe.lut else "pictures cannot be read"
        )
        raise MediaError(f"{what}: {exc.strerror or exc}.", next_step="Check the file.") from exc


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
    for name, arguments in _Chain(recipe, frame).steps:
        # Arguments by name need no escaping, whatever stands in a path.
        by_name = {key: value for key, value in arguments.items() if key}
        chain.append(graph.add(name, arguments.get(""), **by_name))
    chain.append(graph.add("buffersink"))
    for before, after in itertools.pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


class _Chain:
    """Names the filters and their arguments; none of them touches a pixel that is right already."""

    def __init__(self, recipe: Recipe, frame: av.VideoFrame) -> None:
        """Follow the recipe from what *frame* is."""
        self._recipe = recipe
        self._size = frame.width, frame.height
        self._pixel_format = frame.format.name
        self._full_range = recipe.full_range
        self.steps: list[tuple[str, dict[str, str]]] = []
        if recipe.crop is not None:
            self._crop(*recipe.crop)
        self._turn(recipe.turn_before)
        if recipe.lut:
            self._look_up(recipe.lut)
        self._finish(recipe.scaled)
        self._turn(recipe.turn_after)
        if recipe.pad is not None:
            left, top, width, height = recipe.pad
            self._add("pad", f"w={width}:h={height}:x={left}:y={top}:color=black")

    def _add(self, name: str, arguments: str) -> None:
        self.steps.append((name, {"": arguments} if arguments else {}))

    def _crop(self, left: int, top: int, width: int, height: int) -> None:
        # Colour stored for pairs of pixels: cutting between two needs a format that has it for each.
        if (left % 2 or top % 2) and not is_rgb(self._pixel_format):
            self._convert(self._size, _as_444(self._pixel_format))
        self._add("crop", f"w={width}:h={height}:x={left}:y={top}:exact=1")
        self._size = width, height

    def _turn(self, turn: Steps) -> None:
        known = av.VideoFormat(self._pixel_format, 64, 64)
        if turn and known.chroma_width() != known.chroma_height():
            self._convert(self._size, _as_444(self._pixel_format))
        for name, how in turn:
            self._add(name, how)
            if name == "transpose":
                self._size = self._size[1], self._size[0]

    def _look_up(self, path: str) -> None:
        self._convert(self._size, "gbrp16le", full_range=True)
        self.steps.append(("lut3d", {"file": path, "interp": "tetrahedral"}))

    def _finish(self, size: tuple[int, int]) -> None:
        """Bring the picture to the size, range, matrix and pixel format that are wanted."""
        recipe = self._recipe
        right = (
            self._size == size
            and self._pixel_format == recipe.pixel_format
            and self._full_range == recipe.full_range_out
            and recipe.source_matrix == recipe.target_matrix
        )
        if not right:
            self._convert(size, recipe.pixel_format, full_range=recipe.full_range_out, matrix=recipe.target_matrix)

    def _convert(
        self, size: tuple[int, int], pixel_format: str, *, full_range: bool | None = None, matrix: str = ""
    ) -> None:
        """Scale and convert; what is not named stays as it is."""
        came, goes = self._full_range, self._full_range if full_range is None else full_range
        source = self._recipe.source_matrix
        self._add(
            "scale",
            f"w={size[0]}:h={size[1]}:flags={_SCALER}:in_color_matrix={source}:in_range={_range(full=came)}"
            f":out_color_matrix={matrix or source}:out_range={_range(full=goes)}",
        )
        self._add("format", pixel_format)
        self._size, self._pixel_format, self._full_range = size, pixel_format, goes


def _range(*, full: bool) -> str:
    return "full" if full else "limited"


def _as_444(pixel_format: str) -> str:
    """Return the pixel format of the same depth that has colour for every pixel."""
    depth = av.VideoFormat(pixel_format).components[0].bits
    return "yuv444p" if depth <= 8 else f"yuv444p{max(depth, 10)}le"
