"""Contact sheets: what a person sees of a job's clips and takes, without a path or a secret."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from otio_cometapi.records.reviews import UNSEEN, Review, SaidWord


@dataclass(frozen=True, slots=True)
class SheetTake:
    """One take as one clip shows it."""

    take_id: str
    """The take."""
    number: int
    """Take number, from 1."""
    state: str
    """Where it stands, a `TakeState` value."""
    meaning: str
    """What that means and what to do, a sentence."""
    prompt: str
    """What the model was asked to do."""
    model: str
    """Model id."""
    seed: int | None
    """The seed that was sent."""
    cost: str
    """What it cost, for people."""
    message: str = ""
    """The last thing worth telling, for people at this machine; it may name files."""
    progress: float | None = None
    """0 to 1 while its task runs, where told."""
    images: tuple[str, ...] = ()
    """File names of the images that guided it."""
    flags: tuple[str, ...] = ()
    """What a person should know of its output before using it, each a sentence."""
    policy: str = ""
    """How its output was made to fit."""
    first_number: int = 0
    """Number of the first frame of its media in clip space."""
    media_frames: int = 0
    """Frames of its media, and of the original beside it."""
    head: int = 0
    """Frames of its media before the first one that the cut shows."""
    original_key: str = ""
    """Names the original's frames for it."""
    media_key: str = ""
    """Names its media; empty without any."""
    thumbnail_key: str = ""
    """Names a small picture of it, or of the original."""
    review: Review = UNSEEN
    """What people decided."""
    said: tuple[SaidWord, ...] = ()
    """All that they said on the way there, oldest first."""


@dataclass(frozen=True, slots=True)
class SheetClip:
    """One clip of the timeline and its takes."""

    index: int
    """`SurveyedClip.index`."""
    name: str
    """The clip's name."""
    track: str
    """The track's name."""
    record_in: str
    """Timecode of its first frame in the timeline; empty where nothing of it is seen there."""
    record_out: str
    """Timecode of the frame after its last."""
    source: str
    """The source file's name."""
    rate: Fraction
    """Frames per second of the source."""
    drop_frame: bool
    """Whether its timecode is drop-frame."""
    first_number: int
    """Number of the first frame that the cut shows, in clip space."""
    frame_count: int
    """Frames that the cut shows."""
    shown: str
    """The take that `relink` would show; empty: the original."""
    takes: tuple[SheetTake, ...]
    """Its takes, by number."""


@dataclass(frozen=True, slots=True)
class SheetTimeline:
    """One of the job's timelines that the page can show."""

    timeline_id: int
    """Its number in the job."""
    name: str
    """Its name."""
    facts: str
    """What tells it from others of its name: its file's name and when the job was given it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that the review page shows of one timeline of a job."""

    job: str
    """The job folder's name."""
    timeline: str
    """The timeline's name."""
    clips: tuple[SheetClip, ...]
    """The clips that have takes, in the timeline's order."""
    strip: str = ""
    """A picture of the timeline, as SVG text; empty for none."""
    timeline_id: int = 0
    """The timeline's number in the job."""
    timelines: tuple[SheetTimeline, ...] = ()
    """What can be shown instead, this one among them, the newest first."""
