"""
Speed changes: which whole source frames a clip shows under a LinearTimeWarp.

OTIO leaves a clip's ranges as they are under a warp: the source range's start is where it enters its media, and its
duration is the time it holds in the timeline. Measured against Media Composer's own render of the OTIO time warp suite
(speeds from 5 % to 1100 %): frame k of a clip shows source frame start + floor(k * speed), for every k.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_cometapi.records import ClipRange

_FINEST = 100_000
"""Largest denominator of a speed: 1.98333 and a third that was kept as a 32-bit number stand for themselves."""

_REVERSE_FROM_LOWEST = frozenset(("AAF", "nuke", "Hiero"))
"""
Writers of reversed clips whose source range starts at the lowest source frame shown, by their metadata key: the AAF
adapter (checked against Media Composer's render) and Hiero and Nuke Studio, whose exporter takes the item's source out.
"""

_REVERSE_UNSURE = {
    "PremierePro_OTIO": "Premiere, which counts reversed clips now one way, now another",
    "Resolve_OTIO": "Resolve, whose way of counting reversed clips is not documented",
    "cmx_3600": "an EDL, whose reversed events hosts count in two ways",
    "fcp_xml": "an FCP XML, whose reader keeps no speed changes",
}
"""Other writers by their metadata key, and what to call them when a reversed clip of theirs is left out."""


@dataclass(frozen=True, slots=True)
class Retime:
    """A clip's speed."""

    speed: Fraction
    """Source frames a frame; below zero it plays backwards, and the range starts at the lowest frame shown."""

    def frames_of(self, used: ClipRange, *, head: int = 0, tail: int = 0) -> ClipRange:
        """
        Return the shortest range that holds every source frame shown.

        Args:
            used: The clip's source range.
            head: Frames of the timeline shown before it (negative) or cut off its start (positive).
            tail: The same after its end: positive is shown, negative cut off.
        """
        ends = [self.frame_at(used, shown) for shown in (head, used.frame_count + tail - 1)]
        return ClipRange(min(ends), max(ends) - min(ends) + 1, used.rate)

    def frame_at(self, used: ClipRange, shown: int) -> int:
        """
        Return the source frame that the clip shows as its frame *shown*, in clip space.

        Args:
            used: The clip's source range.
            shown: Counted from the first frame that the clip holds in the timeline, at the range's rate.
        """
        steps = used.frame_count - 1 - shown if self.speed < 0 else shown
        return used.start + math.floor(steps * abs(self.speed))

    @property
    def guard(self) -> tuple[int, int]:
        """Frames before and after that a host may mix in: one where the speed is no whole number."""
        if self.speed.denominator == 1:
            return 0, 0
        return (1, 1) if self.speed < 0 else (0, 1)

    def told(self, used: ClipRange, shown: ClipRange) -> str:
        """Say in a sentence what the speed means."""
        way = ", backwards" if self.speed < 0 else ""
        percent = f"{float(abs(self.speed)) * 100:g} %"
        said = (
            f"It plays at {percent}{way}: its {used.frame_count} frames show {shown.frame_count} frames of the source"
        )
        return (
            f"{said}; what lies beside them, and hosts may mix in, is replaced too." if any(self.guard) else f"{said}."
        )


def speed_change(item: Any) -> str:
    """Return how an item's speed is changed, a few words; empty where it is not."""
    changes = _changes(item)
    if len(changes) > 1:
        return "several speed changes"
    for effect in changes:
        if _is_still(effect):
            return "a freeze frame"
        if not isinstance(effect, otio.schema.LinearTimeWarp):
            return "a speed ramp"
        return f"a speed change to {effect.time_scalar * 100:g} %"
    return ""


def _changes(item: Any) -> list[Any]:
    """Return the effects of an item that change its speed."""
    return [
        effect
        for effect in item.effects
        if isinstance(effect, otio.schema.TimeEffect)
        and getattr(effect, "enabled", True)
        and not (type(effect) is otio.schema.LinearTimeWarp and effect.time_scalar == 1.0)
    ]


def _is_still(effect: Any) -> bool:
    return isinstance(effect, otio.schema.FreezeFrame) or getattr(effect, "time_scalar", None) == 0


def retime_of(clip: Any, *, writers: Iterable[str] = ()) -> Retime | str | None:
    """
    Return a clip's speed; None where nothing changes it, or a clause that says why its frames cannot be told.

    Args:
        clip: An OTIO clip.
        writers: Metadata keys of what encloses it; they tell the writer, which a reversed clip depends on.
    """
    change = speed_change(clip)
    if not change:
        return None
    (effect, *_) = _changes(clip)
    if change == "a freeze frame":
        return "it is a still (a freeze frame)"
    if change in ("several speed changes", "a speed ramp"):
        return f"it has {change}, and only one constant speed can be followed frame by frame"
    if not math.isfinite(effect.time_scalar):
        return "its speed is no number"
    speed = Fraction(effect.time_scalar).limit_denominator(_FINEST)
    if not speed:
        return f"it has {change}, which is as good as a still"
    if speed < 0:
        keys = {*effect.metadata, *clip.metadata, *writers}
        if not keys & _REVERSE_FROM_LOWEST:
            who = next((words for key, words in _REVERSE_UNSURE.items() if key in keys), "a writer that is not known")
            return (
                f"it has {change}, so it plays backwards, and it was written by {who}: which frames it shows would be "
                "a guess; render it in the host and send the render"
            )
    return Retime(speed)


def writers_around(item: Any) -> set[str]:
    """Return the metadata keys of everything that encloses an item."""
    keys: set[str] = set()
    around = item.parent()
    while around is not None:
        keys.update(around.metadata)
        around = around.parent()
    return keys
