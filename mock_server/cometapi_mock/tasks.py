"""Tasks as the simulator keeps them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .grade import Grade
from .lifecycle import Moment, Stage, moment_at
from .render import Delivery, delivery_of
from .scenarios import Scenario

CREDITS = {"gen4_aleph": 75.0, "aleph2": 140.0}
"""What the simulated upstream charges for a task: five seconds at its price a second."""


@dataclass(slots=True)
class Link:
    """One signed address of an output."""

    token: str
    """What stands in its query."""
    expires_s: float
    """When it stops working, in virtual seconds."""


@dataclass(slots=True)
class Task:
    """One generation."""

    id: str
    """Its id."""
    number: int
    """Its place among all tasks, from 1."""
    body_sha256: str
    """Identity of the body that created it."""
    nth: int
    """Which create of that body it is, from 1."""
    model: str
    """The model that was asked for."""
    prompt: str
    """The prompt."""
    seed: int | None
    """The seed, if one was sent."""
    scenario: Scenario
    """How it goes."""
    shape: str | None
    """Shape of its poll answers; None: the server's."""
    source: Path
    """The video that it transforms."""
    grade: Grade
    """How it transforms it."""
    created_s: float
    """When it was created, in virtual seconds."""
    advanced_at_create_s: float
    """What control calls had added to the time by then."""
    polls: int = 0
    """How often it was asked about."""
    waited_s: float | None = 0.0
    """How long it waited for a free slot before it started; None: it still waits."""
    file_requests: Counter[str] = field(default_factory=Counter)
    """How often its outputs were asked for, by HTTP method."""
    last_poll_s: float | None = None
    """When it was last asked about, in virtual seconds."""
    deleted: bool = False
    """Whether a client deleted it."""
    forced: Stage | None = None
    """A final stage that overrides its scenario."""
    forced_age_s: float = 0.0
    """The age at which it was forced."""
    output: Future[Path] | None = field(default=None, repr=False)
    """The output in the making."""
    links: dict[int, list[Link]] = field(default_factory=dict, repr=False)
    """Addresses given so far, by number of the output."""

    @property
    def credits(self) -> float:
        """The full price of the task."""
        return CREDITS.get(self.model, 75.0)

    @property
    def delivery(self) -> Delivery:
        """The form in which its output is delivered."""
        return delivery_of(self.scenario.output)

    def moment(self, age_s: float) -> Moment:
        """Return where it stands at an age in virtual seconds."""
        natural = moment_at(self.scenario.stages, age_s - (self.waited_s or 0.0))
        if self.forced is None:
            return natural
        return Moment(self.forced, None, natural.started_s, self.forced_age_s)


def body_digest(body: dict[str, Any]) -> str:
    """Return the identity of a create's body: the same for equal JSON, whatever the order of its keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def task_id_for(*, server_seed: int, digest: str, nth: int) -> str:
    """Return a task's id: it follows from the server's seed, the body and how often that body came."""
    raw = hashlib.sha256(f"{server_seed}:{digest}:{nth}".encode()).digest()
    return str(uuid.UUID(bytes=raw[:16], version=4))


def link_token(task_id: str, index: int, nth: int) -> str:
    """Return the secret part of an output's address."""
    return hashlib.sha256(f"{task_id}:{index}:{nth}".encode()).hexdigest()[:32]
