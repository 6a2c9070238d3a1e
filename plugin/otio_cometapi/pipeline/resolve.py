"""Resolve: a person decides on a take that cannot go on by itself."""

from __future__ import annotations

from dataclasses import dataclass

from otio_cometapi.comet.client import Timeouts
from otio_cometapi.comet.task_list import listed_tasks, may_be
from otio_cometapi.errors import SettingsError
from otio_cometapi.jobs import attempts, decisions
from otio_cometapi.jobs.states import FOR_A_PERSON, TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.status import creates_of
from otio_cometapi.records import CreateRecord, ListedTask, SubmitOutcome, TakeRecord
from otio_cometapi.settings import Settings

SLACK_S = 120.0
"""How far the service's clock and ours may be apart; both are usually within a second of the true time."""

LIMITS = (
    "The list tells when a task was made, not of which picture: of two creates in one minute it cannot say which is "
    "which, and a task that is missing there may still exist. Nothing is decided by it: look at a task in the "
    "service's console, then name it with --task-id."
)
"""What the account's task list cannot tell."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """A create without a clear answer, and the tasks that may stand behind it."""

    take: TakeRecord
    """The take."""
    create: CreateRecord
    """Its last create."""
    tasks: tuple[ListedTask, ...]
    """Tasks of the account that no take of the job has, made about that time with that model; oldest first."""
    complete: bool
    """Whether the whole list of that time was read."""


def waiting(job: Job) -> tuple[TakeRecord, ...]:
    """Return the takes that wait for a person, those of an unknown create first."""
    attempts.settle_dead_owners(job.ledger)
    found = [take for take in job.takes() if state_of(take) in FOR_A_PERSON]
    return tuple(sorted(found, key=lambda take: state_of(take) is not TakeState.SUBMIT_UNKNOWN))


def candidates(job: Job, *, settings: Settings, take_id: str = "") -> tuple[Candidates, ...]:
    """
    Look into the account's own task list for the tasks behind creates whose answer never came.

    Decides nothing and changes nothing; `LIMITS` says what the list cannot tell.

    Args:
        job: The job.
        settings: The service's address and the account's access token.
        take_id: Only this take; empty: every take whose create is unknown.

    Raises:
        SettingsError: There is no access token.
        ApiError: The list cannot be had.
        JobError: There is no such take.
    """
    if not settings.access_token:
        raise SettingsError(
            "the account's task list needs an access token.",
            next_step="Set COMETAPI_ACCESS_TOKEN to it (from the account's settings; the API key does not open it).",
        )
    takes = (job.take(take_id),) if take_id else waiting(job)
    told = creates_of(job)
    known = decisions.tasks_known(job.ledger)
    found = []
    for take in takes:
        unknown = [each for each in told.get(take.take_id, ()) if each.outcome == SubmitOutcome.AMBIGUOUS]
        if state_of(take) is not TakeState.SUBMIT_UNKNOWN or not unknown:
            continue
        last = unknown[-1]
        # A create that died with its process was answered within the time that a create is given.
        ended = min(last.closed_at or last.opened_at, last.opened_at + Timeouts().create_s)
        listed = listed_tasks(
            settings.base_url,
            token=settings.access_token,
            since=last.opened_at - SLACK_S,
            until=ended + SLACK_S,
            clock=job.clock,
        )
        fitting = tuple(
            task for task in listed.tasks if task.task_id not in known and may_be(task, model=take.look.model)
        )
        found.append(Candidates(take, last, fitting, listed.complete))
    return tuple(found)


def resubmit(job: Job, take_id: str, *, part: int | None = None) -> TakeRecord:
    """
    Let a take be sent once more at the next `resume`; it may be paid a second time.

    Args:
        job: The job.
        take_id: The take's id, or the beginning of it.
        part: Only that part of it; None: every part that waits for a decision.

    Raises:
        JobError: There is no such take, or it waits for no decision.
    """
    attempts.settle_dead_owners(job.ledger)
    take = job.take(take_id)
    decisions.resubmit(job.ledger, take, part=part)
    return job.take(take.take_id)


def adopt(job: Job, take_id: str, *, task_id: str, part: int | None = None) -> TakeRecord:
    """
    Follow the task with that id as the take's own, or as that part's.

    Raises:
        JobError: There is no such take, it waits for no decision, or several parts of it do, or the task is another's.
    """
    attempts.settle_dead_owners(job.ledger)
    take = job.take(take_id)
    decisions.adopt(job.ledger, take, task_id.strip(), part=part)
    return job.take(take.take_id)


def abandon(job: Job, take_id: str) -> TakeRecord:
    """
    Give a take up.

    Raises:
        JobError: There is no such take, or it waits for no decision.
    """
    attempts.settle_dead_owners(job.ledger)
    take = job.take(take_id)
    decisions.abandon(job.ledger, take)
    return job.take(take.take_id)
