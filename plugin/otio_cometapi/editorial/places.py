"""
Where clips, and items that carry markers, stand in a timeline.

Positions and lengths here are frames at the timeline's rate, exact (`int`, or `Fraction` where rates differ),
counted from the timeline's first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otio_cometapi.editorial.markers import MarkerFacts

Frames = int | Fraction

UNBOUNDED: tuple[Frames, Frames] = (-(10**15), 10**15)
"""A stretch that nothing trims."""


@dataclass(slots=True)
class ClipPlace:
    """One clip and where it stands."""

    clip: Any
    """The OTIO clip."""
    index: int
    """Its place among all clips, as `find_clips()` finds them; from 0."""
    cut: Cut
    """The timeline it stands in."""
    track: str
    """The name of its top track, or V1, V2 ... where that has none."""
    lane: tuple[int, ...]
    """Top track and tracks inside compound clips, each counted from the bottom; a greater lane lies above a lesser."""
    record: tuple[Frames, Frames] | None
    """First frame, and frame after the last, that it holds in the timeline without transitions; None: trimmed away."""
    head: Frames
    """What is shown before its source range starts (negative: a transition) or cut off its start (positive)."""
    tail: Frames
    """The same after its end: positive is shown, negative cut off."""
    blockers: tuple[str, ...]
    """Why nothing inside what encloses it can be sent, each a clause."""
    enabled: bool
    """Whether it and everything around it is enabled."""
    is_sound: bool = False
    """Whether it lies on a sound track inside a compound clip."""
    is_key: bool = False
    """Whether it is a still that carries a `comet:key` marker: a keyframe of what is under it, never a clip to send."""
    is_laid_take: bool = False
    """Whether it is a take that lies above its original; then the original is what markers and selections mean."""
    shows_take: bool = False
    """Whether its active reference is media of ours."""
    markers: tuple[MarkerFacts, ...] = ()
    """Its own markers, read."""


@dataclass(slots=True)
class MarkedItem:
    """A track, compound clip or whole timeline that carries markers."""

    item: Any
    """The OTIO item."""
    lane: tuple[int, ...]
    """Its lanes begin with this; empty for the timeline itself."""
    offset: Frames
    """What to add to a number of the item's own space for a frame of the timeline."""
    shown: tuple[Frames, Frames]
    """The frames of the timeline that it holds."""
    is_gap: bool = False
    """Whether there is no picture under its markers."""


@dataclass(slots=True)
class Cut:
    """One timeline, laid out."""

    name: str
    rate: Fraction
    start: int
    """The timeline's first frame as its timecode counts it."""
    has_timeline: bool = True
    clips: list[ClipPlace] = field(default_factory=list)
    marked: list[MarkedItem] = field(default_factory=list)
    tracks: list[tuple[str, Any]] = field(default_factory=list)
    """Video tracks from the bottom, each with the name to show."""
    problems: list[str] = field(default_factory=list)
    length: Frames = 0
    writers: frozenset[str] = frozenset()
    """Metadata keys of the timeline, which tell what wrote it."""

    def let_go(self) -> None:
        """Forget the clips: they hold this in turn, so that all would stay until Python looks for such circles."""
        self.clips.clear()
