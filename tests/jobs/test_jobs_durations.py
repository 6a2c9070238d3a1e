"""How long tasks ran is remembered with the job, and bounded."""

from __future__ import annotations

import pytest

from otio_cometapi.jobs import choices
from otio_cometapi.jobs.durations import add_durations, durations
from otio_cometapi.jobs.ledger import Ledger


def test_a_new_job_knows_nothing(ledger: Ledger) -> None:
    """Before the first task has ended there is no usual duration."""
    assert durations(ledger) == {}


def test_the_latest_are_kept_by_model(ledger: Ledger) -> None:
    """What is learned later stands behind what was known, and the oldest goes first."""
    add_durations(ledger, {"aleph": [60.0, 61.5], "other": [5.0]}, most=3)
    add_durations(ledger, {"aleph": [62.0, 63.0]}, most=3)
    assert durations(ledger) == {"aleph": [61.5, 62.0, 63.0], "other": [5.0]}


@pytest.mark.parametrize("written", ["soon", "1.0 nan", "-4.0", ""])
def test_what_is_no_duration_is_passed_over(ledger: Ledger, written: str) -> None:
    """Numbers that no task has run time no polls, and keep nothing from coming home."""
    choices.remember(ledger, "durations", {"aleph": written, "other": "5.0"})
    assert durations(ledger) == {"other": [5.0]}
