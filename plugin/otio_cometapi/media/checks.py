"""Checks: an output compared with what was sent, before anybody sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.media.frames import decoded_frames
from otio_cometapi.media.policies import frames_by_time
from otio_cometapi.media.probe import Measured, measured
from otio_cometapi.media.raster import picture_place
from otio_cometapi.records import Alignment, Checks, Export

if TYPE_CHECKING:
    from otio_cometapi.media.motion import Trace


def checked(output: Path, *, export: Export) -> Checks:
    """
    Look whether an output's frames stand in their places, and what is wrong with its picture.

    Both files are decoded once, at the size they have; what was sent is the smaller of the two files at hand. Where
    it is gone, nothing is sure and nothing is flagged. Of an output at another rate the frames that stand for those
    sent, by time, are looked at, so that offsets and flags count in frames of the source.

    Raises:
        MediaError: The output is not a video, or is damaged.
    """
    # Only takes that come home need them, and numbers are slow to import.
    from otio_cometapi.media.alignment import alignment_of  # noqa: PLC0415
    from otio_cometapi.media.motion import trace_of  # noqa: PLC0415
    from otio_cometapi.media.quality import quality_flags  # noqa: PLC0415

    sent = Path(export.path)
    found = measured(output)
    if not sent.is_file():
        return Checks(Alignment(0, 0.0, sure=False, reason="what was sent is gone from the job, so nothing compares"))
    place = picture_place((found.info.width, found.info.height), export)
    ours = _in_time(trace_of(decoded_frames(output), crop=place.crop), found, export)
    bars = export.picture[2:] != (export.width, export.height)
    theirs = trace_of(decoded_frames(sent), crop=export.picture if bars else None)
    alignment = alignment_of(theirs, ours)
    return Checks(alignment, quality_flags(theirs, ours, alignment=alignment))


def _in_time(trace: Trace, found: Measured, export: Export) -> Trace:
    """Return the trace of the frames that stand for those sent."""
    wanted = export.span.frame_count + export.pad_frames
    times = frames_by_time(found, export)
    return trace if times is None or trace.frame_count == wanted else trace.picked(times)
