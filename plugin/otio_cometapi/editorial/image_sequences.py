"""References to image sequences: which files they name, and which frame each file is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.media_urls import MediaPlace
from otio_cometapi.editorial.rates import rate_label, snapped_rate
from otio_cometapi.records import ClipRange, SequenceSpec


def is_sequence(reference: Any) -> bool:
    """Tell whether a reference names an image sequence."""
    return isinstance(reference, otio.schema.ImageSequenceReference)


def sequence_of(
    reference: Any, available: ClipRange | None, *, place_of: Callable[[str], MediaPlace]
) -> SequenceSpec | str:
    """
    Return the files that an image sequence reference names, or a clause that says why they cannot be told.

    Args:
        reference: An `ImageSequenceReference`.
        available: Its available range; None where it has none.
        place_of: Reads an address.
    """
    rate = snapped_rate(reference.rate)
    if rate is None:
        return f"its image sequence has a rate of {reference.rate:g} frames per second, which is none that video has"
    if reference.frame_step < 1:
        return f"its image sequence counts in steps of {reference.frame_step}"
    place = place_of(reference.target_url_base or "")
    if place.path is None:
        return place.problem
    count: int | None = None
    if available is not None:
        frames = available.frame_count * rate / available.rate
        if frames.denominator != 1:
            return (
                f"its image sequence has {rate_label(rate)} frames per second and its available range counts at "
                f"{rate_label(available.rate)}, which is no whole number of images"
            )
        count = int(frames)
    policy = otio.schema.ImageSequenceReference.MissingFramePolicy
    names = {policy.error: "error", policy.hold: "hold", policy.black: "black"}
    return SequenceSpec(
        folder=os.fspath(place.path),
        prefix=reference.name_prefix or "",
        suffix=reference.name_suffix or "",
        first_image=reference.start_frame,
        frame_count=count,
        rate=rate,
        step=reference.frame_step,
        padding=max(0, reference.frame_zero_padding),
        missing=names[reference.missing_frame_policy],
    )


def address_of(reference: Any) -> str:
    """Return a reference's address as it is written; of an image sequence with ``#`` for the digits."""
    if is_sequence(reference):
        return str(reference.abstract_target_url("#" * max(1, reference.frame_zero_padding)))
    return getattr(reference, "target_url", None) or ""
