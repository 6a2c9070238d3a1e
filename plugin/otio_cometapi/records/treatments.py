"""Treatments: what is done to a source's picture before it is sent, because a person asked for it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ColourTransform:
    """A display transform of a named colour configuration."""

    source: str
    """Colour space that the pixels are in, such as ``"ACEScg"``."""
    display: str
    """Display of the configuration."""
    view: str
    """View of that display."""
    config: str
    """Name of a built-in configuration, or the absolute path of a file."""
    config_sha256: str = ""
    """Of the file's bytes; empty for a built-in configuration, whose name fixes what is in it."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to a source's picture; of a measured file only what really applies to it."""

    deinterlace: bool = False
    """One whole frame is made of both fields of a frame."""
    convert_vfr: bool = False
    """A varying frame rate is laid onto constant frames by time."""
    lut: str = ""
    """Absolute path of a .cube file that the picture goes through; empty for none."""
    lut_sha256: str = ""
    """Of its bytes."""
    colour: ColourTransform | None = None
    """The display transform that scene-linear or high dynamic range pictures go through."""

    @property
    def makes_display_picture(self) -> bool:
        """Whether what comes out is BT.709 whatever went in."""
        return bool(self.lut) or self.colour is not None

    def for_display(self, colour: ColourTransform | None) -> Treatment:
        """Return the treatment with this display transform; a look-up table for log has no place beside one."""
        return replace(self, colour=colour) if colour is None else replace(self, colour=colour, lut="", lut_sha256="")

    def same_as(self, other: Treatment) -> bool:
        """Tell whether both do the same, wherever the files that they name lie."""
        return self._without_places() == other._without_places()

    def _without_places(self) -> Treatment:
        colour = self.colour
        if colour is not None and colour.config_sha256:
            colour = replace(colour, config="")
        return replace(self, lut="", colour=colour)


AS_IT_IS = Treatment()
"""Nothing is done to the picture."""
