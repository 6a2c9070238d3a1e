"""What polls and downloads tell of a part's task, entered so that two processes on one job never contradict."""

from __future__ import annotations

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.parts import move, part_row
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import PartRecord, TaskSnapshot, TaskStatus

_ENDED_BADLY = (TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.GONE)


def heard(ledger: Ledger, part: PartRecord, snapshot: TaskSnapshot, *, failure: str = "") -> PartState:
    """
    Enter what a poll told of a part's task.

    A part that another process has brought further stays there.

    Args:
        ledger: The ledger.
        part: The part, with the task's id.
        snapshot: What the poll told.
        failure: What to say of a task that ended without an output.

    Returns:
        Where the part stands now.
    """
    told: dict[str, object] = {"remote_status": snapshot.remote_word or snapshot.status.value}
    if snapshot.progress is not None:
        told["progress"] = snapshot.progress
    if snapshot.cost_credits is not None:
        told["cost_credits"] = snapshot.cost_credits
    with ledger.writing() as connection:
        _enter_cost(connection, snapshot)
        row = part_row(connection, part.take_id, part.number)
        state = PartState(row.state)
        if row.task_id != part.task_id or state not in (PartState.SUBMITTED, PartState.SUCCEEDED):
            return state
        if snapshot.status in _ENDED_BADLY:
            state = PartState.FAILED
            told["message"] = failure
        elif snapshot.status is TaskStatus.SUCCEEDED:
            state = PartState.SUCCEEDED
        if state != row.state or any(row._mapping[name] != value for name, value in told.items()):
            move(connection, row, state, **told)  # most polls tell nothing new, and a write waits for the disk
        return state


def _enter_cost(connection: sa.Connection, snapshot: TaskSnapshot) -> None:
    """Enter with the create that made the task how it ended and what it really cost, where that is told."""
    told: dict[str, object] = {}
    if snapshot.status.is_final:
        told["ended"] = snapshot.status.value
    if snapshot.cost_credits is not None:
        told["cost_credits"] = snapshot.cost_credits
    if told:
        attempts = schema.attempts
        connection.execute(sa.update(attempts).where(attempts.c.task_id == snapshot.task_id).values(**told))


def came_home(ledger: Ledger, part: PartRecord, *, output_path: str) -> None:
    """Enter that a part's output is whole on the disk; *output_path* is relative to the job folder."""
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.task_id == part.task_id and row.state == PartState.SUCCEEDED:
            move(connection, row, PartState.HOME, output_path=output_path, message="")


def not_home(ledger: Ledger, part: PartRecord, *, message: str) -> None:
    """Keep why a part's output could not be brought home; the next `resume` tries again."""
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.task_id == part.task_id and row.state == PartState.SUCCEEDED:
            move(connection, row, PartState.SUCCEEDED, message=message)


def unusable(ledger: Ledger, part: PartRecord, *, message: str) -> None:
    """Leave a part whose output cannot be used to a person."""
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.task_id == part.task_id and row.state == PartState.SUCCEEDED:
            move(connection, row, PartState.FAILED, message=message)


def output_lost(ledger: Ledger, part: PartRecord) -> None:
    """Send a part whose output vanished from the disk back to where it can be downloaded again."""
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.state == PartState.HOME and row.output_path == part.output_path:
            move(connection, row, PartState.SUCCEEDED, output_path="")
