"""Which clips a format's adapter fails at, found out after it has failed: adapters tell it in their code's words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.structure import timelines_of
from otio_cometapi.errors import EditorialError

_NAMED = 3
"""So many clips are named in one sentence."""


def refused_clips(timeline: Any, part: Path, adapter: Any, arguments: Mapping[str, object]) -> str:
    """
    Return a clause that names the titles, generators and sequences an adapter cannot write; empty where it is not them.

    Each is written again in a timeline of its own, so that a clip is never blamed for another's fault.

    Args:
        timeline: What could not be written; not changed.
        part: A file that may be overwritten.
        adapter: OTIO's adapter.
        arguments: Arguments for the adapter.
    """
    culprits: list[tuple[str, str]] = []
    for what, clip in _suspects(timeline):
        if _fails(clip, part, adapter, arguments):
            culprits.append((what, clip.name))
        if len(culprits) > _NAMED:
            break
    if not culprits:
        return ""
    named = ", ".join(f"clip '{name}' ({what})" for what, name in culprits[:_NAMED])
    more = " and others" if len(culprits) > _NAMED else ""
    return f"OpenTimelineIO cannot write {named}{more} into {part.suffix.lower()} files"


def _suspects(timeline: Any) -> Iterator[tuple[str, Any]]:
    """Return the clips whose picture is in no single media file, and what they show."""
    for one in timelines_of(timeline):
        for clip in one.find_clips():
            shown = clip.media_reference
            if isinstance(shown, otio.schema.GeneratorReference):
                yield "a title or generator", clip
            elif isinstance(shown, otio.schema.ImageSequenceReference):
                yield "an image sequence", clip


def _fails(clip: Any, part: Path, adapter: Any, arguments: Mapping[str, object]) -> bool:
    alone = otio.schema.Timeline(clip.name)
    alone.tracks.append(otio.schema.Track("V1", [clip.clone()], kind=otio.schema.TrackKind.Video))
    try:
        with AdapterBorder("write one clip"):
            adapter.write_to_file(alone, os.fspath(part), **arguments)
    except EditorialError:
        return True
    return False
