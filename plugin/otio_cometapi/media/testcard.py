"""Test cards: moving pictures whose every frame carries its own number, made without a font or a drawing library."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import av.filter

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import ColourTags
from otio_cometapi.media.encode import EncodeSpec, write_video
from otio_cometapi.media.files import written

NUMBER_BITS = 16
"""A frame's number is written in so many cells, the highest bit first."""
CELLS = NUMBER_BITS + 4
"""Cells of the row: white, black, the number (a 1 is white), black, white."""
_BLACK, _WHITE = 16, 235
_PALETTES = (
    ("1b1f4b", "6b3fa0", "e0607e", "ffc371", "fff1c9", "ff8e72", "2fd6c3"),
    ("0b2b40", "1f6f8b", "63c5b8", "d9f2d0", "ffd166", "ef6461", "f7f4ea"),
    ("14213d", "3d405b", "81b29a", "f2cc8f", "e07a5f", "f4f1de", "5fa8d3"),
    ("2b0f3a", "7a1f5c", "d1495b", "edae49", "00a6a6", "fdfcdc", "f79256"),
    ("10302b", "2d6a4f", "95d5b2", "e9f5db", "ffb703", "fb8500", "8ecae6"),
)
"""Four colours of the background and three of the discs, RGB in hex."""


@dataclass(frozen=True, slots=True)
class _Disc:
    """A disc that swings through the picture."""

    radius: int
    colour: tuple[int, int, int]
    turns: tuple[float, float]
    phase: tuple[float, float]

    def centre(self, frame: int, width: int, height: int) -> tuple[int, int]:
        """Return where it stands at a frame; it never leaves the picture."""
        across, down = (
            math.sin(phase + math.tau * turn * frame / 240) for turn, phase in zip(self.turns, self.phase, strict=True)
        )
        return (
            round(width / 2 + across * (width / 2 - self.radius)),
            round(height / 2 + down * (height / 2 - self.radius)),
        )


def write_testcard(
    path: Path,
    *,
    frame_count: int,
    rate: Fraction,
    width: int = 1280,
    height: int = 720,
    start_timecode: str | None = None,
    seed: int = 0,
) -> None:
    """
    Write an H.264 MP4 of slowly moving colours and swinging discs, each frame with its number as a row of cells.

    The row is `CELLS` cells wide and a tenth of the picture high: white, black, `NUMBER_BITS` cells of the number
    (white is 1, the highest bit first), black, white; it stands at the top.
    Whoever reads it compares with the outer cells, so that compression, scaling, tints and inversion do no harm.

    Args:
        path: The file to write; its folder is made.
        frame_count: How many frames; their numbers begin at 0.
        rate: Frames per second, exact.
        width: Pixels, even, at least 160.
        height: Pixels, even, at least 90.
        start_timecode: Timecode of the first frame; None: no timecode.
        seed: Another seed, another picture.

    Raises:
        MediaError: The file cannot be written.
    """
    if width % 2 or height % 2 or width < 160 or height < 90 or frame_count < 1:
        raise ValueError(f"no test card of {width}x{height} with {frame_count} frames")
    spec = EncodeSpec(
        width=width,
        height=height,
        rate=rate,
        tags=ColourTags(1, 1, 1),
        crf=18.0,
        preset="veryfast",
        start_timecode=start_timecode,
        threads=0,
    )
    with written(path) as part:
        write_video(part, _frames(spec, frame_count, seed), spec=spec)


def _frames(spec: EncodeSpec, frame_count: int, seed: int) -> Iterator[av.VideoFrame]:
    """Draw every frame."""
    draw = random.Random(seed)
    palette = draw.choice(_PALETTES)
    graph = _background(spec, palette, draw)
    discs = _discs(palette, draw, spec.height)
    for number in range(frame_count):
        frame = _pulled(graph)
        for disc in discs:
            _draw_disc(frame, disc, disc.centre(number, spec.width, spec.height))
        _draw_number(frame, number)
        yield frame


def _pulled(graph: av.filter.Graph) -> av.VideoFrame:
    """Take the background's next frame, for drawing on."""
    try:
        frame = graph.vpull()
    except av.error.FFmpegError as exc:
        raise MediaError(f"cannot draw a test card: {exc.strerror or exc}.") from exc
    frame.make_writable()
    return frame


def _background(spec: EncodeSpec, palette: tuple[str, ...], draw: random.Random) -> av.filter.Graph:
    """Set up the moving colours: a sky that turns."""
    colours = ":".join(f"c{number}=0x{shade}" for number, shade in enumerate(palette[:4]))
    rate = f"{spec.rate.numerator}/{spec.rate.denominator}"
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add(
        "gradients",
        f"size={spec.width}x{spec.height}:rate={rate}:nb_colors=4:{colours}:speed=0.012"
        f":x0=0:y0=0:x1={spec.width}:y1={spec.height}:seed={draw.randrange(1, 2**31)}",
    )
    scale = graph.add("scale", "out_color_matrix=bt709:out_range=limited:flags=bicubic+accurate_rnd+bitexact")
    pixels = graph.add("format", "yuv420p")
    sink = graph.add("buffersink")
    source.link_to(scale)
    scale.link_to(pixels)
    pixels.link_to(sink)
    graph.configure(auto_buffer=False)
    return graph


def _bt709(colour: str) -> tuple[int, int, int]:
    """Turn a colour written in hex into luma and chroma of limited range."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    blueness, redness = (blue - luma) / 1.8556, (red - luma) / 1.5748
    return round(16 + 219 * luma), round(128 + 224 * blueness), round(128 + 224 * redness)


def _discs(palette: tuple[str, ...], draw: random.Random, height: int) -> tuple[_Disc, ...]:
    """Choose three discs of different size, colour and path."""
    return tuple(
        _Disc(
            radius=max(6, round(height * share)) // 2 * 2,
            colour=_bt709(colour),
            turns=(draw.uniform(0.7, 2.5), draw.uniform(0.7, 2.5)),
            phase=(draw.uniform(0, math.tau), draw.uniform(0, math.tau)),
        )
        for share, colour in zip((0.16, 0.1, 0.06), palette[4:], strict=True)
    )


def _draw_disc(frame: av.VideoFrame, disc: _Disc, centre: tuple[int, int]) -> None:
    """Fill a disc in all three planes."""
    for number, value in enumerate(disc.colour):
        shrink = 1 if number == 0 else 2
        plane = frame.planes[number]
        picture = memoryview(plane)
        radius = disc.radius // shrink
        for line in range(-radius, radius + 1):
            half = math.isqrt(radius * radius - line * line)
            y = centre[1] // shrink + line
            left, right = max(0, centre[0] // shrink - half), min(plane.width, centre[0] // shrink + half)
            if 0 <= y < plane.height and left < right:
                start = y * plane.line_size
                picture[start + left : start + right] = bytes([value]) * (right - left)


def _draw_number(frame: av.VideoFrame, number: int) -> None:
    """Write the number as a row of black and white cells."""
    bits = [number >> bit & 1 for bit in reversed(range(NUMBER_BITS))]
    values = (1, 0, *bits, 0, 1)
    bottom = frame.height // 10
    edges = [frame.width * cell // CELLS for cell in range(CELLS + 1)]
    line = b"".join(
        bytes([_WHITE if value else _BLACK]) * (edges[cell + 1] - edges[cell]) for cell, value in enumerate(values)
    )
    luma = frame.planes[0]
    picture = memoryview(luma)
    for y in range(bottom):
        picture[y * luma.line_size : y * luma.line_size + frame.width] = line
    for plane in frame.planes[1:]:
        grey = bytes([128]) * plane.width
        picture = memoryview(plane)
        for y in range((bottom + 1) // 2):
            picture[y * plane.line_size : y * plane.line_size + plane.width] = grey
