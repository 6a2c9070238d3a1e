"""Tasks: the remote side of the road, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class TaskStatus(StrEnum):
    """Where a remote task stands."""

    PENDING = "PENDING"
    """Accepted, waiting to start."""
    THROTTLED = "THROTTLED"
    """Accepted and stored; waits for a free slot of the account. Never to be created again."""
    RUNNING = "RUNNING"
    """Being generated."""
    SUCCEEDED = "SUCCEEDED"
    """Finished, with an output to download."""
    FAILED = "FAILED"
    """Finished without an output."""
    CANCELLED = "CANCELLED"
    """Ended by someone's wish."""
    UNKNOWN = "UNKNOWN"
    """A word this version does not know; treated as still running."""
    NOT_YET = "NOT_YET"
    """The service does not find the task (yet): right after a create this means wait."""
    GONE = "GONE"
    """The service says that the task does not exist, after the time in which that can mean "not yet"."""

    @property
    def is_final(self) -> bool:
        """Whether the task will not move again."""
        return self in (TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.GONE)


@dataclass(frozen=True, slots=True)
class TaskSnapshot:
    """What one poll of a task told."""

    task_id: str
    """The remote job's id."""
    status: TaskStatus
    """Where it stands."""
    progress: float | None = None
    """0 to 1 while running, where the service tells it."""
    output_urls: tuple[str, ...] = field(default=(), repr=False)
    """Signed URLs of the outputs; they expire, and their queries are secret."""
    failure: str = ""
    """The service's sentence about a failure."""
    failure_code: str = ""
    """Such as ``"SAFETY.INPUT.TEXT"``; often empty."""
    cost_credits: float | None = None
    """What the task cost in the upstream's credits, where the service tells it."""
    remote_word: str = ""
    """The status word as it stood on the wire."""


class SubmitOutcome(StrEnum):
    """How a create ended, as far as money is concerned."""

    ACCEPTED = "accepted"
    """A task exists and its id is known."""
    REFUSED = "refused"
    """No task exists; the same request would be refused again."""
    REFUSED_FOR_NOW = "refused_for_now"
    """No task exists; the same request may be sent later (429, connection refused)."""
    STOP_RUN = "stop_run"
    """No task exists; every other request would be refused too (key, credit, wrong address)."""
    AMBIGUOUS = "ambiguous"
    """A task may exist and may be charged; only a person may send this again."""


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """What is known after a create was sent once."""

    outcome: SubmitOutcome
    """What it means for money."""
    task_id: str = ""
    """The new task's id; empty unless accepted."""
    estimated_credits: float | None = None
    """The upstream's own estimate, where told."""
    http_status: int | None = None
    """The status of the answer; None when none came."""
    message: str = ""
    """What to show: the service's words without secrets, or what went wrong on the wire."""
    code: str = ""
    """The service's error code, such as ``"model_not_found"``."""
    retry_after_s: float | None = None
    """How long the service asks to wait, in seconds."""
    next_step: str = ""
    """What the user can do."""
    day_limit: bool = False
    """Whether the account's generations of a day are used up."""
    moderated: bool = False
    """Whether moderation refused it."""


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task as the account's own list tells of it."""

    task_id: str
    """The remote job's id."""
    created_at: float
    """Unix time of its create, by the service's clock."""
    status: str = ""
    """The service's word."""
    action: str = ""
    """What kind of task it is, in the service's words."""
    model: str = ""
    """The model, where the list names it."""
    usd: float | None = None
    """What it cost, where the list tells."""
