"""Plans: what would be sent, why, and at what price."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from otio_cometapi.records.clips import ClipKeyframe, PlacedClip
from otio_cometapi.records.looks import Look
from otio_cometapi.records.media import MediaInfo
from otio_cometapi.records.spans import Span

if TYPE_CHECKING:
    from dataclasses import dataclass as numerous
else:
    from otio_cometapi.records.numerous import numerous


@dataclass(frozen=True, slots=True)
class ShotUse:
    """One clip that shows a shot."""

    clip_index: int
    """`SurveyedClip.index`."""
    clip_name: str
    """The clip's name."""
    visible: Span
    """The file's frames that the cut shows there."""
    origin: int
    """The number that the file's first frame has in this clip's space."""
    reference_rate: float
    """The rate to write the new reference's available range in."""
    source_key: str
    """Key of the reference that is the source."""

    @classmethod
    def of(cls, clip: PlacedClip) -> ShotUse:
        """Return how a placed clip shows its file."""
        return cls(
            clip_index=clip.clip.index,
            clip_name=clip.clip.name,
            visible=clip.visible,
            origin=clip.origin,
            reference_rate=clip.reference_rate,
            source_key=clip.source_key,
        )

    def number_of(self, frame: int) -> int:
        """Return the number that a frame of the file has in this clip's space."""
        return self.origin + frame


@dataclass(frozen=True, slots=True)
class Shot:
    """A unique span of one media file to be sent; several clips may share one."""

    info: MediaInfo
    """The source file."""
    span: Span
    """The frames to be sent, handles included."""
    look: Look
    """What is asked for."""
    uses: tuple[ShotUse, ...]
    """The clips that show it, at least one."""
    pad_frames: int = 0
    """Held frames to add at the end, so that the model accepts it."""
    slowdown: int = 1
    """The source's rate is divided by this on the wire, so that the model sees every frame."""
    notes: tuple[str, ...] = ()
    """What `plan` says of it, each a sentence."""
    takes: int = 1
    """How many generations are asked for."""
    parts: tuple[Span, ...] = ()
    """What each task is sent, in order, where the span is too long for one; empty: one task is sent all of it."""
    guided: bool = False
    """Whether every part after the first goes by a frame of the output before it."""

    @property
    def part_spans(self) -> tuple[Span, ...]:
        """What each task is sent; at least one."""
        return self.parts or (self.span,)

    @property
    def seams(self) -> tuple[Span, ...]:
        """The source frames that two parts have, one run between every two neighbours."""
        return tuple(first.shared(second) for first, second in itertools.pairwise(self.parts))

    @property
    def part_seconds(self) -> tuple[Fraction, ...]:
        """Seconds of video that each task is sent, and is paid for."""
        counts = [part.frame_count for part in self.part_spans]
        counts[-1] += self.pad_frames
        return tuple(count / self.wire_rate for count in counts)

    @property
    def wire_rate(self) -> Fraction:
        """Frames per second of what is sent."""
        return self.span.rate / self.slowdown

    @property
    def wire_seconds(self) -> Fraction:
        """Seconds of video that are sent, and paid for; frames where parts overlap are sent with both."""
        return sum(self.part_seconds, Fraction(0))


@dataclass(frozen=True, slots=True)
class PlannedTake:
    """One generation of one shot with one look, with its identity."""

    take_id: str
    """Identity: shot, look and take number."""
    shot_id: str
    """Identity: media, span and what changes the picture."""
    look_id: str
    """Identity of the look, as this take number of it."""
    fingerprint: str
    """Identity of the media file."""
    shot: Shot
    """What is sent, and which clips of this timeline show it."""
    look: Look
    """The look with its seed settled."""
    number: int
    """Take number, from 1."""
    seconds: Fraction
    """Seconds of video that this take would pay for now; 0 when it is paid already."""
    usd: Fraction | None
    """Assumed price of that; None where no price is known."""
    state: str = ""
    """Where a take that a ledger has already stands, a `TakeState` value; empty for a new one."""
    paid_in: str = ""
    """The other job that paid for it, for people; empty where this one does or did."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Where one part of a take gives way to the next, as a clip sees it."""

    frame: int
    """Number of its first frame in clip space."""
    timecode: str
    """The same as timecode."""
    frame_count: int
    """Frames that both parts show, cross-faded."""


@numerous(frozen=True, slots=True)
class PlannedClip:
    """One clip's line in the plan."""

    index: int
    """`SurveyedClip.index`."""
    name: str
    """The clip's name."""
    track: str
    """The track's name."""
    record_timecode: str
    """Where it starts in the timeline."""
    selected: bool
    """Whether a take stands for it."""
    reason: str
    """Why it is selected, or why it is left out; never empty."""
    source_timecode: str = ""
    """First source frame shown, in clip space."""
    frame_count: int = 0
    """Frames shown."""
    source_key: str = ""
    """Key of the reference that is the source."""
    take_ids: tuple[str, ...] = ()
    """Takes that stand for it."""
    seams: tuple[Seam, ...] = ()
    """Where parts of those takes meet within what the clip shows; empty where they have one part."""
    keyframes: tuple[ClipKeyframe, ...] = ()
    """Images that stand for moments of it."""
    warnings: tuple[str, ...] = ()
    """What the editor should know, each a sentence."""


@dataclass(frozen=True, slots=True)
class PriceAssumption:
    """What the price of a model rests on; never the service's word."""

    model: str
    """The model's id."""
    usd_per_second: Fraction | None
    """Dollars for a second of video; None: not known."""
    min_usd: Fraction | None
    """The smallest price of a task; None: none is known."""
    source: str
    """Who says so; empty where no price is known, or a user's table names nobody."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done with one timeline."""

    timeline_name: str
    """The timeline's name."""
    clips: tuple[PlannedClip, ...]
    """Every clip on a video track, in the timeline's order."""
    takes: tuple[PlannedTake, ...]
    """Every take that stands for a selected clip, new and old."""
    problems: tuple[str, ...] = ()
    """What is wrong, each a sentence with a next step."""
    prices: tuple[PriceAssumption, ...] = ()
    """What the prices of the new takes rest on, a model each."""

    @property
    def new_takes(self) -> tuple[PlannedTake, ...]:
        """The takes that would be paid for."""
        return tuple(take for take in self.takes if take.seconds)

    @property
    def seconds(self) -> Fraction:
        """Seconds of video that would be paid for."""
        return sum((take.seconds for take in self.new_takes), Fraction(0))

    @property
    def usd(self) -> Fraction | None:
        """Assumed price of that; None where a new take's price is not known."""
        prices = [take.usd for take in self.new_takes]
        known = [price for price in prices if price is not None]
        return sum(known, Fraction(0)) if len(known) == len(prices) else None
