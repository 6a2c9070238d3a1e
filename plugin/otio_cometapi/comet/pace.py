"""
Pace: when an open task is asked for next.

A poll costs the service's patience and tells little while nothing can have changed. So a task that waits for a slot is
asked for seldom, those behind it in the same queue more seldom still, and a running one when others of its model were
usually done; never faster than the interval, and never all at once.
"""

from __future__ import annotations

import statistics
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from otio_cometapi.records import TaskStatus

LEAST_INTERVAL_S = 5.0
"""The service does not update a task faster than this."""
REMEMBERED = 32
"""Runs of a model that its usual duration is taken from: the latest, since services change."""

_QUEUED = (TaskStatus.PENDING, TaskStatus.THROTTLED, TaskStatus.NOT_YET)
_JITTER = 0.1
"""How much longer than it need be a pause is at most: tasks that were sent together need not be asked for together."""
_MOST_INTERVALS = 6
"""A running task is asked for at least every so many intervals: it may fail, and people look at its progress."""
_MOST_QUEUED_INTERVALS = 12
"""The same for one that waits."""
_SURE = 3
"""A run's duration is known well when it is known to so many intervals."""
_LONGEST_BACK_OFF_S = 60.0
_LONGEST_WISH_S = 900.0


@dataclass(slots=True)
class OpenTask:
    """A task that has not ended, as far as its polls have told."""

    task_id: str
    kind: str
    """What usual durations go by: its model."""
    place: int
    """Among all tasks of its kind, by the time of their creates."""
    created: float
    """When it was created, on the clock that never goes back."""
    due: float
    """When it is to be asked for."""
    asked: int = 0
    """Polls so far."""
    failures: int = 0
    """Polls in a row that brought nothing."""
    queued_until: float = 0.0
    """When it was last known to wait, or its create."""
    seen_running: float | None = None
    """When it was first seen running."""
    heard: float = 0.0
    """When a poll last told anything."""


@dataclass(frozen=True, slots=True)
class _Front:
    """The first task of a queue that was seen to wait."""

    place: int
    seen: float
    due: float
    """When it is asked for again."""


class Pace:
    """The pauses between polls of many tasks; learns while they run."""

    def __init__(
        self,
        interval_s: float = LEAST_INTERVAL_S,
        *,
        minimum_interval_s: float = LEAST_INTERVAL_S,
        kinds: Mapping[str, str] | None = None,
        known: Mapping[str, Iterable[float]] | None = None,
    ) -> None:
        """
        Begin with what earlier runs have taught.

        Args:
            interval_s: Seconds between two polls of a task that may end any moment.
            minimum_interval_s: It is never shorter; less than 5 s is for a service on this machine.
            kinds: The model of every task, by its id; one that is not named is of a kind with its likes.
            known: Seconds that tasks of a model have run, the latest last.
        """
        self.interval = max(interval_s, minimum_interval_s, 0.0)
        self.learned: dict[str, list[float]] = {}
        """Seconds that tasks have run which ended under this pace, by model."""
        self._kinds = kinds or {}
        self._known = {kind: list(runs) for kind, runs in (known or {}).items()}
        self._unsure: dict[str, list[float]] = {}
        self._fronts: dict[str, _Front] = {}

    def opened(self, tasks: Mapping[str, float], *, now: float, start: float) -> list[OpenTask]:
        """
        Return tasks as they are before their first poll: a young one is asked for when it is an interval old.

        Args:
            tasks: Task ids with the Unix times of their creates.
            now: Unix time.
            start: The same moment on the clock that never goes back.
        """
        in_order = sorted(tasks.items(), key=lambda task: task[1])
        found = []
        for place, (task_id, submitted_at) in enumerate(in_order):
            # A clock that was set back must not make a task wait longer than one interval.
            age = max(0.0, now - submitted_at)
            due = start + max(0.0, self.interval - age)
            created = start - age
            found.append(OpenTask(task_id, self._kinds.get(task_id, ""), place, created, due, queued_until=created))
        return found

    def usual(self, kind: str) -> float | None:
        """Return how many seconds a task of a kind usually runs; None where nothing is known."""
        sure = [*self._known.get(kind, ()), *self.learned.get(kind, ())][-REMEMBERED:]
        runs = sure or self._unsure.get(kind, [])[-REMEMBERED:]
        return statistics.median(runs) if runs else None

    def later(self, task: OpenTask) -> float | None:
        """Return a later time for a task that is due, where one before it in its queue still waited; else None."""
        front = self._fronts.get(task.kind)
        if front is None or not task.asked or task.seen_running is not None:
            return None
        if task.place <= front.place or front.seen <= task.heard:
            return None
        task.heard = task.queued_until = front.seen
        return front.due + self._spread(task, self.interval) - self.interval  # right after that one is asked again

    def told(self, task: OpenTask, status: TaskStatus, at: float) -> None:
        """Enter what a poll told at a moment, and set when the task is due next."""
        task.asked += 1
        task.failures = 0
        if status in _QUEUED and task.seen_running is None:
            task.queued_until = at
            pause = self._while_queued(task)
        else:
            if task.seen_running is None:
                task.seen_running = at
            if status.is_final:
                self._learn(task, status, at)
            pause = self._while_running(task, at)
        task.heard = at
        task.due = at + self._spread(task, pause)
        front = self._fronts.get(task.kind)
        if task.seen_running is None and (front is None or task.place <= front.place or at >= front.due):
            self._fronts[task.kind] = _Front(task.place, at, task.due)  # else the one before it tells of more

    def failed(self, task: OpenTask, at: float, wish: float | None) -> None:
        """Enter that a poll brought nothing: pauses double, bounded, and are at least what the service asks for."""
        task.asked += 1
        task.failures += 1
        doubled = min(_LONGEST_BACK_OFF_S, self.interval * (1 << min(task.failures - 1, 10)))
        # Tasks that failed together must not come back together; the spread need not be random for that.
        backed_off = max(self.interval, doubled * (1 + _share(task) / 4))
        task.due = at + max(backed_off, min(_LONGEST_WISH_S, wish or 0.0))

    def _while_queued(self, task: OpenTask) -> float:
        """Return the pause of a task that waits: what waits now cannot end before others of its model usually do."""
        usual = self.usual(task.kind)
        wanted = usual / 2 if usual is not None else self.interval * min(task.asked + 1, _MOST_INTERVALS)
        return min(max(wanted, 2 * self.interval), _MOST_QUEUED_INTERVALS * self.interval)

    def _while_running(self, task: OpenTask, at: float) -> float:
        """Return the pause of a running task: until others were usually done, then the interval, in the end longer."""
        usual = self.usual(task.kind)
        if usual is None or task.seen_running is None:
            return self.interval
        end = (task.queued_until + task.seen_running) / 2 + usual
        overdue = (at - end) / 4
        return min(max(end - at, overdue, self.interval), _MOST_INTERVALS * self.interval)

    def _learn(self, task: OpenTask, status: TaskStatus, at: float) -> None:
        """Keep how long a task ran, in the middle of what its polls leave open."""
        if status is not TaskStatus.SUCCEEDED or task.seen_running is None or not task.asked:
            return
        shortest = max(0.0, task.heard - task.seen_running) if task.asked > 1 else 0.0
        longest = at - task.queued_until
        into = self.learned if longest - shortest <= _SURE * self.interval else self._unsure
        into.setdefault(task.kind, []).append((shortest + longest) / 2)

    def _spread(self, task: OpenTask, pause: float) -> float:
        return pause * (1 + _JITTER * _share(task))


def _share(task: OpenTask) -> float:
    """Return a number from 0 to 1 that differs from task to task and poll to poll, and is always the same for one."""
    return zlib.crc32(f"{task.task_id}{task.asked}{task.failures}".encode()) % 1000 / 1000
