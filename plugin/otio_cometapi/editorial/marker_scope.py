"""Which clips a marker means: its own clip, its track's, or the topmost one under it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Any

from otio_cometapi.editorial.markers import CometText, MarkerFacts, Space, comet_texts, facts_of, marker_label
from otio_cometapi.editorial.metadata import items_of
from otio_cometapi.editorial.places import ClipPlace, Cut, Frames, MarkedItem
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.editorial.rates import frames_at
from otio_cometapi.editorial.timecodes import reads_as_drop_frame
from otio_cometapi.timecode import label_text


@dataclass(slots=True)
class MarkersOfCut:
    """Every marker of a timeline, and the clips that it means."""

    hits: list[tuple[MarkerFacts, tuple[int, ...]]] = field(default_factory=list)
    """Markers with the indexes of the clips they mean."""
    comet: dict[int, list[CometText]] = field(default_factory=dict)
    """By clip index: what `comet:` markers say that mean it."""
    outside: dict[int, str] = field(default_factory=dict)
    """By clip index: the label of a `comet:` marker on it that lies outside of its used range."""
    problems: list[str] = field(default_factory=list)
    """`comet:` markers that mean no clip, each a sentence."""

    def add(self, facts: MarkerFacts, indexes: tuple[int, ...]) -> None:
        """Enter a marker."""
        self.hits.append((facts, indexes))
        for text in comet_texts(facts):
            for index in () if text.is_key else indexes:
                self.comet.setdefault(index, []).append(text)


def read_clip_markers(cut: Cut) -> None:
    """Read the markers on clips, and note which clips carry a `comet:key`: keyframes of what is under them."""
    for place in cut.clips:
        markers = place.clip.markers
        if not markers:
            continue
        place.markers = tuple(facts_of(marker, owner=place.clip) for marker in items_of(markers))
        place.is_key = any(
            each.placeless or _inside(each, place)
            for each in place.markers
            if any(text.is_key for text in comet_texts(each))
        )


def markers_of(cut: Cut) -> MarkersOfCut:
    """Find what every marker of a laid-out timeline means; `read_clip_markers` comes before."""
    found = MarkersOfCut()
    for place in cut.clips:
        for facts in place.markers:
            _enter_clip_marker(found, facts, place)
    if not cut.marked:  # nothing but clips carries any
        return found
    lanes = _Lanes(cut)
    for item in cut.marked:
        for marker in item.item.markers:
            facts = facts_of(marker, owner=item.item)
            span = _span_in_timeline(facts, item, cut)
            indexes = lanes.meant(item, span) if span is not None else ()
            found.add(facts, indexes)
            if any(text.is_key for text in comet_texts(facts)):
                found.problems.append(
                    f"The marker {marker_label(facts)} stands on no still, so it makes no keyframe. "
                    "Put it onto the still itself."
                )
            elif not indexes and comet_texts(facts):
                found.problems.append(_nobody(facts, item, span, cut))
    return found


def _nobody(facts: MarkerFacts, item: MarkedItem, span: tuple[Frames, Frames] | None, cut: Cut) -> str:
    where = ""
    if span is not None:
        drop = reads_as_drop_frame(cut.start, cut.rate)
        where = f" at {label_text(int(span[0]) + cut.start, cut.rate, drop_frame=drop)}"
    holder = (
        "a gap" if item.is_gap else "the timeline" if not item.lane else f"the track or compound '{item.item.name}'"
    )
    return (
        f"The marker {marker_label(facts)}{where} on {holder} stands over no enabled clip, so it marks nothing. "
        "Move it over the clip, or onto the clip itself."
    )


def _enter_clip_marker(found: MarkersOfCut, facts: MarkerFacts, place: ClipPlace) -> None:
    if facts.placeless or _inside(facts, place):
        found.add(facts, (place.index,))
        return
    found.hits.append((facts, ()))
    if comet_texts(facts):
        found.outside.setdefault(place.index, marker_label(facts))


def _inside(facts: MarkerFacts, place: ClipPlace) -> bool:
    """Tell whether a clip marker lies in the range that the clip uses, in the numbers of the marker's writer."""
    clip = place.clip
    if facts.space is Space.RECORD and _under(facts, place):
        return True  # else it may count as its clip does: OTIO writes locators of an EDL so
    source = clip.source_range
    reference = clip.media_reference
    available = reference.available_range if reference is not None else None
    used = clip_range(source if source is not None else available) if source or available else ""
    if isinstance(used, str):
        # Without numbers there is no outside; the clip is refused for that elsewhere.
        return True
    start = frames_at(facts.start, used.rate)
    length = frames_at(facts.duration, used.rate)
    if start is None or length is None:
        return False
    if facts.space is Space.SHOWN:
        start += used.start
    elif facts.space is Space.MEDIA and available is not None:
        begin = frames_at(available.start_time, used.rate)
        start += begin or 0
    return start < used.end and start + max(length, 1) > used.start


def _under(facts: MarkerFacts, place: ClipPlace) -> bool:
    """Tell whether a marker's record timecode lies under its clip."""
    start = frames_at(facts.start, place.cut.rate)
    return (
        start is not None and place.record is not None and place.record[0] <= start - place.cut.start < place.record[1]
    )


def _span_in_timeline(facts: MarkerFacts, item: MarkedItem, cut: Cut) -> tuple[Frames, Frames] | None:
    """Return the frames of the timeline that a track's, compound's or timeline's marker covers; None: trimmed away."""
    if facts.placeless and item.lane:
        return item.shown
    start = frames_at(facts.start, cut.rate)
    length = frames_at(facts.duration, cut.rate)
    if start is None or length is None:
        return None
    start += item.offset
    if not item.lane and start >= cut.length and cut.start and cut.start <= start < cut.start + cut.length:
        # Some writers count a timeline's markers by its timecode.
        start -= cut.start
    end = start + max(length, 1)
    low, high = max(start, item.shown[0]), min(end, item.shown[1])
    return (low, high) if low < high else None


class _Lanes:
    """Clips by lane, to find the topmost one at a place without looking at all."""

    def __init__(self, cut: Cut) -> None:
        lanes: dict[tuple[int, ...], list[ClipPlace]] = {}
        for place in cut.clips:
            if (
                place.enabled
                and place.record is not None
                and not (place.is_sound or place.is_laid_take or place.is_key)
            ):
                lanes.setdefault(place.lane, []).append(place)
        for places in lanes.values():
            places.sort(key=_start)
        # From the top down; within a compound clip its higher layers first.
        self._lanes = sorted(lanes.items(), reverse=True)
        self._starts = {lane: [_start(place) for place in places] for lane, places in self._lanes}
        self._held = {place.lane[:depth] for place in cut.clips for depth in range(len(place.lane) + 1)}

    def meant(self, item: MarkedItem, span: tuple[Frames, Frames]) -> tuple[int, ...]:
        """Return the clips that a marker on *item* means: those of its own track, or under a track that holds none."""
        if item.lane and item.lane not in self._held:
            # Avid's editors keep locators on an empty track, and its adapter makes tracks that hold markers alone.
            return self.topmost(span, item.lane[:-1])
        return () if item.is_gap else self.topmost(span, item.lane)

    def topmost(self, span: tuple[Frames, Frames], prefix: tuple[int, ...]) -> tuple[int, ...]:
        """Return the clips that are seen on top somewhere in *span*, among the lanes that begin with *prefix*."""
        uncovered = [span]
        found: list[int] = []
        for lane, places in self._lanes:
            if lane[: len(prefix)] != prefix:
                continue
            left: list[tuple[Frames, Frames]] = []
            for low, high in uncovered:
                at = low
                for place in self._overlapping(lane, places, low, high):
                    begin, end = _record(place)
                    found.append(place.index)
                    if begin > at:
                        left.append((at, begin))
                    at = max(at, end)
                if at < high:
                    left.append((at, high))
            uncovered = left
            if not uncovered:
                break
        return tuple(sorted(set(found)))

    def _overlapping(
        self, lane: tuple[int, ...], places: list[ClipPlace], low: Frames, high: Frames
    ) -> list[ClipPlace]:
        starts = self._starts[lane]
        first = max(0, bisect_right(starts, low) - 1)
        last = bisect_left(starts, high)
        return [place for place in places[first:last] if _record(place)[1] > low]


def _record(place: ClipPlace) -> tuple[Any, Any]:
    return place.record or (0, 0)


def _start(place: ClipPlace) -> Any:
    return _record(place)[0]
