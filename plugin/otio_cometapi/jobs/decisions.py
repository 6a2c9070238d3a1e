"""What a person decides on a take that cannot go on by itself."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.parts import move
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import SubmitOutcome, TakeRecord

_STUCK = (PartState.SUBMIT_UNKNOWN, PartState.FAILED, PartState.REFUSED, PartState.ABANDONED)


def resubmit(ledger: Ledger, take: TakeRecord) -> None:
    """
    Let the take be sent once more, by a person's word; what was sent before stays on the books.

    Raises:
        JobError: The take does not wait for a person.
    """
    with ledger.writing() as connection:
        for row in _stuck(connection, take):
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
        JobError: The take does not wait for a person, no id is given, or another take has that task.
    """
    if not task_id:
        raise JobError("no task id was given.", next_step="Look for it in the service's task list.")
    with ledger.writing() as connection:
        (row, *others) = _stuck(connection, take)
        if others:
            raise JobError(f"take {take.take_id} has several parts without a task.", next_step="Resubmit it instead.")
        owner = _take_with_task(connection, task_id, other_than=take.take_id)
        if owner is not None:
            raise JobError(
                f"the task {task_id} belongs to take {owner} already.",
                next_step="Look for this take's own task.",
            )
        now = ledger.clock.now()
        move(
            connection,
            row,
            PartState.SUBMITTED,
            task_id=task_id,
            submitted_at=now,
            message="",
            remote_status="",
            progress=None,
        )
        _enter_adoption(connection, row, task_id, now)


def abandon(ledger: Ledger, take: TakeRecord) -> None:
    """
    Give the take up; what was spent stays on the books.

    Raises:
        JobError: The take does not wait for a person.
    """
    with ledger.writing() as connection:
        for row in _stuck(connection, take):
            if row.state != PartState.ABANDONED:
                move(connection, row, PartState.ABANDONED, message="Given up by a person.")


def _stuck(connection: sa.Connection, take: TakeRecord) -> list[Any]:
    """Return the parts that wait for a person as they stand now: *take* may be older than another's decision."""
    rows = connection.execute(
        sa.select(schema.parts).where(schema.parts.c.take_id == take.take_id).order_by(schema.parts.c.number)
    ).all()
    found = [row for row in rows if row.state in _STUCK]
    if not found:
        states = ", ".join(sorted({row.state for row in rows}))
        raise JobError(
            f"take {take.take_id} waits for no decision (it is {states}).",
            next_step="`otiocomet resume` goes on with it.",
        )
    return found


def _take_with_task(connection: sa.Connection, task_id: str, *, other_than: str) -> str | None:
    """Return the other take that has, or ever had, that task."""
    for table in (schema.parts, schema.attempts):
        query = sa.select(table.c.take_id).where(table.c.task_id == task_id, table.c.take_id != other_than)
        found: str | None = connection.execute(query).scalar()
        if found is not None:
            return found
    return None


def _enter_adoption(connection: sa.Connection, row: Any, task_id: str, now: float) -> None:
    """
    Enter the task with the create it came from: the latest whose answer is unknown.

    Where there is none, it is a row of its own that spent nothing here; no other create's history changes.
    """
    attempts = schema.attempts
    of_part = sa.and_(attempts.c.take_id == row.take_id, attempts.c.part == row.number)
    if connection.execute(sa.select(attempts.c.id).where(of_part, attempts.c.task_id == task_id)).first():
        return
    unknown = sa.select(sa.func.max(attempts.c.id)).where(of_part, attempts.c.outcome == SubmitOutcome.AMBIGUOUS.value)
    number = connection.execute(unknown).scalar()
    found = {"task_id": task_id, "outcome": SubmitOutcome.ACCEPTED.value, "message": "Entered by a person."}
    if number is not None:
        connection.execute(sa.update(attempts).where(attempts.c.id == number).values(**found))
        return
    nobody = {"owner": "", "host": "", "lease_until": now, "body_sha256": "", "seconds": "0", "usd": "0"}
    connection.execute(
        sa.insert(attempts).values(
            take_id=row.take_id, part=row.number, opened_at=now, closed_at=now, **found, **nobody
        )
    )
