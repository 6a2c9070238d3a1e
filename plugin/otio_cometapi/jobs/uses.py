"""Uses: which clips of which timelines a take was made for."""

from __future__ import annotations

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.columns import as_text
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.records import ShotUse


def uses_with_timelines(ledger: Ledger) -> tuple[tuple[str, int, ShotUse], ...]:
    """
    Return every use of every take: the take's id, the timeline's number and the use; the latest timeline first.

    Raises:
        JobError: The ledger is damaged.
    """
    uses = schema.uses.c
    query = sa.select(uses.timeline_id, uses.clip_index, uses.take_id, as_text(uses.record)).order_by(
        uses.timeline_id.desc(), uses.clip_index
    )
    with ledger.understanding(), ledger.reading() as connection:
        return tuple(
            (take_id, timeline_id, ledger.use((timeline_id, clip_index, take_id), text))
            for timeline_id, clip_index, take_id, text in connection.execute(query)
        )
