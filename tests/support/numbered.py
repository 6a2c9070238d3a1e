"""
Video whose every frame carries its own number, and a reader that tells it back.

The number stands as a row of black and white cells: two calibration cells, the bits of the number, a checksum
over number and row, two calibration cells again. Everything else is mid-grey, so that two media with rows of
their own stay readable when a dissolve mixes them. Geometry is given on a grid of 320 x 180 and scales with the
picture. Calibration cells tell white from black, so that a curve, a tint or a whole inversion changes nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

ROWS = range(8)
"""Every row there is, from the top; all lie in the top nine tenths of the picture."""
NUMBER_BITS = 14
LARGEST_NUMBER = 2**NUMBER_BITS - 1

_CHECK_BITS = 8
_LEFT_GUARD = (1, 0)
_RIGHT_GUARD = (0, 1)
_CELLS = len(_LEFT_GUARD) + NUMBER_BITS + _CHECK_BITS + len(_RIGHT_GUARD)

_GRID_WIDTH, _GRID_HEIGHT = 320, 180
_CELL_WIDTH, _CELL_HEIGHT = 12, 16
_LEFT = (_GRID_WIDTH - _CELLS * _CELL_WIDTH) // 2
_ROW_TOP, _ROW_PITCH = 3, 20

_BLACK, _GREY, _WHITE = 16, 126, 235
_LEAST_CONTRAST = 3.0
"""Levels of 255 between a row's white and black below which the row counts as absent."""
_LARGEST_DEVIATION = 0.3
"""How far a cell may be from black or white, as a part of the row's contrast."""

_GREYS = VideoReformatter()
"""One for all frames: a frame's own would be set up anew for every picture, which takes longer than reading it."""
_READ: dict[tuple[str, tuple[int, ...]], list[dict[int, int]]] = {}
"""What stands in files, by their content: equal media is read in many tests."""
_PIXEL_FORMATS = {"prores_ks": "yuv422p10le", "dnxhd": "yuv422p"}


def _bits(number: int, *, row: int) -> tuple[int, ...]:
    """Return the cells of a row, 1 for white, from left to right."""
    payload = tuple(number >> k & 1 for k in reversed(range(NUMBER_BITS)))
    check = tuple(_checksum(number, row=row) >> k & 1 for k in reversed(range(_CHECK_BITS)))
    return _LEFT_GUARD + payload + check + _RIGHT_GUARD


@cache
def _checksum(number: int, *, row: int) -> int:
    """Return a CRC-8 (polynomial 0x07) of row and number: a row read in another's place does not pass."""
    remainder = 0xA5
    for byte in (row, number >> 8, number & 0xFF):
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1 ^ 0x107) if remainder & 0x80 else remainder << 1
    return remainder


def number_luma(number: int, *, row: int, width: int = 320, height: int = 180) -> NDArray[np.uint8]:
    """
    Draw one numbered frame as a luma plane of *height* x *width* in video range (16 to 235).

    Raises:
        ValueError: The number or the row does not exist.
    """
    if row not in ROWS or not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"there is no row {row} or no number {number}: rows 0-7, numbers 0-{LARGEST_NUMBER}")
    plane = np.full((height, width), _GREY, np.uint8)
    top, bottom = _row_edges(row, height, inset=0.0)
    for cell, bit in enumerate(_bits(number, row=row)):
        left, right = _cell_edges(cell, width, inset=0.0)
        plane[top:bottom, left:right] = _WHITE if bit else _BLACK
    return plane


def _row_edges(row: int, height: int, *, inset: float) -> tuple[int, int]:
    """Return first line of a row's cells and the line after the last, less *inset* of the height at both ends."""
    top = _ROW_TOP + row * _ROW_PITCH
    scale = height / _GRID_HEIGHT
    return round((top + inset * _CELL_HEIGHT) * scale), round((top + (1 - inset) * _CELL_HEIGHT) * scale)


def _cell_edges(cell: int, width: int, *, inset: float) -> tuple[int, int]:
    """Return first column of a cell and the column after the last, less *inset* of the width at both ends."""
    left = _LEFT + cell * _CELL_WIDTH
    scale = width / _GRID_WIDTH
    return round((left + inset * _CELL_WIDTH) * scale), round((left + (1 - inset) * _CELL_WIDTH) * scale)


def write_numbered(
    path: str | Path,
    *,
    frame_count: int,
    rate: Fraction,
    row: int,
    width: int = 320,
    height: int = 180,
    start_timecode: str | None = None,
    gop: int = 48,
    b_frames: bool = True,
    first_number: int = 0,
    codec: str = "libx264",
    crf: int = 20,
) -> Path:
    """
    Write *frame_count* frames at *rate* that carry the numbers from *first_number* on; return the path.

    *start_timecode* (``HH:MM:SS:FF``, ``;`` before the frames for drop-frame) goes into a timecode track of mp4
    and mov.
    *gop*, *b_frames* and *crf* concern libx264 alone; the distance of key frames is exactly *gop*.

    Raises:
        ValueError: The row does not exist, or the numbers pass `LARGEST_NUMBER`.
    """
    path = Path(path)
    path.write_bytes(
        _encoded(
            path.suffix,
            frame_count=frame_count,
            rate=rate,
            row=row,
            size=(width, height),
            start_timecode=start_timecode,
            gop=gop,
            b_frames=b_frames,
            first_number=first_number,
            codec=codec,
            crf=crf,
        )
    )
    return path


@lru_cache(maxsize=32)
def _encoded(
    suffix: str,
    *,
    frame_count: int,
    rate: Fraction,
    row: int,
    size: tuple[int, int],
    start_timecode: str | None,
    gop: int,
    b_frames: bool,
    first_number: int,
    codec: str,
    crf: int,
) -> bytes:
    """Return a numbered file as bytes: a process makes those that many tests ask for once."""
    width, height = size
    options = {"movflags": "+faststart"} if suffix in (".mp4", ".mov") else {}
    if options:
        options["video_track_timescale"] = str(rate.numerator * (1 if rate.denominator != 1 else 512))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"numbered{suffix}")
        with av.open(str(path), "w", options=options) as container:
            stream: Any = container.add_stream(codec, rate=rate)
            stream.width, stream.height = width, height
            stream.pix_fmt = _PIXEL_FORMATS.get(codec, "yuv420p")
            context = stream.codec_context
            context.time_base = 1 / rate
            context.thread_count = 1
            context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1
            if codec == "libx264":
                context.options = {
                    "preset": "veryfast",
                    "crf": str(crf),
                    "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={3 if b_frames else 0}",
                }
            if start_timecode is not None:
                stream.metadata["timecode"] = start_timecode
            for position in range(frame_count):
                luma = number_luma(first_number + position, row=row, width=width, height=height)
                container.mux(stream.encode(_grey_frame(luma, position, 1 / rate, stream.pix_fmt)))
            container.mux(stream.encode(None))
        return path.read_bytes()


def _grey_frame(luma: NDArray[np.uint8], position: int, time_base: Fraction, pix_fmt: str) -> av.VideoFrame:
    """Make a frame without colour of a luma plane."""
    height, width = luma.shape
    chroma = np.full((height // 2, width), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
    frame.color_range, frame.colorspace = 1, 1
    if pix_fmt != "yuv420p":
        frame = frame.reformat(format=pix_fmt)
    frame.pts, frame.time_base = position, time_base
    return frame


def _luma(picture: av.VideoFrame | NDArray[Any]) -> NDArray[Any]:
    """Return the brightness of a picture, height x width, whatever its scale."""
    if isinstance(picture, np.ndarray):
        plane = picture
        if plane.ndim == 3 and plane.shape[2] >= 3:
            plane = plane[:, :, :3].astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])
        return plane.reshape(plane.shape[0], plane.shape[1])
    return _GREYS.reformat(picture, format="gray").to_ndarray()


def read_numbers(picture: av.VideoFrame | NDArray[Any], rows: Iterable[int] = ROWS) -> dict[int, int]:
    """
    Return the numbers that stand in a picture, by row; a row whose number is not beyond doubt is missing.

    *picture* is a decoded frame, or an array of height x width (brightness) or height x width x 3 (red, green,
    blue).
    """
    plane = _luma(picture)
    found = {row: _number_in(plane, row) for row in rows}
    return {row: number for row, number in found.items() if number is not None}


@cache
def _spans(width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the middles of a row's cells begin and end, as columns."""
    edges = np.array([_cell_edges(cell, width, inset=0.25) for cell in range(_CELLS)])
    return edges[:, 0], edges[:, 1]


def _number_in(plane: NDArray[Any], row: int) -> int | None:
    """Return the number that stands in one row, None unless contrast, every cell and the checksum agree."""
    height, width = plane.shape
    top, bottom = _row_edges(row, height, inset=0.25)
    lefts, rights = _spans(width)
    sums = np.concatenate([[0.0], np.cumsum(plane[top:bottom].mean(axis=0, dtype=np.float64))])
    cells = (sums[rights] - sums[lefts]) / (rights - lefts)
    white = (cells[0] + cells[-1]) / 2
    black = (cells[1] + cells[-2]) / 2
    if abs(white - black) < _LEAST_CONTRAST:
        return None
    levels = (cells - black) / (white - black)
    bits = levels > 0.5
    if np.abs(levels - bits).max() > _LARGEST_DEVIATION:
        return None
    text = "".join("1" if bit else "0" for bit in bits)
    number = int(text[len(_LEFT_GUARD) : len(_LEFT_GUARD) + NUMBER_BITS], 2)
    return number if tuple(int(bit) for bit in text) == _bits(number, row=row) else None


def frames_of(path: str | Path) -> Iterator[av.VideoFrame]:
    """Decode every frame of a file's first video stream, in the order shown."""
    with av.open(str(path)) as container:
        yield from container.decode(container.streams.video[0])


def numbers_of(path: str | Path, rows: Iterable[int] = ROWS) -> list[dict[int, int]]:
    """Return `read_numbers` of every frame of a file, in the order shown."""
    wanted = tuple(rows)
    if not Path(path).is_file():  # an image sequence
        return [read_numbers(frame, wanted) for frame in frames_of(path)]
    key = (hashlib.sha256(Path(path).read_bytes()).hexdigest(), wanted)
    if key not in _READ:
        _READ[key] = [read_numbers(frame, wanted) for frame in frames_of(path)]
    return [dict(each) for each in _READ[key]]
