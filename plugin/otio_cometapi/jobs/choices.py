"""Choices that a job remembers, so that `resume` goes on as `run` began."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger


def remembered(ledger: Ledger, name: str) -> dict[str, str]:
    """
    Return the choices of that name; empty where none was made.

    Raises:
        JobError: The ledger is damaged.
    """
    with ledger.understanding(), ledger.reading() as connection:
        text = connection.execute(sa.select(schema.card.c.value).where(schema.card.c.name == _row(name))).scalar()
        found = json.loads(text) if text else {}
        if not isinstance(found, dict):
            raise ValueError(f"the choice '{name}' is no table")  # noqa: TRY004 - as for every damaged row
        return {str(key): str(value) for key, value in found.items()}


def remember(ledger: Ledger, name: str, choices: Mapping[str, str]) -> None:
    """Keep choices under a name, in place of those before."""
    with ledger.writing() as connection:
        connection.execute(sa.delete(schema.card).where(schema.card.c.name == _row(name)))
        connection.execute(sa.insert(schema.card).values(name=_row(name), value=json.dumps(dict(choices))))


def _row(name: str) -> str:
    return f"choice:{name}"
