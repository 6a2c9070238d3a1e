"""The one polling loop: any number of tasks, one after the other, until each has ended or time is up."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Protocol

from otio_cometapi.clock import Clock
from otio_cometapi.comet.pace import OpenTask, Pace
from otio_cometapi.errors import ApiError, PollError
from otio_cometapi.records import TaskSnapshot


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


def watch(
    retrieve: Retrieve,
    tasks: Mapping[str, float],
    *,
    clock: Clock,
    pace: Pace | None = None,
    deadline_s: float | None = None,
    task_deadline_s: float | None = None,
) -> Iterator[TaskSnapshot | PollError]:
    """
    Yield what every poll of every open task brought, until all have ended.

    A task older than the interval is asked at once, a younger one when it is that old; from then on as `Pace` says. A
    failed poll is yielded as the error it is and repeated with more patience; a hopeless one ends the watching of its
    task alone. All polls leave from the caller's thread, one after the other.

    Args:
        retrieve: Asks once; `Client.retrieve`.
        tasks: Task ids with the Unix time of their creates.
        clock: What time it is, and how to wait.
        pace: When a task is asked for again; default: one that knows nothing yet.
        deadline_s: Seconds to watch; a poll that would be due later is not waited for. None: no end.
        task_deadline_s: A task whose create is older than this is asked once and left; None: no such end.

    Raises:
        TasksStillOpenError: Time is up for all, or for some; names what stays open.
        RunStoppedError: The service refuses key, account or address.
    """
    pace = pace or Pace()
    started = clock.monotonic()
    opened = pace.opened(tasks, now=clock.now(), start=started)
    waiting = [(task.due, task.place, task) for task in opened]
    heapq.heapify(waiting)
    given_up: list[str] = []
    while waiting:
        due, place, task = heapq.heappop(waiting)
        later = pace.later(task)
        if later is not None and later > due:
            heapq.heappush(waiting, (later, place, task))
            continue
        if deadline_s is not None and due > started + deadline_s:
            raise TasksStillOpenError((*given_up, task.task_id, *(each.task_id for _, _, each in sorted(waiting))))
        pause = due - clock.monotonic()
        if pause > 0:
            clock.sleep(pause)
        result, ended = _asked(retrieve, task, tasks[task.task_id], clock=clock, pace=pace)
        late = not ended and task_deadline_s is not None and clock.now() >= tasks[task.task_id] + task_deadline_s
        if late:
            given_up.append(task.task_id)
        elif not ended:
            heapq.heappush(waiting, (task.due, place, task))
        yield result
    if given_up:
        raise TasksStillOpenError(tuple(given_up))


def _asked(
    retrieve: Retrieve, task: OpenTask, submitted_at: float, *, clock: Clock, pace: Pace
) -> tuple[TaskSnapshot | PollError, bool]:
    try:
        snapshot = retrieve(task.task_id, submitted_at=submitted_at)
    except PollError as exc:
        pace.failed(task, clock.monotonic(), exc.retry_after_s)
        return exc, exc.hopeless
    pace.told(task, snapshot.status, clock.monotonic())
    return snapshot, snapshot.status.is_final
