"""Guides: an image of the part before, so that the next part of a long shot goes on from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from otio_cometapi.comet.input_rules import IMAGE_BYTES
from otio_cometapi.records import Keyframe, Look, Model, Span

GUIDE_BYTES = IMAGE_BYTES // 4 * 3 - 64
"""Largest file of a guide image: as a data URI, prefix included, it stays within what an image may take."""


def takes_guide(look: Look, model: Model, parts: Sequence[Span]) -> bool:
    """
    Tell whether every part after the first has room for an image of the part before.

    A model that no table names is sent nothing that nobody asked for.
    """
    if not model.known or len(parts) < 2:
        return False
    if model.guide_images == "keyframes":
        placed = max(len(look.keyframes_in(part)) for part in parts[1:])
        return not look.references and placed < model.max_references
    return len(look.references) < model.max_references


def guided(look: Look, model: Model, *, image: Path, frame: int) -> Look:
    """
    Return the look with a guide: as keyframe of its own source frame where the model places images, else as reference.

    A keyframe that a person gave for that frame stands.

    Args:
        look: What is asked for.
        model: The model's row.
        image: What the part before made of *frame*.
        frame: Number of the source frame.
    """
    if model.guide_images != "keyframes":
        return replace(look, references=(*look.references, str(image)))
    if any(each.frame == frame for each in look.keyframes):
        return look
    keyframes = (*look.keyframes, Keyframe(str(image), frame))
    return replace(look, keyframes=tuple(sorted(keyframes, key=lambda each: each.frame)))
