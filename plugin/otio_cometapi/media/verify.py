"""Verification: a written file is decoded again before anyone may rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from otio_cometapi.errors import MediaError
from otio_cometapi.media.colour import ColourTags, tags_of
from otio_cometapi.media.frames import decodable_frames
from otio_cometapi.media.probe import measured
from otio_cometapi.media.sound import sample_counts


@dataclass(frozen=True, slots=True)
class Expected:
    """What a written file has to be."""

    frame_count: int
    """Frames it shows."""
    rate: Fraction
    """Frames per second, exact."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    start_timecode: str | None = None
    """Its timecode; None: it must have none."""
    start_frame: int | None = None
    """The same in frames."""
    samples: tuple[int, ...] = ()
    """Samples of every stream of sound; empty: it must have none."""
    tags: ColourTags | None = None
    """What it says of its colours; None: whatever it says."""
    display_matrix: tuple[int, ...] = ()
    """How players turn its picture; empty: not at all."""


def verify(path: Path, expected: Expected) -> None:
    """
    Decode *path* wholly and compare it with what it has to be.

    Raises:
        MediaError: Something differs; all differences are named.
    """
    probed = measured(path)
    info = probed.info
    count = decodable_frames(path)
    facts = (
        ("frames", expected.frame_count, count),
        ("packets", expected.frame_count, info.frame_count),
        ("rate", expected.rate, info.rate),
        ("raster", (expected.width, expected.height), (info.width, info.height)),
        ("first stamp", 0, probed.times.shown[0]),
        ("timecode", expected.start_timecode, info.start_timecode),
        ("timecode in frames", expected.start_frame, info.start_frame),
        ("samples of sound", expected.samples, sample_counts(path) if info.has_audio else ()),
        ("colour tags", expected.tags or tags_of(info), tags_of(info)),
        ("display matrix", expected.display_matrix, info.display_matrix),
    )
    wrong = [f"{name} {found} instead of {wanted}" for name, wanted, found in facts if wanted != found]
    # One frame alone has no rate of its own; every other reason not to use a file counts.
    wrong += [clause for clause in info.refusals if expected.frame_count > 1]
    if wrong:
        raise MediaError(
            f"the written file '{path.name}' is not what it should be: {'; '.join(wrong)}.",
            next_step="Please report this with the source file's codec and rate.",
        )
