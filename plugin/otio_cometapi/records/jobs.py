"""What a job's ledger tells of its takes, parts and timelines."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from fractions import Fraction

from otio_cometapi.records.looks import Look
from otio_cometapi.records.media import Conformed, Export, MediaInfo
from otio_cometapi.records.reviews import UNSEEN, Review
from otio_cometapi.records.spans import Span


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A piece of a take that is one remote task."""

    take_id: str
    """The take it belongs to."""
    number: int
    """From 1; most takes have one part."""
    state: str
    """A `PartState` value."""
    task_id: str = ""
    """The remote job's id; empty before it is known."""
    output_path: str = ""
    """Where the output lies, relative to the job folder; empty before it is home."""
    message: str = ""
    """The last thing worth telling: a failure, a refusal, what is unknown."""
    not_before: float = 0.0
    """Unix time before which no new attempt may be made."""
    submitted_at: float = 0.0
    """Unix time of the create that was answered; 0.0 before."""
    progress: float | None = None
    """0 to 1 while the task runs, where told."""
    remote_status: str = ""
    """The task's status at the last poll."""
    cost_credits: float | None = None
    """What the task cost, where told."""
    export: Export | None = None
    """The file that was sent; None before it is made."""


@dataclass(frozen=True, slots=True)
class TakeRecord:
    """A take as the ledger knows it."""

    take_id: str
    """Identity."""
    shot_id: str
    """Identity of what is sent."""
    look_id: str
    """Identity of what is asked for, as this take number of it."""
    fingerprint: str
    """Identity of the source file."""
    info: MediaInfo
    """The source file, as measured when the take was planned."""
    span: Span
    """The source frames that were sent."""
    pad_frames: int
    """Held frames added at the end."""
    slowdown: int
    """The source's rate is divided by this on the wire."""
    look: Look
    """What was asked for, the seed settled."""
    number: int
    """Take number, from 1."""
    seconds: Fraction
    """Seconds of video paid for, over all parts."""
    clip_names: tuple[str, ...]
    """Names of the clips that show it, over all timelines of the job."""
    parts: tuple[PartRecord, ...]
    """Its parts, in order; at least one."""
    media: tuple[Conformed, ...] = field(default=())
    """Conformed media, one for every clip-space start it is used with."""
    spans: tuple[Span, ...] = field(default=())
    """The source frames of every part; empty where one part has them all."""
    guided: bool = False
    """Whether every part after the first goes by a frame of the output before it."""
    paid_in: str = ""
    """The other job that paid for it, for people; empty for a job's own."""

    @property
    def wire_rate(self) -> Fraction:
        """Frames per second of what is sent."""
        return self.span.rate / self.slowdown

    def span_of(self, part: PartRecord) -> Span:
        """Return the source frames that a part was sent."""
        return self.spans[part.number - 1] if self.spans else self.span

    def pad_of(self, part: PartRecord) -> int:
        """Return the held frames at the end of what a part was sent; only the last one may have any."""
        return self.pad_frames if part.number == len(self.parts) else 0

    def seconds_of(self, part: PartRecord) -> Fraction:
        """Return the seconds of video that a part is paid for."""
        return (self.span_of(part).frame_count + self.pad_of(part)) / self.wire_rate

    def before(self, part: PartRecord) -> PartRecord | None:
        """Return the part before, None for the first."""
        return self.parts[part.number - 2] if part.number > 1 else None

    @property
    def seams(self) -> tuple[Span, ...]:
        """The source frames that two parts have, one run between every two neighbours."""
        return tuple(first.shared(second) for first, second in itertools.pairwise(self.spans))


@dataclass(frozen=True, slots=True)
class CreateRecord:
    """One create that was sent or about to be, as the ledger keeps it for ever."""

    take_id: str
    """The take."""
    part: int
    """Its part."""
    opened_at: float
    """Unix time of the intention, which is on disk before the create leaves."""
    closed_at: float | None
    """Unix time of the answer's entry; None while it is awaited."""
    outcome: str
    """``"open"`` or a `SubmitOutcome` value."""
    http_status: int | None
    """Status of the answer; None where none came."""
    task_id: str
    """The task it made, where known."""
    message: str
    """What was answered, or what went wrong."""
    body_sha256: str
    """Hash of the exact body."""


@dataclass(frozen=True, slots=True)
class TimelineRecord:
    """A timeline that the job was given."""

    timeline_id: int
    """Its number in the job."""
    name: str
    """The timeline's name."""
    added_at: float
    """Unix time."""
    path: str
    """Where the job keeps it (as .otio), relative to the job folder."""
    source_path: str
    """Where it was read from; empty when it came as an object."""


@dataclass(frozen=True, slots=True)
class Link:
    """One clip that is to show one conformed medium."""

    clip_index: int
    """`SurveyedClip.index`."""
    media: Conformed
    """What to show."""
    reference_rate: float
    """The rate to write the available range in."""
    source_key: str
    """Key of the reference that is the source."""
    take: TakeRecord
    """Where it comes from."""
    clip_name: str = ""
    """The clip's name."""
    source_timecode: str = ""
    """The source file's own timecode at the span's start, where it differs from clip space."""
    review: Review = UNSEEN
    """What people decided on the take on this clip."""
