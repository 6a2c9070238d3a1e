"""Limits: what may be spent, and the sentence that says which option would allow more."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from otio_cometapi.errors import BudgetError


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent within 24 hours; None: no limit."""

    seconds: Fraction | None = None
    """Seconds of video."""
    usd: Fraction | None = None
    """Dollars, by the assumed price."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What an attempt would spend, or what attempts have spent."""

    seconds: Fraction = Fraction(0)
    """Seconds of video."""
    usd: Fraction | None = Fraction(0)
    """Dollars, by the assumed price; None where no price is known."""

    def plus(self, other: Spending) -> Spending:
        """Return the sum."""
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Spending(self.seconds + other.seconds, usd)

    def times(self, count: int) -> Spending:
        """Return what *count* of it are."""
        return Spending(self.seconds * count, None if self.usd is None else self.usd * count)


@dataclass(frozen=True, slots=True)
class Limit:
    """How messages speak of a budget: what it counts, and what allows more."""

    counts: str
    """What was counted, such as "sent in the last 24 hours"."""
    option: str
    """The option that allows more."""


JOB_LIMIT = Limit("sent in the last 24 hours", "--budget")
DAY_LIMIT = Limit("sent by all your jobs in the last 24 hours", "--day-limit")


class OverBudgetError(BudgetError):
    """What is to be sent does not fit a limit."""

    def __init__(self, why: str, *, next_step: str) -> None:
        """Keep why it does not fit, a clause, apart from what became of the run."""
        self.why = why
        super().__init__(f"{why}; nothing was sent.", next_step=next_step)


def check(budget: Budget, *, before: Spending, more: Spending, limit: Limit = JOB_LIMIT) -> None:
    """
    See that *more* may be spent when *before* has been.

    Raises:
        OverBudgetError: It may not; names the option that would allow it.
    """
    total = before.plus(more)
    allow = "Allow it with " + limit.option + " {}, or select fewer clips."
    if budget.seconds is not None and total.seconds > budget.seconds:
        raise OverBudgetError(
            f"this would send {_s(more.seconds)} s of video, with {_s(before.seconds)} s {limit.counts}, "
            f"and the limit is {_s(budget.seconds)} s",
            next_step=allow.format(f"{_up(total.seconds)}s"),
        )
    if budget.usd is not None and total.usd is None:
        raise OverBudgetError(
            "the limit is in dollars and no price is known for a model used here",
            next_step=f"Give the limit in seconds, {limit.option} {_up(total.seconds)}s, "
            "or a price in your model table.",
        )
    if budget.usd is not None and total.usd is not None and total.usd > budget.usd:
        raise OverBudgetError(
            f"this would bring the assumed cost of what is {limit.counts} to {float(total.usd):.2f} USD, "
            f"and the limit is {float(budget.usd):.2f} USD",
            next_step=allow.format(f"{_up(total.usd)}usd"),
        )


def _s(seconds: Fraction) -> str:
    return f"{float(seconds):.1f}"


def _up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)
