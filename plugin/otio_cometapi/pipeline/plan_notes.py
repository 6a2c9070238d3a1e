"""What a plan says of a clip beside its takes, in words."""

from __future__ import annotations

from otio_cometapi.jobs.states import TakeState
from otio_cometapi.records import PlacedClip, PlannedTake, TakeRecord
from otio_cometapi.timecode import timecode_text


def paid_elsewhere(take: PlannedTake) -> str:
    """Say which other job paid for a take, and what that means here."""
    short = take.take_id[:11]
    if take.state in (TakeState.SUBMITTING, TakeState.SUBMIT_UNKNOWN):
        return (
            f"Take {short} may be paid already, in {take.paid_in}, where it is {take.state}; it is not bought a second "
            "time. Decide there with `otiocomet resolve`, or pay again with --pay-again."
        )
    return f"Take {short} was paid in {take.paid_in}; it serves here for nothing (--no-reuse refuses it)."


def partly_there(where: PlacedClip, take: TakeRecord) -> str:
    """Say which of a clip's frames a take has that does not cover it, and what the choice is."""
    shared = take.span.shared(where.visible)
    first, last = (clip_space_timecode(where, frame) for frame in (shared.first_frame, shared.end_frame - 1))
    return (
        f"Take {take.take_id[:11]} of this look has {shared.frame_count} of its {where.visible.frame_count} frames, "
        f"{first} to {last}: cut to those it costs nothing; as it is, the whole clip is a take of its own."
    )


def clip_space_timecode(where: PlacedClip, at: int) -> str:
    """Return the timecode of a frame of the file in a clip's space."""
    frame = where.number_of(at)
    return timecode_text(frame, where.info.rate, drop_frame=where.info.drop_frame) or f"frame {frame}"
