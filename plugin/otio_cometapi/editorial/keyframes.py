"""Which clip a keyframe stands over, and which source frame it means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from otio_cometapi.editorial.keyframe_fields import HOW, KeyframeWish
from otio_cometapi.editorial.places import ClipPlace, Cut
from otio_cometapi.editorial.ranges import ClipRanges
from otio_cometapi.editorial.rates import rate_label, whole
from otio_cometapi.editorial.sources import SourceFinder
from otio_cometapi.editorial.timecodes import reads_as_drop_frame, timecode_frames
from otio_cometapi.errors import SelectionError
from otio_cometapi.records import ClipKeyframe, Keyframe, PlacedClip, SurveyedClip
from otio_cometapi.timecode import label_text


@dataclass(frozen=True, slots=True)
class Asked:
    """A selected clip, and the keyframes that were written for it or for any clip."""

    place: ClipPlace
    """Where it stands."""
    ranges: ClipRanges
    """What it shows."""
    wishes: tuple[KeyframeWish, ...]
    """Keyframes that it gets if it is the one that shows their moment."""


def with_keyframes(
    cuts: Iterable[Cut], clips: Sequence[SurveyedClip], asked: Mapping[int, Asked], finder: SourceFinder
) -> tuple[tuple[SurveyedClip, ...], tuple[str, ...]]:
    """
    Give every selected clip the keyframes that stand over it, by timecode and by stills above it.

    Of several selected clips that show a moment, the topmost gets the keyframe.

    Args:
        cuts: The timelines, laid out.
        clips: Every clip of theirs.
        asked: The selected ones, by index.
        finder: Reads the references of stills.

    Returns:
        The clips, and a sentence for every still that stands over no selected clip.

    Raises:
        SelectionError: A keyframe's timecode is none, or no selected clip shows it; says what is there.
    """
    board = _Board(list(cuts), {clip.index: clip for clip in clips}, asked, finder)
    board.set_wishes()
    board.set_stills()
    return tuple(board.clips[clip.index] for clip in clips), tuple(board.problems)


class _Board:
    """Clips, while keyframes are set on them."""

    def __init__(
        self, cuts: list[Cut], clips: dict[int, SurveyedClip], asked: Mapping[int, Asked], finder: SourceFinder
    ) -> None:
        self.cuts = cuts
        self.clips = clips
        self.asked = asked
        self.finder = finder
        self.problems: list[str] = []

    def set_wishes(self) -> None:
        """Set what was written as timecodes."""
        for wish in dict.fromkeys(wish for each in self.asked.values() for wish in each.wishes):
            over = [self._over(cut, wish) for cut in self.cuts]
            found = [(each, frame) for each, frame in over if each is not None]
            for each, frame in found:
                self._set(each, frame, wish.image)
            if not found and (wish.of_any_clip or not self._stands_over_others(wish)):
                raise self._over_nothing(wish)

    def _over(self, cut: Cut, wish: KeyframeWish) -> tuple[Asked | None, int]:
        frame = timecode_frames(wish.at, cut.rate)
        if frame is None:
            raise SelectionError(
                f"{wish.where}: the keyframe {wish} names no timecode at {rate_label(cut.rate)} frames per second",
                next_step=HOW,
            )
        frame -= cut.start
        wanted = [each for each in self.asked.values() if wish in each.wishes and each.place.cut is cut]
        return _topmost(wanted, frame), frame

    def _stands_over_others(self, wish: KeyframeWish) -> bool:
        """Tell whether clips that were not selected show the moment: then the keyframe is for another day."""
        return any(_holds(place, _frame_of(wish, cut)) for cut in self.cuts for place in cut.clips)

    def _over_nothing(self, wish: KeyframeWish) -> SelectionError:
        there = [
            f"'{clip.name}' on {clip.track} ({clip.reason})"
            for cut in self.cuts
            for place in cut.clips
            if _holds(place, _frame_of(wish, cut)) and not place.is_key
            for clip in (self.clips[place.index],)
        ]
        selected = [f"'{self.clips[index].name}' {_stretch(each.place)}" for index, each in sorted(self.asked.items())]
        return SelectionError(
            f"{wish.where}: the keyframe {wish} stands over no selected clip; there is "
            f"{_listed(there) or 'nothing'}, and selected are {_listed(selected)}",
            next_step="Give a timecode that a selected clip shows, or select the clip that is there.",
        )

    def set_stills(self) -> None:
        """
        Set what stands above clips as stills with a `comet:key` marker, enabled or not.

        A still covers its shot until somebody switches it off. If that took its keyframe away, the next run would ask
        for another take, and pay for it.
        """
        for cut in self.cuts:
            for place in cut.clips:
                if place.is_key and place.record is not None:
                    self._set_still(place)

    def _set_still(self, still: ClipPlace) -> None:
        frame = math.floor(still.record[0]) if still.record else 0
        where = f"The still '{still.clip.name}' at {_timecode(still.cut, frame)} on {still.track}"
        under = [each for each in self.asked.values() if each.place.cut is still.cut and each.place.lane < still.lane]
        over = _topmost(under, frame)
        if over is None:
            self.problems.append(
                f"{where} carries a comet:key marker and starts over no selected clip, so it is no keyframe. "
                "Move its start over the clip, or select that clip."
            )
            return
        clip = self.clips[over.place.index]
        image = self._image_of(still)
        if image is None:
            reason = f"left out: the still '{still.clip.name}' above it is to be a keyframe and names no file"
            self.clips[clip.index] = replace(clip, selected=False, look=None, reason=reason)
            return
        self._set(over, frame, image)
        told = f"not selected: it is a keyframe of '{clip.name}' (its comet:key marker says so)"
        self.clips[still.index] = replace(self.clips[still.index], reason=told)

    def _image_of(self, still: ClipPlace) -> str | None:
        for candidate in self.finder.candidates(still.clip):
            if candidate.sequence is not None:
                return candidate.sequence.path_of(candidate.sequence.first_image)
            if candidate.path:
                return candidate.path
        return None

    def _set(self, over: Asked, frame: int, image: str) -> None:
        clip = self.clips[over.place.index]
        source = clip_frame(over.place, over.ranges, frame)
        if source is None or not clip.selected:
            return
        made = ClipKeyframe(image, source, _timecode(over.place.cut, frame))
        if (image, source) not in {(each.image, each.frame) for each in clip.keyframes}:
            keyframes = sorted((*clip.keyframes, made), key=lambda each: (each.frame, each.image))
            self.clips[clip.index] = replace(clip, keyframes=tuple(keyframes))


def clip_frame(place: ClipPlace, ranges: ClipRanges, frame: int) -> int | None:
    """
    Return the frame in clip space that a clip shows at *frame* of the timeline; None where it shows none there.

    Args:
        place: Where the clip stands.
        ranges: What it uses, and its speed.
        frame: Counted from the timeline's first.
    """
    if ranges.used is None or not _holds(place, frame) or place.record is None:
        return None
    # What an outer trim cuts off its start was never in the timeline, so `record` begins after it.
    since = frame - place.record[0] + max(place.head, 0)
    shown = _whole_before(since * ranges.used.rate / place.cut.rate)
    if ranges.retime is not None:
        return ranges.retime.frame_at(ranges.used, shown)
    return ranges.used.start + shown


def source_keyframes(placed: PlacedClip) -> tuple[Keyframe, ...]:
    """Return a placed clip's keyframes with the frames of its file."""
    visible = placed.clip.visible
    if visible is None:
        return ()
    scale = placed.info.rate / visible.rate
    return tuple(
        Keyframe(each.image, _whole_before(each.frame * scale) - placed.origin) for each in placed.clip.keyframes
    )


def _whole_before(value: Fraction | int) -> int:
    """Return the frame that is shown at a moment: the one it is, else the one that began before."""
    found = whole(value)
    return math.floor(value) if found is None else found


def _topmost(wanted: Iterable[Asked], frame: int) -> Asked | None:
    found = [each for each in wanted if _holds(each.place, frame)]
    return max(found, key=lambda each: each.place.lane, default=None)


def _holds(place: ClipPlace, frame: int) -> bool:
    return place.record is not None and place.record[0] <= frame < place.record[1]


def _frame_of(wish: KeyframeWish, cut: Cut) -> int:
    return (timecode_frames(wish.at, cut.rate) or 0) - cut.start


def _timecode(cut: Cut, frame: Any) -> str:
    drop = reads_as_drop_frame(cut.start, cut.rate)
    return label_text(math.floor(frame) + cut.start, cut.rate, drop_frame=drop)


def _stretch(place: ClipPlace) -> str:
    first, end = place.record or (0, 1)
    return f"{_timecode(place.cut, first)}-{_timecode(place.cut, end)} on {place.track}"


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - 5} more" if len(texts) > 5 else ""
    return ", ".join(texts[:5]) + more
