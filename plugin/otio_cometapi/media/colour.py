"""Colour tags: what the pixels of a file mean, and what is assumed where it does not say."""

from __future__ import annotations

from dataclasses import dataclass

from otio_cometapi.records import MediaInfo

UNSPECIFIED = 2
BT709_MATRIX = 1
_RGB_MATRIX = 0
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""Transfer characteristics that stand for high dynamic range, by ISO/IEC 23091-2 code."""

_MATRIX_NAMES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
"""The matrices that the scaler converts, by ISO/IEC 23091-2 code."""


@dataclass(frozen=True, slots=True)
class ColourTags:
    """What a file says of its colours, in ISO/IEC 23091-2 codes; 2 is unspecified."""

    primaries: int
    """Colour primaries."""
    transfer: int
    """Transfer characteristics."""
    matrix: int
    """Matrix coefficients."""

    @property
    def matrix_name(self) -> str:
        """The scaler's name of the matrix."""
        return _MATRIX_NAMES[self.matrix]


_BT709 = ColourTags(1, 1, 1)


def matrix_is_known(matrix: int) -> bool:
    """Tell whether pixels with this matrix can be converted."""
    return matrix in _MATRIX_NAMES or matrix in (_RGB_MATRIX, UNSPECIFIED)


def tags_of(info: MediaInfo) -> ColourTags:
    """Return the tags of a file as it carries them; the matrix of RGB, which YUV cannot carry, as unspecified."""
    matrix = UNSPECIFIED if info.matrix == _RGB_MATRIX else info.matrix
    return ColourTags(info.primaries, info.transfer, matrix)


def picture_tags(info: MediaInfo) -> ColourTags:
    """Return what the media of a source says: the source's own tags, or BT.709 for images and what a transform made."""
    made = info.treatment.makes_display_picture or info.sequence is not None
    return _BT709 if made else tags_of(info)


def decided(tags: ColourTags, *, height: int) -> ColourTags:
    """
    Fill in what a file leaves unspecified, by the rule that players go by.

    From 720 lines on BT.709, below that BT.601 (SMPTE 170M).
    """
    assumed = 1 if height >= 720 else 6
    return ColourTags(
        primaries=assumed if tags.primaries in (0, UNSPECIFIED) else tags.primaries,
        transfer=assumed if tags.transfer in (0, UNSPECIFIED) else tags.transfer,
        matrix=assumed if tags.matrix in (_RGB_MATRIX, UNSPECIFIED) else tags.matrix,
    )
