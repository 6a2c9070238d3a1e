"""
Laying clip space onto a media file.

Clip space is what `source_range` counts in; the file may carry other numbers of its own (its timecode). The two are
never mixed: everything here turns on the one number that the file's first frame has in clip space, the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from otio_cometapi.editorial.rates import rate_label, snapped_rate, whole
from otio_cometapi.records import ClipRange, MediaInfo, PlacedClip, SourceCandidate, Span, SurveyedClip
from otio_cometapi.timecode import label_text


@dataclass(frozen=True, slots=True)
class Origin:
    """What number a file's first frame has in clip space."""

    frame: int
    """That number, at the file's rate."""
    note: str = ""
    """How it was found where that is not plain, a sentence."""


def placed(clip: SurveyedClip, infos: Mapping[str, MediaInfo], problems: Mapping[str, str]) -> PlacedClip | str:
    """
    Choose a clip's source and find the frames of it that the cut shows.

    The active reference is the source if its file can be used; else the first other one whose file can be used, has the
    clip's rate and holds the visible range.

    Args:
        clip: A clip that `survey` selected.
        infos: Measured files, by path.
        problems: Why a file could not be measured, by path.

    Returns:
        The placed clip, or the reason why it is left out.
    """
    visible = clip.visible
    if visible is None or not clip.candidates:
        return clip.reason or "its frames are unknown"
    refused = ""
    for place, candidate in enumerate(clip.candidates):
        problem, info = _usable(candidate, infos, problems)
        if info is None:
            refused = refused or problem
            continue
        if place and info.rate != visible.rate:
            continue
        found = _on_file(clip, candidate, info)
        if place == 0:
            return found
        if isinstance(found, str):
            continue
        first = clip.candidates[0]
        note = (
            f"The source is the reference '{candidate.key}'; the active one, '{first.key}', cannot be used: {refused}."
        )
        return PlacedClip(
            clip, candidate.key, info, found.visible, found.origin, found.reference_rate, (note, *found.notes)
        )
    return refused or "none of its media references can be its source"


def _usable(
    candidate: SourceCandidate, infos: Mapping[str, MediaInfo], problems: Mapping[str, str]
) -> tuple[str, MediaInfo | None]:
    if candidate.problem:
        return candidate.problem, None
    path = candidate.path or ""
    if path in problems:
        return problems[path], None
    info = infos.get(path)
    if info is None:
        return f"its media '{path}' was not measured", None
    if info.refusals:
        return f"its media cannot be sent: {'; '.join(info.refusals)}", None
    return "", info


def _on_file(clip: SurveyedClip, candidate: SourceCandidate, info: MediaInfo) -> PlacedClip | str:
    seen = _seen_at(clip, info)
    if isinstance(seen, str):
        return seen
    origin = origin_of(seen, candidate.available, info)
    if isinstance(origin, str):
        return origin
    first = seen.start - origin.frame
    if first < 0 or first + seen.frame_count > info.frame_count:
        return _outside(seen, origin.frame, info)
    notes = [origin.note] if origin.note else []
    if clip.visible is not None and clip.visible.rate != info.rate:
        notes.append(
            f"The clip counts at {rate_label(clip.visible.rate)} frames per second, its media at "
            f"{rate_label(info.rate)}; the range is whole frames of both."
        )
    timecode = source_timecode(info, frame=first, number=seen.start)
    if timecode:
        shown = label_text(seen.start, info.rate, drop_frame=info.drop_frame)
        notes.append(f"The clip counts its first frame as {shown}; the file's own timecode there is {timecode}.")
    return PlacedClip(
        clip=clip,
        source_key=candidate.key,
        info=info,
        visible=Span(first, seen.frame_count, info.rate).widened(*clip.guard, length=info.frame_count),
        origin=origin.frame,
        reference_rate=reference_rate(candidate, clip.clip_rate, info.rate),
        notes=tuple(notes),
    )


def _seen_at(clip: SurveyedClip, info: MediaInfo) -> ClipRange | str:
    """Return what the clip shows, counted at its media's rate, or why that cannot be told."""
    if clip.visible is None:
        return "its frames are unknown"
    seen = at_rate(clip.visible, info.rate)
    if seen is None:
        return (
            f"the clip counts at {rate_label(clip.visible.rate)} frames per second and its media at "
            f"{rate_label(info.rate)}, and its range is no whole number of media frames; conform the media to the "
            "timeline's rate in the host, or give the right --rate where the format names none"
        )
    if clip.speed != 1 and clip.visible.rate != info.rate:
        return (
            f"it has a speed change and counts at {rate_label(clip.visible.rate)} frames per second, its media at "
            f"{rate_label(info.rate)}; which media frames that shows differs from host to host, so conform the media "
            "to the timeline's rate first"
        )
    return seen


def at_rate(seen: ClipRange, rate: Fraction) -> ClipRange | None:
    """Return a range in frames of another rate; None where it is not whole frames there."""
    if seen.rate is rate or seen.rate == rate:  # comparing Fractions costs ten times as much
        return seen
    scale = rate / seen.rate
    start, count = whole(seen.start * scale), whole(seen.frame_count * scale)
    return None if start is None or not count else ClipRange(start, count, rate)


def origin_of(seen: ClipRange, available: ClipRange | None, info: MediaInfo) -> Origin | str:
    """
    Return the number that the file's first frame has in clip space, or the reason why that cannot be told.

    Args:
        seen: The visible range, at the file's rate.
        available: The reference's available range.
        info: The file.
    """
    if available is None:
        return _origin_without_range(seen, info)
    start: int | None = available.start
    count: Fraction | int = available.frame_count
    if available.rate is not info.rate and available.rate != info.rate:
        start, count = whole(available.start * info.rate / available.rate), count * info.rate / available.rate
    if start is None:
        return (
            f"its media reference counts at {rate_label(available.rate)} frames per second and the file has "
            f"{rate_label(info.rate)}, and its start is no whole frame of the file; give the right --rate, or correct "
            "the reference in the host"
        )
    own = info.start_frame or 0
    if own < start < own + info.frame_count and count < info.frame_count:
        # A part of the file, in the file's own numbers: the reference's first frame is not the file's.
        what = "its timecode" if info.start_frame is not None else "its frames from 0"
        return Origin(own, f"The reference covers a part of the file; its numbers are taken as the file counts {what}.")
    return Origin(start)


def _origin_without_range(seen: ClipRange, info: MediaInfo) -> Origin | str:
    own = info.start_frame
    by_timecode = own is not None and own <= seen.start and seen.end <= own + info.frame_count
    from_zero = seen.start >= 0 and seen.end <= info.frame_count
    if by_timecode and from_zero and own:
        return (
            "its media reference has no available range, and its numbers fit the file both counted from 0 and by the "
            f"file's timecode ({info.start_timecode}); write the available range in the host"
        )
    if by_timecode and own is not None:
        return Origin(own)
    if from_zero:
        return Origin(0)
    return _outside(seen, own or 0, info)


def _outside(seen: ClipRange, origin: int, info: MediaInfo) -> str:
    def stretch(first: int, count: int) -> str:
        ends = (label_text(at, info.rate, drop_frame=info.drop_frame) for at in (first, first + count))
        return " - ".join(ends)

    return (
        f"it shows {stretch(seen.start, seen.frame_count)}, which lies outside the media "
        f"({stretch(origin, info.frame_count)})"
    )


def reference_rate(candidate: SourceCandidate, clip_rate: float, rate: Fraction) -> float:
    """Return the rate to write an available range in: the reference's or the clip's as written, if it means *rate*."""
    for written in (candidate.reference_rate, clip_rate):
        if written and snapped_rate(written) == rate:
            return written
    return float(rate)


def source_timecode(info: MediaInfo, *, frame: int, number: int) -> str:
    """
    Return the file's own timecode at *frame* where it differs from *number*, the one in clip space; else empty.

    Args:
        info: The file.
        frame: A frame of the file; its first is 0.
        number: The number that this frame has in clip space.
    """
    if info.start_frame is None or info.start_frame + frame == number:
        return ""
    return label_text(info.start_frame + frame, info.rate, drop_frame=info.drop_frame)
