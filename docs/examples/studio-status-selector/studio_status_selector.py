"""`--select status:ip`: clips whose status in the production tracker, kept in the clip's metadata, is that one."""

from __future__ import annotations

from otio_cometapi.api import ClipFacts


def has_status(clip: ClipFacts, value: str, /) -> bool:
    """Tell whether the clip's `tracker.status` is *value*."""
    tracker = clip.metadata.get("tracker")
    return isinstance(tracker, dict) and str(tracker.get("status", "")).lower() == value.lower()
