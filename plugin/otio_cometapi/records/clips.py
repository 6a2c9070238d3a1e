"""Clips of a timeline, as far as the road needs to know them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from otio_cometapi.records.looks import Look
from otio_cometapi.records.media import MediaInfo
from otio_cometapi.records.sequences import SequenceSpec
from otio_cometapi.records.spans import Span

if TYPE_CHECKING:
    from dataclasses import dataclass as numerous
else:
    from otio_cometapi.records.numerous import numerous


@dataclass(frozen=True, slots=True)
class ClipRange:
    """A run of frames in clip space, in the numbers that `source_range` counts in."""

    start: int
    """First frame's number; may be far from 0, or below it."""
    frame_count: int
    """How many frames."""
    rate: Fraction
    """Frames per second, snapped to the SMPTE rate it stands for."""

    @property
    def end(self) -> int:
        """Number of the frame after the last one."""
        return self.start + self.frame_count


@dataclass(frozen=True, slots=True)
class SourceCandidate:
    """One media reference that may be the clip's source."""

    key: str
    """The reference's key on the clip."""
    path: str | None
    """Absolute path of the file; None where there is none."""
    available: ClipRange | None = None
    """The reference's available range, snapped and rounded; None where it has none."""
    reference_rate: float = 0.0
    """The rate of its available range as the timeline writes it; 0.0 without one."""
    sequence: SequenceSpec | None = None
    """The files, where it is an image sequence; *path* is then their `label`."""
    problem: str = ""
    """Why it cannot be the source, a clause; empty where nothing speaks against it so far."""


@dataclass(frozen=True, slots=True)
class ClipKeyframe:
    """An image that stands for a moment of a clip."""

    image: str
    """Absolute path of a local file, or a URL."""
    frame: int
    """The source frame that the clip shows then, in clip space, at the rate of its range."""
    timecode: str
    """The moment in the timeline."""


@numerous(frozen=True, slots=True)
class SurveyedClip:
    """What the timeline alone tells of one clip on a video track."""

    index: int
    """Its place among all clips of the timeline's video tracks, as `find_clips()` finds them; from 0."""
    name: str
    """The clip's name."""
    track: str
    """The track's name, or V1, V2 ... counted from the bottom where it has none."""
    record_timecode: str
    """Where it starts in the timeline, as timecode that counts from the timeline's start."""
    record_frames: tuple[int, int]
    """First frame and frame count in the timeline, at its rate, counted from its start timecode."""
    selected: bool
    """Whether its picture is to be sent, as far as the timeline tells."""
    reason: str
    """Why it is selected, or why it is not; never empty."""
    visible: ClipRange | None = None
    """What the cut shows of it, transitions included; None where that cannot be told."""
    speed: Fraction = Fraction(1)
    """Source frames shown a frame; below zero it plays backwards. `visible` holds every source frame that it shows."""
    guard: tuple[int, int] = (0, 0)
    """Frames before and after `visible` that a host may mix in at that speed; sent where the media has them."""
    clip_rate: float = 0.0
    """The rate of its source range as the timeline writes it; 0.0 without one."""
    candidates: tuple[SourceCandidate, ...] = ()
    """Its media references, the active one first, never one of ours."""
    look: Look | None = None
    """What is asked for; None where it is not selected."""
    takes: int = 1
    """How many takes its look asks for."""
    keyframes: tuple[ClipKeyframe, ...] = ()
    """Images that stand over it, in the order of their frames."""
    warnings: tuple[str, ...] = ()
    """What the editor should know, each a sentence."""


@dataclass(frozen=True, slots=True)
class PlacedClip:
    """A selected clip whose frames are known: clip space laid onto one media file."""

    clip: SurveyedClip
    """The clip."""
    source_key: str
    """Key of the reference that is the source."""
    info: MediaInfo
    """The source file."""
    visible: Span
    """The file's frames that the cut shows."""
    origin: int
    """The number that the file's first frame has in clip space, at the source's rate."""
    reference_rate: float
    """The rate to write the new reference's available range in: the source reference's."""
    notes: tuple[str, ...] = ()
    """What `plan` says of the choice, each a sentence."""

    def number_of(self, frame: int) -> int:
        """Return the number that a frame of the file has in this clip's space."""
        return self.origin + frame
