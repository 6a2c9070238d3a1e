"""Image sequences: media that is one file a frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class SequenceSpec:
    """The files of an image sequence, and which frame each one is."""

    folder: str
    """Absolute path of the folder."""
    prefix: str
    """What stands before the number in a file's name."""
    suffix: str
    """What stands after it, the ending included."""
    first_image: int
    """Number of the first frame's file."""
    frame_count: int | None
    """Frames of the sequence; None: as many as there are files in a row."""
    rate: Fraction
    """Frames per second, as if there were a file for every one."""
    step: int = 1
    """Distance of two files' numbers; each file stands for so many frames."""
    padding: int = 0
    """Digits that a number is filled up to with zeros."""
    missing: str = "error"
    """What a file that is not there means: ``"error"``, ``"hold"`` (the one before) or ``"black"``."""

    @property
    def pattern(self) -> str:
        """The files' common path, such as ``/vfx/sh010.%04d.exr``; opens nothing."""
        return f"{self.folder}/{self.prefix}%0{self.padding}d{self.suffix}"

    @property
    def label(self) -> str:
        """The pattern with the numbers of its files, such as ``/vfx/sh010.%04d.exr 1001-1100``; tells spans apart."""
        if self.frame_count is None:
            return self.pattern
        return f"{self.pattern} {self.first_image}-{self.image_of(self.frame_count - 1)}"

    def image_of(self, frame: int) -> int:
        """Return the number of the file that stands for *frame*; the sequence's first frame is 0."""
        return self.first_image + frame // self.step * self.step

    def path_of(self, image: int) -> str:
        """Return the path of the file with number *image*."""
        sign, digits = "-" if image < 0 else "", str(abs(image)).zfill(self.padding)
        return f"{self.folder}/{self.prefix}{sign}{digits}{self.suffix}"
