"""Copies of a timeline for hosts that count frames of the file from 0, whatever its timecode is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.markers import Space, facts_of
from otio_cometapi.editorial.media_urls import path_of
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.editorial.rates import rate_label, snapped_rate, whole
from otio_cometapi.editorial.relink import media_address
from otio_cometapi.editorial.spans import at_rate, origin_of
from otio_cometapi.editorial.structure import timelines_of
from otio_cometapi.records import ClipRange, MediaInfo


def active_media(timeline: Any, *, media_root: Path) -> tuple[str, ...]:
    """Return the files that the clips of a timeline show, each once."""
    with AdapterBorder("read the timeline's clips"):
        urls = {getattr(clip.media_reference, "target_url", "") or "" for clip in _clips(timeline)}
        places = [path_of(url, media_root=media_root) for url in sorted(urls) if url]
    return tuple(dict.fromkeys(os.fspath(place.path) for place in places if place.path is not None))


@dataclass(slots=True)
class _Rebase:
    """What all clips of one copy share."""

    infos: Mapping[str, MediaInfo]
    media_root: Path
    url_style: str
    timeline_dir: Path | None
    notes: list[str] = field(default_factory=list)


def rebased(
    timeline: Any,
    *,
    infos: Mapping[str, MediaInfo],
    media_root: Path,
    url_style: str = "path",
    timeline_dir: Path | None = None,
) -> tuple[Any, tuple[str, ...]]:
    """
    Return a copy of *timeline* whose ranges count frames of the files from 0, with the active references alone.

    The cut stays what it is: every clip shows the same frames, at its place. Addresses of files that exist are written
    in *url_style*, the originals' too, since the copy is for one host.

    Args:
        timeline: An OTIO timeline; not changed.
        infos: Measured files, by absolute path; a file that is not among them is taken at its reference's word.
        media_root: Where relative addresses begin.
        url_style: How addresses are written.
        timeline_dir: Where the copy will be written.

    Returns:
        The copy, and a sentence for each clip whose numbers could not be changed.

    Raises:
        EditorialError: The style cannot be written.
    """
    work = _Rebase(infos, media_root, url_style, timeline_dir)
    with AdapterBorder("copy the timeline"):
        result = timeline.clone()
        for clip in _clips(result):
            _rebase(clip, work)
    return result, tuple(work.notes)


def _clips(timeline: Any) -> list[Any]:
    return [clip for each in timelines_of(timeline) or [timeline] for clip in each.find_clips()]


def _rebase(clip: Any, work: _Rebase) -> None:
    key, reference = clip.active_media_reference_key, clip.media_reference
    if reference is None:
        return
    reference = reference.clone()
    clip.set_media_references({key: reference}, key)
    used, available = _frames(_used(clip)), _frames(reference.available_range)
    path = _address(reference, work)
    if used is None:
        return
    info = work.infos.get(path)
    origin = _origin(used, available, info)
    if origin is None:
        work.notes.append(
            f"The numbers of '{clip.name}' stay as they are: its media has no available range that can be read."
        )
        return
    number, rate = origin
    in_clip, in_media = whole(number * used.rate / rate), None
    if available is not None:
        in_media = whole(number * available.rate / rate)
    if in_clip is None or (available is not None and in_media is None):
        work.notes.append(
            f"The numbers of '{clip.name}' stay as they are: they count at {rate_label(used.rate)} frames per second "
            f"and its media at {rate_label(rate)}, and the media's first frame is no whole number in both."
        )
        return
    clip.source_range = _moved(_used(clip), used, -in_clip)
    if available is not None and in_media is not None:
        reference.available_range = _moved(reference.available_range, available, -in_media)
    elif info is not None:
        written = clip.source_range.duration.rate if used.rate == info.rate else float(info.rate)
        reference.available_range = otio.opentime.TimeRange(
            otio.opentime.RationalTime(0, written), otio.opentime.RationalTime(info.frame_count, written)
        )
    move_markers(clip, in_clip, used.rate)


def _used(clip: Any) -> Any:
    if clip.source_range is not None:
        return clip.source_range
    reference = clip.media_reference
    return reference.available_range if reference is not None else None


def _frames(time_range: Any) -> ClipRange | None:
    if time_range is None:
        return None
    found = clip_range(time_range)
    return None if isinstance(found, str) or found.frame_count < 1 else found


def _address(reference: Any, work: _Rebase) -> str:
    """Write a reference's address in the style asked for, where its file is here; return the file's path."""
    url = getattr(reference, "target_url", None)
    place = path_of(url, media_root=work.media_root) if url else None
    if place is None or place.path is None:
        return ""
    if place.path.exists():
        reference.target_url = media_address(place.path, url_style=work.url_style, timeline_dir=work.timeline_dir)
    return os.fspath(place.path)


def _origin(used: ClipRange, available: ClipRange | None, info: MediaInfo | None) -> tuple[int, Fraction] | None:
    """Return the number of the file's first frame in clip space, and the rate that it counts in."""
    if info is not None:
        seen = at_rate(used, info.rate)
        found = origin_of(seen, available, info) if seen is not None else ""
        if not isinstance(found, str):
            return found.frame, info.rate
    return (available.start, available.rate) if available is not None else None


def _moved(written: Any, frames: ClipRange, by: int) -> Any:
    """Return a range moved by whole frames, in the rates that it was written in where those are its own."""
    rate = written.duration.rate if snapped_rate(written.duration.rate) == frames.rate else float(frames.rate)
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(frames.start + by, rate), otio.opentime.RationalTime(frames.frame_count, rate)
    )


def move_markers(clip: Any, by: int, rate: Fraction) -> None:
    """Keep markers on their frames: those that count in clip space move along."""
    for marker in clip.markers:
        facts = facts_of(marker, owner=clip)
        start = marker.marked_range.start_time
        if facts.space is Space.SOURCE and not facts.placeless and snapped_rate(start.rate) == rate:
            moved = otio.opentime.RationalTime(start.value - by, start.rate)
            marker.marked_range = otio.opentime.TimeRange(moved, marker.marked_range.duration)
