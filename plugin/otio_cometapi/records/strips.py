"""Strips: a timeline as a picture of what was replaced, what is on its way, what failed and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class StripState(StrEnum):
    """What an editor sees at a glance of one clip."""

    REPLACED = "replaced"
    """A finished take stands for it."""
    PENDING = "pending"
    """A take is asked for and not finished."""
    FAILED = "failed"
    """Its take waits for a person, or came to nothing."""
    LEFT_OUT = "left out"
    """No take was asked for."""


@dataclass(frozen=True, slots=True)
class StripSegment:
    """One clip of a strip."""

    start: int
    """Number of its first frame in the timeline, at the strip's rate, the timeline's start timecode counted in."""
    end: int
    """Number of the frame after its last."""
    state: StripState
    """How it stands."""
    clip: str
    """The clip's name."""
    track: str
    """The track's name, one of the strip's."""
    note: str = ""
    """A sentence on it: the prompt, the cause of a failure, why it is left out."""
    href: str = ""
    """Where a click leads within the page that shows the strip, such as ``"#clip-3"``; empty: nowhere."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A timeline, ready to be drawn."""

    title: str
    """The timeline's name."""
    rate: Fraction
    """Frames per second that the numbers count in."""
    tracks: tuple[str, ...]
    """Names of the video tracks, the lowest first."""
    segments: tuple[StripSegment, ...]
    """The clips, in any order."""
    drop_frame: bool = False
    """Whether the timecode skips numbers."""
