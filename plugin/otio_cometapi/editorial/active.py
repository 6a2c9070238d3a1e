"""What clips show, read once: every look into OpenTimelineIO's objects costs as much as ten lines of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otio_cometapi.editorial.metadata import entry_of
from otio_cometapi.editorial.provenance import NAMESPACE


@dataclass(slots=True)
class Active:
    """A clip's active reference, as far as it tells whose media it is."""

    key: str
    """Its key on the clip."""
    url: str
    """The address of its file; empty where it has none."""
    own: Any
    """What stands in its metadata under our name; None where nothing does."""


def active_of(clip: Any) -> Active | None:
    """Return what a clip's active reference tells; None where it has none."""
    reference = clip.media_reference
    if reference is None:
        return None
    url = getattr(reference, "target_url", None) or ""
    return Active(clip.active_media_reference_key, url, entry_of(reference.metadata, NAMESPACE))
