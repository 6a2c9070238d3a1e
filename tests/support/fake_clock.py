"""A clock that stands still until it is told to sleep, and remembers how long."""

from __future__ import annotations


class FakeClock:
    """Time as the test says."""

    def __init__(self, now: float = 1_780_000_000.0) -> None:
        self.time = now
        self.sleeps: list[float] = []

    def now(self) -> float:
        """Return Unix time in seconds."""
        return self.time

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self.sleeps.append(seconds)
        self.time += seconds
