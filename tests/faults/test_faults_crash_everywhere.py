"""The whole harness: a kill at every point, kills during resume, and a failing disk at every write. `make crash`."""

from __future__ import annotations

import random

import pytest

from support.crash_desk import CrashDesk, Strike, can_fail, told
from support.crash_points import BROKEN, FULL, KILL

SHARES = 4
"""Tests that share the points, so that two processes can work on them."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


def judged(desk: CrashDesk, strikes: list[tuple[Strike, ...]], what: str) -> None:
    """Try every accident, say how many there were, and fail with all that was wrong."""
    before = desk.struck
    wrong = [each for strike in strikes for each in desk.survives(*strike)]
    print(f"{what}: {len(strikes)} jobs, {desk.struck - before} accidents, {len(wrong)} wrong")
    assert told(wrong) == ""


@pytest.mark.parametrize("share", range(SHARES))
def test_a_kill_at_every_point(crash_desk: CrashDesk, share: int) -> None:
    """Every point of a run, each in a job of its own."""
    every = [(Strike(KILL, at),) for at in range(1, len(crash_desk.points) + 1)]
    judged(crash_desk, every[share::SHARES], f"kill at every point, share {share + 1} of {SHARES}")


@pytest.mark.parametrize("share", range(SHARES))
def test_kills_during_resume(crash_desk: CrashDesk, share: int) -> None:
    """A kill at a point, and another during the resume after it: two dozen pairs a share."""
    draw = random.Random(share)
    points = len(crash_desk.points)
    firsts = [draw.randrange(1, points) for _ in range(24)]
    pairs = [(Strike(KILL, at), Strike(KILL, draw.randrange(1, max(2, points - at)))) for at in firsts]
    judged(crash_desk, pairs, f"two kills in a row, share {share + 1} of {SHARES}")


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("mode", [FULL, BROKEN])
def test_a_failing_disk_at_every_write(crash_desk: CrashDesk, mode: str, share: int) -> None:
    """Every write of a run: from there on no room, or one failure."""
    every = [(Strike(mode, at),) for at in range(1, can_fail(crash_desk.points) + 1)]
    judged(crash_desk, every[share::SHARES], f"{mode} disk at every write, share {share + 1} of {SHARES}")
