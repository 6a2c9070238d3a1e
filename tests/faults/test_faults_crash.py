"""Killed at any point, a job goes on: no part is paid twice, nothing that was paid is lost, no half file is shown."""

from __future__ import annotations

import random
import sqlite3

import opentimelineio as otio
import pytest

from support.crash_desk import CrashDesk, Strike, can_fail, told
from support.crash_points import BROKEN, FULL, KILL, WAIT
from support.numbered import numbers_of

SAMPLES = 8
"""Kill points of a plain run; `make crash` tries every one."""

RETRY_AFTER_S = 7.0
"""How long the simulator asks to wait."""


def spread(number: int, of: int, points: int) -> int:
    """Return a point out of the *number*-th of *of* equal stretches, the same in every run."""
    first = points * number // of
    return 1 + first + random.Random(number).randrange(max(1, points // of))


def test_the_uninterrupted_run_is_what_the_others_are_held_against(crash_desk: CrashDesk) -> None:
    """It shows every frame by its number, passes over 400 points of all kinds, and no lock or half file stays."""
    crash_desk.fresh()
    crash_desk.run()
    assert told(crash_desk.finished()) == ""
    for kind in (
        "before POST",
        "after POST sent",
        "after ledger commit",
        "before mkdir file.part",
        "after link media.mp4",
    ):
        assert kind in crash_desk.points
    assert len(crash_desk.points) > 400
    assert crash_desk.litter() == []
    for clip in otio.adapters.read_from_file(str(crash_desk.desk / "out.otio")).find_clips():
        shown = clip.media_reference
        first = round(shown.available_range.start_time.value)
        numbers = [each.get(1) for each in numbers_of(shown.target_url, (1,))]
        seam = range(22, 36)  # where the two parts of the long clip meet, two pictures are mixed
        expected = range(first, first + round(shown.available_range.duration.value))
        assert len(numbers) == len(expected)
        assert all(read == frame for read, frame in zip(numbers, expected, strict=True) if frame not in seam)


@pytest.mark.parametrize("number", range(SAMPLES))
def test_a_kill_anywhere_costs_nothing(crash_desk: CrashDesk, number: int) -> None:
    """After `kill -9` at the point, resume and resolve lead to one create a part and the same files byte for byte."""
    at = spread(number, SAMPLES, len(crash_desk.points))
    assert told(crash_desk.survives(Strike(KILL, at))) == ""


@pytest.mark.parametrize("label", ["before POST", "after POST sent", "after POST answered", "after ledger commit"])
def test_a_kill_around_a_create_costs_nothing(crash_desk: CrashDesk, label: str) -> None:
    """The points that matter most, one by one: the create not sent, on the wire, answered and not entered."""
    assert told(crash_desk.survives(Strike(KILL, 2, label))) == ""


@pytest.mark.parametrize("number", range(2))
def test_two_kills_in_a_row_cost_nothing(crash_desk: CrashDesk, number: int) -> None:
    """A resume that is killed in its turn is resumed as well."""
    at = spread(number, 2, len(crash_desk.points) // 2)
    assert told(crash_desk.survives(Strike(KILL, at), Strike(KILL, 40 + 50 * number))) == ""


def test_a_kill_while_the_service_asks_to_wait_is_no_leave_to_hurry(crash_desk: CrashDesk) -> None:
    """After a kill within a `Retry-After` wait, that create goes out after the wait, not before."""
    crash_desk.fresh()
    crash_desk.control("rules", scenario="asked_to_wait", create=1)
    assert told(crash_desk.goes_on(Strike(KILL, 1, WAIT))) == ""
    books = sqlite3.connect(crash_desk.job / "private" / "ledger.sqlite")
    (refused,) = books.execute("SELECT take_id, closed_at FROM attempts WHERE outcome = 'refused_for_now'").fetchall()
    accepted = books.execute("SELECT opened_at FROM attempts WHERE outcome = 'accepted' AND take_id = ?", refused[:1])
    assert [each[0] >= refused[1] + RETRY_AFTER_S for each in accepted] == [True]
    books.close()


def test_a_machine_restart_in_the_middle_of_a_download_costs_nothing(crash_desk: CrashDesk) -> None:
    """Client and service die with half an output on the disk; after the restart it is fetched from the same task."""
    crash_desk.fresh()
    ended = crash_desk.run(Strike(KILL, 2, "before write outputs.part"))
    crash_desk.kill_simulator()
    crash_desk.start_simulator()
    assert ended.labels[-1] == "before write outputs.part"
    assert len(crash_desk.creates()) >= 1
    assert told(crash_desk.standing()) == ""
    assert told(crash_desk.settle()) == ""


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("mode", [FULL, BROKEN])
def test_a_failing_disk_is_named_and_costs_nothing(crash_desk: CrashDesk, mode: str, number: int) -> None:
    """A disk that is full from a point on, or fails there once: a sentence, no traceback, and `resume` goes on."""
    at = spread(number, 3, can_fail(crash_desk.points))
    assert told(crash_desk.survives(Strike(mode, at))) == ""
