"""Rows of parts, inside a transaction: read, moved by the table of legal moves, noted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.states import PartState, moved


def part_row(connection: sa.Connection, take_id: str, number: int) -> Any:
    """Return a part's row as it stands in this transaction."""
    return connection.execute(
        sa.select(schema.parts).where(schema.parts.c.take_id == take_id, schema.parts.c.number == number)
    ).one()


def move(connection: sa.Connection, row: Any, state: PartState, **values: object) -> None:
    """
    Move a part to *state*, if that is legal, and set other columns of its row.

    Raises:
        JobError: It is not.
    """
    connection.execute(
        sa.update(schema.parts)
        .where(schema.parts.c.take_id == row.take_id, schema.parts.c.number == row.number)
        .values(state=moved(PartState(row.state), state).value, **values)
    )


def note(connection: sa.Connection, row: Any, message: str) -> None:
    """Keep a sentence about a part where `status` shows it."""
    connection.execute(
        sa.update(schema.parts)
        .where(schema.parts.c.take_id == row.take_id, schema.parts.c.number == row.number)
        .values(message=message)
    )
