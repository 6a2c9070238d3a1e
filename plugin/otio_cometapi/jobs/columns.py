"""Columns for what strangers wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
