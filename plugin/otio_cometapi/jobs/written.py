"""What the job knows of the timelines that it has written: where, of which of its timelines, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger


@dataclass(frozen=True, slots=True)
class WrittenTimeline:
    """A relinked timeline that a job has written."""

    path: str
    """Where, absolute."""
    timeline_id: int
    """Which of the job's timelines it shows."""
    sha256: str
    """Of the file as it was written."""
    wish: Mapping[str, Any]
    """How it was asked for, as JSON values."""


def enter_written(ledger: Ledger, what: WrittenTimeline) -> None:
    """Enter a timeline that was just written; what stood there before is forgotten."""
    with ledger.writing() as connection:
        connection.execute(sa.delete(schema.written).where(schema.written.c.path == what.path))
        connection.execute(
            sa.insert(schema.written).values(
                path=what.path,
                timeline_id=what.timeline_id,
                sha256=what.sha256,
                wish=dict(what.wish),
                written_at=ledger.clock.now(),
            )
        )


def written_timelines(ledger: Ledger) -> tuple[WrittenTimeline, ...]:
    """
    Return every timeline that the job has written, oldest first.

    Raises:
        JobError: The ledger is damaged.
    """
    with ledger.understanding(), ledger.reading() as connection:
        rows = connection.execute(sa.select(schema.written).order_by(schema.written.c.written_at)).all()
        found = []
        for row in rows:
            if not isinstance(row.wish, dict):
                raise ValueError(f"how {row.path} was written is no table")  # noqa: TRY004 - as for every damaged row
            found.append(WrittenTimeline(row.path, row.timeline_id, row.sha256, row.wish))
    return tuple(found)
