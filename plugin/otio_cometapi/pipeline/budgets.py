"""Limits: budgets as people write them, a job's and a person's day, and what prices rest on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi import settings as settings_module
from otio_cometapi.clock import Clock
from otio_cometapi.comet.models import model_named
from otio_cometapi.errors import SettingsError, WrongUsageError
from otio_cometapi.jobs import identity
from otio_cometapi.jobs.limits import DAY_LIMIT, Budget, Spending, check
from otio_cometapi.records import Model, PartRecord, PriceAssumption, SubmitAnswer, TakeRecord
from otio_cometapi.settings import DEFAULT_BUDGET_SECONDS, Settings

if TYPE_CHECKING:
    from otio_cometapi.jobs.daybook import Daybook

__all__ = [
    "DEFAULT_BUDGET",
    "Budget",
    "DayLimit",
    "Spending",
    "budget_of",
    "job_budget",
    "price_assumptions",
    "spending_of",
]

_AMOUNT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|usd)\s*", re.IGNORECASE)

DEFAULT_BUDGET = Budget(seconds=DEFAULT_BUDGET_SECONDS)
"""What may be spent when nobody is asked and nothing else is said."""


def budget_of(text: str) -> Budget:
    """
    Read a budget such as ``"120s"`` (seconds of video) or ``"20usd"`` (by the assumed price).

    Raises:
        WrongUsageError: It is neither.
    """
    found = _AMOUNT.fullmatch(text)
    if not found:
        raise WrongUsageError(f"'{text}' is no budget.", next_step="Write seconds of video (120s) or dollars (20usd).")
    amount = Fraction(found[1])
    return Budget(usd=amount) if found[2].lower() == "usd" else Budget(seconds=amount)


def job_budget(settings: Settings, *, asked: bool) -> Budget | None:
    """
    Return what a job may spend within 24 hours where no ``--budget`` is given.

    Args:
        settings: The user's own limit of a job, which always holds.
        asked: Whether a person agrees to the estimate; then there is no other limit. Else it is 120 s.

    Raises:
        SettingsError: The user's limit cannot be read.
    """
    if settings.budget:
        return _setting(settings.budget, "COMETAPI_BUDGET (or budget of the configuration)")
    return None if asked else DEFAULT_BUDGET


def _setting(text: str, name: str) -> Budget:
    try:
        return budget_of(text)
    except WrongUsageError as exc:
        raise SettingsError(f"{name} is '{text}', which is no budget.", next_step=exc.next_step) from exc


@dataclass(frozen=True, slots=True)
class DayLimit:
    """What one person may spend over all jobs within 24 hours; without a book there is no limit."""

    limit: Budget = field(default_factory=Budget)
    """The limit."""
    book: Daybook | None = None
    """What was spent since a limit is set."""

    @classmethod
    def of(cls, settings: Settings, *, clock: Clock) -> DayLimit:
        """
        Return the user's limit, with its book.

        Raises:
            SettingsError: The limit cannot be read.
            JobError: The book cannot be opened.
        """
        if not settings.day_limit:
            return cls()
        from otio_cometapi.jobs.daybook import Daybook  # noqa: PLC0415 - loads the database library, which a plan needs not

        limit = _setting(settings.day_limit, "the limit of a day (COMETAPI_DAY_LIMIT, or day_limit)")
        return cls(limit, Daybook(settings_module.state_folder() / "spending.sqlite", clock=clock))

    def check(self, more: Spending) -> None:
        """
        See that *more* may be spent.

        Raises:
            BudgetError: It may not; nothing was sent.
        """
        if self.book:
            check(self.limit, before=self.book.spent(), more=more, limit=DAY_LIMIT)

    def reserve(self, spending: Spending, *, job: Path) -> int | None:
        """
        Enter what is about to be spent; return the entry's number, or None without a limit.

        Raises:
            BudgetError: It does not fit.
        """
        return self.book.reserve(spending, limit=self.limit, job=job) if self.book else None

    def settle(self, entry: int | None, answer: SubmitAnswer | None) -> None:
        """Keep an entry, or give it back when its create was refused, or (None) never sent."""
        if self.book is None or entry is None:
            return
        if answer is None:
            self.book.release(entry)
        else:
            self.book.settle(entry, answer)

    def refunded(self, task_id: str) -> None:
        """Give back what was entered for a task that cost nothing in the end."""
        if self.book:
            self.book.refunded(task_id)


def spending_of(take: TakeRecord, part: PartRecord, model: Model) -> Spending:
    """Return what sending a part of a take would spend, at the assumed price."""
    seconds = take.seconds_of(part)
    return Spending(seconds, identity.price(seconds, per_second=model.usd_per_second, minimum=model.min_usd))


def price_assumptions(models: Mapping[str, Model], names: Iterable[str]) -> tuple[PriceAssumption, ...]:
    """Return what the prices of these models rest on, each model once."""
    found = []
    for name in dict.fromkeys(names):
        model = model_named(models, name)
        source = dict(model.sources).get("usd_per_second", "")
        found.append(PriceAssumption(name, model.usd_per_second, model.min_usd, source))
    return tuple(found)
