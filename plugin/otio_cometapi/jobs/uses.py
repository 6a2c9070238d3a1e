"""Uses: which clips of which timelines a take was made for."""

from __future__ import annotations

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.records import ShotUse
from otio_cometapi.records.plain import record


def uses_with_timelines(ledger: Ledger) -> tuple[tuple[str, int, ShotUse], ...]:
    """
    Return every use of every take: the take's id, the timeline's number and the use; the latest timeline first.

    Raises:
        JobError: The ledger is damaged.
    """
    query = sa.select(schema.uses).order_by(schema.uses.c.timeline_id.desc(), schema.uses.c.clip_index)
    with ledger.understanding(), ledger.reading() as connection:
        return tuple((row.take_id, row.timeline_id, record(ShotUse, row.record)) for row in connection.execute(query))
