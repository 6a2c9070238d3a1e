"""What a person asks of the road, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.hosts import PLACEMENTS, PRESETS, URL_STYLES, Delivery
from otio_cometapi.jobs.limits import Budget
from otio_cometapi.jobs.states import FOR_A_PERSON, TakeState, state_of
from otio_cometapi.records import Plan, PlannedTake, TakeRecord

HOSTS = tuple(PRESETS)
"""The hosts that output can be written for."""

__all__ = [
    "DEFAULT_JOB",
    "HOSTS",
    "PLACEMENTS",
    "URL_STYLES",
    "Delivery",
    "Exit",
    "FinishWish",
    "PlanOptions",
    "Reuse",
    "RunOrder",
    "RunResult",
    "SendOptions",
    "SourceWish",
    "Trouble",
    "state_of",
]

DEFAULT_JOB = "comet.cometjob"
"""The job's name where none is given: one job for a folder of versions, so that the next cut finds its takes."""

TAKE_DEADLINE_S = 24 * 3600.0
"""
How long a task is waited for after its create. Generations take minutes; tasks wait for a free slot for hours at most,
since limits count by the day; and outputs are kept for a day or two.
"""


class Reuse(StrEnum):
    """What is done with takes that another job paid for."""

    ALL = "all"
    """They serve here for nothing; one that cannot be had is named, and not bought again."""
    AT_HAND = "at-hand"
    """They serve where they can be had; the others are bought again."""
    NONE = "none"
    """They are bought again."""


@dataclass(frozen=True, slots=True)
class SourceWish:
    """What may be done to sources that cannot be sent as they are."""

    deinterlace: bool = False
    """Send one whole frame for both fields of interlaced media."""
    vfr: str = "refuse"
    """Media of varying frame rate: ``"refuse"`` it, or ``"convert"`` it to constant frames by time."""
    lut: Path | None = None
    """A .cube file that the pictures go through, for log footage."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Which clips, with what look."""

    select: tuple[str, ...] = ()
    """Such as ``"marker:GREEN"``; empty: the clips whose markers begin with ``comet:``."""
    exclude: tuple[str, ...] = ()
    """The same, for clips to leave out."""
    look: Mapping[str, object] = field(default_factory=dict)
    """The flags' part of the look: prompt, model, seed, ratio, references, moderation, takes, keyframes."""
    look_file: Path | None = None
    """A TOML or CSV file of looks."""
    prompts_from: str = ""
    """A studio's prompt source, ``"NAME"`` or ``"NAME:ARGUMENT"``; stronger than *look*, weaker than the look file."""
    handles: int | None = None
    """Frames to add on both sides; None: the default, which also yields to billing steps."""
    parts: bool = False
    """Send a shot that is longer than its model takes in parts; without it, it is left out."""
    overlap: int | None = None
    """Frames that neighbouring parts share, at least 1; None: 8."""
    media_root: Path = field(default_factory=Path)
    """Where relative media URLs begin."""
    source: SourceWish = field(default_factory=SourceWish)
    """What may be done to the sources."""
    reuse: Reuse = Reuse.ALL
    """What is done with takes that another job paid for."""


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How money may be spent and how long to wait."""

    budget: Budget | None = None
    """What the job may spend within 24 hours; None: no limit, because a person has agreed to the estimate."""
    poll_interval_s: float = 5.0
    """Seconds between two looks at one task."""
    wait_s: float | None = 3600.0
    """Seconds to wait for tasks; None: until all are final. 0: one look."""
    reuse: Reuse = Reuse.ALL
    """What is done with takes that another job paid for."""
    take_deadline_s: float = TAKE_DEADLINE_S
    """A task whose create is older gets one look a run and is waited for no more."""
    past_refusals: bool = False
    """Whether to send although moderation refused the last takes."""


@dataclass(frozen=True, slots=True)
class FinishWish:
    """How media is to be made; None: as the job was told before, else as is usual."""

    policy: str | None = None
    """The conform policy: ``"auto"`` (usual), ``"index"``, ``"time"``, ``"trim"``, ``"refuse"`` or ``"hold"``."""
    codec: str | None = None
    """``"h264"`` (usual), ``"prores"`` or ``"dnxhr"``."""
    sound: str | None = None
    """``"none"`` (usual), or ``"source"``: the source's sound of exactly the span."""
    align: bool | None = None
    """Whether an output that surely runs ahead of its source, or behind it, is moved back; usually it is only told."""
    sound_beside_timecode: bool | None = None
    """Whether the host takes sound beside a timecode track; None: as the job's host does. Not remembered."""
    dnxhr_in: str | None = None
    """What DNxHR lies in, ``"mov"`` or ``"mxf"``; None: what the job's host keeps it in. Not remembered."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One run: what is wanted, and where it goes."""

    output: Path
    """Where the relinked timeline goes."""
    job: Path
    """The job folder, made where there is none."""
    options: PlanOptions = field(default_factory=PlanOptions)
    """Which clips, with what looks."""
    send: SendOptions = field(default_factory=SendOptions)
    """Budget, and how long to wait."""
    finish: FinishWish = field(default_factory=FinishWish)
    """How media is made of the outputs."""
    source_path: str = ""
    """Where the timeline was read from; empty when it came as an object."""
    in_place: bool = False
    """Whether the timeline's object may be changed, since nobody needs it any more; else a copy gets the takes."""
    delivery: Delivery = field(default_factory=Delivery)
    """The host that the relinked timeline is for."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps one take, or the whole run, from its end."""

    message: str
    """A sentence with the clip, the cause and the next step."""
    take_id: str = ""
    """The take; empty where it concerns the run."""
    waits: bool = False
    """Whether nothing went wrong: a part waits for another one of its take."""


class Exit(IntEnum):
    """How a command ended; scripts rely on these numbers."""

    DONE = 0
    """All done."""
    NOTHING = 1
    """Nothing could be done, for good."""
    USAGE = 2
    """The command was called wrongly."""
    PARTLY = 3
    """Partly done, or something waits for a person."""
    MONEY = 4
    """Stopped for money; nothing was sent."""
    INTERRUPTED = 130
    """Interrupted by the user."""


def waits(take: PlannedTake) -> bool:
    """Tell whether a planned take stands in a ledger and is not sent before a person has decided on it."""
    return not take.seconds and take.state in FOR_A_PERSON


def exit_of(plan: Plan) -> Exit:
    """Tell how a plan ends: all that is chosen can go its way, some of it, or nothing."""
    if not plan.takes:
        return Exit.NOTHING
    return Exit.PARTLY if plan.problems or any(map(waits, plan.takes)) else Exit.DONE


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run."""

    job: Path
    """The job folder."""
    output: Path | None
    """The relinked timeline; None where none was written."""
    timeline: Any
    """The relinked timeline as an object."""
    plan: Plan | None
    """What was planned in this run; None on `resume`."""
    takes: tuple[TakeRecord, ...]
    """The takes of the timeline, as they stand at the end."""
    relinked: tuple[str, ...]
    """Names of the clips that show a take now."""
    problems: tuple[str, ...] = ()
    """What went wrong or waits, each a sentence with a next step."""
    warnings: tuple[str, ...] = ()
    """What the output's format cannot keep, each a sentence."""

    @property
    def goes_on(self) -> bool:
        """Whether `resume` can bring a take further."""
        return any(state_of(take) in _GOING_ON for take in self.takes)

    @property
    def waits(self) -> bool:
        """Whether a take waits for a person's word."""
        return any(state_of(take) in FOR_A_PERSON for take in self.takes)

    @property
    def exit(self) -> Exit:
        """Tell how the run ended."""
        states = [state_of(take) for take in self.takes]
        if states and all(state is TakeState.READY for state in states) and not self.problems:
            return Exit.DONE
        waiting = self.goes_on or TakeState.SUBMIT_UNKNOWN in states
        if self.relinked or waiting or any(state is TakeState.READY for state in states):
            return Exit.PARTLY
        return Exit.NOTHING


_GOING_ON = frozenset(TakeState) - FOR_A_PERSON - {TakeState.READY}
