"""
What a clip after a dissolve shows in an EDL.

The stock reader (`otio_cmx3600_adapter` 1.0) gives such a clip the address that stands in ``FROM CLIP``, which is that
of the clip before, and leaves its own, ``TO CLIP``, among the comments.
"""

from __future__ import annotations

import re
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.metadata import entry_of

_WRITER = "cmx_3600"
_OWN = re.compile(r"TO (?:CLIP|FILE):\s*(?P<address>.+)")

BORROWED = (
    "it follows a dissolve of an EDL, and OTIO's reader gave it the media of the clip before; "
    "let otiocomet read the EDL, or give the clip its own media"
)
"""Why a clip that still has the address of the clip before cannot be sent."""


def mend_addresses(timeline: Any) -> None:
    """Give every clip after a dissolve its own address, in place, or none where the EDL names none."""
    for clip in timeline.find_clips():
        own = _own_address(clip)
        if own:
            clip.media_reference.target_url = own
            written = clip.metadata[_WRITER]  # said by the reference now; a writer would say it a second time
            written["comments"] = [each for each in written["comments"] if not _OWN.match(str(each))]
        elif own is not None:
            clip.media_reference = otio.schema.MissingReference(name=clip.media_reference.name)


def borrowed(clip: Any) -> bool:
    """Tell whether a clip has the address of the clip before its dissolve, and not its own."""
    own = _own_address(clip)
    return own is not None and own != clip.media_reference.target_url


def _own_address(clip: Any) -> str | None:
    """Return the address in ``TO CLIP``, empty without one; None for a clip that has borrowed none."""
    address, written = _address(clip), entry_of(clip.metadata, _WRITER)
    if not address or written is None:
        return None
    track = clip.parent()
    fade = track.neighbors_of(clip)[0] if isinstance(track, otio.schema.Track) else None
    if not isinstance(fade, otio.schema.Transition) or entry_of(fade.metadata, _WRITER) is None:
        return None
    if _address(track.neighbors_of(fade)[0]) != address:
        return None
    comments = entry_of(written, "comments") if hasattr(written, "keys") else None
    found = [each["address"].strip() for text in comments or () if (each := _OWN.match(str(text)))]
    return found[-1] if found else ""  # of two the first was borrowed, by a stock reader that wrote it again


def _address(item: Any) -> str:
    reference = item.media_reference if isinstance(item, otio.schema.Clip) else None
    return str(getattr(reference, "target_url", None) or "")
