"""
An OTIO hook script of a studio: after takes are laid, every clip that shows one says so in the studio's own words.

The manifest beside it attaches `cometapi_lay_takes`, which this package registers and attaches to nothing, and then
this script, to every timeline that any OTIO tool reads. Both are offline and free.
"""

from __future__ import annotations

from typing import Any


def hook_function(in_timeline: Any, argument_map: dict[str, Any] | None = None) -> Any:  # noqa: ARG001 - OTIO's signature
    """Write which take a clip shows under ``metadata["studio"]``, and return the timeline."""
    clips = in_timeline.find_clips() if hasattr(in_timeline, "find_clips") else []
    for clip in clips:
        facts = clip.media_reference.metadata.get("cometapi", {}) if clip.media_reference else {}
        if "take_id" in facts:
            clip.metadata["studio"] = {"restyled": facts["take_id"], "prompt": facts["prompt"]}
    return in_timeline
