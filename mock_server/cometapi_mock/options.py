"""How a simulator is set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What the command's options and the control calls set."""

    scenario: str = "ok"
    """The scenario of tasks that nothing gives another."""
    shape: str = "bare"
    """The shape of polls' answers."""
    create_shape: str = "id"
    """The shape of creates' answers."""
    strict: bool = False
    """Whether all seven fields of the service's page are required."""
    seed: int = 0
    """What ids follow from, beside bodies."""
    clock: str = "polls"
    """How time passes."""
    speed: float = 1.0
    """Virtual seconds per second, on the real clock."""
    allow_delete: bool = False
    """Whether tasks can be deleted, as upstream; the service's own pages do not say."""
    concurrency: int | None = None
    """How many tasks run at once; those above wait as THROTTLED. None: all."""
    daily_limit: int | None = None
    """How many tasks may be created in 24 virtual hours; more get HTTP 429. None: any number."""
