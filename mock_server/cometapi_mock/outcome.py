"""What a request gets, before it is HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Answer
from .scenarios import Fault
from .tasks import Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request gets."""

    answer: Answer
    """The answer."""
    fault: Fault | None = None
    """What happens to it on its way."""
    task: Task | None = None
    """The task that it is about."""
    body_sha256: str = ""
    """Identity of the body that came, for a create."""
