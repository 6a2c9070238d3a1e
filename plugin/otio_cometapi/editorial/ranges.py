"""What a clip uses and what the cut shows of it, in whole frames of clip space."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from otio_cometapi.editorial.places import ClipPlace
from otio_cometapi.editorial.rates import (
    WHOLE_TOLERANCE,
    frames_at,
    rate_label,
    rounded,
    snapped_rate,
    whole,
)
from otio_cometapi.editorial.retimes import Retime, retime_of, writers_around
from otio_cometapi.records import ClipRange


@dataclass(frozen=True, slots=True)
class ClipRanges:
    """A clip's ranges, or why it has none."""

    used: ClipRange | None = None
    """Its source range: what it holds in the timeline, without transitions."""
    visible: ClipRange | None = None
    """What the cut shows, transitions included and outer trims taken off."""
    retime: Retime | None = None
    """Its speed; None where nothing changes it."""
    written_rate: float = 0.0
    """The rate as the timeline writes it; 0.0 without a source range."""
    problem: str = ""
    """Why there is none, a clause."""
    warnings: tuple[str, ...] = ()
    """What was rounded, each a sentence."""


def clip_range(time_range: Any) -> ClipRange | str:
    """
    Return an OTIO TimeRange in whole frames at the exact rate that it stands for.

    Values are rounded; where start and duration are written in two rates, the duration must be whole frames at the
    start's. Returns a clause that says what is wrong otherwise. A duration of zero or less is returned as it is.
    """
    start, duration = time_range.start_time, time_range.duration
    # RationalTime() is 0 at rate 1: such a start says nothing about the rate.
    leading = start if start.value else duration
    rate = snapped_rate(leading.rate)
    if rate is None:
        return f"its rate of {leading.rate:g} frames per second is none that video has"
    if start.rate == duration.rate:  # nearly always: then no number has to be brought to another rate
        number, length = rounded(start.value), rounded(duration.value)
        if number is None or length is None:
            return "its range has numbers that are none"
        return ClipRange(number, length, rate)
    first = frames_at(start, rate)
    count = frames_at(duration, rate)
    if first is None or count is None:
        return "its range has numbers that are none"
    whole_first, whole_count = whole(first), whole(count)
    if whole_first is None or whole_count is None:
        return (
            f"its start counts at {rate_label(start.rate)} and its duration at {rate_label(duration.rate)} frames per "
            "second, and the two share no whole frame"
        )
    return ClipRange(whole_first, whole_count, rate)


def ranges_of(place: ClipPlace) -> ClipRanges:
    """Return what the clip uses and what is seen of it."""
    clip = place.clip
    written = clip.source_range
    source = written
    if source is None:
        reference = clip.media_reference
        source = reference.available_range if reference is not None else None
        if source is None:
            return ClipRanges(problem="it has neither a source range nor an available range, so its frames are unknown")
    written_rate = float(written.duration.rate) if written is not None else 0.0
    used = clip_range(source)
    if isinstance(used, str):
        return ClipRanges(written_rate=written_rate, problem=used)
    if used.frame_count <= 0:
        length = "no frames" if used.frame_count == 0 else f"a negative length ({used.frame_count} frames)"
        return ClipRanges(written_rate=written_rate, problem=f"it has {length}")
    retime = retime_of(clip, writers=(*place.cut.writers, *writers_around(clip))) if len(clip.effects) else None
    if place.record is None:
        hidden = "the trim of what encloses it shows nothing of it"
        return ClipRanges(used, written_rate=written_rate, problem=hidden)
    if isinstance(retime, str):
        return ClipRanges(used, written_rate=written_rate, problem=retime)
    seen = _visible(used, place, retime)
    if isinstance(seen, str):
        return ClipRanges(used, written_rate=written_rate, problem=seen)
    warnings = _rounding_told(source, used)
    warnings += _hidden_told(used, seen) if retime is None else (retime.told(used, seen),)
    return ClipRanges(used, seen, retime, written_rate, warnings=warnings)


def _visible(used: ClipRange, place: ClipPlace, retime: Retime | None) -> ClipRange | str:
    if not place.head and not place.tail:
        return used if retime is None else retime.frames_of(used)
    scale = used.rate / place.cut.rate
    head, tail = whole(place.head * scale), whole(place.tail * scale)
    if head is None or tail is None:
        return (
            f"a transition or trim at {rate_label(place.cut.rate)} frames per second cuts its picture at "
            f"{rate_label(used.rate)} between two frames"
        )
    if retime is not None:
        return retime.frames_of(used, head=head, tail=tail)
    return ClipRange(used.start + head, used.frame_count - head + tail, used.rate)


def _hidden_told(used: ClipRange, seen: ClipRange) -> tuple[str, ...]:
    """Tell of frames that the clip uses and nobody sees: a host that shows them later finds no media there."""
    before = max(0, seen.start - used.start)
    after = max(0, used.start + used.frame_count - seen.start - seen.frame_count)
    if not before and not after:
        return ()
    told = (
        f"The trim of what encloses it hides {before} frames at its start and {after} at its end: they are not sent, "
        "and its take has of them only what its handles cover."
    )
    return (told,)


def _rounding_told(source: Any, used: ClipRange) -> tuple[str, ...]:
    told = []
    for what, time, frames in (("start", source.start_time, used.start), ("length", source.duration, used.frame_count)):
        value = time.value
        nearest = rounded(value)
        if nearest is not None and nearest != value and abs(Fraction(value) - nearest) > WHOLE_TOLERANCE:
            told.append(f"The {what} of its range is written as {value:g} frames; taken as {frames}.")
    return tuple(told)
