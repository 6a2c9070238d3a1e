"""The pace of polls: seldom while a task waits, when others were usually done while it runs, and never too fast."""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import Any

import pytest

from otio_cometapi.comet.pace import Pace
from otio_cometapi.comet.watch import watch
from otio_cometapi.errors import PollError
from otio_cometapi.records import TaskSnapshot, TaskStatus
from support.fake_clock import FakeClock

WAITS, RUNS, DONE = TaskStatus.THROTTLED, TaskStatus.RUNNING, TaskStatus.SUCCEEDED


class Service:
    """Runs so many tasks at once, first come first served, each for so many seconds; remembers when it was asked."""

    def __init__(self, clock: FakeClock, *, tasks: int, at_once: int, seconds: float = 60.0) -> None:
        self.clock = clock
        self.start = clock.time
        self.created = {f"task-{number}": clock.now() for number in range(tasks)}
        free = [clock.time] * at_once
        self.begins: dict[str, float] = {}
        for name in self.created:
            begin = heapq.heappop(free)
            self.begins[name] = begin
            heapq.heappush(free, begin + seconds)
        self.seconds = seconds
        self.asked: dict[str, list[float]] = {name: [] for name in self.created}

    def __call__(self, task_id: str, *, submitted_at: float) -> TaskSnapshot:
        """Answer one poll."""
        self.asked[task_id].append(self.clock.time - self.start)
        since = self.clock.time - self.begins[task_id]
        status = WAITS if since < 0 else RUNS if since < self.seconds else DONE
        return TaskSnapshot(task_id=task_id, status=status)

    @property
    def polls(self) -> int:
        """How often it was asked."""
        return sum(map(len, self.asked.values()))

    @property
    def gaps(self) -> list[float]:
        """Seconds between two polls of the same task."""
        return [later - earlier for times in self.asked.values() for earlier, later in pairwise(times)]


def watched(service: Service, **known: Any) -> float:
    """Watch every task to its end; return how long that took."""
    pace = Pace(kinds=dict.fromkeys(service.created, "aleph"), **known)
    list(watch(service, service.created, clock=service.clock, pace=pace))
    return service.clock.time - service.start


def test_two_hundred_tasks_through_ten_slots_end_when_they_can() -> None:
    """The last end is seen within seconds, with fewer polls than asking every task for six seconds in turn takes."""
    service = Service(FakeClock(), tasks=200, at_once=10)
    took = watched(service)
    assert 1200 <= took <= 1200 * 1.05
    assert service.polls < 200 * 60 / 6
    assert min(service.gaps) >= 5 - 1e-6


def test_what_was_learned_saves_polls() -> None:
    """With the usual duration of a model known, running tasks are asked for when they are likely to be done."""
    new, old = (Service(FakeClock(), tasks=20, at_once=20) for _ in range(2))
    watched(new)
    took = watched(old, known={"aleph": [58.0, 61.0, 60.0]})
    assert old.polls < new.polls / 2
    assert took <= 66


def test_a_wrong_memory_delays_no_end_for_long() -> None:
    """Tasks that end much sooner than others of their model did are seen to, half a minute later at most."""
    service = Service(FakeClock(), tasks=3, at_once=3, seconds=20.0)
    assert watched(service, known={"aleph": [600.0]}) <= 20 + 33 + 5


def test_a_long_running_task_is_asked_for_less_and_less() -> None:
    """Long after its usual end, half a minute is the pause; it never grows beyond that."""
    service = Service(FakeClock(), tasks=1, at_once=1, seconds=1200.0)
    watched(service, known={"aleph": [60.0]})
    assert 30 <= max(service.gaps) <= 33
    assert service.polls < 60


def test_a_queue_is_asked_at_its_front() -> None:
    """While one task waits, those behind it are not asked again: they wait too."""
    service = Service(FakeClock(), tasks=50, at_once=1, seconds=300.0)
    pace = Pace(kinds=dict.fromkeys(service.created, "aleph"))
    with pytest.raises(Exception, match="have not ended"):
        list(watch(service, service.created, clock=service.clock, pace=pace, deadline_s=290.0))
    behind = [len(service.asked[f"task-{number}"]) for number in range(2, 50)]
    assert max(behind) <= 2
    assert len(service.asked["task-1"]) >= 6


def test_tasks_of_another_model_stand_in_another_queue() -> None:
    """What waits of one model says nothing of another."""
    clock = FakeClock()
    service = Service(clock, tasks=2, at_once=1, seconds=50.0)
    service.begins = {"task-0": clock.time + 400.0, "task-1": clock.time}
    pace = Pace(kinds={"task-0": "slow", "task-1": "fast"})
    ends = [
        (each.task_id, clock.time - service.start)
        for each in watch(service, service.created, clock=clock, pace=pace)
        if isinstance(each, TaskSnapshot) and each.status is DONE
    ]
    assert ends[0][0] == "task-1"
    assert ends[0][1] <= 60


def test_durations_are_learned_where_polls_were_close_enough() -> None:
    """The seconds that a task ran are told within half of the pauses between polls."""
    service = Service(FakeClock(), tasks=8, at_once=8)
    pace = Pace(kinds=dict.fromkeys(service.created, "aleph"))
    list(watch(service, service.created, clock=service.clock, pace=pace))
    assert len(pace.learned["aleph"]) == 8
    assert pace.usual("aleph") == pytest.approx(60, abs=6)


def test_failed_tasks_teach_nothing() -> None:
    """A refusal of moderation comes after seconds, and says nothing of how long a generation takes."""
    clock = FakeClock()
    pace = Pace(kinds={"a": "aleph"})

    def refuse(task_id: str, *, submitted_at: float) -> TaskSnapshot:
        return TaskSnapshot(task_id=task_id, status=TaskStatus.FAILED)

    list(watch(refuse, {"a": 0.0}, clock=clock, pace=pace))
    assert pace.learned == {}


def test_trouble_does_not_teach_either() -> None:
    """Polls that brought nothing leave a task's duration wide open, so that it is not taken for sure."""
    clock = FakeClock()
    pace = Pace(kinds={"a": "aleph"})
    answers: list[TaskSnapshot | PollError] = [
        TaskSnapshot("a", RUNS),
        *(PollError("no", task_id="a") for _ in range(4)),
        TaskSnapshot("a", DONE),
    ]

    def shaky(task_id: str, *, submitted_at: float) -> TaskSnapshot:
        answer = answers.pop(0)
        if isinstance(answer, PollError):
            raise answer
        return answer

    list(watch(shaky, {"a": clock.now()}, clock=clock, pace=pace))
    assert pace.learned == {}


def test_thousands_of_tasks_cost_a_poll_at_a_time() -> None:
    """Twelve hundred tasks behind ten slots are asked for fewer than two times a second, all together."""
    service = Service(FakeClock(), tasks=1200, at_once=10)
    took = watched(service, known={"aleph": [60.0]})
    assert took <= 7_200 * 1.01
    assert service.polls / took < 2
