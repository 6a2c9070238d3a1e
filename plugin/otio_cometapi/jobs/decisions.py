"""What a person decides on a take that cannot go on by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.parts import move, part_row
from otio_cometapi.jobs.states import STUCK, PartState
from otio_cometapi.records import PartRecord, SubmitOutcome, TakeRecord

_UNSENT = (PartState.PLANNED, PartState.EXPORTED)


def resubmit(ledger: Ledger, take: TakeRecord, *, part: int | None = None) -> None:
    """
    Let a take be sent once more, by a person's word; what was sent before stays on the books.

    Args:
        ledger: The ledger.
        take: The take.
        part: Only that part of it; None: every part that waits for a person.

    Raises:
        JobError: It does not wait for a person.
    """
    with ledger.writing() as connection:
        for row in _stuck(connection, take, part):
            state = PartState.EXPORTED if row.export else PartState.PLANNED
            move(
                connection,
                row,
                state,
                message="",
                task_id="",
                not_before=0.0,
                progress=None,
                remote_status="",
                cost_credits=None,
            )


def adopt(ledger: Ledger, take: TakeRecord, task_id: str, *, part: int | None = None) -> None:
    """
    Follow the task with that id as this take's, or as that part's, by a person's word.

    Raises:
        JobError: The take does not wait for a person, or several parts of it do; no id is given, or another take or
            part has that task.
    """
    if not task_id:
        raise JobError("no task id was given.", next_step="Look for it in the service's task list.")
    with ledger.writing() as connection:
        (row, *others) = _stuck(connection, take, part)
        if others:
            numbers = ", ".join(str(each.number) for each in (row, *others))
            raise JobError(
                f"take {take.take_id} has several parts without a task: {numbers}.",
                next_step="Say whose task it is with --part.",
            )
        owner = _owner_of_task(connection, task_id, other_than=row)
        if owner:
            raise JobError(
                f"the task {task_id} belongs to {owner} already.",
                next_step="Look for this one's own task.",
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
            cost_credits=None,
        )
        _enter_adoption(connection, row, task_id, now)


def abandon(ledger: Ledger, take: TakeRecord) -> None:
    """
    Give the take up, with the parts of it that were not sent; what was spent stays on the books.

    Raises:
        JobError: The take does not wait for a person.
    """
    with ledger.writing() as connection:
        given_up = [row for row in _stuck(connection, take) if row.state != PartState.ABANDONED]
        for row in (*given_up, *_rows(connection, take, _UNSENT)):
            move(connection, row, PartState.ABANDONED, message="Given up by a person.")


def stop_unsent(ledger: Ledger, part: PartRecord) -> bool:
    """Give a part up that was not sent; tell whether it was still to be sent in this moment."""
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.state not in _UNSENT:
            return False
        move(connection, row, PartState.ABANDONED, message="Cancelled before it was sent; nothing was spent.")
        return True


def tasks_known(ledger: Ledger) -> frozenset[str]:
    """Return the ids of all tasks that a take of this ledger has, or ever had."""
    with ledger.reading() as connection:
        found = sa.union(sa.select(schema.parts.c.task_id), sa.select(schema.attempts.c.task_id))
        return frozenset(connection.execute(found).scalars()) - {""}


def _stuck(connection: sa.Connection, take: TakeRecord, part: int | None = None) -> list[Any]:
    """Return the parts that wait for a person as they stand now: *take* may be older than another's decision."""
    found = [row for row in _rows(connection, take, STUCK) if part in (None, row.number)]
    if not found:
        rows = [row for row in _rows(connection, take, PartState) if part in (None, row.number)]
        if not rows:
            raise JobError(f"take {take.take_id} has no part {part}.", next_step=f"It has {len(take.parts)}.")
        states = ", ".join(sorted({row.state for row in rows}))
        raise JobError(
            f"{f'part {part} of ' if part else ''}take {take.take_id} waits for no decision (it is {states}).",
            next_step="`otiocomet resume` goes on with it.",
        )
    return found


def _rows(connection: sa.Connection, take: TakeRecord, states: Iterable[PartState]) -> list[Any]:
    """Return the parts of a take that stand in one of *states*, in order."""
    rows = connection.execute(
        sa.select(schema.parts).where(schema.parts.c.take_id == take.take_id).order_by(schema.parts.c.number)
    ).all()
    wanted = set(states)
    return [row for row in rows if row.state in wanted]


def _owner_of_task(connection: sa.Connection, task_id: str, *, other_than: Any) -> str:
    """Return the other take, or the other part of the same one, that has, or ever had, that task; empty for none."""
    for table, number in ((schema.parts, schema.parts.c.number), (schema.attempts, schema.attempts.c.part)):
        mine = sa.and_(table.c.take_id == other_than.take_id, number == other_than.number)
        query = sa.select(table.c.take_id, number.label("number")).where(table.c.task_id == task_id, sa.not_(mine))
        found = connection.execute(query).first()
        if found is not None:
            same = found.take_id == other_than.take_id
            return f"part {found.number} of it" if same else f"take {found.take_id}"
    return ""


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
