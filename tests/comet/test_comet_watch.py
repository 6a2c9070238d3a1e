"""One polling loop: patient, never too fast, and over when every task has ended or time is up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from otio_cometapi.comet.pace import Pace
from otio_cometapi.comet.watch import TasksStillOpenError, watch
from otio_cometapi.errors import PollError, RunStoppedError
from otio_cometapi.records import TaskSnapshot, TaskStatus
from support.fake_clock import FakeClock

RUNNING, SUCCEEDED = TaskStatus.RUNNING, TaskStatus.SUCCEEDED


class Script:
    """Answers polls from a list for each task, the last answer for ever; remembers when it was asked."""

    def __init__(self, clock: FakeClock, answers: dict[str, list[TaskStatus | Exception]]) -> None:
        self.clock = clock
        self.answers = {name: list(given) for name, given in answers.items()}
        self.asked: list[tuple[str, float]] = []
        self.started = clock.time

    def __call__(self, task_id: str, *, submitted_at: float) -> TaskSnapshot:
        """Answer one poll."""
        self.asked.append((task_id, self.clock.time - self.started))
        left = self.answers[task_id]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return TaskSnapshot(task_id=task_id, status=answer)


def times(script: Script, task_id: str = "a") -> list[float]:
    """Return when a task was asked for, in seconds from the start."""
    return [when for name, when in script.asked if name == task_id]


def spread(*expected: float, of: float = 5.0) -> list[Any]:
    """Return moments of polls that are pauses apart, every pause up to a tenth of *of* longer than it need be."""
    return [pytest.approx(when + 0.05 * of * number, abs=0.05 * of * number) for number, when in enumerate(expected)]


def test_an_old_task_is_asked_for_at_once_and_then_every_five_seconds() -> None:
    """What was submitted long ago needs no first wait."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING, RUNNING, SUCCEEDED]})
    seen = list(watch(script, {"a": clock.now() - 100}, clock=clock))
    assert [each.status for each in seen] == [RUNNING, RUNNING, SUCCEEDED]  # type: ignore[union-attr]
    assert times(script) == spread(0, 5, 10)
    assert min(clock.sleeps) >= 5


def test_a_young_task_is_asked_for_when_it_is_five_seconds_old() -> None:
    """Right after a create there is nothing to see."""
    clock = FakeClock()
    script = Script(clock, {"a": [SUCCEEDED]})
    list(watch(script, {"a": clock.now() - 2}, clock=clock))
    assert times(script) == [3]


def test_a_clock_that_was_set_back_costs_one_interval_at_most() -> None:
    """A submit time in the future does not keep a task from being asked for."""
    clock = FakeClock()
    script = Script(clock, {"a": [SUCCEEDED]})
    list(watch(script, {"a": clock.now() + 10_000}, clock=clock))
    assert times(script) == [5]


@pytest.mark.parametrize("interval_s", [0.0, 0.1, 4.9, -3.0])
def test_a_task_is_never_asked_for_faster_than_every_five_seconds(interval_s: float) -> None:
    """A shorter interval is not a shorter interval."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING, RUNNING, SUCCEEDED]})
    list(watch(script, {"a": 0.0}, clock=clock, pace=Pace(interval_s)))
    assert times(script) == spread(0, 5, 10)
    assert min(clock.sleeps) >= 5


def test_a_service_on_this_machine_may_be_asked_faster() -> None:
    """The least interval is the caller's to lower."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING, RUNNING, SUCCEEDED]})
    list(watch(script, {"a": 0.0}, clock=clock, pace=Pace(0.25, minimum_interval_s=0.0)))
    assert times(script) == spread(0, 0.25, 0.5, of=0.25)


def test_many_tasks_share_one_loop() -> None:
    """Each task keeps its own interval, and ends by itself."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING, SUCCEEDED], "b": [TaskStatus.FAILED], "c": [RUNNING, RUNNING, SUCCEEDED]})
    ended = [
        each.task_id
        for each in watch(script, dict.fromkeys("abc", 0.0), clock=clock)
        if isinstance(each, TaskSnapshot) and each.status.is_final
    ]
    assert ended == ["b", "a", "c"]
    assert (times(script, "a"), times(script, "b")) == (spread(0, 5), [0])
    assert times(script, "c") == spread(0, 5, 10)


@pytest.mark.parametrize("status", [SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.GONE])
def test_every_end_is_an_end(status: TaskStatus) -> None:
    """Cancelled and gone end the watching as well as success and failure do."""
    clock = FakeClock()
    script = Script(clock, {"a": [status]})
    assert len(list(watch(script, {"a": 0.0}, clock=clock))) == 1


@pytest.mark.parametrize(
    "status", [TaskStatus.PENDING, TaskStatus.THROTTLED, TaskStatus.UNKNOWN, TaskStatus.NOT_YET, RUNNING]
)
def test_everything_else_is_watched_on(status: TaskStatus) -> None:
    """Throttled, unknown and not-yet tasks are asked for again."""
    clock = FakeClock()
    script = Script(clock, {"a": [status, SUCCEEDED]})
    assert len(list(watch(script, {"a": 0.0}, clock=clock))) == 2


def test_a_failed_poll_is_told_and_repeated_with_more_patience() -> None:
    """Trouble does not end the loop; the pauses grow up to a bound and shrink when it is over."""
    clock = FakeClock()
    trouble = [PollError("no", task_id="a") for _ in range(8)]
    script = Script(clock, {"a": [*trouble, RUNNING, SUCCEEDED]})
    seen = list(watch(script, {"a": 0.0}, clock=clock))
    assert [isinstance(each, PollError) for each in seen] == [True] * 8 + [False] * 2
    for number, pause in enumerate(clock.sleeps[:8]):
        doubled = min(60, 5 * 2**number)
        assert doubled <= pause <= doubled * 1.25
    assert 5 <= clock.sleeps[8] <= 5.5


def test_tasks_that_fail_together_do_not_come_back_together() -> None:
    """The pauses of different tasks are spread."""
    clock = FakeClock()
    names = [f"task-{number}" for number in range(10)]
    script = Script(clock, {name: [PollError("no"), SUCCEEDED] for name in names})
    list(watch(script, dict.fromkeys(names, 0.0), clock=clock))
    assert len({times(script, name)[1] for name in names}) > 5


def test_the_services_wish_is_honoured() -> None:
    """Retry-After lengthens a pause, within a bound."""
    clock = FakeClock()
    busy: list[TaskStatus | Exception] = [
        PollError("busy", retry_after_s=40.0),
        PollError("busy", retry_after_s=86_400.0),
    ]
    script = Script(clock, {"a": [*busy, SUCCEEDED]})
    list(watch(script, {"a": 0.0}, clock=clock))
    assert clock.sleeps == [40.0, 900.0]


def test_a_hopeless_poll_ends_its_task_alone() -> None:
    """What would be refused again is not asked again; the other tasks go on."""
    clock = FakeClock()
    script = Script(clock, {"a": [PollError("no", hopeless=True)], "b": [RUNNING, SUCCEEDED]})
    list(watch(script, {"a": 0.0, "b": 0.0}, clock=clock))
    assert (times(script, "a"), times(script, "b")) == ([0], spread(0, 5))


def test_a_refused_key_ends_the_loop() -> None:
    """Nothing more is asked once the service refuses everything."""
    clock = FakeClock()
    script = Script(clock, {"a": [RunStoppedError("no key")], "b": [RUNNING]})
    with pytest.raises(RunStoppedError):
        list(watch(script, {"a": 0.0, "b": 0.0}, clock=clock))
    assert len(script.asked) == 1


def test_the_deadline_names_what_stays_open() -> None:
    """When time is up, the open tasks are named and no pause goes beyond it."""
    clock = FakeClock()
    script = Script(clock, {"a": [SUCCEEDED], "b": [RUNNING], "c": [RUNNING]})
    with pytest.raises(TasksStillOpenError) as caught:
        list(watch(script, dict.fromkeys("abc", 0.0), clock=clock, deadline_s=12.0))
    assert set(caught.value.task_ids) == {"b", "c"}
    assert times(script, "b") == spread(0, 5, 10)
    assert sum(clock.sleeps) <= 12.0


def test_no_time_at_all_is_one_poll_of_every_old_task() -> None:
    """With a deadline of zero every task that is due is asked for once, however long each poll takes."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING], "b": [RUNNING]})

    def slow(task_id: str, *, submitted_at: float) -> TaskSnapshot:
        clock.time += 3
        return script(task_id, submitted_at=submitted_at)

    with pytest.raises(TasksStillOpenError):
        list(watch(slow, {"a": 0.0, "b": 0.0}, clock=clock, deadline_s=0.0))
    assert [name for name, _ in script.asked] == ["a", "b"]


def test_callers_may_stop_at_any_time() -> None:
    """A caller that breaks out causes no further poll."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING]})
    for _ in watch(script, {"a": 0.0}, clock=clock):
        break
    assert len(script.asked) == 1


def test_no_tasks_is_nothing_to_do() -> None:
    """An empty mapping ends at once."""
    clock = FakeClock()
    nobody: Callable[..., TaskSnapshot] = Script(clock, {})
    assert list(watch(nobody, {}, clock=clock)) == []
    assert clock.sleeps == []


class MovingClock(FakeClock):
    """A clock that goes on a little whenever it is asked, as a real one does."""

    def monotonic(self) -> float:
        """Return the time, later every time."""
        self.time += 1e-6
        return super().monotonic()


def test_one_look_is_one_look() -> None:
    """With no time to wait, every task that is old enough is asked for once, and then time is up."""
    clock = MovingClock()
    script = Script(clock, {"a": [RUNNING], "b": [SUCCEEDED]})
    seen = []
    with pytest.raises(TasksStillOpenError) as caught:
        seen += watch(script, dict.fromkeys("ab", clock.now() - 100), clock=clock, deadline_s=0.0)
    assert [name for name, _ in script.asked] == ["a", "b"]
    assert caught.value.task_ids == ("a",)


def test_a_task_past_its_own_deadline_is_asked_once_and_left() -> None:
    """An old task gets one look, a young one is watched to its end; what is left is named."""
    clock = FakeClock()
    script = Script(clock, {"old": [RUNNING], "young": [RUNNING, RUNNING, SUCCEEDED]})
    tasks = {"old": clock.time - 1000.0, "young": clock.time - 10.0}
    with pytest.raises(TasksStillOpenError) as caught:
        list(watch(script, tasks, clock=clock, task_deadline_s=600.0))
    assert caught.value.task_ids == ("old",)
    assert (len(times(script, "old")), len(times(script, "young"))) == (1, 3)


def test_a_task_that_grows_old_while_it_is_watched_is_left_too() -> None:
    """The deadline counts from the create, not from the run."""
    clock = FakeClock()
    script = Script(clock, {"a": [RUNNING]})
    with pytest.raises(TasksStillOpenError):
        list(watch(script, {"a": clock.time - 570.0}, clock=clock, task_deadline_s=600.0))
    assert times(script) == spread(0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
