"""
The money rule: every create is an attempt, and every attempt a row.

The intention is on disk before a create is sent, and the task's id is on disk before anything else happens after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.budget import DAY_S, SPENT, spent, spent_by
from otio_cometapi.jobs.database import Holder
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.limits import Budget, Spending, check
from otio_cometapi.jobs.parts import move, note, part_row
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import PartRecord, SubmitAnswer, SubmitOutcome

__all__ = [
    "DAY_S",
    "LEASE_S",
    "Budget",
    "EqualRequestError",
    "Spending",
    "attempts_of",
    "check",
    "close_attempt",
    "open_attempt",
    "settle_dead_owners",
    "spent",
]

LEASE_S = 900.0
"""How long an intention from another machine is believed: the longest create, and ample time to enter its answer."""


def open_attempt(
    ledger: Ledger, part: PartRecord, *, owner: Holder, body_sha256: str, spending: Spending, budget: Budget
) -> int | None:
    """
    Enter the intention to send a create for *part*, reserving its money in the same transaction.

    Returns the attempt's number, or None when the part is not free to be sent (another process has it, or
    it must wait).

    Raises:
        BudgetError: The reservation does not fit the budget.
        EqualRequestError: Another take, or another part, was sent with the very same body.
        JobError: The owner's lock is gone and cannot be had again.
    """
    now = ledger.clock.now()
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.state != PartState.EXPORTED or row.not_before > now:
            return None
        owner.assure()
        _check_body(connection, part, body_sha256)
        check(budget, before=spent_by(connection, now), more=spending)
        attempt = connection.execute(
            sa.insert(schema.attempts).values(
                take_id=part.take_id,
                part=part.number,
                opened_at=now,
                owner=owner.id,
                host=owner.host,
                lease_until=now + LEASE_S,
                body_sha256=body_sha256,
                seconds=str(spending.seconds),
                usd=None if spending.usd is None else str(spending.usd),
            )
        ).inserted_primary_key
        move(connection, row, PartState.SUBMITTING, message="", task_id="")
        if attempt is None:
            raise JobError("the ledger did not number the attempt.")
        return int(attempt[0])


class EqualRequestError(JobError):
    """Two takes, or two parts, would send the very same request, and pay twice for one picture."""

    def __init__(self, message: str, *, take_id: str, next_step: str) -> None:
        """Name the take that was sent with that request."""
        self.take_id = take_id
        super().__init__(message, next_step=next_step)


def _check_body(connection: sa.Connection, part: PartRecord, body_sha256: str) -> None:
    """Refuse a body that money stands behind already, for something else than this part."""
    table = schema.attempts.c
    other = sa.select(table.take_id, table.part).where(
        table.body_sha256 == body_sha256,
        table.outcome.in_(SPENT),
        sa.or_(table.take_id != part.take_id, table.part != part.number),
    )
    found = connection.execute(other.order_by(table.id)).first()
    if found is not None:
        raise EqualRequestError(
            f"take {part.take_id} (part {part.number}) would send the very same request as take {found.take_id} "
            f"(part {found.part}): the same frames, look and seed; nothing was sent for it.",
            take_id=found.take_id,
            next_step="Give one of them another seed, or lay the other take onto this clip too.",
        )


_AFTER: dict[SubmitOutcome, PartState] = {
    SubmitOutcome.REFUSED: PartState.REFUSED,
    SubmitOutcome.REFUSED_FOR_NOW: PartState.EXPORTED,
    SubmitOutcome.STOP_RUN: PartState.EXPORTED,
    SubmitOutcome.AMBIGUOUS: PartState.SUBMIT_UNKNOWN,
}


_FOLLOWS_A_LATE_ID = (
    PartState.PLANNED,
    PartState.EXPORTED,
    PartState.SUBMIT_UNKNOWN,
    PartState.FAILED,
    PartState.REFUSED,
)
"""Where a part without a running task may stand when a late answer brings one; not given up, not on the wire anew."""


def close_attempt(ledger: Ledger, attempt: int, answer: SubmitAnswer) -> None:
    """
    Enter what became of a create, the task's id above all.

    A late answer, after another process took this one for dead, still enters its id, and the part follows it unless
    it has another task by then or a person gave it up. What is not an id moves the part only while no later attempt
    stands behind it.

    Raises:
        JobError: The ledger cannot be written; the error names the task, so that it is not lost.
    """
    if answer.outcome is SubmitOutcome.ACCEPTED and not answer.task_id:
        answer = replace(answer, outcome=SubmitOutcome.AMBIGUOUS, message="The service accepted it and named no task.")
    try:
        with ledger.writing() as connection:
            _enter_answer(connection, attempt, answer, ledger.clock.now())
    except JobError as exc:
        exc.task_id = answer.task_id
        if answer.task_id:
            exc.next_step = (
                "The task exists and is charged: write its id down, mend the disk, and give it to "
                f"`otiocomet resolve {ledger.folder.path} {_whose(ledger, attempt)} --task-id {answer.task_id}`."
            )
        raise


def _whose(ledger: Ledger, attempt: int) -> str:
    """Name an attempt's take and part as `resolve` takes them: a full disk can still be read, a broken one may not."""
    try:
        with ledger.reading() as connection:
            row = connection.execute(sa.select(schema.attempts).where(schema.attempts.c.id == attempt)).one()
    except JobError:
        return "TAKE"
    return f"{row.take_id[:11]} --part {row.part}"


def _enter_answer(connection: sa.Connection, attempt: int, answer: SubmitAnswer, now: float) -> None:
    entry = connection.execute(sa.select(schema.attempts).where(schema.attempts.c.id == attempt)).one()
    accepted = answer.outcome is SubmitOutcome.ACCEPTED
    if entry.outcome == SubmitOutcome.ACCEPTED and (not accepted or entry.task_id == answer.task_id):
        return  # a person knew its task meanwhile
    _close(connection, attempt, answer, now)
    row = part_row(connection, entry.take_id, entry.part)
    later = sa.select(schema.attempts.c.id).where(
        schema.attempts.c.take_id == entry.take_id,
        schema.attempts.c.part == entry.part,
        schema.attempts.c.id > attempt,
    )
    mine = connection.execute(later).first() is None
    if accepted:
        if (mine and row.state == PartState.SUBMITTING) or row.state in _FOLLOWS_A_LATE_ID:
            found = {"task_id": answer.task_id, "submitted_at": now, "remote_status": "", "progress": None}
            move(connection, row, PartState.SUBMITTED, message="", **found)
        elif row.task_id != answer.task_id:
            note(connection, row, f"A create was answered late: task {answer.task_id} exists too and is charged.")
        return
    on_the_wire = row.state == PartState.SUBMITTING
    unknown = row.state == PartState.SUBMIT_UNKNOWN and answer.outcome is not SubmitOutcome.AMBIGUOUS
    if mine and (on_the_wire or unknown):
        wait_until = now + (answer.retry_after_s or 0.0) if answer.outcome is SubmitOutcome.REFUSED_FOR_NOW else 0.0
        move(connection, row, _AFTER[answer.outcome], message=answer.message, not_before=wait_until)


def settle_dead_owners(ledger: Ledger) -> tuple[str, ...]:
    """
    Make every intention whose owner is gone `SUBMIT_UNKNOWN`: its create may have been sent.

    Returns the takes this concerned.
    """
    with ledger.reading() as connection:
        found = connection.execute(sa.select(schema.attempts).where(schema.attempts.c.outcome == "open")).all()
    if not found:
        return ()
    gone = SubmitAnswer(
        SubmitOutcome.AMBIGUOUS,
        message="The process that sent this ended before an answer was entered: a task may exist and be charged.",
    )
    settled = []
    for entry in found:
        alive = ledger.owner_lives(entry.owner, entry.host)
        now = ledger.clock.now()
        if alive or (alive is None and entry.lease_until > now):
            continue
        with ledger.writing() as connection:
            still = sa.select(schema.attempts.c.outcome).where(schema.attempts.c.id == entry.id)
            if connection.execute(still).scalar_one() != "open":
                continue
            _close(connection, entry.id, gone, now)
            row = part_row(connection, entry.take_id, entry.part)
            if row.state == PartState.SUBMITTING:
                move(connection, row, PartState.SUBMIT_UNKNOWN, message=gone.message)
                settled.append(entry.take_id)
    return tuple(settled)


def attempts_of(ledger: Ledger, take_id: str) -> tuple[dict[str, Any], ...]:
    """Return every attempt of a take, oldest first, as plain values."""
    with ledger.reading() as connection:
        rows = connection.execute(
            sa.select(schema.attempts).where(schema.attempts.c.take_id == take_id).order_by(schema.attempts.c.id)
        ).all()
    return tuple(dict(row._mapping) for row in rows)


def _close(connection: sa.Connection, attempt: int, answer: SubmitAnswer, now: float) -> None:
    connection.execute(
        sa.update(schema.attempts)
        .where(schema.attempts.c.id == attempt)
        .values(
            outcome=answer.outcome.value,
            closed_at=now,
            http_status=answer.http_status,
            task_id=answer.task_id,
            message=answer.message,
            estimated_credits=answer.estimated_credits,
        )
    )
