"""Resolve: a person decides on a take that cannot go on by itself."""

from __future__ import annotations

from otio_cometapi.jobs import attempts, decisions
from otio_cometapi.pipeline.job import Job
from otio_cometapi.records import TakeRecord


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
