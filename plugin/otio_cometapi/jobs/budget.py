"""Budgets: what a job has spent, of what `limits` allow."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.limits import Spending
from otio_cometapi.records import SubmitOutcome, TaskStatus
from otio_cometapi.records.toml_file import exact_number

DAY_S = 24 * 3600.0
"""The budget looks back so many seconds."""

USD_PER_CREDIT = Fraction(1, 100)
"""What one of the upstream provider's credits costs, by its price list; never CometAPI's word."""

SPENT = ("open", SubmitOutcome.ACCEPTED.value, SubmitOutcome.AMBIGUOUS.value)
"""Outcomes that money stands behind, or may stand."""

_ENDED_BADLY = (TaskStatus.FAILED.value, TaskStatus.CANCELLED.value)


def spent(ledger: Ledger) -> Spending:
    """Return what the job has spent within 24 hours; what is unknown counts as spent, what was refunded does not."""
    with ledger.reading() as connection:
        return spent_by(connection, ledger.clock.now())


def spent_by(connection: sa.Connection, now: float) -> Spending:
    """Return the same inside a transaction, at *now* (Unix time)."""
    table = schema.attempts.c
    # Asked before every create: takes of one length are one row, so that a job of thousands is soon counted.
    alike = (table.seconds, table.usd, table.cost_credits, table.ended)
    rows = connection.execute(
        sa.select(*alike, sa.func.count().label("times"))
        .where(table.outcome.in_(SPENT), table.opened_at > now - DAY_S)
        .group_by(*alike)
    ).all()
    total = Spending()
    for row in rows:
        if not is_refunded(row):
            total = total.plus(Spending(exact_number(row.seconds), _dollars(row)).times(row.times))
    return total


def is_refunded(row: Any) -> bool:
    """Tell whether an attempt's task ended without an output and the service says that it cost nothing."""
    return row.ended in _ENDED_BADLY and row.cost_credits == 0


def exact(number: float) -> Fraction:
    """Return a number as the service wrote it, in decimals."""
    return Fraction(repr(number))


def _dollars(row: Any) -> Fraction | None:
    """Return what an attempt counts: its assumed price, or what it really cost where that is more."""
    assumed = None if row.usd is None else exact_number(row.usd)
    if row.cost_credits is None:
        return assumed
    real = exact(row.cost_credits) * USD_PER_CREDIT
    return real if assumed is None else max(assumed, real)
