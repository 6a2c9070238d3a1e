"""Who may run: a limit of tasks at once, behind which the others wait as THROTTLED."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable

from .lifecycle import Moment, Stage
from .tasks import Task

WAITING = Moment(Stage("THROTTLED"), None, None, None)
"""What a task shows while it waits for a free slot."""


def admit_on_poll(task: Task, *, age_s: float, others: Iterable[Moment], limit: int) -> None:
    """
    Let a task start if fewer than `limit` others are at work; for the poll clock.

    The task that is asked about goes first, so that a client which watches one task alone is never stuck.

    Args:
        task: The task that a poll asks about.
        age_s: Its age in virtual seconds.
        others: Where the tasks that were let in before stand.
        limit: How many may run at once.
    """
    if task.waited_s is None and sum(not moment.is_final for moment in others) < limit:
        task.waited_s = age_s


def admit_by_time(tasks: Iterable[Task], *, limit: int, length_of: Callable[[Task], float | None]) -> None:
    """
    Give every task the moment at which it could start, in order of creation; for clocks that run by themselves.

    Args:
        tasks: All tasks in order of creation.
        limit: How many may run at once.
        length_of: How many seconds a task takes from its start; None: for good.
    """
    ends: list[float] = []
    for task in tasks:
        start = task.created_s
        if len(ends) >= limit:
            start = max(start, heapq.heappop(ends))
        task.waited_s = start - task.created_s
        length = length_of(task)
        heapq.heappush(ends, math.inf if length is None else start + length)
