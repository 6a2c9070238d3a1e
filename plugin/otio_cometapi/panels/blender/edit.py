"""The edit as OpenTimelineIO's JSON: written for the program, and read when the takes stand in it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEY = "blender"
"""Where our facts stand in a clip's metadata."""


@dataclass(frozen=True)
class Wanted:
    """A strip that is to be sent: one clip on a track of its own."""

    strip_id: str
    """Stays with the strip, whatever it is called."""
    name: str
    path: str
    """Its media, absolute."""
    rate: float
    """Frames of media per second."""
    first_frame: int
    """First frame of the media that is shown."""
    frame_count: int
    record_frame: int
    """Frame of the scene at which the strip begins."""


@dataclass(frozen=True)
class Take:
    """A finished take of one strip."""

    take_id: str
    number: int
    path: str
    first_frame: int
    """Frame of the original media that its first frame stands for."""
    frame_count: int
    shown: bool
    """Whether it is the one that the job shows: the first, or the one that was chosen."""


def edit_text(wanted: Sequence[Wanted], *, name: str, rate: float) -> str:
    """
    Return a timeline with one video track a strip.

    A track of its own lets strips lie over each other; a clip counts frames of its media, since that is what is sent,
    at whatever speed the scene shows them.

    Args:
        wanted: The strips.
        name: The timeline's.
        rate: Frames of the scene per second.
    """
    earliest = min([0, *(each.record_frame for each in wanted)])
    tracks = [_track(each, rate=rate, before=each.record_frame - earliest) for each in wanted]
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {},
        "name": name,
        "global_start_time": _time(earliest, rate),
        "tracks": {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": tracks},
    }
    return json.dumps(timeline, indent=1)


def takes_of(text: str) -> dict[str, list[Take]]:
    """
    Return the finished takes in a relinked timeline, by the strip's id, in the order of their numbers.

    Raises:
        ValueError: This is no timeline of ours.
    """
    found: dict[str, list[Take]] = {}
    for clip in _clips(json.loads(text)):
        strip_id = clip.get("metadata", {}).get(KEY, {}).get("strip")
        if strip_id:
            active = clip.get("active_media_reference_key")
            takes = [_take(reference, shown=key == active) for key, reference in clip["media_references"].items()]
            found[strip_id] = sorted((take for take in takes if take), key=lambda take: take.number)
    return found


def _track(each: Wanted, *, rate: float, before: int) -> dict[str, Any]:
    clip = {
        "OTIO_SCHEMA": "Clip.2",
        "metadata": {KEY: {"strip": each.strip_id}},
        "name": each.name,
        "source_range": _range(each.first_frame, each.frame_count, each.rate),
        "active_media_reference_key": "DEFAULT_MEDIA",
        "media_references": {
            "DEFAULT_MEDIA": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": each.path, "available_range": None}
        },
    }
    gap = {"OTIO_SCHEMA": "Gap.1", "source_range": _range(0, before, rate)}
    return {"OTIO_SCHEMA": "Track.1", "kind": "Video", "name": each.name, "children": [gap, clip] if before else [clip]}


def _time(value: float, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "value": value, "rate": rate}


def _range(first: int, count: int, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(first, rate), "duration": _time(count, rate)}


def _clips(timeline: Any) -> list[dict[str, Any]]:
    try:
        tracks = timeline["tracks"]["children"]
        return [child for track in tracks for child in track["children"] if "media_references" in child]
    except (KeyError, TypeError) as exc:
        raise ValueError("this is no timeline of ours") from exc


def _take(reference: dict[str, Any], *, shown: bool) -> Take | None:
    facts = reference.get("metadata", {}).get("cometapi", {})
    available = reference.get("available_range")
    if not facts.get("take_id") or not available:
        return None
    return Take(
        take_id=facts["take_id"],
        number=int(facts.get("take", 1)),
        path=str(Path(os.fspath(reference["target_url"]))),
        first_frame=round(available["start_time"]["value"]),
        frame_count=round(available["duration"]["value"]),
        shown=shown,
    )
