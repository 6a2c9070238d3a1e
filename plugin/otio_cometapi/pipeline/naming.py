"""How messages name takes and their parts: by the clips that show them."""

from __future__ import annotations

from otio_cometapi.records import PartRecord, TakeRecord


def clips_of(take: TakeRecord) -> str:
    """Return the names of the clips that show a take, for people."""
    names = ", ".join(take.clip_names[:3])
    return names + (f" and {len(take.clip_names) - 3} more" if len(take.clip_names) > 3 else "")


def part_of(take: TakeRecord, part: PartRecord) -> str:
    """Return which part of a take it is, to be written after the clips' names; nothing where a take has one."""
    return f", part {part.number} of {len(take.parts)}" if len(take.parts) > 1 else ""


def named(take: TakeRecord, part: PartRecord) -> str:
    """Return which clip, and which part of its take, a message is about."""
    return f"clip '{clips_of(take)}'{part_of(take, part)}"
