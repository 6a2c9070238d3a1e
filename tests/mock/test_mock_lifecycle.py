"""What a task shows at an age, without HTTP."""

from __future__ import annotations

import pytest

from cometapi_mock.lifecycle import Stage, moment_at, seconds_until_final
from cometapi_mock.scenarios import DEFAULT_STAGES


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [(0, "PENDING"), (9.9, "PENDING"), (10, "RUNNING"), (24.9, "RUNNING"), (25, "SUCCEEDED"), (1e9, "SUCCEEDED")],
)
def test_the_default_life_is_pending_running_succeeded(age_s: float, expected: str) -> None:
    """A task is pending for ten seconds, runs for fifteen, and stays succeeded."""
    assert expected == moment_at(DEFAULT_STAGES, age_s).stage.status


def test_progress_is_a_fraction_that_grows() -> None:
    """Progress grows from 0 and stays below 1 while a task runs."""
    told = [moment_at(DEFAULT_STAGES, age).progress for age in (10, 15, 20, 24.99)]
    assert told == sorted(told, key=float)
    assert told[0] == 0
    assert told[-1] < 1


def test_progress_is_told_only_while_running() -> None:
    """Neither a pending nor a finished task has progress."""
    assert (moment_at(DEFAULT_STAGES, 0).progress, moment_at(DEFAULT_STAGES, 60).progress) == (None, None)


def test_a_stage_without_length_never_ends() -> None:
    """A task whose last stage is RUNNING runs for good, with progress below 1."""
    moment = moment_at((Stage("RUNNING"),), 1e6)
    assert moment.stage.status == "RUNNING"
    assert moment.progress is not None
    assert moment.progress <= 1
    assert seconds_until_final((Stage("RUNNING"),)) is None


def test_the_moments_of_start_and_end_are_known() -> None:
    """A finished task knows the ages at which it started and ended."""
    moment = moment_at(DEFAULT_STAGES, 500)
    assert (moment.started_s, moment.finished_s) == (10.0, 25.0)
    assert seconds_until_final(DEFAULT_STAGES) == 25.0
