"""Every create of a job, for people who have to find out what became of one."""

from __future__ import annotations

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.records import CreateRecord


def creates(ledger: Ledger) -> dict[str, tuple[CreateRecord, ...]]:
    """Return the creates of every take that had one, oldest first."""
    table = schema.attempts.c
    columns = (
        table.take_id,
        table.part,
        table.opened_at,
        table.closed_at,
        table.outcome,
        table.http_status,
        table.task_id,
        table.message,
        table.body_sha256,
    )
    with ledger.reading() as connection:
        rows = connection.execute(sa.select(*columns).order_by(table.id)).all()
    found: dict[str, list[CreateRecord]] = {}
    for row in rows:
        found.setdefault(row.take_id, []).append(CreateRecord(**row._mapping))
    return {take_id: tuple(records) for take_id, records in found.items()}
