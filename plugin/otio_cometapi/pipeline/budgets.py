"""Budgets as people write them."""

from __future__ import annotations

import re
from fractions import Fraction

from otio_cometapi.errors import WrongUsageError
from otio_cometapi.jobs.attempts import Budget
from otio_cometapi.settings import DEFAULT_BUDGET_SECONDS

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|usd)\s*", re.IGNORECASE)

DEFAULT_BUDGET = Budget(seconds=DEFAULT_BUDGET_SECONDS)
"""What may be spent when nobody is asked."""


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
