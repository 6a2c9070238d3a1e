"""Failure codes by prefix: what moderation refused is never worth a repetition."""

from __future__ import annotations

import pytest

from otio_cometapi.comet.failures import failure_meaning


@pytest.mark.parametrize(
    "code",
    [
        "SAFETY.INPUT.TEXT",
        "SAFETY.INPUT.VIDEO",
        "SAFETY.INPUT.SOMETHING.NEW",
        "SAFETY.OUTPUT.VIDEO",
        "SAFETY.NEW",
        "INPUT_PREPROCESSING.SAFETY.TEXT",
        "ASSET.INVALID",
        "SOMETHING.NEW",
    ],
)
def test_what_would_fail_again_is_not_worth_a_repetition(code: str) -> None:
    """Moderation, unfit files and unknown codes are for a person to read."""
    assert not failure_meaning(code).may_pass


@pytest.mark.parametrize(
    "code",
    [
        "",
        "INTERNAL",
        "INTERNAL.BAD_OUTPUT.CODE01",
        "INTERNAL.BAD_OUTPUT.01",
        "INPUT_PREPROCESSING.INTERNAL",
        "internal",
        "THIRD_PARTY.UNAVAILABLE",
    ],
)
def test_what_may_pass_says_so(code: str) -> None:
    """Hiccups of the service, named or not, may pass."""
    assert failure_meaning(code).may_pass


def test_the_longest_prefix_decides() -> None:
    """A poor output is told apart from any other internal failure, and an output's moderation from an input's."""
    assert "poor" in failure_meaning("INTERNAL.BAD_OUTPUT.CODE01").meaning
    assert "own output" in failure_meaning("SAFETY.OUTPUT.VIDEO").meaning
    assert "input" in failure_meaning("SAFETY.INPUT.VIDEO").meaning


@pytest.mark.parametrize("code", ["SAFETY", "SAFETY.INPUT.TEXT", "SAFETY.OUTPUT.VIDEO", "INPUT_PREPROCESSING.SAFETY"])
def test_moderation_is_told_apart(code: str) -> None:
    """Every refusal of moderation counts as one."""
    assert failure_meaning(code).moderated


@pytest.mark.parametrize("code", ["", "INTERNAL", "ASSET.INVALID", "INPUT_PREPROCESSING.INTERNAL", "ORBIT.DECAYED"])
def test_nothing_else_counts_as_moderation(code: str) -> None:
    """Other failures do not."""
    assert not failure_meaning(code).moderated
