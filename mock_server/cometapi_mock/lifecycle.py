"""A task's life as data: stages with lengths in virtual seconds, and what shows at an age."""

from __future__ import annotations

from dataclasses import dataclass

FINAL_STATUSES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "CANCELED"})
"""Words after which a task does not move again."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of a task's life."""

    status: str
    """The bare shape's word."""
    seconds: float | None = None
    """How long it lasts; None: for good."""
    failure: str | None = None
    """The sentence of a failed task."""
    failure_code: str | None = None
    """The code of a failed task."""
    omit_code: bool = False
    """Whether `failureCode` is absent instead of null."""
    credits: float | None = None
    """What the task cost; None: its full price when it succeeded or failed, 0 when cancelled."""
    outer: str | None = None
    """The gateway's own word, where it does not follow from `status`."""
    no_output: bool = False
    """Whether a success lists no output."""
    percent: bool = False
    """Whether `progress` is told in percent."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a task shows at one age."""

    stage: Stage
    """The stage it is in."""
    progress: float | None
    """0 to 1 while RUNNING, else None."""
    started_s: float | None
    """Age at which RUNNING began; None: not yet."""
    finished_s: float | None
    """Age at which the final stage began; None: not yet."""

    @property
    def is_final(self) -> bool:
        """Whether the task will not move again."""
        return self.stage.status in FINAL_STATUSES


def moment_at(stages: tuple[Stage, ...], age_s: float) -> Moment:
    """Return what a task with these stages shows at an age in virtual seconds."""
    begun = 0.0
    started: float | None = None
    for position, stage in enumerate(stages):
        last = position == len(stages) - 1
        if stage.status == "RUNNING" and started is None:
            started = begun
        if last or stage.seconds is None or age_s < begun + stage.seconds:
            progress = _progress(stage, age_s - begun) if stage.status == "RUNNING" else None
            finished = begun if stage.status in FINAL_STATUSES else None
            return Moment(stage, progress, started, finished)
        begun += stage.seconds
    message = "a lifecycle needs at least one stage"
    raise ValueError(message)


def seconds_until_final(stages: tuple[Stage, ...]) -> float | None:
    """Return the age at which a task with these stages ends, or None if it never does."""
    total = 0.0
    for stage in stages:
        if stage.status in FINAL_STATUSES:
            return total
        if stage.seconds is None:
            return None
        total += stage.seconds
    return None


def _progress(stage: Stage, seconds_in_stage: float) -> float:
    if stage.seconds is None:
        # Never ends: creeps towards, and never reaches, the end.
        return round(seconds_in_stage / (seconds_in_stage + 60), 2)
    return round(min(seconds_in_stage / stage.seconds, 0.99), 2)
