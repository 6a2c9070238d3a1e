"""Takes that another job paid for, entered into this job's books without a cent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.parts import move, part_row
from otio_cometapi.jobs.states import UNSENT, PartState
from otio_cometapi.records import SubmitOutcome

Row = Mapping[str, Any]
"""A row of a table."""

KNOWN = (PartState.SUBMITTED, PartState.SUCCEEDED, PartState.HOME)
"""Where a part stands whose task is known, and may be followed by anyone."""

_OWN = frozenset(("take_id", "number", "state", "message", "not_before", "output_path", "progress", "cost_credits"))
"""Columns of a part that are not taken over; what it cost is counted where it was paid."""


@dataclass(frozen=True, slots=True)
class Entries:
    """A take as it stands in another job's ledger. Paths in it are relative to a job folder, and hold in each."""

    take: Mapping[str, Any]
    """Its row."""
    parts: tuple[Mapping[str, Any], ...]
    """The rows of its parts, in order."""

    def all_known(self) -> bool:
        """Tell whether every part's task is known."""
        return all(row["state"] in KNOWN for row in self.parts)


def entries(ledger: Ledger, take_id: str) -> Entries | None:
    """Return what a ledger has of a take; None where it has nothing."""
    with ledger.reading() as connection:
        take = connection.execute(sa.select(schema.takes).where(schema.takes.c.take_id == take_id)).first()
        parts = connection.execute(
            sa.select(schema.parts).where(schema.parts.c.take_id == take_id).order_by(schema.parts.c.number)
        ).all()
    if take is None:
        return None
    return Entries(dict(take._mapping), tuple(dict(row._mapping) for row in parts))


def enter(ledger: Ledger, found: Entries, *, home: Mapping[int, str], told: str) -> bool:
    """
    Enter another job's take as this job's own, all parts or none.

    Args:
        ledger: This job's ledger; it has the take, and has sent nothing of it.
        found: What the other job's ledger has.
        home: For every part whose output was brought here, where it lies, relative to the job folder.
        told: The other job, for people.

    Returns:
        Whether it was entered: False when this job has sent a part meanwhile.
    """
    take_id = found.take["take_id"]
    now = ledger.clock.now()
    with ledger.writing() as connection:
        of_take = schema.parts.c.take_id == take_id
        rows = connection.execute(sa.select(schema.parts).where(of_take)).all()
        if not rows or any(row.state not in UNSENT for row in rows):
            return False
        if "export" in found.take:
            exported = {"export": found.take["export"]}
            connection.execute(sa.update(schema.takes).where(schema.takes.c.take_id == take_id).values(**exported))
        numbers = {row.number for row in rows}
        for part in found.parts:
            if part["number"] not in numbers:
                fresh = {"take_id": take_id, "number": part["number"], "state": PartState.PLANNED.value}
                connection.execute(sa.insert(schema.parts).values(**fresh))
            _enter_part(connection, part, home.get(part["number"], ""))
            _enter_attempt(connection, part, now, told)
    return True


def _enter_part(connection: sa.Connection, part: Mapping[str, Any], output_path: str) -> None:
    """Bring a part along the legal moves to where its output lies, or to where its task is followed."""
    values = {name: value for name, value in part.items() if name not in _OWN}
    row = part_row(connection, part["take_id"], part["number"])
    move(connection, row, PartState.SUBMITTED, message="", not_before=0.0, **values)
    if output_path:
        move(connection, part_row(connection, row.take_id, row.number), PartState.SUCCEEDED)
        last = part_row(connection, row.take_id, row.number)
        move(connection, last, PartState.HOME, output_path=output_path)


def _enter_attempt(connection: sa.Connection, part: Mapping[str, Any], now: float, told: str) -> None:
    """Enter the task as one that spent nothing here."""
    nobody = {"owner": "", "host": "", "lease_until": now, "body_sha256": "", "seconds": "0", "usd": "0"}
    connection.execute(
        sa.insert(schema.attempts).values(
            take_id=part["take_id"],
            part=part["number"],
            opened_at=now,
            closed_at=now,
            task_id=part["task_id"],
            outcome=SubmitOutcome.ACCEPTED.value,
            message=f"Paid in {told}.",
            **nobody,
        )
    )
