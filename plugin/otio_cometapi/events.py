"""Progress, told as it happens. The command line prints it; Python callers pass a callback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where on the road an event happened."""

    PLAN = "plan"
    EXPORT = "export"
    SUBMIT = "submit"
    WATCH = "watch"
    DOWNLOAD = "download"
    CONFORM = "conform"
    RELINK = "relink"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened on the road."""

    stage: Stage
    """Where."""
    message: str
    """What, a sentence in the user's words, without secrets."""
    take_id: str = ""
    """The take it concerns; empty where it concerns the whole run."""
    clip: str = ""
    """Names of the clips it concerns."""
    progress: float | None = None
    """0 to 1 within this stage, where known."""
    problem: bool = False
    """Whether a person should look at it."""


Listener = Callable[[Event], None]
"""Receives every event, possibly from several threads."""


def ignore(event: Event) -> None:
    """Listen to nothing."""
