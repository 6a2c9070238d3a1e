"""Looks: what is asked for, without the picture."""

from __future__ import annotations

from dataclasses import dataclass

from otio_cometapi.records.spans import Span


@dataclass(frozen=True, slots=True)
class Keyframe:
    """An image that shows what one frame of the source is to become."""

    image: str
    """Absolute path of a local file, or an https URL."""
    frame: int
    """Number of the source frame; the file's first is 0."""
    sha256: str = ""
    """Of the image's bytes when it was planned; empty for a URL, or where nobody has read it yet."""


@dataclass(frozen=True, slots=True)
class Look:
    """Prompt, model, seed, ratio, images and moderation of one take."""

    prompt: str
    """What the model is asked to do, in words."""
    model: str
    """Model id, a key of the model table or one that the table does not know."""
    seed: int | None = None
    """0 to 4294967295; None: derived from the take's identity."""
    ratio: str | None = None
    """Such as ``"1280:720"``; None: the model's ratio nearest to the picture sent."""
    references: tuple[str, ...] = ()
    """Images to go by: absolute paths of local files, or https URLs."""
    moderation: str | None = None
    """The threshold for public figures, ``"auto"`` or ``"low"``; None: not sent."""
    keyframes: tuple[Keyframe, ...] = ()
    """Images for single frames of the source, in the order of their frames."""

    def keyframes_in(self, span: Span) -> tuple[Keyframe, ...]:
        """Return the keyframes whose source frame lies in *span*; a part is sent its own ones only."""
        return tuple(each for each in self.keyframes if span.first_frame <= each.frame < span.end_frame)
