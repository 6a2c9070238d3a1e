"""Virtual time: what o'clock the simulator believes it is, and how old a task is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

EPOCH_S = 1_777_593_600
"""Unix time at which every simulator starts: 2026-05-01T00:00:00Z."""

SECONDS_PER_POLL = 5
"""What one poll is worth on the poll clock: the service updates a task no faster."""

CLOCK_KINDS = ("polls", "virtual", "real")
"""By counting polls (deterministic), by control calls alone, or by the machine's own clock."""

_CHINA = timezone(timedelta(hours=8))


@dataclass
class MockClock:
    """Seconds since the simulator's start, in one of three ways of counting."""

    kind: str = "polls"
    """One of `CLOCK_KINDS`."""
    speed: float = 1.0
    """Virtual seconds per real second; counts on the real clock only."""
    advanced_s: float = 0.0
    """Seconds that control calls have added."""
    polls: int = 0
    """Polls of all tasks together."""
    _started: float = field(default_factory=time.monotonic, repr=False)

    def now(self) -> float:
        """Return virtual seconds since the start."""
        if self.kind == "polls":
            return self.advanced_s + SECONDS_PER_POLL * self.polls
        if self.kind == "real":
            return self.advanced_s + (time.monotonic() - self._started) * self.speed
        return self.advanced_s

    def polled(self) -> None:
        """Count one poll."""
        self.polls += 1

    def advance(self, seconds: float) -> None:
        """Move time on by so many virtual seconds."""
        self.advanced_s += seconds

    def task_age(self, *, created_s: float, advanced_at_create_s: float, polls: int) -> float:
        """
        Return how many virtual seconds a task has lived.

        On the poll clock a task ages by its own polls and by control calls, never by the polls of others, so that
        what a client sees of one task does not depend on how many it watches.
        """
        if self.kind == "polls":
            return self.advanced_s - advanced_at_create_s + SECONDS_PER_POLL * polls
        return self.now() - created_s

    def restore(self, now_s: float, *, polls: int, advanced_s: float) -> None:
        """Go on from a moment that a snapshot recorded."""
        self.polls = polls
        self.advanced_s = advanced_s
        if self.kind == "real":
            self.advanced_s = now_s
            self._started = time.monotonic()


def utc_text(virtual_s: float) -> str:
    """Return a moment as the bare shape writes it: ``2026-05-01T12:47:47.351Z``."""
    moment = datetime.fromtimestamp(EPOCH_S + virtual_s, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def china_text(virtual_s: float) -> str:
    """Return a moment as the gateway writes it: ``2026-03-13T09:52:46+08:00``."""
    return datetime.fromtimestamp(EPOCH_S + int(virtual_s), tz=_CHINA).isoformat()


def unix_seconds(virtual_s: float) -> int:
    """Return a moment in whole Unix seconds."""
    return EPOCH_S + int(virtual_s)
