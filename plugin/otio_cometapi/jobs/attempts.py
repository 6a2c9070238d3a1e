"""
The money rule: every create is an attempt, and every attempt a row.

The intention is on disk before a create is sent, and the task's id is on disk before anything else happens after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from otio_cometapi.errors import BudgetError, JobError
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner, lives
from otio_cometapi.jobs.parts import move, note, part_row
from otio_cometapi.jobs.states import PartState
from otio_cometapi.records import PartRecord, SubmitAnswer, SubmitOutcome

DAY_S = 24 * 3600.0
"""The budget looks back so many seconds."""

LEASE_S = 900.0
"""How long an intention from another machine is believed: the longest create, and ample time to enter its answer."""

_SPENT = ("open", SubmitOutcome.ACCEPTED.value, SubmitOutcome.AMBIGUOUS.value)
"""Outcomes that money stands behind, or may stand."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a job may spend within 24 hours; None: no limit."""

    seconds: Fraction | None = None
    """Seconds of video."""
    usd: Fraction | None = None
    """Dollars, by the assumed price."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What an attempt would spend, or what attempts have spent."""

    seconds: Fraction = Fraction(0)
    """Seconds of video."""
    usd: Fraction | None = Fraction(0)
    """Dollars, by the assumed price; None where no price is known."""

    def plus(self, other: Spending) -> Spending:
        """Return the sum."""
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Spending(self.seconds + other.seconds, usd)


def spent(ledger: Ledger) -> Spending:
    """Return what the job has spent within 24 hours; what is unknown counts as spent."""
    with ledger.reading() as connection:
        return _spent(connection, ledger.clock.now())


def check(budget: Budget, *, before: Spending, more: Spending) -> None:
    """
    See that *more* may be spent when *before* has been.

    Raises:
        BudgetError: It may not; names the option that would allow it.
    """
    total = before.plus(more)
    if budget.seconds is not None and total.seconds > budget.seconds:
        raise BudgetError(
            f"this would send {_s(more.seconds)} s of video, with {_s(before.seconds)} s sent in the last 24 hours, "
            f"and the limit is {_s(budget.seconds)} s; nothing was sent.",
            next_step=f"Allow it with --budget {_up(total.seconds)}s, or select fewer clips.",
        )
    if budget.usd is not None and total.usd is None:
        raise BudgetError(
            "the limit is in dollars and no price is known for a model used here; nothing was sent.",
            next_step=f"Give the limit in seconds, --budget {_up(total.seconds)}s, or a price in your model table.",
        )
    if budget.usd is not None and total.usd is not None and total.usd > budget.usd:
        raise BudgetError(
            f"this would bring the assumed cost of 24 hours to {float(total.usd):.2f} USD, "
            f"and the limit is {float(budget.usd):.2f} USD; nothing was sent.",
            next_step=f"Allow it with --budget {_up(total.usd)}usd, or select fewer clips.",
        )


def open_attempt(
    ledger: Ledger, part: PartRecord, *, owner: Owner, body_sha256: str, spending: Spending, budget: Budget
) -> int | None:
    """
    Enter the intention to send a create for *part*, reserving its money in the same transaction.

    Returns the attempt's number, or None when the part is not free to be sent (another process has it, or
    it must wait).

    Raises:
        BudgetError: The reservation does not fit the budget.
    """
    now = ledger.clock.now()
    with ledger.writing() as connection:
        row = part_row(connection, part.take_id, part.number)
        if row.state != PartState.EXPORTED or row.not_before > now:
            return None
        check(budget, before=_spent(connection, now), more=spending)
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
                f"`otiocomet resolve {ledger.folder.path} TAKE --task-id {answer.task_id}`."
            )
        raise


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
        alive = lives(ledger.folder.owners, entry.owner, entry.host)
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
        )
    )


def _spent(connection: sa.Connection, now: float) -> Spending:
    rows = connection.execute(
        sa.select(schema.attempts.c.seconds, schema.attempts.c.usd).where(
            schema.attempts.c.outcome.in_(_SPENT), schema.attempts.c.opened_at > now - DAY_S
        )
    ).all()
    total = Spending()
    for row in rows:
        total = total.plus(Spending(Fraction(row.seconds), None if row.usd is None else Fraction(row.usd)))
    return total


def _s(seconds: Fraction) -> str:
    return f"{float(seconds):.1f}"


def _up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)
