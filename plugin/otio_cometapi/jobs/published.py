"""What was put where the service fetches it: entered before it is put, and crossed out once it is removed."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger

_OURS = re.compile(r"[0-9a-f]{32}\.mp4")


@dataclass(frozen=True, slots=True)
class Published:
    """One export at a place of publishing."""

    name: str
    """Its name there: drawn by lot, so that nobody guesses it and nothing of others lies under it."""
    address: str
    """The place, as it was given; holds no credentials and no signature."""
    sha256: str
    """Of the export."""
    size_bytes: int
    """Its length."""
    put_at: float | None = None
    """When it lay there whole, in seconds since 1970; None: it may, or in part, or not at all."""
    entered_at: float = 0.0
    """When it was decided to put it there."""


def entered(ledger: Ledger, *, address: str, sha256: str, size_bytes: int) -> Published:
    """Return the entry of an export at a place, making it where there is none that still stands."""
    table = schema.published
    with ledger.understanding(), ledger.writing() as connection:
        found = connection.execute(
            sa.select(table)
            .where(table.c.address == address, table.c.sha256 == sha256, table.c.removed_at.is_(None))
            .order_by(table.c.put_at.is_(None), table.c.entered_at)
        ).first()
        if found is not None:
            return _entry(found)
        now = ledger.clock.now()
        made = Published(f"{secrets.token_hex(16)}.mp4", address, sha256, size_bytes, None, now)
        connection.execute(
            sa.insert(table).values(
                name=made.name, address=address, sha256=sha256, size_bytes=size_bytes, entered_at=now
            )
        )
        return made


def was_put(ledger: Ledger, entry: Published) -> None:
    """Enter that an export lies at its place, whole."""
    _changed(ledger, entry, put_at=ledger.clock.now())


def was_removed(ledger: Ledger, entry: Published) -> None:
    """Enter that an export is gone from its place."""
    _changed(ledger, entry, removed_at=ledger.clock.now())


def standing(ledger: Ledger) -> tuple[Published, ...]:
    """
    Return what may still lie at places of publishing, oldest first.

    Raises:
        JobError: The ledger is damaged.
    """
    table = schema.published
    with ledger.understanding(), ledger.reading() as connection:
        rows = connection.execute(sa.select(table).where(table.c.removed_at.is_(None)).order_by(table.c.entered_at))
        return tuple(_entry(row) for row in rows)


def _changed(ledger: Ledger, entry: Published, **values: float) -> None:
    with ledger.writing() as connection:
        connection.execute(sa.update(schema.published).where(schema.published.c.name == entry.name).values(**values))


def _entry(row: sa.Row[tuple[object, ...]]) -> Published:
    if not _OURS.fullmatch(str(row.name)):  # whatever a ledger says, nothing is removed that cannot be ours
        raise ValueError(f"the published name {str(row.name)[:60]!r} is none that was drawn here")
    return Published(row.name, row.address, row.sha256, row.size_bytes, row.put_at, row.entered_at)
