"""The one polling loop: any number of tasks, one after the other, until each has ended or time is up."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from otio_cometapi.clock import Clock
from otio_cometapi.errors import ApiError, PollError
from otio_cometapi.records import TaskSnapshot

LEAST_INTERVAL_S = 5.0
"""The service does not update a task faster than this."""
_LONGEST_BACK_OFF_S = 60.0
_LONGEST_WISH_S = 900.0


class Retrieve(Protocol):
    """Asks once where a task stands, as `Client.retrieve` does."""

    def __call__(self, task_id: str, *, submitted_at: float) -> TaskSnapshot:
        """Return the snapshot, or raise PollError when there is no usable answer this time."""


class TasksStillOpenError(ApiError):
    """Time is up and some tasks have not ended; they live on and may be watched again."""

    def __init__(self, task_ids: tuple[str, ...]) -> None:
        """Name the tasks."""
        self.task_ids = task_ids
        count = "1 task has" if len(task_ids) == 1 else f"{len(task_ids)} tasks have"
        super().__init__(
            f"{count} not ended in the time given.",
            task_id=task_ids[0] if len(task_ids) == 1 else "",
            next_step="They go on meanwhile; run `otiocomet resume` later.",
        )


@dataclass(slots=True)
class _Open:
    """A task that has not ended."""

    task_id: str
    submitted_at: float
    due: float
    failures: int = 0


def watch(
    retrieve: Retrieve,
    tasks: Mapping[str, float],
    *,
    clock: Clock,
    interval_s: float = LEAST_INTERVAL_S,
    deadline_s: float | None = None,
    task_deadline_s: float | None = None,
    minimum_interval_s: float = LEAST_INTERVAL_S,
) -> Iterator[TaskSnapshot | PollError]:
    """
    Yield what every poll of every open task brought, until all have ended.

    A task older than the interval is asked at once, a younger one when it is that old. A failed poll is yielded as
    the error it is and repeated with more patience; a hopeless one ends the watching of its task alone.

    Args:
        retrieve: Asks once; `Client.retrieve`.
        tasks: Task ids with the Unix time of their creates.
        clock: What time it is, and how to wait.
        interval_s: Seconds between two polls of a task.
        deadline_s: Seconds to watch; a poll that would be due later is not waited for. None: no end.
        task_deadline_s: A task whose create is older than this is asked once and left; None: no such end.
        minimum_interval_s: The interval is never shorter; less than 5 s is for a service on this machine.

    Raises:
        TasksStillOpenError: Time is up for all, or for some; names what stays open.
        RunStoppedError: The service refuses key, account or address.
    """
    interval = max(interval_s, minimum_interval_s, 0.0)
    started = clock.monotonic()
    waiting = _all_open(tasks, now=clock.now(), start=started, interval=interval)
    given_up: list[str] = []
    while waiting:
        task = min(waiting, key=lambda each: each.due)
        if deadline_s is not None and task.due > started + deadline_s:
            raise TasksStillOpenError((*given_up, *(each.task_id for each in waiting)))
        pause = task.due - clock.monotonic()
        if pause > 0:
            clock.sleep(pause)
        result, ended = _asked(retrieve, task, clock=clock, interval=interval)
        late = not ended and task_deadline_s is not None and clock.now() >= task.submitted_at + task_deadline_s
        if ended or late:
            waiting.remove(task)
        if late:
            given_up.append(task.task_id)
        yield result
    if given_up:
        raise TasksStillOpenError(tuple(given_up))


def _all_open(tasks: Mapping[str, float], *, now: float, start: float, interval: float) -> list[_Open]:
    # A clock that was set back must not make a task wait longer than one interval.
    return [
        _Open(task_id, submitted_at, start + min(interval, max(0.0, submitted_at + interval - now)))
        for task_id, submitted_at in tasks.items()
    ]


def _asked(retrieve: Retrieve, task: _Open, *, clock: Clock, interval: float) -> tuple[TaskSnapshot | PollError, bool]:
    try:
        snapshot = retrieve(task.task_id, submitted_at=task.submitted_at)
    except PollError as exc:
        task.failures += 1
        task.due = clock.monotonic() + _patience(task, interval, exc.retry_after_s)
        return exc, exc.hopeless
    task.failures = 0
    task.due = clock.monotonic() + interval
    return snapshot, snapshot.status.is_final


def _patience(task: _Open, interval: float, wish: float | None) -> float:
    """Return how long to wait after a failed poll, in seconds: doubling, bounded, at least what is asked for."""
    doubled = min(_LONGEST_BACK_OFF_S, interval * (1 << min(task.failures - 1, 10)))
    # Tasks that failed together must not come back together; the spread need not be random for that.
    spread = zlib.crc32(f"{task.task_id}{task.failures}".encode()) % 1000 / 4000
    backed_off = max(interval, doubled * (1 + spread))
    return max(backed_off, min(_LONGEST_WISH_S, wish or 0.0))
