"""References to image sequences: which files they name, and which frame each file is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.media_urls import MediaPlace
from otio_cometapi.editorial.rates import rate_label, snapped_rate
from otio_cometapi.records import ClipRange, SequenceSpec

_PATTERN = re.compile(r"(?P<prefix>.*?)(?P<digits>#+|%0?(?P<width>\d*)d)(?P<suffix>[^#%]*)")
"""Names for all files of a sequence, as Nuke, RV and Hiero write them: ``sh010.####.exr``, ``sh010.%04d.exr``."""


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


def names_a_sequence(path: Path) -> bool:
    """Tell whether a path stands for many files; one that is a file itself does not."""
    return _PATTERN.fullmatch(path.name) is not None and not path.is_file()


def sequence_of_pattern(path: Path, available: ClipRange | None) -> SequenceSpec | str:
    """
    Return the files that a path such as ``sh010.####.exr`` names, or a clause that says why they cannot be told.

    Such a path comes in an `ExternalReference`, which has no numbers of files; hosts that write it number the files as
    the available range counts. A missing file is an error, since the reference has no policy for it.

    Args:
        path: The path, with its pattern.
        available: The reference's available range; None where it has none.
    """
    found = _PATTERN.fullmatch(path.name)
    if found is None:
        return f"'{path.name}' names no image sequence"
    if available is None:
        return f"'{path.name}' names an image sequence and its reference has no available range, which has its numbers"
    width = found["width"] if found["width"] is not None else str(len(found["digits"]))
    spec = SequenceSpec(
        folder=os.fspath(path.parent),
        prefix=found["prefix"],
        suffix=found["suffix"],
        first_image=available.start,
        frame_count=available.frame_count,
        rate=available.rate,
        padding=int(width or 0),
    )
    first = Path(spec.path_of(spec.first_image))
    if not first.is_file():
        return f"'{path.name}' names an image sequence, and its first image by its range, '{first.name}', is missing"
    return spec


def address_of(reference: Any) -> str:
    """Return a reference's address as it is written; of an image sequence with ``#`` for the digits."""
    if is_sequence(reference):
        return str(reference.abstract_target_url("#" * max(1, reference.frame_zero_padding)))
    return getattr(reference, "target_url", None) or ""
