"""
Scenes: short runs of clips with one dissolve or none, flat or nested, and what an editor does to them afterwards.

Each scene is 50 frames of three clips: A and C of one medium, B of another. What is done to it asks for frames that the
takes of the untouched scene have, but for a slip without handles. The base track has no gaps: GES 1.22 shows single
frames around a gap one frame early or late, of any edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from support.edits import Edit, Medium, one_hour

TRANSITIONS: dict[str, tuple[int, int] | None] = {"none": None, "equal": (4, 4), "unequal": (3, 7)}
"""Frames of the dissolve from A to B before and after the cut."""

NESTINGS = ("flat", "clip above", "nested")
"""Clips on the base track; a clip without a source range above them; or inside of a stack that hides both its ends."""

RECUTS = ("as it was", "trimmed", "slipped", "reordered", "split")
"""What became of the scene while its takes were made."""

HIDDEN = 5
"""Frames that a nested scene's stack hides at each end."""


@dataclass(frozen=True)
class Scene:
    """One scene of an edit."""

    transition: str
    """One of `TRANSITIONS`."""
    nesting: str
    """One of `NESTINGS`."""
    recut: str
    """One of `RECUTS`."""


def edit_of(scenes: list[Scene], media: tuple[Medium, Medium, Medium], *, recut: bool) -> Edit:
    """Return scenes one after the other, before what was done to them or after it."""
    rate = media[0].rate
    base = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    above = otio.schema.Track(name="V2", kind=otio.schema.TrackKind.Video)
    for number, scene in enumerate(scenes):
        cut = _cut(scene, number, media)
        if recut:
            cut = _RECUTS[scene.recut](cut)
        items = [_nested(cut, number, rate)] if scene.nesting == "nested" else cut
        base.extend(items)
        length = sum(_frames(item) for item in items if isinstance(item, otio.core.Item))
        above.extend(_above(number, length, media[2]) if scene.nesting == "clip above" else [_gap(length, rate)])
    timeline = otio.schema.Timeline(
        name="scenes", global_start_time=otio.opentime.RationalTime(one_hour(rate)[1], float(rate))
    )
    timeline.tracks.append(base)
    if any(scene.nesting == "clip above" for scene in scenes):
        timeline.tracks.append(above)
    return Edit(timeline, rate, media)


def _cut(scene: Scene, number: int, media: tuple[Medium, Medium, Medium]) -> list[Any]:
    """Return the clips of a scene as it was cut first; scenes show other frames than each other."""
    plates, second_unit, _ = media
    cut: list[Any] = [
        plates.clip(f"sh{number}10", 30 + 7 * number, 16),
        second_unit.clip(f"sh{number}20", 41 + 9 * number, 20),
        plates.clip(f"sh{number}30", 98 + 5 * number, 14),
    ]
    offsets = TRANSITIONS[scene.transition]
    if offsets is not None:
        before, after = (otio.opentime.RationalTime(offset, float(plates.rate)) for offset in offsets)
        dissolve = otio.schema.Transition(
            name=f"dissolve {number}",
            transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
            in_offset=before,
            out_offset=after,
        )
        cut.insert(1, dissolve)
    return cut


def _above(number: int, length: int, medium: Medium) -> list[Any]:
    """Return a track's part with a whole medium that lies over the scene's middle."""
    whole = otio.schema.Clip(name=f"sh{number}40", media_reference=medium.reference())
    return [_gap(9, medium.rate), whole, _gap(length - 9 - medium.frame_count, medium.rate)]


def _nested(cut: list[Any], number: int, rate: Fraction) -> otio.schema.Stack:
    """Return a stack around clips that shows them but for their first and last frames."""
    inner = otio.schema.Track(name="inner", kind=otio.schema.TrackKind.Video)
    inner.extend(cut)
    length = sum(_frames(item) for item in cut if isinstance(item, otio.core.Item))
    shown = otio.opentime.TimeRange(
        otio.opentime.RationalTime(HIDDEN, float(rate)),
        otio.opentime.RationalTime(length - 2 * HIDDEN, float(rate)),
    )
    stack = otio.schema.Stack(name=f"compound {number}", source_range=shown)
    stack.append(inner)
    return stack


def _gap(frame_count: int, rate: Fraction) -> otio.schema.Gap:
    length = otio.opentime.RationalTime(frame_count, float(rate))
    return otio.schema.Gap(source_range=otio.opentime.TimeRange(otio.opentime.RationalTime(0, float(rate)), length))


def _frames(item: Any) -> int:
    return round(item.trimmed_range().duration.value)


def _changed(clip: Any, *, start: int = 0, end: int = 0) -> Any:
    """Return a copy of a clip whose first and last frames are moved."""
    used, result = clip.source_range, clip.clone()
    result.source_range = otio.opentime.TimeRange(
        used.start_time + otio.opentime.RationalTime(start, used.start_time.rate),
        used.duration + otio.opentime.RationalTime(end - start, used.start_time.rate),
    )
    return result


def _trimmed(cut: list[Any]) -> list[Any]:
    return [_changed(cut[0], start=3), *cut[1:-1], _changed(cut[-1], end=-4)]


def _slipped(cut: list[Any]) -> list[Any]:
    return [*cut[:-2], _changed(cut[-2], start=2, end=2), cut[-1]]


def _reordered(cut: list[Any]) -> list[Any]:
    return [cut[-1], *cut[:-1]]


def _split(cut: list[Any]) -> list[Any]:
    first, second = _changed(cut[-2], end=-9), _changed(cut[-2], start=11)
    return [*cut[:-2], first, second, cut[-1]]


_RECUTS = {
    "as it was": lambda cut: cut,
    "trimmed": _trimmed,
    "slipped": _slipped,
    "reordered": _reordered,
    "split": _split,
}
