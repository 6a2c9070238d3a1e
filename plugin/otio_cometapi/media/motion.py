"""Traces: what of a moving picture survives a change of style, kept small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias, cast

import av
import av.error
import av.filter
import numpy as np

from otio_cometapi.errors import MediaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float32]

ROWS, COLUMNS = 18, 32
"""The grid of brightness and edges; the grid of change is half as fine."""
_HEIGHT, _WIDTH = 90, 160
"""Edges and differences are taken on a picture of this size, where grain has mostly averaged out."""
_GREY = 257.0
"""Sixteen-bit samples, so that movement of less than a grey level still shows; told in eight-bit levels."""
_AT_ONCE = 48
"""Frames that are reduced together: fast, and 5 MB."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A video, reduced to about a thousand numbers a frame, in grey levels of 0-255."""

    luma: Numbers
    """Frames x rows x columns: the mean brightness of every cell."""
    edges: Numbers
    """The same for the mean strength of edges."""
    change: Numbers
    """Frames x half the rows x half the columns: how much every cell differs from the frame before; 0 for the first."""
    level: Numbers
    """Frames: how much every picture differs from the one before, pixel by pixel; 0 for the first."""

    @property
    def frame_count(self) -> int:
        """Frames of the video."""
        return len(self.luma)

    def picked(self, frames: Sequence[int]) -> Trace:
        """Return the trace of the frames with these numbers, each with the change that it came with."""
        wanted = list(frames)
        return Trace(self.luma[wanted], self.edges[wanted], self.change[wanted], self.level[wanted])


def trace_of(frames: Iterable[av.VideoFrame], *, crop: tuple[int, int, int, int] | None = None) -> Trace:
    """
    Reduce frames, in the order shown, to their trace; one pass, whatever their raster and format.

    Args:
        frames: The frames; they are not changed.
        crop: Left, top, width and height of the picture in them; None: all.

    Raises:
        MediaError: There is no frame, one cannot be converted, or they change their raster or format halfway.
    """
    pieces: list[Trace] = []
    last: Numbers | None = None
    for group in _groups(_small(frames, crop)):
        pictures = np.stack(group).astype(np.float32) / _GREY
        pieces.append(_reduced(pictures, pictures[0] if last is None else last))
        last = pictures[-1]
    if not pieces:
        raise MediaError("there is no frame to look at.")
    parts = [(piece.luma, piece.edges, piece.change, piece.level) for piece in pieces]
    return Trace(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _reduced(pictures: Numbers, before: Numbers) -> Trace:
    """Reduce some pictures (frames x height x width); *before* is the one before the first."""
    moved = np.abs(np.diff(pictures, axis=0, prepend=before[None]))
    halved = _pooled(np.concatenate([before[None], pictures]), _HEIGHT // 2, _WIDTH // 2)
    change = _pooled(np.abs(np.diff(halved, axis=0)), ROWS // 2, COLUMNS // 2)
    return Trace(
        luma=_pooled(pictures, ROWS, COLUMNS),
        edges=_pooled(_edges(pictures), ROWS, COLUMNS),
        change=change,
        level=moved.mean((1, 2)),
    )


def _pooled(pictures: Numbers, rows: int, columns: int) -> Numbers:
    """Average pixels into a grid of cells; a remainder at the right and the bottom is left out."""
    count, height, width = pictures.shape
    down, across = height // rows, width // columns
    whole = pictures[:, : rows * down, : columns * across]
    return cast("Numbers", whole.reshape(count, rows, down, columns, across).mean((2, 4)))


def _edges(pictures: Numbers) -> Numbers:
    """Return the strength of edges of slightly blurred pictures."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), mode="edge")
    lines = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]) / np.float32(4)
    soft = (lines[:, :, :-2] + 2 * lines[:, :, 1:-1] + lines[:, :, 2:]) / np.float32(4)
    across, down = np.zeros_like(soft), np.zeros_like(soft)
    across[:, :, 1:-1] = soft[:, :, 2:] - soft[:, :, :-2]
    down[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    return cast("Numbers", np.hypot(across, down))


def _groups(pictures: Iterable[NDArray[np.uint16]]) -> Iterator[list[NDArray[np.uint16]]]:
    """Gather so many as are reduced together."""
    group: list[NDArray[np.uint16]] = []
    for picture in pictures:
        group.append(picture)
        if len(group) == _AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _small(frames: Iterable[av.VideoFrame], crop: tuple[int, int, int, int] | None) -> Iterator[NDArray[np.uint16]]:
    """Yield every frame in grey, sixteen bits, at the small size."""
    graph: av.filter.Graph | None = None
    shape = None
    for number, frame in enumerate(frames):
        try:
            if graph is None:
                graph, shape = _graph(frame, crop), _shape(frame)
            if _shape(frame) != shape:
                raise MediaError(
                    f"the picture changes its raster or pixel format at frame {number}.",
                    next_step="Convert the file to one raster and format first.",
                )
            frame.pts = number
            graph.vpush(frame)
            yield graph.vpull().to_ndarray().astype(np.uint16, copy=False)
        except av.error.FFmpegError as exc:
            raise MediaError(
                f"the movement in frame {number} cannot be measured: {exc.strerror or exc}.",
                next_step="Convert the file to an ordinary pixel format first.",
            ) from exc


def _graph(frame: av.VideoFrame, crop: tuple[int, int, int, int] | None) -> av.filter.Graph:
    """Build the filters for frames like *frame*."""
    graph = av.filter.Graph()
    graph.threads = 1
    size = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}"
    steps = [("buffer", f"{size}:time_base=1/25:pixel_aspect=1/1")]
    if crop is not None:
        left, top, width, height = crop
        steps.append(("crop", f"w={width}:h={height}:x={left}:y={top}"))
    steps += [
        ("scale", f"w={_WIDTH}:h={_HEIGHT}:flags=area+bitexact:out_range=full"),
        ("format", "gray16le"),
        ("buffersink", ""),
    ]
    chain = [graph.add(name, arguments or None) for name, arguments in steps]
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


def _shape(frame: av.VideoFrame) -> tuple[int, int, str]:
    """Return what must stay the same over a whole file."""
    return frame.width, frame.height, frame.format.name
