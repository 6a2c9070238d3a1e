"""Copies of a timeline for hosts whose adapters take `source_range` for frames of the file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import opentimelineio as otio


class HostError(Exception):
    """A host is missing, failed, or rendered something else than the timeline's length."""


class HostTimeoutError(HostError):
    """A host did not end in time."""


def media_path(url: str) -> Path:
    """Return the file that a target URL names: a plain absolute path, or a ``file://`` URI."""
    return Path(unquote(urlsplit(url).path)) if url.startswith("file://") else Path(url)


def rebased(timeline: otio.schema.Timeline, *, uris: bool) -> otio.schema.Timeline:
    """
    Return a copy whose ranges count frames of the files, from 0 on, with the active references alone.

    References become ``file://`` URIs, or plain paths, and carry names that differ where their files do, since the
    MLT adapter tells media apart by those names. The copy starts at record frame 0.
    """
    copy = timeline.deepcopy()
    copy.global_start_time = None
    names: dict[Path, str] = {}
    for clip in copy.find_clips():
        source = clip.media_reference
        path = media_path(source.target_url)
        available = source.available_range
        used = clip.trimmed_range()
        reference = otio.schema.ExternalReference(
            target_url=path.as_uri() if uris else str(path),
            available_range=otio.opentime.TimeRange(
                otio.opentime.RationalTime(0, available.duration.rate), available.duration
            ),
        )
        reference.name = names.setdefault(path, f"medium{len(names)}")
        clip.source_range = otio.opentime.TimeRange(used.start_time - available.start_time, used.duration)
        clip.set_media_references({"DEFAULT_MEDIA": reference}, "DEFAULT_MEDIA")
    return copy
