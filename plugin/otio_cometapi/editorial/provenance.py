"""What a timeline says of a take: metadata of the new reference, and a short note on the clip."""

from __future__ import annotations

from typing import Any

from otio_cometapi.records import Link, rate_text

NAMESPACE = "cometapi"
"""Our key in OTIO metadata."""

SCHEMA = 1
"""Version of what stands below it; its presence says that a reference is ours."""

NOTE = "relinked"
"""Our note's key below `cometapi` in a clip's metadata, beside fields that a user may have put there."""


def reference_metadata(link: Link, *, source_url: str) -> dict[str, Any]:
    """Return what the new reference says of itself; *source_url* is the original's address as it was written."""
    take, span = link.take, link.media.span
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "take_id": take.take_id,
        "take": take.number,
        "task_id": task_id_of(link),
        "model": take.look.model,
        "prompt": take.look.prompt,
        "seed": take.look.seed,
        "span": {
            "first_frame": span.first_frame,
            "frame_count": span.frame_count,
            "rate": rate_text(span.rate),
        },
        "conform": link.media.policy,
        "source_url": source_url,
        "source_key": link.source_key,
    }
    if len(take.parts) > 1:
        facts["task_ids"] = [part.task_id for part in take.parts]
    if link.source_timecode:
        facts["source_timecode"] = link.source_timecode
    if link.media.notes:
        facts["conform_notes"] = list(link.media.notes)
    return facts


def task_id_of(link: Link) -> str:
    """Return the id of the take's first task; empty where it has none."""
    return link.take.parts[0].task_id if link.take.parts else ""


def clip_note(link: Link) -> dict[str, Any]:
    """Return the note for the clip."""
    return {"take_id": link.take.take_id, "source_key": link.source_key}
