"""Costs: what was assumed when takes were sent, and what the service says they really cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from otio_cometapi.jobs import schema
from otio_cometapi.jobs.budget import SPENT, USD_PER_CREDIT, exact, is_refunded
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.records import SubmitOutcome
from otio_cometapi.records.toml_file import exact_number


@dataclass(frozen=True, slots=True)
class Cost:
    """What creates have cost that money stands behind, or may stand behind."""

    sent: int = 0
    """How many there are."""
    unknown: int = 0
    """How many of them brought no clear answer: a task may exist and be charged."""
    refunded: int = 0
    """How many of their tasks ended without an output and cost nothing."""
    told: int = 0
    """Of how many the service has told the real cost."""
    seconds: Fraction = Fraction(0)
    """Seconds of video that were sent."""
    assumed_usd: Fraction | None = Fraction(0)
    """Their price as it was assumed when they were sent; None where a price was not known."""
    credits: Fraction = Fraction(0)
    """What the service says they cost, in the upstream provider's credits; of those that it told."""
    assumed_usd_of_told: Fraction | None = Fraction(0)
    """What was assumed of those whose real cost is told; None where a price was not known."""
    task_ids: tuple[str, ...] = ()
    """The tasks that are known of them, oldest first."""

    @property
    def real_usd(self) -> Fraction:
        """What the service told, at the upstream provider's price of a credit."""
        return self.credits * USD_PER_CREDIT

    @property
    def difference_usd(self) -> Fraction | None:
        """How much more was told than was assumed of the same creates; None where nothing can be compared."""
        if not self.told or self.assumed_usd_of_told is None:
            return None
        return self.real_usd - self.assumed_usd_of_told

    def plus(self, other: Cost) -> Cost:
        """Return the sum."""
        return Cost(
            self.sent + other.sent,
            self.unknown + other.unknown,
            self.refunded + other.refunded,
            self.told + other.told,
            self.seconds + other.seconds,
            _sum(self.assumed_usd, other.assumed_usd),
            self.credits + other.credits,
            _sum(self.assumed_usd_of_told, other.assumed_usd_of_told),
            (*self.task_ids, *other.task_ids),
        )


def costs(ledger: Ledger) -> dict[str, Cost]:
    """Return what every take that was sent has cost, over all its creates; a take that never left is not in it."""
    attempts = schema.attempts
    with ledger.reading() as connection:
        rows = connection.execute(
            sa.select(attempts).where(attempts.c.outcome.in_(SPENT)).order_by(attempts.c.id)
        ).all()
    found: dict[str, Cost] = {}
    with ledger.understanding():
        for row in rows:
            found[row.take_id] = found.get(row.take_id, Cost()).plus(_cost(row))
    return found


def total(found: Iterable[Cost]) -> Cost:
    """Return the sum of costs."""
    result = Cost()
    for each in found:
        result = result.plus(each)
    return result


def _cost(row: Any) -> Cost:
    usd = None if row.usd is None else exact_number(row.usd)
    cost = Cost(
        sent=1,
        unknown=int(row.outcome == SubmitOutcome.AMBIGUOUS.value),
        refunded=int(is_refunded(row)),
        seconds=exact_number(row.seconds),
        assumed_usd=usd,
        task_ids=(row.task_id,) if row.task_id else (),
    )
    if row.cost_credits is None:
        return cost
    return replace(cost, told=1, credits=exact(row.cost_credits), assumed_usd_of_told=usd)


def _sum(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one + other
