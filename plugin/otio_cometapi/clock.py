"""Time as a parameter: nothing else in this package asks what time it is, or sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the road needs of time."""

    def now(self) -> float:
        """Return Unix time in seconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        time.sleep(seconds)


def utc_text(moment: float) -> str:
    """Return a Unix time as people of any place read it: ``2026-05-01 12:47 UTC``."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def utc_iso(moment: float) -> str:
    """Return a Unix time as programs read it, to the second: ``2026-05-01T12:47:00+00:00``."""
    return datetime.fromtimestamp(moment, tz=UTC).isoformat(timespec="seconds")
