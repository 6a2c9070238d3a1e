"""Cancel: stop what was not sent; and, when asked, tasks that wait at the service and did not begin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from otio_cometapi.comet.client import Client
from otio_cometapi.errors import JobError, PollError
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.jobs import attempts, decisions, tasks
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.collect import collect
from otio_cometapi.pipeline.job import Job, clips_of, parts_in
from otio_cometapi.pipeline.options import Exit, Trouble
from otio_cometapi.pipeline.publish import withdraw_what_ended
from otio_cometapi.pipeline.submit import client_for
from otio_cometapi.records import PartRecord, TakeRecord, TaskSnapshot, TaskStatus, TimelineRecord
from otio_cometapi.settings import Settings


class Fate(StrEnum):
    """What became of a task that was asked to be cancelled."""

    DELETED = "deleted"
    """It waited at the service and is deleted there."""
    RUNS_ON = "runs on"
    """It runs or has just finished, and is paid for either way: its output is fetched."""
    LEFT = "left alone"
    """It cannot be told where it stands, or the service did not delete it."""


_WAITS = (TaskStatus.PENDING, TaskStatus.THROTTLED)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What cancelling has done."""

    stopped: tuple[str, ...]
    """Takes that will not be sent; nothing was spent for them."""
    tasks: tuple[tuple[str, Fate, str], ...]
    """Tasks at the service that were looked at: id, what became of it, and a sentence."""
    troubles: tuple[Trouble, ...]
    """What went wrong, or goes on."""

    @property
    def exit(self) -> Exit:
        """Tell how it ended."""
        return Exit.PARTLY if self.troubles or any(fate is not Fate.DELETED for _, fate, _ in self.tasks) else Exit.DONE


def cancel(
    job: Job,
    *,
    settings: Settings | None = None,
    timeline: TimelineRecord | None = None,
    running_too: bool = False,
    listener: Listener = ignore,
) -> Cancelled:
    """
    Stop what was not sent, so that no `resume` sends it.

    Args:
        job: The job.
        settings: Key and address of the service, to cancel there too; None: the service is not asked. What is
            finished is collected first. Only tasks that the service says are waiting are deleted; finished ones and
            those of unknown state never are.
        timeline: Only the takes of this timeline; None: all of the job's.
        running_too: Delete running tasks as well, though they are charged.
        listener: Told of what is collected and deleted.

    Raises:
        RunStoppedError: The service refuses our key.
        SettingsError: There is no key.
    """
    client = client_for(job, settings) if settings else None
    attempts.settle_dead_owners(job.ledger)
    stopped = []
    for take, part in parts_in(job.takes(timeline=timeline), PartState.PLANNED, PartState.EXPORTED):
        if decisions.stop_unsent(job.ledger, part):
            stopped.append(take.take_id)
            listener(Event(Stage.SUBMIT, "will not be sent", take_id=take.take_id, clip=clips_of(take)))
    troubles = [_on_the_wire(take) for take, _ in parts_in(job.takes(timeline=timeline), *_UNCLEAR)]
    found: tuple[tuple[str, Fate, str], ...] = ()
    if client and settings:
        first = _fetched(job, settings, timeline, listener)
        stoppable = (*_WAITS, TaskStatus.RUNNING) if running_too else _WAITS
        with client:
            found = tuple(
                (part.task_id, *_cancelled(job, client, part, stoppable))
                for _, part in parts_in(job.takes(timeline=timeline), PartState.SUBMITTED)
            )
        just_ended = parts_in(job.takes(timeline=timeline), PartState.SUCCEEDED)
        troubles += _fetched(job, settings, timeline, listener) if just_ended else first
    withdraw_what_ended(job, listener=listener)
    return Cancelled(tuple(dict.fromkeys(stopped)), found, tuple(troubles))


def _fetched(job: Job, settings: Settings, timeline: TimelineRecord | None, listener: Listener) -> list[Trouble]:
    """Bring home what is finished; return what went wrong with it."""
    told = collect(job, settings=settings, timeline=timeline, wait_s=0.0, poll_interval_s=0.0, listener=listener)
    open_takes = {take.take_id for take, _ in parts_in(job.takes(timeline=timeline), PartState.SUBMITTED)}
    return [trouble for trouble in told if trouble.take_id not in open_takes]  # those are looked at one by one


_UNCLEAR = (PartState.SUBMITTING, PartState.SUBMIT_UNKNOWN)


def _on_the_wire(take: TakeRecord) -> Trouble:
    return Trouble(
        f"clip '{clips_of(take)}': a create of take {take.take_id[:11]} was sent and its answer is not known; it is "
        "left as it is. `otiocomet status` tells when it is, and `otiocomet resolve` decides.",
        take.take_id,
    )


def _cancelled(job: Job, client: Client, part: PartRecord, stoppable: tuple[TaskStatus, ...]) -> tuple[Fate, str]:
    """Look at one task once more and delete it if it waits; enter what became of it."""
    try:
        seen = client.retrieve(part.task_id, submitted_at=part.submitted_at)
    except PollError as exc:
        return Fate.LEFT, f"left alone, since it cannot be told where it stands: {exc.message}"
    tasks.heard(job.ledger, part, seen, failure="the task ended at the service.")
    if seen.status is TaskStatus.RUNNING and seen.status not in stoppable:
        return Fate.RUNS_ON, "runs on: a running task is charged either way, so its output will be fetched"
    if seen.status is TaskStatus.SUCCEEDED:
        return Fate.RUNS_ON, "has just finished: its output is fetched"
    if seen.status not in stoppable:
        return Fate.LEFT, f"left alone: the service says {seen.remote_word or seen.status.value}"
    refusal = client.delete(part.task_id)
    if refusal:
        return Fate.LEFT, f"the service did not delete it: {refusal}"
    try:
        state = tasks.heard(
            job.ledger,
            part,
            TaskSnapshot(part.task_id, TaskStatus.CANCELLED, remote_word="deleted by otiocomet"),
            failure=f"deleted at the service by your word while it was {seen.status.value.lower()}; "
            "whether that is refunded is not known.",
        )
    except JobError as exc:
        return Fate.LEFT, f"deleted at the service, but the ledger cannot be written: {exc.message}"
    return (Fate.DELETED, "deleted at the service") if state is PartState.FAILED else (Fate.LEFT, f"is {state} by now")
