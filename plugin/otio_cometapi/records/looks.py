"""Looks: what is asked for, without the picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """Prompt, model, seed, ratio, references and moderation of one take."""

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
