"""The clips of a timeline's video tracks, where each stands, and what encloses it: found in one pass."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.layout import Around, Walk, range_of
from otio_cometapi.editorial.places import UNBOUNDED, ClipPlace, Cut, Frames, MarkedItem
from otio_cometapi.editorial.rates import rounded, snapped_rate


def timelines_of(root: Any) -> list[Any]:
    """Return the timelines in what an adapter read: itself, or those of a collection, in order."""
    if isinstance(root, otio.schema.Timeline):
        return [root]
    if isinstance(root, otio.schema.SerializableCollection):
        return [found for child in root for found in timelines_of(child)]
    return []


def video_clips(root: Any) -> list[Any]:
    """Return every clip on a video track, as `find_clips()` finds them: the one order that indexes count in."""
    timelines = timelines_of(root)
    if not timelines:
        return list(root.find_clips()) if hasattr(root, "find_clips") else []
    return [clip for timeline in timelines for track in timeline.video_tracks() for clip in track.find_clips()]


def cuts_of(root: Any) -> list[Cut]:
    """Lay out every timeline in *root*; clips outside of any timeline come as a cut of their own."""
    timelines = timelines_of(root)
    if not timelines:
        return [_loose_clips(root)]
    cuts: list[Cut] = []
    index = 0
    for timeline in timelines:
        cut = _laid_out(timeline, index)
        index += len(cut.clips)
        cuts.append(cut)
    return cuts


def _loose_clips(root: Any) -> Cut:
    cut = Cut(name=root.name or "", rate=Fraction(24), start=0, has_timeline=False)
    reason = ("it stands in no timeline, only in a collection",)
    for index, clip in enumerate(video_clips(root)):
        cut.clips.append(ClipPlace(clip, index, cut, "", (), None, 0, 0, reason, clip.enabled))
    return cut


def _laid_out(timeline: Any, first_index: int) -> Cut:
    rate = _timeline_rate(timeline)
    begin = timeline.global_start_time
    start = rounded(begin.value) if begin is not None and begin.value else 0
    writers = frozenset(timeline.metadata)
    cut = Cut(name=timeline.name or "", rate=rate, start=start or 0, writers=writers)
    stack = timeline.tracks
    trim = range_of(stack.source_range, rate)
    window = UNBOUNDED if trim is None else trim
    offset: Frames = 0 if trim is None else -trim[0]
    if stack.markers:
        shown = (window[0] + offset, window[1] + offset)
        cut.marked.append(MarkedItem(stack, (), offset, shown))
    walk = Walk(cut, first_index)
    for child in stack:
        if isinstance(child, otio.schema.Track) and child.kind == otio.schema.TrackKind.Video:
            number = len(cut.tracks) + 1
            name = child.name or f"V{number}"
            cut.tracks.append((name, child))
            walk.track(child, Around(name, (number,), window, offset, enabled=True))
    return cut


def _timeline_rate(timeline: Any) -> Fraction:
    """Return the timeline's rate: its start time's, else its first video item's, else 24."""
    begin = timeline.global_start_time
    # RationalTime() has rate 1: a start time that nobody set.
    if begin is not None and begin.rate > 1 and (rate := snapped_rate(begin.rate)):
        return rate
    for track in timeline.video_tracks():
        for item in track:
            found = getattr(item, "source_range", None)
            if found is not None and found.duration.rate > 1 and (rate := snapped_rate(found.duration.rate)):
                return rate
            for reference in item.media_references().values() if isinstance(item, otio.schema.Clip) else ():
                available = reference.available_range
                if available is not None and (rate := snapped_rate(available.duration.rate)):
                    return rate
    return Fraction(24)
