"""Outputs: made in the background, told of when finished, found under addresses that expire."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .render import UndecodableInputError, render
from .tasks import Link, Task, link_token

__all__ = ["Outputs", "UndecodableInputError"]


class Outputs:
    """The outputs of all tasks, in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._made = itertools.count(1)
        self._lock = threading.Lock()
        self._renderers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="cometapi-mock-render")

    def begin(self, task: Task) -> Future[Path]:
        """Start making a task's output, unless that has begun."""
        with self._lock:
            if task.output is None:
                # A number of its own: ids are reproducible, and after a reset the same one may be made again while
                # the output of its forerunner is still being written.
                target = self._folder / f"{task.id}-{next(self._made)}{task.delivery.suffix}"
                task.output = self._renderers.submit(self._make, task, target)
            return task.output

    def forget(self, task: Task) -> None:
        """Let a task's output be made anew, after its scenario has changed."""
        with self._lock:
            task.output = None

    def finished(self, task: Task) -> Path:
        """
        Return the file of a task's output, after waiting for it.

        Raises:
            UndecodableInputError: The input is no video that can be decoded.
        """
        return self.begin(task).result()

    def urls(self, task: Task, *, base_url: str, now_s: float) -> tuple[str, ...]:
        """Return the addresses of a finished task's outputs, new ones where the last have expired."""
        plan = task.scenario.output
        found = []
        for index in range(plan.count):
            links = task.links.setdefault(index, [])
            with self._lock:
                if not links or links[-1].expires_s <= now_s:
                    nth = len(links) + 1
                    lifetime = 0.0 if nth <= plan.expired_urls else plan.lifetime_s
                    links.append(Link(link_token(task.id, index, nth), now_s + lifetime))
                token = links[-1].token
            found.append(f"{base_url.rstrip('/')}/files/{task.id}/{index}/output{task.delivery.suffix}?_jwt={token}")
        return tuple(found)

    def is_open(self, task: Task, *, index: int, token: str, now_s: float) -> bool:
        """Return whether an address was given and has not expired."""
        return any(link.token == token and now_s < link.expires_s for link in task.links.get(index, []))

    def close(self) -> None:
        """Stop rendering; what has not begun is dropped."""
        self._renderers.shutdown(wait=True, cancel_futures=True)

    def _make(self, task: Task, target: Path) -> Path:
        render(task.source, target, task.grade, task.scenario.output)
        return target
