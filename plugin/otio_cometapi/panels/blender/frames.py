"""
Which frame of its media a movie strip shows, as Blender counts.

Blender knows a frame as `round((t - start) * factor)`, in single precision, where *factor* is the media's rate by the
scene's if the strip was added to play at its own speed, else 1. The numbers here are those that Blender 4.5 rendered.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST_MOMENTS = 200_000
"""Frames of one strip that are looked at; more than two hours."""


def single(number: float) -> float:
    """Return a number in single precision, as Blender calculates."""
    found: float = struct.unpack("f", struct.pack("f", number))[0]
    return found


@dataclass(frozen=True)
class Clock:
    """How a movie strip counts the frames of its media."""

    start: int
    """Frame of the scene at which its content begins, whatever is cut off (`frame_start`)."""
    count: int
    """Frames of media that it may show."""
    factor: float = 1.0
    """Frames of media for one of the scene."""
    first: int = 0
    """Frames of media that are cut off for good in front (`animation_offset_start`)."""
    reverse: bool = False
    strobe: float = 1.0

    @property
    def length(self) -> int:
        """Frames of the scene that its content lasts (`frame_duration`)."""
        return int(single(self.count / single(self.factor)))

    def media_frame(self, moment: float) -> int:
        """Return the frame of the media, its first is 0, that stands at a moment of the scene."""
        passed = self.start + self.length - 1 - moment if self.reverse else moment - self.start
        index = single(max(single(passed), 0.0) * single(self.factor))
        if self.strobe > 1.0:
            index -= math.fmod(index, single(self.strobe))
        return self.first + min(math.floor(index + 0.5), self.count - 1)


@dataclass(frozen=True)
class Speed:
    """A Speed Control strip that multiplies: where on its input it looks, at every frame of the scene."""

    start: int
    """Frame of the scene at which it begins."""
    factor: float
    longest: int
    """Frames of the scene that its input's content lasts: it looks no further."""
    blends: bool = False
    """Whether it mixes two neighbours."""

    def moments(self, frames: Sequence[int]) -> list[float]:
        """Return the moments of the input that these frames of the scene show."""
        found: list[float] = []
        for frame in frames:
            passed = min(max(single((frame - self.start) * single(self.factor)), 0.0), float(self.longest))
            found.append(self.start + passed)
            if self.blends:
                found.append(math.ceil(self.start + passed))
        return found


@dataclass(frozen=True)
class Fit:
    """How a strip over a take counts, so that it shows at every moment what the original shows."""

    clock: Clock
    table: tuple[int, ...] = ()
    """Where no strip counts like the original: the frame of the take for every frame of the scene; else empty."""


def used_frames(clock: Clock, moments: Sequence[float]) -> tuple[int, int]:
    """Return the first and the last frame of the media that these moments show."""
    shown = [clock.media_frame(moment) for moment in moments]
    return min(shown), max(shown)


def fit(clock: Clock, moments: Sequence[float], *, take_first: int, take_count: int) -> Fit | None:
    """
    Return how a strip over a take has to count, None where the take does not hold what is shown.

    Args:
        clock: How the original counts.
        moments: The moments of the scene at which it is looked at.
        take_first: Frame of the original media that the take's first frame stands for.
        take_count: Frames of the take.
    """
    wanted = [clock.media_frame(moment) - take_first for moment in moments]
    if min(wanted) < 0 or max(wanted) >= take_count:
        return None
    found = _same_count(clock, moments, wanted, take_count)
    if found is not None:
        return Fit(found)
    flat = replace(clock, start=math.floor(min(moments)), count=take_count, first=0, reverse=False, strobe=1.0)
    return Fit(flat, tuple(wanted))


def _same_count(clock: Clock, moments: Sequence[float], wanted: Sequence[int], count: int) -> Clock | None:
    """Return a clock that shows *wanted* at *moments*, with as little cut off for good as may be."""
    distinct = dict(zip(moments, wanted, strict=True))
    begin = math.floor(min(moments))
    room = math.ceil(count / clock.factor) + 1
    for start in range(begin - room, max(begin, clock.start) + 1):  # later than it begins where it is held in front
        plain = replace(clock, start=start, count=count, first=0)
        for first in _firsts(plain, distinct, count):
            tried = replace(plain, count=count - first, first=first)
            if all(tried.media_frame(moment) == frame for moment, frame in distinct.items()):
                return tried
    return None


def _firsts(plain: Clock, distinct: dict[float, int], count: int) -> list[int]:
    """Return how much may have to be cut off for good, so that the first moment shows what it should."""
    moment, frame = next(iter(distinct.items()))
    if not plain.reverse:
        missing = frame - plain.media_frame(moment)
        return [missing] if 0 <= missing < count else []
    least = int(plain.factor) + 1  # backwards, what is cut off moves the end as well
    return [first for first in range(min(count, least + 1)) if first <= frame]
