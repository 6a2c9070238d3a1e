"""Rasters: what size a picture is sent at, where it stands among bars, and how it is found again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from otio_cometapi.media.orientation import is_sideways
from otio_cometapi.records import Export, MediaInfo

_SHAPE_TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Layout:
    """A raster, and the picture's place in it."""

    width: int
    """Raster, bars included; even."""
    height: int
    """Raster, bars included; even."""
    picture: tuple[int, int, int, int]
    """Left, top, width and height of the picture."""

    @property
    def has_bars(self) -> bool:
        """Whether the raster is larger than the picture."""
        return self.picture[2:] != (self.width, self.height)


def display_size(info: MediaInfo) -> tuple[int, int]:
    """Return the picture's size in square pixels and upright: what is sent is what is seen."""
    width, height = square_size(info)
    return (height, width) if is_sideways(info.display_matrix) else (width, height)


def square_size(info: MediaInfo) -> tuple[int, int]:
    """Return the picture's size in square pixels, as it is stored."""
    if info.pixel_aspect == 1:
        return info.width, info.height
    return _even(info.width * info.pixel_aspect), info.height


def layout(size: tuple[int, int], box: tuple[int, int], ratio: tuple[int, int] | None) -> Layout:
    """
    Place a picture of *size* in an even raster inside *box*, of shape *ratio* where the picture's differs by over 1 %.

    A picture that fits is not scaled; an odd one gets a bar of one pixel.
    """
    wide, high = _with_bars(size, ratio)
    box_width, box_height = box[0] // 2 * 2, box[1] // 2 * 2
    factor = min(Fraction(1), Fraction(box_width) / wide, Fraction(box_height) / high)
    whole = max(_even(wide), _even_up(size[0])), max(_even(high), _even_up(size[1]))
    if factor == 1 and whole[0] <= box_width and whole[1] <= box_height:
        picture_width, picture_height = size
        width, height = whole
    else:
        width, height = min(_even(wide * factor), box_width), min(_even(high * factor), box_height)
        picture_width, picture_height = min(_even(size[0] * factor), width), min(_even(size[1] * factor), height)
    left, top = (width - picture_width) // 4 * 2, (height - picture_height) // 4 * 2
    return Layout(width, height, (left, top, picture_width, picture_height))


def _with_bars(size: tuple[int, int], ratio: tuple[int, int] | None) -> tuple[Fraction, Fraction]:
    """Return the smallest area of shape *ratio* that holds the picture; the picture itself where the shapes agree."""
    width, height = Fraction(size[0]), Fraction(size[1])
    if ratio is None:
        return width, height
    shape = Fraction(*ratio)
    if abs(width / height / shape - 1) <= _SHAPE_TOLERANCE:
        return width, height
    return max(width, height * shape), max(height, width / shape)


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """Where the picture stands in an output."""

    crop: tuple[int, int, int, int] | None
    """Left, top, width and height of the picture; None: there are no bars."""
    reshaped: bool
    """Whether the output's shape differs by over 1 % from what was sent."""


def picture_place(output: tuple[int, int], export: Export) -> PicturePlace:
    """
    Find the picture in an output of another raster, by the numbers that the export recorded.

    Its edges are rounded to whole pixels of the output, and the bars are cut off before anything is scaled, so
    that their black does not run into the picture.
    """
    left, top, width, height = export.picture
    reshaped = abs(Fraction(*output) / Fraction(export.width, export.height) - 1) > _SHAPE_TOLERANCE
    if (width, height) == (export.width, export.height):
        return PicturePlace(None, reshaped)
    across, down = Fraction(output[0], export.width), Fraction(output[1], export.height)
    edges = round(left * across), round(top * down), round((left + width) * across), round((top + height) * down)
    return PicturePlace((edges[0], edges[1], edges[2] - edges[0], edges[3] - edges[1]), reshaped)


def _even(value: Fraction | int) -> int:
    """Return the nearest even number, at least 2."""
    return max(2, round(Fraction(value) / 2) * 2)


def _even_up(value: int) -> int:
    """Return the smallest even number that is not below *value*."""
    return -(-value // 2) * 2
