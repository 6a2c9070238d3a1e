"""Takes on a track above the cut, for hosts that show one reference of a clip only; the cut stays as it is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.laid_takes import TRACK_NAME, laid_takes
from otio_cometapi.editorial.layout import range_of
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.places import ClipPlace, Cut, Frames
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.editorial.rates import snapped_rate
from otio_cometapi.editorial.relink import add_link, key_of, media_address, new_reference, note_take
from otio_cometapi.editorial.retimes import speed_change
from otio_cometapi.editorial.structure import cuts_of
from otio_cometapi.errors import EditorialError
from otio_cometapi.records import Link


@dataclass(frozen=True, slots=True)
class _Entry:
    """A clip on its way to a track of takes."""

    lane: int
    """The track that its original stands on, from 1; 0: unknown."""
    record: tuple[Frames, Frames]
    """Where it lies in the timeline."""
    clip: Any


def takes_above(
    timeline: Any,
    links: Sequence[Link],
    *,
    shows_take: Callable[[Any], bool],
    url_style: str = "path",
    timeline_dir: Path | None = None,
) -> tuple[Any, tuple[str, ...]]:
    """
    Return a copy of *timeline* with the links' media on a track COMET above it.

    The track is the topmost one; where something lies above a clip that gets a take, every track gets a COMET track
    right above itself, so that nothing is covered that was seen before. Takes that lie there already are replaced
    where new ones come, and kept elsewhere. A clip that cannot be doubled there (under a transition, inside a compound
    clip) gets its take as a reference, as `timeline_relinked` does.

    Args:
        timeline: What `read_timeline` returned.
        links: Which clip shows which media; the last one of a clip is the active one.
        shows_take: Tells whether an OTIO clip shows media of ours.
        url_style: How addresses are written.
        timeline_dir: Where the timeline will be written.

    Returns:
        The timeline, and a sentence for every clip whose take is a reference.

    Raises:
        EditorialError: A link names no clip of this timeline, or the style cannot be written.
    """
    with AdapterBorder("lay the takes above the cut"):
        result = timeline.clone()
        cuts = cuts_of(result)
        places = {place.index: place for cut in cuts for place in cut.clips}
        dissolving = {each for cut in cuts for _, track in cut.tracks for each in _beside_transitions(track)}
    by_clip: dict[int, list[Link]] = {}
    for link in links:
        by_clip.setdefault(link.clip_index, []).append(link)
    notes: list[str] = []
    new: dict[int, list[_Entry]] = {}
    for index, of_clip in by_clip.items():
        place = places.get(index)
        if place is None:
            raise EditorialError(
                f"the timeline has no clip number {index}",
                next_step="Relink the timeline that was planned, or plan this one.",
            )
        why = _why_not(place, dissolving)
        if why:
            notes.append(f"The take of '{place.clip.name}' is a reference on its clip, since {why}.")
            for link in of_clip:
                add_link(place.clip, link, url_style=url_style, timeline_dir=timeline_dir)
        else:
            made = _doubled(place, of_clip, url_style, timeline_dir)
            new.setdefault(id(place.cut), []).append(_Entry(place.lane[0], place.record or (0, 0), made))
    with AdapterBorder("lay the takes above the cut"):
        for cut in cuts:
            _lay(cut, new.get(id(cut), []), shows_take)
            cut.let_go()
    return result, tuple(notes)


def _beside_transitions(track: Any) -> set[int]:
    """
    Return which children of a track stand beside a transition, by the number of the Python object.

    One pass: asking a track where a child stands searches it, which for all of its clips is quadratic.
    """
    children = list(track)
    kinds = [isinstance(child, otio.schema.Transition) for child in children]
    befores, afters = [False, *kinds], [*kinds[1:], False]  # of an empty track there is one too many
    return {id(child) for child, *near in zip(children, befores, afters, strict=False) if any(near)}


def _why_not(place: ClipPlace, dissolving: set[int]) -> str:
    """Return why a clip's take cannot lie above it, a clause; empty where it can."""
    if not place.cut.has_timeline or place.record is None:
        return "it stands in no timeline"
    if len(place.lane) != 1:
        return "it stands inside a compound clip"
    if place.head < 0 or place.tail > 0 or id(place.clip) in dissolving:
        return "it is under a transition"
    if any(not isinstance(edge, int) for edge in place.record):
        return "it does not stand on whole frames of the timeline"
    if (place.head or place.tail) and speed_change(place.clip):
        return "its track is trimmed and it has a speed change"
    return ""


def _doubled(place: ClipPlace, links: Sequence[Link], url_style: str, timeline_dir: Path | None) -> Any:
    """Return a clip that shows the takes just where the clip at *place* shows its original."""
    original = place.clip
    with AdapterBorder(f"relink '{original.name}'"):
        used = original.trimmed_range()
        sources = original.media_references()
        references = {
            key_of(link): new_reference(
                link,
                source=sources.get(link.source_key),
                address=media_address(Path(link.media.path), url_style=url_style, timeline_dir=timeline_dir),
            )
            for link in links
        }
        made = otio.schema.Clip(name=original.name, source_range=_shown(used, place))
        made.set_media_references(references, key_of(links[-1]))
        # The picture stands in for the original's, so it is placed and played as that is.
        made.effects.extend([effect.clone() for effect in original.effects])
        note_take(made, links[-1])
    return made


def _shown(used: Any, place: ClipPlace) -> Any:
    """Return a clip's range without what the trim of its track cuts off."""
    if not place.head and not place.tail:
        return used
    frames = clip_range(used)
    scale = 1 if isinstance(frames, str) else frames.rate / place.cut.rate
    rate = used.duration.rate
    cut_off = otio.opentime.RationalTime(float(place.head * scale), rate)
    length = otio.opentime.RationalTime(float((place.head - place.tail) * scale), rate)
    return otio.opentime.TimeRange(used.start_time + cut_off, used.duration - length)


def _lay(cut: Cut, new: list[_Entry], shows_take: Callable[[Any], bool]) -> None:
    """Put new takes and those that stay onto tracks above the cut."""
    laid = laid_takes(cut, shows_take)
    if not new:
        return
    entries, news = [*new], _Stretches(each.record for each in new)
    for place in cut.clips:
        if place.index in laid:
            under = laid[place.index]
            record = place.record or (0, 0)
            if not news.meet(record):
                entries.append(_Entry(under.lane[0] if under else 0, record, place.clip.clone()))
    covered = _any_covered(entries, cut, laid)
    tracks = [track for _, track in cut.tracks]
    names = [name for name, _ in cut.tracks]
    stack = tracks[0].parent()  # the first may be one of takes alone, which goes
    _remove(cut, laid)
    trim = range_of(stack.source_range, cut.rate)
    begin: Frames = trim[0] if trim else 0
    if not covered:
        _insert(stack, _top(stack), _track(entries, cut, TRACK_NAME, begin))
        return
    for lane in sorted({entry.lane for entry in entries}, reverse=True):
        held = [entry for entry in entries if entry.lane == lane]
        if lane:
            track = _track(held, cut, f"{TRACK_NAME} {names[lane - 1]}", begin)
            _insert(stack, stack.index(tracks[lane - 1]) + 1, track)
        else:
            _insert(stack, _top(stack), _track(held, cut, TRACK_NAME, begin))


class _Stretches:
    """Stretches of the timeline, in which one is looked for without looking at all."""

    def __init__(self, records: Iterable[tuple[Frames, Frames]]) -> None:
        """Sort them; beside each stands the last end of all that begin no later."""
        ordered = sorted(records, key=_first)
        self._starts = [_first(record) for record in ordered]
        self._ends = list(accumulate((record[1] for record in ordered), max))

    def meet(self, record: tuple[Frames, Frames]) -> bool:
        """Tell whether any shares a frame with *record*."""
        before = bisect_left(self._starts, record[1])
        return before > 0 and self._ends[before - 1] > record[0]


def _first(record: tuple[Frames, Frames]) -> Any:
    return record[0]


def _any_covered(entries: Sequence[_Entry], cut: Cut, laid: dict[int, ClipPlace | None]) -> bool:
    """Tell whether another picture lies above a take's original, which a take on the topmost track would hide."""
    shown = [
        (place.lane[0], place.record)
        for place in cut.clips
        if place.enabled and place.record is not None and place.index not in laid
    ]
    for lane in {entry.lane for entry in entries if entry.lane > 0}:
        above = _Stretches(record for number, record in shown if number > lane)
        if any(above.meet(entry.record) for entry in entries if entry.lane == lane):
            return True
    return False


def _remove(cut: Cut, laid: dict[int, ClipPlace | None]) -> None:
    """Take the takes that lie above the cut away, and tracks on which nothing else stood."""
    remove_clips([place.clip for place in cut.clips if place.index in laid])


def remove_clips(clips: Sequence[Any]) -> None:
    """Put gaps in the place of clips that stand on tracks, and take away tracks on which nothing else stood."""
    tracks: list[Any] = []
    standing: dict[int, tuple[list[Any], dict[int, int]]] = {}  # children are held, so that their numbers stay theirs
    for clip in clips:
        track = clip.parent()
        if id(track) not in standing:
            tracks.append(track)
            children = list(track)
            standing[id(track)] = children, {id(child): place for place, child in enumerate(children)}
        track[standing[id(track)][1][id(clip)]] = otio.schema.Gap(source_range=clip.trimmed_range())
    for track in tracks:
        stack = track.parent()
        if stack is not None and all(isinstance(child, otio.schema.Gap) for child in track):
            del stack[stack.index(track)]


def _top(stack: Any) -> int:
    """Return the place above the topmost video track; sound tracks stand after them in many files."""
    video = [
        n
        for n, child in enumerate(stack)
        if isinstance(child, otio.schema.Track) and child.kind == otio.schema.TrackKind.Video
    ]
    return video[-1] + 1 if video else len(stack)


def _insert(stack: Any, at: int, track: Any) -> None:
    stack.insert(at, track)


def _track(entries: Sequence[_Entry], cut: Cut, name: str, begin: Frames) -> Any:
    """Return a track with the entries at their places, gaps between them."""
    track = otio.schema.Track(name=name, kind=otio.schema.TrackKind.Video)
    position: Frames = 0
    for entry in sorted(entries, key=_start):
        start = entry.record[0] + begin
        if start > position:
            rate = entry.clip.trimmed_range().duration.rate
            written = rate if snapped_rate(rate) == cut.rate else float(cut.rate)
            length = otio.opentime.RationalTime(float(start - position), written)
            track.append(
                otio.schema.Gap(source_range=otio.opentime.TimeRange(otio.opentime.RationalTime(0, written), length))
            )
        track.append(entry.clip)
        position = entry.record[1] + begin
    return track


def _start(entry: _Entry) -> Any:
    return entry.record[0]
