"""
Laying out a video track: one pass that adds up.

OTIO's own `range_in_parent` and `visible_range` search the track for every clip, which is quadratic on a long one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.places import ClipPlace, Cut, Frames, MarkedItem
from otio_cometapi.editorial.rates import frames_at
from otio_cometapi.editorial.retimes import speed_change


def range_of(time_range: Any, rate: Fraction) -> tuple[Frames, Frames] | None:
    """Return a TimeRange as first frame and frame after the last, at *rate*; None where it is None or unusable."""
    if time_range is None:
        return None
    start = frames_at(time_range.start_time, rate)
    length = frames_at(time_range.duration, rate)
    if start is None or length is None:
        return None
    return start, start + length


@dataclass(frozen=True, slots=True)
class Around:
    """What encloses an item."""

    track: str
    lane: tuple[int, ...]
    window: tuple[Frames, Frames]
    """The frames that are shown, in the space of the enclosing item."""
    offset: Frames
    """From that space to frames of the timeline."""
    enabled: bool
    blockers: tuple[str, ...] = ()
    is_sound: bool = False


_NO_DISSOLVES = (0, 0)


class Walk:
    """The pass itself, with the numbers it has come to."""

    def __init__(self, cut: Cut, index: int) -> None:
        self._cut = cut
        self._index = index

    def track(self, track: Any, around: Around) -> None:
        """Lay out a track whose first shown frame is *around*'s origin."""
        trim = range_of(track.source_range, self._cut.rate)
        begin: Frames = 0
        window = around.window
        if trim is not None:
            begin, end = trim
            # cmx_3600 writes the record start as a negative source start and the contents' length as its duration, so
            # that nothing would be left of the track: there it is an offset and no trim.
            offset_only = begin < 0 and end <= 0
            window = (window[0] + begin, window[1] + begin)
            if not offset_only:
                window = (max(window[0], begin), min(window[1], end))
        inner = Around(
            around.track,
            around.lane,
            window,
            around.offset - begin,
            around.enabled and track.enabled,
            around.blockers + self._blockers(track, "track"),
            around.is_sound,
        )
        if track.markers:
            shown = (window[0] + inner.offset, window[1] + inner.offset)
            self._cut.marked.append(MarkedItem(track, inner.lane, inner.offset, shown))
        position: Frames = 0
        for item, before, after in _items(track, self._cut.rate):
            length = self._length(item)
            self._item(item, (position, length), (before, after), inner)
            position += length
        self._cut.length = max(self._cut.length, position + inner.offset)

    def _item(self, item: Any, place: tuple[Frames, Frames], dissolves: tuple[Frames, Frames], around: Around) -> None:
        position, length = place
        low, high = around.window
        if isinstance(item, otio.schema.Clip):
            end = position + length
            if dissolves == _NO_DISSOLVES and low <= position < end <= high:  # nearly all: nothing shows more or less
                record = (position + around.offset, end + around.offset)
                self._place(item, around, record, 0, 0)
                return
            shown = (max(position - dissolves[0], low), min(position + length + dissolves[1], high))
            kept = (max(position, low), min(position + length, high))
            visible = shown[0] < shown[1]
            record = (kept[0] + around.offset, max(kept) + around.offset)
            if visible:
                self._place(item, around, record, shown[0] - position, shown[1] - position - length)
            else:
                self._place(item, around, None, 0, 0)
        elif isinstance(item, otio.schema.Gap):
            if item.markers:
                shown = (position + around.offset, position + length + around.offset)
                start = frames_at(item.source_range.start_time, self._cut.rate) if item.source_range else 0
                offset = shown[0] - (start or 0)
                self._cut.marked.append(MarkedItem(item, around.lane, offset, shown, is_gap=True))
        else:
            self._compound(item, place, dissolves, around)

    def _place(
        self, clip: Any, around: Around, record: tuple[Frames, Frames] | None, head: Frames, tail: Frames
    ) -> None:
        enabled = around.enabled and clip.enabled
        place = ClipPlace(
            clip,
            self._index,
            self._cut,
            around.track,
            around.lane,
            record,
            head,
            tail,
            around.blockers,
            enabled,
            around.is_sound,
        )
        self._index += 1
        self._cut.clips.append(place)

    def _compound(
        self, item: Any, place: tuple[Frames, Frames], dissolves: tuple[Frames, Frames], around: Around
    ) -> None:
        """Lay out a stack or a track that stands inside a track: only what its own trim and the outer ones show."""
        position, length = place
        trim = range_of(item.source_range, self._cut.rate)
        start = trim[0] if trim else 0
        low = max(position - dissolves[0], around.window[0])
        high = min(position + length + dissolves[1], around.window[1])
        inside = (low - position + start, max(low, high) - position + start)
        offset = around.offset + position - start
        kind = "compound clip" if isinstance(item, otio.schema.Stack) else "nested track"
        enabled = around.enabled and item.enabled
        blockers = around.blockers + self._blockers(item, kind)
        if item.markers and isinstance(item, otio.schema.Stack):
            shown = (inside[0] + offset, inside[1] + offset)
            self._cut.marked.append(MarkedItem(item, around.lane, offset, shown))
        if isinstance(item, otio.schema.Stack):
            for number, child in enumerate(item, start=1):
                lane = (*around.lane, number)
                self._layer(child, Around(around.track, lane, inside, offset, enabled, blockers, around.is_sound))
        else:
            # A nested track's own trim is taken off by `track`, which counts from its first shown frame.
            from_zero = (inside[0] - start, inside[1] - start)
            self.track(item, replace(around, lane=(*around.lane, 1), window=from_zero, offset=offset + start))

    def _layer(self, child: Any, around: Around) -> None:
        """Lay out one layer of a compound clip."""
        if isinstance(child, otio.schema.Track):
            if child.kind != otio.schema.TrackKind.Video:
                sound = (*around.blockers, "it lies on a sound track of a compound clip")
                around = replace(around, blockers=sound, is_sound=True)
            self.track(child, around)
        else:
            self._item(child, (0, self._length(child)), (0, 0), around)

    def _blockers(self, item: Any, kind: str) -> tuple[str, ...]:
        name = f" '{item.name}'" if item.name else ""
        found = () if item.enabled else (f"its {kind}{name} is disabled",)
        retimed = speed_change(item)
        return (*found, f"its {kind}{name} has {retimed}") if retimed else found

    def _length(self, item: Any) -> Frames:
        """Return an item's length in its parent; 0, and a problem, where it cannot be told."""
        length = _length_of(item, self._cut.rate)
        if length is not None and length >= 0:
            return length
        self._cut.problems.append(
            f"'{item.name or type(item).__name__}' has no length that can be read, so what follows it on its track is "
            "placed as if it were not there. Give it a source range."
        )
        return 0


def _items(track: Any, rate: Fraction) -> Iterator[tuple[Any, Frames, Frames]]:
    """Yield a track's items, each with what the transitions around it show beyond its start and its end."""
    children = list(track)
    kinds = [isinstance(child, otio.schema.Transition) for child in children]
    last = len(children) - 1
    for place, child in enumerate(children):
        if kinds[place]:
            continue
        before = children[place - 1].in_offset if place and kinds[place - 1] else None
        after = children[place + 1].out_offset if place < last and kinds[place + 1] else None
        yield (
            child,
            (frames_at(before, rate) or 0) if before is not None else 0,
            (frames_at(after, rate) or 0) if after is not None else 0,
        )


def _length_of(item: Any, rate: Fraction) -> Frames | None:
    written = item.source_range
    if written is not None:
        return frames_at(written.duration, rate)
    if isinstance(item, otio.schema.Clip):
        reference = item.media_reference
        available = reference.available_range if reference is not None else None
        return None if available is None else frames_at(available.duration, rate)
    if isinstance(item, otio.schema.Stack):
        return max((_length_of(child, rate) or 0 for child in item), default=0)
    if isinstance(item, otio.schema.Track):
        children = (child for child in item if not isinstance(child, otio.schema.Transition))
        return sum((_length_of(child, rate) or 0 for child in children), 0)
    return None
