"""Columns for what strangers wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    _Text = sa.types.TypeDecorator[str]
else:
    _Text = sa.types.TypeDecorator

_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


class Words(_Text):
    """
    Text for people: names, messages, notes. What a database cannot hold becomes U+FFFD.

    PostgreSQL takes no NUL, and neither database takes halves of characters (lone surrogates). An outcome that was paid
    for must not stay off the books for a word in its message. What identifies anything is never kept in such a column.
    """

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - the same for all
        """Return what is stored."""
        return None if value is None else _NOT_KEPT.sub("\N{REPLACEMENT CHARACTER}", value)


def as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a column of JSON as its text, under its name, so that what is known already is not read; others as are."""
    return sa.cast(column, sa.Text).label(column.name) if isinstance(column.type, sa.JSON) else column


def columns_of(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """Return a table's columns, those of JSON as text."""
    return [as_text(column) for column in table.columns]
