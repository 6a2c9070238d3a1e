"""Findings: what a look at an installation, or at the service, has shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    """As it should be."""
    NOTE = "note"
    """Works, and a person should know."""
    PROBLEM = "problem"
    """Something will not work until it is mended."""
    LEFT_OUT = "left out"
    """Was not looked at, as the message says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at, one or two words; the same words every time."""
    level: Level
    """How it is."""
    message: str
    """What was found, a sentence."""
    next_step: str = ""
    """What to do, a sentence; never empty with a problem."""


class Reply(StrEnum):
    """What stands at an address."""

    SERVICE = "service"
    """It speaks as the service does."""
    PAGE = "page"
    """It answers with a web page."""
    REDIRECT = "redirect"
    """It sends elsewhere."""
    STRANGER = "stranger"
    """It answers something else."""
    NONE = "none"
    """Nothing usable came back."""


class KeyVerdict(StrEnum):
    """What the service says of a key."""

    ACCEPTED = "accepted"
    """It let the question through."""
    REFUSED = "refused"
    """It turned it away."""
    UNKNOWN = "unknown"
    """It was not asked, or did not say."""


@dataclass(frozen=True, slots=True)
class ServiceLook:
    """What one question to the service has shown; nothing was created, changed or charged."""

    url: str
    """The address that was asked, without a path."""
    reply: Reply
    """What stands there."""
    key: KeyVerdict
    """What it says of the key."""
    status: int = 0
    """HTTP status; 0 where nothing came back."""
    said: str = ""
    """What it said, or what went wrong on the way, a clause; never the key."""
    clock_ahead_s: float | None = None
    """Seconds by which this machine's clock is ahead of the service's; None where it did not say its time."""
    proxy: str = ""
    """The proxy in between, without user and password; empty where there is none."""
    elsewhere: str = ""
    """Where it sends to: scheme and host; empty where it does not."""
