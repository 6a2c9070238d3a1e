"""Resolve: a person decides on a take that cannot go on by itself."""

from __future__ import annotations

from otio_cometapi.jobs import attempts, decisions
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import TakeRecord


def resubmit(job: Job, take_id: str) -> TakeRecord:
    """
    Let a take be sent once more at the next `resume`; it may be paid a second time.

    Raises:
        JobError: There is no such take, or it waits for no decision.
    """
    attempts.settle_dead_owners(job.ledger)
    take = job.take(take_id)
    decisions.resubmit(job.ledger, take)
    return job.take(take.take_id)


def adopt(job: Job, take_id: str, *, task_id: str) -> TakeRecord:
    """
    Follow the task with that id as the take's own.

    Raises:
        JobError: There is no such take, it waits for no decision, or the task is another take's.
    """
    attempts.settle_dead_owners(job.ledger)
    take = job.take(take_id)
    decisions.adopt(job.ledger, take, task_id.strip())
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
