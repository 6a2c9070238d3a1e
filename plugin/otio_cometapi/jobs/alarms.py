"""What speaks against sending more for now, kept in the ledger so that the next run knows it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from otio_cometapi.jobs import choices
from otio_cometapi.jobs.ledger import Ledger

MODERATED = 3
"""
Refusals of moderation in a row, none passing between them, after which nothing more is sent.

One may be a word, two a pair of takes of one shot; a third says that the next will be refused too. Each is charged
like a success, and the service suspends accounts that go on.
"""

DOUBTFUL = 3
"""
Creates in a row whose answer left open whether a task exists, after which nothing more is sent.

Each may be charged and needs a person to look it up, and a service that loses three will lose the fourth.
"""

COOLING_S = 600.0
"""After so many seconds one create is risked again, to see whether answers come; services' outages last minutes."""

_NAME = "alarms"


@dataclass(frozen=True, slots=True)
class Alarms:
    """What was counted since the last good news."""

    moderated: int = 0
    """Takes in a row that moderation refused."""
    doubtful: int = 0
    """Creates in a row without a clear answer."""
    doubtful_at: float = 0.0
    """Unix time of the last of them."""
    wait_until: float = 0.0
    """Unix time before which the service wants no creates; 0.0: it said nothing."""
    wait_reason: str = ""
    """What it said."""


def alarms(ledger: Ledger) -> Alarms:
    """
    Return what was counted.

    Raises:
        JobError: The ledger is damaged.
    """
    found = choices.remembered(ledger, _NAME)
    with ledger.understanding():
        return Alarms(
            moderated=int(found.get("moderated", "0")),
            doubtful=int(found.get("doubtful", "0")),
            doubtful_at=float(found.get("doubtful_at", "0")),
            wait_until=float(found.get("wait_until", "0")),
            wait_reason=found.get("wait_reason", ""),
        )


def moderation_refused(ledger: Ledger) -> None:
    """Count a refusal of moderation."""
    known = alarms(ledger)
    _enter(ledger, known, {"moderated": known.moderated + 1})


def moderation_passed(ledger: Ledger) -> None:
    """Forget the refusals: something passed, or a person wants to go on."""
    _enter(ledger, alarms(ledger), {"moderated": 0})


def doubtful_answer(ledger: Ledger) -> None:
    """Count a create of which nobody knows whether a task stands behind it."""
    known = alarms(ledger)
    _enter(ledger, known, {"doubtful": known.doubtful + 1, "doubtful_at": ledger.clock.now()})


def clear_answer(ledger: Ledger) -> None:
    """Forget the doubtful ones, and what the service said of waiting: it answers."""
    _enter(ledger, alarms(ledger), {"doubtful": 0, "doubtful_at": 0.0, "wait_until": 0.0, "wait_reason": ""})


def wait_wanted(ledger: Ledger, *, until: float, reason: str) -> None:
    """Keep that the service wants no creates before a Unix time, and its words."""
    _enter(ledger, alarms(ledger), {"wait_until": until, "wait_reason": reason})


def _enter(ledger: Ledger, known: Alarms, news: Mapping[str, object]) -> None:
    # Two processes may lose one count between them; an alarm then comes one create later.
    changed = replace(known, **news)  # type: ignore[arg-type]
    if changed != known:
        choices.remember(ledger, _NAME, {name: str(value) for name, value in asdict(changed).items()})
