"""How far every take is, in an editor's words, and how long the rest may take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from otio_cometapi.events import Event, Stage


class Step(IntEnum):
    """The steps of a take; a number is what of a whole take's bar is behind it when it begins."""

    CUTTING = 0
    SENDING = 5
    QUEUED = 10
    GENERATING = 15
    DOWNLOADING = 85
    CONFORMING = 92
    DONE = 100

    @property
    def word(self) -> str:
        """As it is shown."""
        return self.name.lower()


_WAITING = frozenset({"pending", "throttled", "not_yet", "unknown"})
"""What polls say of a task that has not begun."""


@dataclass
class TakeProgress:
    """One take on its way."""

    clip: str
    """The clips that show it."""
    step: Step = Step.CUTTING
    """Where it is."""
    share: float | None = None
    """How much of the step is done, 0 to 1, where told."""
    began: float | None = None
    """When the service began with it, by a monotonic clock; None before."""
    ended: float | None = None
    """When its output was there; None before."""
    failed: bool = False
    """Whether it will not come to an end by itself."""

    @property
    def percent(self) -> float:
        """How much of the whole is done, 0 to 100."""
        following = next((step for step in Step if step > self.step), Step.DONE)
        return self.step + (following - self.step) * (self.share or 0.0)

    @property
    def words(self) -> str:
        """The step, with the service's percentage while it generates."""
        if self.failed:
            return "needs you"
        if self.step is Step.GENERATING and self.share is not None:
            return f"{self.step.word} {self.share:.0%}"
        return self.step.word


@dataclass
class Forecast:
    """All takes of a run. Not for several threads at once."""

    takes: dict[str, TakeProgress] = field(default_factory=dict)
    """By id, in the order in which they were first heard of."""

    def heard(self, event: Event, *, now: float) -> TakeProgress | None:
        """
        Take note of an event; return the take that it is about, None where it is about none.

        Args:
            event: What happened.
            now: Seconds by a monotonic clock.
        """
        if not event.take_id:
            return None
        take = self.takes.setdefault(event.take_id, TakeProgress(event.clip.partition(", part ")[0]))
        if event.problem:
            take.failed = event.stage is not Stage.DOWNLOAD
            return take
        step, share = _step_of(event)
        if step is None or (step < take.step and step is not Step.SENDING):
            return take  # an older part's word, or one that says nothing of the way
        if step is Step.GENERATING and take.began is None:
            take.began = now
        if step >= Step.DOWNLOADING and take.ended is None:
            take.ended = now
        take.step, take.share, take.failed = step, share, False
        return take

    def seconds_left(self, *, now: float) -> float | None:
        """
        Return about how many seconds the slowest take still needs; None as long as nothing tells.

        The service works on takes side by side. One that tells its percentage is taken at its pace, the others take
        as long as those that are home took on the average, or as the slowest pace says.
        """
        open_takes = [take for take in self.takes.values() if take.step < Step.DONE and not take.failed]
        if not open_takes:
            return 0.0
        took = [
            take.ended - take.began for take in self.takes.values() if take.began is not None and take.ended is not None
        ]
        paces = [pace for take in open_takes if (pace := _pace(take, now)) is not None]
        whole = sum(took) / len(took) if took else max(paces, default=None)
        return _most(_left(take, whole, now) for take in open_takes)

    @property
    def done(self) -> int:
        """How many takes are at the end of their way."""
        return sum(take.step is Step.DONE for take in self.takes.values())


_HALVES = {
    Stage.EXPORT: (Step.CUTTING, Step.SENDING),
    Stage.DOWNLOAD: (Step.DOWNLOADING, Step.CONFORMING),
    Stage.CONFORM: (Step.CONFORMING, Step.DONE),
}
"""The step that a stage begins with, and the one that follows when it is done."""

_STANDING = {
    "EXPORTED": Step.SENDING,
    "SUBMITTING": Step.SENDING,
    "REFUSED": Step.SENDING,
    "SUBMITTED": Step.QUEUED,
    "SUCCEEDED": Step.DOWNLOADING,
    "HOME": Step.CONFORMING,
}
"""Where a take is of which a run tells that it is still to come, by the state that it names last."""


def _step_of(event: Event) -> tuple[Step | None, float | None]:
    """Return which step an event tells of, and how far it is."""
    if event.stage in _HALVES:
        begun, ended = _HALVES[event.stage]
        return (ended if event.progress == 1.0 else begun), None
    if event.stage is Stage.PLAN:
        return _STANDING.get(event.message.rpartition(" ")[2]), None
    if event.stage is Stage.SUBMIT:
        return (Step.QUEUED if event.message.startswith("sent,") else Step.SENDING), None
    if event.stage is not Stage.WATCH or event.message.startswith("no news"):
        return None, None
    if event.message == "succeeded":
        return Step.DOWNLOADING, None
    return (Step.QUEUED, None) if event.message in _WAITING else (Step.GENERATING, event.progress)


def _pace(take: TakeProgress, now: float) -> float | None:
    """Return how long the whole generation takes at its pace so far; None where that cannot be told."""
    if take.step is not Step.GENERATING or not take.share or take.began is None:
        return None
    return (now - take.began) / take.share


def _left(take: TakeProgress, whole: float | None, now: float) -> float | None:
    if take.step >= Step.DOWNLOADING:
        return 1.0  # a download and a conform: seconds
    pace = _pace(take, now)
    if pace is not None:
        return max(1.0, pace * (1 - (take.share or 0.0)))
    if whole is None:
        return None
    return max(1.0, whole - (0.0 if take.began is None else now - take.began))


def _most(found: Iterable[float | None]) -> float | None:
    known = [each for each in found if each is not None]
    return max(known, default=None)


def left_words(seconds: float | None) -> str:
    """Return a time left as people say it."""
    if seconds is None:
        return "time left not known yet"
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {seconds / 3600:.1f} h left"


def left_briefly(seconds: float | None) -> str:
    """Return the same where there is little room."""
    if seconds is None:
        return "? left"
    return f"{round(seconds)} s left" if seconds < 90 else f"{round(seconds / 60)} min left"
