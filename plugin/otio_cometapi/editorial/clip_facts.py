"""A clip in plain values, for selectors and prompt sources that a studio has added."""

from __future__ import annotations

from typing import Any

from otio_cometapi.editorial.metadata import entries_of
from otio_cometapi.editorial.places import ClipPlace
from otio_cometapi.records.extensions import ClipFacts


def clip_facts(place: ClipPlace) -> ClipFacts:
    """Return what is known of a clip as plain values; nothing in them leads back to the timeline."""
    clip, reference = place.clip, place.clip.media_reference
    return ClipFacts(
        name=clip.name or "",
        track=place.track,
        metadata=_plain(clip.metadata),
        media_metadata=_plain(reference.metadata) if reference is not None else {},
        media_url=getattr(reference, "target_url", "") or "",
        markers=tuple(text for marker in clip.markers for text in (marker.name, marker.comment) if text),
    )


def _plain(node: Any) -> Any:
    if hasattr(node, "items"):
        return {key: _plain(value) for key, value in entries_of(node)}
    if isinstance(node, str | bytes) or not hasattr(node, "__len__"):
        return node
    return [_plain(each) for each in node]
