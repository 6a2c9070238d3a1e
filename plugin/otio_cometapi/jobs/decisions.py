"""What a person decides on a take that cannot go on by itself."""

from __future__ import annotations

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger, move, part_row
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import PartRecord, SubmitOutcome, TakeRecord

_STUCK = (PartState.SUBMIT_UNKNOWN, PartState.FAILED, PartState.REFUSED, PartState.ABANDONED)


def resubmit(ledger: Ledger, take: TakeRecord) -> None:
    """
    Let the take be sent once more, by a person's word; what was sent before stays on the books.

    Raises:
        JobError: The take does not wait for a person.
    """
    with ledger.writing() as connection:
        for part in _stuck(take):
            row = part_row(connection, part.take_id, part.number)
            state = PartState.EXPORTED if take.export else PartState.PLANNED
            move(
                connection,
                row,
                state,
                message="",
                task_id="",
                not_before=0.0,
                progress=None,
                remote_status="",
            )


def adopt(ledger: Ledger, take: TakeRecord, task_id: str) -> None:
    """
    Follow the task with that id as this take's, by a person's word.

    Raises:
        JobError: The take does not wait for a person, or another take has that task.
    """
    (part, *others) = _stuck(take)
    if others:
        raise JobError(f"take {take.take_id} has several parts without a task.", next_step="Resubmit it instead.")
    with ledger.writing() as connection:
        owner = connection.execute(sa.select(schema.parts.c.take_id).where(schema.parts.c.task_id == task_id)).scalar()
        if owner is not None and owner != take.take_id:
            raise JobError(
                f"the task {task_id} belongs to take {owner} already.",
                next_step="Look for this take's own task.",
            )
        row = part_row(connection, part.take_id, part.number)
        move(
            connection,
            row,
            PartState.SUBMITTED,
            task_id=task_id,
            submitted_at=ledger.clock.now(),
            message="",
            remote_status="",
        )
        latest = sa.select(sa.func.max(schema.attempts.c.id)).where(
            schema.attempts.c.take_id == part.take_id, schema.attempts.c.part == part.number
        )
        connection.execute(
            sa.update(schema.attempts)
            .where(schema.attempts.c.id == latest.scalar_subquery())
            .values(task_id=task_id, outcome=SubmitOutcome.ACCEPTED.value, message="Entered by a person.")
        )


def abandon(ledger: Ledger, take: TakeRecord) -> None:
    """
    Give the take up; what was spent stays on the books.

    Raises:
        JobError: The take does not wait for a person.
    """
    with ledger.writing() as connection:
        for part in _stuck(take):
            if part.state != PartState.ABANDONED:
                row = part_row(connection, part.take_id, part.number)
                move(connection, row, PartState.ABANDONED, message="Given up by a person.")


def _stuck(take: TakeRecord) -> list[PartRecord]:
    found = [part for part in take.parts if part.state in _STUCK]
    if not found:
        states = ", ".join(sorted({part.state for part in take.parts}))
        raise JobError(
            f"take {take.take_id} waits for no decision (it is {states}).",
            next_step="`otiocomet resume` goes on with it.",
        )
    return found
